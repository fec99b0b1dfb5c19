// CompiledGrammar: a Grammar made ready for one vocabulary.
//
// Compiling looks at the grammar alone: rules become a recursive automaton without left recursion
// and without empty detours, unreachable and unproductive parts go, special tokens get their ids.
// Nothing proportional to the vocabulary is done; states and masks are built when first needed and
// are then shared by all matchers.
//
//   auto tables = std::make_shared<MaskTables>(tokenizer.vocabulary());
//   auto compiled = CompiledGrammar::compile(grammar, tables);
//   Matcher matcher(compiled);                       // grammar/matcher.h
//
// Complexity: O(grammar). Memory: grows with the states visited up to limits.memory, then starts
// afresh. Thread safety: all members may be called from any thread; matchers of one grammar take
// turns where they build new states. Ownership: shared; holds the tables. Errors:
// Error(kInvalidArgument) for a grammar that check() refuses, whose language is empty, or that
// names tokens the vocabulary does not have; Error(kBudgetExhausted) beyond limits;
// Error(kCancelled).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "grammar/grammar.h"
#include "grammar/mask_tables.h"

namespace tokrail {

struct CompileLimits {
  double seconds = 2.0;
  size_t positions = size_t{1} << 22;         ///< states of the recursive automaton
  size_t memory = size_t{256} << 20;          ///< bytes of states and masks, while in use
  uint64_t mask_fuel = uint64_t{1} << 26;     ///< steps of one mask
  const std::atomic<bool>* cancel = nullptr;  ///< looked at now and then, while compiling
};

class CompiledGrammar {
 public:
  static std::shared_ptr<const CompiledGrammar> compile(const Grammar& grammar,
                                                        std::shared_ptr<MaskTables> tables,
                                                        const CompileLimits& limits = {});
  ~CompiledGrammar();
  CompiledGrammar(const CompiledGrammar&) = delete;
  CompiledGrammar& operator=(const CompiledGrammar&) = delete;

  const Vocabulary& vocabulary() const noexcept { return *tables_->vocabulary(); }
  const std::shared_ptr<MaskTables>& tables() const noexcept { return tables_; }
  /// Bytes held now: the automaton, its states, its masks.
  size_t memory() const;

  struct Impl;  ///< internal to the module
  Impl& impl() const noexcept { return *impl_; }

 private:
  CompiledGrammar(std::shared_ptr<MaskTables> tables, std::unique_ptr<Impl> impl);
  std::shared_ptr<MaskTables> tables_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokrail
