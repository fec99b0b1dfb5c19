#include "tokenizers/encoding.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

template <typename T>
std::vector<T> cut(const std::vector<T>& values, size_t begin, size_t end) {
  return {values.begin() + static_cast<std::ptrdiff_t>(begin),
          values.begin() + static_cast<std::ptrdiff_t>(end)};
}

template <typename T>
void put_behind(std::vector<T>& values, const std::vector<T>& more) {
  values.insert(values.end(), more.begin(), more.end());
}

template <typename T>
void fill(std::vector<T>& values, size_t count, T value, PaddingSpec::Direction direction) {
  const auto at = direction == PaddingSpec::Direction::kLeft ? values.begin() : values.end();
  values.insert(at, count, value);
}

/// The pieces a long encoding is cut into: max_length tokens each, sharing `stride` tokens.
std::vector<std::pair<size_t, size_t>> cut_ranges(size_t size, size_t max_length, size_t stride,
                                                  TruncationSpec::Direction direction) {
  const size_t step = max_length - stride;
  std::vector<std::pair<size_t, size_t>> ranges;
  if (direction == TruncationSpec::Direction::kRight) {
    for (size_t begin = 0;; begin += step) {
      const size_t end = std::min(begin + max_length, size);
      ranges.emplace_back(begin, end);
      if (end == size) return ranges;
    }
  }
  for (size_t end = size;; end -= step) {
    const size_t begin = end > max_length ? end - max_length : 0;
    ranges.emplace_back(begin, end);
    if (begin == 0) return ranges;
  }
}

}  // namespace

void Encoding::reserve(size_t tokens) {
  ids.reserve(tokens);
  type_ids.reserve(tokens);
  offsets.reserve(tokens);
  word_ids.reserve(tokens);
  special_tokens_mask.reserve(tokens);
  attention_mask.reserve(tokens);
}

void Encoding::push_back(TokenId id, Span offset, uint32_t word, uint32_t type_id, bool special) {
  ids.push_back(id);
  type_ids.push_back(type_id);
  offsets.push_back(offset);
  word_ids.push_back(word);
  special_tokens_mask.push_back(special ? 1 : 0);
  attention_mask.push_back(1);
}

void Encoding::set_sequence(uint32_t sequence) {
  // One range per sequence: setting it again replaces it, and other sequences keep theirs.
  for (SequenceRange& range : sequence_ranges) {
    if (range.sequence == sequence) {
      range = {sequence, 0, size()};
      return;
    }
  }
  sequence_ranges.push_back({sequence, 0, size()});
}

void Encoding::set_type_id(uint32_t type_id) {
  type_ids.assign(size(), type_id);
}

std::optional<SequenceRange> Encoding::range_of(uint32_t sequence) const {
  for (const SequenceRange& range : sequence_ranges) {
    if (range.sequence == sequence) return range;
  }
  if (sequence_ranges.empty() && sequence == 0) return SequenceRange{0, 0, size()};
  return std::nullopt;
}

std::optional<uint32_t> Encoding::sequence_of(size_t token) const {
  if (token >= size()) return std::nullopt;
  if (sequence_ranges.empty()) return 0;
  for (const SequenceRange& range : sequence_ranges) {
    if (token >= range.begin && token < range.end) return range.sequence;
  }
  return std::nullopt;
}

std::optional<std::pair<size_t, size_t>> Encoding::tokens_of_word(uint32_t word,
                                                                  uint32_t sequence) const {
  const auto range = range_of(sequence);
  if (!range || word == kNoWord) return std::nullopt;
  const auto first = word_ids.begin() + static_cast<std::ptrdiff_t>(range->begin);
  const auto last = word_ids.begin() + static_cast<std::ptrdiff_t>(range->end);
  const auto begin = std::find(first, last, word);
  if (begin == last) return std::nullopt;
  const auto end = std::find_if(begin, last, [word](uint32_t other) { return other != word; });
  return std::pair<size_t, size_t>(begin - word_ids.begin(), end - word_ids.begin());
}

