// MaskTables: what all grammars over one vocabulary can share, owned by the user.
//
// The tokens that keep inside a terminal (a JSON string, an identifier, a number) depend on the
// terminal and the vocabulary alone. MaskTables keeps them by the content of the terminal's
// expression, so the second grammar with JSON strings finds them ready.
//
//   auto tables = std::make_shared<MaskTables>(vocabulary, 64 << 20);
//   auto a = CompiledGrammar::compile(grammar_a, tables);
//   auto b = CompiledGrammar::compile(grammar_b, tables);
//
// Complexity: building one table is a walk of the vocabulary's trie as far as the terminal goes, at
// most about a millisecond for 100,000 tokens. Memory: up to `byte_limit`; beyond it the tables
// that were not used for longest go. Thread safety: all members may be called from any thread;
// tables in use stay alive. Errors: none.
#pragma once

#include <cstddef>
#include <memory>

#include "tokenizers/vocabulary.h"

namespace tokrail {

class MaskTables {
 public:
  static constexpr size_t kDefaultLimit = size_t{64} << 20;

  explicit MaskTables(std::shared_ptr<const Vocabulary> vocabulary,
                      size_t byte_limit = kDefaultLimit);
  ~MaskTables();
  MaskTables(const MaskTables&) = delete;
  MaskTables& operator=(const MaskTables&) = delete;

  const std::shared_ptr<const Vocabulary>& vocabulary() const noexcept { return vocabulary_; }

  struct Usage {
    size_t tables, bytes, hits, misses, evicted;
  };
  Usage usage() const;

  struct Impl;  ///< internal to the module
  Impl& impl() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tokrail
