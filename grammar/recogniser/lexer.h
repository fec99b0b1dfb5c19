// Lexer: the terminals that are being read at a place, advanced byte by byte.
//
// A *state* is a set of (origin, rest): the terminals that may stand here and what of each may
// still follow. States are shared: the same set is one number, so that what is computed for it
// (steps, masks) is computed once. Steps are found lazily, one class of bytes at a time.
//
// A step tells what goes on, which terminals have ended with this byte, and, for terminals that are
// lexed longest-first, the *guard*: the language of longer matches, which makes the ended ones void
// if it is matched after all.
//
// Internal to the module; not thread safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "grammar/grammar.h"
#include "grammar/recogniser/intern_table.h"
#include "grammar/regex/regex_set.h"

namespace tokrail::recogniser {

using LexId = uint32_t;     ///< a state; 0 has no terminals
using OriginId = uint32_t;  ///< a terminal as lexed
using AcceptId = uint32_t;  ///< a set of origins; 0 is empty

/// A terminal as far as lexing goes.
struct Origin {
  RegexId regex;
  uint32_t lexing;  ///< Lexing
  int32_t priority;
  uint32_t captures;  ///< 1: the text of the terminal decides what follows
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

struct LexItem {
  OriginId origin;
  RegexId rest;
  friend auto operator<=>(const LexItem&, const LexItem&) = default;
};

struct LexStep {
  LexId next = 0;        ///< 0: nothing goes on
  AcceptId accepts = 0;  ///< what has ended with this byte
  RegexId guard = RegexSet::kNothing;
  /// With a guard: what has ended too and is not under it, being lexed in another way.
  AcceptId unguarded = 0;
};

class Lexer {
 public:
  explicit Lexer(RegexSet regexes) : regexes_(std::move(regexes)) {
    states_.push_back(std::make_unique<State>());
  }

  RegexSet& regexes() noexcept { return regexes_; }
  OriginId origin(const Origin& origin);
  const Origin& origin(OriginId id) const noexcept { return origins_[id]; }

  /// The state before any of these terminals is begun.
  LexId start(std::vector<OriginId> origins);
  /// Both numbers 0 in the answer: the byte cannot come.
  const LexStep& step(LexId state, uint8_t byte) {
    State& s = *states_[state];
    if (s.row) {
      const uint32_t known = (*s.row)[byte];
      if (known != 0) return steps_[known];
    }
    return find_step(state, byte);
  }
  /// Bytes that can come.
  const ByteSet& first_bytes(LexId state);
  bool captures(LexId state) const noexcept { return states_[state]->captures; }
  std::span<const LexItem> items(LexId state) const noexcept;
  /// The state of these items.
  LexId intern(std::vector<LexItem> items);
  std::span<const OriginId> accepted(AcceptId id) const noexcept { return accepts_[id]; }
  /// Depends on the content of the state alone; equal in all grammars.
  RegexHash hash(LexId state);
  size_t state_count() const noexcept { return states_.size(); }
  size_t memory() const noexcept;

 private:
  struct Class {
    ByteSet bytes;
    uint32_t step;
  };
  struct State {
    std::vector<LexItem> items;
    std::vector<Class> classes;
    std::unique_ptr<std::array<uint32_t, 256>> row;
    ByteSet first;
    bool has_first = false, captures = false;
    uint32_t lookups = 0;
  };

  const LexStep& find_step(LexId state, uint8_t byte);
  uint32_t make_step(const std::vector<LexItem>& next);
  AcceptId intern_accepts(std::vector<OriginId> ended);
  void use_row(State& state);

  RegexSet regexes_;
  std::vector<Origin> origins_;
  InternTable origin_index_;
  std::vector<std::unique_ptr<State>> states_;
  InternTable state_index_;
  std::vector<uint64_t> state_hashes_ = {0};
  InternedSequences<OriginId> accepts_;
  std::vector<LexStep> steps_ = {LexStep{}, LexStep{}};  // 0 unknown, 1 nothing
};

}  // namespace tokrail::recogniser
