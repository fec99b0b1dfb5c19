// The CUDA kernels, run on the host as fibers, against their CPU twins: the same tokens.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/decoding/cuda_on_host.h"

namespace tokrail {
namespace {

using test::CudaCase;
using test::CudaCases;
using test::device;
using test::on_device;
using test::run_batches;
using test::some_case;
using test::Tally;
using test::WorkspaceMemory;

void expect_close(float got, float want, float tolerance, const char* what) {
  if (std::isnan(want) || std::isinf(want)) {
    EXPECT_TRUE(got == want || (std::isnan(got) && std::isnan(want)))
        << what << ": " << got << " instead of " << want;
    return;
  }
  EXPECT_NEAR(got, want, tolerance * std::max(1.0f, std::fabs(want))) << what;
}

void expect_same(const RowResult& got, const RowResult& want, Tally& tally) {
  ++tally.rows;
  EXPECT_EQ(got.flags, want.flags);
  if (got.token != want.token) ++tally.other_tokens;
  EXPECT_EQ(got.token, want.token);
  EXPECT_EQ(got.allowed, want.allowed);
  EXPECT_EQ(got.kept, want.kept);
  expect_close(got.max_logit, want.max_logit, 0, "max_logit");
  expect_close(got.log_sum, want.log_sum, 0, "log_sum");
  expect_close(got.log_sum_all, want.log_sum_all, 0, "log_sum_all");
  expect_close(got.log_prob, want.log_prob, 0, "log_prob");
  expect_close(got.log_prob_all, want.log_prob_all, 0, "log_prob_all");
  expect_close(got.raw_log_prob, want.raw_log_prob, 0, "raw_log_prob");
  expect_close(got.entropy, want.entropy, 1e-5f, "entropy");
}

void check_sampling(CudaCases& cases, CudaCase c, Tally& tally) {
  c.batch.outputs = static_cast<uint32_t>(cases.below(16));
  if (cases.one_in(20)) c.batch.outputs = kTokenOnly;
  if (cases.one_in(4)) c.batch.top_n = static_cast<uint32_t>(1 + cases.below(20));
  const size_t rows = c.rows();
  const size_t top = rows * c.batch.top_n;
  std::vector<RowResult> want(rows);
  std::vector<RowResult> got(rows);
  std::vector<TokenId> want_ids(top), got_ids(top);
  std::vector<float> want_logs(top), got_logs(top);
  c.batch.top_ids = want_ids.data();
  c.batch.top_log_probs = want_logs.data();
  sample_masked(c.batch, want, 1);
  c.batch.top_ids = got_ids.data();
  c.batch.top_log_probs = got_logs.data();
  WorkspaceMemory workspace;
  device().sample_masked(on_device(c.batch), got.data(), workspace.get(rows, c.vocab()), nullptr);
  for (size_t row = 0; row < rows; ++row) {
    SCOPED_TRACE("row " + std::to_string(row) + " of " + std::to_string(rows) + ", vocabulary " +
                 std::to_string(c.vocab()));
    expect_same(got[row], want[row], tally);
  }
  EXPECT_EQ(got_ids, want_ids);
  for (size_t i = 0; i < top; ++i) expect_close(got_logs[i], want_logs[i], 0, "top_log_probs");
}

TEST(CudaOnHost, SamplesWhatTheCpuSamples) {
  Tally tally;
  run_batches(36000, 1,
              [&](CudaCases& cases) { check_sampling(cases, some_case(cases, 5), tally); });
  RecordProperty("rows", std::to_string(tally.rows));
  RecordProperty("other_tokens", std::to_string(tally.other_tokens));
  EXPECT_EQ(tally.other_tokens, 0u) << "of " << tally.rows << " rows";
}

// More than one group of 32 blocks, and bins of many tokens.
TEST(CudaOnHost, SamplesFromLargeVocabularies) {
  Tally tally;
  run_batches(150, 7, [&](CudaCases& cases) {
    const size_t vocab = 30000 + cases.below(50000);
    check_sampling(cases, cases.next(1 + cases.below(2), vocab), tally);
  });
}

TEST(CudaOnHost, DrawsWithoutReplacementLikeTheCpu) {
  Tally tally;
  run_batches(2000, 2, [&](CudaCases& cases) {
    CudaCase c = some_case(cases, 3);
    const size_t rows = c.rows();
    const uint32_t count = static_cast<uint32_t>(1 + cases.below(12));
    std::vector<Draw> want(rows * count);
    std::vector<Draw> got(rows * count);
    draw_without_replacement(c.batch, count, want, 1);
    WorkspaceMemory workspace;
    device().draw_without_replacement(on_device(c.batch), count, got.data(),
                                      workspace.get(rows, c.vocab()), nullptr);
    for (size_t i = 0; i < got.size(); ++i) {
      SCOPED_TRACE("draw " + std::to_string(i % count) + " of row " + std::to_string(i / count));
      EXPECT_EQ(got[i].token, want[i].token);
      EXPECT_EQ(got[i].flags, want[i].flags);
      EXPECT_DOUBLE_EQ(got[i].log_prob, want[i].log_prob);
      EXPECT_DOUBLE_EQ(got[i].remaining, want[i].remaining);
    }
    tally.rows += rows;
  });
  RecordProperty("rows", std::to_string(tally.rows));
}

TEST(CudaOnHost, FindsTheLargestLikeTheCpu) {
  run_batches(2500, 3, [&](CudaCases& cases) {
    const CudaCase c = some_case(cases, 3);
    const size_t rows = c.rows();
    const uint32_t k = static_cast<uint32_t>(
        1 + cases.below(cases.one_in(10) ? c.vocab() + 10 : std::min<size_t>(c.vocab(), 50)));
    std::vector<TokenId> want(rows * k), got(rows * k);
    std::vector<float> want_values(rows * k), got_values(rows * k);
    top_k(c.batch.logits, c.batch.masks, k, want, want_values, 1);
    WorkspaceMemory workspace;
    device().top_k(on_device(c.batch).logits, c.batch.masks, k, got.data(), got_values.data(),
                   workspace.get(rows, c.vocab()), nullptr);
    EXPECT_EQ(got, want);
    EXPECT_EQ(got_values, want_values);
  });
}

TEST(CudaOnHost, GathersLikeTheCpu) {
  run_batches(2500, 4, [&](CudaCases& cases) {
    const CudaCase c = some_case(cases, 3);
    const size_t rows = c.rows();
    std::vector<TokenId> ids;
    std::vector<uint32_t> offsets{0};
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = cases.below(30); i > 0; --i) {
        ids.push_back(cases.one_in(50) ? kNoToken
                                       : static_cast<TokenId>(cases.below(c.vocab() + 2)));
      }
      offsets.push_back(static_cast<uint32_t>(ids.size()));
    }
    std::vector<float> want(ids.size()), got(ids.size()), want_sums(rows), got_sums(rows);
    gather_log_probs(c.batch, ids, offsets, want, want_sums, 1);
    WorkspaceMemory workspace;
    device().gather_log_probs(on_device(c.batch), ids.data(), offsets.data(), got.data(),
                              got_sums.data(), workspace.get(rows, c.vocab()), nullptr);
    for (size_t i = 0; i < got.size(); ++i) expect_close(got[i], want[i], 0, "log_prob");
    for (size_t i = 0; i < rows; ++i) expect_close(got_sums[i], want_sums[i], 0, "log_sum");
  });
}

