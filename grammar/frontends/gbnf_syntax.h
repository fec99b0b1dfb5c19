// The syntax tree of a GBNF text, with places. Internal to the front ends.
//
// Nodes lie in one vector and a node's children come before it, so that walks need no recursion
// however deep the text nests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/regex/regex_set.h"

namespace tokrail {

struct GbnfNode {
  enum class Kind : uint8_t {
    kLiteral,   ///< text: bytes
    kClass,     ///< ranges, negated: one character
    kAny,       ///< one character
    kName,      ///< text: name of a rule
    kTokenId,   ///< min: id, negated
    kToken,     ///< text: the token's name with its angle brackets, negated
    kSequence,  ///< children
    kChoice,    ///< children
    kRepeat,    ///< one child, min, max
  };
  Kind kind;
  bool negated = false;
  uint32_t offset = 0;
  uint32_t min = 0, max = 0;
  std::string text = {};
  std::vector<CodePointRange> ranges = {};
  std::vector<uint32_t> children = {};
};

struct GbnfRule {
  std::string name;
  uint32_t offset;
  uint32_t body;
};

struct GbnfSyntax {
  std::vector<GbnfNode> nodes;
  std::vector<GbnfRule> rules;
};

/// Groups inside groups, and operators behind one item.
inline constexpr uint32_t kMaxGbnfNesting = 256;

/// Errors: Error(kInvalidArgument) with line:column and a caret.
GbnfSyntax parse_gbnf(std::string_view text);

}  // namespace tokrail
