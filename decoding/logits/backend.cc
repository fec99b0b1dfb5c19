#include "decoding/logits/backend.h"

#include <span>

#include "decoding/logits/block_kernels.h"
#include "decoding/logits/cuda_backend.h"

namespace tokrail {

namespace {

// The operations of the module's functions, on the host.
class CpuBackend final : public Backend {
 public:
  DeviceKind device() const noexcept override { return DeviceKind::kHost; }
  std::string name() const override {
    return std::string("cpu (") + logit_math::instruction_set() + ")";
  }
  size_t workspace_bytes(size_t, size_t) const noexcept override { return 0; }

  void sample_masked(const SampleBatch& batch, RowResult* results, Workspace, void*) override {
    tokrail::sample_masked(batch, {results, batch.logits.rows});
  }
  void draw_without_replacement(const SampleBatch& batch, uint32_t count, Draw* draws, Workspace,
                                void*) override {
    tokrail::draw_without_replacement(batch, count, {draws, batch.logits.rows * count});
  }
  void apply_bitmask(const MutableLogitsView& logits, const MaskView& masks, void*) override {
    tokrail::apply_bitmask(logits, masks);
  }
  void top_k(const LogitsView& logits, const MaskView& masks, uint32_t k, TokenId* ids,
             float* values, Workspace, void*) override {
    tokrail::top_k(logits, masks, k, {ids, logits.rows * k}, {values, logits.rows * k});
  }
  void gather_log_probs(const SampleBatch& batch, const TokenId* ids, const uint32_t* offsets,
                        float* log_probs, float* log_sums, Workspace, void*) override {
    const size_t rows = batch.logits.rows;
    const size_t count = offsets == nullptr ? 0 : offsets[rows];
    std::span<float> sums;
    if (log_sums != nullptr) sums = {log_sums, rows};
    tokrail::gather_log_probs(batch, {ids, count}, {offsets, offsets == nullptr ? 0 : rows + 1},
                              {log_probs, count}, sums);
  }
  void verify_chain(const ChainBatch& batch, ChainResult* results, Workspace, void*) override {
    tokrail::verify_chain(batch, {results, batch.sequences});
  }
  void verify_tree(const TreeDraft& draft, TreeResult* result, int32_t* path, Workspace,
                   void*) override {
    *result = tokrail::verify_tree(draft, {path, draft.nodes});
  }
  void mask_union(const BitRowsView& table, const UnionLists& lists, uint32_t* masks,
                  void*) override {
    tokrail::mask_union(table, lists, masks);
  }
};

// Opened when it is first asked for; never closed, since kernels may still run when the process
// ends.
const OpenedCuda& opened_cuda() {
  static const OpenedCuda* const opened = new OpenedCuda(open_cuda(cuda_library_places()));
  return *opened;
}

}  // namespace

Backend& Backend::cpu() {
  static CpuBackend* const backend = new CpuBackend;
  return *backend;
}

Backend* Backend::cuda(std::string* why) {
  const OpenedCuda& opened = opened_cuda();
  if (why != nullptr) *why = opened.why;
  return opened.backend.get();
}

Backend& Backend::best() {
  Backend* const found = cuda();
  return found == nullptr ? cpu() : *found;
}

}  // namespace tokrail
