#include "decoding/logits/apply_bitmask.h"
#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/cuda_row.cuh"

namespace tokrail::cuda {

namespace {

constexpr unsigned kThreads = 256;
constexpr unsigned kWordsPerWarp = 32;

__device__ void block_one(void* data, LogitsType type, size_t id) {
  if (type == LogitsType::kF32) {
    static_cast<float*>(data)[id] = -law::kInfinity;
  } else {
    static_cast<uint16_t*>(data)[id] = type == LogitsType::kBf16 ? 0xFF80 : 0xFC00;
  }
}

// Writes four logits; those that are allowed are read first where only some are.
__device__ void block_four(void* data, LogitsType type, size_t id, unsigned allowed) {
  if (type == LogitsType::kF32) {
    float4* place = reinterpret_cast<float4*>(static_cast<float*>(data) + id);
    const float low = -law::kInfinity;
    float4 values = make_float4(low, low, low, low);
    if (allowed != 0) {
      const float4 old = *place;
      if ((allowed & 1) != 0) values.x = old.x;
      if ((allowed & 2) != 0) values.y = old.y;
      if ((allowed & 4) != 0) values.z = old.z;
      if ((allowed & 8) != 0) values.w = old.w;
    }
    *place = values;
    return;
  }
  uint2* place = reinterpret_cast<uint2*>(static_cast<uint16_t*>(data) + id);
  const unsigned low = type == LogitsType::kBf16 ? 0xFF80FF80u : 0xFC00FC00u;
  uint2 values = make_uint2(low, low);
  if (allowed != 0) {
    const uint2 old = *place;
    const unsigned first = ((allowed & 1) != 0 ? 0xFFFFu : 0) | ((allowed & 2) != 0 ? ~0xFFFFu : 0);
    const unsigned second =
        ((allowed & 4) != 0 ? 0xFFFFu : 0) | ((allowed & 8) != 0 ? ~0xFFFFu : 0);
    values.x = (old.x & first) | (low & ~first);
    values.y = (old.y & second) | (low & ~second);
  }
  *place = values;
}

// A warp takes 1024 tokens: four neighbours per thread and step.
__global__ void __launch_bounds__(kThreads)
    apply_bitmask_kernel(MutableLogitsView logits, MaskView masks, unsigned parts_per_row) {
  const size_t warp = (size_t{blockIdx.x} * blockDim.x + threadIdx.x) / kWarpThreads;
  const unsigned lane = lane_of_thread();
  if (warp >= logits.rows * parts_per_row) return;
  const size_t row = warp / parts_per_row;
  const uint32_t* mask = mask_of(masks, row);
  if (mask == nullptr) return;
  const uint32_t first_word = static_cast<uint32_t>(warp % parts_per_row) * kWordsPerWarp;
  const uint32_t vocab = static_cast<uint32_t>(logits.vocab);
  const LogitsView view{.data = logits.data, .type = logits.type, .row_stride = logits.row_stride};
  void* data = const_cast<void*>(row_data(view, row));
  const bool aligned = quads_are_aligned(data, logits.type);
  const uint32_t valid = striped_bits(mask_word(nullptr, vocab, first_word + lane));
  const uint32_t bits = striped_bits(mask_word(mask, vocab, first_word + lane));
  for (unsigned j = 0; j < 8; ++j) {
    const unsigned there = valid >> (4 * j) & 15;
    const unsigned allowed = bits >> (4 * j) & 15;
    if (allowed == there) continue;
    const size_t id = size_t{first_word} * 32 + 128 * j + 4 * lane;
    if (aligned && there == 15) {
      block_four(data, logits.type, id, allowed);
      continue;
    }
    for (unsigned i = 0; i < 4; ++i) {
      if ((there >> i & 1) != 0 && (allowed >> i & 1) == 0) block_one(data, logits.type, id + i);
    }
  }
}

}  // namespace

int apply_bitmask(const MutableLogitsView& logits, const MaskView& masks, void* stream) {
  if (masks.words == nullptr) return 0;
  const unsigned parts = static_cast<unsigned>((logits.vocab + kBlock - 1) / kBlock);
  const size_t warps = logits.rows * parts;
  // Few warps are spread over the processors, one each.
  const unsigned threads = warps <= 1024 ? kWarpThreads : kThreads;
  const size_t per_block = threads / kWarpThreads;
  return launch(apply_bitmask_kernel, (warps + per_block - 1) / per_block, threads, stream, logits,
                masks, parts);
}

}  // namespace tokrail::cuda
