#include "bindings/cli/sequence_oracle.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/compiled_grammar.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/regex_notation.h"
#include "tokenizers/spec.h"

namespace tokrail::cli {
namespace {

constexpr uint32_t kNowhere = std::numeric_limits<uint32_t>::max();
constexpr size_t kMostSequences = 1'000'000;
constexpr size_t kMostVisits = 20'000'000;

/// Whole tokens and an end; it decodes ids to their bytes.
TokenizerSpec spec_of(const SequenceCase& sequence_case) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTokenizerJson;
  spec.model.kind = ModelSpec::Kind::kWordLevel;
  spec.model.unk_id = 0;
  for (size_t id = 0; id < sequence_case.tokens.size(); ++id) {
    const bool end = id == sequence_case.end;
    spec.vocabulary.texts.push_back(sequence_case.tokens[id]);
    spec.vocabulary.kinds.push_back(end ? TokenKind::kControl : TokenKind::kNormal);
    if (!end) continue;
    AddedToken added;
    added.id = static_cast<TokenId>(id);
    added.content = sequence_case.tokens[id];
    added.special = true;
    spec.added_tokens.push_back(added);
    spec.roles.eos = {added.id};
  }
  DecoderStep fuse;
  fuse.kind = DecoderStep::Kind::kFuse;
  spec.decoders.push_back(fuse);
  return spec;
}

Grammar grammar_of(const SequenceCase& sequence_case) {
  if (sequence_case.constraint_kind == TextConstraintKind::kGbnf)
    return read_gbnf(sequence_case.constraint);
  // Both kinds of pattern speak of characters, and the engine works on their bytes.
  Grammar grammar;
  const RuleId root = grammar.add_rule("regex");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), sequence_case.constraint)));
  grammar.set_start(root);
  return grammar;
}

/// What a prefix tree of valid sequences allows.
class TreeConstraint final : public Constraint {
 public:
  TreeConstraint(const std::vector<SequenceOracle::TreeNode>& tree, size_t vocab, TokenId end)
      : tree_(&tree), vocab_(vocab), end_(end) {
    path_.push_back(0);
  }

  std::unique_ptr<Constraint> fork() const override {
    return std::make_unique<TreeConstraint>(*this);
  }
  size_t vocab_size() const noexcept override { return vocab_; }
  std::span<const TokenId> end_ids() const noexcept override { return {&end_, 1}; }
  bool accept(TokenId id) noexcept override {
    const auto child = here().children.find(id);
    if (child == here().children.end()) return false;
    path_.push_back(child->second);
    return true;
  }
  bool rollback(size_t steps) noexcept override {
    if (steps >= path_.size()) return false;
    path_.resize(path_.size() - steps);
    return true;
  }
  size_t steps() const noexcept override { return path_.size() - 1; }
  bool allows(TokenId id) const noexcept override { return here().children.contains(id); }
  MaskStatus fill_mask(std::span<uint32_t> mask, size_t,
                       const std::atomic<bool>*) const noexcept override {
    mask_clear_all(mask);
    for (const auto& child : here().children) mask_set(mask, child.first);
    return here().children.empty() ? MaskStatus::kDead : MaskStatus::kOk;
  }
  bool is_complete() const noexcept override { return here().children.contains(end_); }
  bool is_finished() const noexcept override {
    return is_complete() && here().children.size() == 1;
  }
  bool is_ended() const noexcept override { return here().sequence >= 0; }

 private:
  const SequenceOracle::TreeNode& here() const noexcept { return (*tree_)[path_.back()]; }

  const std::vector<SequenceOracle::TreeNode>* tree_;
  size_t vocab_;
  TokenId end_;
  std::vector<uint32_t> path_;
};

/// The last order - 1 ids, the start of the text where there are fewer.
std::vector<int64_t> context_of(size_t order, std::span<const TokenId> ids) {
  std::vector<int64_t> context(order - 1, SequenceCase::kStart);
  const size_t taken = std::min(ids.size(), context.size());
  for (size_t i = 0; i < taken; ++i)
    context[context.size() - 1 - i] = static_cast<int64_t>(ids[ids.size() - 1 - i]);
  return context;
}

