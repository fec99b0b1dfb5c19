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
  out.resize(before + text.size());
  char* to = out.data() + before;
  // Letters have one or two bytes, and those of one stand for themselves.
  bool all = true;
  for (size_t i = 0; i < text.size() && all; ++i) {
    if (byte_level_length(text[i]) == 1) {
      *to++ = text[i];
      continue;
    }
    const auto lead = static_cast<unsigned char>(text[i++]);
    all = lead >= 0xC2 && lead <= 0xC5 && i < text.size() && is_utf8_continuation(text[i]);
    if (!all) break;
    const auto byte =
        byte_of_alphabet(static_cast<char32_t>((lead & 0x1F) << 6 | (text[i] & 0x3F)));
    all = byte.has_value();
    *to++ = static_cast<char>(byte.value_or(0));
  }
  out.resize(all ? static_cast<size_t>(to - out.data()) : before);
  return all;
}

std::optional<std::string> decode_byte_level(std::string_view text) {
  std::string out;
  if (!append_alphabet_bytes(text, out)) return std::nullopt;
  return out;
}

}  // namespace tokrail
