#include "tokenizers/pretokenization/regex_syntax.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/pretokenization/regex_class_parser.h"

namespace tokrail::detail {
namespace {

using Kind = RegexNode::Kind;
using Greed = RegexNode::Greed;

constexpr int kDeepestGroup = 200;
constexpr int kMostQuantifiers = 50;
constexpr size_t kMostSets = 4096;
constexpr uint32_t kLongestRepeat = 100000;

class Parser {
 public:
  Parser(std::string_view pattern, RegexDialect dialect)
      : in_(pattern), dialect_(dialect), classes_(in_, dialect, unicode_) {}

  RegexTree run() {
    tree_.root = parse_alternatives();
    if (!in_.at_end()) in_.fail("')' without '('");
    for (const auto& [group, place] : numbered_) {
      if (group > tree_.groups || group == 0) {
        in_.fail_at(place, "a reference to a group that does not exist");
      }
    }
    if (has_word_boundary_) tree_.word = classes_.word_set(false);
    return std::move(tree_);
  }

 private:
  bool rust() const { return dialect_ == RegexDialect::kRust; }

  uint32_t add(RegexNode node) {
    tree_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(tree_.nodes.size() - 1);
  }
  uint32_t add_kind(Kind kind, std::vector<uint32_t> children = {}) {
    RegexNode node;
    node.kind = kind;
    node.children = std::move(children);
    return add(std::move(node));
  }
  uint32_t add_assertion(RegexAssertion assertion) {
    RegexNode node;
    node.kind = Kind::kAssertion;
    node.assertion = assertion;
    has_word_boundary_ |=
        assertion == RegexAssertion::kWordBoundary || assertion == RegexAssertion::kNotWordBoundary;
    return add(std::move(node));
  }
  uint32_t add_set(CodePointSet set) {
    RegexNode node;
    if (const auto single = set.single()) {
      node.kind = Kind::kCharacter;
      node.code_point = *single;
      return add(std::move(node));
    }
    node.kind = Kind::kSet;
    const auto known = std::find(tree_.sets.begin(), tree_.sets.end(), set);
    node.set = static_cast<uint32_t>(known - tree_.sets.begin());
    if (known == tree_.sets.end()) {
      if (tree_.sets.size() == kMostSets) in_.fail("too many different character classes");
      tree_.sets.push_back(std::move(set));
    }
    return add(std::move(node));
  }
  uint32_t add_character(char32_t c) {
    CodePointSet set(c, c);
    if (classes_.flags().ignore_case) unicode_.close_over_case(set);
    return add_set(std::move(set));
  }

  uint32_t parse_alternatives() {
    std::vector<uint32_t> branches = {parse_sequence()};
    while (in_.take('|')) branches.push_back(parse_sequence());
    return branches.size() == 1 ? branches[0] : add_kind(Kind::kAlternate, std::move(branches));
  }

  uint32_t parse_sequence() {
    std::vector<uint32_t> items;
    for (;;) {
      skip_free_space();
      if (in_.at_end() || in_.peek() == '|' || in_.peek() == ')') break;
      const auto atom = parse_atom();
      if (!atom) continue;
      items.push_back(parse_quantifiers(*atom));
    }
    if (items.size() == 1) return items[0];
    return items.empty() ? add_kind(Kind::kEmpty) : add_kind(Kind::kConcat, std::move(items));
  }

  void skip_free_space() {
    if (!classes_.flags().extended) return;
    while (!in_.at_end()) {
      const char c = in_.peek();
      if (c == '#') {
        while (!in_.at_end() && in_.peek() != '\n') in_.skip();
      } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
        in_.skip();
      } else {
        return;
      }
    }
  }

