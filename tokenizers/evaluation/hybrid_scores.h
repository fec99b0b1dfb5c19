// HybridScores: what a hybrid tokenizer's ids are used for (morphology/hybrid_spec.h).
//
//   HybridTextScores text = score_hybrid_text(tokenizer, lines);
//   text.fallback_share();        // words with letters that only pieces or bytes spell
//   HybridMorphScores morphs = score_hybrid_morphs(tokenizer, gold.words);
//   morphs.shared_share();        // suffix morphs that a shared id stands for
//
// For tokenizers whose spec().hybrid is null all scores are zero. Thread safety: values.
// Complexity: O(bytes); morphs on all threads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "tokenizers/evaluation/segmentation_scores.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

enum class HybridKind : uint8_t {
  kSpecial,
  kByte,
  kMark,
  kSuffix,
  kChain,
  kNumeral,
  kStem,
  kPiece,
};
inline constexpr size_t kHybridKinds = 8;
std::string_view hybrid_kind_name(HybridKind kind) noexcept;  ///< "suffix"

/// The range an id lies in. Ids outside of all are pieces.
HybridKind hybrid_kind(const HybridSpec& spec, TokenId id) noexcept;

struct HybridTextScores {
  std::array<uint64_t, kHybridKinds> tokens_by_kind{};
  uint64_t letter_words = 0;    ///< between white space, with at least one letter
  uint64_t fallback_words = 0;  ///< of these, with a letter that a piece or a byte spells
  uint64_t literal_words = 0;   ///< of these, with a letter that bytes spell

  uint64_t tokens() const, count(HybridKind kind) const;
  double fallback_share() const, literal_share() const;
  void add(const HybridTextScores& other);
};

HybridTextScores score_hybrid_text(const Tokenizer& tokenizer,
                                   std::span<const std::string_view> lines);

/// Morphs behind the first of their word. *Shared*: a suffix id spells exactly this morph, or a
/// chain whose ends are borders of morphs and which has as many suffixes as morphs. *Covered*: all
/// its bytes are spelled by suffix and chain ids, wherever these are cut.
struct HybridMorphScores {
  uint64_t suffix_morphs = 0, shared = 0, covered = 0;

  double shared_share() const, covered_share() const;
  void add(const HybridMorphScores& other);
};

HybridMorphScores score_hybrid_morphs(const Tokenizer& tokenizer, std::span<const GoldWord> gold);

}  // namespace tokrail
