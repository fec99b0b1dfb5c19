// apply_bitmask, top_k, gather_log_probs and mask_union against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "decoding/logits/apply_bitmask.h"
#include "decoding/logits/gather_log_probs.h"
#include "decoding/logits/mask_union.h"
#include "decoding/logits/top_k.h"
#include "tests/decoding/random_logits.h"
#include "tests/oracle/slow_logits.h"

namespace tokrail {
namespace {

using test::below;
using test::chance;
using test::Random;

size_t random_vocab(Random& random) {
  static constexpr size_t kSizes[] = {1, 2, 31, 32, 33, 100, 1000, 1024, 1025, 2500, 4096};
  return kSizes[below(random, std::size(kSizes))];
}

bool is_allowed(const SampleBatch& batch, size_t row, size_t id) {
  if (batch.masks.words == nullptr) return true;
  const int32_t index = batch.masks.row_index[row];
  if (index < 0) return true;
  const uint32_t* words = batch.masks.words + static_cast<size_t>(index) * batch.masks.row_words;
  return (words[id / 32] >> (id % 32) & 1) != 0;
}

template <typename Number>
void check_apply(test::RandomBatch& made, std::vector<Number>& numbers, Number blocked) {
  const LogitsView& view = made.batch.logits;
  std::vector<Number> expected = numbers;
  for (size_t row = 0; row < view.rows; ++row) {
    for (size_t id = 0; id < view.vocab; ++id) {
      if (!is_allowed(made.batch, row, id)) expected[row * view.row_stride + id] = blocked;
    }
  }
  apply_bitmask({numbers.data(), view.type, view.device, view.rows, view.vocab, view.row_stride},
                made.batch.masks);
  ASSERT_EQ(std::memcmp(numbers.data(), expected.data(), numbers.size() * sizeof(Number)), 0)
      << made.text;
}

TEST(ApplyBitmask, IsTheLoopOnEveryInstructionSet) {
  for (const int64_t target : test::all_targets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    const test::OnTarget on(target);
    Random random(test::property_seed() + 30);
    for (int number = 0; number < 400; ++number) {
      const auto made =
          test::random_batch(random, {.rows = 1 + below(random, 3), .vocab = random_vocab(random)});
      switch (made->batch.logits.type) {
        case LogitsType::kF32: check_apply(*made, made->floats, -INFINITY); break;
        case LogitsType::kBf16: check_apply<uint16_t>(*made, made->shorts, 0xFF80); break;
        case LogitsType::kF16: check_apply<uint16_t>(*made, made->shorts, 0xFC00); break;
      }
      if (HasFatalFailure()) return;
    }
  }
}

TEST(TopK, IsTheSortOnEveryInstructionSet) {
  for (const int64_t target : test::all_targets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    const test::OnTarget on(target);
    Random random(test::property_seed() + 31);
    for (int number = 0; number < 300; ++number) {
      const size_t rows = 1 + below(random, 3);
      const auto made = test::random_batch(
          random, {.rows = rows, .vocab = random_vocab(random), .adjustments = false});
      const uint32_t k = static_cast<uint32_t>(
          1 + below(random, std::vector<size_t>{2, 50, 5000}[below(random, 3)]));
      std::vector<TokenId> ids(rows * k);
      std::vector<float> values(rows * k);
      top_k(made->batch.logits, made->batch.masks, k, ids, values);
      const std::vector<RowParameters> plain(rows);
      SampleBatch batch = made->batch;
      batch.parameters = plain.data();
      for (size_t row = 0; row < rows; ++row) {
        const test::SlowRow slow = test::slow_row(batch, row);
        for (size_t i = 0; i < k; ++i) {
          const bool has = i < slow.order.size();
          ASSERT_EQ(ids[row * k + i], has ? slow.order[i] : kNoToken)
              << made->text << " k " << k << " place " << i << " case " << number;
          ASSERT_EQ(values[row * k + i], has ? slow.a[slow.order[i]] : -INFINITY);
        }
      }
    }
  }
}

TEST(GatherLogProbs, IsTheOracle) {
  Random random(test::property_seed() + 32);
  for (int number = 0; number < 2000; ++number) {
    const size_t rows = 1 + below(random, 3);
    const auto made = test::random_batch(random, {.rows = rows, .vocab = random_vocab(random)});
    std::vector<TokenId> ids;
    std::vector<uint32_t> offsets = {0};
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = below(random, 5); i > 0; --i) {
        ids.push_back(static_cast<TokenId>(below(random, made->batch.logits.vocab + 2)));
      }
      if (chance(random, 4)) ids.push_back(kNoToken);
      offsets.push_back(static_cast<uint32_t>(ids.size()));
    }
    std::vector<float> log_probs(ids.size());
    std::vector<float> log_sums(rows);
    gather_log_probs(made->batch, ids, offsets, log_probs, log_sums);
    for (size_t row = 0; row < rows; ++row) {
      const test::SlowRow slow = test::slow_row(made->batch, row);
      const RowParameters& p = made->parameters[row];
      const double factor = p.inverse_temperature == kGreedy ? 1 : p.inverse_temperature;
      for (size_t i = offsets[row]; i < offsets[row + 1]; ++i) {
        const TokenId id = ids[i];
        double expected = -INFINITY;
        if (id < slow.a.size() && slow.allowed[id]) {
          expected = (slow.flags & kRowInfinite) != 0 ? (id == slow.order[0] ? 0 : -INFINITY)
                                                      : factor * slow.a[id] - slow.log_sum;
        }
        if (std::isinf(expected)) {
          ASSERT_EQ(log_probs[i], expected) << made->text << " case " << number;
        } else if (std::abs(expected) < 1e30) {
          ASSERT_NEAR(log_probs[i], expected,
                      2e-6 * (1 + std::abs(expected) + std::abs(slow.max_logit)))
              << made->text << " case " << number;
        }
      }
      const float expected_sum = static_cast<float>(slow.log_sum);
      if (std::isinf(expected_sum)) {
        ASSERT_EQ(log_sums[row], expected_sum);
      } else {
        ASSERT_NEAR(log_sums[row], expected_sum, 2e-6 * (1 + std::abs(slow.log_sum)));
      }
    }
  }
}

