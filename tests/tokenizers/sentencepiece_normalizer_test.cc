// Normalizer's kSentencePiece against libsentencepiece: text and byte alignment.
#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include <optional>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/sentencepiece_model.h"
#include "tokenizers/normalization/normalizer.h"

namespace tokrail {
namespace {

/// The byte a piece of the form <0xNN> stands for.
std::optional<char> byte_piece(const std::string& piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return std::nullopt;
  return static_cast<char>(std::stoi(piece.substr(3, 2), nullptr, 16));
}

class Comparison {
 public:
  explicit Comparison(const test::SentencePieceModel& model) {
    const auto status = processor_.LoadFromSerializedProto(model.proto);
    if (!status.ok()) throw std::runtime_error(status.ToString());
    const std::vector<std::string_view> symbols(model.user_defined.begin(),
                                                model.user_defined.end());
    normalizer_ = Normalizer::compile({&model.step, 1}, symbols);
  }

  /// The normalised text is what the pieces spell; every piece says where it came from.
  bool agrees_on(const std::string& source) const {
    const auto proto = processor_.EncodeAsImmutableProto(source);
    AlignedText text(source);
    normalizer_.apply(text);
    std::string out;
    normalizer_.apply(source, out);
    if (out != text.text()) return false;
    size_t at = 0;
    for (size_t i = 0; i < proto.pieces_size();) {
      std::string spelled = proto.pieces(static_cast<int>(i)).piece();
      const size_t begin = proto.pieces(static_cast<int>(i)).begin();
      size_t last = i;
      if (const auto byte = byte_piece(spelled);
          byte && processor_.IsByte(static_cast<int>(proto.pieces(static_cast<int>(i)).id()))) {
        // The bytes of one character share its place, which the last one has.
        spelled = *byte;
        const auto continues = [&](size_t next) {
          const auto further = byte_piece(proto.pieces(static_cast<int>(next)).piece());
          return further && is_utf8_continuation(*further);
        };
        while (last + 1 < proto.pieces_size() && continues(last + 1)) {
          spelled += *byte_piece(proto.pieces(static_cast<int>(++last)).piece());
        }
      }
      const size_t end = proto.pieces(static_cast<int>(last)).end();
      if (text.text().substr(at, spelled.size()) != spelled) return false;
      if (text.original_range(at, at + spelled.size()) != OriginalRange{begin, end}) return false;
      at += spelled.size();
      i = last + 1;
    }
    return at == text.text().size();
  }

 private:
  sentencepiece::SentencePieceProcessor processor_;
  Normalizer normalizer_;
};

/// Text with what normalisers look at; without NUL, at which the library's trie stops.
std::string text_for_models(test::Random& random, size_t n) {
  static constexpr std::string_view kParts[] = {
      " ",      "  ",           "   ",    "a",        "b",       "hello",  "\u2581", "\u00A0",
      "\u3000", "\t",           "\n",     "\u00E9",   "e\u0301", "\uFB01", "\uFF21", "\u00AD",
      "\u200B", "\u2026",       "\xFF",   "\xE2\x96", "<sep>",   "x y",    "\u4E2D", "\uFDFA",
      "\u0130", "\xED\xA0\x80", "\u00B4", "\u1FFE"};
  if (test::below(random, 3) == 0) return test::random_text(random, n);
  std::string text;
  while (text.size() < n) text += kParts[test::below(random, std::size(kParts))];
  return text;
}

void expect_agreement(const std::string& name, const test::SentencePieceModel& model, int cases) {
  const Comparison comparison(model);
  const auto holds = [&](const std::string& text) { return comparison.agrees_on(text); };
  EXPECT_TRUE(test::check_texts(name, cases, holds, text_for_models)) << name;
  EXPECT_TRUE(test::check_texts(name + " broken", cases, holds, test::random_broken_utf8)) << name;
}

TEST(SentencePieceNormalizer, AgreesForEveryOption) {
  for (const char* const rules : {"identity", "nmt_nfkc", "nmt_nfkc_cf"}) {
    for (int options = 0; options < 8; ++options) {
      const auto flag = [options](int bit) { return options & bit ? "true" : "false"; };
      const auto model = test::train_sentencepiece({
          {"normalization_rule_name", rules},
          {"add_dummy_prefix", flag(1)},
          {"remove_extra_whitespaces", flag(2)},
          {"treat_whitespace_as_suffix", flag(4)},
      });
      EXPECT_EQ(model.step.charsmap.empty(), std::string_view(rules) == "identity");
      EXPECT_EQ(model.step.add_dummy_prefix, (options & 1) != 0);
      EXPECT_EQ(model.step.remove_extra_whitespaces, (options & 2) != 0);
      EXPECT_EQ(model.step.treat_whitespace_as_suffix, (options & 4) != 0);
      expect_agreement(std::string(rules) + " " + std::to_string(options), model, 150);
    }
  }
}

TEST(SentencePieceNormalizer, AgreesWithUserDefinedSymbols) {
  const auto model = test::train_sentencepiece({
      {"normalization_rule_name", "nmt_nfkc_cf"},
      {"user_defined_symbols", "<sep>,\uFF21,x y,\u2581b,  ,\u00E9"},
  });
  EXPECT_GE(model.user_defined.size(), 4u);
  expect_agreement("symbols", model, 600);
}

TEST(SentencePieceNormalizer, AgreesOnEveryCodePoint) {
  const auto model = test::train_sentencepiece({{"normalization_rule_name", "nmt_nfkc_cf"}});
  const Comparison comparison(model);
  int wrong = 0;
  for (char32_t c = 1; c <= kMaxCodePoint; ++c) {
    if (!is_scalar_value(c)) continue;
    if (c > 0x3400 && c % 16 != 0 && c < 0xF900) continue;  // ideographs and Hangul: a sample
    if (c > 0x20000 && c % 64 != 0) continue;
    std::string text = "a";
    append_utf8(c, text);
    text += " b";
    wrong += !comparison.agrees_on(text);
  }
  EXPECT_EQ(wrong, 0);
}

TEST(SentencePieceNormalizer, AgreesOnRealModels) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "tokenizers/vocab");
  for (const char* const file : {"xlnet_base_cased.model", "mistral01.model"}) {
    const auto model = test::read_sentencepiece(test::read_bytes(folder / file));
    expect_agreement(file, model, 400);
  }
}

}  // namespace
}  // namespace tokrail
