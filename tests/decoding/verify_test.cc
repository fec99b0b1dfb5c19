// Verification of drafts: decisions against the oracle, laws against counts.
#include "decoding/logits/verify.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/error.h"
#include "decoding/logits/sample_masked.h"
#include "tests/decoding/random_logits.h"
#include "tests/oracle/slow_logits.h"

namespace tokrail {
namespace {

using test::below;
using test::chance;
using test::Random;

// Makes the parameters of rows differ by position only, as in one sequence.
void set_positions(std::vector<RowParameters>& parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    parameters[i] = parameters[0];
    parameters[i].position = static_cast<uint32_t>(i);
  }
}

// A token of some probability, or any.
TokenId likely_token(const SampleBatch& batch, size_t row, Random& random) {
  const auto slow = test::slow_row(batch, row);
  if (slow.order.empty() || chance(random, 8)) {
    return static_cast<TokenId>(below(random, batch.logits.vocab));
  }
  return slow.order[below(random, std::min<size_t>(3, slow.order.size()))];
}

TEST(VerifyChain, IsTheOracle) {
  const uint64_t seed = test::property_seed() + 20;
  Random random(seed);
  size_t doubtful = 0;
  for (int number = 0; number < 4000; ++number) {
    const uint32_t width = static_cast<uint32_t>(below(random, 5));
    const size_t vocab = std::vector<size_t>{2, 5, 33, 300, 1100}[below(random, 5)];
    const bool specials = chance(random, 4);
    const auto target = test::random_batch(
        random, {.rows = width + size_t{1}, .vocab = vocab, .specials = specials});
    const auto draft = test::random_batch(random, {.rows = std::max<size_t>(width, 1),
                                                   .vocab = vocab,
                                                   .specials = false,
                                                   .adjustments = false});
    set_positions(target->parameters);
    std::vector<TokenId> tokens;
    for (size_t i = 0; i < width; ++i) {
      tokens.push_back(likely_token(chance(random, 2) ? target->batch : draft->batch, i, random));
    }
    ChainBatch batch{.target = target->batch.logits,
                     .masks = target->batch.masks,
                     .adjustments = target->batch.adjustments,
                     .target_parameters = target->parameters.data(),
                     .draft_parameters = draft->parameters.data(),
                     .tokens = tokens.data(),
                     .sequences = 1,
                     .width = width};
    if (!chance(random, 3)) batch.draft = draft->batch.logits;
    batch.rule = chance(random, 3) ? VerifyRule::kMatch : VerifyRule::kRejection;
    batch.draft_is_masked = chance(random, 2);
    const test::SlowVerdict expected = test::slow_verify_chain(batch, 0);
    if (expected.doubtful) {
      ++doubtful;
      continue;
    }
    std::vector<ChainResult> results(1);
    verify_chain(batch, results);
    ASSERT_EQ(results[0].accepted, expected.path.size())
        << target->text << " " << test::describe(target->parameters[0]) << ", seed " << seed
        << " case " << number;
    ASSERT_EQ(results[0].token, expected.token)
        << target->text << ", seed " << seed << " case " << number;
  }
  EXPECT_LT(doubtful, 800u);
}

TEST(VerifyTree, IsTheOracle) {
  const uint64_t seed = test::property_seed() + 21;
  Random random(seed);
  size_t doubtful = 0;
  size_t deep = 0;
  for (int number = 0; number < 4000; ++number) {
    const size_t nodes = 1 + below(random, 9);
    const size_t vocab = std::vector<size_t>{2, 5, 33, 1100}[below(random, 4)];
    const auto target =
        test::random_batch(random, {.rows = nodes, .vocab = vocab, .specials = chance(random, 4)});
    const auto draft = test::random_batch(
        random, {.rows = nodes, .vocab = vocab, .specials = false, .adjustments = false});
    set_positions(target->parameters);
    std::vector<int32_t> parents = {-1};
    std::vector<int32_t> draft_rows = {0};
    std::vector<TokenId> tokens = {0};
    for (size_t i = 1; i < nodes; ++i) {
      parents.push_back(static_cast<int32_t>(below(random, i)));
      draft_rows.push_back(chance(random, 5) ? -1 : static_cast<int32_t>(below(random, nodes)));
      tokens.push_back(likely_token(target->batch, static_cast<size_t>(parents[i]), random));
    }
    TreeDraft tree{.target = target->batch.logits,
                   .draft_row = draft_rows.data(),
                   .masks = target->batch.masks,
                   .adjustments = target->batch.adjustments,
                   .target_parameters = target->parameters.data(),
                   .draft_parameters = draft->parameters.data(),
                   .tokens = tokens.data(),
                   .parents = parents.data(),
                   .nodes = nodes};
    if (!chance(random, 4)) tree.draft = draft->batch.logits;
    if (chance(random, 2)) tree.draft_row = nullptr;
    tree.siblings = static_cast<SiblingKind>(below(random, 3));
    tree.rule = chance(random, 4) ? VerifyRule::kMatch : VerifyRule::kRejection;
    tree.draft_is_masked = chance(random, 2);
    const test::SlowVerdict expected = test::slow_verify_tree(tree);
    if (expected.doubtful) {
      ++doubtful;
      continue;
    }
    std::vector<int32_t> path(nodes, -7);
    const TreeResult result = verify_tree(tree, path);
    path.resize(result.accepted);
    ASSERT_EQ(path, expected.path) << target->text << " " << test::describe(target->parameters[0])
                                   << ", seed " << seed << " case " << number;
    ASSERT_EQ(result.token, expected.token) << "seed " << seed << " case " << number;
    if (path.size() > 1) ++deep;
  }
  EXPECT_LT(doubtful, 1000u);
  EXPECT_GT(deep, 100u);
}

// kMatch says what sample_masked says, token by token.
TEST(VerifyChain, MatchIsPlainDecoding) {
  Random random(test::property_seed() + 22);
  for (int number = 0; number < 300; ++number) {
    constexpr uint32_t kWidth = 4;
    const auto target = test::random_batch(random, {.rows = kWidth + 1, .vocab = 700});
    set_positions(target->parameters);
    std::vector<RowResult> plain(kWidth + 1);
    sample_masked(target->batch, plain);
    std::vector<TokenId> tokens(kWidth);
    const size_t right = below(random, kWidth + 1);
    for (size_t i = 0; i < kWidth; ++i) tokens[i] = plain[i].token + (i == right ? 1 : 0);
    std::vector<ChainResult> results(1);
    verify_chain({.target = target->batch.logits,
                  .masks = target->batch.masks,
                  .adjustments = target->batch.adjustments,
                  .target_parameters = target->parameters.data(),
                  .tokens = tokens.data(),
                  .sequences = 1,
                  .width = kWidth,
                  .rule = VerifyRule::kMatch},
                 results);
    size_t end = 0;
    while (end < right && plain[end].token != kNoToken) ++end;
    ASSERT_EQ(results[0].accepted, end);
    ASSERT_EQ(results[0].token, plain[end].token);
    if (plain[end].token == kNoToken) continue;
    ASSERT_EQ(results[0].log_prob, plain[end].log_prob);
  }
}

// The law of what comes out, over drafts drawn from the draft model.
class Law : public ::testing::TestWithParam<SiblingKind> {};

constexpr size_t kVocab = 5;

double chi_square(const std::vector<size_t>& counts, const std::vector<double>& p, double total) {
  double statistic = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (p[i] == 0) {
      EXPECT_EQ(counts[i], 0u);
      continue;
    }
    const double off = static_cast<double>(counts[i]) - p[i] * total;
    statistic += off * off / (p[i] * total);
  }
  return statistic;
}

