#include "tokenizers/canonical_encoder.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/append_encoder.h"
#include "tokenizers/engine/piece_encoder.h"
#include "tokenizers/engine/tokenizer_engine.h"

namespace tokrail {
namespace {

constexpr size_t kNever = ~size_t{0};

/// Ids and the bytes they spell, with what their neighbourhoods say.
struct IdText {
  std::vector<TokenId> ids;
  std::vector<size_t> ends;   ///< where the bytes of an id end
  std::vector<uint32_t> bad;  ///< neighbours up to an id that are no valid pair
  std::string text;

  size_t size() const noexcept { return ids.size(); }
  size_t begin_of(size_t index) const noexcept { return index == 0 ? 0 : ends[index - 1]; }

  void push(const RankBpe& bpe, TokenId id, std::string_view bytes) {
    const bool valid = ids.empty() || bpe.is_canonical_pair(ids.back(), id);
    bad.push_back((bad.empty() ? 0 : bad.back()) + (valid ? 0 : 1));
    ids.push_back(id);
    text += bytes;
    ends.push_back(text.size());
  }
  void truncate(size_t count) {
    ids.resize(count);
    ends.resize(count);
    bad.resize(count);
    text.resize(count == 0 ? 0 : ends.back());
  }
  void clear() { truncate(0); }

  /// Whether ids [first, last] can stand beside each other in one piece.
  bool may_be_neighbours(const RankBpe& bpe, size_t first, size_t last) const noexcept {
    return first == last ? bpe.is_reachable(ids[first]) : bad[last] == bad[first];
  }

  /// Whether a unit that begins with the bytes of id `first` is spelled by whole ids, and as it is
  /// encoded; then moves `first` behind it.
  bool take_unit(const PieceEncoder& pieces, const PieceEncoder::Unit& unit,
                 size_t& first) const noexcept {
    const auto last_end =
        std::lower_bound(ends.begin() + static_cast<std::ptrdiff_t>(first), ends.end(), unit.end);
    if (last_end == ends.end() || *last_end != unit.end) return false;
    const auto last = static_cast<size_t>(last_end - ends.begin());
    const size_t begin = begin_of(first);
    const auto bytes = std::string_view(text).substr(begin, unit.end - begin);
    const bool one = first == last;
    const bool as_whole = unit.added != kNoToken || pieces.whole(bytes) != kNoToken;
    const bool right = one ? pieces.is_single(unit, bytes, ids[first])
                           : !as_whole && may_be_neighbours(pieces.bpe(), first, last);
    first = last + 1;
    return right;
  }

