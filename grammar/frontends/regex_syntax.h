// The syntax tree of a regular expression. Characters are resolved to sets while reading, with the
// flags that hold there; what is left is structure. Internal to the front ends.
//
// Nodes lie in one vector and a node's children come before it, so that walks need no recursion
// however deep the text nests.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/code_point_set.h"
#include "grammar/frontends/regex_notation.h"

namespace tokrail {

struct RegexSyntaxNode {
  enum class Kind : uint8_t {
    kCharacter,  ///< value: the code point
    kSet,        ///< value: index in sets
    kStart,      ///< the beginning of the text
    kEnd,        ///< the end of the text
    kSequence,
    kChoice,
    kRepeat,  ///< one child, min to max times
  };
  Kind kind;
  uint32_t value = 0;
  uint32_t min = 0, max = 0;
  uint32_t first_child = 0, children = 0;
};

struct RegexSyntax {
  std::vector<RegexSyntaxNode> nodes;  ///< the last one is the whole expression
  std::vector<uint32_t> child_lists;
  std::vector<detail::CodePointSet> sets;

  std::span<const uint32_t> children(const RegexSyntaxNode& node) const {
    return {child_lists.data() + node.first_child, node.children};
  }
};

/// Groups inside groups, and classes inside classes.
inline constexpr uint32_t kMaxRegexNesting = 1000, kMaxRegexClassNesting = 100;

class RegexCharacters;

RegexSyntax parse_regex_syntax(std::string_view pattern, const RegexOptions& options,
                               RegexCharacters& characters);

}  // namespace tokrail
