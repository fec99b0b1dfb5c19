// The lexical part of Lark's syntax: functions that move over names, numbers, strings, regular
// expressions and JSON. Internal to lark_syntax.cc.
#pragma once

#include <charconv>
#include <limits>
#include <string_view>

#include "base/utf8.h"
#include "grammar/frontends/lark_tree_builder.h"
#include "grammar/frontends/spirit_parsers.h"

namespace tokrail::lark_scanners {

using spirit::is_digit;
using spirit::Iterator;
using spirit::scan_hex;
using Builder = LarkTreeBuilder;

inline bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
inline bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
inline bool is_name_character(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '-';
}

inline Iterator skip_space(Iterator p, Iterator last, bool newlines) {
  for (; p != last; ++p) {
    if (*p == '#' || (*p == '/' && last - p > 1 && p[1] == '/')) {
      while (p != last && *p != '\n') ++p;
      if (p == last) break;
    }
    const bool is_space =
        *p == ' ' || *p == '\t' || *p == '\r' || *p == '\f' || (newlines && *p == '\n');
    if (!is_space) break;
  }
  return p;
}

// Line breaks count as space inside groups, and before a `|`, which cannot begin a definition.
inline bool scan_space(const Builder& builder, Iterator& first, Iterator last) {
  first = skip_space(first, last, builder.inside_group());
  const Iterator next = skip_space(first, last, true);
  if (next != last && *next == '|') first = next;
  return true;
}
inline bool scan_any_space(const Builder&, Iterator& first, Iterator last) {
  first = skip_space(first, last, true);
  return true;
}
inline bool scan_line_end(const Builder& builder, Iterator& first, Iterator last) {
  if (first == last) return true;
  if (*first == '}' && builder.inside_scope()) return true;
  if (*first != '\n') return false;
  ++first;
  return true;
}

// A name is all of one case. `-` may stand inside, but -> is an arrow.
inline bool scan_name(const Builder& builder, Iterator& first, Iterator last,
                      bool (*is_letter)(char)) {
  Iterator p = first;
  while (p != last && *p == '_') ++p;
  if (p == last || !is_letter(*p)) return false;
  for (; p != last && is_name_character(*p); ++p) {
    if (*p == '-' && last - p > 1 && p[1] == '>') break;
    if ((is_lower(*p) || is_upper(*p)) && !is_letter(*p)) {
      builder.fail(p, "expected a name in capitals (a terminal) or without any (a rule)");
    }
  }
  first = p;
  return true;
}
inline bool scan_rule_name(const Builder& builder, Iterator& first, Iterator last) {
  return scan_name(builder, first, last, is_lower);
}
inline bool scan_terminal_name(const Builder& builder, Iterator& first, Iterator last) {
  return scan_name(builder, first, last, is_upper);
}
inline bool scan_any_name(const Builder& builder, Iterator& first, Iterator last) {
  return scan_rule_name(builder, first, last) || scan_terminal_name(builder, first, last);
}
// Nothing that goes on with a word.
inline bool scan_word_end(const Builder&, Iterator& first, Iterator last) {
  return first == last || !is_name_character(*first);
}

inline bool scan_integer(const Builder& builder, Iterator& first, Iterator last, int64_t& value) {
  Iterator p = first;
  const bool is_negative = p != last && *p == '-';
  if (p != last && (*p == '-' || *p == '+')) ++p;
  if (p == last || !is_digit(*p)) return false;
  value = 0;
  for (; p != last && is_digit(*p); ++p) {
    value = value * 10 + (*p - '0');
    if (value > std::numeric_limits<int32_t>::max()) {
      builder.fail(first, "the number is too large");
    }
  }
  if (is_negative) value = -value;
  first = p;
  return true;
}
// 64 bits, decimal or hexadecimal.
inline bool scan_bit_value(const Builder& builder, Iterator& first, Iterator last,
                           uint64_t& value) {
  if (first == last || !is_digit(*first)) return false;
  const bool is_hex = *first == '0' && last - first > 2 && (first[1] | 0x20) == 'x';
  const Iterator begin = is_hex ? first + 2 : first;
  const auto [end, error] = std::from_chars(begin, last, value, is_hex ? 16 : 10);
  if (error != std::errc()) builder.fail(first, "expected a number of at most 64 bits");
  first = end;
  return true;
}
inline bool scan_float(const Builder&, Iterator& first, Iterator last, float& value) {
  const auto [end, error] = std::from_chars(first, last, value);
  if (error != std::errc()) return false;
  first = end;
  return true;
}

inline char32_t scan_escape(const Builder& errors, Iterator& p, Iterator last) {
  const Iterator at = p;
  const char c = ++p == last ? '\0' : *p++;
  switch (c) {
    case 'x': return scan_hex(errors, at, p, last, 2);
    case 'u': {
      const char32_t unit = scan_hex(errors, at, p, last, 4, true);
      if (is_scalar_value(unit)) return unit;
      // A pair of surrogates, as in JSON.
      if (unit >= 0xDC00 || last - p < 2 || p[0] != '\\' || p[1] != 'u') {
        errors.fail(at, "half a surrogate pair is no Unicode character");
      }
      p += 2;
      const char32_t second = scan_hex(errors, at, p, last, 4, true);
      if (second < 0xDC00 || second > 0xDFFF) {
        errors.fail(at, "half a surrogate pair is no Unicode character");
      }
      return 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
    }
    case 'U': return scan_hex(errors, at, p, last, 8);
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'f': return '\f';
    case '"':
    case '\'':
    case '\\':
    case '/': return static_cast<char32_t>(c);
    default:
      errors.fail(at,
                  "unknown escape; known are \\n \\r \\t \\b \\f \\\\ \\\" \\/ \\xHH \\uHHHH "
                  "\\UHHHHHHHH");
  }
}
inline bool scan_character(const Builder& errors, Iterator& first, Iterator last, char32_t& value) {
  if (first == last || *first == '"' || *first == '\n') return false;
  if (*first == '\\') {
    value = scan_escape(errors, first, last);
    return true;
  }
  const Utf8Unit unit = decode_utf8(first, last);
  first += unit.length;
  value = unit.code_point;
  return true;
}

// /pattern/ without its flags.
inline bool scan_regex(const Builder& errors, Iterator& first, Iterator last) {
  if (first == last || *first != '/') return false;
  Iterator p = first + 1;
  while (p != last && *p != '/') p += *p == '\\' && last - p > 1 ? 2 : 1;
  if (p == last) errors.fail(first, "expected '/' at the end of the regular expression");
  first = p + 1;
  return true;
}
inline bool scan_regex_flags(const Builder&, Iterator& first, Iterator last) {
  while (first != last && std::string_view("imslux").find(*first) != std::string_view::npos) {
    ++first;
  }
  return true;
}

inline bool scan_token(const Builder&, Iterator& first, Iterator last) {
  if (first == last || *first != '<') return false;
  Iterator p = first + 1;
  while (p != last && *p != '<' && *p != '>' && static_cast<unsigned char>(*p) > ' ') ++p;
  if (p == last || *p != '>' || p == first + 1) return false;
  first = p + 1;
  return true;
}

// The bytes of one JSON value; whether it is one is for its reader to say.
inline bool scan_json(const Builder& errors, Iterator& first, Iterator last) {
  Iterator p = first;
  uint64_t depth = 0;
  do {
    if (p == last) errors.fail(first, "expected the end of the JSON value that begins here");
    if (*p == '"') {
      for (++p; p != last && *p != '"'; ++p) {
        if (*p == '\\' && last - p > 1) ++p;
      }
      if (p == last) errors.fail(first, "expected the end of the JSON value that begins here");
      ++p;
    } else if (*p == '{' || *p == '[') {
      ++depth;
      ++p;
    } else if (*p == '}' || *p == ']') {
      if (depth == 0) return false;
      --depth;
      ++p;
    } else if (depth == 0) {
      while (p != last && (is_name_character(*p) || *p == '.' || *p == '+')) ++p;
      if (p == first) return false;
    } else {
      ++p;
    }
  } while (depth > 0);
  first = p;
  return true;
}

// The names of conditions.
inline bool scan_condition_name(const Builder& builder, Iterator& first, Iterator last,
                                std::string_view& name) {
  Iterator p = first;
  if (!scan_rule_name(builder, p, last)) return false;
  name = std::string_view(first, static_cast<size_t>(p - first));
  first = p;
  return true;
}
inline constexpr std::string_view kOrders[] = {"eq", "ne", "lt", "le", "gt", "ge"};

enum class ConditionForm : uint8_t { kCompare, kOneBit, kManyBits, kTwo, kOne, kTrue };

template <ConditionForm kForm>
bool scan_condition(const Builder& builder, Iterator& first, Iterator last, LarkCondition& made) {
  std::string_view name;
  Iterator p = first;
  if (!scan_condition_name(builder, p, last, name)) return false;
  ConditionForm form = ConditionForm::kCompare;
  if (name == "true") {
    form = ConditionForm::kTrue;
  } else if (name == "and" || name == "or") {
    form = ConditionForm::kTwo;
    made.kind = name == "and" ? LarkCondition::Kind::kAnd : LarkCondition::Kind::kOr;
  } else if (name == "not") {
    form = ConditionForm::kOne;
    made.kind = LarkCondition::Kind::kNot;
  } else if (name == "bit_clear" || name == "bit_set") {
    form = ConditionForm::kOneBit;
    made.kind = LarkCondition::Kind::kCompare;
    made.value = name == "bit_set" ? 1 : 0;
  } else if (name == "is_zeros" || name == "is_ones") {
    form = ConditionForm::kManyBits;
    made.kind = LarkCondition::Kind::kCompare;
    made.value = name == "is_ones" ? ~uint64_t{0} : 0;
  } else {
    made.kind = LarkCondition::Kind::kCompare;
    if (name.starts_with("bit_count_")) {
      made.kind = LarkCondition::Kind::kCompareCount;
      name.remove_prefix(10);
    }
    size_t order = 0;
    while (order < 6 && kOrders[order] != name) ++order;
    if (order == 6) builder.fail(first, "there is no such condition");
    made.order = static_cast<LarkCondition::Order>(order);
  }
  if (form != kForm) return false;
  first = p;
  return true;
}

// The functions of parameters.
enum class ParameterForm : uint8_t { kBits, kValue, kBit };
template <ParameterForm kForm>
bool scan_parameter_name(const Builder& builder, Iterator& first, Iterator last,
                         LarkParameter& made) {
  std::string_view name;
  Iterator p = first;
  if (!scan_condition_name(builder, p, last, name)) return false;
  ParameterForm form;
  using ParameterKind = LarkParameter::Kind;
  if (name == "incr" || name == "decr") {
    form = ParameterForm::kBits;
    made.kind = name == "incr" ? ParameterKind::kIncrement : ParameterKind::kDecrement;
  } else if (name == "bit_and" || name == "bit_or") {
    form = ParameterForm::kValue;
    made.kind = name == "bit_and" ? ParameterKind::kAnd : ParameterKind::kOr;
  } else if (name == "set_bit" || name == "clear_bit") {
    form = ParameterForm::kBit;
    made.kind = name == "set_bit" ? ParameterKind::kOr : ParameterKind::kAnd;
  } else {
    builder.fail(first, "there is no such function of a parameter");
  }
  if (form != kForm) return false;
  first = p;
  return true;
}

}  // namespace tokrail::lark_scanners