  /// Whether the ids from `first` on are the encoding of their bytes. `watch` is of the first unit;
  /// no added token begins before `no_added_before`.
  bool reads_canonically(const PieceEncoder& pieces, size_t first, PieceWatch& watch,
                         size_t no_added_before = 0) const {
    const size_t start = begin_of(first);
    auto added = pieces.find_added(text, std::max(start, no_added_before));
    for (size_t begin = start; begin < text.size(); begin = begin_of(first)) {
      if (added && added->begin < begin) added = pieces.find_added(text, begin);
      PieceWatch fresh;
      PieceWatch& seen = begin == start ? watch : fresh;
      if (!take_unit(pieces, pieces.unit(text, begin, added, seen), first)) return false;
    }
    return true;
  }
};

/// What may follow a text, as far as the known patterns can tell the difference: they look at
/// classes of characters, at the letters of contractions, and never beyond one character behind a
/// run. A space matters together with what it is followed by.
constexpr std::string_view kContinuations[] = {"a",
                                               "A",
                                               "\xE6\xBC\xA2",
                                               "\xD7\x90",
                                               "\xCC\x81",
                                               "1",
                                               "\n",
                                               "\xC2\xA0",
                                               "!",
                                               "/",
                                               "'",
                                               "'s",
                                               "s",
                                               "l",
                                               "ll",
                                               "e",
                                               "d",
                                               "\xBF",
                                               " ",
                                               " a",
                                               " !",
                                               " 1",
                                               "  a",
                                               " \n",
                                               "\n\n",
                                               "\na",
                                               "aa",
                                               "Aa",
                                               "A!",
                                               "a!",
                                               "1!",
                                               "!!",
                                               "\n!",
                                               "\xE6\xBC\xA2!",
                                               "\xCC\x81!",
                                               "\xC2\xA0"
                                               "a",
                                               "/a",
                                               "\xE6\xBC\xA2"
                                               "a"};

/// The rest of one character of each class that the cut off character at the end of a text can
/// become.
std::vector<std::string> completions(std::string_view text) {
  const size_t cut = incomplete_utf8_suffix(text);
  if (cut == 0) return {};
  const auto lead = static_cast<unsigned char>(text[text.size() - cut]);
  const uint32_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t first = lead & (0x7F >> length);
  for (size_t i = cut - 1; i > 0; --i) {
    first = first << 6 | (static_cast<unsigned char>(text[text.size() - i]) & 0x3F);
  }
  const uint32_t missing = 6 * (length - static_cast<uint32_t>(cut));
  first <<= missing;
  const char32_t last = std::min<char32_t>(first | ((char32_t{1} << missing) - 1), kMaxCodePoint);
  const char32_t lowest = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
  std::array<bool, 256> seen{};
  std::vector<std::string> rests;
  for (char32_t c = std::max(first, lowest); c <= last; ++c) {
    if (!is_scalar_value(c)) continue;
    char bytes[4];
    const uint32_t size = encode_utf8(c, bytes);
    const SplitCharacter character = split_character<true>(bytes, bytes + size);
    if (seen[character.bits]) continue;
    seen[character.bits] = true;
    rests.emplace_back(bytes + cut, size - cut);
  }
  return rests;
}

}  // namespace

// ---------------------------------------------------------------------------- whole sequences

CanonicalEncoder::CanonicalEncoder(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {
  if (tokenizer.vocabulary().knows_canonical_pairs()) pieces_ = tokenizer.engine().text_pieces();
}

bool CanonicalEncoder::is_canonical_text(std::span<const TokenId> ids) const {
  if (ids.empty()) return true;
  std::vector<TokenId> encoded;
  VectorSink sink(encoded);
  tokenizer_.engine().encode(tokenizer_.decode_bytes(ids), SpecialText::as_text(), sink);
  return std::equal(ids.begin(), ids.end(), encoded.begin(), encoded.end());
}

// Marks of hybrid vocabularies, and suffixes that are all tail, spell nothing by themselves.
bool CanonicalEncoder::is_written(TokenId id) const {
  const Vocabulary& vocabulary = tokenizer_.vocabulary();
  return vocabulary.is_text(id) && (tokenizer_.spec().hybrid || !vocabulary.bytes(id).empty());
}

bool CanonicalEncoder::is_canonical(std::span<const TokenId> ids) const {
  const Vocabulary& vocabulary = tokenizer_.vocabulary();
  IdText run;
  size_t begin = 0;
  const auto close = [&](size_t end) {
    if (!pieces_) return is_canonical_text(ids.subspan(begin, end - begin));
    PieceWatch watch;
    return pieces_->reads(run.text, 0) && run.reads_canonically(*pieces_, 0, watch);
  };
  for (size_t i = 0; i < ids.size(); ++i) {
    const TokenId id = ids[i];
    if (id >= vocabulary.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "expected ids below " + std::to_string(vocabulary.size()) + ", got " +
                      std::to_string(id) + " at place " + std::to_string(i));
    }
    if (vocabulary.kind(id) == TokenKind::kControl) {
      if (!close(i)) return false;
      run.clear();
      begin = i + 1;
    } else if (!is_written(id)) {
      return false;
    } else if (pieces_) {
      run.push(pieces_->bpe(), id, vocabulary.bytes(id));
    }
  }
  return close(ids.size());
}

size_t CanonicalEncoder::canonical_prefix(std::span<const TokenId> ids) const {
  if (pieces_) {
    CanonicalChecker checker(*this);
    size_t count = 0;
    while (count < ids.size() && checker.push(ids[count])) ++count;
    return count;
  }
  const Vocabulary& vocabulary = tokenizer_.vocabulary();
  for (size_t begin = 0; begin < ids.size();) {
    size_t end = begin;
    while (end < ids.size() && ids[end] < vocabulary.size() && vocabulary.is_text(ids[end])) ++end;
    const auto run = ids.subspan(begin, end - begin);
    if (!is_canonical_text(run)) {
      std::vector<TokenId> encoded;
      VectorSink sink(encoded);
      tokenizer_.engine().encode(tokenizer_.decode_bytes(run), SpecialText::as_text(), sink);
      const auto [left, right] =
          std::mismatch(run.begin(), run.end(), encoded.begin(), encoded.end());
      return begin + static_cast<size_t>(left - run.begin());
    }
    const bool special = end < ids.size() && ids[end] < vocabulary.size() &&
                         vocabulary.kind(ids[end]) == TokenKind::kControl;
    if (!special) return end;
    begin = end + 1;
  }
  return ids.size();
}

bool CanonicalEncoder::is_canonical_pair(TokenId left, TokenId right) const {
  const Vocabulary& vocabulary = tokenizer_.vocabulary();
  if (left >= vocabulary.size() || right >= vocabulary.size()) return false;
  if (pieces_ && vocabulary.is_text(left) && vocabulary.is_text(right)) {
    return vocabulary.is_canonical_pair(left, right);
  }
  const TokenId ids[] = {left, right};
  return is_canonical(ids);
}

CertainIds CanonicalEncoder::encode_certain(std::string_view bytes) const {
  AppendEncoder encoder(tokenizer_, SpecialText::as_text());
  if (!encoder.is_incremental()) return {{}, bytes.size()};
  encoder.append(bytes);
  const AppendEncoder::Certain certain = encoder.certain();
  return {{certain.ids.begin(), certain.ids.end()}, bytes.size() - certain.bytes};
}

// ---------------------------------------------------------------------------- growing sequences

struct CanonicalChecker::State {
  /// A place between two ids up to which everything is certain.
  struct Settled {
    size_t ids;       ///< how many are before it
    size_t known_at;  ///< how many there were when it became certain
  };

