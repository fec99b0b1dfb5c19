#include "grammar/frontends/lark_syntax.h"

#include <functional>
#include <limits>

#include "grammar/frontends/lark_scanners.h"
#include "grammar/frontends/lark_tree_builder.h"
#include "grammar/frontends/spirit_parsers.h"

namespace tokrail {
namespace {

using namespace spirit;         // NOLINT(google-build-using-namespace)
using namespace lark_scanners;  // NOLINT(google-build-using-namespace)
using Kind = LarkNode::Kind;

constexpr Scanned<scan_space> sp{};
constexpr Scanned<scan_any_space> any_space{};
constexpr Scanned<scan_rule_name> a_rule_name{};
constexpr Scanned<scan_terminal_name> a_terminal_name{};
constexpr Scanned<scan_any_name> a_name{};
constexpr Scanned<scan_word_end> word_end{};
constexpr ScannedValue<int64_t, scan_integer> an_integer{};
constexpr ScannedValue<uint64_t, scan_bit_value> a_bit_value{};
constexpr ScannedValue<float, scan_float> a_float{};
constexpr ScannedValue<char32_t, scan_character> character{};

constexpr x3::rule<struct AlternativesTag> alternatives = "alternatives";
constexpr x3::rule<struct ItemTag> item = "a rule, a terminal or a statement";
constexpr x3::rule<struct LineEndTag> line_end = "a value, an operator, '|' or the end of the line";
constexpr x3::rule<struct NameTag> name = "a name";
constexpr x3::rule<struct BitValueTag> bit_value = "a number";
constexpr x3::rule<struct StringTag> string = "a string";
constexpr x3::rule<struct ValueTag> value = "a value";
constexpr x3::rule<struct PrimaryTag> primary = "a value or a group";
constexpr x3::rule<struct JsonTag> json = "a JSON value";
constexpr x3::rule<struct ConditionTag> condition = "a condition";
constexpr x3::rule<struct ParameterTag> parameter = "a number, _ or a function of the parameter";
constexpr x3::rule<struct BitsTag> bits = "_ or [first:end]";
constexpr x3::rule<struct AttributeTag> attribute = "an attribute";
constexpr x3::rule<struct DefinitionTag> definition = "a rule or a terminal";
constexpr x3::rule<struct ColonTag> colon = "':'";

template <size_t kLength>
constexpr auto word(const char (&text)[kLength]) {
  return x3::lit(text) >> word_end;
}

// Small pieces.
constexpr auto name_def = a_name;
constexpr auto colon_def = x3::lit(':');
constexpr auto bit_value_def =
    a_bit_value[act_value([](Builder& b, Iterator, uint64_t v) { b.condition().value = v; })];
constexpr auto line_end_def = Scanned<scan_line_end>{};
constexpr auto json_def = Scanned<scan_json>{};
constexpr auto string_def =
    x3::lit('"')[act([](Builder& b, Iterator) { b.begin_string(); })] >
    *character[act_value([](Builder& b, Iterator, char32_t c) { b.string_character(c); })] >
    x3::lit('"');

// Parameters and conditions.
template <typename Action>
constexpr auto bit(Action action) {
  return a_bit_value[act_value(action)];
}
constexpr auto first_bit = bit([](Builder& b, Iterator at, uint64_t n) {
  if (n > 63) b.fail(at - 1, "a bit has a number up to 63");
  b.bits.first = static_cast<uint8_t>(n);
});
constexpr auto end_bit = bit([](Builder& b, Iterator at, uint64_t n) {
  if (n > 64) b.fail(at - 1, "bits end at 64 at most");
  b.bits.end = static_cast<uint8_t>(n);
  b.check_bits(at - 1);
});
constexpr auto one_bit = bit([](Builder& b, Iterator at, uint64_t n) {
  if (n > 63) b.fail(at - 1, "a bit has a number up to 63");
  b.bits.first = static_cast<uint8_t>(n);
  b.bits.end = static_cast<uint8_t>(n + 1);
});
constexpr auto bits_def =
    (x3::lit('_') >> word_end >> x3::eps[act([](Builder& b, Iterator) { b.bits = {}; })]) |
    (x3::lit('[') > sp > first_bit > sp > x3::lit(':') > sp > end_bit > sp > x3::lit(']'));

template <ConditionForm kForm>
constexpr auto condition_name = ScannedValue<LarkCondition, scan_condition<kForm>>{}[act_value(
    [](Builder& b, Iterator at, const LarkCondition& c) { b.begin_condition(at, c); })];
constexpr auto compare_name = condition_name<ConditionForm::kCompare>;
constexpr auto one_bit_test_name = condition_name<ConditionForm::kOneBit>;
constexpr auto bits_test_name = condition_name<ConditionForm::kManyBits>;
constexpr auto binary_name = condition_name<ConditionForm::kTwo>;
constexpr auto unary_name = condition_name<ConditionForm::kOne>;
constexpr auto truth_name = condition_name<ConditionForm::kTrue>;
constexpr auto take_bits = x3::eps[act([](Builder& b, Iterator) { b.condition().bits = b.bits; })];
constexpr auto open = sp > x3::lit('(') > sp;
constexpr auto close = sp > x3::lit(')');
constexpr auto comma = sp > x3::lit(',') > sp;
constexpr auto condition_def =
    ((compare_name > open > bits > take_bits > comma > bit_value > close) |
     (one_bit_test_name > open > one_bit > take_bits > close) |
     (bits_test_name > open > bits > take_bits > close) |
     (binary_name > open > condition > comma > condition > close) |
     (unary_name > open > condition > close) | (truth_name > -(sp >> x3::lit('(') > close))) >
    x3::eps[act([](Builder& b, Iterator) { b.end_condition(); })];

template <ParameterForm kForm>
constexpr auto parameter_name = ScannedValue<LarkParameter, scan_parameter_name<kForm>>{}[act_value(
    [](Builder& b, Iterator, const LarkParameter& p) { b.node().parameter = p; })];
constexpr auto bits_function = parameter_name<ParameterForm::kBits>;
constexpr auto value_function = parameter_name<ParameterForm::kValue>;
constexpr auto bit_function = parameter_name<ParameterForm::kBit>;
constexpr auto take_one_bit = x3::eps[act([](Builder& b, Iterator) {
  LarkParameter& p = b.node().parameter;
  p.value = uint64_t{1} << b.bits.first;
  if (p.kind == LarkParameter::Kind::kAnd) p.value = ~p.value;
})];
constexpr auto parameter_value =
    a_bit_value[act_value([](Builder& b, Iterator, uint64_t v) { b.node().parameter.value = v; })];
constexpr auto constant = x3::eps[act(
    [](Builder& b, Iterator) { b.node().parameter.kind = LarkParameter::Kind::kConstant; })];
constexpr auto self = x3::eps[act(
    [](Builder& b, Iterator) { b.node().parameter.kind = LarkParameter::Kind::kSelf; })];
constexpr auto take_parameter_bits =
    x3::eps[act([](Builder& b, Iterator) { b.node().parameter.bits = b.bits; })];
constexpr auto parameter_def = (parameter_value >> constant) | (x3::lit('_') >> word_end >> self) |
                               (bits_function > open > bits > take_parameter_bits > close) |
                               (value_function > open > parameter_value > close) |
                               (bit_function > open > one_bit > take_one_bit > close);

// Values.
constexpr auto end_node = x3::eps[act([](Builder& b, Iterator) { b.end_node(); })];
constexpr auto begin_literal =
    x3::eps[act([](Builder& b, Iterator at) { b.node(Kind::kLiteral, at); })];
/// A node whose text is what `parser` matches, less bytes at both ends.
template <Kind kKind, int kBefore, int kAfter, typename Parser>
constexpr auto text_node(const Parser& parser) {
  return x3::raw[parser][act_range([](Builder& b, Iterator first, Iterator last) {
    b.node(kKind, first).text.assign(first + kBefore, last - kAfter);
  })];
}
template <Kind kKind>
constexpr auto json_node = any_space > text_node<kKind, 0, 0>(json) > end_node;

constexpr auto string_value =
    (&x3::lit('"')) >> begin_literal >> string >
    x3::eps[act([](Builder& b, Iterator) { b.node().text = b.string(); })] >
    -((x3::lit('i') >> word_end)[act([](Builder& b, Iterator) { b.node().flag = true; })]) >
    -(sp >> x3::lit("..") > sp > string > x3::eps[act([](Builder& b, Iterator at) {
        if (b.node().flag) b.fail(at, "a range of characters has no flags");
        b.node().kind = Kind::kRange;
        b.node().second = b.string();
      })]) > end_node;
constexpr auto regex_value =
    text_node<Kind::kRegex, 1, 1>(Scanned<scan_regex>{}) >
    x3::raw[Scanned<scan_regex_flags>{}][act_range([](Builder& b, Iterator first, Iterator last) {
      b.node().second.assign(first, last);
    })] > end_node;
constexpr auto token_value = text_node<Kind::kToken, 0, 0>(Scanned<scan_token>{}) > end_node;
constexpr auto grammar_name = +(x3::ascii::alnum | x3::char_('_') | x3::char_('-'));
constexpr auto grammar_value =
    text_node<Kind::kGrammar, 1, 0>(x3::lit('@') >> grammar_name) > end_node;

constexpr auto begin_choice = x3::eps[act([](Builder& b, Iterator) { b.begin_choice(); })];
constexpr auto begin_alternative =
    x3::eps[act([](Builder& b, Iterator) { b.begin_alternative(); })];
constexpr auto begin_conjunct = x3::eps[act([](Builder& b, Iterator) { b.begin_conjunct(); })];
constexpr auto argument = alternatives > x3::eps[act([](Builder& b, Iterator) { b.argument(); })];
constexpr auto argument_start = x3::eps[act([](Builder& b, Iterator) { b.node().flag = true; })];
// name{3} repeats, name{x, y} is a template's use.
constexpr auto arguments = sp >> x3::lit('{') >> sp >>
                           !(x3::digit | x3::char_(',') | x3::char_('-') | x3::char_('+')) >>
                           argument_start > argument >
                           *(x3::lit(',') > sp > argument) > x3::lit('}');
constexpr auto name_value = text_node<Kind::kName, 0, 0>(a_name) >
                            -((x3::lit("::") > parameter) | arguments) > end_node;

constexpr auto scope_items = any_space >
                             *((!x3::lit('}')) > item > line_end > any_space) > x3::lit('}');
constexpr auto scope_value =
    word("%lark") > sp >
    x3::lit('{')[act_on_character([](Builder& b, Iterator at) { b.enter_scope(at); })] > scope_items
    > x3::eps[act([](Builder& b, Iterator) { b.leave_scope(); })];

constexpr auto value_def = string_value | regex_value | token_value | grammar_value |
                           (word("%json") > json_node<Kind::kJson>) |
                           (word("%regex") > json_node<Kind::kRegexExt>) | scope_value | name_value;

// Expressions.
constexpr auto begin_group = [](Builder& b, Iterator at) { b.begin_group(at); };
constexpr auto primary_def =
    (x3::lit('(')[act_on_character(begin_group)] > sp > alternatives >
     x3::lit(')')[act([](Builder& b, Iterator at) { b.end_group(false, at); })]) |
    (x3::lit('[')[act_on_character(begin_group)] > sp > alternatives >
     x3::lit(']')[act([](Builder& b, Iterator at) { b.end_group(true, at); })]) |
    value;

constexpr auto count_from =
    an_integer[act_value([](Builder& b, Iterator, int64_t n) { b.count_from(n); })];
constexpr auto count_to =
    an_integer[act_value([](Builder& b, Iterator, int64_t n) { b.count_to(n); })];
constexpr auto counted = x3::eps[act([](Builder& b, Iterator at) { b.repeat_counted(at - 1); })];
constexpr auto from_zero = x3::eps[act([](Builder& b, Iterator) { b.count_from(0); })];
constexpr auto to_any = x3::lit(',')[act([](Builder& b, Iterator) { b.count_open(); })];
constexpr auto operator_ =
    x3::lit(
        '*')[act_on_character([](Builder& b, Iterator at) { b.repeat(at, 0, kLarkUnbounded); })] |
    x3::lit(
        '+')[act_on_character([](Builder& b, Iterator at) { b.repeat(at, 1, kLarkUnbounded); })] |
    x3::lit('?')[act_on_character([](Builder& b, Iterator at) { b.repeat(at, 0, 1); })] |
    (x3::lit('~') >> sp >> count_from > -(sp >> x3::lit("..") > sp > count_to) > counted) |
    (x3::lit('{') > sp > from_zero > -(count_from > sp) > -(to_any > sp > -(count_to > sp)) >
     x3::lit('}') > counted);

constexpr auto negation =
    x3::lit('~') > sp > primary > x3::eps[act([](Builder& b, Iterator at) { b.negate(at); })];
constexpr auto expression = (negation | primary) >> sp >> -(operator_ >> sp);
constexpr auto conjunct = begin_conjunct >> *expression;
constexpr auto alternative = begin_alternative > conjunct > *(x3::lit('&') > sp > conjunct) >
                             -(x3::lit("->") > sp > name > sp) >
                             -(word("%if") > sp > condition > sp >
                               x3::eps[act([](Builder& b, Iterator) { b.set_condition(); })]);
constexpr auto alternatives_def = begin_choice > alternative > *(x3::lit('|') > sp > alternative);

// Definitions and statements.
constexpr auto set_capture =
    x3::eps[act([](Builder& b, Iterator) { b.definition().capture = b.string(); })];
constexpr auto capture_self =
    x3::eps[act([](Builder& b, Iterator) { b.definition().capture = b.definition().name; })];
constexpr auto begin_value = begin_choice >> begin_alternative >> begin_conjunct;
constexpr auto equals = sp > x3::lit('=') > sp;
constexpr auto one_stop = x3::eps[act([](Builder& b, Iterator at) {
  const LarkDefinition& d = b.definition();
  if (d.stop != kNoLarkNode || d.suffix != kNoLarkNode) {
    b.fail(at, "a rule has one stop or suffix at most");
  }
})];
constexpr auto attribute_def =
    (word("capture") > capture_self > -(sp >> x3::lit('=') > sp > string > set_capture)) |
    word("lazy")[act([](Builder& b, Iterator) { b.definition().lazy = true; })] |
    (word("stop_capture") > equals > string >
     x3::eps[act([](Builder& b, Iterator) { b.definition().stop_capture = b.string(); })]) |
    (word("stop") > one_stop > equals > begin_value > value >
     x3::eps[act([](Builder& b, Iterator) { b.definition().stop = b.take_value(); })]) |
    (word("suffix") > one_stop > equals > begin_value > value >
     x3::eps[act([](Builder& b, Iterator) { b.definition().suffix = b.take_value(); })]) |
    (word("max_tokens") > equals > an_integer[act_value([](Builder& b, Iterator at, int64_t n) {
       if (n < 0) b.fail(at - 1, "max_tokens is 0 or more");
       b.definition().max_tokens = static_cast<uint32_t>(n);
     })]) |
    (word("temperature") > equals >
     a_float[act_value([](Builder& b, Iterator, float f) { b.definition().temperature = f; })]);
constexpr auto attributes = x3::lit('[') > sp > -(attribute > sp) >
                            *(x3::lit(',') > sp > -(attribute > sp)) > x3::lit(']') > sp;

constexpr auto definition_name =
    x3::raw[a_rule_name][act_range([](Builder& b, Iterator first, Iterator last) {
      b.begin_definition(first, last, false);
    })] |
    x3::raw[a_terminal_name][act_range(
        [](Builder& b, Iterator first, Iterator last) { b.begin_definition(first, last, true); })];
constexpr auto template_name =
    x3::raw[name][act_range([](Builder& b, Iterator first, Iterator last) {
      b.definition().template_names.emplace_back(first, last);
    })];
constexpr auto definition_def =
    (x3::lit('?') | x3::lit('!') | x3::eps) >>
    (x3::lit('?') | x3::lit('!') | x3::eps) >> definition_name > sp >
    -(x3::lit("::") > sp >
      x3::lit('_')[act([](Builder& b, Iterator) { b.definition().is_parametric = true; })] > sp) >
    -(x3::lit('{') > sp > template_name > sp > *(x3::lit(',') > sp > template_name > sp) >
      x3::lit('}') > sp) >
    -(x3::lit('.') > sp > an_integer[act_value([](Builder& b, Iterator, int64_t n) {
        b.definition().priority = static_cast<int32_t>(n);
      })] > sp) > -attributes
    > colon > sp > alternatives > x3::eps[act([](Builder& b, Iterator) { b.end_definition(); })];

constexpr auto imported_name = x3::raw[name][act_range(
    [](Builder& b, Iterator first, Iterator last) { b.import_name(first, last); })];
constexpr auto import_alias = x3::raw[name][act_range(
    [](Builder& b, Iterator first, Iterator last) { b.path_alias(first, last); })];
constexpr auto path_part =
    x3::raw[name]
           [act_range([](Builder& b, Iterator first, Iterator last) { b.path_part(first, last); })];
constexpr auto import = x3::eps[act([](Builder& b, Iterator at) { b.begin_path(at); })] >
                        -x3::lit('.') > path_part > *(x3::lit('.') > path_part) > sp >
                        ((x3::lit('(') > sp > imported_name > sp >
                          *(x3::lit(',') > sp > imported_name > sp) > x3::lit(')') > sp) |
                         (-(x3::lit("->") > sp > import_alias > sp) >
                          x3::eps[act([](Builder& b, Iterator) { b.end_path(); })]));
constexpr auto declared_name =
    x3::raw[name]
           [act_range([](Builder& b, Iterator first, Iterator last) { b.declare(first, last); })];
constexpr auto option_text =
    x3::raw[json]
           [act_range([](Builder& b, Iterator first, Iterator last) { b.options(first, last); })];

constexpr auto set_override =
    x3::eps[act([](Builder& b, Iterator) { b.set_mode(LarkDefinition::Mode::kOverride); })];
constexpr auto set_extend =
    x3::eps[act([](Builder& b, Iterator) { b.set_mode(LarkDefinition::Mode::kExtend); })];
constexpr auto ignored_start = x3::eps[act([](Builder& b, Iterator at) { b.begin_ignore(at); })];
constexpr auto ignored_end = x3::eps[act([](Builder& b, Iterator) { b.end_ignore(); })];
constexpr auto item_def =
    (word("%ignore") > sp > ignored_start > alternatives > ignored_end) |
    (word("%import") > sp > import) | (word("%override") > sp > set_override > definition) |
    (word("%extend") > sp > set_extend > definition) |
    (word("%declare") > sp > declared_name > sp > *((&a_name) > declared_name > sp)) |
    (word("%llguidance") > any_space > option_text > sp) | definition;

constexpr auto grammar = any_space > *((!x3::eoi) > item > line_end > any_space) > x3::eoi;

BOOST_SPIRIT_DEFINE(alternatives, item, line_end, name, bit_value, string, value, primary, json,
                    condition, parameter, bits, attribute, definition, colon)

}  // namespace

LarkSyntax parse_lark(std::string_view text) {
  if (text.size() >= std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorCode::kInvalidArgument, "a grammar of 4 GiB or more");
  }
  const size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) fail_at(text, invalid, "the text is not UTF-8 here");
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
