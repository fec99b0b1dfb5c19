// CountingSource: another source, with the calls and positions counted that it was asked for.
//
//   CountingSource counted(model);
//   generate(counted);
//   counted.counts().calls;
//
// The source is borrowed. Thread safety and errors are those of the source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "decoding/models/logit_source.h"

namespace tokrail {

class CountingSource final : public LogitSource {
 public:
  struct Counts {
    uint64_t calls = 0;      ///< of eval and eval_canvas
    uint64_t requests = 0;   ///< sequences looked at, in all calls
    uint64_t positions = 0;  ///< rows asked for
    uint64_t rows = 0;       ///< rows that were not shared
    uint64_t opened = 0;
    uint64_t forked = 0;
  };

  explicit CountingSource(LogitSource& source) noexcept : source_(source) {}
  const Counts& counts() const noexcept { return counts_; }
  void reset_counts() noexcept { counts_ = {}; }

  const SourceInfo& info() const noexcept override { return source_.info(); }
  SequenceId open(std::span<const TokenId> prompt) override {
    ++counts_.opened;
    return source_.open(prompt);
  }
  bool fork(std::span<const SequenceId> ancestors, std::span<SequenceId> out) override {
    counts_.forked += ancestors.size();
    return source_.fork(ancestors, out);
  }
  void truncate(SequenceId sequence, size_t length) noexcept override {
    source_.truncate(sequence, length);
  }
  void close(SequenceId sequence) noexcept override { source_.close(sequence); }
  size_t length(SequenceId sequence) const noexcept override { return source_.length(sequence); }
  EvalResult eval(std::span<const EvalRequest> requests) noexcept override {
    return counted(source_.eval(requests), requests.size());
  }
  bool commit(SequenceId sequence, std::span<const int32_t> path) noexcept override {
    return source_.commit(sequence, path);
  }
  EvalResult eval_canvas(std::span<const TokenId> canvas,
                         std::span<const uint32_t> positions) noexcept override {
    return counted(source_.eval_canvas(canvas, positions), 1);
  }
  std::string_view failure() const noexcept override { return source_.failure(); }

 private:
  EvalResult counted(const EvalResult& result, size_t requests) noexcept {
    ++counts_.calls;
    counts_.requests += requests;
    counts_.positions += result.rows.size();
    counts_.rows += result.logits.rows;
    return result;
  }

  LogitSource& source_;
  Counts counts_;
};

}  // namespace tokrail
