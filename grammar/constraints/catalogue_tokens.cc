#include "grammar/constraints/catalogue_tokens.h"

#include <algorithm>
#include <utility>

#include "grammar/shortest.h"

namespace tokrail {

namespace {

constexpr size_t kMostArcs = size_t{1} << 24;

}  // namespace

CatalogueTokens::CatalogueTokens(std::shared_ptr<const Catalogue> catalogue,
                                 std::shared_ptr<const Vocabulary> vocabulary)
    : catalogue_(std::move(catalogue)), vocabulary_(std::move(vocabulary)) {}

/// Every token of the inside context leads back to it, and nothing is held back.
bool CatalogueTokens::is_simple() const {
  const DecodeContext inside = vocabulary_->inside_context();
  if (!vocabulary_->pending(inside).empty() || !vocabulary_->final_bytes(inside).empty() ||
      !vocabulary_->tries(inside).released.empty()) {
    return false;
  }
  for (TokenId id = 0; id < vocabulary_->size(); ++id) {
    if (vocabulary_->next_context(inside, id) != inside) return false;
  }
  return true;
}

std::optional<size_t> CatalogueTokens::to_end(uint32_t arcs, bool is_end) const {
  if (is_end) return 0;
  std::call_once(found_, [&] { find(); });
  if (tokens_.empty() || tokens_[arcs] == kMany) return std::nullopt;
  return tokens_[arcs] == kNone ? Shortest::kUnknown : tokens_[arcs];
}

// Places come behind those that they lead to.
void CatalogueTokens::find() const {
  if (catalogue_->arc_count() > kMostArcs || !is_simple()) return;
  tokens_.assign(catalogue_->arc_count(), kNone);
  for (uint32_t first = 1; first < catalogue_->arc_count();) {
    tokens_[first] = from(first);
    while (!catalogue_->arc(first).is_last) ++first;
    ++first;
  }
}

uint8_t CatalogueTokens::from(uint32_t arcs) const {
  const ContextTries& tries = vocabulary_->tries(vocabulary_->inside_context());
  uint8_t best = kNone;
  visit(*tries.own, arcs, best);
  visit(*tries.shared, arcs, best);
  return best;
}

void CatalogueTokens::visit(const TokenTrie& trie, uint32_t arcs, uint8_t& best) const {
  struct Level {
    size_t at, end;  ///< siblings in the trie
    uint32_t arc;    ///< the first one that may fit
  };
  std::vector<Level> levels;
  const auto enter = [&](size_t node, const Catalogue::Arc& arc) {
    const auto ids = trie.tokens(node);
    if (std::ranges::any_of(ids, [&](const TokenId id) { return !vocabulary_->is_eos(id); })) {
      const uint8_t behind = arc.is_end ? uint8_t{0} : tokens_[arc.target];
      if (behind < kMany) best = std::min<uint8_t>(best, static_cast<uint8_t>(behind + 1));
      if (behind == kMany) best = std::min(best, kMany);
    }
    const size_t size = trie.subtree_size(node);
    if (size > 1 && arc.target != 0) levels.push_back({node + 1, node + size, arc.target});
  };
  for (uint32_t at = arcs;; ++at) {
    const Catalogue::Arc top = catalogue_->arc(at);
    const char byte = static_cast<char>(top.label);
    if (const auto node = trie.find({&byte, 1})) enter(*node, top);
    while (!levels.empty() && best > 1) {
      Level& level = levels.back();
      if (level.at >= level.end) {
        levels.pop_back();
        continue;
      }
      const size_t node = level.at;
      Catalogue::Arc arc = catalogue_->arc(level.arc);
      while (arc.label < trie.byte(node) && !arc.is_last) arc = catalogue_->arc(++level.arc);
      if (arc.label < trie.byte(node)) {
        levels.pop_back();  // the trie goes on, the place does not
        continue;
      }
      level.at += trie.subtree_size(node);
      if (arc.label == trie.byte(node)) enter(node, arc);
    }
    if (top.is_last || best == 1) return;
  }
}

}  // namespace tokrail
