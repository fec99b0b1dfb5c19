// The SIMD scanner of Splitter: 64 bytes to bit planes, bit planes to piece boundaries.
//
// The block starts at a piece boundary. Each character of the block is one bit; in a block of ASCII
// the planes come straight from byte compares, otherwise the characters are decoded one by one into
// an array of class bytes (one per character, so multi-byte characters are one bit too) and that
// array is compared. Boundaries are then found by shifts and carries; see find_boundaries. What a
// block cannot settle alone (an unusual combination, or a piece longer than the block) is left to
// the scalar scanner, which starts at the same boundary.
#include "tokenizers/pretokenization/splitter_simd.h"

#include <cstring>

#include "base/utf8.h"
#include "tokenizers/pretokenization/split_scanner.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tokenizers/pretokenization/splitter_simd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tokrail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kBlock = 64;

/// One bit per character of a block.
struct Planes {
  uint64_t upper, lower, both, mark, number, space, newline;
  uint64_t blank, quote, slash;  // U+0020 ' /
  uint64_t valid;                // characters that exist
};

/// A block in characters: where each starts, for blocks that are not ASCII.
struct BlockText {
  const char* start;
  bool ascii;
  uint32_t characters;
  uint8_t offsets[kBlock + 8];

  uint32_t offset(uint32_t character) const { return ascii ? character : offsets[character]; }
};

template <class D, class M>
HWY_INLINE uint64_t mask_bits(D d, M mask) {
#if HWY_TARGET <= HWY_AVX3
  (void)d;
  return static_cast<uint64_t>(mask.raw);
#else
  alignas(16) uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  uint64_t bits;
  memcpy(&bits, bytes, sizeof(bits));
  return bits;
#endif
}

/// Planes of 64 ASCII bytes. False (planes unset) when one of them is not ASCII.
template <SplitRules kRules>
HWY_INLINE bool ascii_planes(const uint8_t* HWY_RESTRICT p, Planes& planes) {
  const hn::CappedTag<uint8_t, kBlock> d;
  constexpr bool cased = kRules.words == SplitRules::Words::kCased;
  planes = Planes{};
  uint64_t high = 0;
  for (size_t i = 0; i < kBlock; i += hn::Lanes(d)) {
    const auto v = hn::LoadU(d, p + i);
    const auto bits = [&](auto mask) { return mask_bits(d, mask) << i; };
    const auto between = [&](auto x, uint8_t first, uint8_t count) {
      return hn::Lt(hn::Sub(x, hn::Set(d, first)), hn::Set(d, count));
    };
    high |= bits(hn::Gt(v, hn::Set(d, uint8_t{0x7F})));
    const uint64_t letters = bits(between(hn::Or(v, hn::Set(d, uint8_t{0x20})), 'a', 26));
    if constexpr (cased) {
      planes.lower |= bits(between(v, 'a', 26));
      planes.upper |= letters;
    } else {
      planes.lower |= letters;
    }
    planes.number |= bits(between(v, '0', 10));
    const uint64_t blank = bits(hn::Eq(v, hn::Set(d, uint8_t{' '})));
    planes.blank |= blank;
    planes.space |= blank | bits(between(v, 9, 5));
    planes.newline |=
        bits(hn::Or(hn::Eq(v, hn::Set(d, uint8_t{'\n'})), hn::Eq(v, hn::Set(d, uint8_t{'\r'}))));
    if constexpr (kRules.contractions != SplitRules::Contractions::kNone) {
      planes.quote |= bits(hn::Eq(v, hn::Set(d, uint8_t{'\''})));
    }
    if constexpr (kRules.trail == SplitRules::Trail::kNewlinesSlash) {
      planes.slash |= bits(hn::Eq(v, hn::Set(d, uint8_t{'/'})));
    }
  }
  if constexpr (cased) planes.upper &= ~planes.lower;
  planes.valid = ~uint64_t{0};
  return high == 0;
}

constexpr uint8_t kAsciiClass[128] = {
    0,  0,  0,  0,  0,  0,  0,  0, 0, 32, 96, 32, 32, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,
    0,  0,  0,  0,  0,  0,  32, 0, 0, 0,  0,  0,  0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 16, 16,
    16, 16, 16, 16, 16, 16, 0,  0, 0, 0,  0,  0,  0,  1,  1, 1, 1, 1, 1, 1, 1, 1, 1,  1,  1,  1,
    1,  1,  1,  1,  1,  1,  1,  1, 1, 1,  1,  1,  1,  0,  0, 0, 0, 0, 0, 2, 2, 2, 2,  2,  2,  2,
    2,  2,  2,  2,  2,  2,  2,  2, 2, 2,  2,  2,  2,  2,  2, 2, 2, 2, 2, 0, 0, 0, 0,  0};