const std::vector<double>& row_of(const SequenceCase& sequence_case, std::span<const TokenId> ids) {
  const auto row = sequence_case.rows.find(context_of(sequence_case.order, ids));
  if (row == sequence_case.rows.end())
    throw Error(ErrorCode::kInvalidFile, "expected probabilities behind every context that can be",
                "/lm/probs");
  return row->second;
}

/// Walks all prefixes that the grammar and the model allow.
class Enumeration {
 public:
  Enumeration(const SequenceCase& sequence_case, std::vector<ValidSequence>& valid)
      : case_(sequence_case),
        valid_(valid),
        constraint_(CompiledGrammar::compile(
            grammar_of(sequence_case),
            std::make_shared<MaskTables>(
                Tokenizer::from_spec(spec_of(sequence_case)).shared_vocabulary()))) {}

  // The depth is the case's length, which read_sampling_cases bounds.
  void walk(double prob) {
    if (++visits_ > kMostVisits || valid_.size() > kMostSequences)
      throw Error(ErrorCode::kBudgetExhausted, "too many sequences to enumerate", case_.id);
    if (ids_.size() == case_.max_tokens) return;
    const std::vector<double>& row = row_of(case_, ids_);
    for (TokenId id = 0; id < row.size(); ++id) {
      if (row[id] <= 0 || !constraint_.accept(id)) continue;
      ids_.push_back(id);
      if (id == case_.end)
        valid_.push_back({ids_, prob * row[id], 0});
      else
        walk(prob * row[id]);
      ids_.pop_back();
      constraint_.rollback(1);
    }
  }

 private:
  const SequenceCase& case_;
  std::vector<ValidSequence>& valid_;
  GrammarConstraint constraint_;
  std::vector<TokenId> ids_;
  size_t visits_ = 0;
};

}  // namespace

SequenceOracle::SequenceOracle(SequenceCase sequence_case) : case_(std::move(sequence_case)) {
  if (case_.max_tokens > 64)
    throw Error(ErrorCode::kInvalidFile, "expected at most 64", "/max_tokens_including_eos");
  for (const auto& [context, row] : case_.rows) {
    std::vector<float> logits(row.size());
    std::transform(row.begin(), row.end(), logits.begin(),
                   [](double p) { return static_cast<float>(std::log(p)); });
    rows_.emplace(context, std::move(logits));
  }
  enumerate();
  build_tree();
}

SequenceOracle::~SequenceOracle() = default;
SequenceOracle::SequenceOracle(SequenceOracle&&) noexcept = default;

void SequenceOracle::enumerate() {
  Enumeration(case_, valid_).walk(1);
  // Small ones first, so that they count.
  std::vector<double> probs;
  for (const ValidSequence& sequence : valid_) probs.push_back(sequence.prob);
  std::sort(probs.begin(), probs.end());
  for (const double prob : probs) mass_ += prob;
  for (ValidSequence& sequence : valid_) sequence.global = sequence.prob / mass_;
}

void SequenceOracle::build_tree() {
  tree_.emplace_back();
  for (size_t i = 0; i < valid_.size(); ++i) {
    uint32_t node = 0;
    for (const TokenId id : valid_[i].ids) {
      const auto child = tree_[node].children.find(id);
      if (child != tree_[node].children.end()) {
        node = child->second;
        continue;
      }
      const auto next = static_cast<uint32_t>(tree_.size());
      tree_[node].children.emplace(id, next);
      tree_.emplace_back();
      node = next;
    }
    tree_[node].sequence = static_cast<int64_t>(i);
  }
  // Children lie behind their parents. What a prefix can still become is a sum over sequences, each
  // with the probability of what follows the prefix.
  for (const ValidSequence& sequence : valid_) {
    uint32_t node = 0;
    double rest = sequence.prob;
    std::vector<TokenId> before;
    for (const TokenId id : sequence.ids) {
      tree_[node].future += rest;
      rest /= row_of(case_, before)[id];
      before.push_back(id);
      node = tree_[node].children.at(id);
    }
    tree_[node].future = 1;
  }
}

