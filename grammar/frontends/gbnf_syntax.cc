#include "grammar/frontends/gbnf_syntax.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/error.h"
#include "grammar/frontends/source_error.h"
#include "grammar/frontends/spirit_parsers.h"

namespace tokrail {
namespace {

using namespace spirit;  // NOLINT(google-build-using-namespace)

// What the grammar's actions build. No rule has an attribute: the actions get the places only, and
// an action runs only where the parser can no longer go back.
class Builder {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  bool inside_group() const { return groups_ > 0; }
  GbnfSyntax take() { return std::move(syntax_); }

  void begin_rule(Iterator first, Iterator last) {
    rule_ = {.name = std::string(first, last), .offset = offset(first), .body = 0};
    begin_choice();
  }
  void end_rule() {
    rule_.body = end_choice();
    syntax_.rules.push_back(std::move(rule_));
  }
  void begin_alternative() { choices_.back().sequences.push_back({.offset = 0, .items = {}}); }
  void begin_group(Iterator at) {
    if (++groups_ > kMaxGbnfNesting) {
      fail(at, "groups nest deeper than " + std::to_string(kMaxGbnfNesting));
    }
    begin_choice();
  }
  void end_group() {
    --groups_;
    const uint32_t body = end_choice();
    add_item(body);
  }

  void begin_literal(Iterator at) { begin_node(GbnfNode::Kind::kLiteral, at); }
  void literal_character(char32_t c) { append_utf8(c, node_.text); }
  void end_literal() { end_node(); }

  void begin_class(Iterator at) { begin_node(GbnfNode::Kind::kClass, at); }
  void negate() { node_.negated = true; }
  void class_first(Iterator at, char32_t c) {
    class_place_ = at;
    node_.ranges.push_back({c, c});
  }
  void class_last(char32_t c) {
    CodePointRange& range = node_.ranges.back();
    if (c < range.first) fail(class_place_, "the range of characters is backwards");
    range.last = c;
  }
  void end_class(Iterator at) {
    if (node_.ranges.empty()) fail(at, "a class needs at least one character");
    end_node();
  }

  void any(Iterator at) {
    begin_node(GbnfNode::Kind::kAny, at);
    end_node();
  }
  void name(Iterator first, Iterator last) {
    begin_node(GbnfNode::Kind::kName, first);
    node_.text.assign(first, last);
    end_node();
  }
  void begin_token(Iterator at) { begin_node(GbnfNode::Kind::kToken, at); }
  void token_id(uint32_t id) {
    node_.kind = GbnfNode::Kind::kTokenId;
    node_.min = id;
  }
  void token_name(Iterator first, Iterator last) { node_.text.assign(first, last); }
  void end_token() { end_node(); }

  void repeat_from(uint32_t min) { min_ = max_ = min; }
  void repeat_to(uint32_t max) { max_ = max; }
  void repeat(Iterator at, uint32_t min, uint32_t max) {
    std::vector<uint32_t>& items = choices_.back().sequences.back().items;
    if (items.empty()) fail(at, "there is nothing before this to repeat");
    if (min > max) fail(at, "a repetition needs min <= max");
    if (++operators_ > kMaxGbnfNesting) {
      fail(at, "more than " + std::to_string(kMaxGbnfNesting) + " operators behind one item");
    }
    GbnfNode node{.kind = GbnfNode::Kind::kRepeat, .offset = offset(at), .min = min, .max = max};
    node.children.push_back(items.back());
    items.back() = add(std::move(node));
  }
  void repeat_counted(Iterator at) { repeat(at, min_, max_); }

  [[noreturn]] void fail(Iterator at, const std::string& message) const {
    fail_at(text_, offset(at), message);
  }

 private:
  struct Sequence {
    uint32_t offset;
    std::vector<uint32_t> items;
  };
  struct Choice {
    std::vector<Sequence> sequences;
  };

  uint32_t offset(Iterator at) const { return static_cast<uint32_t>(at - text_.data()); }

  uint32_t add(GbnfNode node) {
    syntax_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(syntax_.nodes.size() - 1);
  }
  void add_item(uint32_t id) {
    choices_.back().sequences.back().items.push_back(id);
    operators_ = 0;
  }
  void begin_node(GbnfNode::Kind kind, Iterator at) {
    node_ = {.kind = kind, .offset = offset(at)};
  }
  void end_node() { add_item(add(std::move(node_))); }

  void begin_choice() {
    choices_.emplace_back();
    begin_alternative();
  }
  uint32_t end_choice() {
    GbnfNode choice{.kind = GbnfNode::Kind::kChoice};
    for (Sequence& sequence : choices_.back().sequences) {
      if (sequence.items.size() == 1) {
        choice.children.push_back(sequence.items[0]);
        continue;
      }
      GbnfNode node{.kind = GbnfNode::Kind::kSequence};
      node.children = std::move(sequence.items);
      choice.children.push_back(add(std::move(node)));
    }
    choices_.pop_back();
    return choice.children.size() == 1 ? choice.children[0] : add(std::move(choice));
  }

