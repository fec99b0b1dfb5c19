// ExactSampler: whole sequences have the exact posterior, bounds fall to the exact expected future
// validity and never below it.
#include "decoding/rejection/exact_sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "bindings/cli/sequence_oracle.h"
#include "tests/support/shared_data.h"

namespace tokrail {
namespace {

using cli::ExactSample;
using cli::FutureMass;
using cli::SequenceCase;
using cli::SequenceOracle;

/// Two letters and an end; "aab" and "bb" and their like, at most 4 tokens.
SequenceCase own_case() {
  SequenceCase own;
  own.id = "own";
  own.tokens = {"a", "b", "</s>"};
  own.end = 2;
  own.order = 2;
  own.rows[{SequenceCase::kStart}] = {0.7, 0.25, 0.05};
  own.rows[{0}] = {0.5, 0.2, 0.3};
  own.rows[{1}] = {0.1, 0.3, 0.6};
  own.constraint = "root ::= \"a\" \"a\" \"b\"? | \"b\" (\"b\" | \"ab\")";
  own.max_tokens = 4;
  return own;
}

std::vector<SequenceOracle> oracles() {
  std::vector<SequenceOracle> all;
  all.emplace_back(own_case());
  for (const char* name : {"two_step_trap", "binary_five", "dyck_two", "ambiguous_tokens"}) {
    const auto path = test::find_shared_data("controlled/seq_" + std::string(name) + ".json");
    if (path) all.emplace_back(std::get<SequenceCase>(cli::read_sampling_cases(*path)));
  }
  return all;
}

TEST(ExactSampler, HasThePosterior) {
  for (const SequenceOracle& oracle : oracles()) {
    ExactSampler sampler;
    const ExactSample sample = oracle.exact_sample(sampler, 100000, 3);
    EXPECT_GT(sample.p_value, 1e-4) << oracle.sequence_case().id << " chi-square "
                                    << sample.chi_square << " of " << sample.cells << " cells";
    EXPECT_GE(sampler.bound(), oracle.mass() * (1 - 1e-6));
    EXPECT_LT(sampler.bound(), oracle.mass() * 1.05);
    // Memory makes nearly all attempts succeed.
    EXPECT_LT(sample.attempts, 110000U) << oracle.sequence_case().id;
  }
}

TEST(ExactSampler, IsExactFromTheFirstSampleOn) {
  // A new sampler for every sample: nothing is known, and still the law is right.
  const SequenceOracle oracle(own_case());
  std::vector<double> counts(oracle.valid().size());
  constexpr uint32_t kSamples = 40000;
  for (uint32_t i = 0; i < kSamples; ++i) {
    ExactSampler sampler;
    const ExactSample one = oracle.exact_sample(sampler, 1, 100 + i);
    for (size_t k = 0; k < counts.size(); ++k) counts[k] += static_cast<double>(one.counts[k]);
  }
  double chi_square = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    const double expected = oracle.valid()[k].global * kSamples;
    chi_square += (counts[k] - expected) * (counts[k] - expected) / expected;
  }
  EXPECT_GT(cli::chi_square_tail(chi_square, static_cast<double>(counts.size()) - 1), 1e-4);
}

TEST(ExactSampler, IsExactWithoutRoomToRemember) {
  for (const size_t room : {size_t{1}, size_t{4}, size_t{9}}) {
    const SequenceOracle oracle(own_case());
    ExactSampler sampler({.max_nodes = room});
    const ExactSample sample = oracle.exact_sample(sampler, 40000, 5);
    EXPECT_GT(sample.p_value, 1e-4) << room;
    EXPECT_LE(sampler.nodes(), room);
  }
}

TEST(ExactSampler, BoundsNeverFallBelowTheExactFuture) {
  for (const SequenceOracle& oracle : oracles()) {
    for (const ExactMode mode : {ExactMode::kExact, ExactMode::kExpectedFuture}) {
      ExactSampler sampler({.mode = mode});
      for (uint32_t round = 0; round < 40; ++round) {
        oracle.exact_sample(sampler, 5, 1000 + round);
        sampler.begin(0);
        for (const FutureMass& known : oracle.sequence_case().future) {
          EXPECT_GE(sampler.bound(known.prefix), known.mass - 1e-6 * known.mass - 1e-12)
              << oracle.sequence_case().id << " round " << round;
          EXPECT_NEAR(oracle.future(known.prefix), known.mass, 1e-9);
        }
        EXPECT_GE(sampler.bound(), oracle.mass() * (1 - 1e-6));
      }
    }
  }
}

TEST(ExactSampler, ExpectedFutureConverges) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "controlled/seq_binary_five.json");
  const SequenceOracle oracle(std::get<SequenceCase>(cli::read_sampling_cases(path)));
  ExactSampler sampler({.mode = ExactMode::kExpectedFuture});
  const ExactSample early = oracle.exact_sample(sampler, 20, 9);
  EXPECT_EQ(early.attempts, 20U);  // none is thrown away
  oracle.exact_sample(sampler, 5000, 10);
  const ExactSample late = oracle.exact_sample(sampler, 100000, 11);
  sampler.begin(0);
  for (const FutureMass& known : oracle.sequence_case().future)
    if (known.mass > 0) {
      EXPECT_NEAR(sampler.bound(known.prefix), known.mass, 1e-3);
    }
  EXPECT_NEAR(sampler.bound(), oracle.mass(), 1e-3);
  EXPECT_LT(late.total_variation, 0.02);
}

