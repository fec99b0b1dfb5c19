#include "tokenizers/formats/tiktoken.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/json_lines.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tests/tokenizers/formats/spec_difference.h"
#include "tokenizers/formats/base64.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/known_encodings.h"

namespace tokrail {
namespace {

using test::expect_error;
using test::spec_difference;

std::string line(std::string_view token, int rank) {
  std::string out;
  append_as_base64(token, out);
  return out + " " + std::to_string(rank) + "\n";
}

// All bytes, and "ab".
std::string small_file() {
  std::string file;
  for (int byte = 0; byte < 256; ++byte)
    file += line(std::string(1, static_cast<char>(byte)), byte);
  return file + line("ab", 256);
}

constexpr const char* kPattern = R"(\S+|\s+)";

TokenizerSpec read(std::string_view file) {
  return read_tiktoken(file, "x.tiktoken", {.pattern = kPattern});
}

TEST(Base64, RoundTripsAndRefuses) {
  for (const std::string_view bytes : {"", "a", "ab", "abc", "\xFF\xFE\xFD\xFC"}) {
    std::string text, back;
    append_as_base64(bytes, text);
    EXPECT_TRUE(append_base64(text, back));
    EXPECT_EQ(back, bytes);
  }
  for (const std::string_view text : {"a", "ab=", "abc", "ab==c", "====", "a===", "YQ=a",
                                      "YR==", "YWK=", "YQ==YQ==", "Y Q=", "\xFFQ=="}) {
    std::string out = "kept";
    EXPECT_FALSE(append_base64(text, out)) << text;
    EXPECT_EQ(out, "kept");
  }
}

TEST(Tiktoken, ReadsTokensByRank) {
  const TokenizerSpec spec = read(small_file());
  EXPECT_EQ(spec.format, SourceFormat::kTiktoken);
  EXPECT_EQ(spec.model.kind, ModelSpec::Kind::kRankBpe);
  EXPECT_TRUE(spec.model.raw_bytes);
  EXPECT_EQ(spec.special_text, SpecialTextDefault::kAsText);
  ASSERT_EQ(spec.vocabulary.size(), 257u);
  EXPECT_EQ(spec.vocabulary.texts[256], "ab");
  ASSERT_EQ(spec.pre_tokenizers.size(), 1u);
  EXPECT_EQ(spec.pre_tokenizers[0].pattern.text, kPattern);
  EXPECT_TRUE(spec.pre_tokenizers[0].invert);
  EXPECT_TRUE(spec.added_tokens.empty());
}

TEST(Tiktoken, RanksMayHaveHolesAndAnyOrder) {
  const TokenizerSpec spec = read(line("ba", 300) + small_file());
  ASSERT_EQ(spec.vocabulary.size(), 301u);
  EXPECT_EQ(spec.vocabulary.texts[300], "ba");
  EXPECT_EQ(spec.vocabulary.kinds[299], TokenKind::kUnused);
}

TEST(Tiktoken, LineEndsDoNotMatter) {
  std::string file = small_file();
  const std::string plain = file;
  for (size_t at = 0; (at = file.find('\n', at)) != std::string::npos; at += 3) {
    file.replace(at, 1, "\r\n\n");
  }
  EXPECT_EQ(spec_difference(read(plain), read(file)), "");
  EXPECT_EQ(spec_difference(read(plain), read(plain.substr(0, plain.size() - 1))), "");
}

TEST(Tiktoken, RefusesDamage) {
  const auto refuse = [](const std::string& file, const char* part) {
    expect_error(ErrorCode::kInvalidFile, part, [&] { read(file); });
  };
  refuse("", "every byte");
  refuse(small_file() + "YQ==", "line 258: expected a token and a rank");
  refuse(small_file() + "YQ= 300", "base64");
  refuse(small_file() + " 300", "expected a token and a rank");
  refuse(small_file() + "YWI= ", "expected a rank");
  refuse(small_file() + "YWI= x", "expected a rank");
  refuse(small_file() + "YWI= 99999999", "expected a rank");
  refuse(small_file() + "YWI= 18446744073709551616", "expected a rank");
  refuse(small_file() + line("ac", 256), "have rank 256");
  refuse(small_file() + line("ab", 257), "'ab' has ids 256 and 257");
  refuse(small_file().substr(line(std::string(1, 0), 0).size()), "every byte");
}

TEST(Tiktoken, AsksForThePattern) {
  expect_error(ErrorCode::kInvalidArgument, "--pattern",
               [] { read_tiktoken(small_file(), "mine.tiktoken"); });
  expect_error(ErrorCode::kInvalidArgument, "o200k_base",
               [] { read_tiktoken(small_file(), "mine.tiktoken", {.pattern = "o300k"}); });
  const TokenizerSpec spec = read_tiktoken(small_file(), "mine.tiktoken", {.pattern = "o200k"});
  EXPECT_EQ(spec.pre_tokenizers.at(0).pattern.text, find_known_encoding("o200k_base")->pattern);
  EXPECT_TRUE(spec.added_tokens.empty());  // the tokens are others
}

TEST(Tiktoken, CutAndDamagedFilesNeverCrash) {
  const std::string file = small_file();
  // A file cut at the end of a line lacks a byte, until only "ab" is missing.
  const size_t all_bytes = file.size() - line("ab", 256).size();
  test::expect_cut_files_refused(std::string_view(file).substr(0, all_bytes - 1), 2000,
                                 [](std::string_view cut) { read(cut); });
  test::read_damaged_files(file, 3000, [](std::string_view damaged) { read(damaged); });
}

TEST(Tiktoken, WritesWhatItRead) {
  const TokenizerSpec spec = read_tiktoken(small_file(), "x", {.pattern = "cl100k"});
  EXPECT_TRUE(tiktoken_cannot_express(spec).empty());
  EXPECT_EQ(write_tiktoken(spec), small_file());
  expect_error(ErrorCode::kUnsupported, "pattern", [] { write_tiktoken(read(small_file())); });
  TokenizerSpec other = spec;
  other.model.kind = ModelSpec::Kind::kUnigram;
  expect_error(ErrorCode::kUnsupported, "byte-pair", [&] { write_tiktoken(other); });
}

TEST(KnownEncodings, SpecialTokensAreDifferentAndInOrder) {
  for (const KnownEncoding& encoding : known_encodings()) {
    const auto tokens = known_special_tokens(encoding);
    ASSERT_FALSE(tokens.empty()) << encoding.name;
    for (size_t i = 1; i < tokens.size(); ++i) {
      EXPECT_LT(tokens[i - 1].second, tokens[i].second) << encoding.name;
      EXPECT_NE(tokens[i - 1].first, tokens[i].first) << encoding.name;
    }
    EXPECT_EQ(find_known_encoding(encoding.name), &encoding);
  }
  EXPECT_EQ(known_special_tokens(*find_known_encoding("o200k_harmony")).size(), 1090u);
  EXPECT_EQ(known_special_tokens(*find_known_encoding("llama3")).back(),
            std::make_pair(std::string("<|reserved_special_token_245|>"), TokenId{128255}));
  EXPECT_EQ(known_special_tokens(*find_known_encoding("qwen")).back(),
            std::make_pair(std::string("<|extra_204|>"), TokenId{151850}));
}

struct SharedEncoding {
  const char* name;
  size_t size, specials;
};

class SharedTiktoken : public testing::TestWithParam<SharedEncoding> {};

TEST_P(SharedTiktoken, IsRecognisedByItsTokens) {
  const std::string name = GetParam().name;
  TOKRAIL_REQUIRE_SHARED_DATA(path, "tokenizers/vocab/" + name + ".tiktoken");
  const std::string bytes = test::read_bytes(path);
  const TokenizerSpec spec = read_tiktoken(bytes, "some_file");
  EXPECT_EQ(spec.name, name);
  EXPECT_EQ(spec.vocabulary.size(), GetParam().size);
  EXPECT_EQ(spec.added_tokens.size(), GetParam().specials);
  ASSERT_EQ(spec.roles.eos.size(), 1u);
  EXPECT_EQ(spec.vocabulary.texts[spec.roles.eos[0]], "<|endoftext|>");
  EXPECT_EQ(write_tiktoken(spec), bytes);
  EXPECT_TRUE(tokenizer_json_cannot_express(spec).empty());
}

INSTANTIATE_TEST_SUITE_P(Files, SharedTiktoken,
                         testing::Values(SharedEncoding{"cl100k_base", 100277, 5},
                                         SharedEncoding{"o200k_base", 200019, 2}),
                         [](const auto& encoding) { return std::string(encoding.param.name); });

TEST(Tiktoken, TheFileNameChoosesAmongEqualTokens) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "tokenizers/vocab/o200k_base.tiktoken");
  const std::string bytes = test::read_bytes(path);
  const TokenizerSpec spec = read_tiktoken(bytes, "models/o200k_harmony.tiktoken");
  EXPECT_EQ(spec.name, "o200k_harmony");
  EXPECT_EQ(spec.vocabulary.size(), 201088u);
  EXPECT_EQ(spec.vocabulary.texts[200008], "<|message|>");
  EXPECT_EQ(read_tiktoken(bytes, "x", {.pattern = "o200k_harmony"}).name, "o200k_harmony");
}

