// Builds the syntax tree of a Lark grammar as its parser goes. Internal to lark_syntax.cc.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "grammar/frontends/lark_syntax.h"
#include "grammar/frontends/source_error.h"

namespace tokrail {

class LarkTreeBuilder {
 public:
  using Iterator = const char*;
  using Kind = LarkNode::Kind;

  explicit LarkTreeBuilder(std::string_view text) : text_(text) {
    syntax_.conditions.emplace_back();
    begin_scope();
  }
  LarkSyntax take() { return std::move(syntax_); }

  bool inside_group() const { return open_.back().groups > 0; }
  bool inside_scope() const { return open_.size() > 1; }
  [[noreturn]] void fail(Iterator at, const std::string& message) const {
    fail_at(text_, offset(at), message);
  }

  // Scopes and statements.
  void begin_scope() {
    open_.push_back({.scope = static_cast<uint32_t>(syntax_.scopes.size())});
    syntax_.scopes.emplace_back();
  }
  void enter_scope(Iterator at) {
    nest(at);
    node(Kind::kScope, at).min = static_cast<uint32_t>(syntax_.scopes.size());
    begin_scope();
  }
  void leave_scope() {
    open_.pop_back();
    --depth_;
    end_node();
  }
  void begin_definition(Iterator first, Iterator last, bool is_terminal) {
    open_.back().definition = {.name = std::string(first, last),
                               .offset = offset(first),
                               .is_terminal = is_terminal,
                               .mode = std::exchange(mode_, LarkDefinition::Mode::kDefine),
                               .first_node = next_node()};
  }
  LarkDefinition& definition() { return open_.back().definition; }
  void set_mode(LarkDefinition::Mode mode) { mode_ = mode; }
  void end_definition() {
    definition().body = end_choice();
    scope().definitions.push_back(std::move(definition()));
  }
  void begin_ignore(Iterator at) {
    ignore_ = {.first_node = next_node(), .node = kNoLarkNode, .offset = offset(at)};
  }
  void end_ignore() {
    ignore_.node = end_choice();
    scope().ignores.push_back(ignore_);
  }
  void begin_path(Iterator at) { path_ = {.path = {}, .alias = {}, .offset = offset(at)}; }
  void path_part(Iterator first, Iterator last) {
    if (!path_.path.empty()) path_.path += '.';
    path_.path.append(first, last);
    path_.alias.assign(first, last);
  }
  void path_alias(Iterator first, Iterator last) { path_.alias.assign(first, last); }
  void end_path() { scope().imports.push_back(path_); }
  void import_name(Iterator first, Iterator last) {
    LarkImport one = path_;
    one.path += '.' + std::string(first, last);
    one.alias.assign(first, last);
    one.offset = offset(first);
    scope().imports.push_back(std::move(one));
  }
  void declare(Iterator first, Iterator last) { scope().declared.emplace_back(first, last); }
  void options(Iterator first, Iterator last) {
    scope().options.push_back({std::string(first, last), offset(first)});
  }

  // Expressions.
  void begin_group(Iterator at) {
    nest(at);
    ++open_.back().groups;
  }
  void end_group(bool is_optional, Iterator at) {
    --open_.back().groups;
    --depth_;
    const uint32_t body = end_choice();
    items().push_back(body);
    if (is_optional) repeat(at, 0, 1);
  }
  void begin_choice() { choices_.emplace_back(); }
  void begin_alternative() { choices_.back().alternatives.emplace_back(); }
  void begin_conjunct() { choices_.back().alternatives.back().conjuncts.emplace_back(); }
  void set_condition() { choices_.back().alternatives.back().condition = pop_condition(); }
  uint32_t end_choice() {
    LarkNode choice{.kind = Kind::kChoice};
    bool has_conditions = false;
    for (Alternative& alternative : choices_.back().alternatives) {
      choice.children.push_back(join(alternative));
      choice.conditions.push_back(alternative.condition);
      if (alternative.condition != 0) has_conditions = true;
    }
    if (!has_conditions) choice.conditions.clear();
    choices_.pop_back();
    if (choice.children.size() == 1 && !has_conditions) return choice.children[0];
    return add(std::move(choice));
  }
  void negate(Iterator at) {
    LarkNode negation{.kind = Kind::kNot, .offset = offset(at)};
    negation.children.push_back(items().back());
    items().back() = add(std::move(negation));
  }
  void repeat(Iterator at, uint32_t min, uint32_t max) {
    LarkNode repetition{.kind = Kind::kRepeat, .offset = offset(at), .min = min, .max = max};
    repetition.children.push_back(items().back());
    items().back() = add(std::move(repetition));
  }
  void count_from(int64_t count) { count_min_ = count_max_ = count; }
  void count_to(int64_t count) { count_max_ = count; }
  void count_open() { count_max_ = kLarkUnbounded; }
  void repeat_counted(Iterator at) {
    if (count_min_ < 0) fail(at, "a repetition needs min >= 0");
    if (count_max_ < count_min_) fail(at, "a repetition needs max >= min");
    if (count_max_ == 0) fail(at, "a repetition needs max > 0");
    repeat(at, static_cast<uint32_t>(count_min_), static_cast<uint32_t>(count_max_));
  }

