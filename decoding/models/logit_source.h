// LogitSource: a language model as decoding sees it, token ids in and rows of logits out.
//
// A source keeps sequences. eval() looks ahead from the committed end of sequences, along a chain
// or a tree of tokens, and commit() keeps what was taken; nothing is computed twice. A user's
// function, an n-gram model, a transformer with a key-value cache: all are sources, and the one
// loop (decoding/generate.h) knows none of them.
//
//   const SequenceId sequence = source.open(prompt);
//   EvalResult next = source.eval({{{.sequence = sequence}}});      // the row after the prompt
//   const TokenId id = pick(next.row(0));
//   next = source.eval({{{sequence, {{{.token = id}}}}}});          // the row after it
//   source.commit(sequence, {{0}});
//
// Shapes: a request without nodes has one row, that after the committed end; a request with nodes
// has one row for each, that after the node's path. rows[i] is the row of the i-th of these in the
// order of the requests; equal contexts may share a row, and users may rely on equal row numbers
// meaning equal rows. The rows are valid until the next call of any member that is not const.
// Positions: node positions are the committed length plus depth, unless given.
//
// Complexity: fork and truncate cost O(1) or amortised so. Thread safety: an object belongs to one
// thread at a time; what it holds of immutable weights may be shared. Ownership: sequences belong
// to the source until close(). Errors: open() throws Error(kInvalidArgument) for ids out of range;
// eval and commit answer by value, and failure() says why.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "decoding/logits/logits_view.h"
#include "tokenizers/token_id.h"

namespace tokrail {

using SequenceId = int32_t;

struct SourceInfo {
  std::string name;
  size_t vocab = 0;
  /// Most tokens a sequence can hold; 0: any number.
  size_t context_limit = 0;
  LogitsType type = LogitsType::kF32;
  DeviceKind device = DeviceKind::kHost;
  bool trees = true;             ///< nodes of a request may branch
  bool batch_invariant = true;   ///< a row does not depend on what else is in the batch
  bool canvases = false;         ///< eval_canvas works
  uint64_t vocabulary_hash = 0;  ///< of the tokenizer it was made for (vocabulary_hash()); 0: any
};

inline constexpr uint32_t kNextPosition = std::numeric_limits<uint32_t>::max();

/// A token looked at behind the committed end.
struct EvalNode {
  TokenId token = 0;
  int32_t parent = -1;  ///< an earlier node of the request; -1: the committed end
  uint32_t position = kNextPosition;
};

struct EvalRequest {
  SequenceId sequence = 0;
  std::span<const EvalNode> nodes = {};
};

enum class SourceStatus : uint8_t {
  kOk,
  kContextFull,  ///< the sequence and its nodes do not fit into the context
  kFailed,       ///< the model, or a user's function, gave up; see failure()
  kUnsupported,
};

struct EvalResult {
  SourceStatus status = SourceStatus::kOk;
  LogitsView logits;
  std::span<const uint32_t> rows;  ///< per request and node: its row of `logits`

  /// One row of a host matrix of f32.
  std::span<const float> row(size_t i) const noexcept {
    return {static_cast<const float*>(logits.data) + rows[i] * logits.row_stride, logits.vocab};
  }
};

class LogitSource {
 public:
  virtual ~LogitSource() = default;
  LogitSource(const LogitSource&) = delete;
  LogitSource& operator=(const LogitSource&) = delete;

  virtual const SourceInfo& info() const noexcept = 0;

  /// A new sequence of these tokens; an empty prompt is a sequence at the beginning of a text.
  virtual SequenceId open(std::span<const TokenId> prompt) = 0;
  /// out[i] becomes a copy of ancestors[i], which may repeat. A source on a device sees here which
  /// caches to share. False if it has no room.
  virtual bool fork(std::span<const SequenceId> ancestors, std::span<SequenceId> out) = 0;
  /// Keeps the first `length` tokens.
  virtual void truncate(SequenceId sequence, size_t length) noexcept = 0;
  virtual void close(SequenceId sequence) noexcept = 0;
  virtual size_t length(SequenceId sequence) const noexcept = 0;

  virtual EvalResult eval(std::span<const EvalRequest> requests) noexcept = 0;
  /// Appends the nodes numbered `path` of the sequence's last request; each is the parent of the
  /// next, and the first has parent -1.
  virtual bool commit(SequenceId sequence, std::span<const int32_t> path) noexcept = 0;
  /// Rows at `positions` of a whole canvas of tokens, for masked and any-order models.
  virtual EvalResult eval_canvas(std::span<const TokenId> canvas,
                                 std::span<const uint32_t> positions) noexcept;

  /// Why the last call answered kFailed; empty if none did.
  virtual std::string_view failure() const noexcept { return {}; }

 protected:
  LogitSource() = default;
};

}  // namespace tokrail
