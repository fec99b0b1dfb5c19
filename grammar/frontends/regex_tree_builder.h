// What the grammar of regular expressions builds: the syntax tree, with flags and groups on a stack
// of its own, so that groups nest without recursion. Internal to regex_syntax.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/frontends/regex_characters.h"
#include "grammar/frontends/regex_syntax.h"

namespace tokrail {

/// One character, or a set that stands for one.
struct RegexAtom {
  char32_t character = 0;
  std::optional<detail::CodePointSet> set = {};
};

struct RegexFlags {
  bool case_insensitive = false, dot_all = false, extended = false, multi_line = false;
};

class RegexTreeBuilder {
 public:
  using Set = detail::CodePointSet;
  using Kind = RegexSyntaxNode::Kind;
  using Iterator = const char*;

  RegexTreeBuilder(std::string_view text, const RegexOptions& options, RegexCharacters& characters);

  bool is_lark() const { return dialect_ == PatternDialect::kLark; }
  const RegexFlags& flags() const { return flags_; }
  Set perl_class(char letter) {
    return characters_.perl_class(letter, dialect_, flags_.case_insensitive);
  }
  RegexCharacters& characters() { return characters_; }
  /// The whole tree; fails where a group is still open.
  RegexSyntax finish();

  void begin_group(Iterator at);
  void begin_group(Iterator at, const RegexFlags& flags);
  void end_group(Iterator at);
  void set_flags(const RegexFlags& flags) { flags_ = flags; }
  void alternative();
  void atom(const RegexAtom& atom);
  void dot();
  /// ^ and $, which flag m gives another meaning; or \A and \z.
  void line_anchor(Iterator at, Kind kind);
  void text_anchor(Kind kind);
  void repeat(Iterator at, uint32_t min, uint32_t max);

  void begin_class(Iterator at);
  void negate_class() { classes_.back().negated = true; }
  void class_first(const RegexAtom& atom);
  void class_last(Iterator at, const RegexAtom& atom);
  void class_operator(char op);
  void end_class();

  [[noreturn]] void fail(Iterator at, const std::string& message) const;
  [[noreturn]] void refuse(Iterator at, const std::string& construct) const;

 private:
  struct Group {
    size_t offset;
    RegexFlags outer_flags;
    std::vector<uint32_t> choices = {}, sequence = {};
  };
  struct Class {
    bool negated = false;
    char op = 0;  // joins what stands before with `items`
    Set before = {}, items = {};
  };

  size_t offset(Iterator at) const { return static_cast<size_t>(at - text_.data()); }
  uint32_t add(RegexSyntaxNode node);
  void add_item(RegexSyntaxNode node);
  void add_set(Set set);
  uint32_t add_parent(Kind kind, const std::vector<uint32_t>& children);
  uint32_t close_choices(Group& group);
  void fold_class(Class& one);

  std::string_view text_;
  PatternDialect dialect_;
  RegexCharacters& characters_;
  RegexFlags flags_;
  RegexSyntax syntax_;
  std::vector<Group> groups_;
  std::vector<Class> classes_;
  char32_t class_first_ = 0;
  bool class_first_is_set_ = false;
  bool not_repeatable_ = false;  // behind an anchor or an operator, which ECMA-262 refuses
};

}  // namespace tokrail
