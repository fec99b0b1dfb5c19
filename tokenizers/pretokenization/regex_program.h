// The instructions a regular expression is matched by.
//
// A program is a graph: every instruction names the one that comes next. Choices know from the next
// byte which of their branches can match at all, so most of them are decided without trying.
// Look-around and atomic groups are programs of their own inside the same code, which end in
// kMatch. Private to the regular expressions. Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/code_point_set.h"
#include "tokenizers/pretokenization/regex_syntax.h"

namespace tokrail::detail {

/// Which bytes can come next, and whether the end of the text can.
struct FirstBytes {
  std::array<uint64_t, 4> bytes{};
  bool at_end = false;

  bool has(unsigned char byte) const noexcept { return (bytes[byte >> 6] >> (byte & 63) & 1) != 0; }
  void add(const FirstBytes& other) noexcept;
  bool disjoint(const std::array<uint64_t, 4>& other) const noexcept;
  static FirstBytes anything() noexcept;
  bool operator==(const FirstBytes&) const = default;
};

struct RegexProgram {
  enum class Op : uint8_t {
    kMatch,
    kText,           // a: offset, b: length in `texts`
    kSet,            // a: set
    kSpan,           // a: set, b: least, c: most, d: number of the span; greedy, possessive or lazy
    kSplit,          // a: first of b branches; c: dispatch table
    kLook,           // a: program; b, c: fewest and most characters to step back; behind, negated
    kAtomic,         // a: program
    kAssertion,      // a: RegexAssertion
    kSave,           // a: register; remembers the position
    kProgress,       // a: register, b: where to go on when the position is still that one
    kBackReference,  // a: register of the begin; the end follows it
    kGrapheme,
  };
  struct Instruction {
    Op op = Op::kMatch;
    RegexNode::Greed greed = RegexNode::Greed::kGreedy;
    bool behind = false, negated = false, ignore_case = false;
    uint32_t next = 0;
    uint32_t a = 0, b = 0, c = 0, d = 0;
    uint32_t memo = kNoMemo;  ///< number of the choice, for what is remembered about it
  };
  using Dispatch = std::array<uint32_t, 257>;  ///< bits of branches by byte; last: end of text

  static constexpr uint32_t kNoMemo = 0xFFFFFFFFu;
  static constexpr uint32_t kBranches = 32;

  std::vector<Instruction> code;
  uint32_t start = 0;
  std::vector<SetTable> sets;
  std::string texts;
  std::vector<uint32_t> branches;
  std::vector<Dispatch> dispatch;
  std::vector<FirstBytes> first;  ///< by instruction
  uint32_t registers = 0;
  uint32_t spans = 0;
  uint32_t memos = 0;  ///< 0: what follows a state depends on more than the position
  bool has_looks = false;
  uint32_t word_set = 0;
};

/// Throws Error(kUnsupported) for a pattern that would become too large.
RegexProgram compile_regex(RegexTree tree, std::string_view pattern);

}  // namespace tokrail::detail
