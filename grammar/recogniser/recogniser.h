// Recogniser: which texts a RuleAutomaton accepts, byte by byte, with all derivations at once.
//
// A *thread* is a lexer state (terminals being read) on top of a *stack* (what holds when one of
// them has ended). A stack is a set of items (position, data, stack below) with a number of its
// own; equal stacks are one, however they came about, so the recogniser is a pushdown automaton
// whose states are found lazily and remembered, and a graph-structured stack where the grammar is
// ambiguous. Return addresses that have nothing left to do are dropped (tail calls), so right
// recursion does not grow stacks. All derivations are kept: threads that read the same terminals
// are merged by the union of their stacks.
//
// M. Tomita, "Efficient parsing for natural language", 1985 (graph-structured stacks); E. Scott,
// A. Johnstone, "GLL parsing", ENTCS 253, 2010 (call sets shared by callee).
//
// Internal to the module; not thread safe. Complexity: O(1) per byte on deterministic parts, cubic
// in the text at worst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "grammar/recogniser/distinct_states.h"
#include "grammar/recogniser/end_distances.h"
#include "grammar/recogniser/intern_table.h"
#include "grammar/recogniser/lexer.h"
#include "grammar/recogniser/rule_automaton.h"

namespace tokrail::recogniser {

using StackId = uint32_t;  ///< 0: below the start
using TextId = uint32_t;   ///< bytes of a captured terminal so far; 0: none

struct StackItem {
  PositionId position;
  uint32_t data;
  StackId below;
  friend auto operator<=>(const StackItem&, const StackItem&) = default;
};

struct Thread {
  LexId lexer = 0;
  StackId stack = 0;
  RegexId guard = RegexSet::kNothing;  ///< void if this is matched (see Lexer)
  TextId text = 0;
  bool at_start = false;  ///< no byte of a terminal has been read since the stack was made
  friend bool operator==(const Thread&, const Thread&) = default;
};

/// A way from a stack: what may be read there, and what holds then.
struct Offer {
  enum class Kind : uint8_t { kGoto, kSame, kEntry, kOpenEntry };
  OriginId origin;
  Kind kind;
  uint32_t entry = 0;  ///< kEntry: listed, kOpenEntry: open
  StackItem to;        ///< kGoto; for entries: the kDistinctAfter position, data before, below
};
struct TokenOffer {
  uint32_t token_set;
  StackItem to;
};

class Recogniser {
 public:
  Recogniser(RuleAutomaton automaton, RegexSet regexes);

  std::vector<Thread> start();
  /// Longest matches may lead to dead ends, which are looked for at each place (lexing_traps.h).
  bool may_trap() const noexcept { return may_trap_; }
  /// Appends the threads after `byte` to `out`; none: the byte cannot come. `in` must not be in
  /// `out`.
  void step(std::span<const Thread> in, uint8_t byte, std::vector<Thread>& out);
  /// Appends the threads after a special token for which `has(token_set)`.
  template <typename Has>
  void step_token(std::span<const Thread> in, Has has, std::vector<Thread>& out) {
    std::vector<StackItem> items;
    for (const Thread& thread : in) {
      if (!thread.at_start) continue;
      for (const TokenOffer& offer : state(thread.stack).tokens) {
        if (has(offer.token_set)) items.push_back(offer.to);
      }
    }
    if (!items.empty()) add_start(make_stack(std::move(items)), RegexSet::kNothing, out);
  }
  /// Whether the text may end here.
  bool can_end(std::span<const Thread> threads);

  /// What a stack offers, found once.
  struct State {
    LexId lexer = 0;
    bool can_end = false;
    std::vector<Offer> offers;  ///< by origin
    std::vector<TokenOffer> tokens;
  };
  const State& state(StackId stack);
  std::span<const StackItem> items(StackId stack) const noexcept { return stacks_[stack]; }

  Lexer& lexer() noexcept { return lexer_; }
  const RuleAutomaton& automaton() const noexcept { return automaton_; }
  size_t memory() const noexcept;

  /// The stack after these terminals have ended with the captured text.
  StackId advance(StackId stack, AcceptId accepts, TextId text);
  /// Adds a thread at the beginning of whatever the stack offers.
  void add_start(StackId stack, RegexId guard, std::vector<Thread>& out, size_t from = 0);
  /// Adds a thread, merging it with one behind `from` that reads the same.
  void add(const Thread& thread, std::vector<Thread>& out, size_t from);
  TextId add_byte(TextId text, uint8_t byte);
  std::string text(TextId text) const;

 private:
  class Closure;
  StackId make_stack(std::vector<StackItem> items);
  void append_entry(const Offer& offer, TextId text, std::vector<StackItem>& items);
  StackId unite(StackId a, StackId b);
  RegexId step_guard(RegexId guard, uint8_t byte, bool& is_void);
  /// Whether some text goes on with the thread, without the guard being matched.
  bool is_alive(const Thread& thread);
  struct Way;
  bool search_way_out(const Way& first);
  bool leads_out(const Way& way);

  struct TextByte {
    TextId before;
    uint32_t byte;
  };

  RuleAutomaton automaton_;
  Lexer lexer_;
  DistinctStates distinct_;
  std::vector<OriginId> terminal_origins_;
  InternedSequences<StackItem> stacks_;
  std::vector<std::unique_ptr<State>> states_;  // by stack
  std::unordered_map<uint64_t, StackId> advances_;
  std::vector<TextByte> texts_ = {{0, 0}};
  InternTable text_index_;
  EndDistances distances_;
  /// Threads (lexer, stack, guard, at_start) known to go on or not.
  std::unordered_map<uint64_t, bool> alive_;
  StackId start_stack_ = 0;
  size_t state_bytes_ = 0;
  bool may_trap_ = false;
};

}  // namespace tokrail::recogniser