std::optional<size_t> Encoding::token_at(uint64_t position, uint32_t sequence) const {
  const auto range = range_of(sequence);
  if (!range) return std::nullopt;
  for (size_t i = range->begin; i < range->end; ++i) {
    if (position >= offsets[i].begin && position < offsets[i].end) return i;
  }
  return std::nullopt;
}

void Encoding::append(const Encoding& other) {
  std::vector<Encoding> combined;
  for (const Encoding& piece : overflowing) {
    combined.push_back(piece);
    combined.back().append(other);
    // The pieces of `other` come along one by one below, not once more with each combination.
    for (const Encoding& other_piece : other.overflowing) {
      combined.push_back(piece);
      combined.back().append(other_piece);
    }
  }
  for (const Encoding& other_piece : other.overflowing) {
    Encoding head = *this;
    head.append(other_piece);
    combined.push_back(std::move(head));
  }
  const size_t before = size();
  for (SequenceRange range : other.sequence_ranges) {
    range.begin += before;
    range.end += before;
    const auto same =
        std::find_if(sequence_ranges.begin(), sequence_ranges.end(),
                     [&](const SequenceRange& r) { return r.sequence == range.sequence; });
    if (same != sequence_ranges.end()) {
      *same = range;
    } else {
      sequence_ranges.push_back(range);
    }
  }
  put_behind(ids, other.ids);
  put_behind(type_ids, other.type_ids);
  put_behind(offsets, other.offsets);
  put_behind(word_ids, other.word_ids);
  put_behind(special_tokens_mask, other.special_tokens_mask);
  put_behind(attention_mask, other.attention_mask);
  overflowing = std::move(combined);
}

Encoding Encoding::slice(size_t begin, size_t end) const {
  Encoding part;
  part.ids = cut(ids, begin, end);
  part.type_ids = cut(type_ids, begin, end);
  part.offsets = cut(offsets, begin, end);
  part.word_ids = cut(word_ids, begin, end);
  part.special_tokens_mask = cut(special_tokens_mask, begin, end);
  part.attention_mask = cut(attention_mask, begin, end);
  return part;
}

void Encoding::truncate(size_t max_length, size_t stride, TruncationSpec::Direction direction) {
  if (max_length >= size()) return;
  if (max_length == 0) {
    Encoding all = std::move(*this);
    *this = Encoding();
    overflowing.push_back(std::move(all));
    return;
  }
  if (stride >= max_length) {
    throw Error(ErrorCode::kInvalidArgument,
                "the truncation stride " + std::to_string(stride) +
                    " must be less than the number of tokens kept, " + std::to_string(max_length) +
                    " (special tokens are taken off the maximum length)");
  }
  const auto ranges = cut_ranges(size(), max_length, stride, direction);
  Encoding kept = slice(ranges[0].first, ranges[0].second);
  for (size_t i = 1; i < ranges.size(); ++i) {
    kept.overflowing.push_back(slice(ranges[i].first, ranges[i].second));
  }
  *this = std::move(kept);
}

void Encoding::pad(size_t length, TokenId pad_id, uint32_t pad_type_id,
                   PaddingSpec::Direction direction) {
  for (Encoding& piece : overflowing) piece.pad(length, pad_id, pad_type_id, direction);
  if (size() >= length) return;
  const size_t count = length - size();
  fill(ids, count, pad_id, direction);
  fill(type_ids, count, pad_type_id, direction);
  fill(offsets, count, Span{}, direction);
  fill(word_ids, count, kNoWord, direction);
  fill(special_tokens_mask, count, uint8_t{1}, direction);
  fill(attention_mask, count, uint8_t{0}, direction);
  if (direction == PaddingSpec::Direction::kLeft) {
    for (SequenceRange& range : sequence_ranges) {
      range.begin += count;
      range.end += count;
    }
  }
}

// ---------------------------------------------------------------- OffsetConverter

