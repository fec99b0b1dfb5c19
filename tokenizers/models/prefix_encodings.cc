#include "tokenizers/models/prefix_encodings.h"

#include <algorithm>

namespace tokrail {

void PrefixEncodings::extend(std::string_view piece) {
  const ByteTrieView& trie = bpe_->trie();
  const size_t ranks = bpe_->rank_count();
  for (size_t at = size(); at < piece.size(); ++at) {
    walks_.push_back({at, ByteTrieView::kRoot});
    RankBpe::Rank found = RankBpe::kNoRank;
    uint32_t count = 0;
    size_t kept = 0;
    for (Walk walk : walks_) {
      walk.state = trie.next(walk.state, piece[at]);
      if (walk.state == ByteTrieView::kNowhere) continue;
      walks_[kept++] = walk;
      const uint32_t rank = trie.value(walk.state);
      if (found != RankBpe::kNoRank || rank >= ranks) continue;
      if (bpe_->length(rank) != at + 1 - walk.begin) continue;  // damaged tables of a file
      if (walk.begin == 0 || bpe_->valid_pair(last_[walk.begin], rank)) {
        found = rank;
        count = counts_[walk.begin] + 1;
      }
    }
    walks_.resize(kept);
    if (found == RankBpe::kNoRank) {  // there is a token, unless tables of a file are damaged
      found = bpe_->longest_match(piece.data() + at, piece.data() + at + 1);
      count = counts_[at] + 1;
    }
    last_.push_back(found);
    counts_.push_back(count);
  }
}

void PrefixEncodings::truncate(std::string_view piece, size_t longest) {
  if (piece.size() >= size()) return;
  last_.resize(piece.size() + 1);
  counts_.resize(piece.size() + 1);
  walks_.clear();
  for (size_t begin = piece.size() - std::min(longest, piece.size()); begin < piece.size();
       ++begin) {
    const auto state = bpe_->trie().walk(ByteTrieView::kRoot, piece.substr(begin));
    if (state != ByteTrieView::kNowhere) walks_.push_back({begin, state});
  }
}

}  // namespace tokrail
