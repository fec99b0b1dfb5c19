#include "bindings/cli/json_text.h"

#include <charconv>

#include "base/utf8.h"

namespace tokrail::cli {

namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_hex_byte(unsigned char byte, std::string& out) {
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void append_json_ascii(char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
    out += c;
  } else {
    out += "\\u00";
    append_hex_byte(static_cast<unsigned char>(c), out);
  }
}

void append_escaped_ascii(char c, std::string& out) {
  switch (c) {
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
    out += c;
  } else {
    out += "\\x";
    append_hex_byte(static_cast<unsigned char>(c), out);
  }
}

}  // namespace

void append_json_string(std::string_view bytes, std::string& out) {
  out += '"';
  for (const auto [position, unit] : utf8_units(bytes)) {
    if (!unit.valid) {
      out += "\xEF\xBF\xBD";
    } else if (unit.length == 1) {
      append_json_ascii(bytes[position], out);
    } else {
      out += bytes.substr(position, unit.length);
    }
  }
  out += '"';
}

void append_escaped(std::string_view bytes, std::string& out) {
  for (const auto [position, unit] : utf8_units(bytes)) {
    if (!unit.valid) {
      for (size_t i = 0; i < unit.length; ++i) {
        out += "\\x";
        append_hex_byte(static_cast<unsigned char>(bytes[position + i]), out);
      }
    } else if (unit.length == 1) {
      append_escaped_ascii(bytes[position], out);
    } else {
      out += bytes.substr(position, unit.length);
    }
  }
}

void append_number(uint64_t value, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_ids(std::span<const TokenId> ids, std::string& out) {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ' ';
    append_number(ids[i], out);
  }
}

void append_json_ids(std::span<const TokenId> ids, std::string& out) {
  out += '[';
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    append_number(ids[i], out);
  }
  out += ']';
}

void append_json_spans(std::span<const Span> spans, std::string& out) {
  out += '[';
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0) out += ',';
    out += '[';
    append_number(spans[i].begin, out);
    out += ',';
    append_number(spans[i].end, out);
    out += ']';
  }
  out += ']';
}

}  // namespace tokrail::cli
