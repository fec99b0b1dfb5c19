#include "grammar/passes/begin_behind.h"

#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

void put_before(Grammar& grammar, ExprId before) {
  const ExprId rest = grammar.rule(grammar.start());
  const RuleId start = grammar.add_rule("behind-the-marker");
  grammar.define(start, grammar.sequence({before, rest}));
  grammar.set_start(start);
}

void check(const Grammar& grammar, bool has_marker) {
  if (!has_marker) {
    throw Error(ErrorCode::kInvalidArgument, "the marker that a grammar begins behind is empty");
  }
  grammar.check();
}

}  // namespace

void begin_behind(Grammar& grammar, std::string_view marker) {
  check(grammar, !marker.empty());
  RegexSet& regexes = grammar.regexes();
  const RegexId found = regexes.literal(marker);
  const RegexId more = regexes.concat(regexes.bytes(ByteSet::all()), RegexSet::kAnything);
  const RegexId earlier = regexes.concat({RegexSet::kAnything, found, more});
  put_before(grammar, grammar.regex(
                          regexes.difference(regexes.concat(RegexSet::kAnything, found), earlier)));
}

void begin_behind_token(Grammar& grammar, std::string name) {
  check(grammar, !name.empty());
  TokenSet marker;
  marker.names.push_back(std::move(name));
  TokenSet others = marker;
  others.negated = true;
  const ExprId free = grammar.repeat(grammar.tokens(std::move(others)), 0, Grammar::kUnbounded);
  put_before(grammar, grammar.sequence({free, grammar.tokens(std::move(marker))}));
}

}  // namespace tokrail