TEST(CudaOnHost, MasksInPlaceLikeTheCpu) {
  run_batches(3000, 5, [&](CudaCases& cases) {
    const CudaCase c = some_case(cases, 4);
    std::vector<uint32_t> before = c.storage;
    const auto view = [&](DeviceKind kind) {
      return MutableLogitsView{.data = const_cast<void*>(c.batch.logits.data),
                               .type = c.batch.logits.type,
                               .device = kind,
                               .rows = c.rows(),
                               .vocab = c.vocab(),
                               .row_stride = c.batch.logits.row_stride};
    };
    auto& storage = const_cast<std::vector<uint32_t>&>(c.storage);
    apply_bitmask(view(DeviceKind::kHost), c.batch.masks, 1);
    const std::vector<uint32_t> want = storage;
    std::copy(before.begin(), before.end(), storage.begin());
    device().apply_bitmask(view(DeviceKind::kCuda), c.batch.masks, nullptr);
    EXPECT_EQ(storage, want);
  });
}

TEST(CudaOnHost, UnitesMasksLikeTheCpu) {
  run_batches(1500, 6, [&](CudaCases& cases) {
    const size_t words = 1 + cases.below(cases.one_in(10) ? 600 : 40);
    const size_t classes = 1 + cases.below(20);
    std::vector<uint32_t> table(words * classes);
    for (uint32_t& word : table) word = static_cast<uint32_t>(cases.below(uint64_t{1} << 32));
    const size_t rows = 1 + cases.below(6);
    std::vector<uint32_t> ids;
    std::vector<uint32_t> offsets{0};
    for (size_t row = 0; row < rows; ++row) {
      for (size_t i = cases.below(5); i > 0; --i) {
        ids.push_back(static_cast<uint32_t>(cases.below(classes + (cases.one_in(9) ? 2 : 0))));
      }
      offsets.push_back(static_cast<uint32_t>(ids.size()));
    }
    const BitRowsView view{table.data(), classes, words};
    const UnionLists lists{ids.data(), offsets.data(), rows};
    std::vector<uint32_t> want(rows * words), got(rows * words, 7);
    mask_union(view, lists, want.data(), 1);
    device().mask_union(view, lists, got.data(), nullptr);
    EXPECT_EQ(got, want);
  });
}

}  // namespace
}  // namespace tokrail
