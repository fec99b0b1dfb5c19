#include "grammar/writers/regex_spelling.h"

#include <algorithm>

#include "base/utf8.h"

namespace tokrail {

namespace {

bool is_whole_utf8(std::string_view bytes) {
  for (const char *p = bytes.data(), *end = p + bytes.size(); p != end;) {
    const Utf8Unit unit = decode_utf8(p, end);
    if (!unit.valid) return false;
    p += unit.length;
  }
  return true;
}

}  // namespace

// What an expression is made of is decided before the expression, in a loop.
RegexSpelling::Way RegexSpelling::way(RegexId id) {
  std::vector<RegexId> work = {id};
  while (!work.empty()) {
    const RegexId at = work.back();
    if (ways_.contains(at)) {
      work.pop_back();
      continue;
    }
    const size_t before = work.size();
    for (const RegexId part : set_.operands(at)) {
      if (!ways_.contains(part)) work.push_back(part);
    }
    if (work.size() > before) continue;
    work.pop_back();
    ways_[at] = decide(at);
  }
  return ways_.at(id);
}

RegexSpelling::Way RegexSpelling::decide(RegexId id) {
  using Kind = RegexSet::Kind;
  if (id == RegexSet::kNothing || id == RegexSet::kEmpty) return Way::kStructure;
  const bool has_logic = target_ == Target::kTerminals;
  if (id == RegexSet::kAnything) return has_logic ? Way::kStructure : Way::kNone;
  if (auto ranges = steps_.as_class(id)) {
    classes_[id] = std::move(*ranges);
    return Way::kClass;
  }
  const Kind kind = set_.kind(id);
  bool structured = kind != Kind::kBytes &&
                    (has_logic || (kind != Kind::kIntersect && kind != Kind::kComplement));
  if (kind == Kind::kLiteral) structured = is_whole_utf8(set_.literal_bytes(id));
  for (const RegexId part : set_.operands(id)) {
    structured = structured && ways_.at(part) != Way::kNone;
  }
  if (structured) return Way::kStructure;
  return has_automaton(id) ? Way::kAutomaton : Way::kNone;
}

bool RegexSpelling::has_automaton(RegexId id) {
  const auto states = steps_.states(id, limit_);
  if (!states || target_ == Target::kRules) return states.has_value();
  // No loops: states can be taken away one after the other that nothing leads to any more.
  std::unordered_map<RegexId, size_t> arrivals;
  for (const RegexId state : *states) {
    for (const CharacterStep& step : steps(state)) ++arrivals[step.next];
  }
  std::vector<RegexId> free;
  if (!arrivals.contains(id)) free.push_back(id);
  size_t taken = 0;
  for (; !free.empty(); ++taken) {
    const RegexId state = free.back();
    free.pop_back();
    for (const CharacterStep& step : steps(state)) {
      if (--arrivals[step.next] == 0) free.push_back(step.next);
    }
  }
  return taken == states->size();
}

const CodePointRanges* RegexSpelling::as_class(RegexId id) {
  return way(id) == Way::kClass ? &classes_.at(id) : nullptr;
}

}  // namespace tokrail
