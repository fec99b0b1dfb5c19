#include "decoding/logits/cuda_operations.h"
#include "decoding/logits/cuda_residual.cuh"
#include "decoding/logits/cuda_row_threads.cuh"
#include "decoding/logits/verify.h"

namespace tokrail::cuda {

namespace {

struct Rows {
  RowSource target, draft;
  BlockTable target_table, draft_table;
  RowSummary* targets;
  RowSummary* drafts;
  bool has_draft;
};

// The drafted token of a target row that is tested by itself, in chains.
struct ChainTest {
  const TokenId* tokens;
  uint32_t width;
  bool matches;  ///< VerifyRule::kMatch: every row draws
};

__device__ double uniform_of(const RowParameters& p, const DrawName& name) {
  return CounterRandom(p.seed).uniform(name);
}

// Sums and point of a prepared row; by warp 0.
__device__ RowSummary summarise(const PreparedRow& row, bool draws, RowScratch& scratch) {
  const RowWork& work = row.work;
  RowSummary summary{};
  summary.flags = scratch.flags;
  summary.cut_value = row.cut.value;
  summary.cut_id = row.cut.last_id;
  summary.is_cut = row.is_cut;
  summary.point = summary.token = kNoToken;
  summary.log_sum = -law::kInfinity;
  summary.is_empty = row.state == RowState::kBad || row.state == RowState::kEmpty;
  if (summary.is_empty) return summary;
  const RowParameters& p = *work.row.parameters;
  RowSum sum = fold_row(work.sums, work.blocks, work.row.scale, scratch.draw.scaled);
  summary.log_sum = law::log_of_total(sum.total, sum.top);
  if (row.state == RowState::kInfinite || law::is_greedy(p)) {
    summary.point = first_of_value(work.row, work.sums, work.blocks, work.max);
    summary.token = summary.point;
    return summary;
  }
  if (row.is_cut) {
    __syncwarp();
    sum = fold_row(row.drawn, work.blocks, work.row.scale, scratch.draw.scaled);
  }
  summary.top = sum.top;
  summary.total = sum.total;
  if (draws) {
    summary.token = draw_from_row(work.row, row.drawn, work.blocks, row.cut, sum,
                                  uniform_of(p, law::row_draw(p)), scratch.draw)
                        .id;
  }
  return summary;
}

// A CUDA block prepares one target row and the draft row that goes with it, and for chains tests
// the drafted token: all positions at once, since no test depends on another one.
__global__ void __launch_bounds__(kMostRowThreads) prepare_rows_kernel(Rows rows, ChainTest test) {
  TOKRAIL_SHARED(RowScratch, scratch);
  TOKRAIL_SHARED(RowSummary, draft_summary);
  const size_t number = blockIdx.x;
  if (logits_row(rows.target, number) < 0) return;
  const bool leads = threadIdx.x < kWarpThreads;
  const bool has_draft = rows.has_draft && logits_row(rows.draft, number) >= 0;
  if (has_draft) {
    const PreparedRow draft = prepare_row(rows.draft, rows.draft_table, number, false, scratch);
    if (leads) {
      const RowSummary summary = summarise(draft, false, scratch);
      if (threadIdx.x == 0) draft_summary = rows.drafts[number] = summary;
    }
    __syncthreads();
  }
  const PreparedRow target = prepare_row(rows.target, rows.target_table, number, false, scratch);
  if (!leads) return;
  const bool is_chain = test.tokens != nullptr;
  const uint32_t place = is_chain ? static_cast<uint32_t>(number % (test.width + 1)) : 0;
  // Behind the last drafted token there is nothing to test.
  const bool is_last = !is_chain || place == test.width || logits_row(rows.target, number + 1) < 0;
  RowSummary summary = summarise(target, is_last || test.matches, scratch);
  if (is_chain && !is_last) {
    const TokenId drafted = test.tokens[number / (test.width + 1) * test.width + place];
    if (test.matches) {
      summary.passes = summary.token == drafted && drafted != kNoToken;
    } else if (!summary.is_empty) {
      const RowParameters& p = *target.work.row.parameters;
      double chance = 1;
      if (has_draft) {
        chance = probability(distribution_of(rows.draft, rows.draft_table, draft_summary, number),
                             drafted);
      }
      const Distribution of_target =
          distribution_of(rows.target, rows.target_table, summary, number);
      summary.passes =
          uniform_of(p, law::accept_draw(p, 0)) * chance < probability(of_target, drafted);
    }
  }
  if (threadIdx.x == 0) rows.targets[number] = summary;
}

// log p of a token before truncation.
__device__ float log_prob_of(const Row& row, double log_sum, TokenId token) {
  if (token == kNoToken) return -law::kInfinity;
  const float a = adjusted_logit(row, token);
  if (a == law::kInfinity) return 0;
  return static_cast<float>(log_weight(a, row.scale) - log_sum);
}

// Target less draft, or target less one token.
struct Remainder {
  const Distribution& target;
  const Distribution& draft;
  bool has_draft;
  TokenId drafted;
  double divisor;  ///< 0: the target as it is