TokenId draw_of(const std::vector<double>& p, double u) {
  double sum = 0;
  for (TokenId id = 0; id < p.size(); ++id) {
    sum += p[id];
    if (u < sum) return id;
  }
  return static_cast<TokenId>(p.size() - 1);
}

// Three siblings at the root, drawn from d as the kind says.
std::vector<TokenId> draw_siblings(SiblingKind kind, const std::vector<double>& d, Random& random) {
  if (kind == SiblingKind::kDeterministic) return {0, 3, 1, 2};
  std::vector<double> left = d;
  std::vector<TokenId> siblings = {0};
  for (int i = 0; i < 3; ++i) {
    const double sum = std::accumulate(left.begin(), left.end(), 0.0);
    const TokenId id = draw_of(left, test::unit(random) * sum);
    siblings.push_back(id);
    if (kind == SiblingKind::kWithoutReplacement) left[id] = 0;
  }
  return siblings;
}

TEST_P(Law, OfTreesIsTheTargets) {
  const std::vector<int32_t> parents = {-1, 0, 0, 0};
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Random random(seed);
    std::vector<float> target(4 * kVocab);
    std::vector<float> draft(4 * kVocab);
    for (float& x : target) x = static_cast<float>(test::unit(random) * 3);
    for (float& x : draft) x = static_cast<float>(test::unit(random) * 3);
    const std::vector<uint32_t> mask = {0b11101};
    const std::vector<int32_t> mask_rows = {seed == 3 ? 0 : -1, -1, -1, -1};
    std::vector<RowParameters> parameters(4);
    std::vector<RowParameters> draft_parameters(4);
    draft_parameters[0].inverse_temperature = 0.7f;
    TreeDraft tree{
        .target = {.data = target.data(), .rows = 4, .vocab = kVocab, .row_stride = kVocab},
        .draft = {.data = draft.data(), .rows = 4, .vocab = kVocab, .row_stride = kVocab},
        .masks = {mask.data(), 1, mask_rows.data()},
        .target_parameters = parameters.data(),
        .draft_parameters = draft_parameters.data(),
        .parents = parents.data(),
        .nodes = 4,
        .siblings = GetParam(),
        .draft_is_masked = false};
    const auto law = [&](const LogitsView& view, const std::vector<RowParameters>& p, bool masked) {
      return test::slow_row({.logits = view,
                             .masks = masked ? tree.masks : MaskView{},
                             .parameters = p.data()},
                            0)
          .q;
    };
    const std::vector<double> t = law(tree.target, parameters, true);
    const std::vector<double> d = law(tree.draft, draft_parameters, false);
    constexpr size_t kRuns = 100000;
    std::vector<size_t> counts(kVocab);
    for (size_t run = 0; run < kRuns; ++run) {
      const std::vector<TokenId> tokens = draw_siblings(GetParam(), d, random);
      tree.tokens = tokens.data();
      for (RowParameters& p : parameters) p.seed = seed * 1000003 + run;
      int32_t path[4];
      const TreeResult result = verify_tree(tree, path);
      ++counts[result.accepted > 0 ? tokens[static_cast<size_t>(path[0])] : result.token];
    }
    EXPECT_LT(chi_square(counts, t, kRuns), 18.47) << "seed " << seed;  // p = 0.001, 4 degrees
  }
}

