#include "decoding/rejection/exact_sampler.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

#include "base/bitset.h"
#include "base/random.h"
#include "decoding/logits/draw_without_replacement.h"

namespace tokrail {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

/// A prefix that was visited: its last token, and what is known of what follows it.
struct Node {
  TokenId token = 0;
  uint32_t first_child = kNone;
  uint32_t next_sibling = kNone;
  bool expanded = false;  ///< a step was made from here, so `rest` is known
  double prob = 1;        ///< of the token, given the prefix before it
  double log_prob = 0;
  double bound = 1;  ///< no less than the valid part of what follows
  double rest = 1;   ///< mass of allowed tokens that are not children
};

/// The visited prefixes. Node 0 is the empty one.
class PrefixTrie {
 public:
  explicit PrefixTrie(size_t max_nodes) : max_nodes_(std::clamp<size_t>(max_nodes, 1, kNone - 1)) {
    nodes_.emplace_back();
  }

  Node& operator[](uint32_t index) noexcept { return nodes_[index]; }
  const Node& operator[](uint32_t index) const noexcept { return nodes_[index]; }
  size_t size() const noexcept { return nodes_.size(); }

  uint32_t find(uint32_t parent, TokenId token) const noexcept {
    const auto found = index_.find(key(parent, token));
    return found == index_.end() ? kNone : found->second;
  }

  /// kNone where there is no room.
  uint32_t add(uint32_t parent, TokenId token, double log_prob) {
    if (nodes_.size() >= max_nodes_) return kNone;
    const auto child = static_cast<uint32_t>(nodes_.size());
    nodes_.push_back({.token = token,
                      .next_sibling = nodes_[parent].first_child,
                      .prob = std::exp(log_prob),
                      .log_prob = log_prob});
    nodes_[parent].first_child = child;
    index_.emplace(key(parent, token), child);
    return child;
  }

  /// Sum over the children of p * bound.
  double children_mass(uint32_t parent) const noexcept {
    double mass = 0;
    for (uint32_t child = nodes_[parent].first_child; child != kNone;
         child = nodes_[child].next_sibling)
      mass += nodes_[child].prob * nodes_[child].bound;
    return mass;
  }

  /// The child that holds `point` of the line of their p * bound; for points within it.
  uint32_t child_at(uint32_t parent, double point) const noexcept {
    uint32_t chosen = kNone;
    for (uint32_t child = nodes_[parent].first_child; child != kNone;
         child = nodes_[child].next_sibling) {
      const double mass = nodes_[child].prob * nodes_[child].bound;
      if (mass <= 0) continue;
      chosen = child;
      if ((point -= mass) < 0) break;
    }
    return chosen;
  }

 private:
  static uint64_t key(uint32_t parent, TokenId token) noexcept {
    return uint64_t{parent} << 32 | token;
  }

  size_t max_nodes_;
  std::vector<Node> nodes_;
  std::unordered_map<uint64_t, uint32_t> index_;
};

}  // namespace

struct ExactSampler::State {
  ExactOptions options;
  PrefixTrie trie;
  std::vector<uint32_t> path{0};  ///< nodes from the empty prefix on
  bool remembered = true;         ///< the prefix under way is the end of `path`
  uint32_t attempt = 0;
  RowDraws draws;
  std::vector<uint32_t> mask;
  std::vector<TokenId> seen;

  explicit State(const ExactOptions& exact_options)
      : options(exact_options), trie(exact_options.max_nodes) {}

  void settle() noexcept;
  void give_up(double bound) noexcept;
  StepStatus take_out_refused(const PreparedRow& row, const Constraint& constraint) noexcept;
  void take_out_seen() noexcept;
  bool keeps(double sum, double bound, const PreparedRow& row) const noexcept;
  double uniform(const PreparedRow& row, Purpose purpose, uint32_t further = 0) const noexcept;
  void choose(const PreparedRow& row, const Constraint& constraint, double sum,
              ExactStep& step) noexcept;
  ExactStep step(const PreparedRow& row, const Constraint& constraint) noexcept;
};

/// Carries what was learnt at the end of the path to its beginning.
void ExactSampler::State::settle() noexcept {
  for (size_t i = path.size(); i-- > 0;) {
    Node& node = trie[path[i]];
    if (node.expanded) node.bound = std::min(node.bound, node.rest + trie.children_mass(path[i]));
  }
}

/// The attempt ends here; at most `bound` of what follows can be valid.
void ExactSampler::State::give_up(double bound) noexcept {
  if (remembered) {
    Node& node = trie[path.back()];
    node.bound = std::min(node.bound, bound);
    if (bound <= 0) {
      node.expanded = false;  // nothing below counts any more
      node.bound = 0;
    }
  }
  settle();
}

double ExactSampler::State::uniform(const PreparedRow& row, Purpose purpose,
                                    uint32_t further) const noexcept {
  const RowParameters& parameters = row.parameters;
  // Tests of one step, where there are any, draw far behind what attempts reach.
  return CounterRandom(parameters.seed)
      .uniform({.stream = parameters.stream,
                .position = parameters.position,
                .draw = parameters.draw + attempt + (further << 20),
                .purpose = purpose});
}

/// Takes the refused tokens out of the draws, where a mask can say which.
StepStatus ExactSampler::State::take_out_refused(const PreparedRow& row,
                                                 const Constraint& constraint) noexcept {
  if (!constraint.mask_is_cheap()) return StepStatus::kOk;
  mask.resize(mask_words(row.logits.vocab));
  const MaskStatus status = constraint.fill_mask(mask, row.logits.vocab);
  if (!constraint.failure().empty()) return StepStatus::kConstraintFailed;
  switch (status) {
    case MaskStatus::kOk: break;
    case MaskStatus::kDead:
    case MaskStatus::kRefused: std::fill(mask.begin(), mask.end(), 0); break;
    case MaskStatus::kFuel: return StepStatus::kFuel;
    case MaskStatus::kCancelled: return StepStatus::kCancelled;
    case MaskStatus::kFailed: return StepStatus::kConstraintFailed;
  }
  mask_invert(mask, row.logits.vocab);
  draws.remove_mask(mask);
  return StepStatus::kOk;
}

