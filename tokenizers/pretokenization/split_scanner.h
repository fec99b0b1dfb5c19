// The scalar scanner of SplitRules: one piece at a time, alternative by alternative.
//
// Internal to splitter.cc and splitter_simd.cc. The rules are a template argument, so that each
// pattern becomes straight code. Each function takes a position and answers an end; none looks
// further than the piece it returns and one run of characters behind it, so scanning is linear.
//
// The end of the text is a template argument too. A plain pointer costs nothing; a WatchedEnd
// (split_watch.h) notes every byte that was looked at, so that what a piece depends on is known
// without a second copy of the rules. All reading of text goes through has() and character().
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "tokenizers/pretokenization/split_rules.h"
#include "tokenizers/pretokenization/split_watch.h"

namespace tokrail {

/// Whether `count` bytes are there at p.
inline bool has(const char* p, std::ptrdiff_t count, const char* end) noexcept {
  return end - p >= count;
}
inline bool has(const char* p, std::ptrdiff_t count, WatchedEnd& end) noexcept {
  return end.has(p, count);
}

/// Bytes of a contraction that starts with the apostrophe at p ('s 't 'm 'd 'll 've 're), or 0.
/// Ignoring case, U+017F is an s, as Unicode case folding has it.
template <bool kIgnoreCase, typename End>
inline uint32_t contraction_length(const char* p, End&& end) noexcept {
  if (!has(p, 2, end)) return 0;
  const auto lower = [](char c) { return kIgnoreCase ? static_cast<char>(c | 0x20) : c; };
  switch (lower(p[1])) {
    case 's':
    case 't':
    case 'm':
    case 'd': return 2;
    case 'l': return has(p, 3, end) && lower(p[2]) == 'l' ? 3 : 0;
    case 'v':
    case 'r': return has(p, 3, end) && lower(p[2]) == 'e' ? 3 : 0;
    default: break;
  }
  if constexpr (kIgnoreCase) {
    if (p[1] == '\xC5' && has(p, 3, end) && p[2] == '\xBF') return 3;
  }
  return 0;
}

/// End: const char*, or WatchedEnd&.
template <SplitRules kRules, typename End = const char*>
class SplitScanner {
 public:
  /// The end of the piece that starts at p. Requires p < end.
  static const char* piece_end(const char* p, End end) noexcept {
    const SplitCharacter first = character(p, end);
    if constexpr (kRules.han_apart) {
      if (first.bits & kSplitHan) {
        return run<RunSite::kHan>(p, end, [](uint8_t bits) { return bits & kSplitHan; });
      }
    }
    if (kStartContractions && *p == '\'') {
      const uint32_t length = contraction_length<kIgnoreCase>(p, end);
      if (length != 0) return p + length;
    }
    if (const char* word = word_end(p, end, first)) return word;
    if (const char* digits = digits_end(p, end, first)) return digits;
    if (const char* other = other_end(p, end, first)) return other;
    return space_end(p, end);
  }

  static constexpr bool is_word(uint8_t bits) noexcept {
    if (kRules.han_apart && (bits & kSplitHan)) return false;
    return bits &
           (kRules.words == SplitRules::Words::kLetters ? kSplitLetter : kSplitLetter | kSplitMark);
  }
  /// [^\s\p{L}\p{N}]
  static constexpr bool is_other(uint8_t bits) noexcept {
    constexpr uint8_t marks =
        kRules.words == SplitRules::Words::kLettersMarks ? uint8_t{kSplitMark} : uint8_t{0};
    return !(bits & (kSplitLetter | kSplitNumber | kSplitSpace | marks));
  }

 private:
  static constexpr bool kWatched = std::is_same_v<End, WatchedEnd&>;
  static constexpr bool kIgnoreCase = kRules.contractions != SplitRules::Contractions::kStart;
  static constexpr bool kStartContractions =
      kRules.contractions == SplitRules::Contractions::kStart ||
      kRules.contractions == SplitRules::Contractions::kStartIgnoreCase;
  static constexpr bool kSuffixContractions =
      kRules.contractions == SplitRules::Contractions::kSuffixIgnoreCase;

  static SplitCharacter character(const char* p, End end) noexcept {
    if constexpr (kWatched) {
      return end.template character<kRules.han_apart>(p);
    } else {
      return split_character<kRules.han_apart>(p, end);
    }
  }

  /// The end of the run of characters that are `in`. A watched run skips what it knows to be one.
  template <RunSite kSite, typename Predicate>
  static const char* run(const char* p, End end, Predicate in) noexcept {
    [[maybe_unused]] const char* const start = p;
    if constexpr (kWatched) p = end.resume(kSite, p);
    while (has(p, 1, end)) {
      const SplitCharacter c = character(p, end);
      if (!in(c.bits)) break;
      p += c.length;
    }
    if constexpr (kWatched) end.keep(kSite, start, p, nullptr);
    return p;
  }

  static constexpr bool is_prefix(uint8_t bits, char byte) noexcept {
    if (kRules.prefix == SplitRules::Prefix::kSpace) return byte == ' ';
    return !(bits & (kSplitLetter | kSplitNumber | kSplitNewline));
  }

