// The byte-level alphabet of GPT-2 and its successors: every byte is written as one character.
//
// The 188 printable Latin-1 characters other than the space stand for themselves; the other 68
// bytes, in order, are U+0100, U+0101, ... So a space is "Ġ" (U+0120) and a line feed "Ċ".
//
//   byte_to_alphabet(' ') == U'\u0120'
//   byte_of_alphabet(U'\u0120') == 0x20
//   encode_byte_level(" é") == "ĠÃ©"
//   decode_byte_level("ĠÃ©") == " é";  decode_byte_level("中") == std::nullopt
//
// Pure functions, O(1) resp. O(length). Errors: none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokrail {

namespace detail {

constexpr bool is_own_letter(uint32_t byte) noexcept {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

/// Bytes of the characters from U+0100 on.
inline constexpr std::array<uint8_t, 68> kShiftedBytes = [] {
  std::array<uint8_t, 68> bytes{};
  size_t count = 0;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    if (!is_own_letter(byte)) bytes[count++] = static_cast<uint8_t>(byte);
  }
  return bytes;
}();

inline constexpr std::array<char16_t, 256> kByteLetters = [] {
  std::array<char16_t, 256> letters{};
  char16_t next = 0x100;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    letters[byte] = is_own_letter(byte) ? static_cast<char16_t>(byte) : next++;
  }
  return letters;
}();

}  // namespace detail

/// The character that stands for a byte.
constexpr char32_t byte_to_alphabet(uint8_t byte) noexcept {
  return detail::kByteLetters[byte];
}

/// The byte a character stands for, or nothing for a character outside the alphabet.
constexpr std::optional<uint8_t> byte_of_alphabet(char32_t c) noexcept {
  if (c >= 0x100 && c < 0x100 + detail::kShiftedBytes.size()) {
    return detail::kShiftedBytes[c - 0x100];
  }
  if (c < 0x100 && detail::is_own_letter(c)) return static_cast<uint8_t>(c);
  return std::nullopt;
}

/// Bytes of the character that stands for a byte: 1 for printable ASCII, else 2.
constexpr uint32_t byte_level_length(char byte) noexcept {
  return byte > 0x20 && byte < 0x7F ? 1 : 2;
}

/// Appends the character that stands for each byte.
void append_byte_level(std::string_view bytes, std::string& out);

std::string encode_byte_level(std::string_view bytes);

/// Appends the bytes that a text in the alphabet stands for. False, and nothing appended, where a
/// character is outside the alphabet.
bool append_alphabet_bytes(std::string_view text, std::string& out);

/// The bytes the text stands for, or nothing where a character is outside the alphabet.
std::optional<std::string> decode_byte_level(std::string_view text);

}  // namespace tokrail
