#include "grammar/recogniser/state_parts.h"

#include <algorithm>

#include "grammar/recogniser/regex_forms.h"

namespace tokrail::recogniser {
namespace {

/// Terminals that read at least so many bytes are wide.
constexpr int kWide = 40;
constexpr int kDepth = 6;  // how far into an expression counts are looked for
constexpr size_t kMostOperands = 16;

}  // namespace

const StateParts& StatePartsFinder::find(LexId state, uint32_t longest) {
  const uint64_t key = uint64_t{state} << 32 | longest;
  const auto known = parts_.find(key);
  if (known != parts_.end()) return known->second;
  return parts_.emplace(key, take_apart(state, longest)).first->second;
}

bool StatePartsFinder::is_plain(LexId state) const {
  return std::ranges::all_of(lexer_.items(state), [&](const LexItem& item) {
    return lexer_.origin(item.origin).lexing == static_cast<uint32_t>(Lexing::kEvery);
  });
}

StateParts StatePartsFinder::take_apart(LexId state, uint32_t longest) {
  StateParts parts;
  parts.state = state;
  if (!is_plain(state)) {
    parts.parts.push_back({state, state, RegexSet::kNothing});
    return parts;
  }
  RegexSet& regexes = lexer_.regexes();
  std::vector<LexItem> items(lexer_.items(state).begin(), lexer_.items(state).end());
  for (LexItem& item : items) item.rest = forget_counts(item.rest, longest, kDepth);
  for (const LexItem& item : items) {
    StateParts::Part part;
    part.state = part.without = lexer_.intern({item});
    // (A without E) T, for texts that do not begin a text of E T, is as good as A T.
    const bool has_tail = regexes.kind(item.rest) == RegexSet::Kind::kConcat;
    const RegexId head = has_tail ? regexes.operands(item.rest)[0] : item.rest;
    const RegexId tail = has_tail ? regexes.operands(item.rest)[1] : RegexSet::kEmpty;
    const auto found = split_exception(head);
    if (found.exception != RegexSet::kNothing && regexes.first_bytes(item.rest).count() >= kWide) {
      part.exception = regexes.concat(found.exception, tail);
      const RegexId rest = regexes.concat(found.without, tail);
      part.without = lexer_.intern({{item.origin, forget_counts(rest, longest, kDepth)}});
    }
    parts.parts.push_back(part);
  }
  parts.state = lexer_.intern(std::move(items));
  return parts;
}

StatePartsFinder::Exception StatePartsFinder::split_exception(RegexId id) {
  RegexSet& regexes = lexer_.regexes();
  if (regexes.kind(id) != RegexSet::Kind::kIntersect) return {id, RegexSet::kNothing};
  std::vector<RegexId> kept, left_out;
  const auto operands = regexes.operands(id);
  for (const RegexId operand : std::vector<RegexId>(operands.begin(), operands.end())) {
    if (regexes.kind(operand) == RegexSet::Kind::kComplement &&
        is_exception(regexes.operands(operand)[0])) {
      left_out.push_back(regexes.operands(operand)[0]);
    } else {
      kept.push_back(operand);
    }
  }
  if (left_out.empty() || kept.empty()) return {id, RegexSet::kNothing};
  return {regexes.intersect(kept), regexes.alternate(left_out)};
}

bool StatePartsFinder::is_exception(RegexId id) {
  const auto [at, is_new] = exceptions_.try_emplace(id, false);
  if (is_new) {
    at->second =
        lexer_.regexes().first_bytes(id).count() < kWide || is_finite(lexer_.regexes(), id);
  }
  return at->second;
}

RegexId StatePartsFinder::forget_counts(RegexId id, uint32_t longest, int depth) {
  if (depth == 0) return id;
  RegexSet& regexes = lexer_.regexes();
  using Kind = RegexSet::Kind;
  switch (regexes.kind(id)) {
    case Kind::kRepeat: {
      const auto [min, max] = regexes.bounds(id);
      if (min <= longest && (max <= longest || max == RegexSet::kUnbounded)) return id;
      const RegexId what = regexes.operands(id)[0];
      const bool far = max > longest;
      return regexes.repeat(what, std::min(min, longest + 1), far ? RegexSet::kUnbounded : max);
    }
    case Kind::kConcat: {
      const std::vector<RegexId> parts(regexes.operands(id).begin(), regexes.operands(id).end());
      const RegexId first = forget_counts(parts[0], longest, depth - 1);
      const RegexId rest = forget_counts(parts[1], longest, depth - 1);
      return first == parts[0] && rest == parts[1] ? id : regexes.concat(first, rest);
    }
    case Kind::kLiteral: {
      const RegexId behind = regexes.operands(id)[0];
      const RegexId shorter = forget_counts(behind, longest, depth - 1);
      if (shorter == behind) return id;
      return regexes.concat(regexes.literal(regexes.literal_bytes(id)), shorter);
    }
    case Kind::kAlternate: {
      std::vector<RegexId> choices(regexes.operands(id).begin(), regexes.operands(id).end());
      if (choices.size() > kMostOperands) return id;
      bool changed = false;
      for (RegexId& choice : choices) {
        const RegexId shorter = forget_counts(choice, longest, depth - 1);
        changed |= shorter != choice;
        choice = shorter;
      }
      return changed ? regexes.alternate(choices) : id;
    }
    default: return id;
  }
}

}  // namespace tokrail::recogniser