  static const char* word_end(const char* p, End end, SplitCharacter first) noexcept {
    const bool prefix = is_prefix(first.bits, *p);
    if constexpr (kRules.words == SplitRules::Words::kCased) {
      const char* match = nullptr;
      if (prefix) match = mixed_end(p + first.length, end);
      if (!match) match = mixed_end(p, end);
      if (!match && prefix) match = upper_end(p + first.length, end);
      if (!match) match = upper_end(p, end);
      if (match && kSuffixContractions && has(match, 1, end) && *match == '\'') {
        match += contraction_length<true>(match, end);
      }
      return match;
    } else {
      const auto in = [](uint8_t bits) { return is_word(bits); };
      if (prefix) {
        const char* match = run<RunSite::kWord>(p + first.length, end, in);
        if (match != p + first.length) return match;
      }
      return is_word(first.bits) ? run<RunSite::kWord>(p, end, in) : nullptr;
    }
  }

  static constexpr bool in_upper(uint8_t bits) noexcept {
    return is_word(bits) && (bits & (kSplitUpper | kSplitBoth | kSplitMark));
  }
  static constexpr bool in_lower(uint8_t bits) noexcept {
    return is_word(bits) && (bits & (kSplitLower | kSplitBoth | kSplitMark));
  }

  /// [upper]*[lower]+ with backtracking: when nothing lower follows the upper run, the run gives
  /// back characters until the last one that is both.
  static const char* mixed_end(const char* p, End end) noexcept {
    const char* last_both = nullptr;
    [[maybe_unused]] const char* const start = p;
    if constexpr (kWatched) {
      p = end.resume(RunSite::kUpper, start);
      if (p != start) last_both = last_both_before(start, p, end);
    }
    while (has(p, 1, end)) {
      const SplitCharacter c = character(p, end);
      if (!in_upper(c.bits)) {
        if (!in_lower(c.bits)) break;
        if constexpr (kWatched) end.keep(RunSite::kUpper, start, p, last_both);
        return run<RunSite::kLower>(p, end, [](uint8_t bits) { return in_lower(bits); });
      }
      p += c.length;
      if (in_lower(c.bits)) last_both = p;
    }
    if constexpr (kWatched) end.keep(RunSite::kUpper, start, p, last_both);
    return last_both;
  }

  /// Watched only: the end of the last character before p, a place in an upper run, that is both.
  static const char* last_both_before(const char* start, const char* p, End end) noexcept {
    const char* mark = nullptr;
    if (end.mark_before(RunSite::kUpper, start, p, mark)) return mark;
    while (p > start) {
      const Utf8Unit unit = decode_utf8_before(start, p);
      if (in_lower(split_class(unit.code_point))) return p;
      p -= unit.length;
    }
    return nullptr;
  }

  /// [upper]+[lower]* where mixed_end found nothing: the run of upper characters.
  static const char* upper_end(const char* p, End end) noexcept {
    const auto in = [](uint8_t bits) { return in_upper(bits); };
    const char* match = run<RunSite::kUpperOnly>(p, end, in);
    return match == p ? nullptr : match;
  }

  static const char* digits_end(const char* p, End end, SplitCharacter first) noexcept {
    const auto in = [](uint8_t bits) { return bits & kSplitNumber; };
    if constexpr (kRules.digits == 0) {
      const char* start = *p == ' ' ? p + 1 : p;
      const char* match = run<RunSite::kDigits>(start, end, in);
      return match == start ? nullptr : match;
    }
    if (!in(first.bits)) return nullptr;
    p += first.length;
    for (int i = 1; i < kRules.digits && has(p, 1, end); ++i) {
      const SplitCharacter c = character(p, end);
      if (!in(c.bits)) break;
      p += c.length;
    }
    return p;
  }

  static const char* other_end(const char* p, End end, SplitCharacter first) noexcept {
    const auto in = [](uint8_t bits) { return is_other(bits); };
    const char* start = *p == ' ' ? p + 1 : p;
    if (start == p && !in(first.bits)) return nullptr;
    const char* match = run<RunSite::kOther>(start, end, in);
    if (match == start) return nullptr;
    if constexpr (kRules.trail != SplitRules::Trail::kNone) {
      constexpr bool slash = kRules.trail == SplitRules::Trail::kNewlinesSlash;
      [[maybe_unused]] const char* const trail = match;
      if constexpr (kWatched) match = end.resume(RunSite::kTrail, match);
      while (has(match, 1, end) && (*match == '\r' || *match == '\n' || (slash && *match == '/'))) {
        ++match;
      }
      if constexpr (kWatched) end.keep(RunSite::kTrail, trail, match, nullptr);
    }
    return match;
  }

  static const char* space_end(const char* p, End end) noexcept {
    const char* at = p;
    const char* last = p;           // start of the last white-space character
    const char* newline = nullptr;  // end of the last line end
    if constexpr (kWatched) {
      at = end.resume(RunSite::kSpace, p);
      if (at != p) {
        newline = newline_before(p, at, end);
        last = at - decode_utf8_before(p, at).length;
      }
    }
    while (has(at, 1, end)) {
      const SplitCharacter c = character(at, end);
      if (!(c.bits & kSplitSpace)) break;
      last = at;
      at += c.length;
      if (c.bits & kSplitNewline) newline = at;
    }
    if constexpr (kWatched) end.keep(RunSite::kSpace, p, at, newline);
    const bool at_end = !has(at, 1, end);
    if (kRules.whole_final_space && at_end) return at;
    if (kRules.newline_pieces && newline) return newline;
    if (at_end || last == p) return at;
    return last;
  }

  /// Watched only: the end of the last line end before p, a place in a run of white space.
  static const char* newline_before(const char* start, const char* p, End end) noexcept {
    const char* mark = nullptr;
    if (end.mark_before(RunSite::kSpace, start, p, mark)) return mark;
    while (p > start && p[-1] != '\n' && p[-1] != '\r') --p;
    return p > start ? p : nullptr;
  }
};

}  // namespace tokrail
