#include "decoding/logits/cuda_backend.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/bitset.h"
#include "base/error.h"

namespace tokrail {

namespace {

constexpr const char* kLibrary = "libtokrail_cuda.so";

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

void check_logits(const LogitsView& logits) {
  if (logits.rows == 0) return;
  if (logits.device != DeviceKind::kCuda) {
    refuse("expected logits on the device, got logits in host memory");
  }
  if (logits.vocab == 0 || logits.vocab > cuda::kMostVocab) {
    refuse("expected a vocabulary of 1 to " + std::to_string(cuda::kMostVocab) + " tokens, got " +
           std::to_string(logits.vocab));
  }
  if (logits.row_stride < logits.vocab) {
    refuse("expected rows at least " + std::to_string(logits.vocab) +
           " logits apart, got a row stride of " + std::to_string(logits.row_stride));
  }
  if (logits.data == nullptr) refuse("expected logits, got a null pointer");
  if (logits.rows > 0x7FFFFFFF / ((logits.vocab + 1023) / 1024)) {
    refuse("expected fewer than 2^31 blocks of 1024 tokens, got " + std::to_string(logits.rows) +
           " rows");
  }
}

void check_masks(const MaskView& masks, const LogitsView& logits) {
  if (masks.words != nullptr && logits.rows > 0 && masks.row_words < mask_words(logits.vocab)) {
    refuse("expected mask rows of at least " + std::to_string(mask_words(logits.vocab)) +
           " words, got " + std::to_string(masks.row_words));
  }
}

void check_adjustments(const AdjustmentsView& adjustments) {
  if (adjustments.entries != nullptr && adjustments.offsets == nullptr) {
    refuse("expected offsets of the adjustments, got a null pointer");
  }
}

void check_batch(const SampleBatch& batch) {
  check_logits(batch.logits);
  check_masks(batch.masks, batch.logits);
  check_adjustments(batch.adjustments);
  if (batch.logits.rows > 0 && batch.parameters == nullptr) {
    refuse("expected parameters for each row, got a null pointer");
  }
}

void need(const void* pointer, const char* what) {
  if (pointer == nullptr) refuse(std::string("expected ") + what + ", got a null pointer");
}

// The logits of a batch of drafts beside its target.
void check_draft(const LogitsView& draft, const LogitsView& target,
                 const RowParameters* parameters) {
  if (draft.data == nullptr) return;
  check_logits(draft);
  if (draft.vocab != target.vocab) {
    refuse("expected draft rows of " + std::to_string(target.vocab) + " tokens, got " +
           std::to_string(draft.vocab));
  }
  need(parameters, "parameters for each draft row");
}

class CudaBackend final : public Backend {
 public:
  CudaBackend(const cuda::CudaTable& table, std::string device_name)
      : table_(table), name_("cuda (" + std::move(device_name) + ")") {}

  DeviceKind device() const noexcept override { return DeviceKind::kCuda; }
  std::string name() const override { return name_; }
  size_t workspace_bytes(size_t rows, size_t vocab) const noexcept override {
    return table_.workspace_bytes(rows, vocab);
  }

  void sample_masked(const SampleBatch& batch, RowResult* results, Workspace workspace,
                     void* stream) override {
    check_batch(batch);
    if (batch.logits.rows == 0) return;
    need(results, "room for results");
    if (batch.top_n > 0) {
      need(batch.top_ids, "room for top_ids");
      need(batch.top_log_probs, "room for top_log_probs");
    }
    check(workspace, batch.logits);
    answer(table_.sample_masked(batch, results, workspace.data, stream));
  }

  void draw_without_replacement(const SampleBatch& batch, uint32_t count, Draw* draws,
                                Workspace workspace, void* stream) override {
    check_batch(batch);
    if (batch.logits.rows == 0 || count == 0) return;
    need(draws, "room for draws");
    check(workspace, batch.logits);
    answer(table_.draw_without_replacement(batch, count, draws, workspace.data, stream));
  }

  void apply_bitmask(const MutableLogitsView& logits, const MaskView& masks,
                     void* stream) override {
    const LogitsView view{.data = logits.data,
                          .type = logits.type,
                          .device = logits.device,
                          .rows = logits.rows,
                          .vocab = logits.vocab,
                          .row_stride = logits.row_stride};
    check_logits(view);
    check_masks(masks, view);
    if (logits.rows == 0) return;
    answer(table_.apply_bitmask(logits, masks, stream));
  }

  void top_k(const LogitsView& logits, const MaskView& masks, uint32_t k, TokenId* ids,
             float* values, Workspace workspace, void* stream) override {
    check_logits(logits);
    check_masks(masks, logits);
    if (logits.rows == 0 || k == 0) return;
    need(ids, "room for ids");
    need(values, "room for values");
    check(workspace, logits);
    answer(table_.top_k(logits, masks, k, ids, values, workspace.data, stream));
  }

  void gather_log_probs(const SampleBatch& batch, const TokenId* ids, const uint32_t* offsets,
                        float* log_probs, float* log_sums, Workspace workspace,
                        void* stream) override {
    check_batch(batch);
    if (batch.logits.rows == 0) return;
    need(offsets, "offsets of the ids");
    check(workspace, batch.logits);
    answer(
        table_.gather_log_probs(batch, ids, offsets, log_probs, log_sums, workspace.data, stream));
  }

