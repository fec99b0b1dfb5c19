// Matcher::explain: the place, what was expected there, and where that comes from.
#include <gtest/gtest.h>

#include <string>

#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/matcher.h"
#include "tests/grammar/byte_vocabulary.h"

namespace tokrail::test {
namespace {

Matcher matcher_of(const Grammar& grammar) {
  auto tables = std::make_shared<MaskTables>(vocabulary_of(all_bytes()));
  return Matcher(CompiledGrammar::compile(grammar, tables));
}

// "what @ where; ..."
std::string text_of(const Matcher::Explanation& explanation) {
  std::string text;
  for (const auto& one : explanation.expected) {
    text += (text.empty() ? "" : "; ") + one.what + (one.where.empty() ? "" : " @ " + one.where);
  }
  return text;
}

TEST(Explain, NamesWhatMayComeAndItsRule) {
  const Matcher matcher = matcher_of(
      read_lark("start: sum\nsum: sum \"+\" NUMBER | NUMBER\nNUMBER: /[0-9]+/\n%ignore \" \"\n"));
  const auto at_start = matcher.explain("+");
  EXPECT_EQ(at_start.offset, 0u);
  EXPECT_FALSE(at_start.complete);
  EXPECT_NE(text_of(at_start).find("NUMBER"), std::string::npos) << text_of(at_start);
  const auto later = matcher.explain("12 + x");
  EXPECT_EQ(later.offset, 5u);
  EXPECT_NE(text_of(later).find("NUMBER @ rule sum (2:1)"), std::string::npos) << text_of(later);
  const auto behind = matcher.explain("12 * 3");
  EXPECT_EQ(behind.offset, 3u);
  EXPECT_NE(text_of(behind).find("\"+\""), std::string::npos) << text_of(behind);
  EXPECT_NE(text_of(behind).find("the end of the text"), std::string::npos) << text_of(behind);
}

TEST(Explain, InsideATerminalTellsWhatIsLeft) {
  const Matcher matcher = matcher_of(read_gbnf("root ::= \"yes\" | \"no\"\n"));
  EXPECT_EQ(text_of(matcher.explain("yex")).substr(0, 3), "\"s\"");
  const auto done = matcher.explain("no");
  EXPECT_EQ(done.offset, 2u);
  EXPECT_TRUE(done.complete);
  EXPECT_EQ(text_of(done), "the end of the text");
}

TEST(Explain, NamesThePartOfTheSchema) {
  const Matcher matcher =
      matcher_of(read_json_schema(R"({"type": "array", "items": {"$ref": "#/$defs/size"},
                           "$defs": {"size": {"type": "object", "required": ["cm"],
                                     "properties": {"cm": {"type": "integer"}}}}})")
                     .grammar);
  const auto explanation = matcher.explain(R"([{"cm": 1}, {"cm": "x"}])");
  EXPECT_EQ(explanation.offset, 19u);
  EXPECT_FALSE(explanation.expected.empty());
}

TEST(Explain, AcceptsAfterwardsAsIfNothingWasAsked) {
  Matcher matcher = matcher_of(read_gbnf("root ::= \"ab\"\n"));
  ASSERT_TRUE(matcher.accept_bytes("a"));
  EXPECT_EQ(matcher.explain("x").offset, 0u);
  EXPECT_FALSE(matcher.explain("").complete);
  EXPECT_TRUE(matcher.explain("b").complete);
  EXPECT_TRUE(matcher.accept_bytes("b"));
  EXPECT_TRUE(matcher.explain("").complete);
}

}  // namespace
}  // namespace tokrail::test
