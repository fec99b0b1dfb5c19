// ContextSource: a source whose row is a function of the tokens before it, and nothing else.
//
// It keeps the sequences, the look-ahead and the sharing of equal rows; what derives from it fills
// rows from contexts. User functions, n-gram models and the sources for tests are of this kind.
//
//   class Uniform final : public ContextSource {
//     bool fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) override
//     {
//       std::ranges::fill(rows, 0.0f);
//       return true;
//     }
//   };
//
// Contexts are whole (oldest token first), or their last `order` tokens, with order > 0; equal
// contexts are asked for once. Complexity: fork and truncate O(1) and O(tokens cut); a row costs
// its context and what fill() takes. Thread safety and errors: logit_source.h; what fill() throws
// is caught and told by failure().
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "decoding/models/context_tree.h"
#include "decoding/models/logit_source.h"

namespace tokrail {

class ContextSource : public LogitSource {
 public:
  const SourceInfo& info() const noexcept override { return info_; }
  SequenceId open(std::span<const TokenId> prompt) override;
  bool fork(std::span<const SequenceId> ancestors, std::span<SequenceId> out) override;
  void truncate(SequenceId sequence, size_t length) noexcept override;
  void close(SequenceId sequence) noexcept override;
  size_t length(SequenceId sequence) const noexcept override;
  EvalResult eval(std::span<const EvalRequest> requests) noexcept override;
  bool commit(SequenceId sequence, std::span<const int32_t> path) noexcept override;
  std::string_view failure() const noexcept override { return failure_; }

 protected:
  static constexpr size_t kWholeContext = 0;
  /// `order`: how many tokens before a row it depends on at most; kWholeContext: all of them.
  ContextSource(SourceInfo info, size_t order);

  /// Fills contexts.size() rows of info().vocab logits. False, or an exception: the evaluation
  /// failed; tell() says why.
  virtual bool fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) = 0;
  void tell(std::string why) { failure_ = std::move(why); }

 private:
  struct Sequence {
    ContextNode tip = ContextTree::root();
    bool open = false;
    size_t first_node = 0;  ///< of the last request, in nodes_
    size_t nodes = 0;
  };

  bool known(SequenceId sequence) const noexcept;
  SequenceId new_sequence(ContextNode tip);
  void forget_nodes() noexcept;
  bool place_nodes(const EvalRequest& request);
  void assign_rows(std::span<const EvalRequest> requests);
  uint32_t row_of(ContextNode node);
  EvalResult evaluate(std::span<const EvalRequest> requests);
  EvalResult failed(SourceStatus status, std::string why);

  SourceInfo info_;
  size_t order_;
  ContextTree tree_;
  std::vector<Sequence> sequences_;
  std::vector<SequenceId> closed_;
  std::vector<ContextNode> nodes_;    ///< of the last requests, held
  std::vector<int32_t> parents_;      ///< of nodes_, as given
  std::vector<ContextNode> sources_;  ///< per row: a node it stands for
  std::unordered_map<uint64_t, uint32_t> row_numbers_;
  std::vector<uint32_t> rows_;
  std::vector<TokenId> context_tokens_;
  std::vector<std::span<const TokenId>> contexts_;
  std::vector<float> logits_;
  std::string failure_;
};

}  // namespace tokrail
