// One row of a batch as the kernels read it: blocks of kBlock adjusted floats with their mask.
//
// Whole blocks of f32 without adjustments are read in place; others are put together in a buffer
// of the reader. Not a public header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "decoding/logits/block_kernels.h"
#include "decoding/logits/sample_masked.h"

namespace tokrail::logit_math {

struct RowInput {
  const void* data = nullptr;
  LogitsType type = LogitsType::kF32;
  size_t vocab = 0;
  const uint32_t* mask = nullptr;  ///< null: everything is allowed
  std::span<const Adjustment> adjustments;
  RowParameters parameters;

  size_t blocks() const noexcept { return (vocab + kBlock - 1) / kBlock; }
  /// The adjusted logit of `id`.
  float logit(uint32_t id) const noexcept;
  bool allows(uint32_t id) const noexcept {
    return mask == nullptr || (mask[id / kWord] >> (id % kWord) & 1) != 0;
  }
  /// False: parameters or adjustments that make no sense (kRowBadParameters).
  bool valid() const noexcept;
};

/// Row `row` of a batch, which check_batch has let pass.
RowInput row_input(const SampleBatch& batch, size_t row) noexcept;
RowInput row_input(const LogitsView& logits, const MaskView& masks,
                   const AdjustmentsView& adjustments, const RowParameters& parameters,
                   size_t row) noexcept;

/// Throw Error(kInvalidArgument) for shapes that cannot be.
void check_logits(const LogitsView& logits);
void check_masks(const MaskView& masks, const LogitsView& logits);
void check_batch(const SampleBatch& batch);

struct Block {
  const float* a = nullptr;
  const uint32_t* mask = nullptr;  ///< null: all of it
};

class BlockReader {
 public:
  explicit BlockReader(const RowInput& input) noexcept : input_(&input) {}

  /// Good until the next call.
  Block read(size_t block) noexcept;
  /// The same with other mask words for the whole row (null: that of the row).
  Block read(size_t block, const uint32_t* row_mask) noexcept;
  /// How many blocks from `block` on lie in place, one after the other.
  size_t run(size_t block) const noexcept;

 private:
  std::span<const Adjustment> adjustments_of(size_t block) const noexcept;

  const RowInput* input_;
  alignas(64) float values_[kBlock];
  alignas(64) uint32_t words_[kBlockWords];
};

}  // namespace tokrail::logit_math