  __device__ void operator()(unsigned block, double (&values)[kHeld]) const {
    fill_probabilities(target, block, values);
    if (divisor == 0) return;
    if (has_draft) {
      double taken[kHeld];
      fill_probabilities(draft, block, taken);
      for (unsigned k = 0; k < kHeld; ++k) {
        const double left = values[k] - taken[k];
        values[k] = left > 0 ? left / divisor : 0;
      }
      return;
    }
    for (unsigned k = 0; k < kHeld; ++k) {
      values[k] = striped_id(block, k) == drafted ? 0 : values[k] / divisor;
    }
  }
};

__global__ void __launch_bounds__(kMostRowThreads)
    finish_chains_kernel(Rows rows, ChainTest test, const uint32_t* lengths, ChainResult* results) {
  TOKRAIL_SHARED(ResidualScratch, scratch);
  const size_t chain = blockIdx.x;
  const size_t first = chain * (size_t{test.width} + 1);
  uint32_t length = lengths == nullptr ? test.width : lengths[chain];
  length = length < test.width ? length : test.width;
  ChainResult result;
  while (result.accepted < length && rows.targets[first + result.accepted].passes) {
    ++result.accepted;
  }
  const size_t number = first + result.accepted;
  const RowSummary summary = rows.targets[number];
  const Row row = row_of(rows.target, number);
  result.flags = summary.flags;
  result.token = summary.token;
  if (result.accepted < length && !test.matches && !summary.is_empty) {
    const Distribution target = distribution_of(rows.target, rows.target_table, summary, number);
    Distribution draft = target;
    if (rows.has_draft) {
      draft = distribution_of(rows.draft, rows.draft_table, rows.drafts[number], number);
    }
    const TokenId drafted = test.tokens[chain * test.width + result.accepted];
    Remainder rest{target, draft, rows.has_draft, drafted, 1};
    rest.divisor = sum_residual(rest, rows.target_table.blocks, scratch.sums);
    const RowParameters& p = *row.parameters;
    result.token = draw_residual(rest, rows.target_table.blocks,
                                 uniform_of(p, law::residual_draw(p)), scratch);
  }
  result.log_prob = log_prob_of(row, summary.log_sum, result.token);
  if (threadIdx.x == 0) results[chain] = result;
}

// Probabilities that are kept in memory, padded to whole blocks.
struct Kept {
  double* values;

