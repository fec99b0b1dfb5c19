// The SIMD half of Splitter, internal to splitter.cc: which rules are compiled, and their scanner.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tokenizers/pretokenization/split_rules.h"

namespace tokrail {

using SplitWords = SplitRules::Words;
using SplitContractions = SplitRules::Contractions;
using SplitTrail = SplitRules::Trail;

/// The combinations of rules that have code of their own: gpt2, cl100k, cl100k (tiktoken's
/// spelling), qwen2, qwen3.5, o200k, tekken, and kimi, which has no SIMD scanner.
inline constexpr size_t kSimdRules = 7;
inline constexpr SplitRules kCompiledRules[] = {
    {.prefix = SplitRules::Prefix::kSpace,
     .contractions = SplitContractions::kStart,
     .digits = 0,
     .trail = SplitTrail::kNone,
     .newline_pieces = false},
    {.digits = 3},
    {.digits = 3, .whole_final_space = true},
    {.digits = 1},
    {.words = SplitWords::kLettersMarks, .digits = 1},
    {.words = SplitWords::kCased,
     .contractions = SplitContractions::kSuffixIgnoreCase,
     .digits = 3,
     .trail = SplitTrail::kNewlinesSlash},
    {.words = SplitWords::kCased,
     .contractions = SplitContractions::kNone,
     .digits = 1,
     .trail = SplitTrail::kNewlinesSlash},
    {.words = SplitWords::kCased,
     .contractions = SplitContractions::kSuffixIgnoreCase,
     .digits = 3,
     .trail = SplitTrail::kNewlines,
     .han_apart = true},
};

/// Scans blocks from text[0], a piece boundary, while whole blocks are left and `ends` has room for
/// a block; sets `consumed` to the end of the last piece. May find no piece at all.
using SplitBlocks = size_t (*)(const char* text, size_t length, uint32_t* ends, size_t capacity,
                               size_t& consumed);

/// The scanner of kCompiledRules[index] for this machine's instruction set, or nullptr.
SplitBlocks split_blocks_for(size_t rules_index);

}  // namespace tokrail
