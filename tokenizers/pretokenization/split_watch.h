// PieceWatch: what the end of a pre-tokenizer piece was decided by.
//
// Text that grows, or is cut, keeps the pieces that were decided by bytes that stay. A watch says
// how far the text was looked at, and remembers runs of characters of one class, so that a piece of
// a megabyte that grows by a byte is not read from its beginning again.
//
//   PieceWatch watch;
//   size_t end = splitter.piece_end(text, from, watch);
//   if (watch.decided_at <= text.size()) ...   // the same piece whatever follows
//
// Trivially copyable, about 250 bytes. A watch belongs to one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/utf8.h"
#include "tokenizers/pretokenization/split_rules.h"

namespace tokrail {

/// Loops of the scanner that read runs; what is in a run differs between them.
enum class RunSite : uint8_t {
  kHan,
  kWord,
  kUpper,
  kUpperOnly,
  kLower,
  kDigits,
  kOther,
  kTrail,
  kSpace,
};
inline constexpr size_t kRunSites = 9;

struct PieceWatch {
  /// The piece is the same in every text that has the same first `decided_at` bytes. One more than
  /// the text has where its end took part in the decision: more text may make it another piece.
  size_t decided_at = 0;

  /// Forgets what was seen at and behind byte `size`, which the text no longer has.
  void truncate(size_t size) noexcept {
    for (Run& run : runs) {
      if (run.end > size) run = {};
    }
  }

  /// Bytes [begin, end) that are in the class of a loop, and the end of the last character in them
  /// that the loop asks about (0: none).
  struct Run {
    size_t begin = 0, end = 0, mark = 0;
  };
  Run runs[kRunSites];
};

/// The end of a text that notes what is asked about it. Internal to the scanner.
class WatchedEnd {
 public:
  WatchedEnd(std::string_view text, size_t from, PieceWatch& watch) noexcept
      : text_(text.data()), end_(text.data() + text.size()), watch_(watch) {
    watch_.decided_at = from;
  }

  bool has(const char* p, std::ptrdiff_t count) noexcept {
    const bool there = end_ - p >= count;
    see(there ? p + count : end_ + 1);
    return there;
  }

  template <bool kHan>
  SplitCharacter character(const char* p) noexcept {
    const SplitCharacter c = split_character<kHan>(p, end_);
    // An ill-formed part is known to end by the byte behind it, unless it is a byte that begins
    // nothing.
    const auto lead = static_cast<unsigned char>(*p);
    const bool begins = lead >= 0xC2 && lead <= 0xF4;
    const bool ill_formed = begins && c.length < encoded_length(lead);
    see(p + c.length + (ill_formed ? 1 : 0));
    if (ill_formed && p + c.length == end_) unsure_ = p;
    return c;
  }

  /// A place in a known run of the loop, behind p if there is one, from which reading may go on.
  /// It is at least one character before the end of what is known, so that the last character is
  /// read again and marked as seen.
  const char* resume(RunSite site, const char* p) noexcept {
    const PieceWatch::Run& known = run(site);
    const size_t at = offset(p);
    if (at < known.begin || at >= known.end || p >= end_ || is_utf8_continuation(*p)) return p;
    const char* const limit = std::min(text_ + known.end, end_);
    const char* start = limit - 1;
    while (start > p && limit - start < 4 && is_utf8_continuation(*start)) --start;
    // Four continuation bytes: the last one is a part of its own.
    if (is_utf8_continuation(*start)) start = limit - 1;
    if (start <= p) return p;
    see(start);
    return start;
  }

  /// Remembers that [start, p) is a run of the loop, with the end of the last marked character.
  void keep(RunSite site, const char* start, const char* p, const char* mark) noexcept {
    if (unsure_ != nullptr && unsure_ < p) p = unsure_;
    PieceWatch::Run& known = run(site);
    const size_t begin = offset(start), end = offset(p);
    if (begin >= end) return;
    const size_t marked = mark != nullptr ? offset(mark) : 0;
    if (known.begin <= begin && begin <= known.end && known.end != 0) {
      if (end > known.end) {
        known.end = end;
        known.mark = std::max(known.mark, marked);
      }
      return;
    }
    known = {begin, end, marked};
  }

  /// What is known about the last marked character that ends in (start, p]; false when nothing is.
  bool mark_before(RunSite site, const char* start, const char* p, const char*& mark) noexcept {
    const PieceWatch::Run& known = run(site);
    if (known.mark > offset(p)) return false;
    mark = known.mark > offset(start) ? text_ + known.mark : nullptr;
    return true;
  }

 private:
  static constexpr uint32_t encoded_length(unsigned char lead) noexcept {
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  }
  size_t offset(const char* p) const noexcept { return static_cast<size_t>(p - text_); }
  PieceWatch::Run& run(RunSite site) noexcept { return watch_.runs[static_cast<size_t>(site)]; }
  void see(const char* p) noexcept {
    watch_.decided_at = std::max(watch_.decided_at, std::min(offset(p), offset(end_) + 1));
  }

  const char* text_;
  const char* end_;
  const char* unsure_ = nullptr;  ///< a character that the end of the text cuts off
  PieceWatch& watch_;
};

}  // namespace tokrail