INSTANTIATE_TEST_SUITE_P(Siblings, Law,
                         ::testing::Values(SiblingKind::kWithoutReplacement, SiblingKind::kIid,
                                           SiblingKind::kDeterministic));

// First and second token of a chain of two drafted tokens whose rows do not depend on each other.
TEST(VerifyChain, LawIsTheTargets) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Random random(seed + 50);
    constexpr size_t kRuns = 100000;
    std::vector<float> target(3 * kVocab);
    std::vector<float> draft(2 * kVocab);
    for (float& x : target) x = static_cast<float>(test::unit(random) * 3);
    for (float& x : draft) x = static_cast<float>(test::unit(random) * 3);
    std::vector<RowParameters> parameters(3);
    std::vector<RowParameters> draft_parameters(2);
    for (size_t i = 0; i < 3; ++i) parameters[i].position = static_cast<uint32_t>(i);
    parameters[0].top_k = 4;
    ChainBatch batch{
        .target = {.data = target.data(), .rows = 3, .vocab = kVocab, .row_stride = kVocab},
        .draft = {.data = draft.data(), .rows = 2, .vocab = kVocab, .row_stride = kVocab},
        .target_parameters = parameters.data(),
        .draft_parameters = draft_parameters.data(),
        .sequences = 1,
        .width = 2};
    const SampleBatch as_target{.logits = batch.target, .parameters = parameters.data()};
    const SampleBatch as_draft{.logits = batch.draft, .parameters = draft_parameters.data()};
    const auto t0 = test::slow_row(as_target, 0).q;
    const auto t1 = test::slow_row(as_target, 1).q;
    const auto d0 = test::slow_row(as_draft, 0).q;
    const auto d1 = test::slow_row(as_draft, 1).q;
    std::vector<size_t> first(kVocab);
    std::vector<size_t> second(kVocab);
    for (size_t run = 0; run < kRuns; ++run) {
      const std::vector<TokenId> tokens = {draw_of(d0, test::unit(random)),
                                           draw_of(d1, test::unit(random))};
      batch.tokens = tokens.data();
      for (RowParameters& p : parameters) p.seed = seed * 7919 + run * 31;
      std::vector<ChainResult> results(1);
      verify_chain(batch, results);
      ++first[results[0].accepted > 0 ? tokens[0] : results[0].token];
      if (results[0].accepted > 0) {
        ++second[results[0].accepted > 1 ? tokens[1] : results[0].token];
      }
    }
    EXPECT_LT(chi_square(first, t0, kRuns), 18.47);
    const double seconds =
        static_cast<double>(std::accumulate(second.begin(), second.end(), size_t{0}));
    EXPECT_LT(chi_square(second, t1, seconds), 18.47);
  }
}

