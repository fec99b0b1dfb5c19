// PrefixEncodings: the byte-pair encodings of all prefixes of a piece, in 8 bytes per byte.
//
// The encoding of a prefix without its last token is the encoding of the shorter prefix, so one
// token per position tells all of them. The last token of a prefix is the one token that ends there
// and touches, validly, the last token of the prefix it starts behind:
//
//   prefix   h  he  hel  hell  hello        encode("hello") = encode("hel") + "lo"
//   last     h  he  l    ll    lo
//
// Tokens are found by walking the trie from every position at once, so that the text may come in
// parts. Complexity: O(bytes * tokens that begin at a position), about 60 ns per byte (2 us where
// tokens of all lengths up to 128 fit, as in runs of spaces). Internal to the module. A table
// belongs to one thread and refers to the RankBpe, which must know all bytes of the piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/models/rank_bpe.h"

namespace tokrail {

class PrefixEncodings {
 public:
  explicit PrefixEncodings(const RankBpe& bpe) : bpe_(&bpe), last_{RankBpe::kNoRank}, counts_{0} {}

  /// Bytes of the longest prefix there is.
  size_t size() const noexcept { return last_.size() - 1; }

  /// Takes the piece, which begins with the bytes that were taken before.
  void extend(std::string_view piece);
  /// Goes back to a piece that the one taken begins with. `longest` is the length of the longest
  /// token.
  void truncate(std::string_view piece, size_t longest);

  /// The last token of a prefix of `end` bytes. Requires 0 < end <= size().
  RankBpe::Rank last(size_t end) const noexcept { return last_[end]; }
  /// How many tokens a prefix has.
  uint32_t count(size_t end) const noexcept { return counts_[end]; }
  /// Where the last token of a prefix begins.
  size_t before(size_t end) const noexcept { return end - bpe_->length(last_[end]); }

 private:
  /// A walk through the trie from a position of the piece.
  struct Walk {
    size_t begin;
    ByteTrieView::State state;
  };

  const RankBpe* bpe_;
  std::vector<RankBpe::Rank> last_;  // by length of the prefix
  std::vector<uint32_t> counts_;
  std::vector<Walk> walks_;  // those that have not failed, longest first
};

}  // namespace tokrail