  explicit State(const CanonicalEncoder& canonical) : encoder(canonical) {}

  CanonicalEncoder encoder;
  IdText run;
  std::vector<Settled> settled;
  size_t impossible_at = kNever;  // ids there were when no canonical text was left
  PieceWatch watch;               // of the first unit that is not settled
  size_t no_added_before = 0;

  const PieceEncoder& pieces() const noexcept { return *encoder.pieces_; }
  const Vocabulary& vocabulary() const noexcept { return encoder.tokenizer_.vocabulary(); }
  size_t first() const noexcept { return settled.empty() ? 0 : settled.back().ids; }

  void settle(size_t ids) {
    settled.push_back({ids, run.size()});
    watch = PieceWatch();
  }

  bool push(TokenId id) {
    const Vocabulary& known = vocabulary();
    const bool in_range = id < known.size();
    const bool special = in_range && known.kind(id) == TokenKind::kControl;
    const bool text = in_range && encoder.is_written(id);
    if (!encoder.pieces_) {
      run.ids.push_back(id);
      if (impossible_at == kNever && !special && !text) impossible_at = run.size();
      return impossible_at == kNever;
    }
    const bool was_canonical = special && impossible_at == kNever && is_canonical();
    const size_t before = run.text.size();
    run.push(pieces().bpe(), id, text ? known.bytes(id) : std::string_view());
    if (impossible_at != kNever) return false;
    bool possible = special ? was_canonical : text && advance(before);
    if (special && possible) settle(run.size());
    if (!possible) impossible_at = run.size();
    return possible;
  }

  /// Checks the units that the new bytes have settled, and the rest for what it may become.
  bool advance(size_t known_bytes) {
    const size_t begin = run.begin_of(first());
    const std::string_view text = std::string_view(run.text).substr(begin);
    if (!pieces().reads(text, std::max(known_bytes, begin) - begin)) return false;
    return settle_units(begin + pieces().settled(text)) &&
           (run.reads_canonically(pieces(), first(), watch, no_added_before) || may_go_on());
  }

