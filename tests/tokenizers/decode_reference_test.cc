// Decoding against what the reference systems decoded, and libsentencepiece itself.
#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include <string>
#include <tuple>
#include <vector>

#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tokenizers/detokenization/detokenizer.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/stream_decoder.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {
namespace {

std::string stream_all(const Detokenizer& detokenizer, const std::vector<TokenId>& ids) {
  StreamDecoder stream(detokenizer);
  std::string text;
  for (const TokenId id : ids) text += stream.push(id);
  text += stream.finish();
  return text;
}

void expect_decoded(const Detokenizer& detokenizer, const std::filesystem::path& expected) {
  size_t checked = 0;
  for (const auto& line : test::read_json_lines(expected)) {
    const auto ids = test::ids_member(line, "ids");
    const std::string text = test::string_member(line, "decoded");
    EXPECT_EQ(detokenizer.decode_text(ids), text) << "case " << test::integer_member(line, "i");
    EXPECT_EQ(stream_all(detokenizer, ids), text) << "case " << test::integer_member(line, "i");
    ++checked;
  }
  EXPECT_GT(checked, 400U);
}

class TokenizerJsonDecoding : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerJsonDecoding, IsThatOfTheReference) {
  const std::string name = GetParam();
  TOKRAIL_REQUIRE_SHARED_DATA(file, "tokenizers/vocab/" + name + ".json");
  TOKRAIL_REQUIRE_SHARED_DATA(expected, "tokenizers/expected/hf__" + name + ".jsonl");
  const TokenizerSpec spec = read_tokenizer_json(test::read_bytes(file), name);
  const Detokenizer detokenizer = Detokenizer::compile(spec);
  EXPECT_TRUE(detokenizer.exact());
  expect_decoded(detokenizer, expected);
}

INSTANTIATE_TEST_SUITE_P(Files, TokenizerJsonDecoding,
                         testing::Values("bert_base_cased", "gpt2", "gpt_neox", "mistral01",
                                         "xlnet_base_cased"),
                         [](const auto& parameter) { return std::string(parameter.param); });

/// A spec with what decoding needs, asked from libsentencepiece.
TokenizerSpec spec_of(const sentencepiece::SentencePieceProcessor& processor, bool trims) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kSentencePiece;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    spec.vocabulary.texts.push_back(processor.IdToPiece(id));
    spec.vocabulary.kinds.push_back(processor.IsControl(id)   ? TokenKind::kControl
                                    : processor.IsUnknown(id) ? TokenKind::kUnknown
                                    : processor.IsByte(id)    ? TokenKind::kByte
                                    : processor.IsUnused(id)  ? TokenKind::kUnused
                                                              : TokenKind::kNormal);
  }
  NormalizerStep step;
  step.kind = NormalizerStep::Kind::kSentencePiece;
  step.add_dummy_prefix = true;
  step.remove_extra_whitespaces = trims;
  spec.normalizers.push_back(step);
  return spec;
}

class SentencePieceDecoding : public testing::TestWithParam<std::tuple<const char*, bool>> {};

TEST_P(SentencePieceDecoding, IsThatOfTheReference) {
  const auto [name, trims] = GetParam();
  TOKRAIL_REQUIRE_SHARED_DATA(file, std::string("tokenizers/vocab/") + name + ".model");
  TOKRAIL_REQUIRE_SHARED_DATA(expected, std::string("tokenizers/expected/spm__") + name + ".jsonl");
  sentencepiece::SentencePieceProcessor processor;
  ASSERT_TRUE(processor.Load(file.string()).ok());
  const TokenizerSpec spec = spec_of(processor, trims);
  const Detokenizer detokenizer = Detokenizer::compile(spec);
  EXPECT_TRUE(detokenizer.exact());
  expect_decoded(detokenizer, expected);

  test::Random random(test::property_seed());
  const auto size = static_cast<size_t>(processor.GetPieceSize());
  for (int round = 0; round < 20000; ++round) {
    // The low ids hold the control symbols and the byte pieces.
    const size_t span = round % 2 == 0 ? std::min<size_t>(size, 300) : size;
    std::vector<TokenId> ids(test::below(random, 8));
    for (TokenId& id : ids) id = static_cast<TokenId>(test::below(random, span));
    std::string text;
    ASSERT_TRUE(processor.Decode(std::vector<int>(ids.begin(), ids.end()), &text).ok());
    ASSERT_EQ(detokenizer.decode_text(ids), text) << "seed " << test::property_seed();
    ASSERT_EQ(stream_all(detokenizer, ids), text) << "seed " << test::property_seed();
  }
}

INSTANTIATE_TEST_SUITE_P(Files, SentencePieceDecoding,
                         testing::Values(std::tuple("mistral01", false),
                                         std::tuple("xlnet_base_cased", true)),
                         [](const auto& parameter) {
                           return std::string(std::get<0>(parameter.param));
                         });

}  // namespace
}  // namespace tokrail
