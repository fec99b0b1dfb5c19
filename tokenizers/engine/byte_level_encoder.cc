// The fast encoder of byte-level models.
#include <mutex>
#include <utility>

#include "tokenizers/engine/segment_walk.h"

namespace tokrail {
namespace {

using namespace detail;

class ByteLevelEncoder final : public FastEncoder {
 public:
  ByteLevelEncoder(std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const Model> model,
                   const RankBpeModel* rank_bpe, std::shared_ptr<const CertainCuts> cuts,
                   MakeLengths lengths)
      : segmenter_(std::move(segmenter)),
        model_(std::move(model)),
        rank_bpe_(rank_bpe),
        cuts_(std::move(cuts)),
        make_lengths_(std::move(lengths)) {}

  bool encode(std::string_view part, size_t, EncodeScratch& scratch, IdSink& sink) const override {
    uint32_t ends[kSegmentsPerCall];
    const char* const text_end = part.data() + part.size();
    for (size_t at = 0; at < part.size();) {
      const size_t count = segmenter_->split(part, at, ends, kSegmentsPerCall);
      // At most one id per byte, and a hit writes up to eight.
      TokenId* const ids = scratch.ids.room(ends[count - 1] + WordCache::kMaxLongIds);
      TokenId* const end = encode_pieces(part.data() + at, ends, count, text_end, ids, scratch,
                                         [](const TokenId*) {});
      if (!sink.write({ids, end})) return false;
      at += ends[count - 1];
    }
    scratch.ids.shrink(kKeptIds);
    return true;
  }

  // Without a token for every byte, tokens may stand for bytes that are not theirs.
  bool has_spans() const override {
    return rank_bpe_ && rank_bpe_->bpe().all_bytes_known() && token_lengths();
  }

  void encode_spans(std::string_view part, size_t original_begin, uint32_t& word,
                    EncodeScratch& scratch, TokenSink& sink) const override {
    const uint16_t* const lengths = token_lengths();
    TokenWriter writer(scratch, sink);
    uint32_t ends[kSegmentsPerCall];
    const char* const text_end = part.data() + part.size();
    for (size_t at = 0; at < part.size();) {
      const size_t count = segmenter_->split(part, at, ends, kSegmentsPerCall);
      TokenId* const ids = scratch.ids.room(ends[count - 1] + WordCache::kMaxLongIds);
      const TokenId* id = ids;
      size_t begin = original_begin + at;
      const auto write_piece = [&](const TokenId* ids_end) {
        for (; id < ids_end; ++id) {
          const size_t end = begin + lengths[*id];
          writer.push_back({*id, word, begin, end});
          begin = end;
        }
        ++word;
      };
      encode_pieces(part.data() + at, ends, count, text_end, ids, scratch, write_piece);
      at += ends[count - 1];
    }
    writer.flush();
    scratch.ids.shrink(kKeptIds);
  }

 private:
  // Calls on_piece(end of its ids) for each piece.
  template <typename OnPiece>
  TokenId* encode_pieces(const char* base, const uint32_t* ends, size_t count, const char* text_end,
                         TokenId* out, EncodeScratch& scratch, OnPiece on_piece) const {
    uint32_t begin = 0;
    for (size_t i = 0; i < count; ++i) {
      const char* const text = base + begin;
      const size_t length = ends[i] - begin;
      begin = ends[i];
      if (length > WordCache::kMaxBytes) {
        out += encode_long({text, length}, text_end, out, scratch);
        on_piece(out);
        continue;
      }
      const WordCache::Key key = key_of(text, length, text_end);
      if (const size_t found = scratch.cache.find(key, out); found != 0) {
        out += found - 1;
        on_piece(out);
        continue;
      }
      const size_t ids = encode_parts({text, length}, text_end, out, scratch);
      scratch.cache.insert(key, out, ids);
      out += ids;
      on_piece(out);
    }
    return out;
  }

  size_t encode_long(std::string_view piece, const char* text_end, TokenId* out,
                     EncodeScratch& scratch) const {
    if (piece.size() > WordCache::kMaxLongBytes) {
      return encode_parts(piece, text_end, out, scratch);
    }
    const WordCache::LongKey key = long_key_of(piece.data(), piece.size(), text_end);
    if (const size_t found = scratch.cache.find_long(key, out); found != 0) return found - 1;
    const size_t count = encode_parts(piece, text_end, out, scratch);
    scratch.cache.insert_long(key, out, count);
    return count;
  }

  // Cuts a piece where no token can reach across, and looks the parts up like pieces.
  size_t encode_parts(std::string_view piece, const char* text_end, TokenId* out,
                      EncodeScratch& scratch) const {
    if (!cuts_ || !CertainCuts::may_cut(piece)) return encode_piece(piece, out, scratch);
    const TokenId* const first = out;
    const char* const end = piece.data() + piece.size();
    for (const char* p = piece.data(); p < end;) {
      const char* const cut = cuts_->next(p, end);
      const auto length = static_cast<size_t>(cut - p);
      if (length == piece.size()) return encode_piece(piece, out, scratch);
      if (length > WordCache::kMaxBytes) {
        out += encode_piece({p, length}, out, scratch);
      } else {
        const WordCache::Key key = key_of(p, length, text_end);
        size_t found = scratch.cache.find(key, out);
        if (found == 0) {
          found = encode_piece({p, length}, out, scratch) + 1;
          scratch.cache.insert(key, out, found - 1);
        }
        out += found - 1;
      }
      p = cut;
    }
    return static_cast<size_t>(out - first);
  }

  size_t encode_piece(std::string_view piece, TokenId* out, EncodeScratch& scratch) const {
    if (rank_bpe_) {
      const size_t count = rank_bpe_->encode(piece, out, scratch.bpe);
      if (count != RankBpe::kUnknown) return count;
    }
    scratch.model_tokens.clear();
    model_->tokenize(piece, scratch.model_tokens);
    for (const ModelToken& token : scratch.model_tokens) *out++ = token.id;
    return scratch.model_tokens.size();
  }

  /// Null if there are none.
  const uint16_t* token_lengths() const {
    std::call_once(lengths_once_, [this] { lengths_ = make_lengths_(); });
    return lengths_.empty() ? nullptr : lengths_.data();
  }

  std::unique_ptr<const Segmenter> segmenter_;
  std::shared_ptr<const Model> model_;
  const RankBpeModel* rank_bpe_;
  std::shared_ptr<const CertainCuts> cuts_;  // null: pieces are not cut
  MakeLengths make_lengths_;
  mutable std::once_flag lengths_once_;
  mutable std::vector<uint16_t> lengths_;
};

}  // namespace

std::unique_ptr<const FastEncoder> FastEncoder::byte_level(
    std::unique_ptr<const Segmenter> segmenter, std::shared_ptr<const Model> model,
    const RankBpeModel* rank_bpe, std::shared_ptr<const CertainCuts> cuts, MakeLengths lengths) {
  return std::make_unique<ByteLevelEncoder>(std::move(segmenter), std::move(model), rank_bpe,
                                            std::move(cuts), std::move(lengths));
}

}  // namespace tokrail
