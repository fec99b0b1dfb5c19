#include "decoding/rejection/step_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/bitset.h"
#include "decoding/rejection/row_proposals.h"

namespace tokrail {
namespace {

constexpr double kNegativeInfinity = -std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Below this many allowed tokens they are weighed one by one instead of summing all the others.
constexpr size_t kFewAllowed = 256;

/// Asks the constraint, which knows nothing of estimators.
class ConstraintTest final : public TokenTest {
 public:
  explicit ConstraintTest(const Constraint& constraint) noexcept : constraint_(&constraint) {}
  bool allows(TokenId id) noexcept override { return constraint_->allows(id); }

 private:
  const Constraint* constraint_;
};

bool has_filters(const RowParameters& parameters) noexcept {
  return parameters.top_k > 0 || parameters.top_p < 1 || parameters.min_p > 0;
}

StepStatus status_of(MaskStatus status) noexcept {
  switch (status) {
    case MaskStatus::kOk: return StepStatus::kOk;
    case MaskStatus::kDead:
    case MaskStatus::kRefused: return StepStatus::kDeadEnd;
    case MaskStatus::kFuel: return StepStatus::kFuel;
    case MaskStatus::kCancelled: return StepStatus::kCancelled;
    case MaskStatus::kFailed: return StepStatus::kConstraintFailed;
  }
  return StepStatus::kConstraintFailed;
}

/// How many tests this sequence's steps needed of late: a mean that leans on the last few, from
/// which kAdaptive learns that the text is where few tokens are allowed.
class TestHistory {
 public:
  /// Whether to make the mask at once, given that it costs `budget` tests.
  bool is_tight(double budget) noexcept {
    if (mean_ <= budget) return false;
    return ++masks_in_a_row_ % kRetry != 0;
  }
  void note(double tests) noexcept { mean_ += kRate * (tests - mean_); }
  void note_rejection(double tests) noexcept {
    masks_in_a_row_ = 0;
    note(tests);
  }

 private:
  static constexpr double kRate = 0.35;  // two steps that ran out in a row are enough
  static constexpr uint32_t kRetry = 16;

  double mean_ = 1;
  uint32_t masks_in_a_row_ = 0;
};

}  // namespace

std::string_view step_mode_name(StepMode mode) noexcept {
  switch (mode) {
    case StepMode::kMask: return "mask";
    case StepMode::kReject: return "reject";
    case StepMode::kRejectWeighted: return "reject_weighted";
    case StepMode::kAdaptive: return "adaptive";
    case StepMode::kExact: return "exact";
  }
  return "unknown";
}

struct StepSampler::State {
  StepOptions options;
  TestHistory history;
  RowDraws draws;
  std::vector<uint32_t> mask;
  std::vector<Proposal> back;
  std::vector<std::pair<TokenId, double>> few;

  explicit State(const StepOptions& step_options) : options(step_options) {
    back.reserve(8);
    few.reserve(kFewAllowed);
  }