  /// Nothing for a comment or a setting of flags.
  std::optional<uint32_t> parse_atom() {
    switch (in_.peek()) {
      case '(': return parse_group();
      case '[': in_.skip(); return add_set(classes_.parse_class());
      case '\\': return parse_escape();
      case '.': {
        in_.skip();
        const CodePointSet newline('\n', '\n');
        return add_set(classes_.flags().dot_all ? CodePointSet::everything()
                                                : newline.complement());
      }
      case '^':
        in_.skip();
        if (!rust()) return add_assertion(RegexAssertion::kLineBeginNotAtEnd);
        return add_assertion(classes_.flags().multi_line ? RegexAssertion::kLineBegin
                                                         : RegexAssertion::kTextBegin);
      case '$':
        in_.skip();
        return add_assertion(!rust() || classes_.flags().multi_line ? RegexAssertion::kLineEnd
                                                                    : RegexAssertion::kTextEnd);
      case '*':
      case '+':
      case '?': in_.fail("nothing to repeat");
      default: return add_character(in_.take_code_point());
    }
  }

  // ---------------------------------------------------------------- groups

  std::optional<uint32_t> parse_group() {
    const size_t place = in_.position();
    if (++depth_ > kDeepestGroup) in_.fail("groups nested too deeply");
    in_.skip();
    const RegexFlags outer = classes_.flags();
    std::optional<uint32_t> node = in_.take('?') ? parse_special_group(place) : parse_capture();
    // A setting of flags alone has no ')' of its own left, and lives on in its group.
    if (node) {
      if (!in_.take(')')) in_.fail_at(place, "'(' without ')'");
      classes_.flags() = outer;
    }
    --depth_;
    if (pending_rest_) node = std::exchange(pending_rest_, std::nullopt);
    return node;
  }

  uint32_t parse_capture(std::string name = {}) {
    const uint32_t group = ++tree_.groups;
    if (!name.empty()) names_[name] = group;
    RegexNode node;
    node.kind = Kind::kCapture;
    node.group = group;
    node.children = {parse_alternatives()};
    return add(std::move(node));
  }

  uint32_t parse_look(bool behind, bool negated) {
    RegexNode node;
    node.kind = Kind::kLook;
    node.behind = behind;
    node.negated = negated;
    node.children = {parse_alternatives()};
    return add(std::move(node));
  }

  std::optional<uint32_t> parse_special_group(size_t place) {
    if (in_.take("#")) {
      while (!in_.at_end() && in_.peek() != ')') in_.skip();
      if (!in_.take(')')) in_.fail_at(place, "a comment without ')'");
      return std::nullopt;
    }
    if (in_.take(":")) return parse_alternatives();
    if (in_.take("=")) return parse_look(false, false);
    if (in_.take("!")) return parse_look(false, true);
    if (in_.take("<=")) return parse_look(true, false);
    if (in_.take("<!")) return parse_look(true, true);
    if (in_.take(">")) return add_kind(Kind::kAtomic, {parse_alternatives()});
    if (in_.take("P=")) return parse_named_reference(')');
    if (in_.take("P<") || in_.take("<")) return parse_capture(parse_name('>'));
    if (!rust() && in_.take("'")) return parse_capture(parse_name('\''));
    if (in_.take("~") || in_.take("(") || in_.take("|") || in_.take("{") || in_.take("P>")) {
      in_.refuse_at(place, "conditionals, absent operators and calls in groups");
    }
    return parse_flags(place);
  }

  std::optional<uint32_t> parse_flags(size_t place) {
    RegexFlags flags = classes_.flags();
    bool on = true;
    for (;;) {
      if (in_.at_end()) in_.fail_at(place, "'(?' without ')'");
      const char c = in_.take();
      if (c == ')' || c == ':') {
        classes_.flags() = flags;
        if (c == ':') return parse_alternatives();
        if (rust()) return std::nullopt;
        // Oniguruma: the flags hold for the rest of the group as if it were a group itself, so
        // a(?i)b|c is a(?i:b|c).
        pending_rest_ = parse_alternatives();
        return std::nullopt;
      }
      if (c == '-' && on) {
        on = false;
      } else if (c == 'i') {
        flags.ignore_case = on;
      } else if (c == 'x') {
        flags.extended = on;
      } else if (c == 'm') {
        (rust() ? flags.multi_line : flags.dot_all) = on;
      } else if (c == 's' && rust()) {
        flags.dot_all = on;
      } else if (c == 'u' && rust() && on) {
        // Unicode is on anyway.
      } else {
        in_.fail_at(place, "an unknown kind of group or flag");
      }
    }
  }