/// Decodes the characters that end within 64 bytes and makes their planes.
HWY_INLINE void decoded_planes(const char* p, BlockText& block, Planes& planes) {
  const hn::CappedTag<uint8_t, kBlock> d;
  alignas(64) uint8_t classes[kBlock] = {};
  alignas(64) uint8_t leads[kBlock] = {};
  uint32_t n = 0;
  for (uint32_t i = 0; i < kBlock - 3;) {
    const auto lead = static_cast<uint8_t>(p[i]);
    block.offsets[n] = static_cast<uint8_t>(i);
    leads[n] = lead;
    if (lead < 0x80) {
      classes[n++] = kAsciiClass[lead];
      ++i;
      continue;
    }
    const Utf8Unit unit = decode_utf8(p + i, p + kBlock);
    classes[n++] = unit.valid ? split_class(unit.code_point) : uint8_t{0};
    i += unit.length;
  }
  block.characters = n;
  planes = Planes{};
  planes.valid = n == 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1;
  for (size_t i = 0; i < kBlock; i += hn::Lanes(d)) {
    const auto c = hn::Load(d, classes + i);
    const auto b = hn::Load(d, leads + i);
    const auto has = [&](uint8_t bit) {
      return mask_bits(d, hn::TestBit(c, hn::Set(d, bit))) << i;
    };
    const auto is = [&](char byte) {
      return mask_bits(d, hn::Eq(b, hn::Set(d, static_cast<uint8_t>(byte)))) << i;
    };
    planes.upper |= has(kSplitUpper);
    planes.lower |= has(kSplitLower);
    planes.both |= has(kSplitBoth);
    planes.mark |= has(kSplitMark);
    planes.number |= has(kSplitNumber);
    planes.space |= has(kSplitSpace);
    planes.newline |= has(kSplitNewline);
    planes.blank |= is(' ');
    planes.quote |= is('\'');
    planes.slash |= is('/');
  }
}

HWY_INLINE uint64_t before(uint64_t plane) {
  return plane << 1;
}  // the character before is in it
HWY_INLINE uint64_t behind(uint64_t plane) {
  return plane >> 1;
}  // the character behind is in it

/// Bytes and characters of the contraction at an apostrophe of the block; 0 if there is none.
template <bool kIgnoreCase>
HWY_INLINE uint32_t contraction_characters(const BlockText& block, uint32_t character) {
  const char* p = block.start + block.offset(character);
  const uint32_t length = contraction_length<kIgnoreCase>(p, block.start + kBlock);
  return length == 3 && p[1] == '\xC5' ? 2 : length;
}

/// Digits in groups counted from the start of each run.
template <uint8_t kDigits>
HWY_INLINE uint64_t digit_boundaries(uint64_t number, uint64_t blank) {
  const uint64_t starts = number & ~before(number);
  if constexpr (kDigits == 0) return starts & ~before(blank);
  if constexpr (kDigits == 1) return number;
  uint64_t boundaries = starts;
  const uint64_t inside = number & before(number);
  const uint64_t fourth = inside & before(inside) & (inside << 2);
  for (uint64_t next = (starts << 3) & fourth; next != 0; next = (next << 3) & fourth) {
    boundaries |= next;
  }
  return boundaries;
}

/// Boundaries inside and in front of white-space runs; `space` has no line ends that belong to a
/// run of other characters before them.
template <SplitRules kRules>
HWY_INLINE uint64_t space_boundaries(uint64_t space, uint64_t all_space, uint64_t newline) {
  uint64_t boundaries = space & ~before(space);
  if constexpr (!kRules.newline_pieces) {
    return boundaries | (space & ~behind(all_space));  // the last character goes on its own
  }
  const uint64_t plain = space & ~newline;
  boundaries |= plain & ~behind(all_space);
  // Behind the last line end of a run begins a piece. Plain runs that follow a line end but run
  // into another one are inside the piece: find the end of each by a carry, and where a line end
  // stands there, take back the start.
  uint64_t starts = plain & before(newline & space);
  uint64_t bad = (plain + starts) & ~plain & newline;
  while (bad != 0) {
    const uint64_t lowest = bad & (~bad + 1);
    const uint64_t below = starts & (lowest - 1);
    starts &= ~(uint64_t{1} << (63 - hwy::Num0BitsAboveMS1Bit_Nonzero64(below)));
    bad &= bad - 1;
  }
  return boundaries | starts;
}

