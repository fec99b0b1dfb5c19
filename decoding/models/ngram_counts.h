// Counts of token sequences, sorted so that those after one context stand together. Internal to
// models.
//
// A sequence (context, token) is one number of 128 bits: the context from its newest token back,
// then the token. Dropping the lowest field leaves the context; dropping the lowest field of that
// leaves the context without its oldest token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tokenizers/token_id.h"

namespace tokrail {

__extension__ using NgramKey = unsigned __int128;

struct CountedNgram {
  NgramKey key;
  uint64_t count;
};
using NgramCounts = std::vector<CountedNgram>;

/// Packs token ids into keys.
class NgramPacking {
 public:
  explicit NgramPacking(size_t vocab) noexcept;
  unsigned bits() const noexcept { return bits_; }
  NgramKey mask() const noexcept { return (NgramKey{1} << bits_) - 1; }
  /// tokens: oldest first, the last one is the counted one.
  NgramKey pack(std::span<const TokenId> tokens) const noexcept;
  TokenId token(NgramKey key) const noexcept { return static_cast<TokenId>(key & mask()); }
  NgramKey context(NgramKey key) const noexcept { return key >> bits_; }

 private:
  unsigned bits_;
};

/// Collects keys and counts equal ones; memory follows the number of distinct keys.
class NgramCollector {
 public:
  explicit NgramCollector(int threads) noexcept : threads_(threads) {}
  void add(NgramKey key);
  NgramCounts finish();

 private:
  void sort_pending();
  void merge_last_runs();

  int threads_;
  std::vector<NgramKey> pending_;
  std::vector<NgramCounts> runs_;
};

/// Both in order of key; counts of equal keys are added.
NgramCounts merge_counts(const NgramCounts& a, const NgramCounts& b);

/// For sequences of one length: how many different oldest tokens the sequences of one token less
/// were seen with.
NgramCounts count_left_contexts(const NgramCounts& longer, const NgramPacking& packing);

}  // namespace tokrail
