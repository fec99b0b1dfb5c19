// Lane: one output under way: its tokens, its text, its place in the constraint, its weight.
//
// The loop asks a lane what it takes from a row, and the lane keeps all books of that. Lanes are
// independent, so that those of one request can step on several threads. Internal to decoding.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "decoding/generate.h"
#include "decoding/output_text.h"
#include "decoding/rejection/exact_sampler.h"
#include "decoding/step_constraint.h"

namespace tokrail {

/// What all lanes of a request share; does not change while they run.
struct LaneRequest {
  const Tokenizer* tokenizer = nullptr;
  std::span<const TokenId> prompt;
  std::vector<TokenId> end_ids;  ///< ascending
  OutputText::StopStrings stop;
  uint32_t max_tokens = 256;
  uint32_t min_tokens = 0;
  uint64_t seed = 0;
  ForcedTokens forced = ForcedTokens::kAskModel;
  bool weighted = false;  ///< weights count: the end at max_tokens is part of the law
  const std::atomic<bool>* cancel = nullptr;
};

/// The rows of a lane: one behind each token that was looked at, the last one is where it stands.
class LaneRows {
 public:
  LaneRows(const LogitsView& all, std::span<const uint32_t> numbers, size_t vocab) noexcept
      : all_(all), numbers_(numbers), vocab_(vocab) {}

  size_t size() const noexcept { return numbers_.size(); }
  LogitsView operator[](size_t i) const noexcept {
    LogitsView row = all_;
    row.data = static_cast<const char*>(all_.data) +
               numbers_[i] * all_.row_stride * bytes_per_logit(all_.type);
    row.rows = 1;
    row.vocab = vocab_;  // rows of a model may be padded
    return row;
  }
  LogitsView last() const noexcept { return (*this)[size() - 1]; }

 private:
  LogitsView all_;
  std::span<const uint32_t> numbers_;
  size_t vocab_;
};

class Lane {
 public:
  Lane(const LaneRequest& request, uint64_t stream, const Constraint* constraint,
       const SamplerChain& chain, const StepOptions& step);

  /// A copy that goes on by itself on another stream.
  Lane fork(uint64_t stream) const;
  Lane(Lane&&) = default;
  Lane& operator=(Lane&&) = default;
  /// Back to the prompt; what was counted stays counted.
  void restart();

  bool live() const noexcept { return live_; }
  /// Takes a token from the last row. Tokens that were taken without asking the model (forced ones)
  /// come with it; with weights they are scored by the rows of the next step.
  void step(const LaneRows& rows);
  /// The same by an exact sampler. False: the attempt is thrown away.
  bool step_exact(const LogitsView& row, ExactSampler& exact);
  /// Ends with this status.
  void end(GenerationStatus status, std::string error = {});
  void fail(std::string error) { end(GenerationStatus::kError, std::move(error)); }
  bool is_full() const noexcept { return result_.ids.size() >= request_->max_tokens; }
  /// Ends where there is no room for a token. Whether it has ended.
  bool end_if_full();

  /// Tokens taken by the last step.
  std::span<const TokenId> last_tokens() const noexcept {
    return std::span(result_.ids).subspan(step_begin_);
  }
  /// Text that the last step made certain.
  const std::string& last_text() const noexcept { return piece_; }

  double log_weight() const noexcept { return result_.log_weight; }
  void set_log_weight(double value) noexcept { result_.log_weight = value; }
  GenerationStatistics& statistics() noexcept { return result_.statistics; }
  GenerationStatus status() const noexcept { return result_.status; }
  const std::string& text() const noexcept { return text_.text(); }
  /// The output; the lane is empty afterwards.
  Generation take();

 private:
  Lane(const Lane& other);

  PreparedRow prepare(const LogitsView& row, size_t position);
  LogitsView masked_first(const LogitsView& row, const StepConstraint& narrowed);
  EndRule end_rule() const noexcept;
  void take_step(const StepResult& result);
  void take_token(TokenId id);
  void take_forced();
  void score_forced(const LaneRows& rows);
  bool is_end(TokenId id) const noexcept;
  void end_on_failure(StepStatus status);

  const LaneRequest* request_;
  uint64_t stream_;
  const Constraint* first_constraint_;  // at the start; null: none
  std::unique_ptr<Constraint> constraint_;
  SamplerChain chain_;
  StepSampler sampler_;
  OutputText text_;
  Generation result_;
  bool live_ = true;
  size_t step_begin_ = 0;
  size_t unscored_ = 0;  ///< tokens at the end whose probability is not in the weight yet
  std::string piece_;
  // Buffers of a step.
  std::vector<std::byte> masked_row_;
  std::vector<uint32_t> mask_;
};

}  // namespace tokrail
