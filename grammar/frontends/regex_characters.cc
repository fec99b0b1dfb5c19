#include "grammar/frontends/regex_characters.h"

#include <initializer_list>
#include <utility>

#include "base/unicode.h"

namespace tokrail {
namespace {

using Set = RegexCharacters::Set;

Set ranges(std::initializer_list<std::pair<char32_t, char32_t>> list) {
  Set set;
  for (const auto& [first, last] : list) set.add(first, last);
  set.normalize();
  return set;
}

Set ascii_word() {
  return ranges({{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}});
}

/// ECMA-262: WhiteSpace and LineTerminator.
Set ecma_space() {
  return ranges({{'\t', '\r'},
                 {' ', ' '},
                 {0xA0, 0xA0},
                 {0x1680, 0x1680},
                 {0x2000, 0x200A},
                 {0x2028, 0x2029},
                 {0x202F, 0x202F},
                 {0x205F, 0x205F},
                 {0x3000, 0x3000},
                 {0xFEFF, 0xFEFF}});
}

bool is_ascii(const Set& set) {
  return set.empty() || set.ranges().back().last < 0x80;
}

void close_ascii_over_case(Set& set) {
  constexpr char32_t kKelvinSign = 0x212A, kLongS = 0x17F;
  const Set before = set;
  for (char32_t lower = 'a'; lower <= 'z'; ++lower) {
    const char32_t upper = lower - 32;
    if (!before.contains(lower) && !before.contains(upper)) continue;
    set.add(lower, lower);
    set.add(upper, upper);
    if (lower == 'k') set.add(kKelvinSign, kKelvinSign);
    if (lower == 's') set.add(kLongS, kLongS);
  }
  set.normalize();
}

}  // namespace

detail::UnicodeSets& RegexCharacters::unicode() {
  if (!unicode_) unicode_.emplace();
  return *unicode_;
}

Set RegexCharacters::perl_class(char letter, PatternDialect dialect, bool case_insensitive) {
  Set set;
  if (dialect == PatternDialect::kEcma) {
    set = letter == 'd' ? Set('0', '9') : letter == 's' ? ecma_space() : ascii_word();
  } else if (letter == 'd') {
    set = unicode().categories(detail::category_bit(GeneralCategory::kDecimalNumber));
  } else {
    set = letter == 's' ? unicode().white_space() : unicode().word(true);
  }
  if (case_insensitive && letter == 'w') close_over_case(set);
  return set;
}

std::optional<Set> RegexCharacters::property(std::string_view name) {
  return unicode().property(name);
}

std::optional<Set> RegexCharacters::posix_class(std::string_view name) {
  const std::pair<std::string_view, Set> classes[] = {
      {"alnum", ranges({{'0', '9'}, {'A', 'Z'}, {'a', 'z'}})},
      {"alpha", ranges({{'A', 'Z'}, {'a', 'z'}})},
      {"ascii", Set(0, 0x7F)},
      {"blank", ranges({{'\t', '\t'}, {' ', ' '}})},
      {"cntrl", ranges({{0, 0x1F}, {0x7F, 0x7F}})},
      {"digit", Set('0', '9')},
      {"graph", Set('!', '~')},
      {"lower", Set('a', 'z')},
      {"print", Set(' ', '~')},
      {"punct", ranges({{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}})},
      {"space", ranges({{'\t', '\r'}, {' ', ' '}})},
      {"upper", Set('A', 'Z')},
      {"word", ascii_word()},
      {"xdigit", ranges({{'0', '9'}, {'A', 'F'}, {'a', 'f'}})},
  };
  for (const auto& [known, set] : classes) {
    if (known == name) return set;
  }
  return std::nullopt;
}

Set RegexCharacters::dot(PatternDialect dialect, bool dot_all) {
  if (dot_all) return Set(0, 0x10FFFF);
  const Set line_ends = dialect == PatternDialect::kEcma
                            ? ranges({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}})
                            : Set('\n', '\n');
  return line_ends.complement();
}

void RegexCharacters::close_over_case(Set& set) {
  if (is_ascii(set)) {
    close_ascii_over_case(set);
  } else {
    unicode().close_over_case(set);
  }
}

}  // namespace tokrail