TEST(Tiktoken, ConvertsToTokenizerJson) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "tokenizers/vocab/cl100k_base.tiktoken");
  const TokenizerSpec spec = read_tiktoken(test::read_bytes(path), "cl100k_base.tiktoken");
  const TokenizerSpec json = read_tokenizer_json(write_tokenizer_json(spec));
  EXPECT_EQ(json.vocabulary.size(), spec.vocabulary.size());
  EXPECT_GT(json.model.merges.size(), 99'000u);
  for (const AddedToken& token : spec.added_tokens) {
    EXPECT_EQ(json.vocabulary.texts[token.id], token.content);
  }
}

// ---------------------------------------------------------------- tekken

std::string tekken_file() {
  std::string file = R"({"config": {"pattern": "\\S+|\\s+", "num_vocab_tokens": 300,
      "default_vocab_size": 267, "default_num_special_tokens": 10, "version": "v3"}, "vocab": [)";
  for (int rank = 0; rank < 258; ++rank) {
    std::string base64;
    append_as_base64(rank < 256    ? std::string(1, static_cast<char>(rank))
                     : rank == 256 ? "ab"
                                   : "left out",
                     base64);
    file += std::string(rank == 0 ? "" : ",") + "{\"rank\": " + std::to_string(rank) +
            R"(, "token_bytes": ")" + base64 + R"(", "token_str": null})";
  }
  return file + "]}";
}

