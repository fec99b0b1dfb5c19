#include "grammar/constraints/text_language.h"

#include "base/bitset.h"
#include "grammar/constraints/text_walk.h"

namespace tokrail {

void TextLanguage::mark(const State& state, const TokenTrie& trie,
                        std::span<uint32_t> words) const {
  walk_text(*this, state, trie, [&](size_t node, const State&) {
    for (const TokenId id : trie.tokens(node)) mask_set(words, id);
    return true;
  });
}

}  // namespace tokrail
