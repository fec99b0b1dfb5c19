// CatalogueTokens: how many tokens are missing to the end of a string, for every place of a
// catalogue. Internal to the module.
//
// Found for all places together on first use: one walk of the vocabulary's trie from each (0.5 to 1
// microsecond), those nearest to the ends first; a byte per arc. Only for vocabularies that spell
// all tokens alike behind the first (inside context), and catalogues of up to 2^24 arcs; otherwise,
// and for more than 254 tokens, nothing is known. Thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "grammar/constraints/catalogue.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {

class CatalogueTokens {
 public:
  CatalogueTokens(std::shared_ptr<const Catalogue> catalogue,
                  std::shared_ptr<const Vocabulary> vocabulary);

  /// In the inside context. nullopt: not known; Shortest::kUnknown: no tokens lead to an end.
  std::optional<size_t> to_end(uint32_t arcs, bool is_end) const;

 private:
  void find() const;
  uint8_t from(uint32_t arcs) const;
  void visit(const TokenTrie& trie, uint32_t arcs, uint8_t& best) const;
  bool is_simple() const;

  static constexpr uint8_t kMany = 254, kNone = 255;
  std::shared_ptr<const Catalogue> catalogue_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  mutable std::once_flag found_;
  mutable std::vector<uint8_t> tokens_;  ///< by first arc of a place; empty: nothing is known
};

}  // namespace tokrail