uint32_t SequenceOracle::node_at(std::span<const TokenId> ids) const {
  uint32_t node = 0;
  for (const TokenId id : ids) {
    const auto child = tree_[node].children.find(id);
    if (child == tree_[node].children.end()) return kNowhere;
    node = child->second;
  }
  return node;
}

double SequenceOracle::future(std::span<const TokenId> prefix) const {
  const uint32_t node = node_at(prefix);
  return node == kNowhere ? 0 : tree_[node].future;
}

double SequenceOracle::local(std::span<const TokenId> ids) const {
  double local = 1;
  for (size_t i = 0; i < ids.size(); ++i) {
    const uint32_t node = node_at(ids.first(i));
    if (node == kNowhere) return 0;
    const std::vector<double>& row = row_of(case_, ids.first(i));
    double mass = 0;
    for (const auto& child : tree_[node].children) mass += row[child.first];
    local *= tree_[node].children.contains(ids[i]) ? row[ids[i]] / mass : 0;
  }
  return local;
}

double SequenceOracle::expected_tests() const {
  // Over the prefixes that are no whole sequence: probability of coming there, times the tests.
  double tests = 0;
  std::vector<uint8_t> done(tree_.size(), 0);
  for (const ValidSequence& sequence : valid_) {
    const std::span<const TokenId> ids(sequence.ids);
    for (size_t i = 0; i < ids.size(); ++i) {
      const uint32_t node = node_at(ids.first(i));
      if (done[node] != 0) continue;
      done[node] = 1;
      const std::vector<double>& row = row_of(case_, ids.first(i));
      double mass = 0;
      for (const auto& child : tree_[node].children) mass += row[child.first];
      double here = 1;
      for (TokenId id = 0; id < row.size(); ++id)
        if (row[id] > 0 && !tree_[node].children.contains(id)) here += row[id] / (row[id] + mass);
      tests += local(ids.first(i)) * here;
    }
  }
  return tests;
}

Tokenizer SequenceOracle::tokenizer() const {
  return Tokenizer::from_spec(spec_of(case_));
}

std::unique_ptr<TableSource> SequenceOracle::source() const {
  auto source = std::make_unique<TableSource>(case_.tokens.size(), case_.order - 1);
  for (const auto& [context, row] : case_.rows) {
    std::vector<TokenId> ids;
    for (const int64_t id : context)
      if (id != SequenceCase::kStart) ids.push_back(static_cast<TokenId>(id));
    source->set(ids, row);
  }
  return source;
}

int64_t SequenceOracle::index_of(std::span<const TokenId> ids) const {
  const uint32_t node = node_at(ids);
  return node == kNowhere ? -1 : tree_[node].sequence;
}

std::unique_ptr<Constraint> SequenceOracle::constraint() const {
  return std::make_unique<TreeConstraint>(tree_, case_.tokens.size(), case_.end);
}

LogitsView SequenceOracle::logits(std::span<const TokenId> ids) const {
  const std::vector<float>& row = rows_.at(context_of(case_.order, ids));
  return {.data = row.data(), .rows = 1, .vocab = row.size(), .row_stride = row.size()};
}

