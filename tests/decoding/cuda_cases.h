// Random batches for the CUDA kernels: all types, masks, parameters, adjustments and odd values.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "decoding/logits/logit_math.h"
#include "decoding/logits/sample_masked.h"

namespace tokrail::test {

/// A batch with what it points to. Logits are kept as the bytes that the views show.
struct CudaCase {
  std::vector<uint32_t> storage;
  std::vector<uint32_t> mask_storage;
  std::vector<int32_t> row_index;
  std::vector<Adjustment> adjustments;
  std::vector<uint32_t> adjustment_offsets;
  std::vector<RowParameters> parameters;
  SampleBatch batch;  ///< on the host

  size_t rows() const { return batch.logits.rows; }
  size_t vocab() const { return batch.logits.vocab; }
};

class CudaCases {
 public:
  explicit CudaCases(uint64_t seed) : random_(seed) {}

  size_t below(size_t bound) { return random_() % bound; }
  float uniform(float low, float high) {
    return low + (high - low) * static_cast<float>(random_() >> 40) * 0x1p-24f;
  }
  bool one_in(size_t n) { return below(n) == 0; }

  /// Rows of the batch, adjusted, masked, with parameters.
  CudaCase next(size_t rows, size_t vocab) {
    CudaCase c;
    c.batch.logits = logits(rows, vocab, c.storage);
    add_masks(c);
    add_adjustments(c);
    for (size_t row = 0; row < rows; ++row) c.parameters.push_back(row_parameters(vocab));
    c.batch.parameters = c.parameters.data();
    return c;
  }

  /// Logits of one kind per batch.
  LogitsView logits(size_t rows, size_t vocab, std::vector<uint32_t>& storage) {
    const LogitsType type = static_cast<LogitsType>(below(3));
    const size_t stride = vocab + (one_in(2) ? (4 - vocab % 4) % 4 : below(9));
    const size_t shift = one_in(2) ? 0 : below(4);  // elements: rows that are not aligned
    const size_t bytes = (rows * stride + shift) * bytes_per_logit(type);
    // Rubbish between rows: whoever reads it will be seen.
    storage.assign(bytes / 4 + 8, 0x7FC17FC1);
    char* data = reinterpret_cast<char*>(storage.data());
    while (reinterpret_cast<uintptr_t>(data) % 16 != 0) data += bytes_per_logit(type);
    data += shift * bytes_per_logit(type);
    for (size_t row = 0; row < rows; ++row) {
      const unsigned shape = static_cast<unsigned>(below(10));
      const float width = shape == 9 ? 1e6f : shape == 8 ? 60.0f : 3.0f;
      for (size_t id = 0; id < vocab; ++id) {
        put(data, type, row * stride + id, value(shape, width));
      }
    }
    storage.resize(storage.size());
    return {.data = data, .type = type, .rows = rows, .vocab = vocab, .row_stride = stride};
  }

  RowParameters row_parameters(size_t vocab) {
    RowParameters p;
    p.seed = random_();
    p.stream = random_();
    p.position = static_cast<uint32_t>(below(1000));
    p.draw = static_cast<uint32_t>(below(3));
    constexpr float kTemperatures[] = {1, 1, 1.25f, 0.5f, 3, 0.01f};
    p.inverse_temperature = kTemperatures[below(6)];
    if (one_in(20)) p.inverse_temperature = kGreedy;
    if (one_in(40)) p.inverse_temperature = 0;
    if (one_in(3)) p.top_k = static_cast<uint32_t>(1 + below(one_in(2) ? 40 : vocab + 2));
    if (one_in(3)) p.top_p = one_in(20) ? 0 : uniform(0.3f, 0.9999f);
    if (one_in(4)) p.min_p = uniform(0, one_in(4) ? 1.2f : 0.2f);
    p.order = static_cast<FilterOrder>(below(3));
    if (one_in(3)) p.repetition_penalty = uniform(0.7f, 1.6f);
    if (one_in(3)) p.frequency_penalty = uniform(-0.5f, 1);
    if (one_in(3)) p.presence_penalty = uniform(-0.5f, 1);
    if (one_in(100)) p.top_p = std::numeric_limits<float>::quiet_NaN();
    if (one_in(100)) p.inverse_temperature = -1;
    return p;
  }