/// A constraint over a table of tokens that says its masks are dear.
class DearMasks final : public Constraint {
 public:
  explicit DearMasks(std::unique_ptr<Constraint> inner) : inner_(std::move(inner)) {}
  std::unique_ptr<Constraint> fork() const override {
    return std::make_unique<DearMasks>(inner_->fork());
  }
  size_t vocab_size() const noexcept override { return inner_->vocab_size(); }
  std::span<const TokenId> end_ids() const noexcept override { return inner_->end_ids(); }
  bool accept(TokenId id) noexcept override { return inner_->accept(id); }
  bool rollback(size_t steps) noexcept override { return inner_->rollback(steps); }
  size_t steps() const noexcept override { return inner_->steps(); }
  bool allows(TokenId id) const noexcept override { return inner_->allows(id); }
  MaskStatus fill_mask(std::span<uint32_t>, size_t,
                       const std::atomic<bool>*) const noexcept override {
    ADD_FAILURE() << "a mask was asked for";
    return MaskStatus::kFailed;
  }
  bool mask_is_cheap() const noexcept override { return false; }
  bool is_complete() const noexcept override { return inner_->is_complete(); }
  bool is_finished() const noexcept override { return inner_->is_finished(); }
  bool is_ended() const noexcept override { return inner_->is_ended(); }

 private:
  std::unique_ptr<Constraint> inner_;
};

PreparedRow row_for(const SequenceOracle& oracle, std::span<const TokenId> ids, uint64_t stream) {
  PreparedRow row{.logits = oracle.logits(ids), .adjustments = {}, .parameters = {}};
  row.parameters.seed = 21;
  row.parameters.stream = stream;
  row.parameters.position = static_cast<uint32_t>(ids.size());
  return row;
}

TEST(ExactSampler, WithoutMasksTestsAreEnough) {
  const SequenceOracle oracle(own_case());
  for (const ExactMode mode : {ExactMode::kExact, ExactMode::kExpectedFuture}) {
    ExactSampler sampler({.mode = mode});
    std::vector<double> counts(oracle.valid().size());
    constexpr uint32_t kSamples = 30000;
    for (uint32_t i = 0; i < kSamples; ++i) {
      DearMasks constraint(oracle.constraint());
      std::vector<TokenId> ids;
      uint32_t attempt = 0;
      sampler.begin(0);
      while (!constraint.is_ended()) {
        const ExactStep step = sampler.step(row_for(oracle, ids, i), constraint);
        ASSERT_EQ(step.status, StepStatus::kOk);
        if (step.accepted) {
          ASSERT_TRUE(constraint.accept(step.token));
          ids.push_back(step.token);
        } else {
          sampler.begin(++attempt);
          constraint.reset();
          ids.clear();
        }
      }
      for (size_t k = 0; k < counts.size(); ++k) counts[k] += oracle.valid()[k].ids == ids ? 1 : 0;
    }
    double chi_square = 0;
    for (size_t k = 0; k < counts.size(); ++k) {
      const double expected = oracle.valid()[k].global * kSamples;
      chi_square += (counts[k] - expected) * (counts[k] - expected) / expected;
    }
    if (mode == ExactMode::kExact) {
      EXPECT_GT(cli::chi_square_tail(chi_square, static_cast<double>(counts.size()) - 1), 1e-4);
    }
    sampler.begin(0);
    EXPECT_NEAR(sampler.bound(), oracle.mass(), 0.02);
    EXPECT_GE(sampler.bound(), oracle.mass() - 1e-7);
  }
}

TEST(ExactSampler, DeadPrefixesAreNotProposedAgain) {
  const SequenceOracle oracle(own_case());
  ExactSampler sampler;
  sampler.begin(0);
  const std::unique_ptr<Constraint> constraint = oracle.constraint();
  const ExactStep first = sampler.step(row_for(oracle, {}, 0), *constraint);
  ASSERT_TRUE(first.accepted);
  sampler.dead();
  for (uint32_t attempt = 1; attempt < 200; ++attempt) {
    sampler.begin(attempt);
    const ExactStep step = sampler.step(row_for(oracle, {}, 0), *constraint);
    if (step.accepted) {
      EXPECT_NE(step.token, first.token);
    }
  }
}

TEST(ExactSampler, NothingValidIsAStatus) {
  SequenceCase none = own_case();
  none.constraint = "root ::= \"aaaaaaaa\"";  // longer than there is room for
  const SequenceOracle oracle(std::move(none));
  EXPECT_TRUE(oracle.valid().empty());
  ExactSampler sampler;
  sampler.begin(0);
  const std::unique_ptr<Constraint> constraint = oracle.constraint();
  EXPECT_EQ(sampler.step(row_for(oracle, {}, 0), *constraint).status, StepStatus::kDeadEnd);
  EXPECT_EQ(sampler.bound(), 0);
  EXPECT_EQ(sampler.step({}, *constraint).status, StepStatus::kBadLogits);
  const std::vector<float> nothing(3, -std::numeric_limits<float>::infinity());
  const PreparedRow row{.logits = {.data = nothing.data(), .rows = 1, .vocab = 3, .row_stride = 3},
                        .adjustments = {},
                        .parameters = {}};
  EXPECT_EQ(sampler.step(row, *constraint).status, StepStatus::kBadLogits);
}

}  // namespace
}  // namespace tokrail
