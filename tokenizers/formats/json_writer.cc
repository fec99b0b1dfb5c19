#include "tokenizers/formats/json_writer.h"

#include <charconv>

namespace tokrail {

void JsonWriter::value(float value) {
  char digits[40];
  const auto result = std::to_chars(digits, digits + sizeof(digits), value);
  std::string text(digits, result.ptr);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  literal(text);
}

void JsonWriter::append_string(std::string_view value) {
  constexpr char kDigits[] = "0123456789abcdef";
  text_ += '"';
  size_t written = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    text_ += value.substr(written, i - written);
    written = i + 1;
    text_ += '\\';
    switch (byte) {
      case '"': text_ += '"'; break;
      case '\\': text_ += '\\'; break;
      case '\b': text_ += 'b'; break;
      case '\f': text_ += 'f'; break;
      case '\n': text_ += 'n'; break;
      case '\r': text_ += 'r'; break;
      case '\t': text_ += 't'; break;
      default:
        text_ += "u00";
        text_ += kDigits[byte >> 4];
        text_ += kDigits[byte & 15];
    }
  }
  text_ += value.substr(written);
  text_ += '"';
}

}  // namespace tokrail
