#include "grammar/frontends/json_schema/json_spelling.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace tokrail {
namespace {

constexpr std::pair<char32_t, char> kShortEscapes[] = {{'\b', 'b'}, {'\t', 't'}, {'\n', 'n'},
                                                       {'\f', 'f'}, {'\r', 'r'}, {'"', '"'},
                                                       {'/', '/'},  {'\\', '\\'}};

/// The parts of sorted ranges that lie in [first, last].
std::vector<CodePointRange> clip(std::span<const CodePointRange> ranges, char32_t first,
                                 char32_t last) {
  std::vector<CodePointRange> parts;
  for (const CodePointRange& range : ranges) {
    const char32_t from = std::max(range.first, first), to = std::min(range.last, last);
    if (from <= to) parts.push_back({from, to});
  }
  return parts;
}

bool contains(std::span<const CodePointRange> ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const CodePointRange& r) { return r.first <= c && c <= r.last; });
}

ByteSet hex_digits(uint32_t first, uint32_t last) {
  ByteSet set;
  for (uint32_t digit = first; digit <= last; ++digit) {
    set.add(static_cast<uint8_t>(digit < 10 ? '0' + digit : 'a' + digit - 10));
    if (digit >= 10) set.add(static_cast<uint8_t>('A' + digit - 10));
  }
  return set;
}

}  // namespace

JsonSpelling::JsonSpelling(RegexSet& set, bool printable_escapes, std::string_view allowed_escapes)
    : set_(set),
      printable_escapes_(printable_escapes),
      allowed_escapes_(allowed_escapes),
      ascii_(128, RegexSet::kNothing) {
  quote_ = set.literal("\"");
  const CodePointRange all{0, 0x10FFFF};
  any_character_ = character({&all, 1});
}

RegexId JsonSpelling::hex_range(uint32_t first, uint32_t last, unsigned digits) {
  if (digits == 0) return RegexSet::kEmpty;
  const unsigned shift = 4 * (digits - 1);
  const uint32_t rest = (uint32_t{1} << shift) - 1;
  uint32_t low = first >> shift, high = last >> shift;
  const auto part = [&](uint32_t from_digit, uint32_t to_digit, uint32_t from, uint32_t to) {
    return set_.concat(set_.bytes(hex_digits(from_digit, to_digit)),
                       hex_range(from, to, digits - 1));
  };
  if (low == high) return part(low, low, first & rest, last & rest);
  std::vector<RegexId> parts;
  if ((first & rest) != 0) {
    parts.push_back(part(low, low, first & rest, rest));
    ++low;
  }
  if ((last & rest) != rest) {
    parts.push_back(part(high, high, 0, last & rest));
    --high;
  }
  if (low <= high) parts.push_back(part(low, high, 0, rest));
  return set_.alternate(parts);
}

RegexId JsonSpelling::surrogate_pairs(uint32_t first, uint32_t last) {
  const uint32_t from = first - 0x10000, to = last - 0x10000;
  uint32_t low = from >> 10, high = to >> 10;
  const auto part = [&](uint32_t from_lead, uint32_t to_lead, uint32_t from_trail,
                        uint32_t to_trail) {
    return set_.concat({set_.literal("\\u"), hex_range(0xD800 + from_lead, 0xD800 + to_lead, 4),
                        set_.literal("\\u"), hex_range(0xDC00 + from_trail, 0xDC00 + to_trail, 4)});
  };
  if (low == high) return part(low, low, from & 0x3FF, to & 0x3FF);
  std::vector<RegexId> parts;
  if ((from & 0x3FF) != 0) parts.push_back(part(low++, from >> 10, from & 0x3FF, 0x3FF));
  if ((to & 0x3FF) != 0x3FF) {
    parts.push_back(part(high, high, 0, to & 0x3FF));
    --high;
  }
  if (low <= high) parts.push_back(part(low, high, 0, 0x3FF));
  return set_.alternate(parts);
}

RegexId JsonSpelling::escaped(std::span<const CodePointRange> ranges) {
  std::vector<RegexId> forms;
  ByteSet letters;
  for (const auto& [character, letter] : kShortEscapes) {
    const bool is_allowed = allowed_escapes_.find(letter) != std::string::npos;
    if (is_allowed && contains(ranges, character)) letters.add(static_cast<uint8_t>(letter));
  }
  const RegexId backslash = set_.literal("\\");
  if (!letters.empty()) forms.push_back(set_.concat(backslash, set_.bytes(letters)));
  const auto add_hex = [&](char32_t first, char32_t last) {
    for (const CodePointRange& part : clip(ranges, first, last)) {
      forms.push_back(set_.concat(set_.literal("\\u"), hex_range(part.first, part.last, 4)));
    }
  };
  if (allowed_escapes_.find('u') == std::string::npos) return set_.alternate(forms);
  if (printable_escapes_) {
    add_hex(0, 0xD7FF);
    add_hex(0xE000, 0xFFFF);
    for (const CodePointRange& part : clip(ranges, 0x10000, 0x10FFFF)) {
      forms.push_back(surrogate_pairs(part.first, part.last));
    }
  } else {
    add_hex(0, 0x1F);
    add_hex('"', '"');
    add_hex('\\', '\\');
  }
  return set_.alternate(forms);
}

RegexId JsonSpelling::character(std::span<const CodePointRange> ranges) {
  const bool single = ranges.size() == 1 && ranges[0].first == ranges[0].last;
  if (single && ranges[0].first < 128 && ascii_[ranges[0].first] != RegexSet::kNothing) {
    return ascii_[ranges[0].first];
  }
  std::vector<CodePointRange> raw = clip(ranges, 0x20, 0x21);
  for (const CodePointRange& part : clip(ranges, 0x23, 0x5B)) raw.push_back(part);
  for (const CodePointRange& part : clip(ranges, 0x5D, 0xD7FF)) raw.push_back(part);
  for (const CodePointRange& part : clip(ranges, 0xE000, 0x10FFFF)) raw.push_back(part);
  const RegexId result = set_.alternate({set_.characters(raw), escaped(ranges)});
  if (single && ranges[0].first < 128) ascii_[ranges[0].first] = result;
  return result;
}

RegexId JsonSpelling::characters_of(std::string_view text) {
  std::vector<RegexId> parts;
  for (const auto [position, unit] : utf8_units(text)) {
    const CodePointRange one{unit.code_point, unit.code_point};
    parts.push_back(character({&one, 1}));
  }
  return set_.concat(parts);
}

RegexId JsonSpelling::quoted(RegexId characters) {
  return set_.concat({quote_, characters, quote_});
}

}  // namespace tokrail
