#include "decoding/logits/verify.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "decoding/logits/row_distribution.h"
#include "decoding/logits/rows.h"

namespace tokrail {
namespace {

using logit_math::accept_draw;
using logit_math::kBlock;
using logit_math::kGroupBlocks;
using logit_math::kLanes;
using logit_math::kWord;
using logit_math::residual_draw;
using logit_math::row_draw;
using logit_math::RowDistribution;
using logit_math::RowInput;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

// Probabilities of all tokens of a row in double, padded with 0 to whole blocks.
class Dense {
 public:
  void take(RowDistribution& row) {
    values_.resize(row.input().blocks() * kBlock);
    for (size_t b = 0; b < row.input().blocks(); ++b) row.probabilities(b, &values_[b * kBlock]);
  }

  double operator[](TokenId id) const noexcept { return id < values_.size() ? values_[id] : 0; }

  /// Becomes norm(relu(this - other)); false, and unchanged, where nothing would be left.
  bool subtract(const Dense& other) {
    spare_ = values_;
    for (size_t i = 0; i < values_.size(); ++i) {
      values_[i] = std::max(0.0, values_[i] - other.values_[i]);
    }
    return normalise();
  }

  /// Loses `id` and is renormalised; false, and unchanged, where nothing would be left.
  bool remove(TokenId id) {
    spare_ = values_;
    if (id < values_.size()) values_[id] = 0;
    return normalise();
  }

  TokenId draw(double u) {
    double target = u * add_up();
    const size_t group =
        logit_math::pick(groups_.size(), target, [&](size_t g) { return groups_[g]; });
    if (group == groups_.size()) return kNoToken;
    const size_t first = group * kGroupBlocks;
    const size_t blocks = std::min(kGroupBlocks, blocks_.size() - first);
    const size_t block =
        first + logit_math::pick(blocks, target, [&](size_t b) { return blocks_[first + b]; });
    const double* values = &values_[block * kBlock];
    const size_t word = logit_math::pick(kBlock / kWord, target, [&](size_t w) {
      double lanes[kWord];
      std::copy_n(values + w * kWord, kWord, lanes);
      return logit_math::fold(lanes, kWord);
    });
    const size_t at =
        logit_math::pick(kWord, target, [&](size_t i) { return values[word * kWord + i]; });
    return static_cast<TokenId>(block * kBlock + word * kWord + at);
  }

 private:
  // Sums of the blocks and groups, and the total.
  double add_up() {
    const size_t count = values_.size() / kBlock;
    blocks_.resize(count);
    groups_.assign((count + kGroupBlocks - 1) / kGroupBlocks, 0);
    double total = 0;
    for (size_t b = 0; b < count; ++b) {
      double lanes[kLanes] = {};
      const double* values = &values_[b * kBlock];
      for (size_t i = 0; i < kBlock; ++i) lanes[i % kLanes] += values[i];
      blocks_[b] = logit_math::fold(lanes, kLanes);
      groups_[b / kGroupBlocks] += blocks_[b];
    }
    for (const double group : groups_) total += group;
    return total;
  }

  bool normalise() {
    const double total = add_up();
    if (!(total > 0)) {
      std::swap(values_, spare_);
      return false;
    }
    for (double& value : values_) value /= total;
    return true;
  }

  std::vector<double> values_;
  std::vector<double> spare_;
  std::vector<double> blocks_;
  std::vector<double> groups_;
};

// What both kinds of draft share: the target's rows, one after the other.
struct Target {
  const LogitsView& logits;
  const MaskView& masks;
  const AdjustmentsView& adjustments;
  const RowParameters* parameters;

  RowInput input(size_t row) const {
    return logit_math::row_input(logits, masks, adjustments, parameters[row], row);
  }
};

RowInput draft_input(const LogitsView& logits, size_t row, const RowParameters& parameters,
                     const RowInput& target, bool masked) {
  RowInput input = logit_math::row_input(logits, {}, {}, parameters, row);
  if (masked) input.mask = target.mask;
  return input;
}

double uniform(const RowParameters& p, const DrawName& name) {
  return CounterRandom(p.seed).uniform(name);
}

// The draw that plain decoding would make.
TokenId plain_draw(RowDistribution& row) {
  if (row.empty()) return kNoToken;
  const RowParameters& p = row.input().parameters;
  return row.draw(row.is_point() ? 0 : uniform(p, row_draw(p)));
}

float log_prob_of(const RowDistribution& row, TokenId token) {
  if (token == kNoToken) return -logit_math::kInfinity;
  return static_cast<float>(row.log_prob(row.input().logit(token)));
}

template <typename Result>
void finish(const RowDistribution& row, TokenId token, Result& result) {
  result.token = token;
  result.flags = row.flags();
  result.log_prob = log_prob_of(row, token);
}

class ChainVerifier {
 public:
  explicit ChainVerifier(const ChainBatch& batch)
      : batch_(batch),
        target_{batch.target, batch.masks, batch.adjustments, batch.target_parameters} {}

