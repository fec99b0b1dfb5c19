// SequenceOracle: a sequence case worked out: all valid sequences with their exact posterior, and
// the step samplers and the exact sampler run on it.
//
//   SequenceOracle oracle(read_case);
//   oracle.mass();                          // Z, by adding up
//   const WeightedSample sample = oracle.weighted_sample({.mode = StepMode::kAdaptive}, 10000, 7);
//   sample.total_variation; sample.mass; sample.effective;
//
// The constraint is the case's grammar narrowed to what can still end within its length (a prefix
// tree of the valid sequences), as the case defines it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "bindings/cli/sampling_cases.h"
#include "decoding/models/table_source.h"
#include "decoding/rejection/exact_sampler.h"
#include "decoding/rejection/step_sampler.h"
#include "tokenizers/tokenizer.h"

namespace tokrail::cli {

struct ValidSequence {
  std::vector<TokenId> ids;  ///< the end included
  double prob = 0;           ///< of the model
  double global = 0;         ///< posterior
};

struct WeightedSample {
  double mass = 0;             ///< mean weight
  double mass_error = 0;       ///< its standard error
  double total_variation = 0;  ///< of the normalised weights against the posterior
  double effective = 0;        ///< (sum w)^2 / sum w^2 / particles
  double tests = 0;            ///< per particle
};

struct ExactSample {
  std::vector<uint64_t> counts;  ///< per valid sequence
  double chi_square = 0;         ///< cells with expectation below 10 pooled
  size_t cells = 0;
  double p_value = 0;
  double total_variation = 0;
  uint64_t attempts = 0;
  size_t nodes = 0;
};

class SequenceOracle {
 public:
  explicit SequenceOracle(SequenceCase sequence_case);
  ~SequenceOracle();
  SequenceOracle(SequenceOracle&&) noexcept;
  SequenceOracle(const SequenceOracle&) = delete;
  SequenceOracle& operator=(const SequenceOracle&) = delete;

  const SequenceCase& sequence_case() const noexcept { return case_; }
  const std::vector<ValidSequence>& valid() const noexcept { return valid_; }
  double mass() const noexcept { return mass_; }
  /// Probability that the model completes the prefix validly; 0 for what is no prefix.
  double future(std::span<const TokenId> prefix) const;
  /// Probability of drawing the sequence where every step is drawn from its allowed tokens.
  double local(std::span<const TokenId> ids) const;
  /// Tests of one sequence until it is complete, with the first accepted token taken each time.
  double expected_tests() const;

  /// What a Generator needs to run the case.
  std::unique_ptr<Constraint> constraint() const;
  Tokenizer tokenizer() const;
  std::unique_ptr<TableSource> source() const;
  /// Which valid sequence this is; -1: none.
  int64_t index_of(std::span<const TokenId> ids) const;

  /// Logits behind these ids: natural logarithms of the model's probabilities.
  LogitsView logits(std::span<const TokenId> ids) const;

  /// `count` sequences with the product of their steps' weights, without resampling.
  WeightedSample weighted_sample(const StepOptions& options, uint32_t count, uint64_t seed) const;
  /// Fills in what follows from the counts: chi-square, its p-value, total variation.
  void judge(ExactSample& sample) const;
  /// `count` samples that share what the sampler learns.
  ExactSample exact_sample(ExactSampler& sampler, uint32_t count, uint64_t seed) const;

  struct TreeNode {
    std::map<TokenId, uint32_t> children;
    double future = 0;
    int64_t sequence = -1;  ///< index of the valid sequence that ends here
  };

 private:
  void enumerate();
  void build_tree();
  uint32_t node_at(std::span<const TokenId> ids) const;

  SequenceCase case_;
  std::vector<ValidSequence> valid_;
  double mass_ = 0;
  std::vector<TreeNode> tree_;
  std::map<std::vector<int64_t>, std::vector<float>> rows_;
};

/// P(chi-square with `freedom` degrees of freedom >= value).
double chi_square_tail(double value, double freedom);

}  // namespace tokrail::cli
