#include "tokenizers/models/rank_bpe_model.h"

#include "base/utf8.h"

namespace tokrail {

const Model& RankBpeModel::general() const {
  std::call_once(general_once_, [this] { general_ = make_general_(); });
  return *general_;
}

size_t RankBpeModel::tokenize_unknown(std::string_view piece, size_t begin,
                                      std::vector<ModelToken>& out) const {
  const char* const end = piece.data() + piece.size();
  size_t stop = begin;
  do {
    stop +=
        bpe_.units() == RankBpe::Units::kBytes ? 1 : decode_utf8(piece.data() + stop, end).length;
  } while (stop < piece.size() && bpe_.longest_match(piece.data() + stop, end) == RankBpe::kNoRank);
  const size_t first = out.size();
  general().tokenize(piece.substr(begin, stop - begin), out);
  for (size_t i = first; i < out.size(); ++i) {
    out[i].begin += static_cast<uint32_t>(begin);
    out[i].end += static_cast<uint32_t>(begin);
  }
  return stop;
}

void RankBpeModel::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  if (piece.empty()) return;
  if (whole_pieces_ && bpe_.has_unreachable()) {
    const TokenId whole = bpe_.find(piece);
    if (whole != kNoToken) {
      out.push_back({whole, 0, static_cast<uint32_t>(piece.size())});
      return;
    }
  }
  constexpr size_t kOnStack = 256;
  TokenId on_stack[kOnStack];
  std::unique_ptr<TokenId[]> on_heap;
  TokenId* ids = on_stack;
  if (piece.size() > kOnStack) {
    on_heap = std::make_unique_for_overwrite<TokenId[]>(piece.size());
    ids = on_heap.get();
  }
  RankBpe::Scratch scratch;
  for (size_t begin = 0; begin < piece.size();) {
    size_t stop = 0;
    const size_t count = bpe_.encode_known(piece, begin, ids, scratch, stop);
    auto at = static_cast<uint32_t>(begin);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t end = at + bpe_.length(bpe_.rank(ids[i]));
      out.push_back({ids[i], at, end});
      at = end;
    }
    begin = stop < piece.size() ? tokenize_unknown(piece, stop, out) : stop;
  }
}

}  // namespace tokrail
