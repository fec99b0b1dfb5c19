// .tkg files: a grammar as its front end left it, so that a schema that took seconds to read is
// there in about a millisecond.
//
// A file holds the Grammar (rules, terminals as expressions, attributes, places, names) and the
// fingerprint of the vocabulary it was made for (Vocabulary::fingerprint), or none: then it serves
// any vocabulary. States and masks are not in it; they are built when needed, as always.
//
//   write_file_atomically("person.tkg", write_compiled(*compiled));
//   auto compiled = load_compiled(read_file("person.tkg"), tables);
//
// The form (version 1), all numbers little-endian:
//   "TKG1" | u32 version | u64 size of the file | u64 checksum of all that follows
//   | u64 x 2 fingerprint (0, 0: any vocabulary) | u64 ids of that vocabulary
//   | regular expressions | terminals | rules | expressions | start
// Files are the same on every machine. What is read is checked like any other input: ids and counts
// in range, operands before what they are part of, no room taken for what is not there.
//
// Complexity: writing and reading O(grammar). Thread safety: pure functions. Errors:
// Error(kInvalidFile) for a damaged file, Error(kUnsupported) for another version,
// Error(kInvalidArgument) for another vocabulary; and what CompiledGrammar::compile throws.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/stable_hash.h"
#include "grammar/compiled_grammar.h"

namespace tokrail {

struct CompiledFile {
  Grammar grammar;
  /// Of the vocabulary it is for; none: any.
  std::optional<Hash128> vocabulary = std::nullopt;
  uint64_t vocabulary_size = 0;
};

std::string write_compiled(const CompiledFile& file);
/// For the vocabulary it was compiled with.
std::string write_compiled(const CompiledGrammar& compiled);

CompiledFile read_compiled(std::string_view bytes);
/// Reads, looks whether it is for the vocabulary of the tables, and compiles.
std::shared_ptr<const CompiledGrammar> load_compiled(std::string_view bytes,
                                                     std::shared_ptr<MaskTables> tables,
                                                     const CompileLimits& limits = {});
/// Throws unless the file is for this vocabulary, or for any.
void check_vocabulary(const CompiledFile& file, const Vocabulary& vocabulary);

}  // namespace tokrail
