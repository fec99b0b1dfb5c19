#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/cuda_workspace.cuh"

namespace tokrail::cuda {

size_t workspace_bytes(size_t rows, size_t vocab) {
  return place_workspace(nullptr, rows, vocab).bytes;
}

CudaTable operations() {
  CudaTable table;
  table.workspace_bytes = &workspace_bytes;
  table.sample_masked = &sample_masked;
  table.draw_without_replacement = &draw_without_replacement;
  table.apply_bitmask = &apply_bitmask;
  table.top_k = &top_k;
  table.gather_log_probs = &gather_log_probs;
  table.verify_chain = &verify_chain;
  table.verify_tree = &verify_tree;
  table.mask_union = &mask_union;
  return table;
}

}  // namespace tokrail::cuda
