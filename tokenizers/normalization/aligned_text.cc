#include "tokenizers/normalization/aligned_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

/// The unit of `text` that byte `position` is part of.
std::pair<size_t, size_t> unit_around(std::string_view text, size_t position) noexcept {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* const byte = begin + position;
  if (static_cast<unsigned char>(*byte) < 0x80) return {position, position + 1};
  const char* start = byte;
  while (start > begin && byte - start < 3 && is_utf8_continuation(*start)) --start;
  const uint32_t length = decode_utf8(start, end).length;
  if (start + length > byte) {
    const size_t first = static_cast<size_t>(start - begin);
    return {first, first + length};
  }
  return {position, position + 1};
}

uint32_t unit_length(std::string_view text, size_t position) noexcept {
  return decode_utf8(text.data() + position, text.data() + text.size()).length;
}

}  // namespace

void apply_split_behavior(std::span<const TextMatch> matches, SplitBehavior behavior,
                          std::vector<TextMatch>& parts) {
  parts.clear();
  bool previous_match = false;
  switch (behavior) {
    case SplitBehavior::kRemoved:
      std::ranges::copy_if(matches, std::back_inserter(parts),
                           [](const TextMatch& match) { return !match.is_match; });
      return;
    case SplitBehavior::kIsolated: parts.assign(matches.begin(), matches.end()); return;
    case SplitBehavior::kContiguous:
      for (const TextMatch& match : matches) {
        if (match.is_match == previous_match && !parts.empty()) {
          parts.back().end = match.end;
        } else {
          parts.push_back(match);
        }
        previous_match = match.is_match;
      }
      return;
    case SplitBehavior::kMergedWithPrevious:
      for (const TextMatch& match : matches) {
        if (match.is_match && !previous_match && !parts.empty()) {
          parts.back().end = match.end;
        } else {
          parts.push_back(match);
        }
        previous_match = match.is_match;
      }
      return;
    case SplitBehavior::kMergedWithNext:
      for (size_t i = matches.size(); i-- > 0;) {
        const TextMatch& match = matches[i];
        if (match.is_match && !previous_match && !parts.empty()) {
          parts.back().begin = match.begin;
        } else {
          parts.push_back(match);
        }
        previous_match = match.is_match;
      }
      std::ranges::reverse(parts);
      return;
  }
}

// ---------------------------------------------------------------- alignment

size_t AlignedText::block_position() const noexcept {
  return static_cast<size_t>(text_.data() - block_->text.data());
}

AlignedText::Alignment AlignedText::alignment_of(size_t position) const noexcept {
  if (block_) {
    const size_t at = block_position() + position;
    return {block_->starts[at], block_->ends[at]};
  }
  const auto [begin, end] = unit_around(text_, position);
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
}

// What is inserted where nothing stands before has the empty range at the beginning.
AlignedText::Alignment AlignedText::nothing_before() const noexcept {
  const auto here = static_cast<uint32_t>(original_begin_ - origin());
  return {here, here};
}

OriginalRange AlignedText::original_range(size_t begin, size_t end) const noexcept {
  if (begin == end) return {original_begin_ + begin, original_begin_ + begin};
  if (!block_) {
    return {original_begin_ + unit_around(text_, begin).first,
            original_begin_ + unit_around(text_, end - 1).second};
  }
  const size_t first = block_->origin + alignment_of(begin).begin;
  return {first, std::max(first, block_->origin + alignment_of(end - 1).end)};
}

AlignedText AlignedText::slice(size_t begin, size_t end) const {
  AlignedText part = *this;
  part.text_ = text_.substr(begin, end - begin);
  const OriginalRange range = original_range(begin, end);
  part.original_begin_ = range.begin;
  part.original_size_ = range.end - range.begin;
  return part;
}

std::vector<AlignedText> AlignedText::split(std::span<const TextMatch> matches,
                                            SplitBehavior behavior) const {
  std::vector<TextMatch> kept;
  apply_split_behavior(matches, behavior, kept);
  std::vector<AlignedText> parts;
  parts.reserve(kept.size());
  for (const TextMatch& part : kept) parts.push_back(slice(part.begin, part.end));
  return parts;
}

