#include "grammar/frontends/regex_escapes.h"

#include <string>

#include "base/ascii.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

using Iterator = const char*;

int hex_digit(char c) {
  const char lower = static_cast<char>(c | 0x20);
  if (c >= '0' && c <= '9') return c - '0';
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_letter(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z';
}

class EscapeReader {
 public:
  EscapeReader(RegexTreeBuilder& builder, Iterator& p, Iterator last, bool in_class)
      : builder_(builder), start_(p), p_(p), last_(last), in_class_(in_class) {}

  RegexAtom read() {
    if (++p_ == last_) builder_.fail(start_, "a backslash at the end of the pattern");
    const char c = *p_++;
    if (is_ascii_digit(c)) return digits(c);
    switch (c) {
      case 'd':
      case 's':
      case 'w': return {0, builder_.perl_class(c)};
      case 'D':
      case 'S':
      case 'W': {
        const char lower = static_cast<char>(c | 0x20);
        return {0, builder_.perl_class(lower).complement()};
      }
      case 'p': return property(false);
      case 'P': return property(true);
      case 't': return {'\t', {}};
      case 'n': return {'\n', {}};
      case 'r': return {'\r', {}};
      case 'f': return {'\f', {}};
      case 'v': return {'\v', {}};
      case 'x': return {hexadecimal(2), {}};
      case 'u': return {unicode(), {}};
      default: break;
    }
    return builder_.is_lark() ? lark(c) : ecma(c);
  }

 private:
  bool case_insensitive() const { return builder_.flags().case_insensitive; }

  RegexAtom digits(char c) {
    const bool more = p_ != last_ && is_ascii_digit(*p_);
    if (builder_.is_lark()) {
      if (c == '0') builder_.fail(start_, "octal escapes are unknown; write \\x00");
    } else if (c == '0') {
      if (more) builder_.fail(start_, "octal escapes are unknown; write \\xHH");
      return {0, {}};
    }
    if (in_class_) builder_.fail(start_, "unknown escape in a class");
    builder_.refuse(start_, "a back-reference");
  }

  RegexAtom ecma(char c) {
    switch (c) {
      case 'b':
        if (in_class_) return {'\b', {}};
        [[fallthrough]];
      case 'B':
        if (!in_class_) builder_.refuse(start_, "a word boundary");
        break;
      case 'k':
        if (!in_class_) builder_.refuse(start_, "a back-reference");
        break;
      case 'c':
        if (p_ != last_ && is_letter(*p_)) return {static_cast<char32_t>(*p_++ & 0x1F), {}};
        builder_.fail(start_, "expected a letter behind \\c");
      default: break;
    }
    return itself(c);
  }

  RegexAtom lark(char c) {
    switch (c) {
      case 'a': return {'\a', {}};
      case 'U': return {hexadecimal(8), {}};
      case 'b':
      case 'B':
      case '<':
      case '>':
        if (!in_class_) builder_.refuse(start_, "a word boundary");
        break;
      case 'k':
        if (!in_class_) builder_.refuse(start_, "a back-reference");
        break;
      default: break;
    }
    return itself(c);
  }

  // Letters and digits are kept for escapes that have a meaning; all else stands for itself, also
  // where the standard would have it unescaped.
  RegexAtom itself(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter(c)) builder_.fail(start_, std::string("unknown escape \\") + c);
    if (byte >= 0x80) {
      --p_;
      const Utf8Unit unit = decode_utf8(p_, last_);
      if (!unit.valid) builder_.fail(p_, "the pattern is not UTF-8 here");
      p_ += unit.length;
      return {unit.code_point, {}};
    }
    return {byte, {}};
  }

  char32_t fixed(int n) {
    char32_t value = 0;
    for (int i = 0; i < n; ++i, ++p_) {
      const int digit = p_ == last_ ? -1 : hex_digit(*p_);
      if (digit < 0) {
        builder_.fail(start_, "expected " + std::to_string(n) + " hexadecimal digits");
      }
      value = value << 4 | static_cast<char32_t>(digit);
    }
    return value;
  }

  char32_t braced() {
    ++p_;
    char32_t value = 0;
    const Iterator first = p_;
    for (; p_ != last_ && hex_digit(*p_) >= 0; ++p_) {
      value = value << 4 | static_cast<char32_t>(hex_digit(*p_));
      if (value > kMaxCodePoint) builder_.fail(start_, "this is no Unicode character");
    }
    if (p_ == first || p_ == last_ || *p_ != '}') {
      builder_.fail(start_, "expected hexadecimal digits in braces");
    }
    ++p_;
    return value;
  }

  bool has_brace() const { return p_ != last_ && *p_ == '{'; }

  char32_t hexadecimal(int n) {
    const char32_t value = has_brace() && builder_.is_lark() ? braced() : fixed(n);
    if (value > kMaxCodePoint) builder_.fail(start_, "this is no Unicode character");
    return value;
  }

  char32_t unicode() {
    if (has_brace()) return braced();
    const char32_t first = fixed(4);
    const bool high = first >= 0xD800 && first < 0xDC00;
    if (!high || builder_.is_lark() || last_ - p_ < 6 || p_[0] != '\\' || p_[1] != 'u') {
      return first;
    }
    const Iterator second_at = p_;
    p_ += 2;
    char32_t second = 0;
    if (*p_ != '{') second = fixed(4);
    if (second >= 0xDC00 && second < 0xE000) {
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    p_ = second_at;
    return first;
  }

  RegexAtom property(bool negated) {
    std::string_view name;
    if (has_brace()) {
      const std::string_view rest(p_ + 1, static_cast<size_t>(last_ - p_ - 1));
      const size_t end = rest.find('}');
      if (end == rest.npos) builder_.fail(start_, "expected '}', the end of the property");
      name = rest.substr(0, end);
      p_ += end + 2;
    } else if (builder_.is_lark() && p_ != last_ && is_letter(*p_)) {
      name = {p_++, 1};
    } else {
      builder_.fail(start_, "expected a property in braces, like \\p{L}");
    }
    if (builder_.is_lark() && name.starts_with('^')) {
      negated = !negated;
      name.remove_prefix(1);
    }
    for (const std::string_view key : {"scx=", "Script_Extensions="}) {
      if (name.starts_with(key)) builder_.refuse(start_, "the property Script_Extensions");
    }
    auto set = builder_.characters().property(name);
    if (!set) builder_.fail(start_, "unknown Unicode property \"" + std::string(name) + '"');
    const bool fold = case_insensitive() && !in_class_;
    // In ECMA-262 the complement is folded, in Rust the folded set is complemented.
    if (builder_.is_lark()) {
      if (case_insensitive()) builder_.characters().close_over_case(*set);
      if (negated) set = set->complement();
      return {0, std::move(set)};
    }
    if (negated) set = set->complement();
    if (fold) builder_.characters().close_over_case(*set);
    return {0, std::move(set)};
  }

  RegexTreeBuilder& builder_;
  const Iterator start_;
  Iterator& p_;
  const Iterator last_;
  const bool in_class_;
};

}  // namespace

RegexAtom scan_regex_escape(RegexTreeBuilder& builder, const char*& p, const char* last,
                            bool in_class) {
  return EscapeReader(builder, p, last, in_class).read();
}

}  // namespace tokrail
