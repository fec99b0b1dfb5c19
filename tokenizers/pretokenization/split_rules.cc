#include "tokenizers/pretokenization/split_rules.h"

namespace tokrail {
namespace {

using Words = SplitRules::Words;
using Prefix = SplitRules::Prefix;
using Contractions = SplitRules::Contractions;
using Trail = SplitRules::Trail;

constexpr SplitRules kGpt2 = {.words = Words::kLetters,
                              .prefix = Prefix::kSpace,
                              .contractions = Contractions::kStart,
                              .digits = 0,
                              .trail = Trail::kNone,
                              .newline_pieces = false};

constexpr SplitRules letters(uint8_t digits, bool whole_final_space = false) {
  return {.digits = digits, .whole_final_space = whole_final_space};
}

constexpr SplitRules letters_marks(uint8_t digits) {
  return {.words = Words::kLettersMarks, .digits = digits};
}

constexpr SplitRules cased(uint8_t digits, Contractions contractions, Trail trail,
                           bool han_apart = false) {
  return {.words = Words::kCased,
          .contractions = contractions,
          .digits = digits,
          .trail = trail,
          .han_apart = han_apart};
}

struct KnownPattern {
  std::string_view regex;
  SplitRules rules;
};

constexpr KnownPattern kKnownPatterns[] = {
    // GPT-2 (r50k, p50k, and Hugging Face's ByteLevel): three spellings.
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", kGpt2},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", kGpt2},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s)", kGpt2},
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?[\p{L}]+| ?[\p{N}]+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", kGpt2},
    // cl100k, Llama 3 and their relatives.
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     letters(3)},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)",
     letters(3, true)},
    // Qwen 2 and 3: single digits; Qwen 3.5: marks belong to words.
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     letters(1)},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     letters_marks(1)},
    // o200k.
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     cased(3, Contractions::kSuffixIgnoreCase, Trail::kNewlinesSlash)},
    // Tekken: o200k without contractions, single digits.
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     cased(1, Contractions::kNone, Trail::kNewlinesSlash)},
    // Kimi K2: o200k with runs of Han apart.
    {R"([\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     cased(3, Contractions::kSuffixIgnoreCase, Trail::kNewlines, true)},
};

}  // namespace

std::optional<SplitRules> known_split_rules(std::string_view regex) {
  for (const KnownPattern& known : kKnownPatterns) {
    if (known.regex == regex) return known.rules;
  }
  return std::nullopt;
}

}  // namespace tokrail
