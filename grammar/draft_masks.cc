#include "grammar/draft_masks.h"

#include <algorithm>
#include <string>

#include "base/bitset.h"
#include "base/error.h"

namespace tokrail {

namespace {

/// Where the masks go, and how wide they are.
struct Rows {
  std::span<uint32_t> masks;
  size_t row_words, width;
  const std::atomic<bool>* cancel;

  std::span<uint32_t> row(size_t i) const { return masks.subspan(i * row_words, row_words); }
};

void check_rows(const Rows& rows, size_t count, size_t vocab_size) {
  const size_t bits = rows.width == 0 ? vocab_size : rows.width;
  if (rows.row_words < mask_words(bits)) {
    throw Error(ErrorCode::kInvalidArgument, "a row of " + std::to_string(rows.row_words) +
                                                 " words cannot hold a mask of " +
                                                 std::to_string(bits) + " bits");
  }
  if (count > rows.masks.size() / rows.row_words) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected " + std::to_string(count) + " rows of masks, got " +
                    std::to_string(rows.masks.size() / rows.row_words));
  }
}

/// The nodes in the order of a walk that goes down before it goes on: children after their parent,
/// siblings in the order they were given.
std::vector<uint32_t> depth_first(std::span<const uint32_t> parents) {
  const size_t count = parents.size();
  std::vector<uint32_t> first(count + 1, kDraftRoot), next(count, kDraftRoot);
  for (size_t i = count; i > 0; --i) {
    const auto node = static_cast<uint32_t>(i - 1);
    uint32_t& list = first[parents[node] == kDraftRoot ? count : parents[node]];
    next[node] = list;
    list = node;
  }
  std::vector<uint32_t> order, open;
  for (uint32_t node = first[count]; node != kDraftRoot || !open.empty();) {
    if (node == kDraftRoot) {
      node = open.back();
      open.pop_back();
      continue;
    }
    order.push_back(node);
    if (next[node] != kDraftRoot) open.push_back(next[node]);
    node = first[node];
  }
  return order;
}

template <typename Walker>
std::vector<MaskStatus> tree_masks(Walker& walker, size_t vocab_size,
                                   std::span<const uint32_t> parents, std::span<const TokenId> ids,
                                   const Rows& rows) {
  if (parents.size() != ids.size()) {
    throw Error(ErrorCode::kInvalidArgument, "expected a parent for each of " +
                                                 std::to_string(ids.size()) + " tokens, got " +
                                                 std::to_string(parents.size()));
  }
  check_rows(rows, ids.size(), vocab_size);
  std::vector<size_t> depth(ids.size(), 0);  // of the parent: accepted tokens before this one
  for (size_t i = 0; i < ids.size(); ++i) {
    if (parents[i] == kDraftRoot) continue;
    if (parents[i] >= i) {
      throw Error(ErrorCode::kInvalidArgument, "expected the parent of node " + std::to_string(i) +
                                                   " before it, got " + std::to_string(parents[i]));
    }
    depth[i] = depth[parents[i]] + 1;
  }
  std::vector<MaskStatus> status(ids.size(), MaskStatus::kRefused);
  size_t at = 0;  // accepted tokens now
  for (const uint32_t node : depth_first(parents)) {
    std::ranges::fill(rows.row(node), 0u);
    const uint32_t parent = parents[node];
    if (parent != kDraftRoot && status[parent] == MaskStatus::kRefused) continue;
    walker.rollback(at - depth[node]);
    at = depth[node];
    if (!walker.accept(ids[node])) continue;
    ++at;
    status[node] = walker.fill_mask(rows.row(node), rows.width, rows.cancel);
  }
  return status;
}

template <typename Walker>
PathMasks path_masks(Walker& walker, size_t vocab_size, std::span<const TokenId> ids,
                     const Rows& rows) {
  check_rows(rows, ids.size() + 1, vocab_size);
  PathMasks result;
  for (;;) {
    const size_t at = result.accepted;
    result.status.push_back(walker.fill_mask(rows.row(at), rows.width, rows.cancel));
    if (result.status.back() != MaskStatus::kOk || at == ids.size()) return result;
    if (!walker.accept(ids[at])) return result;
    ++result.accepted;
  }
}

}  // namespace

std::vector<MaskStatus> fill_tree_masks(const Matcher& matcher, std::span<const uint32_t> parents,
                                        std::span<const TokenId> ids, std::span<uint32_t> masks,
                                        size_t row_words, size_t width,
                                        const std::atomic<bool>* cancel) {
  Matcher walker = matcher.fork();
  return tree_masks(walker, matcher.grammar().vocabulary().size(), parents, ids,
                    {masks, row_words, width, cancel});
}

std::vector<MaskStatus> fill_tree_masks(const Constraint& constraint,
                                        std::span<const uint32_t> parents,
                                        std::span<const TokenId> ids, std::span<uint32_t> masks,
                                        size_t row_words, size_t width,
                                        const std::atomic<bool>* cancel) {
  const std::unique_ptr<Constraint> walker = constraint.fork();
  return tree_masks(*walker, constraint.vocab_size(), parents, ids,
                    {masks, row_words, width, cancel});
}

PathMasks fill_path_masks(const Matcher& matcher, std::span<const TokenId> ids,
                          std::span<uint32_t> masks, size_t row_words, size_t width,
                          const std::atomic<bool>* cancel) {
  Matcher walker = matcher.fork();
  return path_masks(walker, matcher.grammar().vocabulary().size(), ids,
                    {masks, row_words, width, cancel});
}

PathMasks fill_path_masks(const Constraint& constraint, std::span<const TokenId> ids,
                          std::span<uint32_t> masks, size_t row_words, size_t width,
                          const std::atomic<bool>* cancel) {
  const std::unique_ptr<Constraint> walker = constraint.fork();
  return path_masks(*walker, constraint.vocab_size(), ids, {masks, row_words, width, cancel});
}

}  // namespace tokrail
