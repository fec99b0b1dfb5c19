#include "base/utf8.h"

#include <bit>
#include <cstring>

#include "base/utf8_simd.h"

namespace tokrail {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

uint64_t load_eight(const char* p) noexcept {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// Advances over ASCII, 16 bytes at a time while it lasts.
const char* skip_ascii(const char* p, const char* end) noexcept {
  while (end - p >= 16) {
    if (((load_eight(p) | load_eight(p + 8)) & kHighBits) != 0) break;
    p += 16;
  }
  while (end - p >= 8 && (load_eight(p) & kHighBits) == 0) p += 8;
  while (p < end && static_cast<unsigned char>(*p) < 0x80) ++p;
  return p;
}

// The first ill-formed unit at or after p that begins before `last`, or a unit's beginning there.
const char* skip_valid_units(const char* p, const char* last, const char* end) noexcept {
  while (p < last) {
    if (static_cast<unsigned char>(*p) < 0x80) {
      p = skip_ascii(p, end);
      continue;
    }
    const Utf8Unit unit = decode_utf8(p, end);
    if (!unit.valid) return p;
    p += unit.length;
  }
  return p;
}

// The first ill-formed unit at or after p, or end. A little is looked at alone before vectors are
// set up, so that text with errors all over costs no more than that.
const char* skip_valid(const char* p, const char* end) noexcept {
  if (static_cast<size_t>(end - p) > kUtf8SimdBytes) {
    constexpr size_t kAlone = 32;
    const char* const last = p + kAlone;
    p = skip_valid_units(p, last, end);
    if (p < last) return p;
    p += well_formed_prefix(p, static_cast<size_t>(end - p));
  }
  return skip_valid_units(p, end, end);
}

// Bytes that start a code point in well-formed text: all but 10xxxxxx.
size_t count_starts(const char* p, const char* end) noexcept {
  size_t count = 0;
  for (; end - p >= 8; p += 8) {
    const uint64_t word = load_eight(p);
    const uint64_t continuations = word & ~(word << 1) & kHighBits;
    count += 8 - static_cast<size_t>(std::popcount(continuations));
  }
  for (; p < end; ++p) count += is_utf8_continuation(*p) ? 0 : 1;
  return count;
}

// Bytes 11110xxx: in well-formed text, the code points that take a surrogate pair in UTF-16.
size_t count_four_byte_leads(const char* p, const char* end) noexcept {
  size_t count = 0;
  for (; end - p >= 8; p += 8) {
    const uint64_t word = load_eight(p);
    const uint64_t leads = word & word << 1 & word << 2 & word << 3 & kHighBits;
    count += static_cast<size_t>(std::popcount(leads));
  }
  for (; p < end; ++p) count += static_cast<unsigned char>(*p) >= 0xF0 ? 1 : 0;
  return count;
}

// Sum of well_formed(begin, end) over the well-formed stretches, and 1 for each ill-formed unit.
template <typename CountWellFormed>
size_t count_units(std::string_view text, CountWellFormed well_formed) noexcept {
  size_t count = 0;
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const char* const bad = skip_valid(p, end);
    count += well_formed(p, bad);
    p = bad;
    for (Utf8Unit unit; p < end && !(unit = decode_utf8(p, end)).valid; p += unit.length) ++count;
  }
  return count;
}

}  // namespace

bool valid_utf8(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  return skip_valid(text.data(), end) == end;
}

size_t find_invalid_utf8(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  const char* const bad = skip_valid(text.data(), end);
  return bad == end ? std::string_view::npos : static_cast<size_t>(bad - text.data());
}

size_t ascii_prefix_length(std::string_view text) noexcept {
  return static_cast<size_t>(skip_ascii(text.data(), text.data() + text.size()) - text.data());
}

size_t count_code_points(std::string_view text) noexcept {
  return count_units(text, count_starts);
}

size_t utf16_length(std::string_view text) noexcept {
  return count_units(text, [](const char* p, const char* end) noexcept {
    return count_starts(p, end) + count_four_byte_leads(p, end);
  });
}

size_t incomplete_utf8_suffix(std::string_view text) noexcept {
  const size_t limit = text.size() < 3 ? text.size() : 3;
  for (size_t length = 1; length <= limit; ++length) {
    const char lead = text[text.size() - length];
    if (is_utf8_continuation(lead)) continue;
    const char* const start = text.data() + text.size() - length;
    const Utf8Unit unit = decode_utf8(start, text.data() + text.size());
    const auto value = static_cast<unsigned char>(lead);
    // A single byte that can begin nothing (C0, C1, F5 to FF) is ill-formed, not incomplete.
    const bool can_begin = value >= 0xC2 && value <= 0xF4;
    return can_begin && !unit.valid && unit.length == length ? length : 0;
  }
  return 0;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const char* p = text.data();
  const char* const end = p + text.size();
  while (p < end) {
    const char* const bad = skip_valid(p, end);
    out.append(p, bad);
    p = bad;
    if (p == end) break;
    p += decode_utf8(p, end).length;
    append_utf8(kReplacementCharacter, out);
  }
  return out;
}

}  // namespace tokrail
