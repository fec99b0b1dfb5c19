// SharedContexts: the sequences of a source that the lanes of one request stand in.
//
// Lanes whose tokens so far are equal stand in one context: they are one sequence of the source and
// cost it one evaluation. When they go apart the sequence is forked, with all forks of a step in
// one call; when no lane is left it is closed. Internal to decoding.
//
//   SharedContexts contexts(source, prompt, lanes);
//   const EvalResult result = contexts.eval();            // rows for all live contexts
//   ... contexts.rows(lane) ...
//   contexts.extend(lane, tokens);                        // for each live lane
//   contexts.move_on();                                   // regroups
//
// Complexity: O(lanes) per step. Thread safety: one thread. Errors: what open() throws; the
// source's statuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "decoding/models/logit_source.h"

namespace tokrail {

class SharedContexts {
 public:
  SharedContexts(LogitSource& source, std::span<const TokenId> prompt, size_t lanes);
  ~SharedContexts();
  SharedContexts(const SharedContexts&) = delete;
  SharedContexts& operator=(const SharedContexts&) = delete;

  /// Looks behind the tokens taken last; rows(lane) is then valid, until move_on().
  EvalResult eval();
  /// Numbers of the lane's rows in the result's matrix: one behind each token that was looked at,
  /// the last one is where the lane stands.
  std::span<const uint32_t> rows(size_t lane) const noexcept {
    const Context& context = contexts_[lane_context_[lane]];
    return std::span(rows_).subspan(context.first_row, context.rows);
  }

  /// Tokens that the lane took; several are evaluated as a chain.
  void extend(size_t lane, std::span<const TokenId> tokens);
  /// The lane needs no more rows.
  void leave(size_t lane) noexcept;
  /// The lane starts again behind the prompt.
  void restart(size_t lane);
  /// Lane i goes on where lane ancestors[i] stands; for lanes that left, they stay away.
  void resample(std::span<const uint32_t> ancestors);
  /// Keeps what was evaluated and makes contexts of the lanes that stand together now. False if the
  /// source has no room to fork. Called once before the first eval().
  bool move_on();

 private:
  static constexpr uint32_t kNowhere = 0xFFFFFFFF;

  struct Context {
    SequenceId sequence = -1;
    std::vector<TokenId> pending;    // taken, not yet evaluated
    size_t first_row = 0, rows = 0;  // in rows_
  };
  struct Step {
    uint32_t from = kNowhere;  // context; kNowhere: the prompt
    std::vector<TokenId> tokens;
    bool operator==(const Step&) const = default;
  };

  bool commit_all();

  LogitSource& source_;
  SequenceId root_ = -1;
  std::vector<Context> contexts_;
  std::vector<uint32_t> lane_context_;  // kNowhere: left
  std::vector<Step> steps_;             // per lane, since the last move_on
  std::vector<uint32_t> rows_;
  std::vector<EvalRequest> requests_;
  std::vector<std::vector<EvalNode>> nodes_;
  std::vector<int32_t> path_;
};

}  // namespace tokrail
