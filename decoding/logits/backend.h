// Backend: the logit operations on the machine's best device.
//
// The CPU is always there. libtokrail_cuda.so is opened when it is first asked for; on a machine
// without it, without a driver or without a card the answer is the CPU, at once and with a reason.
//
//   Backend& backend = Backend::best();
//   const size_t need = backend.workspace_bytes(rows, vocab);
//   backend.sample_masked(batch, results, {workspace, need}, stream);
//
// All pointers of a call (logits, masks, parameters, results) lie on the backend's device; the
// workspace too. Nothing is allocated and nothing waits inside a call, so that calls can be
// captured in a CUDA graph. `stream` is a cudaStream_t, null for the default stream; the CPU does
// not look at it and is done on return. Thread safety: all members. Ownership: the backends live as
// long as the process. Errors: Error(kInvalidArgument) for impossible shapes or a workspace that is
// too small, Error(kUnsupported) for a launch that the driver refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "decoding/logits/apply_bitmask.h"
#include "decoding/logits/draw_without_replacement.h"
#include "decoding/logits/gather_log_probs.h"
#include "decoding/logits/mask_union.h"
#include "decoding/logits/sample_masked.h"
#include "decoding/logits/top_k.h"
#include "decoding/logits/verify.h"

namespace tokrail {

struct Workspace {
  void* data = nullptr;  ///< aligned to 256 bytes
  size_t bytes = 0;
};

class Backend {
 public:
  /// The CUDA backend where there is one, else the CPU.
  static Backend& best();
  static Backend& cpu();
  /// Null without one; `why`, if given, gets the reason in words.
  static Backend* cuda(std::string* why = nullptr);

  virtual ~Backend() = default;
  virtual DeviceKind device() const noexcept = 0;
  /// "cpu (AVX3)", "cuda (NVIDIA H200, sm_90)".
  virtual std::string name() const = 0;
  /// Bytes of workspace that any operation on so many rows needs.
  virtual size_t workspace_bytes(size_t rows, size_t vocab) const noexcept = 0;

  virtual void sample_masked(const SampleBatch& batch, RowResult* results, Workspace workspace,
                             void* stream) = 0;
  virtual void draw_without_replacement(const SampleBatch& batch, uint32_t count, Draw* draws,
                                        Workspace workspace, void* stream) = 0;
  virtual void apply_bitmask(const MutableLogitsView& logits, const MaskView& masks,
                             void* stream) = 0;
  virtual void top_k(const LogitsView& logits, const MaskView& masks, uint32_t k, TokenId* ids,
                     float* values, Workspace workspace, void* stream) = 0;
  virtual void gather_log_probs(const SampleBatch& batch, const TokenId* ids,
                                const uint32_t* offsets, float* log_probs, float* log_sums,
                                Workspace workspace, void* stream) = 0;
  virtual void verify_chain(const ChainBatch& batch, ChainResult* results, Workspace workspace,
                            void* stream) = 0;
  virtual void verify_tree(const TreeDraft& draft, TreeResult* result, int32_t* path,
                           Workspace workspace, void* stream) = 0;
  virtual void mask_union(const BitRowsView& table, const UnionLists& lists, uint32_t* masks,
                          void* stream) = 0;
};

}  // namespace tokrail