void ExactSampler::State::take_out_seen() noexcept {
  if (!remembered) return;
  seen.clear();
  for (uint32_t child = trie[path.back()].first_child; child != kNone;
       child = trie[child].next_sibling)
    seen.push_back(trie[child].token);
  if (!seen.empty()) draws.remove(seen);
}

/// The coin that makes up for a bound that was too high when this prefix was drawn.
bool ExactSampler::State::keeps(double sum, double bound, const PreparedRow& row) const noexcept {
  return options.mode == ExactMode::kExpectedFuture || sum >= bound ||
         uniform(row, Purpose::kAccept) * bound < sum;
}

/// Draws a token from p * bound; `sum` is the sum of these. Sets accepted, or throws away.
void ExactSampler::State::choose(const PreparedRow& row, const Constraint& constraint, double sum,
                                 ExactStep& step) noexcept {
  const uint32_t here = remembered ? path.back() : kNone;
  const double known = remembered ? trie.children_mass(here) : 0;
  const double point = uniform(row, Purpose::kToken) * sum;
  uint32_t child = kNone;
  if (remembered && (point < known || draws.remaining() <= 0)) child = trie.child_at(here, point);
  const bool tests = !constraint.mask_is_cheap();
  for (uint32_t further = 0; child == kNone; ++further) {
    const Draw draw = draws.next(uniform(row, Purpose::kResidual, further));
    if (draw.token == kNoToken) return give_up(known);
    if (remembered) {
      child = trie.add(here, draw.token, draw.log_prob);
      if (child != kNone) trie[here].rest = draw.remaining;
    }
    bool allowed = true;
    if (tests) {
      ++step.report.tests;
      step.report.explored += std::exp(draw.log_prob);
      allowed = constraint.allows(draw.token);
    }
    if (allowed) {
      step.token = draw.token;
      step.log_prob = draw.log_prob;
      step.accepted = true;
      remembered = child != kNone;
      break;
    }
    if (child != kNone) trie[child].bound = 0;
    child = kNone;
    // Without a coin that knew of this refusal the attempt is lost; the other mode tries again.
    if (options.mode == ExactMode::kExact) return settle();
  }
  if (!step.accepted) {
    step.token = trie[child].token;
    step.log_prob = trie[child].log_prob;
    step.accepted = true;
  }
  if (remembered) path.push_back(child);
}

ExactStep ExactSampler::State::step(const PreparedRow& row, const Constraint& constraint) noexcept {
  ExactStep step;
  step.report.used = StepMode::kExact;
  if (row.logits.data == nullptr || row.logits.vocab == 0 ||
      row.logits.device != DeviceKind::kHost) {
    step.status = StepStatus::kBadLogits;
    return step;
  }
  draws.reset({.logits = row.logits,
               .masks = {},
               .adjustments = row.adjustments,
               .parameters = &row.parameters},
              0);
  if (!(draws.remaining() > 0)) {
    step.status = StepStatus::kBadLogits;
    return step;
  }
  step.status = take_out_refused(row, constraint);
  if (step.status != StepStatus::kOk) return step;
  if (constraint.mask_is_cheap()) step.report.explored = 1;
  take_out_seen();
  double sum = draws.remaining();
  double bound = 1;
  if (remembered) {
    Node& node = trie[path.back()];
    bound = node.bound;
    node.rest = sum;
    node.expanded = true;
    sum += trie.children_mass(path.back());
    node.bound = std::min(bound, sum);
    // Nothing was drawn to come to the beginning, so no coin has to make up for it.
    if (path.size() == 1) bound = sum;
  }
  if (sum <= 0) {
    give_up(0);
  } else if (keeps(sum, bound, row)) {
    choose(row, constraint, sum, step);
  } else {
    settle();
  }
  if (!constraint.failure().empty())
    step.status = StepStatus::kConstraintFailed;
  else if (trie[0].bound <= 0)
    step.status = StepStatus::kDeadEnd;
  if (step.status != StepStatus::kOk) step.accepted = false;
  return step;
}

ExactSampler::ExactSampler(const ExactOptions& options)
    : state_(std::make_unique<State>(options)) {}
ExactSampler::~ExactSampler() = default;
ExactSampler::ExactSampler(ExactSampler&&) noexcept = default;
ExactSampler& ExactSampler::operator=(ExactSampler&&) noexcept = default;

void ExactSampler::begin(uint32_t attempt) {
  state_->settle();
  state_->path.assign(1, 0);
  state_->remembered = true;
  state_->attempt = attempt;
}

ExactStep ExactSampler::step(const PreparedRow& row, const Constraint& constraint) noexcept {
  return state_->step(row, constraint);
}

void ExactSampler::dead() noexcept {
  state_->give_up(0);
}

double ExactSampler::bound() const noexcept {
  return state_->trie[0].bound;
}

double ExactSampler::bound(std::span<const TokenId> prefix) const noexcept {
  uint32_t node = 0;
  for (const TokenId token : prefix) {
    node = state_->trie.find(node, token);
    if (node == kNone) return 1;
  }
  return state_->trie[node].bound;
}

size_t ExactSampler::nodes() const noexcept {
  return state_->trie.size();
}

}  // namespace tokrail
