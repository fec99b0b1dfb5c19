// StateParts: a lexer state taken apart into what masks are cheap for.
//
// The terminals of a state are independent of each other as long as every way to cut a text counts,
// so a mask is the union over terminals, each with its own token classes: a state made of known
// terminals costs nothing new. Where a terminal is a wide language without a narrow one (a JSON
// string that is none of the listed keys), the classes are those of the wide language, which all
// grammars share, and only tokens along the narrow one are looked at. Counts larger than a token is
// long are forgotten first.
//
// Internal to the module; not thread safe.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "grammar/recogniser/lexer.h"

namespace tokrail::recogniser {

struct StateParts {
  struct Part {
    LexId state = 0;    ///< the terminal alone
    LexId without = 0;  ///< the same without its exception; equal to state if there is none
    RegexId exception = RegexSet::kNothing;
  };
  LexId state = 0;  ///< the whole, counts forgotten
  std::vector<Part> parts;
};

class StatePartsFinder {
 public:
  explicit StatePartsFinder(Lexer& lexer) : lexer_(lexer) {}

  /// For tokens of at most `longest` bytes. The reference stays valid.
  const StateParts& find(LexId state, uint32_t longest);
  void forget() {
    parts_.clear();
    exceptions_.clear();
  }
  size_t memory() const noexcept { return parts_.size() * (sizeof(StateParts) + 64); }

 private:
  struct Exception {
    RegexId without, exception;
  };
  /// A and E for an intersection of A and the complement of E; kNothing for E if it is none.
  Exception split_exception(RegexId id);
  bool is_exception(RegexId id);  ///< few tokens begin its strings
  StateParts take_apart(LexId state, uint32_t longest);
  RegexId forget_counts(RegexId id, uint32_t longest, int depth);
  bool is_plain(LexId state) const;

  Lexer& lexer_;
  std::unordered_map<uint64_t, StateParts> parts_;
  std::unordered_map<RegexId, bool> exceptions_;
};

}  // namespace tokrail::recogniser