  // Values. A node is begun, filled, and ended.
  LarkNode& node(Kind kind, Iterator at) {
    nodes_.push_back({.kind = kind, .offset = offset(at)});
    return nodes_.back();
  }
  LarkNode& node() { return nodes_.back(); }
  void end_node() {
    items().push_back(add(std::move(nodes_.back())));
    nodes_.pop_back();
  }
  void argument() { node().children.push_back(end_choice()); }
  /// The value that was just read, taken out of its choice of one.
  uint32_t take_value() { return end_choice(); }

  // Strings.
  void begin_string() { string_.clear(); }
  void string_character(char32_t c) { append_utf8(c, string_); }
  const std::string& string() const { return string_; }

  // Conditions, operands first.
  void begin_condition(Iterator at, LarkCondition condition) {
    nest(at);
    conditions_.push_back(condition);
  }
  LarkCondition& condition() { return conditions_.back(); }
  void end_condition() {
    --depth_;
    LarkCondition& made = conditions_.back();
    if (made.kind == LarkCondition::Kind::kAnd || made.kind == LarkCondition::Kind::kOr) {
      made.right = pop_condition();
      made.left = pop_condition();
    } else if (made.kind == LarkCondition::Kind::kNot) {
      made.left = pop_condition();
    }
    syntax_.conditions.push_back(made);
    conditions_.pop_back();
    finished_conditions_.push_back(static_cast<uint32_t>(syntax_.conditions.size() - 1));
  }
  LarkBits bits = {};
  void check_bits(Iterator at) const {
    if (bits.end <= bits.first) fail(at, "the end of the bits must be above their first");
  }

 private:
  struct Alternative {
    std::vector<std::vector<uint32_t>> conjuncts = {};
    uint32_t condition = 0;
  };
  struct Choice {
    std::vector<Alternative> alternatives = {};
  };
  struct Open {
    uint32_t scope;
    uint32_t groups = 0;
    LarkDefinition definition = {};
  };

  uint32_t offset(Iterator at) const { return static_cast<uint32_t>(at - text_.data()); }
  uint32_t next_node() const { return static_cast<uint32_t>(syntax_.nodes.size()); }
  LarkScope& scope() { return syntax_.scopes[open_.back().scope]; }
  std::vector<uint32_t>& items() { return choices_.back().alternatives.back().conjuncts.back(); }

  void nest(Iterator at) {
    if (++depth_ > kMaxLarkNesting) {
      fail(at, "the grammar nests deeper than " + std::to_string(kMaxLarkNesting));
    }
  }
  uint32_t add(LarkNode node) {
    syntax_.nodes.push_back(std::move(node));
    return next_node() - 1;
  }
  uint32_t join(Alternative& alternative) {
    std::vector<uint32_t> parts;
    for (std::vector<uint32_t>& conjunct : alternative.conjuncts) {
      if (conjunct.size() == 1) {
        parts.push_back(conjunct[0]);
        continue;
      }
      LarkNode sequence{.kind = Kind::kSequence};
      sequence.children = std::move(conjunct);
      parts.push_back(add(std::move(sequence)));
    }
    if (parts.size() == 1) return parts[0];
    LarkNode all{.kind = Kind::kAnd, .offset = syntax_.nodes[parts[0]].offset};
    all.children = std::move(parts);
    return add(std::move(all));
  }
  uint32_t pop_condition() {
    const uint32_t id = finished_conditions_.back();
    finished_conditions_.pop_back();
    return id;
  }

  std::string_view text_;
  LarkSyntax syntax_;
  std::vector<Open> open_;
  std::vector<Choice> choices_;
  std::vector<LarkNode> nodes_;
  std::vector<LarkCondition> conditions_;
  std::vector<uint32_t> finished_conditions_;
  LarkDefinition::Mode mode_ = LarkDefinition::Mode::kDefine;
  LarkScope::Part ignore_{};
  LarkImport path_{};
  std::string string_;
  int64_t count_min_ = 0, count_max_ = 0;
  uint32_t depth_ = 0;
};

}  // namespace tokrail
