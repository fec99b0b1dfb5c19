// The syntax tree of a Lark grammar, with places. Internal to the front ends.
//
// Nodes lie in one vector and a node's children come before it, so that walks need no recursion.
// A scope is one grammar: the text itself, or what stands in %lark { ... }.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

inline constexpr uint32_t kNoLarkNode = 0xFFFFFFFF;
inline constexpr uint32_t kLarkUnbounded = 0xFFFFFFFF;

/// Bits [first, end) of a rule's parameter.
struct LarkBits {
  uint8_t first = 0, end = 64;
};

/// The parameter that a call gives: name::expression.
struct LarkParameter {
  enum class Kind : uint8_t { kNone, kConstant, kSelf, kIncrement, kDecrement, kAnd, kOr };
  Kind kind = Kind::kNone;
  LarkBits bits = {};
  uint64_t value = 0;
};

/// What stands behind %if.
struct LarkCondition {
  enum class Kind : uint8_t { kTrue, kCompare, kCompareCount, kAnd, kOr, kNot };
  enum class Order : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
  Kind kind = Kind::kTrue;
  Order order = Order::kEqual;
  LarkBits bits = {};
  uint64_t value = 0;
  uint32_t left = 0, right = 0;  ///< kAnd, kOr: both; kNot: left
};

struct LarkNode {
  enum class Kind : uint8_t {
    kLiteral,   ///< text; flag: letters match in either case
    kRange,     ///< text and second: one character each
    kRegex,     ///< text: the pattern, second: the flags
    kName,      ///< text, parameter, children: arguments of a template if `flag`
    kToken,     ///< text, with its angle brackets
    kGrammar,   ///< text: the name without @
    kJson,      ///< text: a schema
    kRegexExt,  ///< text: JSON
    kScope,     ///< min: index of the scope
    kSequence,  ///< children
    kAnd,       ///< children: all of them match
    kChoice,    ///< children, conditions
    kRepeat,    ///< one child, min, max
    kNot,       ///< one child
  };
  Kind kind;
  bool flag = false;
  uint32_t offset = 0;
  uint32_t min = 0, max = 0;
  std::string text = {}, second = {};
  LarkParameter parameter = {};
  std::vector<uint32_t> children = {};
  /// One condition for each child, or none at all where all hold.
  std::vector<uint32_t> conditions = {};
};

struct LarkDefinition {
  enum class Mode : uint8_t { kDefine, kOverride, kExtend };
  std::string name;
  uint32_t offset = 0;
  bool is_terminal = false;
  bool is_parametric = false;
  Mode mode = Mode::kDefine;
  std::vector<std::string> template_names = {};
  int32_t priority = 0;
  uint32_t body = kNoLarkNode;
  uint32_t first_node = 0;  ///< nodes of the definition have ids from here to `body`
  // Attributes.
  std::optional<std::string> capture = {}, stop_capture = {};
  bool lazy = false;
  uint32_t stop = kNoLarkNode, suffix = kNoLarkNode;
  std::optional<uint32_t> max_tokens = {};
  std::optional<float> temperature = {};
};

struct LarkImport {
  std::string path, alias;  ///< "common.INT", "INT"
  uint32_t offset;
};

struct LarkScope {
  std::vector<LarkDefinition> definitions = {};
  struct Part {
    uint32_t first_node, node, offset;
  };
  std::vector<Part> ignores = {};
  std::vector<LarkImport> imports = {};
  std::vector<std::string> declared = {};
  struct Options {
    std::string json;
    uint32_t offset;
  };
  std::vector<Options> options = {};
};

struct LarkSyntax {
  std::vector<LarkNode> nodes;
  std::vector<LarkCondition> conditions;  ///< operands before the condition; [0] is `true`
  std::vector<LarkScope> scopes;          ///< [0] is the text itself
};

/// Groups, conditions and grammars inside each other.
inline constexpr uint32_t kMaxLarkNesting = 256;

/// Errors: Error(kInvalidArgument) with line:column and a caret.
LarkSyntax parse_lark(std::string_view text);

}  // namespace tokrail
