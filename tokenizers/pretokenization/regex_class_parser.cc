#include "tokenizers/pretokenization/regex_class_parser.h"

#include <algorithm>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "tokenizers/pretokenization/regex_syntax.h"

namespace tokrail::detail {
namespace {

constexpr int kDeepestClass = 100;

bool is_ascii_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// \t \n and so on: the code point, or nothing.
std::optional<char32_t> control_escape(char letter) {
  switch (letter) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'a': return '\a';
    case 'e': return 0x1B;
    default: return std::nullopt;
  }
}

}  // namespace

RegexInput::RegexInput(std::string_view pattern) : pattern_(pattern) {
  const size_t bad = find_invalid_utf8(pattern);
  if (bad != std::string_view::npos) fail_at(bad, "bytes that are not UTF-8");
}

bool RegexInput::take(char c) noexcept {
  if (at_end() || peek() != c) return false;
  ++at_;
  return true;
}

bool RegexInput::take(std::string_view text) noexcept {
  if (!rest().starts_with(text)) return false;
  at_ += text.size();
  return true;
}

char32_t RegexInput::take_code_point() noexcept {
  const Utf8Unit unit = decode_utf8(pattern_.data() + at_, pattern_.data() + pattern_.size());
  at_ += unit.length;
  return unit.code_point;
}

void RegexInput::fail_at(size_t place, std::string_view what) const {
  throw Error(ErrorCode::kInvalidArgument, std::string(what),
              "regular expression " + (valid_utf8(pattern_) ? quoted_pattern(pattern_) : "") +
                  ": byte " + std::to_string(place));
}

void RegexInput::refuse_at(size_t place, std::string_view what) const {
  throw Error(ErrorCode::kUnsupported, std::string(what) + " is not supported",
              "regular expression " + quoted_pattern(pattern_) + ": byte " + std::to_string(place));
}

void ClassParser::fold(CodePointSet& set) {
  if (flags_.ignore_case) unicode_.close_over_case(set);
}

CodePointSet ClassParser::parse_class() {
  const size_t place = in_.position();
  if (++depth_ > kDeepestClass) in_.fail("character classes nested too deeply");
  const bool negated = in_.take('^');
  CodePointSet result, current;
  bool has_result = false, subtract = false;
  const auto combine = [&] {
    current.normalize();
    result = !has_result ? current
             : subtract  ? result.difference(current)
                         : result.intersection(current);
    has_result = true;
    current = {};
  };
  for (bool first = true;; first = false) {
    if (in_.at_end()) in_.fail_at(place, "'[' without ']'");
    if (!first && in_.take(']')) break;
    const bool minus = rust() && in_.rest().starts_with("--");
    if (minus || in_.rest().starts_with("&&")) {
      in_.skip(2);
      combine();
      subtract = minus;
    } else if (flags_.extended && rust() &&
               (in_.peek() == ' ' || (in_.peek() >= '\t' && in_.peek() <= '\r'))) {
      in_.skip();
    } else {
      parse_item(current);
    }
  }
  combine();
  --depth_;
  return negated ? result.complement() : result;
}

void ClassParser::parse_item(CodePointSet& out) {
  const size_t place = in_.position();
  if (in_.peek() == '[') {
    if (parse_posix(out)) return;
    in_.skip();
    out.add(parse_class());
    return;
  }
  ClassItem item;
  if (in_.peek() == '\\') {
    item = parse_escape(true);
  } else {
    item.code_point = in_.take_code_point();
  }
  if (!item.code_point) {
    fold(item.set);
    out.add(item.set);
    return;
  }
  char32_t last = *item.code_point;
  const std::string_view rest = in_.rest();
  const bool is_range = rest.size() >= 2 && rest[0] == '-' && rest[1] != ']' && rest[1] != '[' &&
                        !(rust() && rest[1] == '-');
  if (is_range) {
    in_.skip();
    if (in_.peek() == '\\') {
      const ClassItem end = parse_escape(true);
      if (!end.code_point) in_.fail_at(place, "a range that ends in a set");
      last = *end.code_point;
    } else {
      last = in_.take_code_point();
    }
    if (last < *item.code_point) in_.fail_at(place, "a range whose end is before its begin");
  }
  CodePointSet set(*item.code_point, last);
  fold(set);
  out.add(set);
}

bool ClassParser::parse_posix(CodePointSet& out) {
  const size_t place = in_.position();
  if (!in_.take("[:")) return false;
  const bool negated = in_.take('^');
  std::string name;
  while (!in_.at_end() && is_ascii_alphanumeric(in_.peek())) name += in_.take();
  if (!in_.take(":]")) {
    in_.rewind(place);
    return false;
  }
  auto set = unicode_.posix(name);
  if (!set) in_.fail_at(place, "an unknown POSIX class");
  if (rust()) *set = set->intersection(CodePointSet(0, 0x7F));
  if (negated) *set = set->complement();
  fold(*set);
  out.add(*set);
  return true;
}