TEST(MaskUnion, IsTheLoop) {
  Random random(test::property_seed() + 33);
  for (int number = 0; number < 500; ++number) {
    const size_t words = 1 + below(random, 90);
    const size_t table_rows = below(random, 20);
    std::vector<uint32_t> table(words * table_rows + 1);
    for (uint32_t& word : table) word = static_cast<uint32_t>(random() & random());
    const size_t rows = below(random, 6);
    std::vector<uint32_t> ids;
    std::vector<uint32_t> offsets = {0};
    bool known = true;
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = below(random, 5); i > 0; --i) {
        ids.push_back(
            static_cast<uint32_t>(below(random, table_rows + (chance(random, 20) ? 3 : 0) + 1)));
        known = known && ids.back() < table_rows;
      }
      offsets.push_back(static_cast<uint32_t>(ids.size()));
    }
    ids.push_back(0);
    std::vector<uint32_t> masks(words * rows + 1, 0x12345678);
    EXPECT_EQ(mask_union({table.data(), table_rows, words}, {ids.data(), offsets.data(), rows},
                         masks.data()),
              known);
    for (size_t row = 0; row < rows; ++row) {
      for (size_t w = 0; w < words; ++w) {
        uint32_t expected = 0;
        for (size_t i = offsets[row]; i < offsets[row + 1]; ++i) {
          if (ids[i] < table_rows) expected |= table[ids[i] * words + w];
        }
        ASSERT_EQ(masks[row * words + w], expected) << number;
      }
    }
    EXPECT_EQ(masks.back(), 0x12345678u);
  }
}

TEST(LogitOperations, BadShapesAreErrors) {
  std::vector<float> logits(10);
  std::vector<RowParameters> parameters(1);
  const LogitsView view{.data = logits.data(), .rows = 1, .vocab = 10, .row_stride = 10};
  std::vector<TokenId> ids(2);
  std::vector<float> values(2);
  EXPECT_THROW(top_k(view, {}, 3, ids, values), Error);
  top_k(view, {}, 2, ids, values);
  const SampleBatch batch{.logits = view, .parameters = parameters.data()};
  const std::vector<uint32_t> offsets = {0, 2};
  gather_log_probs(batch, ids, offsets, values);
  const std::vector<uint32_t> falling = {2, 0};
  EXPECT_THROW(gather_log_probs(batch, ids, falling, values), Error);
  const std::vector<uint32_t> far = {0, 3};
  EXPECT_THROW(gather_log_probs(batch, ids, far, values), Error);
  EXPECT_THROW(gather_log_probs(batch, ids, {offsets.data(), 1}, values), Error);
  const uint32_t word = 0;
  EXPECT_THROW(
      apply_bitmask({logits.data(), LogitsType::kF32, DeviceKind::kHost, 1, 100, 10}, {&word, 1}),
      Error);
  EXPECT_THROW(mask_union({&word, 1, 1}, {nullptr, offsets.data(), 1}, nullptr), Error);
}

}  // namespace
}  // namespace tokrail