  std::string parse_name(char close) {
    std::string name;
    while (!in_.at_end() && in_.peek() != close) name += in_.take();
    if (name.empty() || !in_.take(close)) in_.fail("a name of a group without an end");
    return name;
  }

  // ---------------------------------------------------------------- escapes

  uint32_t add_reference(uint32_t group) {
    RegexNode node;
    node.kind = Kind::kBackReference;
    node.group = group;
    node.ignore_case = classes_.flags().ignore_case;
    tree_.has_back_references = true;
    return add(std::move(node));
  }

  uint32_t parse_named_reference(char close) {
    const size_t place = in_.position();
    std::string name;
    while (!in_.at_end() && in_.peek() != close) name += in_.take();
    if (close != ')') in_.take(close);  // the caller takes ')'
    const auto known = names_.find(name);
    if (known != names_.end()) return add_reference(known->second);
    const bool is_number = !name.empty() && name.size() < 7 &&
                           std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (is_number) {
      uint32_t group = 0;
      for (const char digit : name) group = group * 10 + static_cast<uint32_t>(digit - '0');
      numbered_.emplace_back(group, place);
      return add_reference(group);
    }
    in_.fail_at(place, "a reference to a group that does not exist");
  }

  uint32_t parse_escape() {
    const size_t place = in_.position();
    const char next = in_.peek_after();
    const auto assertion = [&](RegexAssertion kind) {
      in_.skip(2);
      return add_assertion(kind);
    };
    switch (next) {
      case 'A': return assertion(RegexAssertion::kTextBegin);
      case 'z': return assertion(RegexAssertion::kTextEnd);
      case 'Z': return assertion(RegexAssertion::kTextEndOrFinalNewline);
      case 'b': return assertion(RegexAssertion::kWordBoundary);
      case 'B': return assertion(RegexAssertion::kNotWordBoundary);
      case 'G': return assertion(RegexAssertion::kSearchBegin);
      case 'R': in_.skip(2); return add_line_break();
      case 'X': in_.skip(2); return add_kind(Kind::kGrapheme);
      case 'K':
      case 'g':
      case 'y':
      case 'Y': in_.refuse_at(place, std::string("\\") + next);
      case 'k': {
        in_.skip(2);
        if (in_.take('<')) return parse_named_reference('>');
        if (in_.take('\'')) return parse_named_reference('\'');
        in_.fail_at(place, "\\k without the name of a group");
      }
      default: break;
    }
    if (next >= '1' && next <= '9') {
      in_.skip();
      uint32_t group = 0;
      while (!in_.at_end() && in_.peek() >= '0' && in_.peek() <= '9' && group < 100000) {
        group = group * 10 + static_cast<uint32_t>(in_.take() - '0');
      }
      numbered_.emplace_back(group, place);
      return add_reference(group);
    }
    ClassItem item = classes_.parse_escape(false);
    if (item.code_point) return add_character(*item.code_point);
    if (rust() && classes_.flags().ignore_case) unicode_.close_over_case(item.set);
    return add_set(std::move(item.set));
  }

  /// \R: (?>\r\n|[\n-\r\u0085\u2028\u2029])
  uint32_t add_line_break() {
    CodePointSet one('\n', '\r');
    one.add(0x85, 0x85);
    one.add(0x2028, 0x2029);
    const uint32_t carriage_return = add_set(CodePointSet('\r', '\r'));
    const uint32_t line_feed = add_set(CodePointSet('\n', '\n'));
    const uint32_t both = add_kind(Kind::kConcat, {carriage_return, line_feed});
    const uint32_t either = add_kind(Kind::kAlternate, {both, add_set(std::move(one))});
    return add_kind(Kind::kAtomic, {either});
  }

  // ---------------------------------------------------------------- repetition

