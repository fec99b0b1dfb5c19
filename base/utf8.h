// UTF-8, one unit at a time: decoding that never fails, encoding, checking and counting.
//
// Text given to the library is any byte string. It is cut into *units*: a well-formed code point,
// or one maximal subpart of an ill-formed sequence (The Unicode Standard 16.0, section 3.9, table
// 3-8; the practice of the WHATWG Encoding Standard and of U+FFFD replacement everywhere). Every
// byte belongs to exactly one unit, so positions and lengths in bytes always add up:
//
//   "a\xF0\x9F\x98" "b"   a | F0 9F 98 (ill-formed, one unit) | b
//   "\xED\xA0\x80"        ED | A0 | 80 (a surrogate is three ill-formed units)
//
//   for (auto [position, unit] : tokrail::utf8_units(text)) {
//     if (unit.valid) use(unit.code_point, text.substr(position, unit.length));
//   }
//
// Complexity: decoding is O(1); functions over a text are O(bytes) and skip ASCII in blocks.
// Thread safety: all functions are pure. Errors: none; nothing here throws but an allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace tokrail {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;
inline constexpr char32_t kMaxCodePoint = 0x10FFFF;

/// One unit of a byte string. Ill-formed: code_point is U+FFFD, length 1 to 3, valid false.
/// (A well-formed U+FFFD in the text has valid true.)
struct Utf8Unit {
  char32_t code_point;
  uint32_t length;  ///< bytes, at least 1
  bool valid;
};

constexpr bool is_utf8_continuation(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// A Unicode scalar value: what UTF-8 can carry (no surrogates, at most U+10FFFF).
constexpr bool is_scalar_value(char32_t code_point) noexcept {
  return code_point < 0xD800 || (code_point >= 0xE000 && code_point <= kMaxCodePoint);
}

/// Decodes the unit at p. Requires p < end.
constexpr Utf8Unit decode_utf8(const char* p, const char* end) noexcept {
  const auto byte = [p](int i) { return static_cast<uint32_t>(static_cast<unsigned char>(p[i])); };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const auto available = end - p;
  const Utf8Unit ill_formed_one = {kReplacementCharacter, 1, false};
  if (lead < 0xC2 || lead > 0xF4 || available < 2) return ill_formed_one;
  const uint32_t second = byte(1);
  if (lead < 0xE0) {
    if ((second & 0xC0) != 0x80) return ill_formed_one;
    return {(lead & 0x1F) << 6 | (second & 0x3F), 2, true};
  }
  // The range of the second byte keeps out overlong forms, surrogates and what is above U+10FFFF.
  const uint32_t lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint32_t highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < lowest || second > highest) return ill_formed_one;
  if (available < 3 || !is_utf8_continuation(p[2])) return {kReplacementCharacter, 2, false};
  const uint32_t three = (second & 0x3F) << 6 | (byte(2) & 0x3F);
  if (lead < 0xF0) return {(lead & 0x0F) << 12 | three, 3, true};
  if (available < 4 || !is_utf8_continuation(p[3])) return {kReplacementCharacter, 3, false};
  return {(lead & 0x07) << 18 | three << 6 | (byte(3) & 0x3F), 4, true};
}

/// Decodes the unit that ends at p, which must be a unit boundary. Requires begin < p.
/// Gives the same units as decoding [begin, p) forwards.
constexpr Utf8Unit decode_utf8_before(const char* begin, const char* p) noexcept {
  const char* start = p - 1;
  while (start > begin && p - start < 4 && is_utf8_continuation(*start)) --start;
  const Utf8Unit unit = decode_utf8(start, p);
  if (start + unit.length == p) return unit;
  return {kReplacementCharacter, 1, false};
}

/// Writes the 1 to 4 bytes of a code point and returns how many; out must have room for 4. What
/// is not a scalar value is written as U+FFFD.
constexpr uint32_t encode_utf8(char32_t code_point, char* out) noexcept {
  if (!is_scalar_value(code_point)) code_point = kReplacementCharacter;
  const auto put = [out](int i, uint32_t value) { out[i] = static_cast<char>(value); };
  if (code_point < 0x80) {
    put(0, code_point);
    return 1;
  }
  if (code_point < 0x800) {
    put(0, 0xC0 | code_point >> 6);
    put(1, 0x80 | (code_point & 0x3F));
    return 2;
  }
  if (code_point < 0x10000) {
    put(0, 0xE0 | code_point >> 12);
    put(1, 0x80 | (code_point >> 6 & 0x3F));
    put(2, 0x80 | (code_point & 0x3F));
    return 3;
  }
  put(0, 0xF0 | code_point >> 18);
  put(1, 0x80 | (code_point >> 12 & 0x3F));
  put(2, 0x80 | (code_point >> 6 & 0x3F));
  put(3, 0x80 | (code_point & 0x3F));
  return 4;
}

/// encode_utf8 at the end of a string.
inline void append_utf8(char32_t code_point, std::string& out) {
  char bytes[4] = {};
  out.append(bytes, encode_utf8(code_point, bytes));
}

/// Bytes that encode_utf8 writes.
constexpr uint32_t utf8_length(char32_t code_point) noexcept {
  if (!is_scalar_value(code_point)) return 3;
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

/// Whether every unit of the text is well-formed.
bool valid_utf8(std::string_view text) noexcept;

/// Byte position of the first ill-formed unit, or std::string_view::npos.
size_t find_invalid_utf8(std::string_view text) noexcept;

/// Byte position of the first byte that is not ASCII, or text.size().
size_t ascii_prefix_length(std::string_view text) noexcept;

/// Number of units: code points, with each ill-formed part counted once.
size_t count_code_points(std::string_view text) noexcept;

/// Length in UTF-16 code units after replacement: 2 for a code point above U+FFFF, else 1 per unit.
size_t utf16_length(std::string_view text) noexcept;

/// Length in bytes of the text's tail that is the beginning of a well-formed code point cut off
/// by the end of the text: 0 to 3. A stream keeps these bytes back until more arrive.
size_t incomplete_utf8_suffix(std::string_view text) noexcept;

/// The text with each ill-formed unit replaced by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

/// A unit with the byte position where it starts.
struct Utf8Position {
  size_t position;
  Utf8Unit unit;
};

/// The units of a text in order, for range-for. Refers to the text, does not own it.
class Utf8Units {
 public:
  class iterator {
   public:
    using value_type = Utf8Position;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    constexpr iterator() noexcept = default;
    constexpr iterator(std::string_view text, size_t position) noexcept
        : text_(text), position_(position) {
      load();
    }
    constexpr Utf8Position operator*() const noexcept { return {position_, unit_}; }
    constexpr iterator& operator++() noexcept {
      position_ += unit_.length;
      load();
      return *this;
    }
    constexpr iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    constexpr bool operator==(const iterator& other) const noexcept {
      return position_ == other.position_;
    }

   private:
    constexpr void load() noexcept {
      if (position_ < text_.size()) {
        unit_ = decode_utf8(text_.data() + position_, text_.data() + text_.size());
      }
    }
    std::string_view text_;
    size_t position_ = 0;
    Utf8Unit unit_ = {0, 0, false};
  };

  explicit constexpr Utf8Units(std::string_view text) noexcept : text_(text) {}
  constexpr iterator begin() const noexcept { return {text_, 0}; }
  constexpr iterator end() const noexcept { return {text_, text_.size()}; }

 private:
  std::string_view text_;
};

constexpr Utf8Units utf8_units(std::string_view text) noexcept {
  return Utf8Units(text);
}

}  // namespace tokrail
