// verify_chain, verify_tree: how much of a draft the target model accepts, without changing its
// law.
//
// Letters: t is the target's distribution, d the draft's, both after adjustment, temperature, mask
// and truncation (row_parameters.h). Two rules:
//   kMatch      the token of each position is the one sample_masked would have drawn from t with
//               the row's own uniform; the draft is followed while it says the same. Output is byte
//               identical to decoding without a draft.
//   kRejection  a drafted token x is accepted with probability min(1, t(x) / d(x)); on refusal
//               t becomes norm(relu(t - d)). Siblings of a tree are tried in order. The law is t.
// Siblings that were drawn without replacement take x out of d, and d is renormalised, before the
// next one is tried; independent siblings (kIid) leave d as it is; deterministic ones (no draft
// row) count as d = 1 at x. After the last accepted token one more, the bonus, is drawn.
//
//   verify_chain({.target = target, .draft = draft, .tokens = ids, .lengths = lengths, ...}, out);
//
// Uniforms: acceptance of the node at depth i (0-based) and sibling j uses purpose kAccept at
// position + i, draw j; a residual draw purpose kResidual at position + i; a kMatch draw and the
// bonus after a wholly accepted draft purpose kToken at position + i. `position` is that of the
// target row's parameters, which are given per target row and hold its own position.
//
// Complexity: O(vocab) per target row looked at; rows behind a refusal are not read. Thread safety:
// sequences run in parallel. Errors: Error(kInvalidArgument) for impossible shapes.
// Papers: Leviathan et al., "Fast inference from transformers via speculative decoding", 2023;
// Miao et al., "SpecInfer", 2024; Jeon et al., "Recursive speculative decoding", 2024.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "decoding/logits/logits_view.h"
#include "decoding/logits/row_parameters.h"
#include "decoding/logits/row_result.h"

namespace tokrail {

enum class VerifyRule : uint8_t { kMatch, kRejection };
enum class SiblingKind : uint8_t { kWithoutReplacement, kIid, kDeterministic };

/// Sequences with a chain of drafted tokens each. Sequence s owns `width` tokens, width draft rows
/// and width + 1 target rows; row s * (width + 1) + i of the target follows i drafted tokens.
struct ChainBatch {
  LogitsView target;      ///< sequences * (width + 1) rows
  LogitsView draft = {};  ///< sequences * width rows; no data: deterministic drafts
  MaskView masks = {};    ///< of the target's rows; the draft's rows i have the same mask
  AdjustmentsView adjustments = {};                  ///< of the target's rows
  const RowParameters* target_parameters = nullptr;  ///< one per target row
  const RowParameters* draft_parameters = nullptr;   ///< one per draft row
  const TokenId* tokens = nullptr;                   ///< sequences x width
  const uint32_t* lengths =
      nullptr;  ///< drafted tokens of each sequence, at most width; null: width
  size_t sequences = 0;
  uint32_t width = 0;
  VerifyRule rule = VerifyRule::kRejection;
  bool draft_is_masked = true;  ///< whether the draft was drawn under the masks
};

struct ChainResult {
  uint32_t accepted = 0;     ///< drafted tokens taken
  TokenId token = kNoToken;  ///< the one after them
  uint32_t flags = 0;        ///< RowFlag of the row that gave `token`
  float log_prob = 0;        ///< of `token` under the target's masked distribution
};

void verify_chain(const ChainBatch& batch, std::span<ChainResult> results, int threads = 0);

/// One sequence with a tree of drafted tokens. Node 0 is the root (the committed end); node i > 0
/// has parent < i; siblings are tried in order of node number.
struct TreeDraft {
  LogitsView target;      ///< one row per node: what follows it
  LogitsView draft = {};  ///< one row per node that has children drawn from it; see draft_row
  const int32_t* draft_row = nullptr;  ///< per node: row of `draft`, or -1; null: node i has row i
  MaskView masks = {};                 ///< of the target's rows
  AdjustmentsView adjustments = {};    ///< of the target's rows
  const RowParameters* target_parameters = nullptr;  ///< one per node
  const RowParameters* draft_parameters = nullptr;   ///< one per draft row
  const TokenId* tokens = nullptr;                   ///< per node; that of the root is not used
  const int32_t* parents = nullptr;                  ///< per node; that of the root is -1
  size_t nodes = 0;
  SiblingKind siblings = SiblingKind::kWithoutReplacement;
  VerifyRule rule = VerifyRule::kRejection;
  bool draft_is_masked = true;
};

struct TreeResult {
  uint32_t accepted = 0;     ///< nodes on the path, the root not counted
  TokenId token = kNoToken;  ///< the one after the path
  uint32_t flags = 0;
  float log_prob = 0;
};

/// path: room for `nodes` numbers; gets the accepted nodes from the root's child on.
TreeResult verify_tree(const TreeDraft& draft, std::span<int32_t> path);

}  // namespace tokrail
