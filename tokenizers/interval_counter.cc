#include "tokenizers/interval_counter.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "tokenizers/engine/piece_encoder.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/models/prefix_encodings.h"

namespace tokrail {
namespace {

constexpr size_t kLongPiece = 512;  // bytes; shorter ones are simply encoded

/// The encodings of all prefixes of a piece as a tree: the parent of a prefix is the prefix without
/// the last token.
class PrefixTree {
 public:
  PrefixTree(const RankBpe& bpe, std::string_view piece) : bpe_(&bpe), prefixes_(bpe) {
    prefixes_.extend(piece);
    const size_t size = piece.size();
    sizes_.assign(size + 1, 1);
    for (size_t end = size; end > 0; --end) sizes_[prefixes_.before(end)] += sizes_[end];
    // Preorder numbers: a child takes the next free stretch of its parent's.
    std::vector<uint32_t> free(size + 1);
    order_.resize(size + 1);
    free[0] = 1;
    for (size_t end = 1; end <= size; ++end) {
      uint32_t& next = free[prefixes_.before(end)];
      order_[end] = next;
      next += sizes_[end];
      free[end] = order_[end] + 1;
    }
  }

  size_t count_all() const noexcept { return prefixes_.count(prefixes_.size()); }

  /// Tokens of piece[begin, end) encoded by itself.
  size_t count(std::string_view piece, size_t begin, size_t end) const {
    if (begin == 0) return prefixes_.count(end);
    constexpr size_t kFirstStep = 32, kMostSteps = 4096;
    const std::string_view part = piece.substr(begin, end - begin);
    PrefixEncodings own(*bpe_);
    for (size_t step = kFirstStep; step <= kMostSteps; step *= 2) {
      size_t at = own.size();
      own.extend(part.substr(0, step));
      while (at++ < own.size()) {
        if (own.last(at) != prefixes_.last(begin + at) || !is_ancestor(begin + at, end)) continue;
        return own.count(at) + prefixes_.count(end) - prefixes_.count(begin + at);
      }
      if (own.size() == part.size()) return own.count(own.size());
    }
    std::vector<TokenId> ids(part.size());
    RankBpe::Scratch scratch;
    return bpe_->encode(part, ids.data(), scratch);
  }

 private:
  /// Whether the encoding of the prefix `end` goes through the prefix `node`.
  bool is_ancestor(size_t node, size_t end) const noexcept {
    return order_[end] - order_[node] < sizes_[node];
  }

  const RankBpe* bpe_;
  PrefixEncodings prefixes_;
  std::vector<uint32_t> order_, sizes_;
};

struct LongPiece {
  size_t begin, end;
  PieceWatch watch;
  PrefixTree tree;
};

}  // namespace

struct IntervalCounter::Index {
  std::shared_ptr<const PieceEncoder> pieces;
  std::string_view text;
  // By unit of the whole text; needs are the largest so far, counts those of all units up to here.
  std::vector<uint32_t> ends, needs, counts;
  std::vector<LongPiece> long_pieces;
  std::vector<uint32_t> added;  // where added tokens begin, overlapping ones too

  Index(std::shared_ptr<const PieceEncoder> made, std::string_view whole)
      : pieces(std::move(made)), text(whole) {
    if (pieces->has_added()) {
      for (size_t at = 0; at < text.size(); ++at) {
        if (pieces->begins_added(text, at)) added.push_back(static_cast<uint32_t>(at));
      }
    }
    RankBpe::Scratch scratch;
    std::vector<TokenId> ids;
    size_t count = 0, most = 0;
    for (size_t begin = 0; begin < text.size();) {
      PieceWatch watch;
      const auto unit = pieces->unit(text, begin, next_added(text, begin), watch);
      const std::string_view bytes = text.substr(begin, unit.end - begin);
      if (unit.added != kNoToken || pieces->whole(bytes) != kNoToken) {
        ++count;
      } else if (bytes.size() < kLongPiece) {
        ids.clear();
        count += pieces->encode(bytes, scratch, ids);
      } else {
        long_pieces.push_back({begin, unit.end, watch, PrefixTree(pieces->bpe(), bytes)});
        count += long_pieces.back().tree.count_all();
      }
      most = std::max(most, unit.needs);
      ends.push_back(static_cast<uint32_t>(unit.end));
      needs.push_back(static_cast<uint32_t>(most));
      counts.push_back(static_cast<uint32_t>(count));
      begin = unit.end;
    }
  }

