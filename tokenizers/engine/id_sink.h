// IdSink: where encoders write ids, some hundreds at a time.
//
// Keeping ids, counting them and stopping at a limit differ only in this. `write` answers whether
// the encoder should go on.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

class IdSink {
 public:
  virtual ~IdSink() = default;
  virtual bool write(std::span<const TokenId> ids) = 0;
};

/// Appends to a vector.
class VectorSink final : public IdSink {
 public:
  explicit VectorSink(std::vector<TokenId>& out) : out_(out) {}

  bool write(std::span<const TokenId> ids) override {
    out_.insert(out_.end(), ids.begin(), ids.end());
    return true;
  }

 private:
  std::vector<TokenId>& out_;
};

/// Counts, and stops once the count is beyond the limit.
class CountSink final : public IdSink {
 public:
  explicit CountSink(size_t limit) : limit_(limit) {}

  bool write(std::span<const TokenId> ids) override {
    count_ += ids.size();
    return count_ <= limit_;
  }
  size_t count() const noexcept { return count_; }

 private:
  size_t limit_;
  size_t count_ = 0;
};

}  // namespace tokrail
