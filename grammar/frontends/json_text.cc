#include "grammar/frontends/json_text.h"

#include <string_view>

namespace tokrail {
namespace {

void append_string(std::string_view text, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte < 0x20) {
      out += "\\u00";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// The document was read with a limit of depth, and recursion is bounded by it.
void append(const SchemaDocument& document, JsonId id, std::string& out) {
  switch (document.kind(id)) {
    case JsonKind::kNull: out += "null"; return;
    case JsonKind::kFalse: out += "false"; return;
    case JsonKind::kTrue: out += "true"; return;
    case JsonKind::kNumber: out += document.text(id); return;
    case JsonKind::kString: append_string(document.text(id), out); return;
    case JsonKind::kArray:
    case JsonKind::kObject: break;
  }
  const bool is_object = document.is_object(id);
  out += is_object ? '{' : '[';
  bool first = true;
  for (const JsonId child : document.children(id)) {
    if (!first) out += ',';
    first = false;
    if (is_object) {
      append_string(document.key(child), out);
      out += ':';
    }
    append(document, child, out);
  }
  out += is_object ? '}' : ']';
}

}  // namespace

std::string json_text(const SchemaDocument& document, JsonId id) {
  std::string out;
  append(document, id, out);
  return out;
}

}  // namespace tokrail