  ChainResult verify(size_t sequence) {
    ChainResult result;
    const size_t first = sequence * (batch_.width + size_t{1});
    const size_t first_draft = sequence * batch_.width;
    const uint32_t length =
        batch_.lengths == nullptr ? batch_.width : std::min(batch_.lengths[sequence], batch_.width);
    for (uint32_t i = 0;; ++i) {
      const RowInput input = target_.input(first + i);
      row_.prepare(input, {});
      if (i == length || batch_.rule == VerifyRule::kMatch) {
        const TokenId token = plain_draw(row_);
        if (i < length && token == batch_.tokens[first_draft + i] && token != kNoToken) {
          ++result.accepted;
          continue;
        }
        finish(row_, token, result);
        return result;
      }
      const TokenId drafted = batch_.tokens[first_draft + i];
      if (row_.empty() || !passes(input, first_draft + i, drafted)) {
        finish(row_, row_.empty() ? kNoToken : residual(input, drafted), result);
        return result;
      }
      ++result.accepted;
    }
  }

 private:
  bool has_draft() const { return batch_.draft.data != nullptr; }

  bool passes(const RowInput& input, size_t draft_row, TokenId drafted) {
    double chance = 1;
    if (has_draft()) {
      draft_.prepare(draft_input(batch_.draft, draft_row, batch_.draft_parameters[draft_row], input,
                                 batch_.draft_is_masked),
                     {});
      chance = draft_.probability(drafted);
    }
    const double u = uniform(input.parameters, accept_draw(input.parameters, 0));
    return u * chance < row_.probability(drafted);
  }

  TokenId residual(const RowInput& input, TokenId drafted) {
    rest_.take(row_);
    if (has_draft()) {
      taken_.take(draft_);
      rest_.subtract(taken_);
    } else {
      rest_.remove(drafted);
    }
    return rest_.draw(uniform(input.parameters, residual_draw(input.parameters)));
  }

  const ChainBatch& batch_;
  Target target_;
  RowDistribution row_;
  RowDistribution draft_;
  Dense rest_;
  Dense taken_;
};

class TreeVerifier {
 public:
  explicit TreeVerifier(const TreeDraft& draft)
      : tree_(draft),
        target_{draft.target, draft.masks, draft.adjustments, draft.target_parameters} {}

  TreeResult verify(std::span<int32_t> path) {
    TreeResult result;
    size_t node = 0;
    for (;;) {
      const RowInput input = target_.input(node);
      row_.prepare(input, {});
      TokenId token = kNoToken;
      const size_t child =
          tree_.rule == VerifyRule::kMatch ? match(node, token) : try_children(input, node, token);
      if (child == 0) {
        finish(row_, token, result);
        return result;
      }
      path[result.accepted++] = static_cast<int32_t>(child);
      node = child;
    }
  }

 private:
  // The next child of `node` after `from`, or 0.
  size_t next_child(size_t node, size_t from) const {
    for (size_t i = from + 1; i < tree_.nodes; ++i) {
      if (static_cast<size_t>(tree_.parents[i]) == node) return i;
    }
    return 0;
  }

  size_t match(size_t node, TokenId& token) {
    token = plain_draw(row_);
    if (token == kNoToken) return 0;
    for (size_t child = next_child(node, node); child != 0; child = next_child(node, child)) {
      if (tree_.tokens[child] == token) return child;
    }
    return 0;
  }

  bool prepare_draft(const RowInput& input, size_t node) {
    if (tree_.siblings == SiblingKind::kDeterministic || tree_.draft.data == nullptr) return false;
    const int64_t row =
        tree_.draft_row == nullptr ? static_cast<int64_t>(node) : tree_.draft_row[node];
    if (row < 0) return false;
    const size_t number = static_cast<size_t>(row);
    draft_.prepare(draft_input(tree_.draft, number, tree_.draft_parameters[number], input,
                               tree_.draft_is_masked),
                   {});
    taken_.take(draft_);
    return true;
  }