/// The first characters of pieces, as bits; `hazard` when the block has a combination that only the
/// scalar scanner settles.
template <SplitRules kRules>
HWY_INLINE uint64_t find_boundaries(const BlockText& block, const Planes& planes, bool& hazard) {
  using Words = SplitRules::Words;
  using Contractions = SplitRules::Contractions;
  constexpr bool cased = kRules.words == Words::kCased;
  constexpr bool marks_in_words = kRules.words != Words::kLetters;
  const uint64_t letter = planes.upper | planes.lower | planes.both;
  const uint64_t word = marks_in_words ? letter | planes.mark : letter;
  const uint64_t other = planes.valid & ~(word | planes.number | planes.space);
  const uint64_t other_start = other & ~before(other);
  const uint64_t word_start = word & ~before(word);
  // A single other character that is not taken by a blank before it may lead a word.
  const uint64_t lone = other_start & ~behind(other) & ~before(planes.blank);
  uint64_t boundaries = other_start & ~before(planes.blank);
  if constexpr (kRules.prefix == SplitRules::Prefix::kAny) {
    boundaries |= word_start & ~before((planes.space & ~planes.newline) | lone);
  } else {
    boundaries |= word_start & ~before(planes.blank);
  }
  boundaries |= digit_boundaries<kRules.digits>(planes.number, planes.blank);

  uint64_t eaten = 0;  // line ends that follow other characters
  if constexpr (kRules.trail != SplitRules::Trail::kNone) {
    eaten = planes.newline & ~(planes.newline + (planes.newline & before(other)));
    if constexpr (kRules.trail == SplitRules::Trail::kNewlinesSlash) {
      hazard |= (eaten & behind(planes.slash)) != 0;
    }
  }
  boundaries |= space_boundaries<kRules>(planes.space & ~eaten, planes.space, planes.newline);

  if constexpr (cased) {
    const uint64_t any_case = planes.both | planes.mark;
    boundaries |= planes.upper & before(planes.lower);
    hazard |= ((planes.upper & before(any_case)) | (any_case & before(planes.upper)) |
               (planes.mark & before(other))) != 0;
  }
  if constexpr (kRules.contractions == Contractions::kSuffixIgnoreCase) {
    uint32_t settled = 0;  // where the last contraction ended: a fresh piece, no suffix there
    for (uint64_t left = planes.quote & before(word) & behind(word); left != 0; left &= left - 1) {
      const auto at = static_cast<uint32_t>(hwy::Num0BitsBelowLS1Bit_Nonzero64(left));
      const uint32_t length = at == settled ? 0 : contraction_characters<true>(block, at);
      if (length == 0 || at + length >= 64) continue;
      settled = at + length;
      boundaries &= ~(((uint64_t{1} << length) - 1) << at);
      boundaries |= uint64_t{1} << settled;
    }
  } else if constexpr (kRules.contractions != Contractions::kNone) {
    constexpr bool ignore_case = kRules.contractions == Contractions::kStartIgnoreCase;
    for (uint64_t left = planes.quote & lone & behind(word); left != 0; left &= left - 1) {
      const auto at = static_cast<uint32_t>(hwy::Num0BitsBelowLS1Bit_Nonzero64(left));
      const uint32_t length = contraction_characters<ignore_case>(block, at);
      if (length == 0 || at + length >= 64) continue;
      boundaries &= ~(((uint64_t{1} << (length - 1)) - 1) << (at + 1));
      boundaries |= uint64_t{1} << (at + length);
    }
  }
  return boundaries;
}

/// Boundaries that the block settles: not within the last characters (whose neighbours are out of
/// sight), and not behind the start of a white-space run that leaves the block.
HWY_INLINE uint64_t settled_mask(const Planes& planes, uint32_t characters) {
  uint64_t mask = characters >= 4 ? (uint64_t{1} << (characters - 3)) - 1 : 0;
  const uint32_t beyond = 64 - characters;
  const uint64_t top_aligned = planes.space << beyond;
  if (top_aligned >> 63) {
    const uint64_t not_space = ~top_aligned & ~((uint64_t{1} << beyond) - 1);
    if (not_space == 0) return 0;
    const uint32_t last = 63 - static_cast<uint32_t>(hwy::Num0BitsAboveMS1Bit_Nonzero64(not_space));
    const uint32_t run_start = last + 1 - beyond;
    mask &= run_start >= 63 ? ~uint64_t{0} : (uint64_t{2} << run_start) - 1;
  }
  return mask;
}

