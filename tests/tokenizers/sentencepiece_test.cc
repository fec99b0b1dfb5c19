// Unigram, ScoreBpe, SpmWord and SpmChar against the sentencepiece library itself: on random
// models, and on real ones where they are at hand.
#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include <bit>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>

#include "base/utf8.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/random_models.h"
#include "tokenizers/models/score_bpe.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/models/word_level.h"

namespace tokrail {
namespace {

using test::add_token;
using test::below;
using test::Random;
using test::tokens_of;
using Kind = ModelSpec::Kind;

// ---------------------------------------------------------------- writing and reading .model

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}
void put_integer(std::string& out, unsigned field, uint64_t value) {
  put_varint(out, field << 3);
  put_varint(out, value);
}
void put_bytes(std::string& out, unsigned field, const std::string& bytes) {
  put_varint(out, field << 3 | 2);
  put_varint(out, bytes.size());
  out += bytes;
}

// ModelProto's numbers for the kinds of pieces and models.
constexpr std::pair<TokenKind, int> kTypes[] = {
    {TokenKind::kNormal, 1},      {TokenKind::kUnknown, 2}, {TokenKind::kControl, 3},
    {TokenKind::kUserDefined, 4}, {TokenKind::kUnused, 5},  {TokenKind::kByte, 6}};

std::string model_file(const VocabularySpec& vocabulary, Kind kind, bool byte_fallback) {
  std::string file;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    std::string piece;
    put_bytes(piece, 1, std::string(vocabulary.texts[id]));
    put_varint(piece, 2 << 3 | 5);
    const auto score = std::bit_cast<uint32_t>(static_cast<float>(vocabulary.scores[id]));
    for (int shift = 0; shift < 32; shift += 8) piece += static_cast<char>(score >> shift);
    for (const auto& [token_kind, type] : kTypes) {
      if (token_kind == vocabulary.kinds[id]) put_integer(piece, 3, static_cast<uint64_t>(type));
    }
    put_bytes(file, 1, piece);
  }
  std::string trainer, normalizer;
  const uint64_t model_type = kind == Kind::kUnigram    ? 1
                              : kind == Kind::kScoreBpe ? 2
                              : kind == Kind::kSpmWord  ? 3
                                                        : 4;
  put_integer(trainer, 3, model_type);
  put_integer(trainer, 35, byte_fallback ? 1 : 0);
  put_bytes(normalizer, 1, "identity");
  for (const unsigned field : {3U, 4U, 5U}) put_integer(normalizer, field, 0);
  put_bytes(file, 2, trainer);
  put_bytes(file, 3, normalizer);
  return file;
}