  /// The first added token of a beginning of the text at or behind a position.
  std::optional<AddedTokenMatch> next_added(std::string_view part, size_t from) const {
    for (auto at = std::lower_bound(added.begin(), added.end(), from);
         at != added.end() && *at < part.size(); ++at) {
      // Only one that does not fit into the part fails here.
      if (pieces->begins_added(part, *at)) return pieces->find_added(part, *at);
    }
    return std::nullopt;
  }

  /// Index behind the unit that ends at a position; ends.size() + 1 if none does.
  size_t unit_behind(size_t position) const {
    if (position == 0) return 0;
    const auto found = std::lower_bound(ends.begin(), ends.end(), position);
    if (found == ends.end() || *found != position) return ends.size() + 1;
    return static_cast<size_t>(found - ends.begin()) + 1;
  }

  const LongPiece* long_piece_at(size_t position) const {
    const auto after =
        std::upper_bound(long_pieces.begin(), long_pieces.end(), position,
                         [](size_t at, const LongPiece& piece) { return at < piece.begin; });
    if (after == long_pieces.begin()) return nullptr;
    const LongPiece& piece = *(after - 1);
    return position < piece.end ? &piece : nullptr;
  }

  /// Moves `at` behind the unit that begins there, in the text up to part's end, and answers its
  /// number of tokens.
  size_t read_unit(std::string_view part, size_t& at, RankBpe::Scratch& scratch,
                   std::vector<TokenId>& ids) const {
    const LongPiece* const piece = long_piece_at(at);
    PieceWatch watch;
    if (piece) watch = piece->watch;
    const size_t begin = at;
    const auto unit = pieces->unit(part, begin, next_added(part, begin), watch);
    at = unit.end;
    const std::string_view bytes = part.substr(begin, unit.end - begin);
    if (unit.added != kNoToken || pieces->whole(bytes) != kNoToken) return 1;
    if (bytes.size() >= kLongPiece && piece && unit.end <= piece->end) {
      return piece->tree.count(text.substr(piece->begin, piece->end - piece->begin),
                               begin - piece->begin, unit.end - piece->begin);
    }
    ids.clear();
    return pieces->encode(bytes, scratch, ids);
  }

  size_t count(size_t begin, size_t end) const {
    const std::string_view part = text.substr(0, end);
    RankBpe::Scratch scratch;
    std::vector<TokenId> ids;
    size_t count = 0, at = begin;
    size_t unit = unit_behind(at);
    while (at < end && unit > ends.size()) {
      count += read_unit(part, at, scratch, ids);
      unit = unit_behind(at);
    }
    if (at >= end) return count;
    const auto decided = std::upper_bound(needs.begin(), needs.end(), end);
    const auto last = static_cast<size_t>(decided - needs.begin());
    if (last > unit) {
      count += counts[last - 1] - (unit == 0 ? 0 : counts[unit - 1]);
      at = ends[last - 1];
    }
    while (at < end) count += read_unit(part, at, scratch, ids);
    return count;
  }
};

IntervalCounter::IntervalCounter(const Tokenizer& tokenizer, std::string text,
                                 std::optional<SpecialText> special_text)
    : engine_(tokenizer.shared_engine()),
      policy_(special_text ? *special_text : engine_->default_special_text()),
      text_(std::make_unique<const std::string>(std::move(text))) {
  auto pieces = special_text ? PieceEncoder::make(*engine_, policy_) : engine_->pieces();
  if (!pieces || text_->size() >= 0xFFFFFFFF || !pieces->reads(*text_, 0)) return;
  index_ = std::make_unique<const Index>(std::move(pieces), *text_);
}

IntervalCounter::~IntervalCounter() = default;
IntervalCounter::IntervalCounter(IntervalCounter&&) noexcept = default;
IntervalCounter& IntervalCounter::operator=(IntervalCounter&&) noexcept = default;

size_t IntervalCounter::count(size_t begin, size_t end) const {
  if (begin > end || end > text_->size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected an interval inside the " + std::to_string(text_->size()) +
                    " bytes of the text, got " + std::to_string(begin) + " to " +
                    std::to_string(end));
  }
  if (index_) return index_->count(begin, end);
  return count_by_encoding(std::string_view(*text_).substr(begin, end - begin));
}

size_t IntervalCounter::count_by_encoding(std::string_view part) const {
  CountSink sink(~size_t{0});
  engine_->encode(part, policy_, sink);
  return sink.count();
}

const std::string& IntervalCounter::text() const noexcept {
  return *text_;
}
bool IntervalCounter::is_indexed() const noexcept {
  return index_ != nullptr;
}

}  // namespace tokrail
