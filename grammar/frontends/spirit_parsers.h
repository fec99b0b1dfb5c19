// Boost.Spirit X3 pieces that the readers of notations share. Include only from their *_syntax.cc.
//
// The grammars build no attributes. They carry a builder in the context, and actions call it; an
// action stands only where the parser can no longer go back.
#pragma once

#include <boost/spirit/home/x3.hpp>
#include <string>
#include <utility>

#include "base/utf8.h"

// What an expectation names: of an action what it stands on, of a sequence its first part.
namespace boost::spirit::x3 {
template <typename Subject, typename Action>
struct get_info<action<Subject, Action>> {
  using result_type = std::string;
  std::string operator()(const action<Subject, Action>& parser) const {
    return what(parser.subject);
  }
};
template <typename Left, typename Right>
struct get_info<sequence<Left, Right>> {
  using result_type = std::string;
  std::string operator()(const sequence<Left, Right>& parser) const { return what(parser.left); }
};
template <typename Left, typename Right>
struct get_info<alternative<Left, Right>> {
  using result_type = std::string;
  std::string operator()(const alternative<Left, Right>& parser) const {
    return what(parser.left) + " or " + what(parser.right);
  }
};
template <typename Subject>
struct get_info<raw_directive<Subject>> {
  using result_type = std::string;
  std::string operator()(const raw_directive<Subject>& parser) const {
    return what(parser.subject);
  }
};
}  // namespace boost::spirit::x3

namespace tokrail::spirit {

namespace x3 = boost::spirit::x3;
using Iterator = const char*;

struct BuilderTag;

template <typename Context>
constexpr auto& builder(const Context& context) {
  return x3::get<BuilderTag>(context).get();
}

// Actions. `at` is the place behind what was read; act_on_character gives that of the character.
template <typename Action>
constexpr auto act(Action action) {
  return [action](auto& context) { action(builder(context), x3::_where(context).begin()); };
}
template <typename Action>
constexpr auto act_on_character(Action action) {
  return [action](auto& context) { action(builder(context), x3::_where(context).begin() - 1); };
}
/// On x3::raw: the first byte and the end.
template <typename Action>
constexpr auto act_range(Action action) {
  return [action](auto& context) {
    action(builder(context), x3::_attr(context).begin(), x3::_attr(context).end());
  };
}
template <typename Action>
constexpr auto act_value(Action action) {
  return [action](auto& context) {
    action(builder(context), x3::_where(context).begin(), x3::_attr(context));
  };
}

/// Runs scan(builder, first, last), which moves `first` and tells whether it matched.
template <auto kScan>
struct Scanned : x3::parser<Scanned<kScan>> {
  using attribute_type = x3::unused_type;
  static constexpr bool has_attribute = false;
  template <typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const Context& context, RuleContext&,
             Attribute&) const {
    return kScan(builder(context), first, last);
  }
};

/// Like Scanned, with a value: scan(builder, first, last, value).
template <typename Value, auto kScan>
struct ScannedValue : x3::parser<ScannedValue<Value, kScan>> {
  using attribute_type = Value;
  static constexpr bool has_attribute = true;
  template <typename Context, typename RuleContext, typename Attribute>
  bool parse(Iterator& first, const Iterator& last, const Context& context, RuleContext&,
             Attribute& attribute) const {
    Value value{};
    if (!kScan(builder(context), first, last, value)) return false;
    x3::traits::move_to(std::move(value), attribute);
    return true;
  }
};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Exactly `digits` hexadecimal digits that spell a Unicode character.
template <typename Builder>
char32_t scan_hex(const Builder& errors, Iterator at, Iterator& p, Iterator last, int digits,
                  bool allow_surrogates = false) {
  char32_t value = 0;
  for (int i = 0; i < digits; ++i, ++p) {
    const int c = p == last ? 0 : static_cast<unsigned char>(*p);
    const int lower = c | 0x20;
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<char32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value << 4 | static_cast<char32_t>(lower - 'a' + 10);
    } else {
      errors.fail(at, "expected " + std::to_string(digits) + " hexadecimal digits");
    }
  }
  if (!is_scalar_value(value) && !(allow_surrogates && value < 0xE000)) {
    errors.fail(at, "this is no Unicode character");
  }
  return value;
}

}  // namespace tokrail::spirit
