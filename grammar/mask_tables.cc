#include "grammar/mask_tables.h"

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/recogniser/byte_buckets.h"
#include "grammar/recogniser/mask_store.h"
#include "tokenizers/byte_strings.h"

namespace tokrail {

namespace {

/// Tokens of more bytes are long: some hundreds of most vocabularies, runs of spaces mainly.
constexpr size_t kShortToken = 24;

MaskTables::Impl::Tries split_by_length(const TokenTrie& trie) {
  ByteStrings paths;
  std::vector<std::pair<TokenId, size_t>> ids;  // with the number of their path
  std::string path;
  for (size_t node = 0; node < trie.size(); ++node) {
    path.resize(trie.depth(node) - 1);
    path.push_back(static_cast<char>(trie.byte(node)));
    if (trie.tokens(node).empty()) continue;
    for (const TokenId id : trie.tokens(node)) ids.push_back({id, paths.size()});
    paths.push_back(path);
  }
  std::vector<TokenTrie::Item> of_short, of_long;
  for (const auto& [id, at] : ids) {
    (paths[at].size() <= kShortToken ? of_short : of_long).push_back({paths[at], id});
  }
  const auto half = [](const std::vector<TokenTrie::Item>& items) {
    MaskTables::Impl::Half result{TokenTrie(items), {}};
    result.below = recogniser::buckets_below(result.trie);
    return result;
  };
  return {half(of_short), half(of_long)};
}

}  // namespace

const MaskTables::Impl::Tries& MaskTables::Impl::split(const TokenTrie& trie) {
  const std::lock_guard lock(mutex_);
  auto& tries = tries_[&trie];
  if (!tries) tries = std::make_unique<const Tries>(split_by_length(trie));
  return *tries;
}

MaskTables::Impl::Classes MaskTables::Impl::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(key);
  if (at == entries_.end()) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  at->second.last_use = ++now_;
  return at->second.classes;
}

MaskTables::Impl::Classes MaskTables::Impl::keep(const Key& key, Classes classes) {
  const std::lock_guard lock(mutex_);
  const size_t bytes = classes->memory();
  const auto [at, is_new] = entries_.try_emplace(key, Entry{classes, bytes, ++now_});
  if (!is_new) return at->second.classes;
  bytes_ += bytes;
  if (bytes_ > limit_) evict();
  return classes;
}

void MaskTables::Impl::evict() {
  while (bytes_ > limit_ && !entries_.empty()) {
    auto oldest = entries_.begin();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (at->second.last_use < oldest->second.last_use) oldest = at;
    }
    bytes_ -= oldest->second.bytes;
    entries_.erase(oldest);
    ++evicted_;
  }
}

MaskTables::Usage MaskTables::Impl::usage() const {
  const std::lock_guard lock(mutex_);
  return {entries_.size(), bytes_, hits_, misses_, evicted_};
}

MaskTables::MaskTables(std::shared_ptr<const Vocabulary> vocabulary, size_t byte_limit)
    : vocabulary_(std::move(vocabulary)), impl_(std::make_unique<Impl>(byte_limit)) {
  if (!vocabulary_) throw Error(ErrorCode::kInvalidArgument, "mask tables need a vocabulary");
  const ContextTries& tries = vocabulary_->tries(vocabulary_->inside_context());
  for (const TokenTrie* trie : {tries.shared, tries.own}) {
    if (!trie->empty()) impl_->split(*trie);
  }
}

MaskTables::~MaskTables() = default;

MaskTables::Usage MaskTables::usage() const {
  return impl_->usage();
}

}  // namespace tokrail
