// Masks along a draft: a tree or a chain of tokens that a cheap model proposed and that a verifier
// checks in one go.
//
// Node i of a tree is token ids[i] behind node parents[i] (kDraftRoot: behind the text so far).
// Parents come before their children. Row i of `masks` (row_words words) is the mask behind node i.
// A node whose token is not allowed, or whose parent was refused, gets a row of zeros and
// kRefused; one behind an end id gets kDead.
//
//   const std::vector<uint32_t> parents = {kDraftRoot, 0, 0};       // a token with two successors
//   const std::vector<TokenId> ids = {the, cat, dog};
//   std::vector<uint32_t> masks(ids.size() * words);
//   const auto status = fill_tree_masks(matcher, parents, ids, masks, words);
//
// Each node is accepted once and its mask is made once, whatever the shape of the tree; the
// constraint itself stays where it is. Masks are made in one thread. Thread safety: as for the
// matcher or the constraint. Errors: Error(kInvalidArgument) for spans of different lengths, a
// parent that does not come before its child, or rows that do not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "grammar/constraint.h"
#include "grammar/matcher.h"

namespace tokrail {

inline constexpr uint32_t kDraftRoot = 0xFFFFFFFF;

std::vector<MaskStatus> fill_tree_masks(const Matcher& matcher, std::span<const uint32_t> parents,
                                        std::span<const TokenId> ids, std::span<uint32_t> masks,
                                        size_t row_words, size_t width = 0,
                                        const std::atomic<bool>* cancel = nullptr);
std::vector<MaskStatus> fill_tree_masks(const Constraint& constraint,
                                        std::span<const uint32_t> parents,
                                        std::span<const TokenId> ids, std::span<uint32_t> masks,
                                        size_t row_words, size_t width = 0,
                                        const std::atomic<bool>* cancel = nullptr);

struct PathMasks {
  size_t accepted = 0;  ///< ids that can be taken one after the other
  /// Row 0 is the mask before ids[0], row i the one behind ids[i - 1]. status.size() rows were
  /// made, at most accepted + 1; a row that is not kOk is the last.
  std::vector<MaskStatus> status;
};

/// A chain, no further than it is allowed: masks behind a refused token cost nothing, and their
/// rows stay as they were. `masks` holds ids.size() + 1 rows.
PathMasks fill_path_masks(const Matcher& matcher, std::span<const TokenId> ids,
                          std::span<uint32_t> masks, size_t row_words, size_t width = 0,
                          const std::atomic<bool>* cancel = nullptr);
PathMasks fill_path_masks(const Constraint& constraint, std::span<const TokenId> ids,
                          std::span<uint32_t> masks, size_t row_words, size_t width = 0,
                          const std::atomic<bool>* cancel = nullptr);

}  // namespace tokrail
