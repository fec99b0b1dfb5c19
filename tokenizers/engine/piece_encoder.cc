#include "tokenizers/engine/piece_encoder.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/engine/tokenizer_engine.h"

namespace tokrail {
namespace {

/// Whether an occurrence of `a` and one of `b` can share bytes.
bool can_overlap(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (a.find(b) != a.npos) return true;
  for (size_t n = 1; n < b.size(); ++n) {
    if (a.ends_with(b.substr(0, n)) || a.starts_with(b.substr(b.size() - n))) return true;
  }
  return false;
}

bool any_can_overlap(std::span<const std::string_view> a, std::span<const std::string_view> b) {
  constexpr size_t kMaxPairs = 200000;
  if (a.size() * b.size() > kMaxPairs) return true;
  for (const std::string_view one : a) {
    for (const std::string_view other : b) {
      if (can_overlap(one, other)) return true;
    }
  }
  return false;
}

size_t longest_of(const ByteStrings& texts) noexcept {
  const std::span<const uint32_t> offsets = texts.offsets();
  uint32_t longest = 0;
  for (size_t i = 1; i < offsets.size(); ++i) {
    longest = std::max(longest, offsets[i] - offsets[i - 1]);
  }
  return longest;
}

/// Characters that never combine with what stands before them (canonical combining class 0, and
/// no second part of a composition). Not all of them: those that make up most text.
bool begins_afresh(char32_t c) noexcept {
  constexpr struct {
    char32_t first, last;
  } kRanges[] = {{0x0000, 0x02FF}, {0x0400, 0x0482}, {0x3001, 0x3029}, {0x3041, 0x3096},
                 {0x30A1, 0x30FE}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}, {0xFF01, 0xFF60}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [c](const auto& range) { return range.first <= c && c <= range.last; });
}

}  // namespace

std::shared_ptr<const PieceEncoder> PieceEncoder::make(const TokenizerEngine& engine,
                                                       const SpecialText& policy) {
  const RankBpeModel* model = engine.rank_bpe();
  const TextPipeline::Stages& stages = engine.pipeline().stages();
  if (!engine.raw_bytes() || !engine.splitter() || !model || !model->bpe().all_bytes_known() ||
      stages.prefix_space || stages.replace_invalid_utf8) {
    return nullptr;
  }
  const auto& steps = engine.spec().normalizers;
  const bool nfc = steps.size() == 1 && steps[0].kind == NormalizerStep::Kind::kNfc;
  if (!stages.normalizer.always_identity() && !nfc) return nullptr;
  std::shared_ptr<PieceEncoder> made(new PieceEncoder);
  made->splitter_ = Splitter::for_rules(engine.splitter()->rules());
  made->owner_ = stages.model;
  made->model_ = model;
  made->normalizer_ = stages.normalizer;
  made->normalizes_ = nfc;
  made->has_wholes_ = model->whole_pieces() && model->bpe().has_unreachable();
  made->longest_token_ = longest_of(engine.spec().vocabulary.texts);
  return made->take_added_tokens(engine, policy) ? made : nullptr;
}

