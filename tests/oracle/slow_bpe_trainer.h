// The slow, obvious trainer that tokenizers/training/bpe_learner must agree with: words are vectors
// of strings, every pair is counted anew before every merge. O(merges * bytes of all words).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tokrail::test {

struct SlowBpeOptions {
  size_t vocab_size = 300;
  uint64_t min_frequency = 2;
  size_t max_token_bytes = 128;
  bool likelihood = false;
  std::vector<std::string> forced_tokens;
};

struct SlowMerge {
  std::string left, right;
  uint64_t count = 0;
  bool operator==(const SlowMerge&) const = default;
};

struct SlowBpe {
  std::vector<SlowMerge> merges;
  bool forced_tokens_fit = true;  // false: the vocabulary is too small for them
};

SlowBpe slow_bpe(const std::vector<std::pair<std::string, uint64_t>>& words,
                 const SlowBpeOptions& options);

}  // namespace tokrail::test
