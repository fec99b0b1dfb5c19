// Files of exact oracles: every spelling that the format knows is read, every other is an error,
// and the checks that are run on a case find what is wrong with it.
#include "bindings/cli/sampling_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "bindings/cli/sequence_checks.h"
#include "bindings/cli/token_checks.h"

namespace tokrail::cli {
namespace {

constexpr const char* kTokenFormat =
    R"("format": "token-level adaptive weighted rejection sampling oracles; made up")";

SamplingCases read(const std::string& text) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / "tokrail_sampling_cases_test.json";
  std::ofstream(path, std::ios::binary) << text;
  return read_sampling_cases(path);
}
std::vector<TokenCase> token_cases(const std::string& cases) {
  return std::get<std::vector<TokenCase>>(
      read("{" + std::string(kTokenFormat) + ", \"cases\": [" + cases + "]}"));
}
std::string why(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    return error.what();
  }
  return "";
}

/// Two bytes of one character as tokens of their own: é is C3 A9.
std::string sequence_file(const std::string& constraint, const std::string& further = "") {
  return R"({"id": "halves", "lm": {"type": "ngram", "order": 2,
    "vocab": ["a", "\u00c3", "\u00a9", "</s>"], "eos": "</s>", "probs": {
      "<s>": {"a": 0.5, "\u00c3": {"frac": "1/2"}},
      "a": {"a": 0.25, "\u00c3": 0.25, "</s>": 0.5},
      "\u00c3": {"\u00a9": 0.75, "a": 0.25},
      "\u00a9": {"</s>": 0.5, "a": 0.5}}},
    "max_tokens_including_eos": 4, "constraint": )" +
         constraint + further + "}";
}
constexpr const char* kLatin1 = R"(, "tokens_are": "byte strings written as latin-1 characters"})";

TEST(SamplingCases, SpellingsOfTokenCases) {
  const auto cases = token_cases(
      R"({"id": "numbers", "p": [0.5, 0.25, {"frac": "1/4"}], "accepted_ids": [0, 2],
          "exact": {"Z": 0.75}},
         {"id": "family", "p": {"family": "zipf", "s": 2, "n": 3}, "accepted_ids":
          {"mod": 2, "rem": [0]}, "exact": {"Z": {"value": 0.8163265306122449}}})");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].p, (std::vector<double>{0.5, 0.25, 0.25}));
  EXPECT_EQ(cases[0].accepted, (std::vector<uint8_t>{1, 0, 1}));
  EXPECT_FALSE(cases[0].family);
  EXPECT_TRUE(cases[1].family);
  EXPECT_NEAR(cases[1].p[1], 0.25 / (1 + 0.25 + 1.0 / 9), 1e-15);
  EXPECT_EQ(cases[1].accepted, (std::vector<uint8_t>{1, 0, 1}));
  for (const TokenCase& one : cases)
    EXPECT_EQ(check_token_case(one, {.draws = 20000}).failed(), 0U) << one.id;
}

TEST(SamplingCases, WrongNumbersAreFound) {
  const auto cases = token_cases(
      R"({"id": "wrong", "p": [0.5, 0.25, 0.25], "accepted_ids": [0], "exact": {"Z": 0.51}})");
  EXPECT_EQ(check_token_case(cases[0], {.draws = 1000}).failed(), 1U);
  const auto wrong = std::get<SequenceCase>(
      read(sequence_file(R"({"regex": "a+"})", R"(, "Z": 0.5, "n_valid_sequences": 3)")));
  const CaseReport report = check_sequence_case(wrong, {.draws = 1000});
  EXPECT_EQ(report.failed(), 1U);  // Z is 0.25 (1 + 1/4 + 1/16)
}

TEST(SamplingCases, ConstraintsOfSequenceCases) {
  const struct {
    const char* constraint;
    size_t sequences;
  } kinds[] = {
      {R"({"ebnf": "root ::= \"a\" \"a\"?"})", 2},
      {R"({"regex": "a{1,2}"})", 2},
      {R"({"regex_codepoints": "[aé]{1,2}", "tokens_are":
           "byte strings written as latin-1 characters"})",
       5},  // a aa aé é éa, 4 tokens at most
  };
  for (const auto& kind : kinds) {
    const auto one = std::get<SequenceCase>(read(sequence_file(kind.constraint)));
    const CaseReport report = check_sequence_case(one, {.draws = 20000});
    EXPECT_EQ(report.failed(), 0U) << kind.constraint << report_text(report);
    const std::string expected = ", " + std::to_string(kind.sequences) + " sequences";
    EXPECT_NE(report_text(report).find(expected), std::string::npos) << report_text(report);
  }
}