  void verify_chain(const ChainBatch& batch, ChainResult* results, Workspace workspace,
                    void* stream) override {
    if (batch.sequences == 0) return;
    check_logits(batch.target);
    check_masks(batch.masks, batch.target);
    check_adjustments(batch.adjustments);
    check_draft(batch.draft, batch.target, batch.draft_parameters);
    const size_t rows = batch.sequences * (size_t{batch.width} + 1);
    if (batch.target.rows != rows) {
      refuse("expected " + std::to_string(rows) + " target rows, got " +
             std::to_string(batch.target.rows));
    }
    if (batch.draft.data != nullptr && batch.draft.rows != batch.sequences * batch.width) {
      refuse("expected " + std::to_string(batch.sequences * batch.width) + " draft rows, got " +
             std::to_string(batch.draft.rows));
    }
    need(batch.target_parameters, "parameters for each target row");
    if (batch.width > 0) need(batch.tokens, "drafted tokens");
    need(results, "room for results");
    check(workspace, batch.target);
    answer(table_.verify_chain(batch, results, workspace.data, stream));
  }

  void verify_tree(const TreeDraft& draft, TreeResult* result, int32_t* path, Workspace workspace,
                   void* stream) override {
    check_logits(draft.target);
    check_masks(draft.masks, draft.target);
    check_adjustments(draft.adjustments);
    check_draft(draft.draft, draft.target, draft.draft_parameters);
    if (draft.nodes == 0) refuse("expected a tree with a root, got no nodes");
    if (draft.target.rows != draft.nodes) {
      refuse("expected " + std::to_string(draft.nodes) + " target rows, got " +
             std::to_string(draft.target.rows));
    }
    if (draft.draft.data != nullptr && draft.draft.rows > draft.nodes) {
      refuse("expected at most " + std::to_string(draft.nodes) + " draft rows, got " +
             std::to_string(draft.draft.rows));
    }
    need(draft.target_parameters, "parameters for each node");
    need(draft.parents, "parents of the nodes");
    need(draft.tokens, "tokens of the nodes");
    need(result, "room for the result");
    need(path, "room for the path");
    check(workspace, draft.target);
    answer(table_.verify_tree(draft, result, path, workspace.data, stream));
  }

  void mask_union(const BitRowsView& table, const UnionLists& lists, uint32_t* masks,
                  void* stream) override {
    if (lists.rows == 0 || table.row_words == 0) return;
    need(lists.offsets, "offsets of the lists");
    if (table.rows > 0) need(table.words, "a table of bit rows");
    need(masks, "room for masks");
    answer(table_.mask_union(table, lists, masks, stream));
  }

 private:
  void check(const Workspace& workspace, const LogitsView& logits) const {
    const size_t bytes = workspace_bytes(logits.rows, logits.vocab);
    if (workspace.bytes < bytes || workspace.data == nullptr) {
      refuse("expected a workspace of " + std::to_string(bytes) + " bytes, got " +
             std::to_string(workspace.data == nullptr ? 0 : workspace.bytes));
    }
    if (reinterpret_cast<uintptr_t>(workspace.data) % 256 != 0) {
      refuse("expected a workspace aligned to 256 bytes");
    }
  }

  void answer(int error) const {
    if (error == 0) return;
    throw Error(ErrorCode::kUnsupported,
                std::string("the CUDA runtime refused: ") +
                    (table_.describe == nullptr ? "?" : table_.describe(error)));
  }

  cuda::CudaTable table_;
  std::string name_;
};

// The folder of the program or library that holds this code; empty if it cannot be told.
std::filesystem::path own_folder() {
  Dl_info info{};
  static const char marker = 0;
  if (dladdr(&marker, &info) == 0 || info.dli_fname == nullptr) return {};
  // For a program this is what it was called with, which need not be a path.
  std::error_code error;
  std::filesystem::path file = info.dli_fname;
  if (!std::string_view(info.dli_fname).ends_with(".so") &&
      std::string_view(info.dli_fname).find(".so.") == std::string_view::npos) {
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error) file = program;
  }
  return std::filesystem::absolute(file, error).parent_path();
}

}  // namespace

std::unique_ptr<Backend> make_cuda_backend(const cuda::CudaTable& table, std::string device_name) {
  return std::make_unique<CudaBackend>(table, std::move(device_name));
}

std::vector<std::string> cuda_library_places() {
  std::vector<std::string> places;
  if (const std::filesystem::path folder = own_folder(); !folder.empty()) {
    places.push_back(folder / kLibrary);
    places.push_back((folder / ".." / "lib" / kLibrary).lexically_normal());
    places.push_back((folder / ".." / TOKRAIL_LIBRARY_FOLDER / kLibrary).lexically_normal());
  }
  places.emplace_back(kLibrary);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

OpenedCuda open_cuda(const std::vector<std::string>& places) {
  OpenedCuda opened;
  void* library = nullptr;
  std::string refused;
  for (const std::string& place : places) {
    std::error_code error;
    const bool is_path = place.find('/') != std::string::npos;
    if (is_path && !std::filesystem::exists(place, error)) continue;
    library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    const char* reason = dlerror();
    if (is_path && refused.empty() && reason != nullptr) refused = reason;
  }
  if (library == nullptr) {
    opened.why = refused.empty()
                     ? std::string(kLibrary) + " is not installed (a build without nvcc has none)"
                     : "the library cannot be loaded: " + refused;
    return opened;
  }
  using Entry = const cuda::CudaTable* (*)(unsigned);
  const auto entry = reinterpret_cast<Entry>(dlsym(library, cuda::kTableSymbol));
  const cuda::CudaTable* table = entry == nullptr ? nullptr : entry(cuda::kTableVersion);
  if (table == nullptr) {
    opened.why = std::string(kLibrary) + " belongs to another version of this library";
    dlclose(library);
    return opened;
  }
  const char* why = "";
  const std::string name = table->device_name(&why);
  if (name.empty()) {
    // The library stays open: the CUDA runtime does not like to be unloaded.
    opened.why = why;
    return opened;
  }
  opened.backend = make_cuda_backend(*table, name);
  return opened;
}

}  // namespace tokrail
