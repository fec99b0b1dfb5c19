// MixSource: the mixture (1 - weight) * a + weight * b of two models, token by token.
//
// For drafts of a known distance from their target, and for interpolating models.
//
//   MixSource draft(target, noise, 0.2);
//
// Rows are logs of the mixed probabilities. Both sources are borrowed; they must have equal
// vocabularies, hold rows of f32 on the host, and be used by nobody else meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "decoding/models/logit_source.h"

namespace tokrail {

class MixSource final : public LogitSource {
 public:
  MixSource(LogitSource& a, LogitSource& b, double weight);

  const SourceInfo& info() const noexcept override { return info_; }
  SequenceId open(std::span<const TokenId> prompt) override;
  bool fork(std::span<const SequenceId> ancestors, std::span<SequenceId> out) override;
  void truncate(SequenceId sequence, size_t length) noexcept override;
  void close(SequenceId sequence) noexcept override;
  size_t length(SequenceId sequence) const noexcept override;
  EvalResult eval(std::span<const EvalRequest> requests) noexcept override;
  bool commit(SequenceId sequence, std::span<const int32_t> path) noexcept override;
  std::string_view failure() const noexcept override;

 private:
  using Pair = std::pair<SequenceId, SequenceId>;

  bool known(SequenceId sequence) const noexcept;
  SequenceId keep(Pair pair);
  void mix_row(std::span<const float> a, std::span<const float> b, float* out) const noexcept;

  LogitSource& a_;
  LogitSource& b_;
  double weight_;
  SourceInfo info_;
  std::vector<Pair> sequences_;  // both -1 when closed
  std::vector<SequenceId> closed_;
  std::vector<EvalRequest> requests_;
  std::vector<uint32_t> rows_;
  std::vector<float> logits_;
};

}  // namespace tokrail
