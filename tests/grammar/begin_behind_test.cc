#include "grammar/passes/begin_behind.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/matcher.h"
#include "tests/support/toy_tokenizer.h"

namespace tokrail {
namespace {

Matcher matcher_of(const Grammar& grammar, const Tokenizer& tokenizer) {
  return Matcher(CompiledGrammar::compile(
      grammar, std::make_shared<MaskTables>(tokenizer.shared_vocabulary())));
}

TEST(BeginBehind, EverythingIsFreeUntilTheFirstMarker) {
  const Tokenizer tokenizer = test::toy_tokenizer({"a", ">", "->", "x>y", "\xFF", "yes", "</s>"});
  Grammar grammar = read_gbnf("root ::= \"yes\" | \">\" \"no\"");
  begin_behind(grammar, "->");
  const Matcher start = matcher_of(grammar, tokenizer);
  const auto takes = [&](std::string_view text) {
    Matcher matcher = start;
    return matcher.accept_bytes(text) && matcher.is_complete();
  };
  EXPECT_TRUE(takes("->yes"));
  EXPECT_TRUE(takes("thinking > - \xFF of it ->yes"));
  EXPECT_TRUE(takes("a-->>no"));
  EXPECT_FALSE(takes("yes"));
  EXPECT_FALSE(takes("-> ->yes"));  // the first one counts
  EXPECT_FALSE(takes(""));
  Matcher matcher = start;
  EXPECT_FALSE(matcher.allows(6));  // no end before the marker
  EXPECT_TRUE(matcher.allows(3));
  EXPECT_TRUE(matcher.accept(4));
  EXPECT_TRUE(matcher.accept(2));
  EXPECT_FALSE(matcher.allows(0));
  EXPECT_TRUE(matcher.accept(5));
  EXPECT_TRUE(matcher.allows(6));
}

// A token may end the marker and begin the grammar.
TEST(BeginBehind, TokensMayReachOverTheMarkersEnd) {
  const Tokenizer tokenizer = test::toy_tokenizer({"-", ">ye", "s", ">n", "</s>"});
  Grammar grammar = read_gbnf("root ::= \"yes\"");
  begin_behind(grammar, "->");
  Matcher matcher = matcher_of(grammar, tokenizer);
  EXPECT_TRUE(matcher.allows(3));  // ">n" alone is free text
  EXPECT_TRUE(matcher.accept(0));
  EXPECT_FALSE(matcher.allows(3));  // but "->n" begins nothing
  EXPECT_TRUE(matcher.accept(1));
  EXPECT_TRUE(matcher.accept(2));
  EXPECT_TRUE(matcher.is_complete());
}

TEST(BeginBehind, AMarkerMayBeASpecialToken) {
  TokenizerSpec spec = test::toy_tokenizer({"a", "yes", "</s>"}).spec();
  AddedToken marker;
  marker.id = 3;
  marker.content = "</think>";
  marker.special = true;
  spec.vocabulary.texts.push_back(marker.content);
  spec.vocabulary.kinds.push_back(TokenKind::kControl);
  spec.added_tokens.push_back(marker);
  const Tokenizer tokenizer = Tokenizer::from_spec(spec);
  Grammar grammar = read_gbnf("root ::= \"yes\"");
  begin_behind_token(grammar, "</think>");
  Matcher matcher = matcher_of(grammar, tokenizer);
  EXPECT_TRUE(matcher.accept(1));
  EXPECT_TRUE(matcher.accept(0));
  EXPECT_FALSE(matcher.is_complete());
  EXPECT_TRUE(matcher.accept(3));
  EXPECT_FALSE(matcher.allows(0));
  EXPECT_TRUE(matcher.accept(1));
  EXPECT_TRUE(matcher.is_complete());
  Grammar other = read_gbnf("root ::= \"yes\"");
  begin_behind_token(other, "<no such token>");
  EXPECT_THROW(matcher_of(other, tokenizer), Error);
}

TEST(BeginBehind, AnEmptyMarkerIsAnError) {
  Grammar grammar = read_gbnf("root ::= \"yes\"");
  EXPECT_THROW(begin_behind(grammar, ""), Error);
  EXPECT_THROW(begin_behind_token(grammar, ""), Error);
}

}  // namespace
}  // namespace tokrail
