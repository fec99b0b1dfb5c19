// TextLanguage: a set of byte strings that is followed one byte at a time; TextConstraint
// (grammar/constraints/text_constraint.h) makes a Constraint over tokens of it.
//
// A catalogue of strings, the substrings of a text, texts without certain words: each is an
// automaton whose states are small values. Whoever has one of his own derives from this.
//
//   class Digits final : public TextLanguage {     // one or more digits
//     State start() const override { return {}; }
//     bool step(State& state, uint8_t byte) const override {
//       state.place = 1;
//       return byte >= '0' && byte <= '9';
//     }
//     bool is_complete(const State& state) const override { return state.place == 1; }
//     ByteSet next_bytes(const State&) const override { return ByteSet::range('0', '9'); }
//   };
//
// No state may be a dead end: where step() answers true, some bytes lead on to a complete text.
// This is what makes masks exact. Thread safety: const members are called from many threads at
// once. Errors: what is thrown latches the constraint as failed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "grammar/regex/byte_set.h"
#include "grammar/shortest.h"
#include "tokenizers/token_trie.h"

namespace tokrail {

class TextLanguage {
 public:
  /// Where a text is. Equal places and counts with nothing kept are the same state.
  struct State {
    uint64_t place = 0;
    uint64_t count = 0;
    std::shared_ptr<const void> kept;  ///< what does not fit into these; never written
  };

  virtual ~TextLanguage() = default;
  virtual State start() const = 0;
  /// Takes a byte. False if no text goes on so; the state is then of no use.
  virtual bool step(State& state, uint8_t byte) const = 0;
  /// The bytes so far are a text of the language.
  virtual bool is_complete(const State& state) const = 0;
  /// The bytes that step() would take.
  virtual ByteSet next_bytes(const State& state) const = 0;
  /// Bytes to the nearest complete text.
  virtual Shortest shortest(const State& state) const {
    return is_complete(state) ? Shortest{0, 0} : Shortest{1, Shortest::kUnknown};
  }
  /// shortest(state).at_least is never more than this.
  virtual size_t shortest_limit() const { return Shortest::kUnknown; }

  /// Tokens to the nearest complete text, where the language knows the vocabulary and can tell;
  /// asked where tokens are spelled as in the inside context. Shortest::kUnknown: no tokens lead to
  /// one.
  virtual std::optional<size_t> tokens_to_end(const State&) const { return std::nullopt; }

  /// Sets the bits of the trie's tokens that can be taken; here by walking trie and language side
  /// by side.
  virtual void mark(const State& state, const TokenTrie& trie, std::span<uint32_t> words) const;

 protected:
  TextLanguage() = default;
  TextLanguage(const TextLanguage&) = default;
  TextLanguage& operator=(const TextLanguage&) = default;
};

}  // namespace tokrail