  bool settle_units(size_t stable) {
    for (size_t begin = run.begin_of(first()); begin < stable; begin = run.begin_of(first())) {
      std::optional<AddedTokenMatch> added;
      if (pieces().has_added()) {
        added = pieces().find_added(run.text, std::max(begin, no_added_before));
        no_added_before = std::min(stable, added ? added->begin : run.text.size());
      }
      const PieceEncoder::Unit unit = pieces().unit(run.text, begin, added, watch);
      if (unit.needs > stable) return true;
      size_t next = first();
      if (!run.take_unit(pieces(), unit, next)) return false;
      settle(next);
    }
    return true;
  }

  bool may_go_on() const {
    std::string tail = run.text.substr(run.begin_of(first()));
    for (const std::string_view continuation : kContinuations) {
      if (may_go_on_with(tail, continuation)) return true;
    }
    for (const std::string& rest : completions(tail)) {
      for (const std::string_view behind : {"", "a", "A", "!", "\n"}) {
        if (may_go_on_with(tail, rest + std::string(behind))) return true;
      }
    }
    return false;
  }

  /// Whether the ids fit the units that the tail has where `continuation` follows it.
  bool may_go_on_with(std::string& tail, std::string_view continuation) const {
    const size_t size = tail.size(), offset = run.text.size() - size;
    auto added = pieces().find_added(tail, 0);
    tail += continuation;
    size_t at = 0, index = first();
    bool fits = true;
    while (fits && at < size) {
      if (added && added->begin < at) {
        added = pieces().find_added(std::string_view(tail).substr(0, size), at);
      }
      PieceWatch fresh;
      PieceEncoder::Unit unit = pieces().unit(tail, at, added, fresh);
      if (unit.end > size) {
        fits = run.may_be_neighbours(pieces().bpe(), index, run.size() - 1);
        break;
      }
      at = unit.end;
      unit.end += offset;
      fits = run.take_unit(pieces(), unit, index);
    }
    tail.resize(size);
    return fits;
  }

  void rollback(size_t count) {
    const size_t left = run.size() - std::min(count, run.size());
    if (impossible_at > left) impossible_at = kNever;
    if (!encoder.pieces_) {
      run.ids.resize(left);
      return;
    }
    run.truncate(left);
    const size_t before = first();
    while (!settled.empty() && settled.back().known_at > left) settled.pop_back();
    if (first() != before) {
      watch = PieceWatch();
    } else {
      watch.truncate(run.text.size());
    }
    no_added_before = std::min(no_added_before, run.begin_of(first()));
  }

  bool is_canonical() {
    if (impossible_at != kNever) return false;
    if (!encoder.pieces_) return encoder.is_canonical(run.ids);
    return run.reads_canonically(pieces(), first(), watch, no_added_before);
  }
};

CanonicalChecker::CanonicalChecker(const CanonicalEncoder& encoder)
    : state_(std::make_unique<State>(encoder)) {}
CanonicalChecker::~CanonicalChecker() = default;
CanonicalChecker::CanonicalChecker(const CanonicalChecker& other)
    : state_(std::make_unique<State>(*other.state_)) {}
CanonicalChecker& CanonicalChecker::operator=(const CanonicalChecker& other) {
  if (this != &other) *this = CanonicalChecker(other);
  return *this;
}
CanonicalChecker::CanonicalChecker(CanonicalChecker&&) noexcept = default;
CanonicalChecker& CanonicalChecker::operator=(CanonicalChecker&&) noexcept = default;

bool CanonicalChecker::push(TokenId id) {
  return state_->push(id);
}
void CanonicalChecker::rollback(size_t count) {
  state_->rollback(count);
}
size_t CanonicalChecker::size() const noexcept {
  return state_->run.size();
}
bool CanonicalChecker::is_possible() const noexcept {
  return state_->impossible_at == kNever;
}
bool CanonicalChecker::is_canonical() {
  return state_->is_canonical();
}

}  // namespace tokrail
