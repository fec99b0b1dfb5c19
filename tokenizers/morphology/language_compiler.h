// compile_language: a LanguageSource -> the bytes of a Language.
//
//   LanguageSource source = parse_language(text, "turkish.lang");
//   add_lexicon(read_zemberek_roots(path), source);
//   std::string bytes = compile_language(source);
//   auto language = Language::from_bytes(bytes, owner);
//
// Interns the endings of all stems, of all plain sound states and of everything suffixes lead to,
// tabulates realise(ending, suffix) for all of them, expands letter variants, removes empty arcs,
// and builds the double-array trie over the stems' prefixes. Endings that no suffix tells apart and
// that have the same tails are one.
//
// Equal sources give equal bytes. Complexity: O(roots + endings * suffixes). Errors, each with
// file:line: unknown names (class, flag, state, suffix, archiphoneme), letters outside the
// alphabet, a letter in two classes, a cycle of empty arcs, a state that nothing leads to, a state
// from which no word can end, two suffixes that are spelled alike everywhere (they must share one
// name), two equal arcs, two meanings of one name, a change that does not apply to a root that asks
// for it, and more endings than `max_endings`.
#pragma once

#include <string>
#include <vector>

#include "tokenizers/morphology/language_source.h"

namespace tokrail {

struct LanguageCompileOptions {
  size_t max_endings = 400;
  /// Roots that would need an ending beyond max_endings, or have letters outside the alphabet, are
  /// left out and told here instead of being errors; null: they are errors.
  std::vector<std::string>* left_out = nullptr;
};

std::string compile_language(const LanguageSource& source,
                             const LanguageCompileOptions& options = {});

}  // namespace tokrail
