#include "tokenizers/rank_bpe_model.h"

namespace tokrail {

const Model& RankBpeModel::general() const {
  std::call_once(general_once_, [this] { general_ = make_general_(); });
  return *general_;
}

void RankBpeModel::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  if (piece.empty()) return;
  constexpr size_t kOnStack = 256;
  TokenId on_stack[kOnStack];
  std::unique_ptr<TokenId[]> on_heap;
  TokenId* ids = on_stack;
  if (piece.size() > kOnStack) {
    on_heap = std::make_unique_for_overwrite<TokenId[]>(piece.size());
    ids = on_heap.get();
  }
  RankBpe::Scratch scratch;
  const size_t count = encode(piece, ids, scratch);
  if (count == RankBpe::kUnknown) {
    general().tokenize(piece, out);
    return;
  }
  if (count == 1) {
    out.push_back({ids[0], 0, static_cast<uint32_t>(piece.size())});
    return;
  }
  uint32_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t end = at + bpe_.length(bpe_.rank(ids[i]));
    out.push_back({ids[i], at, end});
    at = end;
  }
}

}  // namespace tokrail
