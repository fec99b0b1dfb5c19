#include "tokenizers/append_encoder.h"

#include <algorithm>

#include "base/error.h"
#include "tokenizers/engine/piece_encoder.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/models/prefix_encodings.h"

namespace tokrail {
namespace {

constexpr size_t kLongPiece = 128;  // bytes; shorter ones are simply encoded again

/// A unit that no further text can change.
struct KeptUnit {
  size_t end;
  size_t needs;      ///< the largest PieceEncoder::Unit::needs up to here
  size_t ids_after;  ///< ids of the text up to `end`
};

/// A piece of the tail, and which of its prefixes is written at the end of the ids.
struct TailPiece {
  size_t begin = 0;
  PieceWatch watch;
  std::optional<PrefixEncodings> prefixes;
  size_t ids_begin = 0;
  size_t ids_count = 0;
  size_t written = 0;        ///< bytes; 0: nothing is written
  bool by_prefixes = false;  ///< the ids are those of `prefixes`

  void forget_ids() noexcept { ids_count = written = 0; }
};

}  // namespace

struct AppendEncoder::State {
  std::shared_ptr<const TokenizerEngine> engine;
  SpecialText policy;
  std::shared_ptr<const PieceEncoder> pieces;  // null: not incremental

  std::string text;
  bool readable = true;   // by pieces, as far as it goes
  bool outdated = false;  // ids are not those of the text
  std::vector<TokenId> ids;
  std::vector<KeptUnit> kept;
  std::vector<TailPiece> tail;
  size_t no_added_before = 0;  // behind the kept units, no added token begins before this
  std::vector<TokenId> reversed;
  RankBpe::Scratch scratch;

  State(const Tokenizer& tokenizer, std::optional<SpecialText> special_text)
      : engine(tokenizer.shared_engine()),
        policy(special_text ? *special_text : engine->default_special_text()),
        pieces(special_text ? PieceEncoder::make(*engine, policy) : engine->pieces()) {}

  size_t kept_bytes() const noexcept { return kept.empty() ? 0 : kept.back().end; }
  size_t kept_ids() const noexcept { return kept.empty() ? 0 : kept.back().ids_after; }

  void append(std::string_view more) {
    const size_t before = text.size();
    text += more;
    outdated = true;
    if (pieces && readable) readable = pieces->reads(text, before);
  }

  void truncate(size_t size) {
    text.resize(size);
    outdated = true;
    if (!pieces) return;
    if (!readable) readable = pieces->reads(text, 0);
    const size_t settled = pieces->settled(text);
    while (!kept.empty() && kept.back().needs > settled) kept.pop_back();
    ids.resize(std::min(ids.size(), kept_ids()));
    no_added_before = kept_bytes();  // tokens that were kept may be in the tail again
    std::erase_if(tail, [size](const TailPiece& piece) { return piece.begin >= size; });
    for (TailPiece& piece : tail) {
      piece.watch.truncate(size);
      if (piece.prefixes) {
        piece.prefixes->truncate(std::string_view(text).substr(piece.begin),
                                 pieces->longest_token());
      }
      piece.forget_ids();
    }
  }

  /// The first added token behind the kept units, as far as the text goes.
  std::optional<AddedTokenMatch> next_added(size_t settled) {
    if (!pieces->has_added()) return std::nullopt;
    const auto match = pieces->find_added(text, std::max(no_added_before, kept_bytes()));
    no_added_before = std::min(settled, match ? match->begin : text.size());
    return match;
  }

  TailPiece& tail_piece(size_t index, size_t begin) {
    if (index == tail.size()) tail.emplace_back();
    if (tail[index].watch.decided_at == 0 || tail[index].begin != begin) {
      tail[index] = TailPiece();
      tail[index].begin = begin;
    }
    return tail[index];
  }

  /// Keeps the units that have become certain; true if added tokens are left in the tail.
  bool keep_settled() {
    const size_t settled = readable ? pieces->settled(text) : 0;
    while (true) {
      const size_t begin = kept_bytes();
      const auto added = next_added(settled);
      if (begin >= settled) return added.has_value();
      TailPiece& piece = tail_piece(0, begin);
      const PieceEncoder::Unit unit = pieces->unit(text, begin, added, piece.watch);
      const size_t needs = std::max(unit.needs, kept.empty() ? 0 : kept.back().needs);
      if (needs > settled) return added.has_value();
      keep(piece, unit, needs);
      tail.erase(tail.begin());
    }
  }