// tokenizer.json looks for added tokens in two passes, and what one pass takes the other cannot
// have; a special token that is read as text hides what overlaps it. Where no two tokens of
// different fate can overlap, one search for all that are matched finds the same.
bool PieceEncoder::take_added_tokens(const TokenizerEngine& engine, const SpecialText& policy) {
  std::vector<std::string_view> raw, normalized, as_text;
  std::vector<ByteTrieEntry> entries;
  const bool json = engine.spec().format == SourceFormat::kTokenizerJson;
  bool looks_around = false;
  for (const AddedToken& token : engine.spec().added_tokens) {
    if (token.content.empty()) continue;
    looks_around |= token.lstrip || token.rstrip || token.single_word;
    if (token.special && policy.forbids(token.id)) return false;
    if (token.special && !policy.allows(token.id)) {
      as_text.push_back(token.content);
      continue;
    }
    if (json && token.normalized && !normalizer_.is_identity_on(token.content)) return false;
    (json && token.normalized ? normalized : raw).push_back(token.content);
    entries.push_back({token.content, token.id});
    longest_added_ = std::max(longest_added_, token.content.size());
  }
  if (entries.empty()) return true;
  if (looks_around || any_can_overlap(raw, normalized) || any_can_overlap(raw, as_text) ||
      any_can_overlap(normalized, as_text)) {
    return false;
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  const auto same = [](const auto& a, const auto& b) { return a.key == b.key; };
  if (std::adjacent_find(entries.begin(), entries.end(), same) != entries.end()) return false;
  added_ = ByteTrie::build(entries);
  return true;
}

size_t PieceEncoder::encode(std::string_view piece, RankBpe::Scratch& scratch,
                            std::vector<TokenId>& out) const {
  const size_t before = out.size();
  out.resize(before + piece.size());
  const size_t count = model_->encode(piece, out.data() + before, scratch);
  if (count == RankBpe::kUnknown) {  // all bytes are known, unless tables of a file are damaged
    out.resize(before);
    throw Error(ErrorCode::kInvalidFile, "expected compiled tables that can spell every piece");
  }
  out.resize(before + count);
  return count;
}

PieceEncoder::Unit PieceEncoder::unit(std::string_view text, size_t begin,
                                      const std::optional<AddedTokenMatch>& next_added,
                                      PieceWatch& watch) const {
  if (!next_added) {
    const size_t end = splitter_->piece_end(text, begin, watch);
    return {end, watch.decided_at, kNoToken};
  }
  if (next_added->begin == begin) return {next_added->end, next_added->end, next_added->id};
  // Text between added tokens is a text of its own: it ends where the next one begins.
  const std::string_view part = text.substr(0, next_added->begin);
  const size_t end = splitter_->piece_end(part, begin, watch);
  return {end, watch.decided_at > part.size() ? next_added->end : watch.decided_at, kNoToken};
}

TokenId PieceEncoder::added_at(std::string_view text, size_t at, size_t* length) const noexcept {
  const ByteTrieView& trie = added_.view();
  auto state = ByteTrieView::kRoot;
  TokenId found = kNoToken;
  for (size_t end = at; end < text.size();) {
    state = trie.next(state, text[end++]);
    if (state == ByteTrieView::kNowhere) break;
    if (trie.value(state) == ByteTrieView::kNoValue) continue;
    found = trie.value(state);
    if (length) *length = end - at;
  }
  return found;
}

std::optional<AddedTokenMatch> PieceEncoder::find_added(std::string_view text,
                                                        size_t from) const noexcept {
  if (!has_added()) return std::nullopt;
  for (size_t at = from; at < text.size(); ++at) {
    size_t length = 0;
    const TokenId id = added_at(text, at, &length);
    if (id != kNoToken) return AddedTokenMatch{at, at + length, id};
  }
  return std::nullopt;
}

size_t PieceEncoder::settled(std::string_view text) const noexcept {
  size_t settled = normalizes_ ? last_boundary(text) : text.size();
  if (!has_added()) return settled;
  const ByteTrieView& trie = added_.view();
  const size_t first = text.size() - std::min(text.size(), longest_added_ - 1);
  for (size_t at = first; at < settled; ++at) {
    const auto state = trie.walk(ByteTrieView::kRoot, text.substr(at));
    if (state != ByteTrieView::kNowhere && trie.has_children(state)) return at;
  }
  return settled;
}

// The last character that nothing before it combines with, or the beginning of the text.
size_t PieceEncoder::last_boundary(std::string_view text) const noexcept {
  const char* const end = text.data() + text.size();
  for (size_t at = text.size(); at-- > 0;) {
    if (is_utf8_continuation(text[at])) continue;
    const Utf8Unit unit = decode_utf8(text.data() + at, end);
    if (unit.valid && begins_afresh(unit.code_point)) return at;
  }
  return 0;
}

bool PieceEncoder::reads(std::string_view text, size_t from) const {
  if (!normalizes_) return true;
  const std::string_view rest = text.substr(last_boundary(text.substr(0, from)));
  if (normalizer_.is_identity_on(rest)) return true;
  std::string normalized;
  normalizer_.apply(rest, normalized);
  return normalized == rest;
}

bool PieceEncoder::is_single(const Unit& unit, std::string_view bytes, TokenId id) const noexcept {
  if (unit.added != kNoToken) return unit.added == id;
  const TokenId instead = whole(bytes);
  return instead != kNoToken ? instead == id : bpe().is_reachable(id);
}

bool PieceEncoder::is_canonical_pair(SpelledToken left, SpelledToken right) const {
  char short_text[256];
  std::string long_text;
  const size_t middle = left.bytes.size(), size = middle + right.bytes.size();
  std::string_view text;
  if (size <= sizeof short_text) {
    std::copy(right.bytes.begin(), right.bytes.end(),
              std::copy(left.bytes.begin(), left.bytes.end(), short_text));
    text = {short_text, size};
  } else {
    long_text.append(left.bytes).append(right.bytes);
    text = long_text;
  }
  if (!reads(text, 0)) return false;
  for (size_t begin = 0; begin < size;) {
    PieceWatch watch;
    const Unit read = unit(text, begin, find_added(text, begin), watch);
    const std::string_view bytes = text.substr(begin, read.end - begin);
    if (begin == 0 && read.end == size && middle != 0 && middle != size) {
      return read.added == kNoToken && whole(bytes) == kNoToken &&
             bpe().is_canonical_pair(left.id, right.id);
    }
    if (read.end != middle && read.end != size) return false;
    if (!is_single(read, bytes, begin == middle ? right.id : left.id)) return false;
    begin = read.end;
  }
  return true;
}

}  // namespace tokrail
