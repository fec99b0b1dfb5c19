// RankBpeModel: RankBpe as a Model, with the general model behind it for what it cannot spell.
//
// RankBpe stops at a base unit that is no token (an unknown character of a sentencepiece model,
// say). Runs of such units go to the general model of the same file, which knows about byte
// fallback and unknown tokens; it is built when the first such unit comes. No token crosses them.
//
// Thread safety: immutable but for the general model, which is built once under a lock.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "tokenizers/models/model.h"
#include "tokenizers/models/rank_bpe.h"

namespace tokrail {

class RankBpeModel final : public Model {
 public:
  using MakeModel = std::function<std::unique_ptr<const Model>()>;

  /// `whole_pieces`: a piece that is a token is that token, even if no merges lead to it.
  RankBpeModel(RankBpe bpe, bool whole_pieces, MakeModel make_general)
      : bpe_(std::move(bpe)), whole_pieces_(whole_pieces), make_general_(std::move(make_general)) {}

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;

  /// Ids alone: writes them to `out` (room for piece.size() ids) and returns how many, or
  /// RankBpe::kUnknown when the piece needs the general model.
  size_t encode(std::string_view piece, TokenId* out, RankBpe::Scratch& scratch) const {
    if (whole_pieces_ && bpe_.has_unreachable()) {
      const TokenId whole = bpe_.find(piece);
      if (whole != kNoToken) {
        *out = whole;
        return 1;
      }
    }
    return bpe_.encode(piece, out, scratch);
  }

  const RankBpe& bpe() const noexcept { return bpe_; }
  bool whole_pieces() const noexcept { return whole_pieces_; }
  const Model& general() const;

 private:
  /// Appends the tokens of the run of unknown units at `begin` and answers where it ends.
  size_t tokenize_unknown(std::string_view piece, size_t begin, std::vector<ModelToken>& out) const;

  RankBpe bpe_;
  bool whole_pieces_;
  MakeModel make_general_;
  mutable std::once_flag general_once_;
  mutable std::unique_ptr<const Model> general_;
};

}  // namespace tokrail
