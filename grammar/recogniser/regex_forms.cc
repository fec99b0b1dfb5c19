#include "grammar/recogniser/regex_forms.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace tokrail::recogniser {

bool is_finite(const RegexSet& regexes, RegexId id) {
  std::vector<RegexId> work = {id};
  std::unordered_set<RegexId> seen = {id};
  while (!work.empty()) {
    const RegexId at = work.back();
    work.pop_back();
    const auto kind = regexes.kind(at);
    if (kind == RegexSet::Kind::kComplement) return false;
    if (kind == RegexSet::Kind::kRepeat && regexes.bounds(at).second == RegexSet::kUnbounded) {
      return false;
    }
    for (const RegexId operand : regexes.operands(at)) {
      if (seen.insert(operand).second) work.push_back(operand);
    }
  }
  return true;
}

bool has_many_keys(const RegexSet& regexes, RegexId key) {
  using Kind = RegexSet::Kind;
  if (regexes.kind(key) != Kind::kLiteral) return false;
  const RegexId inside = regexes.operands(key)[0];
  if (regexes.kind(inside) != Kind::kConcat || !regexes.as_literal(regexes.operands(inside)[1])) {
    return false;
  }
  const RegexId head = regexes.operands(inside)[0];
  const auto is_star = [&](RegexId id) {
    return regexes.kind(id) == Kind::kRepeat && regexes.bounds(id).first == 0 &&
           regexes.bounds(id).second == RegexSet::kUnbounded;
  };
  if (is_star(head)) return true;
  if (regexes.kind(head) != Kind::kIntersect) return false;
  const auto operands = regexes.operands(head);
  return std::ranges::count_if(operands, is_star) == 1 &&
         std::ranges::all_of(operands, [&](RegexId operand) {
           return is_star(operand) || (regexes.kind(operand) == Kind::kComplement &&
                                       is_finite(regexes, regexes.operands(operand)[0]));
         });
}

}  // namespace tokrail::recogniser