  uint32_t parse_quantifiers(uint32_t atom) {
    for (int stacked = 0;; ++stacked) {
      if (stacked == kMostQuantifiers) in_.fail("too many quantifiers for one thing");
      skip_free_space();
      uint32_t min = 0, max = kUnboundedRepeat;
      bool interval = false;
      if (in_.take('*')) {
      } else if (in_.take('+')) {
        min = 1;
      } else if (in_.take('?')) {
        max = 1;
      } else if (parse_interval(min, max)) {
        interval = true;
      } else {
        return atom;
      }
      RegexNode node;
      node.kind = Kind::kRepeat;
      node.children = {atom};
      node.min = min;
      node.max = max;
      // Oniguruma in Ruby's syntax: {n,m}+ repeats {n,m}, and {n}? makes it optional.
      const bool fixed = interval && min == max;
      if ((rust() || !fixed) && in_.take('?')) {
        node.greed = Greed::kLazy;
      } else if ((rust() || !interval) && in_.take('+')) {
        node.greed = Greed::kPossessive;
      }
      atom = add(std::move(node));
    }
  }

  /// {n} {n,} {n,m} {,m}; anything else is no interval, and '{' stands for itself.
  bool parse_interval(uint32_t& min, uint32_t& max) {
    const size_t place = in_.position();
    if (in_.at_end() || in_.peek() != '{') return false;
    in_.skip();
    const auto number = [&]() -> std::optional<uint32_t> {
      std::optional<uint32_t> value;
      while (!in_.at_end() && in_.peek() >= '0' && in_.peek() <= '9') {
        value = std::min<uint32_t>(value.value_or(0) * 10 + static_cast<uint32_t>(in_.take() - '0'),
                                   kLongestRepeat + 1);
      }
      return value;
    };
    const auto low = number();
    const bool comma = in_.take(',');
    const auto high = comma ? number() : low;
    if ((!low && !high) || !in_.take('}')) {
      in_.rewind(place);
      return false;
    }
    min = low.value_or(0);
    max = high.value_or(kUnboundedRepeat);
    if (min > kLongestRepeat || (high && *high > kLongestRepeat)) {
      in_.fail_at(place, "a count above 100000");
    }
    if (min > max) in_.fail_at(place, "a repetition whose least is above its most");
    return true;
  }

  RegexInput in_;
  RegexDialect dialect_;
  UnicodeSets unicode_;
  ClassParser classes_;
  RegexTree tree_;
  std::map<std::string, uint32_t> names_;
  std::vector<std::pair<uint32_t, size_t>> numbered_;
  std::optional<uint32_t> pending_rest_;
  bool has_word_boundary_ = false;
  int depth_ = 0;
};

}  // namespace

RegexTree parse_regex(std::string_view pattern, RegexDialect dialect) {
  return Parser(pattern, dialect).run();
}

RegexTree literal_regex(std::string_view text) {
  RegexTree tree;
  std::vector<uint32_t> items;
  for (const auto& [position, unit] : utf8_units(text)) {
    if (!unit.valid) {
      throw Error(ErrorCode::kInvalidArgument, "expected well-formed UTF-8",
                  "byte " + std::to_string(position) + " of the text to find");
    }
    RegexNode node;
    node.kind = Kind::kCharacter;
    node.code_point = unit.code_point;
    items.push_back(static_cast<uint32_t>(tree.nodes.size()));
    tree.nodes.push_back(std::move(node));
  }
  RegexNode all;
  all.kind = items.empty() ? Kind::kEmpty : Kind::kConcat;
  all.children = std::move(items);
  tree.root = static_cast<uint32_t>(tree.nodes.size());
  tree.nodes.push_back(std::move(all));
  return tree;
}

std::string quoted_pattern(std::string_view pattern) {
  constexpr size_t kShown = 80;
  size_t end = std::min(pattern.size(), kShown);
  while (end < pattern.size() && end > 0 && is_utf8_continuation(pattern[end])) --end;
  std::string quoted(1, '"');
  quoted.append(pattern.substr(0, end));
  if (end < pattern.size()) quoted.append("...");
  quoted.push_back('"');
  return quoted;
}

}  // namespace tokrail::detail
