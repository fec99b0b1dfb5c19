#include "grammar/writers/left_corners.h"

#include <vector>

namespace tokrail {

namespace {

using Kind = Grammar::Kind;

/// Whether each expression has the empty string.
std::vector<bool> find_nullable(const Grammar& grammar) {
  const auto& all = grammar.expressions();
  std::vector<bool> nullable(all.size(), false);
  const auto is_nullable = [&](const Grammar::Expression& of) {
    switch (of.kind) {
      case Kind::kEmpty: return true;
      case Kind::kTerminal:
        return grammar.regexes().is_nullable(grammar.terminals()[of.value].regex);
      case Kind::kRule: return bool{nullable[grammar.rules()[of.value].body]};
      case Kind::kRepeat: return of.min == 0 || nullable[of.children[0]];
      case Kind::kSequence:
        for (const ExprId child : of.children) {
          if (!nullable[child]) return false;
        }
        return true;
      case Kind::kChoice:
        for (const ExprId child : of.children) {
          if (nullable[child]) return true;
        }
        return false;
      default: return false;
    }
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (ExprId id = 0; id < all.size(); ++id) {
      if (nullable[id] || !is_nullable(all[id])) continue;
      nullable[id] = changed = true;
    }
  }
  return nullable;
}

/// The rules that a rule's text can begin with.
std::vector<RuleId> beginnings(const Grammar& grammar, RuleId rule,
                               const std::vector<bool>& nullable) {
  const auto& all = grammar.expressions();
  std::vector<RuleId> rules;
  std::vector<bool> seen(all.size(), false);
  std::vector<ExprId> work = {grammar.rules()[rule].body};
  while (!work.empty()) {
    const ExprId id = work.back();
    work.pop_back();
    if (seen[id]) continue;
    seen[id] = true;
    const Grammar::Expression& of = all[id];
    if (of.kind == Kind::kRule) rules.push_back(of.value);
    for (const ExprId child : of.children) {
      work.push_back(child);
      if (of.kind == Kind::kSequence && !nullable[child]) break;
    }
  }
  return rules;
}

}  // namespace

std::optional<RuleId> find_left_recursion(const Grammar& grammar) {
  const std::vector<bool> nullable = find_nullable(grammar);
  const auto count = static_cast<RuleId>(grammar.rules().size());
  // Rules are taken away that begin with none that is left; what stays is on a cycle or leads
  // there.
  std::vector<std::vector<RuleId>> users(count);
  std::vector<size_t> open(count, 0);
  for (RuleId id = 0; id < count; ++id) {
    for (const RuleId other : beginnings(grammar, id, nullable)) {
      users[other].push_back(id);
      ++open[id];
    }
  }
  std::vector<RuleId> free;
  for (RuleId id = 0; id < count; ++id) {
    if (open[id] == 0) free.push_back(id);
  }
  for (size_t i = 0; i < free.size(); ++i) {
    for (const RuleId user : users[free[i]]) {
      if (--open[user] == 0) free.push_back(user);
    }
  }
  for (RuleId id = 0; id < count; ++id) {
    if (open[id] == 0) continue;
    // Whether it comes back to itself.
    std::vector<bool> seen(count, false);
    std::vector<RuleId> work = users[id];
    while (!work.empty()) {
      const RuleId at = work.back();
      work.pop_back();
      if (at == id) return id;
      if (seen[at]) continue;
      seen[at] = true;
      work.insert(work.end(), users[at].begin(), users[at].end());
    }
  }
  return std::nullopt;
}

}  // namespace tokrail
