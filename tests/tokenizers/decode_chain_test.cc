#include "tokenizers/detokenization/decode_chain.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "tests/oracle/decode_oracle.h"
#include "tests/support/property.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/detokenization/decode_steps.h"

namespace tokrail {
namespace {

TEST(ByteAlphabet, AgreesWithItsDefinition) {
  const std::vector<std::string> letters = test::oracle_alphabet();
  for (int byte = 0; byte < 256; ++byte) {
    std::string letter;
    append_utf8(byte_to_alphabet(static_cast<uint8_t>(byte)), letter);
    EXPECT_EQ(letter, letters[static_cast<size_t>(byte)]);
    const Utf8Unit unit = decode_utf8(letter.data(), letter.data() + letter.size());
    EXPECT_EQ(byte_of_alphabet(unit.code_point), std::optional<uint8_t>(byte));
  }
  EXPECT_EQ(byte_of_alphabet(U' '), std::nullopt);
  EXPECT_EQ(byte_of_alphabet(0x144), std::nullopt);
  std::string out = "x";
  EXPECT_FALSE(append_alphabet_bytes("ab c", out));
  EXPECT_EQ(out, "x");
  EXPECT_TRUE(
      append_alphabet_bytes("\xC4\xA0"
                            "a",
                            out));
  EXPECT_EQ(out, "x a");
}

TEST(DecodeSteps, SmallParts) {
  EXPECT_EQ(replace_all("aXbX", "X", "--"), "a--b--");
  EXPECT_EQ(replace_all("a\xC3\xA9", "", "-"), "-a-\xC3\xA9-");
  EXPECT_EQ(clean_up_english("I do not know , it 's"), "I don't know, it's");
  EXPECT_EQ(byte_of_token("<0x0a>"), std::optional<uint8_t>(10));
  EXPECT_EQ(byte_of_token("<0x0g>"), std::nullopt);
  EXPECT_EQ(byte_of_token("<0xAB> "), std::nullopt);
  EXPECT_EQ(replace_each_byte("a\xE2\x82z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz");
  EXPECT_EQ(replace_whole_run("a\xFF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(replace_whole_run("\xC3\xA9"), "\xC3\xA9");
}

TEST(DecodeSteps, RegexReplace) {
  DecoderStep step;
  step.kind = DecoderStep::Kind::kReplace;
  step.pattern = {"\\p{Nd}+", true};
  step.text = "#";
  EXPECT_EQ(TokenEdit(step).apply("a12b3\xC3\xA9", false), "a#b#\xC3\xA9");
  step.pattern.text = "(";
  EXPECT_THROW(TokenEdit{step}, std::exception);
}

/// Tokens of a few characters out of what the clean-up looks at.
std::vector<std::string> random_clean_tokens(test::Random& random) {
  static constexpr std::string_view kLetters = "  ''?!.,smrevtdl x";
  std::vector<std::string> tokens;
  for (size_t n = test::below(random, 12); n > 0; --n) {
    std::string token;
    for (size_t k = test::below(random, 6); k > 0; --k) {
      token += kLetters[test::below(random, kLetters.size())];
    }
    tokens.push_back(token);
  }
  return tokens;
}

TEST(DecodeChain, CleanSpacesIsThreePassesOverTheText) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 20000; ++round) {
    const auto tokens = random_clean_tokens(random);
    ByteStrings strings;
    for (const std::string& token : tokens) strings.push_back(token);
    DecodeChainState state(DecodeChain::clean_spaces(strings, false), true);
    std::string out;
    for (TokenId id = 0; id < tokens.size(); ++id) state.push(id, out);
    state.finish(out);
    ASSERT_EQ(out, test::oracle_clean_spaces(test::oracle_join(tokens)))
        << test::escaped(test::oracle_join(tokens)) << " seed " << test::property_seed();
  }
}

TEST(DecodeChain, StagesAgreeWithListsOfStrings) {
  using Kind = DecoderStep::Kind;
  static const std::vector<std::string> kTexts = {"a",
                                                  "b</w>",
                                                  "</w>",
                                                  "##c",
                                                  "\xE2\x96\x81"
                                                  "d",
                                                  "\xE2\x96\x81",
                                                  "<0xE2>",
                                                  "<0x82>",
                                                  "<0xAC>",
                                                  "<0xFF>",
                                                  "<0x41>",
                                                  " .",
                                                  "|",
                                                  "<pad>",
                                                  "a|b",
                                                  "\xC4\xA0x",
                                                  "\xC3\x83",
                                                  "\xC2\xA9",
                                                  " x ",
                                                  "do not",
                                                  "'s",
                                                  ""};
  ByteStrings strings;
  for (const std::string& text : kTexts) strings.push_back(text);
  test::Random random(test::property_seed());
  for (int round = 0; round < 20000; ++round) {
    std::vector<DecoderStep> steps(1 + test::below(random, 4));
    for (DecoderStep& step : steps) {
      step.kind = static_cast<Kind>(test::below(random, 9));
      step.cleanup = test::below(random, 2) == 0;
      step.pattern.text = test::below(random, 2) == 0 ? "\xE2\x96\x81" : "a";
      step.text = step.kind == Kind::kStrip ? (test::below(random, 2) == 0 ? " " : "a") : " ";
      step.start = static_cast<uint32_t>(test::below(random, 3));
      step.stop = static_cast<uint32_t>(test::below(random, 3));
    }
    const auto chain = std::make_shared<const DecodeChain>(steps, strings);
    DecodeChainState state(chain, /*raw_bytes=*/false);
    std::string out;
    test::Strings tokens;
    for (size_t n = test::below(random, 10); n > 0; --n) {
      const size_t id = test::below(random, kTexts.size());
      tokens.push_back(kTexts[id]);
      state.push(static_cast<TokenId>(id), out);
      if (test::below(random, 4) == 0) state = DecodeChainState(DecodeChainState(state));
    }
    state.finish(out);
    std::string names;
    for (const DecoderStep& step : steps)
      names += std::to_string(static_cast<int>(step.kind)) + " ";
    ASSERT_EQ(out, test::oracle_decode(steps, tokens))
        << "steps " << names << " seed " << test::property_seed() << " round " << round;
  }
}

}  // namespace
}  // namespace tokrail