CodePointSet ClassParser::parse_property(bool negated) {
  const size_t place = in_.position();
  std::string_view name;
  if (in_.take('{')) {
    const std::string_view rest = in_.rest();
    const size_t end = rest.find('}');
    if (end == std::string_view::npos) in_.fail_at(place, "\\p{ without }");
    name = rest.substr(0, end);
    in_.skip(end + 1);
    if (name.starts_with('^')) {
      negated = !negated;
      name.remove_prefix(1);
    }
  } else if (!in_.at_end()) {
    name = in_.rest().substr(0, 1);
    in_.skip();
  }
  const auto set = unicode_.property(name);
  if (!set) in_.fail_at(place, "an unknown character property");
  return negated ? set->complement() : *set;
}

CodePointSet ClassParser::word_set(bool in_class) const {
  CodePointSet set = unicode_.word(rust());
  if (!rust() && !in_class) {
    // Oniguruma's own table for Latin-1 has more word characters than its classes: ² ³ ¹ ¼ ½ ¾.
    set.add(0xB2, 0xB3);
    set.add(0xB9, 0xB9);
    set.add(0xBC, 0xBE);
    set.normalize();
  }
  return set;
}

std::optional<CodePointSet> ClassParser::named_set(char letter, bool in_class) const {
  const auto positive = [&](char lower) -> std::optional<CodePointSet> {
    switch (lower) {
      case 'd': return unicode_.categories(category_bit(GeneralCategory::kDecimalNumber));
      case 's': return unicode_.white_space();
      case 'w': return word_set(in_class);
      case 'h': return unicode_.posix("xdigit");
      default: return std::nullopt;
    }
  };
  if (auto set = positive(letter)) return set;
  if (letter < 'A' || letter > 'Z') return std::nullopt;
  if (const auto set = positive(static_cast<char>(letter + 32))) return set->complement();
  if (letter == 'N' && !rust()) return CodePointSet('\n', '\n').complement();
  if (letter == 'O' && !rust()) return CodePointSet::everything();
  return std::nullopt;
}

char32_t ClassParser::parse_hex(size_t place, int least, int most) {
  const bool braces = in_.take('{');
  if (braces) most = 8;
  uint64_t value = 0;
  int digits = 0;
  while (digits < most && !in_.at_end() && hex_value(in_.peek()) >= 0) {
    value = value * 16 + static_cast<uint64_t>(hex_value(in_.take()));
    ++digits;
  }
  if (digits < (braces ? 1 : least) || (braces && !in_.take('}'))) {
    in_.fail_at(place, "a code point that is not hexadecimal");
  }
  if (value > kMaxCodePoint || !is_scalar_value(static_cast<char32_t>(value))) {
    in_.fail_at(place, "a number that is no character");
  }
  if (!braces && most == 2 && value >= 0x80 && !rust()) {
    in_.refuse_at(place, "\\x of a byte that is not ASCII");
  }
  return static_cast<char32_t>(value);
}

ClassItem ClassParser::parse_escape(bool in_class) {
  const size_t place = in_.position();
  in_.skip();
  if (in_.at_end()) in_.fail_at(place, "a backslash at the end");
  ClassItem item;
  if (!is_ascii_alphanumeric(in_.peek())) {
    item.code_point = in_.take_code_point();
    return item;
  }
  const char letter = in_.take();
  if (auto set = named_set(letter, in_class)) {
    item.set = *std::move(set);
  } else if (letter == 'p' || letter == 'P') {
    item.set = parse_property(letter == 'P');
  } else if (const auto control = control_escape(letter)) {
    item.code_point = control;
  } else if (letter == 'b' && in_class && !rust()) {
    item.code_point = U'\b';
  } else if (letter == 'x') {
    item.code_point = parse_hex(place, 1, 2);
  } else if (letter == 'u') {
    item.code_point = parse_hex(place, 4, 4);
  } else if (letter == 'U' && rust()) {
    item.code_point = parse_hex(place, 8, 8);
  } else if (letter == 'c' && !rust() && !in_.at_end()) {
    item.code_point = static_cast<char32_t>(in_.take() & 0x1F);
  } else if (letter >= '0' && letter <= '7' && !rust() && (in_class || letter == '0')) {
    char32_t value = static_cast<char32_t>(letter - '0');
    for (int i = 0; i < 2 && !in_.at_end() && in_.peek() >= '0' && in_.peek() <= '7'; ++i) {
      value = value * 8 + static_cast<char32_t>(in_.take() - '0');
    }
    if (value >= 0x80) in_.refuse_at(place, "an octal byte that is not ASCII");
    item.code_point = value;
  } else if (rust()) {
    in_.fail_at(place, "an unknown escape");
  } else {
    item.code_point = static_cast<char32_t>(letter);
  }
  return item;
}

}  // namespace tokrail::detail
