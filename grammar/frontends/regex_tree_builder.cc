#include "grammar/frontends/regex_tree_builder.h"

#include "grammar/frontends/source_error.h"

namespace tokrail {

RegexTreeBuilder::RegexTreeBuilder(std::string_view text, const RegexOptions& options,
                                   RegexCharacters& characters)
    : text_(text), dialect_(options.dialect), characters_(characters) {
  flags_.case_insensitive = options.case_insensitive;
  flags_.dot_all = options.dot_all;
  flags_.extended = options.extended && is_lark();
  groups_.push_back({0, flags_});
}

void RegexTreeBuilder::fail(Iterator at, const std::string& message) const {
  fail_at(text_, offset(at), message);
}

void RegexTreeBuilder::refuse(Iterator at, const std::string& construct) const {
  fail_at(text_, offset(at), construct + " is not supported", ErrorCode::kUnsupported);
}

uint32_t RegexTreeBuilder::add(RegexSyntaxNode node) {
  syntax_.nodes.push_back(node);
  return static_cast<uint32_t>(syntax_.nodes.size() - 1);
}

void RegexTreeBuilder::add_item(RegexSyntaxNode node) {
  groups_.back().sequence.push_back(add(node));
  not_repeatable_ = false;
}

void RegexTreeBuilder::add_set(Set set) {
  syntax_.sets.push_back(std::move(set));
  add_item({.kind = Kind::kSet, .value = static_cast<uint32_t>(syntax_.sets.size() - 1)});
}

uint32_t RegexTreeBuilder::add_parent(Kind kind, const std::vector<uint32_t>& children) {
  if (children.size() == 1) return children[0];
  auto& lists = syntax_.child_lists;
  const auto first = static_cast<uint32_t>(lists.size());
  lists.insert(lists.end(), children.begin(), children.end());
  return add(
      {.kind = kind, .first_child = first, .children = static_cast<uint32_t>(children.size())});
}

void RegexTreeBuilder::alternative() {
  Group& group = groups_.back();
  group.choices.push_back(add_parent(Kind::kSequence, group.sequence));
  group.sequence.clear();
  not_repeatable_ = false;
}

uint32_t RegexTreeBuilder::close_choices(Group& group) {
  group.choices.push_back(add_parent(Kind::kSequence, group.sequence));
  return add_parent(Kind::kChoice, group.choices);
}

void RegexTreeBuilder::begin_group(Iterator at) {
  begin_group(at, flags_);
}

void RegexTreeBuilder::begin_group(Iterator at, const RegexFlags& flags) {
  if (groups_.size() > kMaxRegexNesting) {
    fail(at, "groups nest deeper than " + std::to_string(kMaxRegexNesting));
  }
  groups_.push_back({offset(at), flags_});
  flags_ = flags;
  not_repeatable_ = false;
}

void RegexTreeBuilder::end_group(Iterator at) {
  if (groups_.size() == 1) fail(at, "this ')' closes no group");
  flags_ = groups_.back().outer_flags;
  const uint32_t body = close_choices(groups_.back());
  groups_.pop_back();
  groups_.back().sequence.push_back(body);
  not_repeatable_ = false;
}

RegexSyntax RegexTreeBuilder::finish() {
  if (groups_.size() > 1) {
    fail_at(text_, groups_.back().offset, "this group is not closed; expected ')'");
  }
  const uint32_t root = close_choices(groups_.back());
  // The whole expression is the last node, whatever was read last.
  if (root + 1 != syntax_.nodes.size()) syntax_.nodes.push_back(syntax_.nodes[root]);
  return std::move(syntax_);
}

void RegexTreeBuilder::atom(const RegexAtom& atom) {
  if (!atom.set && !flags_.case_insensitive) {
    add_item({.kind = Kind::kCharacter, .value = static_cast<uint32_t>(atom.character)});
    return;
  }
  Set set = atom.set ? *atom.set : Set(atom.character, atom.character);
  if (!atom.set) characters_.close_over_case(set);
  add_set(std::move(set));
}

void RegexTreeBuilder::dot() {
  add_set(RegexCharacters::dot(dialect_, flags_.dot_all));
}

void RegexTreeBuilder::line_anchor(Iterator at, Kind kind) {
  if (flags_.multi_line) refuse(at, "an anchor at lines, of the flag m,");
  text_anchor(kind);
}

void RegexTreeBuilder::text_anchor(Kind kind) {
  add_item({.kind = kind});
  not_repeatable_ = true;
}

void RegexTreeBuilder::repeat(Iterator at, uint32_t min, uint32_t max) {
  std::vector<uint32_t>& items = groups_.back().sequence;
  if (items.empty()) fail(at, "there is nothing before this to repeat");
  if (min > max) fail(at, "a repetition needs its least number to be no more than its greatest");
  if (!is_lark() && not_repeatable_) {
    fail(at, "there is nothing before this that can be repeated");
  }
  const uint32_t body = items.back();
  items.pop_back();
  syntax_.child_lists.push_back(body);
  add_item({.kind = Kind::kRepeat,
            .min = min,
            .max = max,
            .first_child = static_cast<uint32_t>(syntax_.child_lists.size() - 1),
            .children = 1});
  not_repeatable_ = true;
}

void RegexTreeBuilder::begin_class(Iterator at) {
  if (classes_.size() >= kMaxRegexClassNesting) {
    fail(at, "classes nest deeper than " + std::to_string(kMaxRegexClassNesting));
  }
  classes_.emplace_back();
}

void RegexTreeBuilder::class_first(const RegexAtom& atom) {
  Class& one = classes_.back();
  class_first_is_set_ = atom.set.has_value();
  class_first_ = atom.character;
  if (atom.set) {
    one.items.add(*atom.set);
  } else {
    one.items.add(atom.character, atom.character);
  }
}

void RegexTreeBuilder::class_last(Iterator at, const RegexAtom& atom) {
  Class& one = classes_.back();
  if (class_first_is_set_ || atom.set) {
    if (is_lark()) fail(at, "a range goes from one character to another, not to a class");
    // ECMA-262, annex B: the hyphen stands for itself.
    one.items.add('-', '-');
    if (atom.set) one.items.add(*atom.set);
    if (!atom.set) one.items.add(atom.character, atom.character);
    return;
  }
  if (atom.character < class_first_) fail(at, "the range of characters is backwards");
  one.items.add(class_first_, atom.character);
}

void RegexTreeBuilder::fold_class(Class& one) {
  one.items.normalize();
  if (flags_.case_insensitive) characters_.close_over_case(one.items);
  switch (one.op) {
    case '&': one.before = one.before.intersection(one.items); break;
    case '-': one.before = one.before.difference(one.items); break;
    case '~': {
      Set either = one.before.difference(one.items);
      either.add(one.items.difference(one.before));
      either.normalize();
      one.before = std::move(either);
      break;
    }
    default: one.before = std::move(one.items);
  }
  one.items = {};
}

void RegexTreeBuilder::class_operator(char op) {
  fold_class(classes_.back());
  classes_.back().op = op;
}

void RegexTreeBuilder::end_class() {
  fold_class(classes_.back());
  Class closed = std::move(classes_.back());
  classes_.pop_back();
  Set set = closed.negated ? closed.before.complement() : std::move(closed.before);
  if (classes_.empty()) {
    add_set(std::move(set));
  } else {
    classes_.back().items.add(set);
  }
}

}  // namespace tokrail
