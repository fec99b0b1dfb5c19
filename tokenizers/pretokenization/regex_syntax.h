// The tree of a regular expression, as RegexFinder reads it.
//
// Characters are resolved to sets while reading: what is left is structure. Nodes refer to each
// other by index; a node's children come before it. Private to the regular expressions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/code_point_set.h"
#include "tokenizers/pretokenization/regex_finder.h"

namespace tokrail::detail {

inline constexpr uint32_t kUnboundedRepeat = 0xFFFFFFFFu;

enum class RegexAssertion : uint8_t {
  kTextBegin,
  kTextEnd,
  kTextEndOrFinalNewline,
  kLineBegin,          ///< also behind a final line feed
  kLineBeginNotAtEnd,  ///< not behind a final line feed
  kLineEnd,
  kWordBoundary,
  kNotWordBoundary,
  kSearchBegin,
};

struct RegexNode {
  enum class Kind : uint8_t {
    kEmpty,
    kCharacter,      // code_point
    kSet,            // set
    kConcat,         // children
    kAlternate,      // children
    kRepeat,         // children[0], min, max, greed
    kCapture,        // children[0], group
    kLook,           // children[0], behind, negated
    kAtomic,         // children[0]
    kAssertion,      // assertion
    kBackReference,  // group, ignore_case
    kGrapheme,       // one extended grapheme cluster
  };
  enum class Greed : uint8_t { kGreedy, kLazy, kPossessive };

  Kind kind = Kind::kEmpty;
  char32_t code_point = 0;
  uint32_t set = 0;
  std::vector<uint32_t> children;
  uint32_t min = 0, max = 0;
  Greed greed = Greed::kGreedy;
  uint32_t group = 0;
  bool behind = false, negated = false, ignore_case = false;
  RegexAssertion assertion = RegexAssertion::kTextBegin;
};

struct RegexTree {
  std::vector<RegexNode> nodes;
  uint32_t root = 0;
  std::vector<CodePointSet> sets;
  uint32_t groups = 0;
  bool has_back_references = false;
  CodePointSet word;  ///< what \b is about
};

/// Throws Error(kInvalidArgument) or, for what is understood but not done, Error(kUnsupported).
RegexTree parse_regex(std::string_view pattern, RegexDialect dialect);

/// The tree of a literal text. Ill-formed bytes throw Error(kInvalidArgument).
RegexTree literal_regex(std::string_view text);

/// The pattern in quotes, cut to a length for messages.
std::string quoted_pattern(std::string_view pattern);

}  // namespace tokrail::detail
