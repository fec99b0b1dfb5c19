// Whole texts in the byte-level alphabet (byte_alphabet.h): bytes to characters and back.
//
//   encode_byte_level(" é") == "ĠÃ©"
//   decode_byte_level("ĠÃ©") == " é";  decode_byte_level("中") == std::nullopt
//
// Pure functions, O(length). Errors: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokrail {

/// Bytes of the character that stands for a byte: 1 for printable ASCII, else 2.
constexpr uint32_t byte_level_length(char byte) noexcept {
  return byte > 0x20 && byte < 0x7F ? 1 : 2;
}

/// Appends the character that stands for each byte.
void append_byte_level(std::string_view bytes, std::string& out);

std::string encode_byte_level(std::string_view bytes);

/// The bytes the text stands for, or nothing where a character is outside the alphabet.
std::optional<std::string> decode_byte_level(std::string_view text);

}  // namespace tokrail