TEST(Tekken, SpecialTokensComeFirst) {
  const TokenizerSpec spec = read_tekken(tekken_file());
  ASSERT_EQ(spec.vocabulary.size(), 267u);
  EXPECT_EQ(spec.vocabulary.texts[10 + 'a'], "a");
  EXPECT_EQ(spec.vocabulary.texts[266], "ab");
  EXPECT_EQ(spec.vocabulary.texts[3], "[INST]");
  EXPECT_EQ(spec.vocabulary.kinds[3], TokenKind::kControl);
  EXPECT_EQ(spec.roles.bos, 1u);
  EXPECT_EQ(spec.roles.eos, std::vector<TokenId>{2});
}

TEST(Tekken, ReadsListedSpecialTokens) {
  std::string file = tekken_file();
  file.insert(1, R"("special_tokens": [{"rank": 4, "token_str": "<x>", "is_control": true}], )");
  const TokenizerSpec spec = read_tekken(file);
  EXPECT_EQ(spec.vocabulary.texts[4], "<x>");
  EXPECT_EQ(spec.vocabulary.texts[5], "<SPECIAL_5>");
}

TEST(Tekken, RefusesDamage) {
  const std::string file = tekken_file();
  test::expect_cut_files_refused(file, 300, [](std::string_view cut) { read_tekken(cut); });
  test::read_damaged_files(file, 1000, [](std::string_view damaged) { read_tekken(damaged); });
  expect_error(ErrorCode::kInvalidFile, "/vocab/1", [] {
    std::string twice = tekken_file();
    twice.replace(twice.find("\"rank\": 1,"), 10, "\"rank\": 0,");
    read_tekken(twice);
  });
}

}  // namespace
}  // namespace tokrail
