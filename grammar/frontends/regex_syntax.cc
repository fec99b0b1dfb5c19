#include "grammar/frontends/regex_syntax.h"

#include <functional>
#include <limits>
#include <string>

#include "base/error.h"
#include "grammar/frontends/regex_escapes.h"
#include "grammar/frontends/regex_tree_builder.h"
#include "grammar/frontends/source_error.h"
#include "grammar/frontends/spirit_parsers.h"

namespace tokrail {
namespace {

using namespace spirit;  // NOLINT(google-build-using-namespace)
using Builder = RegexTreeBuilder;
using Kind = RegexSyntaxNode::Kind;

constexpr uint32_t kUnbounded = RegexSet::kUnbounded;

struct Bounds {
  uint32_t min, max;
  Iterator at;
};

// Parsers of our own: space and comments of the flag x, one atom, bounds, flags.

bool scan_space(const Builder& builder, Iterator& first, Iterator last) {
  if (!builder.flags().extended) return true;
  for (; first != last; ++first) {
    if (*first == '#') {
      while (first != last && *first != '\n') ++first;
      if (first == last) break;
    }
    if (*first != ' ' && (*first < '\t' || *first > '\r')) break;
  }
  return true;
}
constexpr Scanned<scan_space> space{};

bool scan_lark(const Builder& builder, Iterator&, Iterator) {
  return builder.is_lark();
}
constexpr Scanned<scan_lark> in_lark{};

bool scan_plain(const Builder& builder, Iterator& first, Iterator last, RegexAtom& atom) {
  const Utf8Unit unit = decode_utf8(first, last);
  if (!unit.valid) builder.fail(first, "the pattern is not UTF-8 here");
  first += unit.length;
  atom.character = unit.code_point;
  return true;
}

bool scan_atom(Builder& builder, Iterator& first, Iterator last, RegexAtom& atom) {
  if (first == last) return false;
  if (*first != '\\') return scan_plain(builder, first, last, atom);
  atom = scan_regex_escape(builder, first, last, false);
  return true;
}
constexpr ScannedValue<RegexAtom, scan_atom> atom{};

bool scan_class_atom(Builder& builder, Iterator& first, Iterator last, RegexAtom& value) {
  Iterator p = first;
  scan_space(builder, p, last);
  if (p == last || *p == ']' || (builder.is_lark() && *p == '[')) return false;
  if (*p == '\\') {
    value = scan_regex_escape(builder, p, last, true);
  } else {
    scan_plain(builder, p, last, value);
  }
  first = p;
  return true;
}
constexpr ScannedValue<RegexAtom, scan_class_atom> class_atom{};

bool scan_number(const Builder& builder, Iterator& p, Iterator last, uint32_t& value) {
  const Iterator at = p;
  uint64_t sum = 0;
  for (; p != last && is_digit(*p); ++p) {
    sum = sum * 10 + static_cast<uint64_t>(*p - '0');
    if (sum >= kUnbounded) builder.fail(at, "the number is too large");
  }
  value = static_cast<uint32_t>(sum);
  return p != at;
}

// {m} {m,} {m,n}, and {,n} in Lark. What cannot be meant as bounds is no match.
bool scan_bounds(const Builder& builder, Iterator& first, Iterator last, Bounds& bounds) {
  if (first == last || *first != '{') return false;
  Iterator p = first + 1;
  const bool meant = p != last && (is_digit(*p) || *p == ',');
  bounds = {0, 0, first};
  const bool has_min = scan_number(builder, p, last, bounds.min);
  bounds.max = bounds.min;
  bool has_max = has_min;
  if (p != last && *p == ',') {
    ++p;
    has_max = scan_number(builder, p, last, bounds.max);
    if (!has_max) bounds.max = kUnbounded;
  }
  const bool numbered = has_min || (builder.is_lark() && has_max);
  if (numbered && p != last && *p == '}') {
    first = p + 1;
    return true;
  }
  if (meant || builder.is_lark()) {
    builder.fail(first, "expected the bounds of a repetition, {m}, {m,} or {m,n}");
  }
  return false;
}
constexpr ScannedValue<Bounds, scan_bounds> bounds{};

// "i-sx": flags to set and flags to clear.
bool scan_flags(const Builder& builder, Iterator& first, Iterator last, RegexFlags& flags) {
  flags = builder.flags();
  const Iterator at = first;
  bool value = true;
  for (; first != last && *first != ')' && *first != ':'; ++first) {
    switch (*first) {
      case '-':
        if (!value) builder.fail(first, "expected flags, ')' or ':'");
        value = false;
        continue;
      case 'i': flags.case_insensitive = value; continue;
      case 's': flags.dot_all = value; continue;
      case 'm': flags.multi_line = value; continue;
      default: break;
    }
    if (!builder.is_lark()) {
      builder.fail(first, "expected a group, or flags out of i, m and s");
    } else if (*first == 'x') {
      flags.extended = value;
    } else if (*first == 'u' && !value) {
      builder.refuse(first, "the flag -u, matching bytes,");
    } else if (*first == 'R') {
      builder.refuse(first, "the flag R");
    } else if (*first != 'u' && *first != 'U') {  // U changes which match is preferred, not what
      builder.fail(first, "expected a group, or flags out of i, m, s, x, u and U");
    }
  }
  if (first == last) builder.fail(at, "expected flags and then ')' or ':'");
  if (first == at && *first == ')') builder.fail(at, "expected flags");
  if (*first == ')' && !builder.is_lark()) {
    builder.fail(first, "expected ':' behind the flags of a group");
  }
  return true;
}
constexpr ScannedValue<RegexFlags, scan_flags> flags{};

bool scan_group_name(const Builder& builder, Iterator& first, Iterator last) {
  const Iterator at = first;
  for (; first != last && *first != '>'; ++first) {
    const auto c = static_cast<unsigned char>(*first);
    const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    const bool inner = first != at && (is_digit(*first) || c == '.' || c == '[' || c == ']');
    if (!letter && !inner && c != '_' && c != '$' && c < 0x80) {
      builder.fail(first, "expected the name of a group");
    }
  }
  if (first == at) builder.fail(first, "expected the name of a group");
  return true;
}
constexpr Scanned<scan_group_name> group_name{};

// [:alpha:] and [:^alpha:] inside a class.
bool scan_posix(Builder& builder, Iterator& first, Iterator last, RegexAtom& value) {
  const std::string_view rest(first, static_cast<size_t>(last - first));
  if (!rest.starts_with("[:")) return false;
  const size_t end = rest.find(":]");
  if (end == rest.npos) return false;
  const bool negated = end > 2 && rest[2] == '^';
  const std::string_view name = rest.substr(negated ? 3 : 2, end - (negated ? 3 : 2));
  value.set = RegexCharacters::posix_class(name);
  if (!value.set) builder.fail(first, "there is no class [:" + std::string(name) + ":]");
  if (builder.flags().case_insensitive) builder.characters().close_over_case(*value.set);
  if (negated) value.set = value.set->complement();
  first += end + 2;
  return true;
}
constexpr ScannedValue<RegexAtom, scan_posix> posix{};

template <char kOperator>
constexpr auto class_operator =
    x3::lit(kOperator) >>
    x3::lit(kOperator)[act_on_character([](Builder& b, Iterator) { b.class_operator(kOperator); })];

// Named rules, for "expected ...".
constexpr x3::rule<struct ClassTag> bracket = "a class";
constexpr x3::rule<struct ClassEndTag> class_end = "']', the end of the class";
constexpr x3::rule<struct NameEndTag> name_end = "'>', the end of the name";
constexpr x3::rule<struct FlagsEndTag> flags_end = "')' or ':'";

// The parser goes back over what has no action yet.
constexpr auto first_atom =
    class_atom[act_value([](Builder& b, Iterator, const RegexAtom& a) { b.class_first(a); })];
constexpr auto last_atom =
    class_atom[act_value([](Builder& b, Iterator at, const RegexAtom& a) { b.class_last(at, a); })];
constexpr auto posix_class =
    posix[act_value([](Builder& b, Iterator, const RegexAtom& a) { b.class_first(a); })];

// In Lark, ']' stands for itself at the beginning of a class.
constexpr auto bracket_first =
    in_lark >> &x3::lit(']') >> x3::lit(']')[act_on_character([](Builder& b, Iterator) {
      b.class_first({']', {}});
    })];
constexpr auto range_to =
    space >> '-' >> space >> !x3::lit(']') >> !(in_lark >> x3::lit('-')) >> last_atom;
constexpr auto lark_class_part = in_lark >> (class_operator<'&'> | class_operator<'-'> |
                                             class_operator<'~'> | posix_class | bracket);
constexpr auto class_end_def =
    space >> x3::lit(']')[act_on_character([](Builder& b, Iterator) { b.end_class(); })];
constexpr auto bracket_def =
    x3::lit('[')[act_on_character([](Builder& b, Iterator at) { b.begin_class(at); })] >
    -x3::lit('^')[act_on_character([](Builder& b, Iterator) { b.negate_class(); })] > -bracket_first
    > *((space >> lark_class_part) | (first_atom >> -range_to)) > class_end;

constexpr auto look_around = x3::raw[x3::lit("(?=") | "(?!" | "(?<=" | "(?<!"][act_range(
    [](Builder& b, Iterator first, Iterator) { b.refuse(first, "look-around"); })];
constexpr auto atomic_group = x3::raw[x3::lit("(?>")][act_range(
    [](Builder& b, Iterator first, Iterator) { b.refuse(first, "an atomic group"); })];
constexpr auto begin_group =
    act_range([](Builder& b, Iterator first, Iterator) { b.begin_group(first); });
constexpr auto name_end_def = x3::lit('>');
constexpr auto named_group =
    x3::raw[x3::lit("(?<") | (in_lark >> "(?P<")][begin_group] > group_name > name_end;
constexpr auto flags_end_def = x3::lit(')') | ':';
// The text from the last flag on tells a group with flags from flags for the rest of this group.
constexpr auto flagged =
    (x3::lit("(?") >> flags[act_value([](Builder& b, Iterator at, const RegexFlags& changed) {
       if (*at == ':') {
         b.begin_group(at, changed);
       } else {
         b.set_flags(changed);
       }
     })]) > flags_end;
constexpr auto group = look_around | atomic_group | x3::raw[x3::lit("(?:")][begin_group] |
                       named_group | flagged | x3::raw[x3::lit('(')][begin_group];
constexpr auto group_end =
    x3::lit(')')[act_on_character([](Builder& b, Iterator at) { b.end_group(at); })];
constexpr auto bar = x3::lit('|')[act_on_character([](Builder& b, Iterator) { b.alternative(); })];

constexpr auto anchor =
    x3::lit(
        '^')[act_on_character([](Builder& b, Iterator at) { b.line_anchor(at, Kind::kStart); })] |
    x3::lit('$')[act_on_character([](Builder& b, Iterator at) { b.line_anchor(at, Kind::kEnd); })] |
    (in_lark >> x3::lit("\\A")[act([](Builder& b, Iterator) { b.text_anchor(Kind::kStart); })]) |
    (in_lark >> x3::lit("\\z")[act([](Builder& b, Iterator) { b.text_anchor(Kind::kEnd); })]);

template <uint32_t kMin, uint32_t kMax>
constexpr auto repeated = act_on_character([](Builder& b, Iterator at) {
  b.repeat(at, kMin, kMax);
});
constexpr auto counted =
    bounds[act_value([](Builder& b, Iterator, const Bounds& n) { b.repeat(n.at, n.min, n.max); })];
// Lazy operators mean the same strings.
constexpr auto quantifier = (x3::lit('*')[repeated<0, kUnbounded>] |
                             x3::lit('+')[repeated<1, kUnbounded>] | x3::lit('?')[repeated<0, 1>] |
                             counted) >>
                            -(space >> x3::lit('?'));

constexpr auto dot = x3::lit('.')[act_on_character([](Builder& b, Iterator) { b.dot(); })];
constexpr auto character =
    atom[act_value([](Builder& b, Iterator, const RegexAtom& a) { b.atom(a); })];

constexpr auto item = group | group_end | bar | bracket | anchor | quantifier | dot | character;
constexpr auto pattern = *(space >> item) >> space >> x3::eoi;

BOOST_SPIRIT_DEFINE(bracket, class_end, name_end, flags_end)

}  // namespace

RegexSyntax parse_regex_syntax(std::string_view text, const RegexOptions& options,
                               RegexCharacters& characters) {
  if (text.size() >= std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorCode::kInvalidArgument, "a regular expression of 4 GB or more");
  }
  RegexTreeBuilder builder(text, options, characters);
  Iterator first = text.data();
  const Iterator last = first + text.size();
  try {
    const auto parser = x3::with<BuilderTag>(std::ref(builder))[pattern];
    if (!x3::parse(first, last, parser)) builder.fail(first, "expected an expression");
  } catch (const x3::expectation_failure<Iterator>& failure) {
    builder.fail(failure.where(), "expected " + failure.which());
  }
  return builder.finish();
}

}  // namespace tokrail