  std::string_view text_;
  GbnfSyntax syntax_;
  GbnfRule rule_;
  GbnfNode node_{};
  std::vector<Choice> choices_;
  Iterator class_place_ = nullptr;
  uint32_t groups_ = 0, operators_ = 0;
  uint32_t min_ = 0, max_ = 0;
};

// Parsers of our own: space that knows whether it stands in a group, and one character.

Iterator skip_space(Iterator p, Iterator last, bool newlines) {
  for (; p != last; ++p) {
    if (*p == '#') {
      while (p != last && *p != '\n' && *p != '\r') ++p;
      if (p == last) break;
    }
    const bool is_space = *p == ' ' || *p == '\t' || (newlines && (*p == '\n' || *p == '\r'));
    if (!is_space) break;
  }
  return p;
}

// Behind an item: line breaks count as space inside groups, and before a `|`, which cannot begin a
// rule.
bool scan_item_space(const Builder& builder, Iterator& first, Iterator last) {
  first = skip_space(first, last, builder.inside_group());
  const Iterator next = skip_space(first, last, true);
  if (next != last && *next == '|') first = next;
  return true;
}
constexpr Scanned<scan_item_space> space{};

bool scan_any_space(const Builder&, Iterator& first, Iterator last) {
  first = skip_space(first, last, true);
  return true;
}
constexpr Scanned<scan_any_space> any_space{};

char32_t scan_escape(const Builder& errors, Iterator& p, Iterator last) {
  const Iterator at = p;
  const char c = ++p == last ? '\0' : *p++;
  switch (c) {
    case 'x': return scan_hex(errors, at, p, last, 2);
    case 'u': return scan_hex(errors, at, p, last, 4);
    case 'U': return scan_hex(errors, at, p, last, 8);
    case 't': return '\t';
    case 'r': return '\r';
    case 'n': return '\n';
    case '\\':
    case '"':
    case '[':
    case ']':
    case '-': return static_cast<char32_t>(c);
    default:
      errors.fail(at,
                  "unknown escape; known are \\n \\r \\t \\\\ \\\" \\[ \\] \\- \\xHH \\uHHHH "
                  "\\UHHHHHHHH");
  }
}

// One character, escaped or not, other than `Stop`.
template <char kStop>
bool scan_character(const Builder& errors, Iterator& first, Iterator last, char32_t& value) {
  if (first == last || *first == kStop) return false;
  if (*first == '\\') {
    value = scan_escape(errors, first, last);
    return true;
  }
  const Utf8Unit unit = decode_utf8(first, last);
  if (!unit.valid) errors.fail(first, "the text is not UTF-8 here");
  first += unit.length;
  value = unit.code_point;
  return true;
}
template <char kStop>
constexpr ScannedValue<char32_t, scan_character<kStop>> character_but{};

// A number that fits into 32 bits.
bool scan_number(const Builder& errors, Iterator& first, Iterator last, uint32_t& value) {
  if (first == last || !is_digit(*first)) return false;
  const Iterator at = first;
  uint64_t sum = 0;
  for (; first != last && is_digit(*first); ++first) {
    sum = sum * 10 + static_cast<uint64_t>(*first - '0');
    if (sum >= std::numeric_limits<uint32_t>::max()) errors.fail(at, "the number is too large");
  }
  value = static_cast<uint32_t>(sum);
  return true;
}
constexpr ScannedValue<uint32_t, scan_number> number{};

template <bool (*kTest)(char)>
bool scan_if(const Builder&, Iterator& first, Iterator last) {
  if (first == last || !kTest(*first)) return false;
  ++first;
  return true;
}
bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-';
}
bool is_in_token_name(char c) {
  return c != '>' && c != '\n' && c != '\r';
}
bool is_token_mark(char c) {
  return c == '<' || c == '!';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

constexpr uint32_t kNoLimit = RegexSet::kUnbounded;

constexpr Scanned<scan_if<is_name_character>> name_character{};
constexpr Scanned<scan_if<is_in_token_name>> in_token_name{};
constexpr Scanned<scan_if<is_token_mark>> token_mark{};
constexpr Scanned<scan_if<is_blank>> blank_character{};

// Named rules, for "expected ...".
constexpr x3::rule<struct AlternativesTag> alternatives = "alternatives";
constexpr x3::rule<struct AssignTag> assign = "'::='";
constexpr x3::rule<struct CountTag> count = "a number of repetitions";
constexpr x3::rule<struct CountEndTag> count_end = "',' or '}'";
constexpr x3::rule<struct TokenTag> token = "a token, <name> or <[id]>";
constexpr x3::rule<struct TokenIdTag> token_id = "the id of a token";
constexpr x3::rule<struct LineEndTag> line_end =
    "an item, an operator, '|', or the end of the line and of the rule";
constexpr x3::rule<struct RuleNameTag> rule_name = "the name of a rule";

constexpr auto assign_def = x3::lit("::=");
constexpr auto rule_name_def =
    x3::raw[+name_character]
           [act_range([](Builder& b, auto first, auto last) { b.begin_rule(first, last); })];

constexpr auto literal =
    x3::lit('"')[act_on_character([](Builder& b, Iterator at) { b.begin_literal(at); })] >
    *character_but<'"'>[act_value([](Builder& b, Iterator, char32_t c) {
      b.literal_character(c);
    })] > x3::lit('"')[act_on_character([](Builder& b, Iterator) { b.end_literal(); })];

constexpr auto class_ =
    x3::lit('[')[act_on_character([](Builder& b, Iterator at) { b.begin_class(at); })] >
    -x3::lit('^')[act_on_character([](Builder& b, Iterator) { b.negate(); })] >
    *(character_but<']'>[act_value([](Builder& b, Iterator at, char32_t c) {
        b.class_first(at, c);
      })] >>
      -(x3::lit('-') >> !x3::lit(']') >>
        character_but<']'>[act_value([](Builder& b, Iterator, char32_t c) { b.class_last(c); })])) >
    x3::lit(']')[act_on_character([](Builder& b, Iterator at) { b.end_class(at); })];

constexpr auto token_id_def =
    number[act_value([](Builder& b, Iterator, uint32_t id) { b.token_id(id); })];
constexpr auto token_def =
    x3::raw[x3::lit('<') >> !x3::lit('[') >> +in_token_name >> '>']
           [act_range([](Builder& b, auto first, auto last) { b.token_name(first, last); })] |
    (x3::lit("<[") > token_id > x3::lit(']') > x3::lit('>'));
constexpr auto begin_token = (&token_mark)[act([](Builder& b, Iterator at) { b.begin_token(at); })];
constexpr auto token_item =
    begin_token >> -x3::lit('!')[act_on_character([](Builder& b, Iterator) { b.negate(); })] > token
    > x3::eps[act([](Builder& b, Iterator) { b.end_token(); })];

constexpr auto group =
    x3::lit('(')[act_on_character([](Builder& b, Iterator at) { b.begin_group(at); })] > any_space >
    alternatives > x3::lit(')')[act_on_character([](Builder& b, Iterator) { b.end_group(); })];

constexpr auto item =
    literal | class_ | token_item |
    x3::raw[+name_character]
           [act_range([](Builder& b, auto first, auto last) { b.name(first, last); })] |
    group | x3::lit('.')[act_on_character([](Builder& b, Iterator at) { b.any(at); })];

constexpr auto count_def =
    number[act_value([](Builder& b, Iterator, uint32_t n) { b.repeat_from(n); })];
constexpr auto count_end_def =
    x3::lit('}') |
    (x3::lit(',')[act_on_character([](Builder& b, Iterator) { b.repeat_to(kNoLimit); })] > space >
     -(number[act_value([](Builder& b, Iterator, uint32_t n) { b.repeat_to(n); })] > space) >
     x3::lit('}'));
constexpr auto operator_ =
    x3::lit('*')[act_on_character([](Builder& b, Iterator at) { b.repeat(at, 0, kNoLimit); })] |
    x3::lit('+')[act_on_character([](Builder& b, Iterator at) { b.repeat(at, 1, kNoLimit); })] |
    x3::lit('?')[act_on_character([](Builder& b, Iterator at) { b.repeat(at, 0, 1); })] |
    (x3::lit('{') > space > count > space > count_end >
     x3::eps[act([](Builder& b, Iterator at) { b.repeat_counted(at - 1); })]);

constexpr auto sequence = *((item | operator_) >> space);
constexpr auto alternatives_def =
    sequence >
    *(x3::lit('|')[act_on_character([](Builder& b, Iterator) { b.begin_alternative(); })] >
      any_space > sequence);

constexpr auto line_end_def = (x3::eol | x3::eoi)[act([](Builder& b, Iterator) { b.end_rule(); })];
constexpr auto blank = *blank_character;
constexpr auto grammar = any_space > *((!x3::eoi) > rule_name > blank > assign > any_space >
                                       alternatives > line_end > any_space) > x3::eoi;

BOOST_SPIRIT_DEFINE(alternatives, assign, count, count_end, token, token_id, line_end, rule_name)

}  // namespace

GbnfSyntax parse_gbnf(std::string_view text) {
  if (text.size() >= std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorCode::kInvalidArgument, "a grammar of 4 GiB or more");
  }
  Builder builder(text);
  Iterator first = text.data();
  const Iterator last = first + text.size();
  try {
    x3::parse(first, last, x3::with<BuilderTag>(std::ref(builder))[grammar]);
  } catch (const x3::expectation_failure<Iterator>& failure) {
    builder.fail(failure.where(), "expected " + failure.which());
  }
  return builder.take();
}

}  // namespace tokrail