// ---------------------------------------------------------------- rewriting

std::unique_ptr<AlignedText::Block> AlignedText::new_block(size_t capacity) const {
  constexpr size_t kMost = std::numeric_limits<uint32_t>::max();
  if (text_.size() >= kMost || original_size_ >= kMost) {
    throw Error(ErrorCode::kUnsupported, "a text of 4 GiB or more cannot be aligned; cut it");
  }
  auto block = std::make_unique<Block>();
  block->origin = origin();
  block->text.reserve(capacity);
  block->starts.reserve(capacity);
  block->ends.reserve(capacity);
  return block;
}

void AlignedText::install(std::unique_ptr<Block> block) noexcept {
  block_ = std::move(block);
  text_ = block_->text;
}

/// Appends bytes [begin, end) of the text, both at ends of units, with their alignment.
void AlignedText::append_aligned(size_t begin, size_t end, Block& out) const {
  out.text.append(text_, begin, end - begin);
  if (block_) {
    const auto from = static_cast<std::ptrdiff_t>(block_position());
    const auto first = from + static_cast<std::ptrdiff_t>(begin);
    const auto last = from + static_cast<std::ptrdiff_t>(end);
    out.starts.insert(out.starts.end(), block_->starts.begin() + first,
                      block_->starts.begin() + last);
    out.ends.insert(out.ends.end(), block_->ends.begin() + first, block_->ends.begin() + last);
    return;
  }
  const size_t at = out.starts.size();
  out.starts.resize(at + end - begin);
  out.ends.resize(at + end - begin);
  uint32_t* starts = out.starts.data() + at;
  uint32_t* ends = out.ends.data() + at;
  while (begin < end) {
    for (size_t ascii = ascii_prefix_length(text_.substr(begin, end - begin)); ascii > 0; --ascii) {
      *starts++ = static_cast<uint32_t>(begin);
      *ends++ = static_cast<uint32_t>(++begin);
    }
    if (begin == end) return;
    const uint32_t length = unit_length(text_, begin);
    for (uint32_t i = 0; i < length; ++i) {
      *starts++ = static_cast<uint32_t>(begin);
      *ends++ = static_cast<uint32_t>(begin + length);
    }
    begin += length;
  }
}

void AlignedText::prepend(std::string_view prefix) {
  if (text_.empty()) return;
  // The first unit of the prefix replaces the old first unit, which is then inserted again, so all
  // of them get its alignment. Without a prefix it is only inserted, at the beginning of nothing.
  const uint32_t length = unit_length(text_, 0);
  const Alignment first = prefix.empty() ? nothing_before() : alignment_of(0);
  const Alignment rest = prefix.empty() ? first : alignment_of(length - 1);
  const size_t head = prefix.empty() ? length : unit_length(prefix, 0);
  auto block = new_block(prefix.size() + text_.size());
  block->text.append(prefix).append(text_, 0, length);
  block->starts.assign(head, first.begin);
  block->ends.assign(head, first.end);
  block->starts.resize(block->text.size(), rest.begin);
  block->ends.resize(block->text.size(), rest.end);
  append_aligned(length, text_.size(), *block);
  install(std::move(block));
}

void AlignedText::append(std::string_view suffix) {
  if (suffix.empty()) return;
  const Alignment last = text_.empty() ? nothing_before() : alignment_of(text_.size() - 1);
  auto block = new_block(text_.size() + suffix.size());
  append_aligned(0, text_.size(), *block);
  block->text.append(suffix);
  block->starts.resize(block->text.size(), last.begin);
  block->ends.resize(block->text.size(), last.end);
  install(std::move(block));
}

