// Random batches of logits with everything that may come: number formats, strides, masks, ties,
// NaN and infinities, adjustments, parameters. And the instruction sets to run them on.
#pragma once

#include <hwy/targets.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "decoding/logits/sample_masked.h"
#include "tests/support/property.h"

namespace tokrail::test {

/// While it lives, SIMD code runs on one instruction set only.
class OnTarget {
 public:
  explicit OnTarget(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
  }
  ~OnTarget() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  OnTarget(const OnTarget&) = delete;
  OnTarget& operator=(const OnTarget&) = delete;
};

/// Every instruction set that this machine has and the library was built for.
inline std::vector<int64_t> all_targets() {
  return hwy::SupportedAndGeneratedTargets();
}

inline bool chance(Random& random, size_t one_in) {
  return below(random, one_in) == 0;
}

inline double unit(Random& random) {
  return std::uniform_real_distribution<double>(0, 1)(random);
}

/// f32 cut to the bits of a bf16 or rounded to an f16, which must be representable.
inline uint16_t bf16_bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (value != value) return 0x7FC0;
  return static_cast<uint16_t>(bits >> 16);
}
inline uint16_t f16_bits(float value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const float magnitude = std::abs(value);
  if (value != value) return 0x7E00;
  if (magnitude >= 65520) return sign | 0x7C00;
  if (magnitude < 6.1e-5f) return static_cast<uint16_t>(sign | std::lround(magnitude * 0x1p24f));
  const int exponent = std::ilogb(magnitude);
  const long fraction = std::lround(std::ldexp(magnitude, 10 - exponent)) - 1024;
  return static_cast<uint16_t>(sign | (((exponent + 15) << 10) + fraction));
}

/// Owns what a SampleBatch points to.
struct RandomBatch {
  SampleBatch batch;
  std::vector<float> floats;
  std::vector<uint16_t> shorts;
  std::vector<uint32_t> masks;
  std::vector<int32_t> row_index;
  std::vector<Adjustment> adjustments;
  std::vector<uint32_t> offsets;
  std::vector<RowParameters> parameters;
  std::string text;  ///< how it was made
};

struct BatchShape {
  size_t rows = 1;
  size_t vocab = 100;
  bool filters = true;
  bool specials = true;
  bool adjustments = true;
  bool greedy = true;
};

inline std::vector<float> random_logits(Random& random, size_t count, bool specials) {
  std::vector<float> logits(count);
  const double spread = std::vector<double>{0.01, 0.5, 1, 3, 3, 8, 30}[below(random, 7)];
  const double centre = std::vector<double>{0, 0, 10, -50, 1000}[below(random, 5)];
  std::normal_distribution<double> normal(centre, spread);
  const bool ties = chance(random, 3);
  for (float& x : logits) {
    const double value = normal(random);
    x = static_cast<float>(ties ? std::round(value) : value);
  }
  if (!specials) return logits;
  const float kInf = std::numeric_limits<float>::infinity();
  const auto sprinkle = [&](size_t one_in, float value) {
    if (!chance(random, one_in)) return;
    const size_t many = 1 + below(random, chance(random, 2) ? count : 3);
    for (size_t i = 0; i < many; ++i) logits[below(random, count)] = value;
  };
  sprinkle(6, -kInf);
  sprinkle(12, std::numeric_limits<float>::quiet_NaN());
  sprinkle(40, kInf);
  sprinkle(40, 3e38f);
  sprinkle(20, -3e38f);
  return logits;
}

inline std::vector<uint32_t> random_mask(Random& random, size_t vocab) {
  std::vector<uint32_t> words(mask_words(vocab));
  switch (below(random, 7)) {
    case 0: break;
    case 1: std::fill(words.begin(), words.end(), 0xFFFFFFFFu); break;
    case 2: mask_set(words, below(random, vocab)); break;
    case 3:
      for (size_t i = 0; i <= vocab / 200; ++i) mask_set(words, below(random, vocab));
      break;
    case 4:  // whole stretches
      for (size_t begin = 0; begin < vocab; begin += 700) {
        if (chance(random, 2)) mask_set_range(words, begin, std::min(vocab, begin + 700));
      }
      break;
    default:
      for (uint32_t& word : words) word = static_cast<uint32_t>(random());
  }
  return words;  // bits above the vocabulary as they come
}

