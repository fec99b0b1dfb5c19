// TokenSink: where encoders write tokens with their spans, some hundreds at a time.
//
// The counterpart of IdSink (id_sink.h) for encoding with offsets, which always runs to the end.
#pragma once

#include <span>
#include <vector>

#include "tokenizers/engine/text_pipeline.h"

namespace tokrail {

class TokenSink {
 public:
  virtual ~TokenSink() = default;
  virtual void write(std::span<const PipelineToken> tokens) = 0;
};

/// Appends to a vector.
class TokenVectorSink final : public TokenSink {
 public:
  explicit TokenVectorSink(std::vector<PipelineToken>& out) : out_(out) {}

  void write(std::span<const PipelineToken> tokens) override {
    out_.insert(out_.end(), tokens.begin(), tokens.end());
  }

 private:
  std::vector<PipelineToken>& out_;
};

}  // namespace tokrail
