#include "grammar/recogniser/token_classes.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/bitset.h"
#include "grammar/recogniser/byte_buckets.h"

namespace tokrail::recogniser {
namespace {

/// Below so many nodes it does not pay to find out which bytes keep a state.
constexpr size_t kLargeSubtree = 24;
constexpr int kFewBytes = 40;

class Builder {
 public:
  Builder(Lexer& lexer, const TokenTrie& trie, std::span<const uint64_t> below,
          size_t vocabulary_size)
      : lexer_(lexer), trie_(trie), below_(below) {
    words_ = mask_words(vocabulary_size);
  }

  bool walk(LexId start, WalkBudget& budget) {
    path_.assign(1, {start});
    uint64_t visited = 0;
    for (size_t node = 0; node < trie_.size();) {
      if ((++visited & 1023) == 0 && !budget.spend(1024)) return false;
      const size_t depth = trie_.depth(node);
      const LexStep before = path_[depth - 1];
      if (before.accepts != 0) place(before, node);
      const LexStep step = lexer_.step(before.next, trie_.byte(node));
      if (step.next == 0 && step.accepts == 0) {
        node += trie_.subtree_size(node);
        continue;
      }
      const bool all_below = step.accepts == 0 && trie_.subtree_size(node) >= kLargeSubtree &&
                             (below_[node] & ~kept_buckets(step.next)) == 0;
      const auto ids = all_below ? trie_.tokens_below(node) : trie_.tokens(node);
      classes_->ids.insert(classes_->ids.end(), ids.begin(), ids.end());
      if (all_below) {
        node += trie_.subtree_size(node);
        continue;
      }
      path_.resize(depth);
      path_.push_back(step);
      ++node;
    }
    return true;
  }

  std::shared_ptr<const TokenClasses> finish() {
    for (auto& [key, open] : open_) {
      TokenClasses::Group group;
      group.witness = std::move(open.witness);
      group.from.fill(0);
      for (const uint32_t node : open.nodes) ++group.from[trie_.byte(node) + 1u];
      for (size_t b = 0; b < 256; ++b) group.from[b + 1] += group.from[b];
      group.nodes.resize(open.nodes.size());
      auto at = group.from;
      for (const uint32_t node : open.nodes) group.nodes[at[trie_.byte(node)]++] = node;
      classes_->groups.push_back(std::move(group));
    }
    pack_ids();
    return classes_;
  }

 private:
  void pack_ids() {
    std::vector<TokenId>& ids = classes_->ids;
    if (ids.size() < words_) {
      std::ranges::sort(ids);
      ids.shrink_to_fit();
      return;
    }
    classes_->stay.assign(words_, 0);
    for (const TokenId id : ids) mask_set(classes_->stay, id);
    ids = {};
  }

  struct Open {
    std::string witness;
    std::vector<uint32_t> nodes;
  };

  /// Buckets whose bytes all leave the state what it is, with nothing ended.
  uint64_t kept_buckets(LexId state) {
    const auto [at, is_new] = kept_.try_emplace(state, 0);
    if (!is_new) return at->second;
    uint64_t kept = 0;
    // States that read few bytes keep to none.
    if (lexer_.first_bytes(state).count() < kFewBytes) return kept;
    kept = ~kept;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const LexStep& step = lexer_.step(state, static_cast<uint8_t>(byte));
      if (step.next == state && step.accepts == 0) continue;
      kept &= ~(uint64_t{1} << byte_bucket(static_cast<uint8_t>(byte)));
    }
    return at->second = kept;
  }

  void place(const LexStep& before, size_t node) {
    auto& open = open_[{before.accepts, before.guard, before.unguarded}];
    if (open.witness.empty()) open.witness = bytes_before(node);
    open.nodes.push_back(static_cast<uint32_t>(node));
  }
  std::string bytes_before(size_t node) const {
    // The path is known by depth only; walk down to the node again.
    std::string bytes;
    const size_t depth = trie_.depth(node);
    size_t begin = 0;
    while (bytes.size() + 1 < depth) {
      const size_t size = trie_.subtree_size(begin);
      if (node < begin + size) {
        bytes.push_back(static_cast<char>(trie_.byte(begin)));
        ++begin;
      } else {
        begin += size;
      }
    }
    return bytes;
  }

  Lexer& lexer_;
  const TokenTrie& trie_;
  std::span<const uint64_t> below_;
  std::unordered_map<LexId, uint64_t> kept_;
  size_t words_ = 0;
  std::shared_ptr<TokenClasses> classes_ = std::make_shared<TokenClasses>();
  std::vector<LexStep> path_;
  std::map<std::tuple<AcceptId, RegexId, AcceptId>, Open> open_;
};

}  // namespace

bool TokenClasses::stays(TokenId id) const noexcept {
  return is_wide() ? mask_test(stay, id) : std::ranges::binary_search(ids, id);
}

size_t TokenClasses::memory() const noexcept {
  size_t bytes =
      sizeof(TokenClasses) + stay.capacity() * sizeof(uint32_t) + ids.capacity() * sizeof(TokenId);
  for (const Group& group : groups) {
    bytes += sizeof(Group) + group.nodes.capacity() * sizeof(uint32_t);
  }
  return bytes;
}

std::shared_ptr<const TokenClasses> TokenClasses::build(Lexer& lexer, LexId state,
                                                        const TokenTrie& trie,
                                                        std::span<const uint64_t> below,
                                                        size_t vocabulary_size,
                                                        WalkBudget& budget) {
  Builder builder(lexer, trie, below, vocabulary_size);
  if (!builder.walk(state, budget)) return nullptr;
  return builder.finish();
}

}  // namespace tokrail::recogniser