  bool usable(const PreparedRow& row) const noexcept;
  void reset_draws(const PreparedRow& row) noexcept;
  StepStatus fill_mask(const PreparedRow& row, const Constraint& constraint,
                       const std::atomic<bool>* cancel) noexcept;
  StepResult unconstrained(const PreparedRow& row) noexcept;
  StepResult masked_first(const PreparedRow& row) noexcept;
  StepResult masked_last(RowProposals& proposals) noexcept;
  StepResult from_few(RowProposals& proposals) noexcept;
  StepResult by_mask(const PreparedRow& row, const Constraint& constraint,
                     const std::atomic<bool>* cancel) noexcept;
  StepResult by_tests(const PreparedRow& row, const Constraint& constraint,
                      const std::atomic<bool>* cancel) noexcept;
  StepResult finish(const WeightedToken& found, const RowProposals& proposals,
                    bool weighted) const noexcept;
  WeightedToken estimate(RowProposals& proposals, ConstraintTest& test) const noexcept;
  StepResult adaptive(const PreparedRow& row, const Constraint& constraint,
                      const std::atomic<bool>* cancel) noexcept;
  StepResult step(const PreparedRow& row, const Constraint* constraint,
                  const std::atomic<bool>* cancel) noexcept;
};

bool StepSampler::State::usable(const PreparedRow& row) const noexcept {
  return row.logits.data != nullptr && row.logits.vocab > 0 && row.logits.rows > 0 &&
         row.logits.device == DeviceKind::kHost;
}

void StepSampler::State::reset_draws(const PreparedRow& row) noexcept {
  draws.reset({.logits = row.logits,
               .masks = {},
               .adjustments = row.adjustments,
               .parameters = &row.parameters},
              0);
}

StepStatus StepSampler::State::fill_mask(const PreparedRow& row, const Constraint& constraint,
                                         const std::atomic<bool>* cancel) noexcept {
  mask.resize(mask_words(row.logits.vocab));
  const MaskStatus status = constraint.fill_mask(mask, row.logits.vocab, cancel);
  if (!constraint.failure().empty()) return StepStatus::kConstraintFailed;
  return status_of(status);
}

StepResult StepSampler::State::unconstrained(const PreparedRow& row) noexcept {
  RowResult drawn;
  sample_masked({.logits = row.logits,
                 .masks = {},
                 .adjustments = row.adjustments,
                 .parameters = &row.parameters},
                {&drawn, 1}, 1);
  StepResult result;
  result.report = {.tests = 0,
                   .explored = 1,
                   .used = StepMode::kMask,
                   .reason = StepReason::kUnconstrained,
                   .weight_is_exact = true};
  if (drawn.token == kNoToken) {
    result.status = StepStatus::kBadLogits;
    result.log_weight = kNegativeInfinity;
    return result;
  }
  result.token = drawn.token;
  result.log_prob = drawn.log_prob;
  return result;
}

/// The mask before the filters, or without filters: one read of the row does all.
StepResult StepSampler::State::masked_first(const PreparedRow& row) noexcept {
  const bool whole_row = options.weighted || options.log_probs;
  RowResult drawn;
  sample_masked({.logits = row.logits,
                 .masks = {.words = mask.data(), .row_words = mask.size()},
                 .adjustments = row.adjustments,
                 .parameters = &row.parameters,
                 .outputs = whole_row ? uint32_t{kWithLogSumAll} : uint32_t{kMaskedOnly}},
                {&drawn, 1}, 1);
  StepResult result;
  if (drawn.token == kNoToken) {
    result.status =
        (drawn.flags & kRowBadParameters) != 0 ? StepStatus::kBadLogits : StepStatus::kDeadEnd;
    return result;
  }
  result.token = drawn.token;
  result.log_prob = whole_row ? drawn.log_prob_all : kNan;
  if (whole_row) {
    // Rounding of two sums over the same tokens must not make a weight above 1; a token with an
    // infinite logit has all mass, and the difference is no number.
    const double log_mass = double{drawn.log_sum} - double{drawn.log_sum_all};
    result.log_weight = std::isnan(log_mass) ? 0 : std::min(log_mass, 0.0);
  }
  return result;
}

/// Draws among few allowed tokens by their probabilities one by one.
StepResult StepSampler::State::from_few(RowProposals& proposals) noexcept {
  few.clear();
  double mass = 0;
  for (size_t id = mask_find_next(mask, 0); id != kMaskEnd; id = mask_find_next(mask, id + 1)) {
    const double log_prob = draws.log_prob(static_cast<TokenId>(id));
    if (!(log_prob > kNegativeInfinity)) continue;
    mass += std::exp(log_prob);
    few.emplace_back(static_cast<TokenId>(id), log_prob);
  }
  StepResult result;
  if (few.empty()) {
    result.status = StepStatus::kDeadEnd;
    return result;
  }
  double point = proposals.next_uniform() * mass;
  size_t chosen = 0;
  while (chosen + 1 < few.size() && (point -= std::exp(few[chosen].second)) >= 0) ++chosen;
  result.token = few[chosen].first;
  result.log_prob = few[chosen].second;
  result.log_weight = std::min(std::log(mass), 0.0);
  return result;
}

/// The mask put on what the filters left (and on what was not refused yet).
StepResult StepSampler::State::masked_last(RowProposals& proposals) noexcept {
  const size_t allowed = mask_count(mask);
  if (allowed <= kFewAllowed) return from_few(proposals);
  for (uint32_t& word : mask) word = ~word;  // bits behind the last id are not looked at
  draws.remove_mask(mask);
  StepResult result;
  const double mass = draws.remaining();
  const Draw draw = draws.next(proposals.next_uniform());
  if (draw.token == kNoToken) {
    result.status = StepStatus::kDeadEnd;
    return result;
  }
  result.token = draw.token;
  result.log_prob = draw.log_prob;
  result.log_weight = std::min(std::log(mass), 0.0);
  return result;
}

StepResult StepSampler::State::by_mask(const PreparedRow& row, const Constraint& constraint,
                                       const std::atomic<bool>* cancel) noexcept {
  StepResult result;
  const StepStatus status = fill_mask(row, constraint, cancel);
  if (status != StepStatus::kOk) {
    result.status = status;
  } else if (options.order == ConstraintOrder::kFirst && options.mode == StepMode::kMask) {
    result = masked_first(row);
  } else if (!has_filters(row.parameters)) {
    result = masked_first(row);
  } else {
    reset_draws(row);
    RowProposals proposals(draws, row.parameters, back, cancel);
    result = masked_last(proposals);
  }
  result.report = {.tests = 0,
                   .explored = 1,
                   .used = StepMode::kMask,
                   .reason = StepReason::kAsked,
                   .weight_is_exact = true};
  return result;
}

StepResult StepSampler::State::finish(const WeightedToken& found, const RowProposals& proposals,
                                      bool weighted) const noexcept {
  StepResult result;
  result.report.tests = found.tests;
  result.report.explored = std::min(found.explored, 1.0);
  result.report.used = weighted ? StepMode::kRejectWeighted : StepMode::kReject;
  result.report.weight_is_exact = found.exact;
  if (proposals.cancelled()) {
    result.status = StepStatus::kCancelled;
  } else if (!found.found) {
    result.status = StepStatus::kDeadEnd;
  } else {
    result.token = found.token;
    result.log_prob = draws.log_prob(found.token);
    if (weighted) result.log_weight = std::min(std::log(found.weight), 0.0);
  }
  return result;
}

WeightedToken StepSampler::State::estimate(RowProposals& proposals,
                                           ConstraintTest& test) const noexcept {
  switch (options.estimator) {
    case WeightEstimator::kDesRaj: return des_raj(proposals, test, options.des_raj);
    case WeightEstimator::kRecursive: return recursive(proposals, test, options.des_raj.max_tests);
    case WeightEstimator::kGeometric: return geometric(proposals, test, options.geometric);
    case WeightEstimator::kTwoLoop: return two_loop(proposals, test);
  }
  return {};
}

namespace {

/// The first accepted token of at most `most` tests (0: any number).
WeightedToken first_accepted(RowProposals& proposals, TokenTest& test, uint32_t most) noexcept {
  WeightedToken found;
  Proposal proposal;
  while (!found.found) {
    if (most != 0 && found.tests >= most) {
      found.gave_up = true;
      return found;
    }
    if (!proposals.next(proposal)) return found;
    ++found.tests;
    found.explored += proposal.prob;
    found.found = test.allows(proposal.token);
  }
  found.token = proposal.token;
  return found;
}

}  // namespace

StepResult StepSampler::State::by_tests(const PreparedRow& row, const Constraint& constraint,
                                        const std::atomic<bool>* cancel) noexcept {
  reset_draws(row);
  RowProposals proposals(draws, row.parameters, back, cancel);
  ConstraintTest test(constraint);
  const bool weighted = options.mode == StepMode::kRejectWeighted;
  return finish(weighted ? estimate(proposals, test) : first_accepted(proposals, test, 0),
                proposals, weighted);
}

// Tests as long as they cost less than a mask. What the mask then finishes has the same law, and
// its exact mass as weight, which is the mean of the weight given the tests made.
StepResult StepSampler::State::adaptive(const PreparedRow& row, const Constraint& constraint,
                                        const std::atomic<bool>* cancel) noexcept {
  const double vocab = static_cast<double>(row.logits.vocab);
  const double budget =
      constraint.mask_is_cheap() ? std::clamp(options.mask_cost, 1.0, vocab) : vocab;
  if (history.is_tight(budget)) {
    StepResult result = by_mask(row, constraint, cancel);
    result.report.reason = StepReason::kPastWasTight;
    // At most 1 / Z tests would have been needed on average, where Z was asked for.
    if ((options.weighted || options.log_probs) && result.status == StepStatus::kOk)
      history.note(std::min(std::exp(-result.log_weight), 2 * budget));
    return result;
  }
  reset_draws(row);
  RowProposals proposals(draws, row.parameters, back, cancel);
  ConstraintTest test(constraint);
  const auto first_tests = static_cast<uint32_t>(budget);
  DesRajOptions des_raj_options = options.des_raj;
  des_raj_options.first_tests = first_tests;
  const WeightedToken found = options.weighted ? des_raj(proposals, test, des_raj_options)
                                               : first_accepted(proposals, test, first_tests);
  if (!found.gave_up) {
    history.note_rejection(found.tests);
    StepResult result = finish(found, proposals, options.weighted);
    result.report.reason = StepReason::kFirstTests;
    return result;
  }
  history.note_rejection(2 * budget);
  StepResult result;
  result.status = fill_mask(row, constraint, cancel);
  if (result.status == StepStatus::kOk) result = masked_last(proposals);
  result.report = {.tests = found.tests,
                   .explored = 1,
                   .used = StepMode::kMask,
                   .reason = StepReason::kTestsRanOut,
                   .weight_is_exact = true};
  return result;
}

StepResult StepSampler::State::step(const PreparedRow& row, const Constraint* constraint,
                                    const std::atomic<bool>* cancel) noexcept {
  StepResult result;
  if (!usable(row)) {
    result.status = StepStatus::kBadLogits;
  } else if (constraint == nullptr) {
    return unconstrained(row);
  } else if (options.mode == StepMode::kMask) {
    result = by_mask(row, *constraint, cancel);
  } else if (options.mode == StepMode::kAdaptive) {
    result = adaptive(row, *constraint, cancel);
  } else {
    result = by_tests(row, *constraint, cancel);
  }
  if (result.status == StepStatus::kDeadEnd) {
    // Which of the two left nothing: the model, or the constraint.
    if (!constraint->failure().empty()) {
      result.status = StepStatus::kConstraintFailed;
    } else {
      reset_draws(row);
      if (!(draws.remaining() > 0)) result.status = StepStatus::kBadLogits;
    }
  }
  const bool weighted = options.mode == StepMode::kRejectWeighted ||
                        (options.weighted &&
                         (options.mode == StepMode::kMask || options.mode == StepMode::kAdaptive));
  if (!weighted) result.log_weight = 0;
  if (result.status != StepStatus::kOk) {
    result.log_weight = kNegativeInfinity;
  } else if (constraint != nullptr && constraint->has_weights()) {
    result.log_weight += constraint->log_weight(result.token);
  }
  return result;
}

StepSampler::StepSampler(const StepOptions& options) : state_(std::make_unique<State>(options)) {}

StepSampler::~StepSampler() = default;
StepSampler::StepSampler(StepSampler&&) noexcept = default;
StepSampler& StepSampler::operator=(StepSampler&&) noexcept = default;

StepSampler::StepSampler(const StepSampler& other)
    : state_(std::make_unique<State>(other.state_->options)) {
  state_->history = other.state_->history;
}

StepSampler& StepSampler::operator=(const StepSampler& other) {
  // Buffers hold nothing from one step to the next, so ours can stay.
  state_->options = other.state_->options;
  state_->history = other.state_->history;
  return *this;
}

StepResult StepSampler::sample(const PreparedRow& row, const Constraint* constraint,
                               const std::atomic<bool>* cancel) noexcept {
  return state_->step(row, constraint, cancel);
}

void StepSampler::reset() noexcept {
  state_->history = TestHistory{};
}

const StepOptions& StepSampler::options() const noexcept {
  return state_->options;
}

}  // namespace tokrail
