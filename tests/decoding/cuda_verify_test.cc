// Verification of drafts by the CUDA kernels, run on the host, against the CPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/decoding/cuda_on_host.h"

namespace tokrail {
namespace {

using test::CudaCase;
using test::CudaCases;
using test::device;
using test::run_batches;
using test::WorkspaceMemory;

// Drafts that are like the target, so that some are accepted, or of their own.
struct Drafts {
  std::vector<float> near;
  std::vector<uint32_t> storage;
  std::vector<RowParameters> parameters;
  LogitsView logits;
};

// Draft row r goes with row target_row(r) of the target.
template <typename TargetRow>
Drafts make_drafts(CudaCases& cases, const CudaCase& target, size_t rows, TargetRow target_row) {
  Drafts drafts;
  const size_t vocab = target.vocab();
  if (cases.one_in(4)) {
    drafts.logits = cases.logits(rows, vocab, drafts.storage);
  } else {
    drafts.near.resize(rows * vocab + 1);
    const LogitsView& logits = target.batch.logits;
    for (size_t row = 0; row < rows; ++row) {
      const char* from = static_cast<const char*>(logits.data) +
                         target_row(row) * logits.row_stride * bytes_per_logit(logits.type);
      for (size_t id = 0; id < vocab; ++id) {
        drafts.near[row * vocab + id] =
            logit_math::load_logit(from, logits.type, id) + cases.uniform(-0.5f, 0.5f);
      }
    }
    drafts.logits = {.data = drafts.near.data(), .rows = rows, .vocab = vocab, .row_stride = vocab};
  }
  for (size_t row = 0; row < rows; ++row) {
    drafts.parameters.push_back(cases.row_parameters(vocab));
  }
  return drafts;
}

// What a draft model would have proposed from a row, under the target row's mask.
TokenId proposal(CudaCases& cases, const CudaCase& target, size_t target_row, const Drafts* drafts,
                 size_t draft_row) {
  if (drafts == nullptr || cases.one_in(6)) {
    return static_cast<TokenId>(cases.below(target.vocab() + (cases.one_in(30) ? 40 : 0)));
  }
  SampleBatch one{.logits = drafts->logits, .parameters = &drafts->parameters[draft_row]};
  one.logits.data = static_cast<const char*>(one.logits.data) +
                    draft_row * one.logits.row_stride * bytes_per_logit(one.logits.type);
  one.logits.rows = 1;
  const MaskView& masks = target.batch.masks;
  const int32_t index =
      masks.row_index == nullptr ? static_cast<int32_t>(target_row) : masks.row_index[target_row];
  if (masks.words != nullptr && index >= 0) {
    one.masks = {.words = masks.words + static_cast<size_t>(index) * masks.row_words,
                 .row_words = masks.row_words};
  }
  RowResult result;
  sample_masked(one, {&result, 1}, 1);
  return result.token == kNoToken ? 0 : result.token;
}

size_t draft_vocab(CudaCases& cases) {
  return cases.one_in(12) ? 1 + cases.below(2500) : 2 + cases.below(200);
}

LogitsView moved(LogitsView logits) {
  logits.device = DeviceKind::kCuda;
  return logits;
}

// How often each thing happened, so that the test is known to test something.
struct Seen {
  std::atomic<size_t> accepted{0}, refused{0}, whole{0};
};

void check_chains(CudaCases& cases, Seen& seen) {
  const size_t vocab = draft_vocab(cases);
  const size_t sequences = 1 + cases.below(3);
  const uint32_t width = static_cast<uint32_t>(cases.below(5));
  const CudaCase c = cases.next(sequences * (width + 1), vocab);
  const bool has_draft = width > 0 && !cases.one_in(4);
  Drafts drafts;
  if (has_draft) {
    drafts = make_drafts(cases, c, sequences * width,
                         [width](size_t row) { return row / width * (width + 1) + row % width; });
  }
  std::vector<TokenId> tokens(sequences * width + 1);
  for (size_t i = 0; i < sequences * width; ++i) {
    tokens[i] =
        proposal(cases, c, i / width * (width + 1) + i % width, has_draft ? &drafts : nullptr, i);
  }
  std::vector<uint32_t> lengths(sequences);
  for (uint32_t& length : lengths) length = static_cast<uint32_t>(cases.below(width + 2));
  ChainBatch batch{.target = c.batch.logits,
                   .draft = drafts.logits,
                   .masks = c.batch.masks,
                   .adjustments = c.batch.adjustments,
                   .target_parameters = c.parameters.data(),
                   .draft_parameters = drafts.parameters.data(),
                   .tokens = tokens.data(),
                   .lengths = cases.one_in(2) ? lengths.data() : nullptr,
                   .sequences = sequences,
                   .width = width,
                   .rule = cases.one_in(4) ? VerifyRule::kMatch : VerifyRule::kRejection,
                   .draft_is_masked = !cases.one_in(4)};
  std::vector<ChainResult> want(sequences), got(sequences);
  verify_chain(batch, want, 1);
  batch.target = moved(batch.target);
  batch.draft = moved(batch.draft);
  WorkspaceMemory workspace;
  device().verify_chain(batch, got.data(), workspace.get(c.rows(), vocab), nullptr);
  for (size_t s = 0; s < sequences; ++s) {
    SCOPED_TRACE("sequence " + std::to_string(s));
    EXPECT_EQ(got[s].accepted, want[s].accepted);
    EXPECT_EQ(got[s].token, want[s].token);
    EXPECT_EQ(got[s].flags, want[s].flags);
    EXPECT_FLOAT_EQ(got[s].log_prob, want[s].log_prob);
    seen.accepted += want[s].accepted;
    (want[s].accepted == width ? seen.whole : seen.refused)++;
  }
}

TEST(CudaVerifyOnHost, ChainsLikeTheCpu) {
  Seen seen;
  run_batches(4000, 11, [&](CudaCases& cases) { check_chains(cases, seen); });
  EXPECT_GT(seen.accepted, seen.refused / 10);
  EXPECT_GT(seen.refused, 0u);
  EXPECT_GT(seen.whole, 0u);
}

void check_tree(CudaCases& cases, Seen& seen) {
  const size_t vocab = draft_vocab(cases);
  const size_t nodes = 1 + cases.below(9);
  const CudaCase c = cases.next(nodes, vocab);
  std::vector<int32_t> parents(nodes, -1);
  for (size_t i = 1; i < nodes; ++i) {
    parents[i] = static_cast<int32_t>(cases.below(cases.one_in(2) ? i : std::min<size_t>(i, 2)));
  }
  const bool has_draft = !cases.one_in(5);
  Drafts drafts;
  if (has_draft) drafts = make_drafts(cases, c, nodes, [](size_t row) { return row; });
  std::vector<int32_t> draft_rows(nodes);
  for (size_t i = 0; i < nodes; ++i) {
    draft_rows[i] = cases.one_in(6) ? -1 : static_cast<int32_t>(cases.below(nodes));
  }
  const bool own_rows = cases.one_in(2);
  std::vector<TokenId> tokens(nodes);
  for (size_t i = 1; i < nodes; ++i) {
    const size_t parent = static_cast<size_t>(parents[i]);
    const int32_t row = own_rows ? draft_rows[parent] : static_cast<int32_t>(parent);
    tokens[i] = proposal(cases, c, parent, has_draft && row >= 0 ? &drafts : nullptr,
                         static_cast<size_t>(std::max(row, 0)));
  }
  TreeDraft tree{.target = c.batch.logits,
                 .draft = drafts.logits,
                 .draft_row = own_rows ? draft_rows.data() : nullptr,
                 .masks = c.batch.masks,
                 .adjustments = c.batch.adjustments,
                 .target_parameters = c.parameters.data(),
                 .draft_parameters = drafts.parameters.data(),
                 .tokens = tokens.data(),
                 .parents = parents.data(),
                 .nodes = nodes,
                 .siblings = static_cast<SiblingKind>(cases.below(3)),
                 .rule = cases.one_in(5) ? VerifyRule::kMatch : VerifyRule::kRejection,
                 .draft_is_masked = !cases.one_in(4)};
  std::vector<int32_t> want_path(nodes, -7), got_path(nodes, -7);
  const TreeResult want = verify_tree(tree, want_path);
  tree.target = moved(tree.target);
  tree.draft = moved(tree.draft);
  TreeResult got;
  WorkspaceMemory workspace;
  device().verify_tree(tree, &got, got_path.data(), workspace.get(nodes, vocab), nullptr);
  EXPECT_EQ(got.accepted, want.accepted);
  EXPECT_EQ(got.token, want.token);
  EXPECT_EQ(got.flags, want.flags);
  EXPECT_FLOAT_EQ(got.log_prob, want.log_prob);
  EXPECT_EQ(got_path, want_path);
  seen.accepted += want.accepted;
  (want.accepted > 0 ? seen.whole : seen.refused)++;
}

TEST(CudaVerifyOnHost, TreesLikeTheCpu) {
  Seen seen;
  run_batches(2500, 12, [&](CudaCases& cases) { check_tree(cases, seen); });
  EXPECT_GT(seen.whole, 0u);
  EXPECT_GT(seen.refused, 0u);
}

}  // namespace
}  // namespace tokrail
