// RegexSet: regular languages over bytes as shared expressions, and their derivatives.
//
// An expression is a node; equal expressions are one node (hash-consing), after a few rules of
// simplification, so an automaton is built by taking derivatives: the state after reading `b` is
// the expression of what may still follow. Intersection, complement and counted repetition cost one
// node each and nothing is expanded: `.{0,100000}` is one node whose derivative is another.
//
//   RegexSet set;
//   RegexId word = set.repeat(set.bytes(ByteSet::range('a', 'z')), 1, RegexSet::kUnbounded);
//   RegexId not_if = set.intersect({word, set.complement(set.literal("if"))});
//   set.matches(not_if, "iffy");                    // true
//   for (const auto& t : set.transitions(not_if)) { t.bytes; t.next; }
//
// Complexity: constructors O(operands); transitions O(size of the expression * classes of bytes)
// once per node, then O(1). Thread safety: none; an object belongs to one thread at a time. Copies
// are independent and keep all ids; after an Error the set is as good as before. Errors:
// Error(kBudgetExhausted) beyond max_nodes, or 8 operands or 4 transitions a node on the average;
// and where transitions() has to search for a string of a language with intersections or
// complements and finds none within 200,000 states.
//
// J. A. Brzozowski, "Derivatives of regular expressions", J. ACM 11(4), 1964; S. Owens, J. Reppy,
// A. Turon, "Regular-expression derivatives re-examined", J. Funct. Program. 19(2), 2009.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/regex/byte_set.h"

namespace tokrail {

/// A node of a RegexSet.
using RegexId = uint32_t;

/// 128 bits that are equal for equal expressions, in any RegexSet of any process.
struct RegexHash {
  uint64_t low = 0, high = 0;
  friend auto operator<=>(const RegexHash&, const RegexHash&) = default;
};

/// What one of `bytes` leads to.
struct RegexTransition {
  ByteSet bytes;
  RegexId next;
};

/// First and last code point, both included.
struct CodePointRange {
  char32_t first, last;
};

class RegexSet {
 public:
  static constexpr uint32_t kUnbounded = 0xFFFFFFFF;
  static constexpr RegexId kNothing = 0;   ///< no string at all
  static constexpr RegexId kEmpty = 1;     ///< the empty string
  static constexpr RegexId kAnything = 2;  ///< all byte strings

  explicit RegexSet(size_t max_nodes = size_t{1} << 21);
  ~RegexSet();
  RegexSet(const RegexSet&);
  RegexSet& operator=(const RegexSet&);
  RegexSet(RegexSet&&) noexcept;
  RegexSet& operator=(RegexSet&&) noexcept;

  // Building.
  RegexId bytes(const ByteSet& set);
  RegexId literal(std::string_view bytes);
  /// One character of the set, in UTF-8; surrogates are left out.
  RegexId characters(std::span<const CodePointRange> ranges);
  RegexId concat(RegexId first, RegexId second);
  RegexId concat(std::span<const RegexId> parts);
  RegexId concat(std::initializer_list<RegexId> parts) {
    return concat(std::span<const RegexId>(parts.begin(), parts.size()));
  }
  RegexId alternate(std::span<const RegexId> choices);
  RegexId alternate(std::initializer_list<RegexId> choices) {
    return alternate(std::span<const RegexId>(choices.begin(), choices.size()));
  }
  RegexId intersect(std::span<const RegexId> all);
  RegexId intersect(std::initializer_list<RegexId> all) {
    return intersect(std::span<const RegexId>(all.begin(), all.size()));
  }
  /// All byte strings but these.
  RegexId complement(RegexId of);
  /// a without b.
  RegexId difference(RegexId a, RegexId b) { return intersect({a, complement(b)}); }
  /// min to max times; kUnbounded for no limit.
  RegexId repeat(RegexId what, uint32_t min, uint32_t max);
  RegexId optional(RegexId what) { return repeat(what, 0, 1); }
  RegexId star(RegexId what) { return repeat(what, 0, kUnbounded); }
  /// Any well-formed UTF-8 string; one well-formed character.
  RegexId any_text();
  RegexId any_character();
  /// The same expression, built here from another set.
  RegexId import(const RegexSet& from, RegexId id);
  /// `prefix` + what `of` has after it: strings w with prefix·w in `of`... see derivative().
  RegexId derivative(RegexId of, std::string_view prefix);
  /// All strings that contain a match of `what`.
  RegexId containing(RegexId what) { return concat({kAnything, what, kAnything}); }

  // Asking.
  /// Whether the empty string matches. O(1).
  bool is_nullable(RegexId id) const noexcept;
  /// What can follow, one entry per class of bytes, disjoint, none of them leading to an empty
  /// language. The span is valid until the set is changed by any other call.
  std::span<const RegexTransition> transitions(RegexId id);
  /// The bytes some string of the language begins with.
  const ByteSet& first_bytes(RegexId id);
  /// The next state; kNothing if no string of the language goes on with `byte`.
  RegexId step(RegexId id, uint8_t byte);
  bool matches(RegexId id, std::string_view bytes);
  /// Whether the language has no string: exact, by a search where intersection or complement
  /// make it necessary. Error(kBudgetExhausted) after `max_states` states.
  bool is_empty(RegexId id, size_t max_states = 200000);
  /// Whether a and b have no string in common; whether all of a is in b.
  bool are_disjoint(RegexId a, RegexId b) { return is_empty(intersect({a, b})); }
  bool is_subset(RegexId a, RegexId b) { return is_empty(difference(a, b)); }
  /// A shortest string of the language, the first by bytes of these; nothing if it is empty.
  std::optional<std::string> shortest(RegexId id, size_t max_states = 200000);
  /// The one string of a language of one string that is a literal by construction.
  std::optional<std::string> as_literal(RegexId id) const;
  RegexHash hash(RegexId id) const noexcept;

  // Looking inside, for printers and for mask tables.
  enum class Kind : uint8_t {
    kNothing,
    kEmpty,
    kBytes,
    kLiteral,  ///< two or more bytes and then the operand; or one byte and an operand not kEmpty
    kConcat,
    kAlternate,
    kIntersect,
    kComplement,  ///< kAnything is one, of kNothing
    kRepeat,
  };
  Kind kind(RegexId id) const noexcept;
  /// kLiteral: what follows; kConcat: first and rest; kAlternate, kIntersect: all; kComplement,
  /// kRepeat: one. The span is valid until the set is changed.
  std::span<const RegexId> operands(RegexId id) const noexcept;
  const ByteSet& byte_set(RegexId id) const noexcept;               ///< kBytes
  std::string literal_bytes(RegexId id) const;                      ///< kLiteral
  std::pair<uint32_t, uint32_t> bounds(RegexId id) const noexcept;  ///< kRepeat
  /// Like the notation of regular expressions, with & and ~ for intersection and complement; for
  /// messages and tests. Cut off after about 64 KB.
  std::string to_string(RegexId id) const;

  size_t size() const noexcept;
  size_t memory() const noexcept;

  struct Impl;  ///< internal to the module

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokrail
