// Top-k, top-p and min-p: which tokens of a row are kept.
//
// The law is in row_parameters.h and logit_math.h. What is kept is either told by a cut, where
// many may be kept, or listed. Not a public header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "decoding/logits/part_sums.h"
#include "decoding/logits/row_input.h"

namespace tokrail::logit_math {

/// Tokens with their adjusted logits; there is room for 16 more after the last.
struct TokenList {
  std::vector<float> a;
  std::vector<uint32_t> ids;

  size_t size() const noexcept { return ids.size(); }
  void clear() noexcept {
    a.clear();
    ids.clear();
  }
};

/// Whether the parameters truncate at all.
bool truncates(const RowParameters& parameters) noexcept;

/// Out of blocks of which only what `cut` keeps is wanted: the words of the block. `words` has
/// kBlockWords.
void cut_block(const Block& block, size_t number, const Cut& cut, uint32_t* words) noexcept;

/// The k first of a row in order of falling a and rising id, in that order; fewer if fewer are
/// allowed. `parts` tells the maxima of the blocks.
void first_k(BlockReader& reader, const std::vector<Part>& parts, size_t k, TokenList& out);

/// The same of a list, in place.
void first_of_list(size_t k, TokenList& list);

struct Kept {
  bool listed = false;  ///< `list` has what is kept, in order of id; else `cut` says it
  Cut cut;
  TokenList list;
};

/// Truncates a row whose untruncated sums, at weight_scale, are given.
void truncate(const RowInput& input, BlockReader& reader, const PartSums& sums, float most,
              Kept& kept);
/// Truncates a row whose allowed tokens are all in kept.list, in order of id.
void truncate_list(const RowInput& input, double total, float most, Kept& kept);

}  // namespace tokrail::logit_math
