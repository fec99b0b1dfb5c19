// SuffixAutomaton: all substrings of a text as an automaton, built in one pass.
//
// Symbols are the 256 bytes and a mark that may stand between bytes (where a word begins or ends,
// say). A state is a set of substrings that end at the same places of the text. Internal to the
// module.
//
//   const SuffixAutomaton automaton(text, boundaries);     // boundaries: a mark at these offsets
//   uint32_t state = SuffixAutomaton::kRoot;
//   state = automaton.next(state, byte);                   // kNone: no substring goes on so
//
// At most 2 states and 3 edges per symbol. Building O(symbols * edges of a state); next O(log edges
// of the state). Immutable, thread safe.
//
// A. Blumer et al., "The smallest automaton recognizing the subwords of a text", 1985.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "grammar/regex/byte_set.h"

namespace tokrail {

class SuffixAutomaton {
 public:
  static constexpr uint32_t kRoot = 0;
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  static constexpr uint16_t kMark = 256;
  static constexpr size_t kMostSymbols = size_t{1} << 28;

  /// `marks`: offsets in the text, ascending, each at most once.
  SuffixAutomaton(std::string_view text, std::span<const uint32_t> marks);

  uint32_t next(uint32_t state, uint16_t symbol) const noexcept;
  /// The bytes that can come, the mark left out.
  ByteSet next_bytes(uint32_t state) const noexcept;
  /// Bytes of the text behind the first place where the state's substrings end.
  size_t bytes_left(uint32_t state) const noexcept { return bytes_left_[state]; }
  /// Bytes until a mark can come.
  size_t bytes_to_mark(uint32_t state) const noexcept { return to_mark_[state]; }
  size_t longest_to_mark() const noexcept { return longest_to_mark_; }

  size_t state_count() const noexcept { return bytes_left_.size(); }
  size_t memory() const noexcept;

 private:
  struct Builder;
  void find_ways_to_marks(std::span<const uint32_t> lengths);

  std::vector<uint32_t> first_edge_;  ///< by state, and one more
  std::vector<uint16_t> symbols_;     ///< ascending within a state
  std::vector<uint32_t> targets_;
  std::vector<uint32_t> bytes_left_, to_mark_;
  size_t longest_to_mark_ = 0;
};

}  // namespace tokrail
