// HashSource: a model of any size that needs no weights: logits are a hash of the context.
//
// For tests of everything that has to be the same for one model however it is asked: batched,
// forked, speculated, resumed. A row depends on the last `order` tokens and the seed; its logits
// are near a normal distribution with standard deviation `scale`, so that larger scales give more
// certain models.
//
//   HashSource source({.vocab = 32000, .order = 3, .scale = 4, .seed = 1});
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "decoding/models/context_source.h"

namespace tokrail {

struct HashSourceOptions {
  size_t vocab = 256;
  size_t order = 3;
  float scale = 3;
  uint64_t seed = 0;
};

class HashSource final : public ContextSource {
 public:
  explicit HashSource(const HashSourceOptions& options);

 protected:
  bool fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) override;

 private:
  HashSourceOptions options_;
};

}  // namespace tokrail
