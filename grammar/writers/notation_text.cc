#include "grammar/writers/notation_text.h"

#include "base/utf8.h"

namespace tokrail::notation {

std::string grouped(const Piece& piece, Level most) {
  return piece.level <= most ? piece.text : "(" + piece.text + ")";
}

std::string counted(const std::string& item, uint32_t min, uint32_t max) {
  if (min == 0 && max == 1) return item + "?";
  if (max == RegexSet::kUnbounded && min <= 1) return item + (min == 0 ? "*" : "+");
  std::string text = item + "{" + std::to_string(min);
  if (max == RegexSet::kUnbounded) return text + ",}";
  return max == min ? text + "}" : text + "," + std::to_string(max) + "}";
}

void append_character(char32_t c, Place place, std::string& text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  static constexpr std::string_view kSpecial[] = {"\\\"", "\\][-", "\\][-^&~/"};
  const std::string_view special = kSpecial[static_cast<size_t>(place)];
  const bool hidden = place == Place::kGbnfClass && (c == '^' || c >= 0x7F);
  if (c < 0x80 && special.find(static_cast<char>(c)) != std::string_view::npos) {
    text += '\\';
    text += static_cast<char>(c);
  } else if (c == '\n' || c == '\r' || c == '\t') {
    text += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else if (c < 0x20 || hidden || (c >= 0x7F && c < 0xA0)) {
    const int digits = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
    text += digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U";
    for (int i = digits; i > 0; --i) text += kDigits[c >> (4 * (i - 1)) & 15];
  } else {
    append_utf8(c, text);
  }
}

std::string quoted(std::string_view bytes) {
  std::string text = "\"";
  for (const char *p = bytes.data(), *end = p + bytes.size(); p != end;) {
    const Utf8Unit unit = decode_utf8(p, end);
    append_character(unit.code_point, Place::kString, text);
    p += unit.length;
  }
  return text + "\"";
}

std::string class_members(const CodePointRanges& ranges, Place place) {
  const bool negated = ranges.back().last == 0x10FFFF;
  std::string text = negated ? "^" : "";
  for (const CodePointRange& range : negated ? all_other_characters(ranges) : ranges) {
    append_character(range.first, place, text);
    if (range.last == range.first) continue;
    if (range.last > range.first + 1) text += '-';
    append_character(range.last, place, text);
  }
  return text;
}

std::string Names::fresh(const std::string& wanted, char joint) {
  if (names_.insert(wanted).second) return wanted;
  for (size_t& n = next_number_[wanted];;) {
    std::string name = wanted + joint + std::to_string(++n);
    if (names_.insert(name).second) return name;
  }
}

}  // namespace tokrail::notation
