#include "tokenizers/byte_alphabet.h"

#include "base/utf8.h"

namespace tokrail {

void append_byte_level(std::string_view bytes, std::string& out) {
  for (const char byte : bytes) {
    if (byte_level_length(byte) == 1) {
      out.push_back(byte);
    } else {
      append_utf8(byte_to_alphabet(static_cast<uint8_t>(byte)), out);
    }
  }
}

std::string encode_byte_level(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  append_byte_level(bytes, out);
  return out;
}

bool append_alphabet_bytes(std::string_view text, std::string& out) {
  const size_t before = out.size();
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end;) {
    const Utf8Unit unit = decode_utf8(p, end);
    const auto byte = unit.valid ? byte_of_alphabet(unit.code_point) : std::nullopt;
    if (!byte) {
      out.resize(before);
      return false;
    }
    out.push_back(static_cast<char>(*byte));
    p += unit.length;
  }
  return true;
}

std::optional<std::string> decode_byte_level(std::string_view text) {
  std::string out;
  if (!append_alphabet_bytes(text, out)) return std::nullopt;
  return out;
}

}  // namespace tokrail
