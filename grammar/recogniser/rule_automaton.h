// RuleAutomaton: the rules of a grammar as finite automata that call each other.
//
// A *machine* stands for one rule, one counted repetition or one set of distinct entries. Its
// *positions* are automaton states; an edge reads a terminal, calls a machine or reads a special
// token. What holds after compiling, and what the recogniser relies on:
//   - no edge is empty: machines that may match nothing are called *or* skipped by the caller, and
//   a
//     called machine reads at least one byte or token;
//   - no machine calls itself before it has read something (left recursion is turned into
//     iteration), and `rank` orders machines so that a call at a start goes to a higher rank;
//   - every position can reach an end and can be reached.
// Left recursion: the machines of a cycle of left calls are solved as one system of linear
// equations over regular expressions (D. N. Arden, "Delayed-logic and finite-state machines",
// 1961): any non-recursive beginning, then any chain of recursive continuations. The language is
// the same.
//
// Immutable after compile. Complexity: O(grammar), times the size of a left-recursive cycle.
// Internal to the module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "grammar/compiled_grammar.h"
#include "grammar/grammar.h"

namespace tokrail::recogniser {

using PositionId = uint32_t;
using MachineId = uint32_t;
inline constexpr uint32_t kNone = 0xFFFFFFFF;

struct Edge {
  enum class Kind : uint8_t { kTerminal, kCall, kTokens };
  Kind kind;
  uint32_t value;  ///< terminal, machine or token set
  PositionId to;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

struct Position {
  enum class Kind : uint8_t {
    kPlain,
    kLoop,           ///< head of a counted repetition; its data is the count so far
    kDistinctKey,    ///< before an entry of a DistinctEntries; its data is a DistinctState
    kDistinctAfter,  ///< behind an entry
  };
  Kind kind = Kind::kPlain;
  bool is_final = false;
  MachineId machine = kNone;
  uint32_t first_edge = 0, edge_count = 0;
};

struct Machine {
  enum class Kind : uint8_t { kRule, kLoop, kDistinct };
  Kind kind = Kind::kRule;
  bool nullable = false;
  PositionId start = kNone;
  uint32_t rank = 0;
  TerminalId ignore = Grammar::kUndefined;
  bool ignore_at_end = false;         ///< `ignore` may stand at final positions too
  RuleId rule = Grammar::kUndefined;  ///< where it comes from, for messages
  MachineId body = kNone;             ///< kLoop
  uint32_t min = 0, max = 0;          ///< kLoop
  uint32_t distinct = kNone;          ///< kDistinct: index into distinct
};

/// DistinctEntries with its expressions compiled.
struct DistinctMachine {
  struct Listed {
    RegexId key;
    MachineId rest;
    bool required;
    std::vector<uint32_t> requires_entries;
  };
  struct Open {
    RegexId key;
    MachineId rest;
  };
  std::vector<Listed> listed;
  std::vector<Open> open;
  bool ordered, distinct_open;
  Sameness sameness;
  RegexId separator;
  uint32_t min, max;
  PositionId after = kNone;  ///< the kDistinctAfter position
};

struct RuleAutomaton {
  std::vector<Position> positions;
  std::vector<Edge> edges;
  std::vector<Machine> machines;
  std::vector<DistinctMachine> distinct;
  std::vector<Terminal> terminals;
  std::vector<TokenSet> token_sets;
  MachineId start = kNone;
  bool matches_empty = false;
  /// Fewest bytes from the end of an open key, over what follows it and a separator, to where the
  /// next key may be found to be the same, or none may be left.
  uint32_t bytes_to_next_key = kNone;

  std::span<const Edge> edges_of(PositionId id) const noexcept {
    return {edges.data() + positions[id].first_edge, positions[id].edge_count};
  }
  size_t memory() const noexcept;
};

/// Throws Error(kInvalidArgument) if the language is empty, Error(kUnsupported) for left recursion
/// through a counted repetition, Error(kBudgetExhausted) and Error(kCancelled) by the limits.
/// `regexes` is the set the terminals' expressions live in.
RuleAutomaton compile_rules(const Grammar& grammar, RegexSet& regexes, const CompileLimits& limits);

}  // namespace tokrail::recogniser
