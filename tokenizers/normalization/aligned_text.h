// AlignedText: a piece of text under normalisation that knows where each byte came from.
//
// Normalizers and pre-tokenizers rewrite and cut text; token offsets must still point into the
// text the user gave. Every byte of text() carries the byte range of the original it stands for.
// The meaning (which range an inserted, replaced or removed character gets, and what a slice or a
// split covers) is that of the tokenizer.json reference system, with all positions in BYTES of
// the original; conversion to code points or UTF-16 is done at the end, elsewhere.
//
//   AlignedText text("Caf\u00E9 ");
//   text.strip(false, true);
//   AlignedText::Rewrite rewrite(text);              // the primitive all normalizers are built of
//   rewrite.emit("c", 0); rewrite.emit("a", 0); rewrite.emit("f", 0);
//   rewrite.emit("e", 0); rewrite.emit("\u0301", 1);
//   rewrite.commit();                                // text() == "cafe\u0301"
//   text.original_range(3, 6) == (3, 5)
//
// A *unit* is one code point, or one ill-formed part as base/utf8.h cuts it; text is rewritten and
// cut at units. A text that nothing has changed is *identity*: a view of the original, no arrays.
// Otherwise the bytes and 8 bytes of alignment per byte live in a block that slices share.
//
// Ownership: borrows the original, which must outlive it and all its slices. Copies, moves and
// slices are O(1); rewriting and splitting is O(bytes). Thread safety: const access is thread safe;
// slices may be used in different threads. Errors: Error(kUnsupported) when a text of 4 GiB or
// more is rewritten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

/// One part of a text that a pattern has been run over: the parts are in order and without gaps
/// (or the list is a subset, for replace()); is_match tells the matches from what is between.
struct TextMatch {
  size_t begin;
  size_t end;
  bool is_match;
  bool operator==(const TextMatch&) const = default;
};

/// Bytes [begin, end) of the original.
struct OriginalRange {
  size_t begin;
  size_t end;
  bool operator==(const OriginalRange&) const = default;
};

/// The parts that a split with this behaviour keeps, in order. `matches` covers the text.
/// Empty parts are kept as the reference keeps them.
void apply_split_behavior(std::span<const TextMatch> matches, SplitBehavior behavior,
                          std::vector<TextMatch>& parts);

class AlignedText {
 public:
  using OriginalRange = tokrail::OriginalRange;
  class Rewrite;

  /// The whole of `original`, whose first byte is at `original_begin` of the user's text.
  explicit AlignedText(std::string_view original = {}, size_t original_begin = 0) noexcept
      : text_(original), original_begin_(original_begin), original_size_(original.size()) {}

  std::string_view text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  size_t original_begin() const noexcept { return original_begin_; }
  size_t original_end() const noexcept { return original_begin_ + original_size_; }
  /// Whether text() is the original itself.
  bool is_identity() const noexcept { return block_ == nullptr; }

  /// Where bytes [begin, end) of text() came from: from where the first byte's unit begins to
  /// where the last byte's ends. An empty range answers (original_begin() + begin) twice.
  /// Requires begin <= end <= text().size().
  OriginalRange original_range(size_t begin, size_t end) const noexcept;

  /// Bytes [begin, end) of text(), with the part of the original they came from.
  AlignedText slice(size_t begin, size_t end) const;

  /// The parts of the text that a split leaves. `matches` covers text().
  std::vector<AlignedText> split(std::span<const TextMatch> matches, SplitBehavior behavior) const;

  /// Puts `prefix` before a text that is not empty; it belongs to the first unit.
  void prepend(std::string_view prefix);
  /// Puts `suffix` after the text; it belongs to the last unit.
  void append(std::string_view suffix);
  /// Removes White_Space at the ends.
  void strip(bool left, bool right);
  /// Replaces every match by `content`, which belongs to the last unit of the match (to what is
  /// before it when the match is empty). Parts with is_match false may be left out.
  void replace(std::span<const TextMatch> matches, std::string_view content);
  /// Removes all text; the original stays covered.
  void clear();

  /// Replaces the text; byte i of the new one stands for bytes [starts[i], ends[i]) of the old.
  /// For normalizers that define alignment themselves (sentencepiece, llama.cpp). An empty range
  /// is a place. Requires starts.size() == ends.size() == text.size() and starts[i] <= ends[i] <=
  /// old size.
  void assign(std::string text, std::vector<uint32_t> starts, std::vector<uint32_t> ends);

 private:
  struct Block {
    std::string text;
    // Original range of each byte, relative to origin.
    std::vector<uint32_t> starts, ends;
    size_t origin = 0;
  };

  /// Begin and end, relative to the block's origin, of the byte at `position` of text().
  struct Alignment {
    uint32_t begin, end;
  };
  Alignment alignment_of(size_t position) const noexcept;
  Alignment nothing_before() const noexcept;
  size_t origin() const noexcept { return block_ ? block_->origin : original_begin_; }
  size_t block_position() const noexcept;
  void append_aligned(size_t begin, size_t end, Block& out) const;
  std::unique_ptr<Block> new_block(size_t capacity) const;
  void install(std::unique_ptr<Block> block) noexcept;

  std::string_view text_;
  std::shared_ptr<const Block> block_;  // null: identity
  size_t original_begin_ = 0;
  size_t original_size_ = 0;
};

/// Builds the new text of an AlignedText unit by unit.
///
/// The old units are consumed in order; every emitted unit says how with `change`:
///    0   it replaces the next old unit and gets its alignment
///   -n   the same, and the n old units after that are removed
///   >0   it is inserted, and gets the alignment of the old byte before what comes next
/// Nothing changes until commit(); old units not consumed by then are dropped. The text must not
/// be touched in between.
class AlignedText::Rewrite {
 public:
  explicit Rewrite(AlignedText& text);
  Rewrite(const Rewrite&) = delete;
  Rewrite& operator=(const Rewrite&) = delete;

  /// `unit` is one unit, or several that share their alignment.
  void emit(std::string_view unit, ptrdiff_t change);
  /// emit(unit, 0), where the old unit is known to have `old_bytes` bytes.
  void substitute(std::string_view unit, size_t old_bytes);
  /// Emits the next `bytes` bytes of the old text as they are; they end where a unit ends.
  void keep(size_t bytes);
  /// Removes the next n old units.
  void remove(size_t units) noexcept;
  void commit();

 private:
  void add(std::string_view unit, Alignment alignment);

  AlignedText& text_;
  std::unique_ptr<Block> block_;
  size_t position_ = 0;  // in the old text, at a unit
};

}  // namespace tokrail
