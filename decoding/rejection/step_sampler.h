// StepSampler: one token of a sequence under a constraint, by mask or by rejection.
//
// Five ways, one law. With p the distribution of the chain of samplers and a the constraint:
//   kMask            a mask for all tokens, then one draw from p * a. The log of the mass Z that
//                    the mask left is reported, and is the exact weight.
//   kReject          tokens of p without replacement, the first that is allowed. Law p * a / Z.
//   kRejectWeighted  the same, with a weight w of mean Z (weight_estimators.h).
//   kAdaptive        rejection until a mask is the cheaper way to finish. The choice looks only at
//                    fixed costs and at this sequence's own past, so the weight stays proper; it is
//                    exactly Z when the mask was made.
//   kExact           whole sequences from the exact posterior: the work of exact_sampler.h; a
//                    StepSampler takes it for kReject.
// In all but kMask the samplers' filters come first and the constraint is put on what they leave
// (ConstraintOrder::kLast); kMask can also mask before the filters (kFirst).
//
//   StepSampler step({.mode = StepMode::kAdaptive});
//   const StepResult result = step.sample(row, constraint.get());
//
// Soft constraints (Constraint::has_weights) add log_weight(token) to the token's log-weight; the
// proposals do not look at it.
//
// The switch of kAdaptive is that of renting or buying: tests go on until they have cost as much as
// a mask (mask_cost), then the mask is made, at most twice the cost of the better way. Where this
// sequence's last steps ran out of tests again and again, the mask comes first; every sixteenth
// such step tries tests all the same, so that a past that was tight is not believed for ever. Where
// a mask costs a test of each token (Constraint::mask_is_cheap), tests go on.
//
// Complexity: kMask O(vocab) and a mask; kReject O(vocab) and some tests. Tests
// allocate nothing after the first step. Thread safety: an object belongs to one sequence at a time
// (it knows its past). Errors: Error(kInvalidArgument) for mode kExact; sample() throws nothing, a
// constraint that allows nothing is a status. Estimators with a limit (max_tests, max_rejections)
// answer kDeadEnd where the weight is 0 because the limit was reached.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "decoding/rejection/weight_estimators.h"
#include "decoding/samplers/sampler_chain.h"
#include "grammar/constraint.h"

namespace tokrail {

enum class StepMode : uint8_t { kMask, kReject, kRejectWeighted, kAdaptive, kExact };
enum class ConstraintOrder : uint8_t { kLast, kFirst };
enum class WeightEstimator : uint8_t { kDesRaj, kRecursive, kGeometric, kTwoLoop };

std::string_view step_mode_name(StepMode mode) noexcept;

struct StepOptions {
  StepMode mode = StepMode::kAdaptive;
  ConstraintOrder order = ConstraintOrder::kLast;
  WeightEstimator estimator = WeightEstimator::kDesRaj;
  DesRajOptions des_raj;
  GeometricOptions geometric;
  /// What a mask costs in tests of one token, for kAdaptive: rejection goes on for about as many.
  double mask_cost = 8;
  /// Whether kMask and kAdaptive have to give weights. Without them kAdaptive stops at the first
  /// accepted token and log_weight is 0.
  bool weighted = true;
  /// Whether log_prob is wanted of a mask's step. Where neither it nor a weight is, only the
  /// allowed logits are read, and log_prob is not a number.
  bool log_probs = true;
};

enum class StepStatus : uint8_t {
  kOk,
  kDeadEnd,    ///< the constraint and the filters leave nothing
  kBadLogits,  ///< no logit was a number above -inf, or the row's parameters are none
  kFuel,       ///< the constraint reached its limit of work
  kCancelled,
  kConstraintFailed,  ///< a user's function threw
};

/// Why a step went the way it did.
enum class StepReason : uint8_t {
  kAsked,          ///< the mode allows nothing else
  kFirstTests,     ///< few tests were enough
  kTestsRanOut,    ///< adaptive: the tests had cost as much as a mask
  kPastWasTight,   ///< adaptive: this sequence's last steps needed many tests
  kUnconstrained,  ///< there is no constraint
};

struct StepReport {
  uint32_t tests = 0;
  double explored = 0;  ///< mass of the tokens tested; 1 with a mask
  StepMode used = StepMode::kMask;
  StepReason reason = StepReason::kAsked;
  bool weight_is_exact = false;
};

struct StepResult {
  TokenId token = 0;
  StepStatus status = StepStatus::kOk;
  double log_weight = 0;  ///< log of the weight, soft weights included; 0 in unweighted modes
  double log_prob = 0;    ///< log p(token) in the chain's distribution, the constraint left out
  StepReport report;
};

class StepSampler {
 public:
  explicit StepSampler(const StepOptions& options = {});
  ~StepSampler();
  StepSampler(const StepSampler& other);  ///< with its past
  StepSampler& operator=(const StepSampler& other);
  StepSampler(StepSampler&&) noexcept;
  StepSampler& operator=(StepSampler&&) noexcept;

  /// `constraint` may be null. The draw's seed, stream and position are those of row.parameters.
  StepResult sample(const PreparedRow& row, const Constraint* constraint,
                    const std::atomic<bool>* cancel = nullptr) noexcept;
  void reset() noexcept;
  const StepOptions& options() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
