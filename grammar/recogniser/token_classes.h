// TokenClasses: what every token of a trie does to one lexer state, whatever stands below it.
//
// A token either stays inside the terminals that are being read (`stay`), or some of them end after
// a prefix of it. The trie nodes behind such prefixes are grouped by what has ended there, and by
// their first byte; a parser that allows a group to end continues from its nodes, and looks only at
// those whose byte it can take. So a mask in free text is a copy of `stay` plus a short walk.
//
// The classes depend on the content of the state and the trie only, not on the grammar: they are
// shared by all grammars of a MaskTables. A group is known by a *witness*, bytes that lead to it.
//
// Immutable after build; internal to the module.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grammar/recogniser/lexer.h"
#include "grammar/recogniser/mask_walk.h"
#include "tokenizers/token_trie.h"

namespace tokrail::recogniser {

struct TokenClasses {
  struct Group {
    std::string witness;             ///< not empty
    std::vector<uint32_t> nodes;     ///< by first byte, then ascending
    std::array<uint32_t, 257> from;  ///< nodes with first byte b: from[b] to from[b + 1]
  };
  /// The tokens that stay inside: mask words over the vocabulary, or ascending ids where that is
  /// shorter.
  std::vector<uint32_t> stay;
  std::vector<TokenId> ids;
  std::vector<Group> groups;

  bool stays(TokenId id) const noexcept;
  bool is_wide() const noexcept { return !stay.empty(); }

  size_t memory() const noexcept;

  /// `below`: the buckets of the trie (byte_buckets.h). Null when the budget ends before.
  static std::shared_ptr<const TokenClasses> build(Lexer& lexer, LexId state, const TokenTrie& trie,
                                                   std::span<const uint64_t> below,
                                                   size_t vocabulary_size, WalkBudget& budget);
};

}  // namespace tokrail::recogniser