void AlignedText::strip(bool left, bool right) {
  const char* const data = text_.data();
  size_t begin = 0, end = text_.size();
  size_t removed_left = 0;
  while (left && begin < end) {
    const Utf8Unit unit = decode_utf8(data + begin, data + end);
    if (!unit.valid || !is_white_space(unit.code_point)) break;
    begin += unit.length;
    ++removed_left;
  }
  while (right && begin < end) {
    const Utf8Unit unit = decode_utf8_before(data + begin, data + end);
    if (!unit.valid || !is_white_space(unit.code_point)) break;
    end -= unit.length;
  }
  if (begin == 0 && end == text_.size()) return;
  Rewrite rewrite(*this);
  rewrite.remove(removed_left);
  rewrite.keep(end - begin);
  rewrite.commit();
}

void AlignedText::replace(std::span<const TextMatch> matches, std::string_view content) {
  auto block = new_block(text_.size());
  size_t done = 0;
  for (const TextMatch& match : matches) {
    if (!match.is_match) continue;
    append_aligned(done, match.begin, *block);
    const Alignment before = match.end == 0 ? nothing_before() : alignment_of(match.end - 1);
    block->text.append(content);
    block->starts.resize(block->text.size(), before.begin);
    block->ends.resize(block->text.size(), before.end);
    done = match.end;
  }
  append_aligned(done, text_.size(), *block);
  install(std::move(block));
}

void AlignedText::clear() {
  Rewrite(*this).commit();
}

void AlignedText::assign(std::string text, std::vector<uint32_t> starts,
                         std::vector<uint32_t> ends) {
  auto block = new_block(0);
  if (block_) {
    // Compose with the alignment so far: a place takes the range's nearer end.
    for (size_t i = 0; i < text.size(); ++i) {
      const bool is_place = starts[i] == ends[i];
      const uint32_t old_start = starts[i], old_end = ends[i];
      if (old_start < text_.size()) {
        starts[i] = alignment_of(old_start).begin;
      } else {
        starts[i] = text_.empty() ? nothing_before().begin : alignment_of(text_.size() - 1).end;
      }
      ends[i] = is_place ? starts[i] : std::max(starts[i], alignment_of(old_end - 1).end);
    }
  }
  block->text = std::move(text);
  block->starts = std::move(starts);
  block->ends = std::move(ends);
  install(std::move(block));
}

AlignedText::Rewrite::Rewrite(AlignedText& text)
    : text_(text), block_(text.new_block(text.text().size() + 16)) {}

void AlignedText::Rewrite::emit(std::string_view unit, ptrdiff_t change) {
  const size_t size = text_.text().size();
  Alignment alignment = text_.nothing_before();
  if (change > 0) {
    if (position_ > 0) alignment = text_.alignment_of(position_ - 1);
  } else if (size > 0) {
    alignment = text_.alignment_of(std::min(position_, size - 1));
  }
  add(unit, alignment);
  if (change <= 0) remove(1 + static_cast<size_t>(-change));
}

void AlignedText::Rewrite::substitute(std::string_view unit, size_t old_bytes) {
  if (text_.is_identity()) {
    const auto begin = static_cast<uint32_t>(position_);
    add(unit, {begin, begin + static_cast<uint32_t>(old_bytes)});
  } else {
    add(unit, text_.alignment_of(position_));
  }
  position_ += old_bytes;
}

void AlignedText::Rewrite::add(std::string_view unit, Alignment alignment) {
  block_->text.append(unit);
  for (size_t i = 0; i < unit.size(); ++i) {
    block_->starts.push_back(alignment.begin);
    block_->ends.push_back(alignment.end);
  }
}

void AlignedText::Rewrite::keep(size_t bytes) {
  bytes = std::min(bytes, text_.text().size() - position_);
  text_.append_aligned(position_, position_ + bytes, *block_);
  position_ += bytes;
}

void AlignedText::Rewrite::remove(size_t units) noexcept {
  const std::string_view old = text_.text();
  while (units-- > 0 && position_ < old.size()) position_ += unit_length(old, position_);
}

void AlignedText::Rewrite::commit() {
  text_.install(std::move(block_));
}

}  // namespace tokrail