 private:
  float normal() {
    float sum = 0;
    for (int i = 0; i < 4; ++i) sum += uniform(-1, 1);
    return sum * 0.866f;
  }

  float value(unsigned shape, float width) {
    const uint64_t odd = random_() % 4096;
    if (shape == 7 && odd < 4) {
      constexpr float kOdd[] = {-logit_math::kInfinity, std::numeric_limits<float>::quiet_NaN(),
                                -logit_math::kInfinity, logit_math::kInfinity};
      return kOdd[odd];
    }
    if (shape == 6) return static_cast<float>(below(3));        // ties everywhere
    if (shape == 5) return odd < 2 ? 30.0f : 0.25f * normal();  // one token has nearly all
    if (shape == 4 && odd < 2000) return -logit_math::kInfinity;
    return width * normal();
  }

  static void put(char* data, LogitsType type, size_t at, float value) {
    if (type == LogitsType::kF32) {
      std::memcpy(data + at * 4, &value, 4);
      return;
    }
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    uint16_t half = static_cast<uint16_t>(bits >> 16);
    if (type == LogitsType::kBf16) {
      if (value != value) half = 0x7FC0;
    } else if (value != value) {
      half = 0x7E00;
    } else {
      half = half_of(value);
    }
    std::memcpy(data + at * 2, &half, 2);
  }

  // Towards zero; denormals too.
  static uint16_t half_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
    const int exponent = static_cast<int>(bits >> 23 & 255) - 127;
    const uint32_t fraction = bits & 0x7FFFFF;
    if (exponent > 15) {
      return static_cast<uint16_t>(sign | (exponent == 128 ? 0x7C00 : 0x7BFF));
    }
    if (exponent >= -14) {
      return static_cast<uint16_t>(sign | (exponent + 15) << 10 | fraction >> 13);
    }
    if (exponent < -24) return sign;
    return static_cast<uint16_t>(sign | (fraction | 0x800000) >> (-exponent - 1));
  }

  void add_masks(CudaCase& c) {
    if (one_in(4)) return;
    const size_t rows = c.rows();
    const size_t words = mask_words(c.vocab()) + below(3);
    c.mask_storage.resize(rows * words);
    for (size_t row = 0; row < rows; ++row) {
      const size_t kind = below(6);
      for (size_t w = 0; w < words; ++w) {
        uint32_t word = static_cast<uint32_t>(random_());
        if (kind == 1) word = one_in(8) ? uint32_t{1} << below(32) : 0;
        if (kind == 2) word = one_in(3) ? word : 0;
        if (kind == 3) word = 0xFFFFFFFF;
        if (kind == 4) word = one_in(2) ? 0xFFFFFFFF : word;
        if (kind == 5 && below(40) != 0) word = 0;
        c.mask_storage[row * words + w] = word;
      }
    }
    c.batch.masks = {.words = c.mask_storage.data(), .row_words = words};
    if (!one_in(3)) return;
    for (size_t row = 0; row < rows; ++row) {
      c.row_index.push_back(one_in(4) ? -1 : static_cast<int32_t>(below(rows)));
    }
    c.batch.masks.row_index = c.row_index.data();
  }

  void add_adjustments(CudaCase& c) {
    if (one_in(2)) return;
    c.adjustment_offsets.push_back(0);
    for (size_t row = 0; row < c.rows(); ++row) {
      const size_t step = 1 + below(c.vocab());
      for (size_t id = below(step); id < c.vocab(); id += 1 + below(step)) {
        Adjustment entry{.token = static_cast<TokenId>(id)};
        if (one_in(2)) entry.bias = uniform(-3, 3);
        if (one_in(12)) entry.bias = -logit_math::kInfinity;
        entry.context = static_cast<uint32_t>(below(3));
        entry.output = static_cast<uint32_t>(below(4));
        c.adjustments.push_back(entry);
      }
      if (one_in(100) && !c.adjustments.empty()) c.adjustments.push_back(c.adjustments.back());
      c.adjustment_offsets.push_back(static_cast<uint32_t>(c.adjustments.size()));
    }
    if (c.adjustments.empty()) return;
    c.batch.adjustments = {.entries = c.adjustments.data(), .offsets = c.adjustment_offsets.data()};
  }

  std::mt19937_64 random_;
};

}  // namespace tokrail::test