uint64_t take_varint(std::string_view& in) {
  uint64_t value = 0;
  for (int shift = 0; !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

// The pieces of a real .model; nothing else of it.
VocabularySpec read_pieces(const std::string& file) {
  VocabularySpec vocabulary;
  std::string_view in = file;
  while (!in.empty()) {
    const uint64_t tag = take_varint(in);
    const uint64_t length = take_varint(in);
    std::string_view message = in.substr(0, length);
    in.remove_prefix(message.size());
    if (tag != (1 << 3 | 2)) continue;
    std::string_view text;
    uint32_t score = 0;
    uint64_t type = 1;
    while (!message.empty()) {
      const uint64_t field = take_varint(message);
      if (field == (1 << 3 | 2)) {
        const uint64_t size = take_varint(message);
        text = message.substr(0, size);
        message.remove_prefix(size);
      } else if (field == (2 << 3 | 5)) {
        for (int i = 0; i < 4; ++i) {
          score |= uint32_t{static_cast<unsigned char>(message[static_cast<size_t>(i)])} << (8 * i);
        }
        message.remove_prefix(4);
      } else {
        type = take_varint(message);
      }
    }
    TokenKind kind = TokenKind::kNormal;
    for (const auto& [token_kind, number] : kTypes) {
      if (number == static_cast<int>(type)) kind = token_kind;
    }
    add_token(vocabulary, text, kind, static_cast<double>(std::bit_cast<float>(score)));
  }
  return vocabulary;
}

// ---------------------------------------------------------------- the comparison

class Reference {
 public:
  Reference(const VocabularySpec& vocabulary, Kind kind, bool byte_fallback) {
    const auto status =
        processor_.LoadFromSerializedProto(model_file(vocabulary, kind, byte_fallback));
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }
  std::vector<TokenId> ids(const std::string& text) const {
    std::vector<int> ids;
    processor_.Encode(text, &ids).IgnoreError();
    return {ids.begin(), ids.end()};
  }
  std::vector<std::vector<TokenId>> nbest(const std::string& text, int n) const {
    std::vector<std::vector<int>> lists;
    processor_.NBestEncode(text, n, &lists).IgnoreError();
    std::vector<std::vector<TokenId>> result;
    for (const auto& ids : lists) result.emplace_back(ids.begin(), ids.end());
    return result;
  }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

std::vector<TokenId> ids_of(const std::vector<ModelToken>& tokens) {
  std::vector<TokenId> ids;
  for (const ModelToken& token : tokens) ids.push_back(token.id);
  return ids;
}

std::unique_ptr<Model> make_model(const VocabularySpec& vocabulary, Kind kind, bool byte_fallback) {
  ModelSpec model;
  model.kind = kind;
  model.byte_fallback = byte_fallback;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    if (vocabulary.kinds[id] == TokenKind::kUnknown) model.unk_id = id;
  }
  const auto format = SourceFormat::kSentencePiece;
  if (kind == Kind::kUnigram) return std::make_unique<Unigram>(vocabulary, model, format);
  if (kind == Kind::kScoreBpe) return std::make_unique<ScoreBpe>(vocabulary, model, format);
  if (kind == Kind::kSpmWord) return std::make_unique<SpmWord>(vocabulary, model);
  return std::make_unique<SpmChar>(vocabulary, model);
}

VocabularySpec random_vocabulary(Random& random, size_t letters, bool byte_fallback) {
  VocabularySpec vocabulary;
  add_token(vocabulary, "<unk>", TokenKind::kUnknown);
  add_token(vocabulary, "<s>", TokenKind::kControl);
  const bool ties = below(random, 2) == 0;
  std::set<std::string> texts;
  add_token(vocabulary, "a", TokenKind::kNormal, -1);
  texts.insert("a");
  for (size_t n = 5 + below(random, 56); n > 0; --n) {
    const std::string text = test::random_word(random, letters, 1 + below(random, 6));
    if (!texts.insert(text).second) continue;
    const size_t kind = below(random, 20);
    add_token(vocabulary, text,
              kind == 0   ? TokenKind::kUserDefined
              : kind <= 2 ? TokenKind::kUnused
                          : TokenKind::kNormal,
              test::random_score(random, ties));
  }
  if (byte_fallback) test::add_byte_tokens(vocabulary);
  return vocabulary;
}

// Well-formed text: the library replaces the rest before its models see it.
std::string random_valid_piece(Random& random, size_t letters, size_t length) {
  std::string text;
  const std::string piece = test::random_piece(random, letters, length);
  for (const Utf8Position& unit : utf8_units(piece)) {
    append_utf8(unit.unit.code_point, text);
  }
  return text;
}

TEST(SentencePiece, RandomModelsGiveTheSameIds) {
  Random random(test::property_seed());
  for (const Kind kind : {Kind::kUnigram, Kind::kScoreBpe, Kind::kSpmWord, Kind::kSpmChar}) {
    for (int round = 0; round < 300; ++round) {
      const size_t letters = 2 + below(random, 4);
      const bool byte_fallback = below(random, 6) == 0;
      const VocabularySpec vocabulary = random_vocabulary(random, letters, byte_fallback);
      const Reference reference(vocabulary, kind, byte_fallback);
      const auto model = make_model(vocabulary, kind, byte_fallback);
      for (int i = 0; i < 100; ++i) {
        const std::string piece = random_valid_piece(random, letters, 1 + below(random, 30));
        ASSERT_EQ(ids_of(tokens_of(*model, piece)), reference.ids(piece))
            << test::escaped(piece) << "\n"
            << test::describe(vocabulary) << " seed " << test::property_seed();
      }
    }
  }
}

TEST(SentencePiece, RandomUnigramModelsGiveTheSameNBest) {
  Random random(test::property_seed());
  for (int round = 0; round < 300; ++round) {
    const size_t letters = 2 + below(random, 4);
    const VocabularySpec vocabulary = random_vocabulary(random, letters, false);
    const Reference reference(vocabulary, Kind::kUnigram, false);
    const auto model = make_model(vocabulary, Kind::kUnigram, false);
    for (int i = 0; i < 30; ++i) {
      const std::string piece = random_valid_piece(random, letters, 1 + below(random, 16));
      if (piece.empty()) continue;
      std::vector<std::vector<TokenId>> lists;
      for (const auto& result : dynamic_cast<const Unigram&>(*model).nbest(piece, 8)) {
        lists.push_back(ids_of(result.tokens));
      }
      ASSERT_EQ(lists, reference.nbest(piece, 8))
          << test::escaped(piece) << "\n"
          << test::describe(vocabulary) << " seed " << test::property_seed();
    }
  }
}

// Texts of the real world in the notation the models see, without the normaliser's help.
void compare_real_model(const std::string& path, Kind kind, bool byte_fallback) {
  std::ifstream in(path, std::ios::binary);
  const std::string file((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const VocabularySpec vocabulary = read_pieces(file);
  ASSERT_GT(vocabulary.size(), 1000u);
  const Reference reference(vocabulary, kind, byte_fallback);
  const auto model = make_model(vocabulary, kind, byte_fallback);
  const auto folder = test::find_shared_data("tokenizers/text");
  size_t lines = 0;
  const auto compare = [&](const std::string& text) {
    ASSERT_EQ(ids_of(tokens_of(*model, text)), reference.ids(text)) << test::escaped(text);
    ++lines;
  };
  Random random(test::property_seed());
  for (int i = 0; i < 3000; ++i) {
    std::string piece = "\xE2\x96\x81";
    const std::string source = test::random_utf8(random, 60);
    for (const Utf8Position& unit : utf8_units(source)) {
      if (unit.unit.code_point == ' ') {
        piece += "\xE2\x96\x81";
      } else if (unit.unit.code_point != 0) {
        append_utf8(unit.unit.code_point, piece);
      }
    }
    ASSERT_NO_FATAL_FAILURE(compare(piece));
  }
  if (!folder) return;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    std::ifstream text_file(entry.path(), std::ios::binary);
    std::string line;
    for (size_t n = 0; n < 3000 && std::getline(text_file, line); ++n) {
      if (!valid_utf8(line) || line.find('\0') != std::string::npos) continue;
      std::string piece;
      for (const char c : line) c == ' ' ? piece += "\xE2\x96\x81" : piece += c;
      ASSERT_NO_FATAL_FAILURE(compare(piece));
    }
  }
  std::printf("%zu lines compared\n", lines);
}

TEST(SentencePiece, XlnetUnigramGivesTheSameIds) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "tokenizers/vocab/xlnet_base_cased.model");
  compare_real_model(path.string(), Kind::kUnigram, false);
}

TEST(SentencePiece, MistralBpeGivesTheSameIds) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "tokenizers/vocab/mistral01.model");
  compare_real_model(path.string(), Kind::kScoreBpe, true);
}

}  // namespace
}  // namespace tokrail
