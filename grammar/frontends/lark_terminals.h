// The terminals of one Lark scope as regular expressions. Internal to the Lark reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/frontends/lark_syntax.h"
#include "grammar/regex/regex_set.h"

namespace tokrail {

/// What a name stands for: several definitions where %extend was used.
struct LarkEntry {
  bool is_terminal = false;
  std::vector<const LarkDefinition*> definitions = {};
  /// %import: a regular expression of the standard library.
  std::string_view imported = {};
  uint32_t offset = 0;
};
using LarkNames = std::unordered_map<std::string, LarkEntry>;

/// The names that a scope defines. Errors: Error with line:column for doubles and bad imports.
LarkNames collect_lark_names(std::string_view text, const LarkScope& scope);

/// A bit for each node in [first, node] that stands below `node`; with `into_terminals`, also what
/// stands below `~` and `&`.
std::vector<bool> nodes_below(const LarkSyntax& syntax, uint32_t first, uint32_t node,
                              bool into_terminals);

class LarkTerminals {
 public:
  /// All must outlive the object.
  LarkTerminals(std::string_view text, const LarkSyntax& syntax, const LarkNames& names,
                RegexSet& regexes)
      : text_(text), syntax_(syntax), names_(names), regexes_(regexes) {}

  /// The terminal `name`, which is one of the names; `offset` is where it is used.
  RegexId named(const std::string& name, uint32_t offset);
  /// What `node` matches as a terminal; nodes below it have ids from `first` on.
  RegexId expression(uint32_t first, uint32_t node);
  /// A literal, a range, a regular expression or %regex.
  RegexId value(const LarkNode& node);

 private:
  enum class State : uint8_t { kOpen, kDone };
  struct Known {
    State state;
    RegexId regex;
  };

  std::vector<uint32_t> missing_names(uint32_t first, uint32_t node) const;
  std::vector<uint32_t> missing_names(const LarkEntry& entry) const;
  void resolve(std::vector<uint32_t> references);
  RegexId define(const LarkEntry& entry);
  RegexId lower(uint32_t first, uint32_t node);
  RegexId lower_one(const LarkNode& node, uint32_t first, const std::vector<RegexId>& lowered);
  [[noreturn]] void fail(uint32_t offset, const std::string& message) const;
  RegexId parse(const LarkNode& node);
  RegexId letters_in_either_case(const std::string& text);

  std::string_view text_;
  const LarkSyntax& syntax_;
  const LarkNames& names_;
  RegexSet& regexes_;
  std::unordered_map<std::string, Known> known_;
};

/// %regex { "substring_words": ... } and its kin: all texts that are some of the pieces, next to
/// each other in order. `json` stands at `offset` of `text`.
RegexId lark_substring_regex(RegexSet& regexes, std::string_view text, uint32_t offset,
                             std::string_view json);

/// A terminal of the standard library, as a regular expression; empty if there is none.
std::string_view common_lark_terminal(std::string_view name);

}  // namespace tokrail