  void keep(const TailPiece& piece, const PieceEncoder::Unit& unit, size_t needs) {
    const size_t begin = piece.begin, ids_begin = kept_ids();
    size_t count = 1;
    if (unit.added != kNoToken) {
      ids.resize(ids_begin);
      ids.push_back(unit.added);
    } else if (piece.ids_begin == ids_begin && piece.written == unit.end - begin &&
               ids.size() >= ids_begin + piece.ids_count) {
      count = piece.ids_count;  // they stand where they belong
    } else {
      ids.resize(ids_begin);
      count = pieces->encode(std::string_view(text).substr(begin, unit.end - begin), scratch, ids);
    }
    kept.push_back({unit.end, needs, ids_begin + count});
  }

  void write_tail() {
    size_t ids_begin = kept_ids(), index = 0;
    for (size_t begin = kept_bytes(); begin < text.size(); ++index) {
      TailPiece& piece = tail_piece(index, begin);
      const size_t end = pieces->splitter().piece_end(text, begin, piece.watch);
      write_piece(piece, ids_begin, std::string_view(text).substr(begin, end - begin));
      ids_begin += piece.ids_count;
      begin = end;
    }
    tail.erase(tail.begin() + static_cast<std::ptrdiff_t>(index), tail.end());
    ids.resize(ids_begin);
  }

  /// Puts the ids of a piece at ids_begin; where they are there already, what follows stays.
  void write_piece(TailPiece& piece, size_t ids_begin, std::string_view bytes) {
    if (piece.ids_begin != ids_begin || ids.size() < ids_begin + piece.ids_count) {
      piece.forget_ids();
    }
    if (piece.written == bytes.size()) return;
    piece.ids_begin = ids_begin;
    const bool by_prefixes = bytes.size() >= kLongPiece && pieces->whole(bytes) == kNoToken;
    if (by_prefixes) {
      write_prefix(piece, bytes);
    } else {
      ids.resize(ids_begin);
      piece.ids_count = pieces->encode(bytes, scratch, ids);
    }
    piece.by_prefixes = by_prefixes;
    piece.written = bytes.size();
  }

  // The encodings of two prefixes are the same up to the longest prefix both go through.
  void write_prefix(TailPiece& piece, std::string_view bytes) {
    if (!piece.prefixes) piece.prefixes.emplace(pieces->bpe());
    const PrefixEncodings& prefixes = *piece.prefixes;
    if (prefixes.size() < bytes.size()) piece.prefixes->extend(bytes);
    size_t at = bytes.size();
    size_t old = piece.by_prefixes ? piece.written : 0;
    reversed.clear();
    while (at != old) {
      if (at > old) {
        reversed.push_back(pieces->bpe().id(prefixes.last(at)));
        at = prefixes.before(at);
      } else {
        old = prefixes.before(old);
      }
    }
    ids.resize(piece.ids_begin + (at == 0 ? 0 : prefixes.count(at)));
    ids.insert(ids.end(), reversed.rbegin(), reversed.rend());
    piece.ids_count = prefixes.count(bytes.size());
  }

  void update() {
    if (!outdated) return;
    const bool has_added = pieces && keep_settled();
    if (pieces && readable && !has_added) {
      write_tail();
    } else {
      tail.clear();
      ids.resize(kept_ids());
      VectorSink sink(ids);
      engine->encode(std::string_view(text).substr(kept_bytes()), policy, sink);
    }
    outdated = false;
  }
};

AppendEncoder::AppendEncoder(const Tokenizer& tokenizer, std::optional<SpecialText> special_text)
    : state_(std::make_unique<State>(tokenizer, std::move(special_text))) {}
AppendEncoder::~AppendEncoder() = default;
AppendEncoder::AppendEncoder(const AppendEncoder& other)
    : state_(std::make_unique<State>(*other.state_)) {}
AppendEncoder& AppendEncoder::operator=(const AppendEncoder& other) {
  if (this != &other) *this = AppendEncoder(other);
  return *this;
}
AppendEncoder::AppendEncoder(AppendEncoder&&) noexcept = default;
AppendEncoder& AppendEncoder::operator=(AppendEncoder&&) noexcept = default;

void AppendEncoder::append(std::string_view text) {
  if (!text.empty()) state_->append(text);
}

void AppendEncoder::truncate(size_t size) {
  if (size > state_->text.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected a size of at most " + std::to_string(state_->text.size()) +
                    " bytes to go back to, got " + std::to_string(size));
  }
  if (size < state_->text.size()) state_->truncate(size);
}

const std::string& AppendEncoder::text() const noexcept {
  return state_->text;
}

std::span<const TokenId> AppendEncoder::ids() {
  state_->update();
  return state_->ids;
}

AppendEncoder::Certain AppendEncoder::certain() {
  state_->update();
  return {std::span(state_->ids).first(state_->kept_ids()), state_->kept_bytes()};
}

bool AppendEncoder::is_incremental() const noexcept {
  return state_->pieces != nullptr;
}

}  // namespace tokrail
