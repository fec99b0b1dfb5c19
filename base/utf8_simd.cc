// J. Keiser, D. Lemire, "Validating UTF-8 in less than one instruction per byte" (2021): what is
// wrong with a byte and the one before it follows from three of their four halves, each looked up
// in a table of 16 entries whose bits are the ways to be wrong. A bit that is set in all three is
// an error. Third and fourth bytes are continuations behind continuations, which is wrong unless a
// lead two or three bytes before asks for it.
#include "base/utf8_simd.h"

#include <array>
#include <cstdint>

#include "base/utf8.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/utf8_simd.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef TOKRAIL_UTF8_TABLES
#define TOKRAIL_UTF8_TABLES
namespace tokrail::utf8_simd {

/// A byte between first[0] and first[1] and behind it one between second[0] and second[1].
struct WrongPair {
  uint8_t bit;
  std::array<uint8_t, 2> first, second;
};

constexpr uint8_t kContinuationTwice = 0x80;
constexpr WrongPair kWrongPairs[] = {
    {0x01, {0xC0, 0xFF}, {0x00, 0x7F}},  // a lead, and no continuation
    {0x01, {0xC0, 0xFF}, {0xC0, 0xFF}},
    {0x02, {0x00, 0x7F}, {0x80, 0xBF}},  // a continuation without a lead
    {0x04, {0xE0, 0xE0}, {0x80, 0x9F}},  // could be two bytes
    {0x08, {0xF4, 0xFF}, {0x90, 0xBF}},  // above U+10FFFF
    {0x10, {0xED, 0xED}, {0xA0, 0xBF}},  // a surrogate
    {0x20, {0xC0, 0xC1}, {0x80, 0xBF}},  // could be one byte
    {0x40, {0xF0, 0xF0}, {0x80, 0x8F}},  // could be three bytes
    {0x40, {0xF5, 0xFF}, {0x80, 0x8F}},  // above U+10FFFF
    {kContinuationTwice, {0x80, 0xBF}, {0x80, 0xBF}},
};

struct Tables {
  alignas(16) std::array<uint8_t, 16> first_high{}, first_low{}, second_high{};
};

/// For each half of a byte, the bits of the pairs where it occurs.
constexpr Tables kTables = [] {
  Tables tables;
  for (const WrongPair& pair : kWrongPairs) {
    for (unsigned byte = pair.first[0]; byte <= pair.first[1]; ++byte) {
      tables.first_high[byte >> 4] |= pair.bit;
      tables.first_low[byte & 15] |= pair.bit;
    }
    for (unsigned byte = pair.second[0]; byte <= pair.second[1]; ++byte) {
      tables.second_high[byte >> 4] |= pair.bit;
    }
  }
  return tables;
}();

/// The tables say so of exactly the pairs above.
constexpr bool tables_are_exact() {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; second += 16) {
      unsigned wrong = 0;
      for (const WrongPair& pair : kWrongPairs) {
        const bool has_first = pair.first[0] <= first && first <= pair.first[1];
        const bool has_second = pair.second[0] <= second && second <= pair.second[1];
        if (has_first && has_second) wrong |= pair.bit;
      }
      const unsigned found = kTables.first_high[first >> 4] & kTables.first_low[first & 15] &
                             kTables.second_high[second >> 4];
      if (found != wrong) return false;
    }
  }
  return true;
}
static_assert(tables_are_exact());

/// Code points that `p` is behind the whole of, or the start of the one it is inside of. What is
/// before p is well-formed but for its end, and at least four bytes.
inline const char* last_boundary(const char* p) noexcept {
  for (int back = 1; back <= 3; ++back) {
    const auto byte = static_cast<unsigned char>(p[-back]);
    if (byte < 0x80) return p;
    if (byte < 0xC0) continue;
    const int length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return length > back ? p - back : p;
  }
  return p;
}

}  // namespace tokrail::utf8_simd
#endif  // TOKRAIL_UTF8_TABLES

HWY_BEFORE_NAMESPACE();
namespace tokrail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kBlock = 64;

#if HWY_TARGET == HWY_SCALAR
const char* skip_clean_blocks(const char* p, const char*) {
  return p;
}
#else
/// Errors in the bytes at p, which may show at the byte behind; three bytes before p are read.
template <class D>
HWY_INLINE hn::Vec<D> errors_at(D d, const uint8_t* HWY_RESTRICT p) {
  const auto in = hn::LoadU(d, p);
  const auto before = hn::LoadU(d, p - 1);
  const auto table = [d](const auto& bytes) { return hn::LoadDup128(d, bytes.data()); };
  const auto low_half = hn::Set(d, uint8_t{0x0F});
  using utf8_simd::kTables;
  const auto first_high =
      hn::TableLookupBytes(table(kTables.first_high), hn::ShiftRight<4>(before));
  const auto first_low = hn::TableLookupBytes(table(kTables.first_low), hn::And(before, low_half));
  const auto second_high = hn::TableLookupBytes(table(kTables.second_high), hn::ShiftRight<4>(in));
  const auto wrong = hn::And(hn::And(first_high, first_low), second_high);
  // The high bit is set two bytes behind E0 to FF and three bytes behind F0 to FF.
  const auto third = hn::SaturatedSub(hn::LoadU(d, p - 2), hn::Set(d, uint8_t{0xE0 - 0x80}));
  const auto fourth = hn::SaturatedSub(hn::LoadU(d, p - 3), hn::Set(d, uint8_t{0xF0 - 0x80}));
  const auto wanted = hn::And(hn::Or(third, fourth), hn::Set(d, utf8_simd::kContinuationTwice));
  return hn::Xor(wrong, wanted);
}

/// Behind the last of the blocks from p on that have no error, of which the last may end inside of
/// a code point. At least three bytes are before p, which is a boundary.
const char* skip_clean_blocks(const char* p, const char* end) {
  const hn::CappedTag<uint8_t, kBlock> d;
  const auto zero = hn::Zero(d);
  bool was_ascii = true;  // what is before p ends with a whole code point
  for (; static_cast<size_t>(end - p) >= kBlock; p += kBlock) {
    const auto* const bytes = reinterpret_cast<const uint8_t*>(p);
    auto any = zero;
    for (size_t i = 0; i < kBlock; i += hn::Lanes(d)) any = hn::Or(any, hn::LoadU(d, bytes + i));
    const bool is_ascii = hn::AllTrue(d, hn::Lt(any, hn::Set(d, uint8_t{0x80})));
    if (!(is_ascii && was_ascii)) {
      auto errors = zero;
      for (size_t i = 0; i < kBlock; i += hn::Lanes(d)) {
        errors = hn::Or(errors, errors_at(d, bytes + i));
      }
      if (!hn::AllTrue(d, hn::Eq(errors, zero))) break;
    }
    was_ascii = is_ascii;
  }
  return p;
}
#endif

}  // namespace HWY_NAMESPACE
}  // namespace tokrail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail {

HWY_EXPORT(skip_clean_blocks);

size_t well_formed_prefix(const char* p, size_t size) noexcept {
  const char* const end = p + size;
  // Vectors look back at three bytes.
  const char* start = p;
  while (start < end && start - p < 4) {
    const Utf8Unit unit = decode_utf8(start, end);
    if (!unit.valid) return static_cast<size_t>(start - p);
    start += unit.length;
  }
  if (start == end) return size;
  const char* const clean = HWY_DYNAMIC_DISPATCH(skip_clean_blocks)(start, end);
  return static_cast<size_t>(utf8_simd::last_boundary(clean) - p);
}

}  // namespace tokrail
#endif  // HWY_ONCE