  __device__ double& at(unsigned block, unsigned k) const { return values[striped_id(block, k)]; }
  __device__ void operator()(unsigned block, double (&out)[kHeld]) const {
    for (unsigned k = 0; k < kHeld; ++k) out[k] = at(block, k);
  }
};

// Writes fill(block) to memory; by a whole CUDA block.
template <typename Fill>
__device__ void keep(const Fill& fill, unsigned blocks, Kept out) {
  for (unsigned b = threadIdx.x / kWarpThreads; b < blocks; b += blockDim.x / kWarpThreads) {
    double values[kHeld];
    fill(b, values);
    for (unsigned k = 0; k < kHeld; ++k) out.at(b, k) = values[k];
  }
  __syncthreads();
}

// Values that are kept, changed by fill and divided by their sum; unchanged where nothing is left.
template <typename Fill>
__device__ void keep_normalised(const Fill& fill, unsigned blocks, Kept out, ScaledSums& sums) {
  const double total = sum_residual(fill, blocks, sums);
  if (!(total > 0)) return;
  keep(
      [&](unsigned block, double(&values)[kHeld]) {
        fill(block, values);
        for (unsigned k = 0; k < kHeld; ++k) values[k] /= total;
      },
      blocks, out);
}

struct TreeShape {
  const TokenId* tokens;
  const int32_t* parents;
  uint32_t nodes;
  SiblingKind siblings;
  bool matches;
};

__device__ uint32_t next_child(const TreeShape& tree, uint32_t node, uint32_t from) {
  for (uint32_t i = from + 1; i < tree.nodes; ++i) {
    if (tree.parents[i] == static_cast<int32_t>(node)) return i;
  }
  return 0;
}

// The first child of `node` that passes, else 0 and the token of what is left. By a whole CUDA
// block.
__device__ uint32_t try_children(const Rows& rows, const TreeShape& tree, uint32_t node, Kept rest,
                                 Kept taken, ResidualScratch& scratch, TokenId& token) {
  const RowSummary summary = rows.targets[node];
  uint32_t child = next_child(tree, node, node);
  if (child == 0 || summary.is_empty) return 0;  // the plain draw
  const unsigned blocks = rows.target_table.blocks;
  const Distribution target = distribution_of(rows.target, rows.target_table, summary, node);
  const RowParameters& p = *target.row.parameters;
  const bool drawn = rows.has_draft && tree.siblings != SiblingKind::kDeterministic &&
                     logits_row(rows.draft, node) >= 0;
  keep([&](unsigned b, double(&values)[kHeld]) { fill_probabilities(target, b, values); }, blocks,
       rest);
  if (drawn) {
    const Distribution draft =
        distribution_of(rows.draft, rows.draft_table, rows.drafts[node], node);
    keep([&](unsigned b, double(&values)[kHeld]) { fill_probabilities(draft, b, values); }, blocks,
         taken);
  }
  const uint32_t padded = blocks * kBlock;
  for (uint32_t sibling = 0; child != 0; child = next_child(tree, node, child), ++sibling) {
    const uint32_t drafted = tree.tokens[child];
    const double u = uniform_of(p, law::accept_draw(p, sibling));
    const double chance = !drawn ? 1 : drafted < padded ? taken.values[drafted] : 0;
    const double wanted = drafted < padded ? rest.values[drafted] : 0;
    if (u * chance < wanted) return child;
    const auto without = [&](const Kept& values) {
      return [&](unsigned b, double(&out)[kHeld]) {
        values(b, out);
        for (unsigned k = 0; k < kHeld; ++k) {
          if (striped_id(b, k) == drafted) out[k] = 0;
        }
      };
    };
    if (!drawn) {
      keep_normalised(without(rest), blocks, rest, scratch.sums);
      continue;
    }
    keep_normalised(
        [&](unsigned b, double(&out)[kHeld]) {
          rest(b, out);
          for (unsigned k = 0; k < kHeld; ++k) {
            const double left = out[k] - taken.at(b, k);
            out[k] = left > 0 ? left : 0;
          }
        },
        blocks, rest, scratch.sums);
    if (tree.siblings == SiblingKind::kWithoutReplacement) {
      keep_normalised(without(taken), blocks, taken, scratch.sums);
    }
  }
  token = draw_residual(rest, blocks, uniform_of(p, law::residual_draw(p)), scratch);
  return 0;
}

// Walks down the tree; one CUDA block.
__global__ void __launch_bounds__(kMostRowThreads)
    finish_tree_kernel(Rows rows, TreeShape tree, Kept rest, Kept taken, TreeResult* out,
                       int32_t* path) {
  TOKRAIL_SHARED(ResidualScratch, scratch);
  TreeResult result;
  uint32_t node = 0;
  for (;;) {
    TokenId token = rows.targets[node].token;
    uint32_t child = 0;
    if (!tree.matches) {
      child = try_children(rows, tree, node, rest, taken, scratch, token);
      __syncthreads();
    } else if (token != kNoToken) {
      child = next_child(tree, node, node);
      while (child != 0 && tree.tokens[child] != token) {
        child = next_child(tree, node, child);
      }
    }
    if (child == 0) {
      const RowSummary summary = rows.targets[node];
      result.token = token;
      result.flags = summary.flags;
      result.log_prob = log_prob_of(row_of(rows.target, node), summary.log_sum, token);
      break;
    }
    if (threadIdx.x == 0) path[result.accepted] = static_cast<int32_t>(child);
    ++result.accepted;
    node = child;
  }
  if (threadIdx.x == 0) *out = result;
}

// What both operations prepare.
LaunchError prepare(Rows& rows, const ChainTest& test, const Workspace& parts, void* stream) {
  const size_t count = rows.target.batch.logits.rows;
  const size_t vocab = rows.target.batch.logits.vocab;
  rows.target_table = place_block_table(parts.first_table, count, vocab, kMaskedOnly);
  rows.draft_table = place_block_table(parts.second_table, count, vocab, kMaskedOnly);
  rows.targets = parts.targets;
  rows.drafts = parts.drafts;
  LaunchError error = launch_block_sums(rows.target, rows.target_table, stream);
  if (error == 0 && rows.has_draft) {
    error = launch_block_sums(rows.draft, rows.draft_table, stream);
  }
  if (error != 0) return error;
  return launch(prepare_rows_kernel, count, row_threads(count), stream, rows, test);
}

}  // namespace

int verify_chain(const ChainBatch& batch, ChainResult* results, void* workspace, void* stream) {
  const size_t count = batch.sequences * (size_t{batch.width} + 1);
  Rows rows{};
  rows.target = {.batch = {.logits = batch.target,
                           .masks = batch.masks,
                           .adjustments = batch.adjustments,
                           .parameters = batch.target_parameters},
                 .map = RowMap::kChain,
                 .width = batch.width,
                 .lengths = batch.lengths};
  rows.target.batch.logits.rows = count;
  rows.draft = rows.target;
  rows.draft.batch = {.logits = batch.draft, .parameters = batch.draft_parameters};
  if (batch.draft_is_masked) rows.draft.batch.masks = batch.masks;
  rows.draft.batch.logits.rows = count;
  rows.draft.map = RowMap::kDraft;
  rows.has_draft =
      batch.draft.data != nullptr && batch.width > 0 && batch.rule == VerifyRule::kRejection;
  const ChainTest test{batch.tokens, batch.width, batch.rule == VerifyRule::kMatch};
  const Workspace parts = place_workspace(workspace, count, batch.target.vocab);
  const LaunchError error = prepare(rows, test, parts, stream);
  if (error != 0) return error;
  return launch(finish_chains_kernel, batch.sequences, row_threads(batch.sequences), stream, rows,
                test, batch.lengths, results);
}

int verify_tree(const TreeDraft& draft, TreeResult* result, int32_t* path, void* workspace,
                void* stream) {
  Rows rows{};
  rows.target.batch = {.logits = draft.target,
                       .masks = draft.masks,
                       .adjustments = draft.adjustments,
                       .parameters = draft.target_parameters};
  rows.target.batch.logits.rows = draft.nodes;
  rows.draft.batch = {.logits = draft.draft, .parameters = draft.draft_parameters};
  if (draft.draft_is_masked) rows.draft.batch.masks = draft.masks;
  rows.draft.batch.logits.rows = draft.nodes;
  rows.draft.map = RowMap::kTree;
  rows.draft.index = draft.draft_row;
  rows.draft.logits_rows = draft.draft.rows;
  rows.has_draft = draft.draft.data != nullptr && draft.rule == VerifyRule::kRejection &&
                   draft.siblings != SiblingKind::kDeterministic;
  const Workspace parts = place_workspace(workspace, draft.nodes, draft.target.vocab);
  const LaunchError error = prepare(rows, {}, parts, stream);
  if (error != 0) return error;
  const TreeShape shape{draft.tokens, draft.parents, static_cast<uint32_t>(draft.nodes),
                        draft.siblings, draft.rule == VerifyRule::kMatch};
  return launch(finish_tree_kernel, 1, kMostRowThreads, stream, rows, shape, Kept{parts.rest},
                Kept{parts.taken}, result, path);
}

}  // namespace tokrail::cuda