inline RowParameters random_parameters(Random& random, const BatchShape& shape) {
  RowParameters p;
  p.seed = random();
  p.stream = random();
  p.position = static_cast<uint32_t>(below(random, 1000));
  p.draw = static_cast<uint32_t>(below(random, 5));
  const std::vector<float> temperatures = {1, 1, 1, 1.25f, 0.7f, 3, 0, 1e-3f, 20};
  p.inverse_temperature = temperatures[below(random, temperatures.size())];
  if (shape.greedy && chance(random, 12)) p.inverse_temperature = kGreedy;
  if (shape.adjustments) {
    p.repetition_penalty = chance(random, 2) ? 1 : 1.3f;
    p.frequency_penalty = chance(random, 2) ? 0 : 0.4f;
    p.presence_penalty = chance(random, 2) ? 0 : -0.2f;
  }
  if (!shape.filters) return p;
  p.order = static_cast<FilterOrder>(below(random, 3));
  if (chance(random, 2)) {
    p.top_k = static_cast<uint32_t>(
        1 + below(random, std::vector<size_t>{3, 40, shape.vocab + 2}[below(random, 3)]));
  }
  if (chance(random, 2)) {
    p.top_p = std::vector<float>{0, 0.1f, 0.5f, 0.9f, 0.95f, 0.999f}[below(random, 6)];
  }
  if (chance(random, 2)) p.min_p = std::vector<float>{0.001f, 0.05f, 0.4f, 1, 2}[below(random, 5)];
  return p;
}

inline std::unique_ptr<RandomBatch> random_batch(Random& random, const BatchShape& shape) {
  auto made = std::make_unique<RandomBatch>();
  const size_t stride = shape.vocab + (chance(random, 2) ? 0 : below(random, 70));
  made->floats = random_logits(random, stride * shape.rows, shape.specials);
  LogitsView& view = made->batch.logits;
  view = {.data = made->floats.data(),
          .type = static_cast<LogitsType>(below(random, 3)),
          .rows = shape.rows,
          .vocab = shape.vocab,
          .row_stride = stride};
  if (view.type != LogitsType::kF32) {
    for (const float x : made->floats) {
      made->shorts.push_back(view.type == LogitsType::kBf16 ? bf16_bits(x) : f16_bits(x));
    }
    view.data = made->shorts.data();
  }
  if (!chance(random, 4)) {
    const size_t words = mask_words(shape.vocab);
    const size_t mask_rows = 1 + below(random, shape.rows);
    for (size_t i = 0; i < mask_rows; ++i) {
      const auto mask = random_mask(random, shape.vocab);
      made->masks.insert(made->masks.end(), mask.begin(), mask.end());
    }
    for (size_t row = 0; row < shape.rows; ++row) {
      made->row_index.push_back(static_cast<int32_t>(below(random, mask_rows + 1)) - 1);
    }
    if (mask_rows == 1 && shape.rows == 1) made->row_index[0] = 0;
    made->batch.masks = {made->masks.data(), words, made->row_index.data()};
  }
  made->offsets.push_back(0);
  for (size_t row = 0; row < shape.rows; ++row) {
    made->parameters.push_back(random_parameters(random, shape));
    const size_t one_in = 1 + below(random, 60);
    for (uint32_t id = 0; shape.adjustments && id < shape.vocab; ++id) {
      if (!chance(random, one_in + 1)) continue;
      made->adjustments.push_back({id, static_cast<float>(below(random, 5)) - 2.0f,
                                   static_cast<uint32_t>(below(random, 2)),
                                   static_cast<uint32_t>(below(random, 4))});
      if (chance(random, 9)) {
        made->adjustments.back().bias = -std::numeric_limits<float>::infinity();
      }
    }
    made->offsets.push_back(static_cast<uint32_t>(made->adjustments.size()));
  }
  if (shape.adjustments && chance(random, 2)) {
    made->adjustments.push_back({});  // so that there is an address
    made->batch.adjustments = {made->adjustments.data(), made->offsets.data()};
  }
  made->batch.parameters = made->parameters.data();
  made->text = "vocab " + std::to_string(shape.vocab) + " rows " + std::to_string(shape.rows) +
               " type " + std::to_string(static_cast<int>(view.type)) +
               (made->masks.empty() ? " unmasked" : " masked") +
               (made->batch.adjustments.entries == nullptr ? "" : " adjusted");
  return made;
}

inline std::string describe(const RowParameters& p) {
  return "inverse temperature " + std::to_string(p.inverse_temperature) + " top-k " +
         std::to_string(p.top_k) + " top-p " + std::to_string(p.top_p) + " min-p " +
         std::to_string(p.min_p) + " order " + std::to_string(static_cast<int>(p.order));
}

}  // namespace tokrail::test
