// Base64 (RFC 4648, standard alphabet) as vocabulary files use it: one short token per line, and
// one long binary table inside JSON.
//
//   std::string bytes;
//   append_base64("aGk=", bytes);     // true: bytes == "hi"
//
// Complexity: O(length). Pure functions. Padding is required, as all writers of these files put it;
// bits that the padding leaves over must be zero, so that every byte string has one spelling.
#pragma once

#include <string>
#include <string_view>

namespace tokrail {

/// Appends the decoded bytes. False, and nothing appended, where `text` is not base64.
bool append_base64(std::string_view text, std::string& out);

/// Writes the decoded bytes to `out`, where there is room for 3 bytes for every 4 letters, and
/// answers their end; null where `text` is not base64.
char* decode_base64(std::string_view text, char* out) noexcept;

/// Appends the base64 of `bytes`.
void append_as_base64(std::string_view bytes, std::string& out);

}  // namespace tokrail
