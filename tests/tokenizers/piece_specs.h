// Small random byte-level tokenizers of all known patterns, with and without added tokens, for the
// encoders that work piece by piece.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/property.h"
#include "tests/tokenizers/random_models.h"
#include "tokenizers/tokenizer.h"

namespace tokrail::test {

inline constexpr std::string_view kPiecePatterns[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
};

/// Text of few fragments, so that its parts come again and tokens of a small vocabulary fit.
inline std::string hazard_text(Random& random, size_t n) {
  static constexpr std::string_view kFragments[] = {"a",
                                                    "b",
                                                    "ab",
                                                    "Ab",
                                                    "AB",
                                                    "hello",
                                                    "\xC3\xA9",
                                                    "e\xCC\x81",
                                                    "\xCC\x81",
                                                    "1",
                                                    "12",
                                                    "1234",
                                                    "'s",
                                                    "'LL",
                                                    "'",
                                                    "'l",
                                                    " ",
                                                    " ",
                                                    "  ",
                                                    "    ",
                                                    "\n",
                                                    "\n\n",
                                                    "\r\n",
                                                    "\t",
                                                    "\xC2\xA0",
                                                    ".",
                                                    "!!",
                                                    "/",
                                                    "/\n",
                                                    "<",
                                                    "<x>",
                                                    "<x",
                                                    "<xy>",
                                                    "x>",
                                                    "<end>",
                                                    "<end",
                                                    "\xE6\xBC\xA2",
                                                    "\xE6\xBC\xA2\xE5\xAD\x97",
                                                    "\xE3\x81\x82",
                                                    "\xF0\x9F\x98\x80",
                                                    "\xE6\xBC",
                                                    "\xFF",
                                                    "\xC5\xBF",
                                                    "\xD7\x90"};
  std::string text;
  while (text.size() < n) {
    const std::string_view fragment = kFragments[below(random, std::size(kFragments))];
    const size_t times = below(random, 20) == 0 ? 1 + below(random, 12) : 1;
    for (size_t i = 0; i < times; ++i) text += fragment;
  }
  return text;
}

enum class AddedTokens { kNone, kSpecial, kBoth };

/// A tiktoken-like model: all bytes, and merges of what stands side by side in a random text; some
/// tokens that no merges lead to.
inline TokenizerSpec random_piece_spec(Random& random, std::string_view pattern,
                                       AddedTokens added) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  spec.special_text = SpecialTextDefault::kAsText;
  spec.model.kind = ModelSpec::Kind::kRankBpe;
  spec.model.raw_bytes = true;
  spec.pre_tokenizers.emplace_back();
  spec.pre_tokenizers[0].kind = PreTokenizerStep::Kind::kSplit;
  spec.pre_tokenizers[0].pattern = {std::string(pattern), true};
  spec.pre_tokenizers[0].behavior = SplitBehavior::kIsolated;
  VocabularySpec& vocabulary = spec.vocabulary;
  std::set<std::string> known;
  const auto add = [&](const std::string& text) {
    if (!known.insert(text).second) return;
    vocabulary.texts.push_back(text);
    vocabulary.kinds.push_back(TokenKind::kNormal);
  };
  for (int byte = 0; byte < 256; ++byte) add(std::string(1, static_cast<char>(byte)));
  std::vector<std::string> parts;
  for (const char c : hazard_text(random, 500) + std::string(40, 'a') + std::string(20, ' ')) {
    parts.emplace_back(1, c);
  }
  for (size_t n = 20 + below(random, 150); n > 0; --n) {
    const size_t at = below(random, parts.size() - 1);
    const std::string left = parts[at], right = parts[at + 1];
    if (left.size() + right.size() > 24) continue;
    add(left + right);
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      if (parts[i] != left || parts[i + 1] != right) continue;
      parts[i] += right;
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  if (below(random, 3) == 0) add("hello!x" + std::to_string(below(random, 9)));
  if (below(random, 3) == 0) add("1234");
  if (below(random, 3) == 0) add(" qqq");
  if (added != AddedTokens::kNone) {
    const auto add_special = [&](std::string_view content, bool special) {
      AddedToken token;
      token.id = static_cast<TokenId>(vocabulary.size());
      token.content = content;
      token.special = special;
      token.normalized = below(random, 2) == 0;
      vocabulary.texts.push_back(content);
      vocabulary.kinds.push_back(special ? TokenKind::kControl : TokenKind::kUserDefined);
      spec.added_tokens.push_back(token);
    };
    add_special("<end>", true);
    add_special("<|pad|>", true);
    if (added == AddedTokens::kBoth) {
      add_special("<x>", false);
      add_special("<xy>", false);
      if (below(random, 2) == 0) {
        add_special("   ", false);
        add_special("      ", false);
      }
      if (below(random, 4) == 0) add_special("ab", false);
    }
  }
  return spec;
}

inline Tokenizer random_piece_tokenizer(Random& random, int round) {
  const auto pattern = kPiecePatterns[static_cast<size_t>(round) % std::size(kPiecePatterns)];
  const auto added = static_cast<AddedTokens>(below(random, 3));
  TokenizerSpec spec = random_piece_spec(random, pattern, added);
  if (below(random, 3) == 0) {  // two passes over added tokens, and perhaps a normalizer
    spec.format = SourceFormat::kTokenizerJson;
    spec.special_text = SpecialTextDefault::kMatch;
    DecoderStep fuse;
    fuse.kind = DecoderStep::Kind::kFuse;
    spec.decoders.push_back(fuse);
    if (below(random, 2) == 0) {
      spec.normalizers.emplace_back();
      spec.normalizers[0].kind = NormalizerStep::Kind::kNfc;
    }
  }
  return Tokenizer::from_spec(std::move(spec));
}

inline std::string piece_text(Random& random, size_t n) {
  return below(random, 4) == 0 ? random_text(random, n) : hazard_text(random, n);
}

}  // namespace tokrail::test