  // The first child that passes; else 0 and a token from what is left.
  size_t try_children(const RowInput& input, size_t node, TokenId& token) {
    size_t child = next_child(node, node);
    if (child == 0 || row_.empty()) {
      token = plain_draw(row_);
      return 0;
    }
    const bool drawn = prepare_draft(input, node);
    rest_.take(row_);
    for (uint32_t sibling = 0; child != 0; child = next_child(node, child), ++sibling) {
      const TokenId drafted = tree_.tokens[child];
      const double u = uniform(input.parameters, accept_draw(input.parameters, sibling));
      if (u * (drawn ? taken_[drafted] : 1) < rest_[drafted]) return child;
      if (!drawn) {
        rest_.remove(drafted);
        continue;
      }
      rest_.subtract(taken_);
      if (tree_.siblings == SiblingKind::kWithoutReplacement) taken_.remove(drafted);
    }
    token = rest_.draw(uniform(input.parameters, residual_draw(input.parameters)));
    return 0;
  }

  const TreeDraft& tree_;
  Target target_;
  RowDistribution row_;
  RowDistribution draft_;
  Dense rest_;
  Dense taken_;
};

void check_target(const LogitsView& target, const MaskView& masks,
                  const AdjustmentsView& adjustments, const RowParameters* parameters,
                  const LogitsView& draft, const RowParameters* draft_parameters) {
  logit_math::check_batch(
      {.logits = target, .masks = masks, .adjustments = adjustments, .parameters = parameters});
  if (draft.data == nullptr) return;
  logit_math::check_logits(draft);
  if (draft.vocab != target.vocab) {
    refuse("expected a draft of " + std::to_string(target.vocab) + " tokens, got " +
           std::to_string(draft.vocab));
  }
  if (draft_parameters == nullptr) refuse("expected parameters for each row of the draft");
}

void check_tree(const TreeDraft& draft, size_t room) {
  check_target(draft.target, draft.masks, draft.adjustments, draft.target_parameters, draft.draft,
               draft.draft_parameters);
  if (draft.nodes == 0 || draft.target.rows < draft.nodes) {
    refuse("expected a root and one target row per node, got " + std::to_string(draft.nodes) +
           " nodes and " + std::to_string(draft.target.rows) + " rows");
  }
  if (room < draft.nodes) {
    refuse("expected room for a path of " + std::to_string(draft.nodes) + " nodes, got " +
           std::to_string(room));
  }
  if (draft.parents == nullptr || (draft.tokens == nullptr && draft.nodes > 1)) {
    refuse("expected parents and tokens of the nodes, got a null pointer");
  }
  for (size_t i = 1; i < draft.nodes; ++i) {
    if (draft.parents[i] < 0 || static_cast<size_t>(draft.parents[i]) >= i) {
      refuse("expected the parent of node " + std::to_string(i) + " before it, got " +
             std::to_string(draft.parents[i]));
    }
  }
  for (size_t i = 0; draft.draft.data != nullptr && i < draft.nodes; ++i) {
    const int64_t row = draft.draft_row == nullptr ? static_cast<int64_t>(i) : draft.draft_row[i];
    if (draft.siblings == SiblingKind::kDeterministic) break;
    bool is_parent = false;
    for (size_t j = i + 1; j < draft.nodes; ++j) {
      is_parent = is_parent || static_cast<size_t>(draft.parents[j]) == i;
    }
    if (is_parent && row >= static_cast<int64_t>(draft.draft.rows)) {
      refuse("expected a draft row below " + std::to_string(draft.draft.rows) + " for node " +
             std::to_string(i) + ", got " + std::to_string(row));
    }
  }
}

}  // namespace

void verify_chain(const ChainBatch& batch, std::span<ChainResult> results, int threads) {
  check_target(batch.target, batch.masks, batch.adjustments, batch.target_parameters, batch.draft,
               batch.draft_parameters);
  if (results.size() != batch.sequences) {
    refuse("expected room for " + std::to_string(batch.sequences) + " results, got " +
           std::to_string(results.size()));
  }
  if (batch.sequences == 0) return;
  const size_t rows = batch.sequences * (batch.width + size_t{1});
  const size_t draft_rows = batch.sequences * batch.width;
  if (batch.target.rows < rows) {
    refuse("expected " + std::to_string(rows) + " target rows, got " +
           std::to_string(batch.target.rows));
  }
  if (batch.draft.data != nullptr && batch.draft.rows < draft_rows) {
    refuse("expected " + std::to_string(draft_rows) + " draft rows, got " +
           std::to_string(batch.draft.rows));
  }
  if (batch.tokens == nullptr && draft_rows > 0) refuse("expected drafted tokens");
  logit_math::for_rows(batch.sequences, batch.target.vocab * (batch.width + size_t{1}), threads,
                       [&](size_t begin, size_t end) {
                         ChainVerifier verifier(batch);
                         for (size_t s = begin; s < end; ++s) results[s] = verifier.verify(s);
                       });
}

TreeResult verify_tree(const TreeDraft& draft, std::span<int32_t> path) {
  check_tree(draft, path.size());
  return TreeVerifier(draft).verify(path);
}

}  // namespace tokrail