namespace {

constexpr uint64_t kBlockBytes = 4096;

uint64_t units_of(const Utf8Unit& unit, OffsetUnit in) {
  return in == OffsetUnit::kUtf16 && unit.code_point > 0xFFFF ? 2 : 1;
}

/// Moves (byte, count) forward to the last character boundary that is not behind `target`.
void advance(std::string_view text, OffsetUnit unit, uint64_t target, uint64_t& byte,
             uint64_t& count) {
  const char* const data = text.data();
  const char* const end = data + text.size();
  uint64_t at = byte;
  uint64_t units = count;
  while (at < target) {
    if (static_cast<unsigned char>(data[at]) < 0x80) {
      ++at;
      ++units;
      continue;
    }
    const Utf8Unit next = decode_utf8(data + at, end);
    if (at + next.length > target) break;
    at += next.length;
    units += units_of(next, unit);
  }
  byte = at;
  count = units;
}

}  // namespace

void OffsetConverter::build_index() {
  uint64_t byte = ascii_;
  uint64_t count = ascii_;
  blocks_.push_back({byte, count});
  for (uint64_t target = ascii_ + kBlockBytes; target < text_.size(); target += kBlockBytes) {
    advance(text_, unit_, target, byte, count);
    blocks_.push_back({byte, count});
  }
}

OffsetConverter::Place OffsetConverter::indexed_place_before(uint64_t position) {
  if (blocks_.empty()) build_index();
  const auto behind =
      std::upper_bound(blocks_.begin(), blocks_.end(), position,
                       [](uint64_t value, const Place& place) { return value < place.byte; });
  return *(behind - 1);
}

void OffsetConverter::read_ascii() {
  if (ascii_ != kUnknown) return;
  ascii_ = ascii_prefix_length(text_);
  places_[0] = places_[1] = {ascii_, ascii_};
}

uint64_t OffsetConverter::convert(uint64_t position, bool up) {
  position = std::min<uint64_t>(position, text_.size());
  if (unit_ == OffsetUnit::kByte) return position;
  read_ascii();
  if (position <= ascii_) return position;
  // Spans that share a character overlap, so that a begin may lie before the end before it.
  Place& place = places_[up ? 1 : 0];
  const Place& other = places_[up ? 0 : 1];
  const bool usable = other.byte <= position;
  if (usable && (other.byte > place.byte || position < place.byte)) {
    place = other;
  } else if (position < place.byte) {
    place = indexed_place_before(position);
  }
  advance(text_, unit_, position, place.byte, place.count);
  if (!up || place.byte == position) return place.count;
  const Utf8Unit inside = decode_utf8(text_.data() + place.byte, text_.data() + text_.size());
  return place.count + units_of(inside, unit_);
}

Span OffsetConverter::convert(Span bytes) {
  const uint64_t begin = convert_begin(bytes.begin);
  // An empty span stays empty, also inside a character.
  if (bytes.end == bytes.begin) return {begin, begin};
  return {begin, convert_end(bytes.end)};
}

void OffsetConverter::convert(Encoding& encoding, size_t begin, size_t end) {
  read_ascii();
  for (size_t i = begin; i < end; ++i) {
    if (encoding.offsets[i].end <= ascii_ && encoding.offsets[i].begin <= ascii_) continue;
    if (encoding.special_tokens_mask[i] == 0) encoding.offsets[i] = convert(encoding.offsets[i]);
  }
}

void OffsetConverter::convert(Encoding& encoding, std::optional<uint32_t> sequence) {
  if (unit_ == OffsetUnit::kByte) return;
  if (!sequence || (*sequence == 0 && encoding.sequence_ranges.empty())) {
    convert(encoding, 0, encoding.size());
  } else {
    for (const SequenceRange& range : encoding.sequence_ranges) {
      if (range.sequence == *sequence) {
        convert(encoding, range.begin, std::min(range.end, encoding.size()));
      }
    }
  }
  for (Encoding& piece : encoding.overflowing) convert(piece, sequence);
}

}  // namespace tokrail
