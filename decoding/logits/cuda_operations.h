// The operations of backend.h as the CUDA side of the library offers them: functions that launch
// kernels on a stream and answer with the number of the error that the runtime gave, 0 for none.
// Shapes have been checked by the caller (backend.cc). All pointers are device pointers.
//
// CudaTable crosses the border between libtokrail_cuda.so and the library, which are built from one
// tree; the version says that both see the same structures. Not a public header.
#pragma once

#include <cstddef>
#include <cstdint>

#include "decoding/logits/backend.h"

namespace tokrail::cuda {

inline constexpr uint32_t kTableVersion = 1;
/// The one symbol that the library exports.
inline constexpr const char* kTableSymbol = "tokrail_cuda_table";
/// Largest vocabulary of the kernels.
inline constexpr size_t kMostVocab = size_t{1} << 20;

size_t workspace_bytes(size_t rows, size_t vocab);
int sample_masked(const SampleBatch& batch, RowResult* results, void* workspace, void* stream);
int draw_without_replacement(const SampleBatch& batch, uint32_t count, Draw* draws, void* workspace,
                             void* stream);
int apply_bitmask(const MutableLogitsView& logits, const MaskView& masks, void* stream);
int top_k(const LogitsView& logits, const MaskView& masks, uint32_t k, TokenId* ids, float* values,
          void* workspace, void* stream);
int gather_log_probs(const SampleBatch& batch, const TokenId* ids, const uint32_t* offsets,
                     float* log_probs, float* log_sums, void* workspace, void* stream);
int verify_chain(const ChainBatch& batch, ChainResult* results, void* workspace, void* stream);
int verify_tree(const TreeDraft& draft, TreeResult* result, int32_t* path, void* workspace,
                void* stream);
int mask_union(const BitRowsView& table, const UnionLists& lists, uint32_t* masks, void* stream);

struct CudaTable {
  uint32_t version = kTableVersion;
  decltype(&cuda::workspace_bytes) workspace_bytes = nullptr;
  decltype(&cuda::sample_masked) sample_masked = nullptr;
  decltype(&cuda::draw_without_replacement) draw_without_replacement = nullptr;
  decltype(&cuda::apply_bitmask) apply_bitmask = nullptr;
  decltype(&cuda::top_k) top_k = nullptr;
  decltype(&cuda::gather_log_probs) gather_log_probs = nullptr;
  decltype(&cuda::verify_chain) verify_chain = nullptr;
  decltype(&cuda::verify_tree) verify_tree = nullptr;
  decltype(&cuda::mask_union) mask_union = nullptr;
  /// What an error number of the functions above means, in words.
  const char* (*describe)(int error) = nullptr;
  /// "NVIDIA H200, sm_90"; empty with the reason in `why` where no card can be used.
  const char* (*device_name)(const char** why) = nullptr;
};

/// All operations, without describe and device_name.
CudaTable operations();

}  // namespace tokrail::cuda