TEST(SamplingCases, TextsAreReadInBothSpellings) {
  // p(é) = 1/2 3/4 1/2; p(a) = 1/2 1/2.
  for (const char* text : {"\\u00e9", "\\u00c3\\u00a9"}) {
    const std::string marginal =
        std::string(R"(, "global_text_marginal": [{"text": ")") + text +
        R"(", "global": {"frac": "3/7"}}, {"text": "a", "global": {"frac": "4/7"}}])";
    const auto one = std::get<SequenceCase>(
        read(sequence_file(std::string(R"({"regex_codepoints": "a|é")") + kLatin1, marginal)));
    const CaseReport report = check_sequence_case(one, {.draws = 1000});
    EXPECT_EQ(report.failed(), 0U) << report_text(report);
  }
}

TEST(SamplingCases, LongerContexts) {
  for (const char* between : {" ", ""}) {
    const std::string s(between);
    const auto one = std::get<SequenceCase>(read(
        R"({"id": "trigram", "lm": {"type": "ngram", "order": 3, "vocab": ["a", "</s>"],
            "eos": "</s>", "probs": {"<s>)" +
        s + R"(<s>": {"a": 1}, "<s>)" + s + R"(a": {"a": 0.5, "</s>": 0.5}, "a)" + s +
        R"(a": {"</s>": 1}}},
            "max_tokens_including_eos": 3, "constraint": {"regex": "a*"}, "Z": 1,
            "n_valid_sequences": 2})"));
    EXPECT_EQ(one.order, 3U);
    EXPECT_EQ(check_sequence_case(one, {.draws = 5000}).failed(), 0U);
  }
}

TEST(SamplingCases, OtherPartsAreSkipped) {
  const SamplingCases skipped = read(R"({"format": "infilling decisions", "grammars": []})");
  EXPECT_TRUE(std::holds_alternative<SkippedCases>(skipped));
}

TEST(SamplingCases, WhatIsNotKnownIsAnError) {
  const std::string head = "{" + std::string(kTokenFormat) + ", \"cases\": [";
  const auto token = [&](const std::string& members) {
    return why(head + "{\"id\": \"x\", " + members + "}]}");
  };
  EXPECT_NE(why("{"), "");
  EXPECT_NE(why("[]"), "");
  EXPECT_NE(why(R"({"format": "something new", "cases": []})").find("/format"), std::string::npos);
  EXPECT_NE(why(head + "], \"more\": 1}").find("/more"), std::string::npos);
  const std::string exact = R"(, "exact": {})";
  EXPECT_EQ(token(R"("p": [1], "accepted_ids": [0])" + exact), "");
  EXPECT_NE(token(R"("p": [1], "accepted_ids": [1])" + exact), "");
  EXPECT_NE(token(R"("p": [1], "accepted_ids": [0], "exact": {"new": 1})").find("/exact/new"),
            std::string::npos);
  EXPECT_NE(token(R"("p": [0.5], "accepted_ids": [0])" + exact), "");
  EXPECT_NE(token(R"("p": [-1, 2], "accepted_ids": [0])" + exact), "");
  EXPECT_NE(token(R"("p": [{"frac": "1/2", "value": 0.4}, 0.5], "accepted_ids": [0])" + exact), "");
  EXPECT_NE(token(R"("p": [{"frac": "one"}], "accepted_ids": [0])" + exact), "");
  EXPECT_NE(token(R"("p": {"family": "normal", "s": 1, "n": 3}, "accepted_ids": [0])" + exact), "");
  EXPECT_NE(token(R"("p": {"family": "zipf", "s": 1, "n": 99999999}, "accepted_ids": [0])" + exact),
            "");
  EXPECT_NE(token(R"("p": [1], "accepted_ids": {"mod": 0, "rem": [0]})" + exact), "");
  EXPECT_NE(token(R"("p": [1], "accepted_ids": {"mod": 2, "rem": [2]})" + exact), "");
  EXPECT_NE(why(sequence_file(R"({"lark": "start: \"a\""})")).find("/constraint/lark"),
            std::string::npos);
  EXPECT_NE(why(sequence_file(R"({"regex": "a", "ebnf": "root ::= \"a\""})")), "");
  EXPECT_NE(why(sequence_file(R"({"regex": "a", "tokens_are": "words"})")), "");
  EXPECT_NE(why(sequence_file(R"({"regex": "a"})", R"(, "weight": 1)")).find("/weight"),
            std::string::npos);
}

TEST(SamplingCases, ContextsThatAreMissingAreAnError) {
  const auto one = std::get<SequenceCase>(read(
      R"({"id": "x", "lm": {"type": "ngram", "order": 2, "vocab": ["a", "</s>"], "eos": "</s>",
          "probs": {"<s>": {"a": 1}}}, "max_tokens_including_eos": 3,
          "constraint": {"regex": "a*"}})"));
  EXPECT_THROW(check_sequence_case(one, {}), Error);
}

}  // namespace
}  // namespace tokrail::cli
