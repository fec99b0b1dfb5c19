#include "decoding/models/hash_source.h"

#include <algorithm>

namespace tokrail {
namespace {

// The finaliser of splitmix64 (Steele, Lea and Flood, 2014).
uint64_t mix(uint64_t x) noexcept {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

// Sum of four uniforms of 16 bits, brought to mean 0 and variance 1.
float near_normal(uint64_t bits) noexcept {
  const auto sum = static_cast<float>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) +
                                      (bits >> 32 & 0xFFFF) + (bits >> 48));
  return (sum - 131070.0f) * (1.7320508f / 65536.0f);
}

}  // namespace

HashSource::HashSource(const HashSourceOptions& options)
    : ContextSource({.name = "hash", .vocab = options.vocab}, std::max<size_t>(options.order, 1)),
      options_(options) {}

bool HashSource::fill(std::span<const std::span<const TokenId>> contexts, std::span<float> rows) {
  const size_t vocab = options_.vocab;
  for (size_t i = 0; i < contexts.size(); ++i) {
    const auto context = contexts[i].last(std::min(options_.order, contexts[i].size()));
    uint64_t state = mix(options_.seed + 0x9E3779B97F4A7C15u * (context.size() + 1));
    for (const TokenId id : context) {
      state = mix(state ^ id);
    }
    float* row = rows.data() + i * vocab;
    for (size_t token = 0; token < vocab; ++token) {
      row[token] = options_.scale * near_normal(mix(state + 0x9E3779B97F4A7C15u * (token + 1)));
    }
  }
  return true;
}

}  // namespace tokrail