template <SplitRules kRules>
size_t split_blocks(const char* text, size_t length, uint32_t* ends, size_t capacity,
                    size_t& consumed) {
  const char* const begin = text;
  const char* const end = text + length;
  const char* p = text;
  size_t n = 0;
  BlockText block;
  Planes planes;
  while (static_cast<size_t>(end - p) >= kBlock + 8 && n + kBlock <= capacity &&
         p - begin < 0x7FFFFFFF) {
    block.start = p;
    block.ascii = ascii_planes<kRules>(reinterpret_cast<const uint8_t*>(p), planes);
    block.characters = kBlock;
    if (!block.ascii) decoded_planes(p, block, planes);
    bool hazard = false;
    uint64_t boundaries = find_boundaries<kRules>(block, planes, hazard);
    boundaries &= settled_mask(planes, block.characters) & ~uint64_t{1};
    if (HWY_UNLIKELY(hazard || boundaries == 0)) {
      // At least this piece; with a hazard, all that start within the block.
      const char* const stop = hazard ? p + kBlock - 8 : p + 1;
      while (p < stop && n < capacity) {
        p = SplitScanner<kRules>::piece_end(p, end);
        ends[n++] = static_cast<uint32_t>(p - begin);
      }
      continue;
    }
    const auto base = static_cast<uint32_t>(p - begin);
    if (block.ascii) {
      do {
        ends[n++] = base + static_cast<uint32_t>(hwy::Num0BitsBelowLS1Bit_Nonzero64(boundaries));
        boundaries &= boundaries - 1;
      } while (boundaries != 0);
    } else {
      do {
        ends[n++] = base + block.offsets[hwy::Num0BitsBelowLS1Bit_Nonzero64(boundaries)];
        boundaries &= boundaries - 1;
      } while (boundaries != 0);
    }
    p = begin + ends[n - 1];
  }
  consumed = static_cast<size_t>(p - begin);
  return n;
}

#define TOKRAIL_SPLIT_BLOCKS(index, rules)                                                      \
  size_t split_blocks_##index(const char* text, size_t length, uint32_t* ends, size_t capacity, \
                              size_t& consumed) {                                               \
    return split_blocks<rules>(text, length, ends, capacity, consumed);                         \
  }
TOKRAIL_SPLIT_BLOCKS(0, kCompiledRules[0])
TOKRAIL_SPLIT_BLOCKS(1, kCompiledRules[1])
TOKRAIL_SPLIT_BLOCKS(2, kCompiledRules[2])
TOKRAIL_SPLIT_BLOCKS(3, kCompiledRules[3])
TOKRAIL_SPLIT_BLOCKS(4, kCompiledRules[4])
TOKRAIL_SPLIT_BLOCKS(5, kCompiledRules[5])
TOKRAIL_SPLIT_BLOCKS(6, kCompiledRules[6])
#undef TOKRAIL_SPLIT_BLOCKS

}  // namespace HWY_NAMESPACE
}  // namespace tokrail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail {

HWY_EXPORT(split_blocks_0);
HWY_EXPORT(split_blocks_1);
HWY_EXPORT(split_blocks_2);
HWY_EXPORT(split_blocks_3);
HWY_EXPORT(split_blocks_4);
HWY_EXPORT(split_blocks_5);
HWY_EXPORT(split_blocks_6);

SplitBlocks split_blocks_for(size_t rules_index) {
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());  // so that the pointers are final
  switch (rules_index) {
    case 0: return &HWY_DYNAMIC_DISPATCH(split_blocks_0);
    case 1: return &HWY_DYNAMIC_DISPATCH(split_blocks_1);
    case 2: return &HWY_DYNAMIC_DISPATCH(split_blocks_2);
    case 3: return &HWY_DYNAMIC_DISPATCH(split_blocks_3);
    case 4: return &HWY_DYNAMIC_DISPATCH(split_blocks_4);
    case 5: return &HWY_DYNAMIC_DISPATCH(split_blocks_5);
    case 6: return &HWY_DYNAMIC_DISPATCH(split_blocks_6);
    default: return nullptr;
  }
}

}  // namespace tokrail
#endif
