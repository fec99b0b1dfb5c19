#include "tokenizers/formats/sentencepiece.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/json_lines.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/formats/binary_files.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tokenizers/formats/tokenizer_json.h"

namespace tokrail {
namespace {

using test::expect_error;
using test::ProtobufWriter;

std::string piece(std::string_view text, float score, int type = 1) {
  ProtobufWriter piece;
  piece.bytes(1, text).float32(2, score);
  if (type != 1) piece.number(3, static_cast<uint64_t>(type));
  return ProtobufWriter().bytes(1, piece.message()).message();
}

std::string standard_pieces() {
  return piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("\u2581a", -1.5) +
         piece("b", -2) + piece("user", 0, 4);
}

std::string model(const std::string& pieces, const std::string& trainer = "",
                  const std::string& normalizer = "") {
  return pieces + ProtobufWriter().bytes(2, trainer).bytes(3, normalizer).message();
}

std::string byte_pieces(int count) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string pieces;
  for (int byte = 0; byte < count; ++byte) {
    pieces += piece(std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + ">", 0, 6);
  }
  return pieces;
}

TEST(SentencePiece, ReadsPiecesAndDefaults) {
  const TokenizerSpec spec = read_sentencepiece(model(standard_pieces()));
  EXPECT_EQ(spec.format, SourceFormat::kSentencePiece);
  EXPECT_EQ(spec.special_text, SpecialTextDefault::kAsText);
  EXPECT_EQ(spec.model.kind, ModelSpec::Kind::kUnigram);
  ASSERT_EQ(spec.vocabulary.size(), 6u);
  EXPECT_EQ(spec.vocabulary.texts[3], "\u2581a");
  EXPECT_EQ(spec.vocabulary.scores[3], -1.5);
  EXPECT_EQ(spec.vocabulary.kinds[5], TokenKind::kUserDefined);
  EXPECT_EQ(spec.model.unk_id, 0u);
  EXPECT_EQ(spec.roles.bos, 1u);
  EXPECT_EQ(spec.roles.eos, std::vector<TokenId>{2});
  ASSERT_EQ(spec.normalizers.size(), 1u);
  EXPECT_TRUE(spec.normalizers[0].add_dummy_prefix);
  EXPECT_TRUE(spec.normalizers[0].escape_whitespaces);
  EXPECT_EQ(spec.added_tokens.size(), 2u);
  EXPECT_TRUE(spec.decoders.empty());
}

TEST(SentencePiece, ReadsTrainerAndNormalizer) {
  ProtobufWriter trainer, normalizer;
  trainer.number(3, 2).number(24, 1).bytes(44, "?").bytes(46, "</s>").bytes(47, "<s>");
  normalizer.bytes(1, "x").bytes(2, "map").number(3, 0).number(4, 0).number(5, 0);
  const TokenizerSpec spec =
      read_sentencepiece(model(standard_pieces(), trainer.message(), normalizer.message()));
  EXPECT_EQ(spec.model.kind, ModelSpec::Kind::kScoreBpe);
  const NormalizerStep& step = spec.normalizers.at(0);
  EXPECT_EQ(step.charsmap, "map");
  EXPECT_TRUE(step.treat_whitespace_as_suffix);
  EXPECT_FALSE(step.add_dummy_prefix || step.remove_extra_whitespaces || step.escape_whitespaces);
  EXPECT_EQ(spec.roles.bos, 2u);
  ASSERT_EQ(spec.decoders.size(), 1u);
  EXPECT_EQ(spec.decoders[0].pattern.text, "<unk>");
  EXPECT_EQ(spec.decoders[0].text, "?");
  for (const auto& [type, kind] :
       {std::pair(3, ModelSpec::Kind::kSpmWord), std::pair(4, ModelSpec::Kind::kSpmChar)}) {
    ProtobufWriter other;
    other.number(3, static_cast<uint64_t>(type));
    EXPECT_EQ(read_sentencepiece(model(standard_pieces(), other.message())).model.kind, kind);
  }
}

TEST(SentencePiece, ReadsByteFallback) {
  ProtobufWriter trainer;
  trainer.number(35, 1);
  const TokenizerSpec spec =
      read_sentencepiece(model(standard_pieces() + byte_pieces(256), trainer.message()));
  EXPECT_TRUE(spec.model.byte_fallback);
  EXPECT_EQ(spec.vocabulary.kinds[6], TokenKind::kByte);
  EXPECT_EQ(spec.vocabulary.size(), 262u);
}

TEST(SentencePiece, RefusesDamage) {
  const auto refuse = [](const std::string& file, const char* part,
                         ErrorCode code = ErrorCode::kInvalidFile) {
    expect_error(code, part, [&] { read_sentencepiece(file, "x.model"); });
  };
  ProtobufWriter fallback;
  fallback.number(35, 1);
  refuse("", "the file is cut");
  refuse("GGUF", "x.model: byte");
  refuse(model(""), "expected an unknown piece");
  refuse(model(standard_pieces() + piece("<u2>", 0, 2)), "found a second");
  refuse(model(standard_pieces() + piece("b", 0)), "'b' has ids 4 and 6");
  refuse(model(standard_pieces() + piece("", 0)), "not empty");
  refuse(model(standard_pieces() + piece("x", 0, 9)), "piece type from 1 to 6");
  refuse(model(standard_pieces() + piece("x", 1.0f / 0.0f)), "finite");
  refuse(model(standard_pieces() + byte_pieces(256)), "without byte fallback");
  refuse(model(standard_pieces() + byte_pieces(255), fallback.message()), "found 255");
  refuse(model(standard_pieces() + piece("<0xZZ>", 0, 6), fallback.message()), "<0xZZ>");
  refuse(model(standard_pieces(), ProtobufWriter().number(3, 5).message()), "model type");
  refuse(model(standard_pieces()) +
             ProtobufWriter().bytes(5, ProtobufWriter().bytes(2, "map").message()).message(),
         "denormaliser", ErrorCode::kUnsupported);
  refuse(std::string("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 10), "the file is cut");
  refuse(std::string(20, '\xFF'), "at most 64 bits");
  refuse(std::string("\x0B\x00", 2), "wire type");
  refuse(std::string("\x08\x01", 2), "to be bytes");
}

TEST(SentencePiece, CutAndDamagedFilesNeverCrash) {
  const std::string file = model(standard_pieces());
  test::expect_cut_files_refused(file, file.size(),
                                 [](std::string_view cut) { read_sentencepiece(cut); });
  test::read_damaged_files(file, 20'000,
                           [](std::string_view damaged) { read_sentencepiece(damaged); });
}

TEST(SentencePiece, IsNotExpressibleAsTokenizerJson) {
  EXPECT_FALSE(tokenizer_json_cannot_express(read_sentencepiece(model(standard_pieces()))).empty());
}

struct SharedModel {
  const char* name;
  ModelSpec::Kind kind;
  bool byte_fallback;
  size_t charsmap;
};

class SharedSentencePiece : public testing::TestWithParam<SharedModel> {};

TEST_P(SharedSentencePiece, ReadsRealFiles) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, std::string("tokenizers/vocab/") + GetParam().name + ".model");
  const std::string bytes = test::read_bytes(path);
  EXPECT_TRUE(looks_like_sentencepiece(bytes));
  const TokenizerSpec spec = read_sentencepiece(bytes, GetParam().name);
  EXPECT_EQ(spec.vocabulary.size(), 32000u);
  EXPECT_EQ(spec.model.kind, GetParam().kind);
  EXPECT_EQ(spec.model.byte_fallback, GetParam().byte_fallback);
  EXPECT_EQ(spec.normalizers.at(0).charsmap.size() > 0, GetParam().charsmap > 0);
  EXPECT_EQ(spec.roles.bos, 1u);
  EXPECT_EQ(spec.roles.eos, std::vector<TokenId>{2});
  EXPECT_EQ(spec.roles.unk, 0u);
  test::expect_cut_files_refused(std::string_view(bytes).substr(0, bytes.size() - 2000), 100,
                                 [](std::string_view cut) { read_sentencepiece(cut); });
}

INSTANTIATE_TEST_SUITE_P(
    Files, SharedSentencePiece,
    testing::Values(SharedModel{"mistral01", ModelSpec::Kind::kScoreBpe, true, 0},
                    SharedModel{"xlnet_base_cased", ModelSpec::Kind::kUnigram, false, 1}),
    [](const auto& file) { return std::string(file.param.name); });

}  // namespace
}  // namespace tokrail
