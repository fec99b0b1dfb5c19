#include "grammar/recogniser/sameness.h"

#include <optional>
#include <string>
#include <vector>

#include "base/utf8.h"

namespace tokrail::recogniser {
namespace {

std::optional<uint32_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint32_t>(c - 'A' + 10);
  return std::nullopt;
}

/// The code units of a JSON string's inside; nothing if it is not well-formed.
class StringReader {
 public:
  explicit StringReader(std::string_view inside) : rest_(inside) {}

  std::optional<std::vector<char32_t>> read() {
    std::vector<char32_t> units;
    while (!rest_.empty()) {
      const auto unit = rest_[0] == '\\' ? escape() : raw();
      if (!unit) return std::nullopt;
      const bool pairs = !units.empty() && units.back() >= 0xD800 && units.back() <= 0xDBFF &&
                         *unit >= 0xDC00 && *unit <= 0xDFFF;
      if (pairs) {
        units.back() = 0x10000 + ((units.back() - 0xD800) << 10) + (*unit - 0xDC00);
      } else {
        units.push_back(*unit);
      }
    }
    return units;
  }

 private:
  std::optional<char32_t> raw() {
    const Utf8Unit unit = decode_utf8(rest_.data(), rest_.data() + rest_.size());
    if (!unit.valid) return std::nullopt;
    rest_.remove_prefix(unit.length);
    return unit.code_point;
  }
  std::optional<char32_t> escape() {
    if (rest_.size() < 2) return std::nullopt;
    const char kind = rest_[1];
    rest_.remove_prefix(2);
    switch (kind) {
      case '"':
      case '\\':
      case '/': return static_cast<char32_t>(kind);
      case 'b': return U'\b';
      case 'f': return U'\f';
      case 'n': return U'\n';
      case 'r': return U'\r';
      case 't': return U'\t';
      case 'u': break;
      default: return std::nullopt;
    }
    if (rest_.size() < 4) return std::nullopt;
    char32_t value = 0;
    for (int i = 0; i < 4; ++i) {
      const auto digit = hex_digit(rest_[static_cast<size_t>(i)]);
      if (!digit) return std::nullopt;
      value = value * 16 + *digit;
    }
    rest_.remove_prefix(4);
    return value;
  }
  std::string_view rest_;
};

RegexId unicode_escape(RegexSet& regexes, uint32_t unit) {
  std::vector<RegexId> parts = {regexes.literal("\\u")};
  for (int shift = 12; shift >= 0; shift -= 4) {
    const uint32_t digit = unit >> shift & 15;
    ByteSet bytes = ByteSet::of(static_cast<uint8_t>("0123456789abcdef"[digit]));
    bytes.add(static_cast<uint8_t>("0123456789ABCDEF"[digit]));
    parts.push_back(regexes.bytes(bytes));
  }
  return regexes.concat(parts);
}

RegexId character(RegexSet& regexes, char32_t c) {
  std::vector<RegexId> ways;
  const bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
  if (c >= 0x20 && c != '"' && c != '\\' && !is_surrogate) {
    std::string raw;
    append_utf8(c, raw);
    ways.push_back(regexes.literal(raw));
  }
  constexpr std::string_view kShort = "\"\\/\b\f\n\r\t", kLetters = "\"\\/bfnrt";
  if (const size_t at = c < 0x80 ? kShort.find(static_cast<char>(c)) : std::string_view::npos;
      at != std::string_view::npos) {
    ways.push_back(regexes.literal(std::string("\\") + kLetters[at]));
  }
  if (c < 0x10000) {
    ways.push_back(unicode_escape(regexes, c));
  } else {
    const char32_t offset = c - 0x10000;
    ways.push_back(regexes.concat({unicode_escape(regexes, 0xD800 + (offset >> 10)),
                                   unicode_escape(regexes, 0xDC00 + (offset & 0x3FF))}));
  }
  return regexes.alternate(ways);
}

RegexId json_string(RegexSet& regexes, std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return regexes.literal(text);
  const auto units = StringReader(text.substr(1, text.size() - 2)).read();
  if (!units) return regexes.literal(text);
  const RegexId quote = regexes.literal("\"");
  std::vector<RegexId> parts = {quote};
  for (const char32_t c : *units) parts.push_back(character(regexes, c));
  parts.push_back(quote);
  return regexes.concat(parts);
}

RegexId json_number(RegexSet& regexes, std::string_view text) {
  const bool negative = text.front() == '-';
  std::string_view digits = negative ? text.substr(1) : text;
  const size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  std::string_view fraction = point == std::string_view::npos ? "" : digits.substr(point + 1);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  const RegexId zeros = regexes.star(regexes.literal("0"));
  RegexId behind = regexes.concat({regexes.literal("." + std::string(fraction)), zeros});
  if (fraction.empty()) {
    behind = regexes.optional(regexes.concat({regexes.literal("."), regexes.literal("0"), zeros}));
  }
  RegexId sign = regexes.literal(negative ? "-" : "");
  if (whole == "0" && fraction.empty()) sign = regexes.optional(regexes.literal("-"));
  return regexes.concat({sign, regexes.literal(whole), behind});
}

}  // namespace

RegexId all_spellings(RegexSet& regexes, Sameness sameness, std::string_view text) {
  if (sameness == Sameness::kBytes || text.empty()) return regexes.literal(text);
  if (text.front() == '"') return json_string(regexes, text);
  const bool is_number = sameness == Sameness::kJsonScalar &&
                         (text.front() == '-' || (text.front() >= '0' && text.front() <= '9'));
  if (is_number && text.find_first_of("eE") == std::string_view::npos && text != "-") {
    return json_number(regexes, text);
  }
  return regexes.literal(text);
}

}  // namespace tokrail::recogniser