TEST(VerifyChain, ThreadsDoNotChangeAnything) {
  Random random(test::property_seed() + 23);
  constexpr uint32_t kWidth = 3;
  constexpr size_t kSequences = 20;
  const auto target =
      test::random_batch(random, {.rows = kSequences * (kWidth + 1), .vocab = 2000});
  const auto draft = test::random_batch(
      random, {.rows = kSequences * kWidth, .vocab = 2000, .adjustments = false});
  std::vector<TokenId> tokens;
  for (size_t i = 0; i < kSequences * kWidth; ++i) {
    tokens.push_back(likely_token(draft->batch, i, random));
  }
  const ChainBatch batch{.target = target->batch.logits,
                         .draft = draft->batch.logits,
                         .masks = target->batch.masks,
                         .target_parameters = target->parameters.data(),
                         .draft_parameters = draft->parameters.data(),
                         .tokens = tokens.data(),
                         .sequences = kSequences,
                         .width = kWidth};
  std::vector<ChainResult> one(kSequences);
  std::vector<ChainResult> two(kSequences);
  verify_chain(batch, one, 1);
  verify_chain(batch, two, 2);
  for (size_t i = 0; i < kSequences; ++i) {
    EXPECT_EQ(one[i].accepted, two[i].accepted);
    EXPECT_EQ(one[i].token, two[i].token);
  }
}

TEST(Verify, BadShapesAreErrors) {
  std::vector<float> logits(20);
  std::vector<RowParameters> parameters(4);
  const std::vector<TokenId> tokens = {0, 1, 2};
  std::vector<ChainResult> results(1);
  const ChainBatch good{.target = {.data = logits.data(), .rows = 4, .vocab = 5, .row_stride = 5},
                        .target_parameters = parameters.data(),
                        .tokens = tokens.data(),
                        .sequences = 1,
                        .width = 3};
  verify_chain(good, results);
  const auto refuses = [&](auto change) {
    ChainBatch batch = good;
    change(batch);
    EXPECT_THROW(verify_chain(batch, results), Error);
  };
  refuses([](ChainBatch& b) { b.width = 4; });
  refuses([](ChainBatch& b) { b.tokens = nullptr; });
  refuses([](ChainBatch& b) { b.target_parameters = nullptr; });
  refuses([&](ChainBatch& b) { b.draft = b.target; });  // no parameters for it
  refuses([](ChainBatch& b) { b.sequences = 2; });
  std::vector<int32_t> parents = {-1, 0, 1};
  TreeDraft tree{.target = good.target,
                 .target_parameters = parameters.data(),
                 .tokens = tokens.data(),
                 .parents = parents.data(),
                 .nodes = 3};
  std::vector<int32_t> path(3);
  verify_tree(tree, path);
  EXPECT_THROW(verify_tree(tree, {path.data(), 2}), Error);
  parents[2] = 2;
  EXPECT_THROW(verify_tree(tree, path), Error);
  parents[2] = -1;
  EXPECT_THROW(verify_tree(tree, path), Error);
  tree.nodes = 0;
  EXPECT_THROW(verify_tree(tree, path), Error);
}

}  // namespace
}  // namespace tokrail