WeightedSample SequenceOracle::weighted_sample(const StepOptions& options, uint32_t count,
                                               uint64_t seed) const {
  WeightedSample sample;
  std::vector<double> weights(valid_.size(), 0);
  double sum = 0;
  double squares = 0;
  StepSampler sampler(options);
  std::vector<TokenId> ids;
  for (uint32_t particle = 0; particle < count; ++particle) {
    TreeConstraint constraint(tree_, case_.tokens.size(), case_.end);
    sampler.reset();
    ids.clear();
    double log_weight = 0;
    while (!constraint.is_ended()) {
      PreparedRow row{.logits = logits(ids), .adjustments = {}, .parameters = {}};
      row.parameters.seed = seed;
      row.parameters.stream = particle;
      row.parameters.position = static_cast<uint32_t>(ids.size());
      const StepResult step = sampler.sample(row, &constraint);
      sample.tests += step.report.tests;
      log_weight += step.log_weight;
      if (step.status != StepStatus::kOk || !constraint.accept(step.token)) break;
      ids.push_back(step.token);
    }
    const uint32_t node = node_at(ids);
    if (node == kNowhere || tree_[node].sequence < 0) continue;
    const double weight = std::exp(log_weight);
    weights[static_cast<size_t>(tree_[node].sequence)] += weight;
    sum += weight;
    squares += weight * weight;
  }
  const double n = count;
  sample.mass = sum / n;
  sample.mass_error = std::sqrt(std::max(squares / n - sample.mass * sample.mass, 0.0) / n);
  sample.effective = squares > 0 ? sum * sum / squares / n : 0;
  sample.tests /= n;
  for (size_t i = 0; i < valid_.size(); ++i)
    sample.total_variation += std::fabs(weights[i] / sum - valid_[i].global) / 2;
  return sample;
}

ExactSample SequenceOracle::exact_sample(ExactSampler& sampler, uint32_t count,
                                         uint64_t seed) const {
  ExactSample sample;
  sample.counts.assign(valid_.size(), 0);
  std::vector<TokenId> ids;
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t attempt = 0;
    TreeConstraint constraint(tree_, case_.tokens.size(), case_.end);
    ids.clear();
    sampler.begin(attempt);
    ++sample.attempts;
    while (!constraint.is_ended()) {
      PreparedRow row{.logits = logits(ids), .adjustments = {}, .parameters = {}};
      row.parameters.seed = seed;
      row.parameters.stream = i;
      row.parameters.position = static_cast<uint32_t>(ids.size());
      const ExactStep step = sampler.step(row, constraint);
      if (step.status != StepStatus::kOk) return sample;
      if (!step.accepted) {
        sampler.begin(++attempt);
        ++sample.attempts;
        constraint.reset();
        ids.clear();
        continue;
      }
      constraint.accept(step.token);
      ids.push_back(step.token);
    }
    ++sample.counts[static_cast<size_t>(tree_[node_at(ids)].sequence)];
  }
  judge(sample);
  sample.nodes = sampler.nodes();
  return sample;
}

void SequenceOracle::judge(ExactSample& sample) const {
  double pooled = 0;
  double pooled_expected = 0;
  double n = 0;
  for (const uint64_t count : sample.counts) n += static_cast<double>(count);
  for (size_t i = 0; i < valid_.size(); ++i) {
    const double expected = valid_[i].global * n;
    const auto seen = static_cast<double>(sample.counts[i]);
    sample.total_variation += std::fabs(seen - expected) / n / 2;
    if (expected < 10) {
      pooled += seen;
      pooled_expected += expected;
    } else {
      sample.chi_square += (seen - expected) * (seen - expected) / expected;
      ++sample.cells;
    }
  }
  if (pooled_expected > 0) {
    sample.chi_square += (pooled - pooled_expected) * (pooled - pooled_expected) / pooled_expected;
    ++sample.cells;
  }
  sample.p_value = sample.cells > 1
                       ? chi_square_tail(sample.chi_square, static_cast<double>(sample.cells - 1))
                       : 1;
}

// The regularised upper incomplete gamma function: by its series below the mean, by its continued
// fraction (Lentz) above.
double chi_square_tail(double value, double freedom) {
  const double a = freedom / 2;
  const double x = value / 2;
  if (!(x > 0)) return 1;
  const double scale = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {
    double term = 1 / a;
    double sum = term;
    for (int n = 1; n < 10000 && term > sum * 1e-16; ++n) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - scale * sum;
  }
  double b = x + 1 - a;
  double c = 1e300;
  double d = 1 / b;
  double h = d;
  for (int n = 1; n < 10000; ++n) {
    const double step = -n * (n - a);
    b += 2;
    d = 1 / (step * d + b);
    c = b + step / c;
    const double factor = d * c;
    h *= factor;
    if (std::fabs(factor - 1) < 1e-15) break;
  }
  return scale * h;
}

}  // namespace tokrail::cli
