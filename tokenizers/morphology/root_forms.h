// The spellings of roots: changed forms, harmony, variants.
//
// Errors: Error(kInvalidFile) with file:line. Internal to language packs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tokenizers/morphology/suffix_speller.h"

namespace tokrail {

/// A spelling of a root: `prefix`, then a tail of its ending.
struct RootForm {
  std::string text;    ///< unchanged, lower case
  std::string prefix;  ///< before the tails
  EndingKey ending;
};

class RootSpeller {
 public:
  RootSpeller(const LanguageSource& source, const PackAlphabet& alphabet,
              const SuffixSpeller& suffixes);

  /// The root as it is written, then with letters that vary.
  std::vector<RootForm> forms(const SourceRoot& root) const;
  /// The first character of the root's texts that is no letter; empty: none, or the text is empty.
  std::string foreign_letter(const SourceRoot& root) const;
  /// Takes from a root what does not apply to it: changes that find nothing to change or that have
  /// another trigger than the first, and opposite harmony where there is none. Returns how much.
  size_t drop_what_does_not_apply(SourceRoot& root) const;

 private:
  const SourceChange& change(const std::string& name, const SourcePlace& place) const;
  /// Applies a change; false where it does not apply. `drops` is set where a vowel goes.
  bool apply(const SourceChange& change, std::string& text, bool& drops) const;
  std::string changed_text(const SourceRoot& root, const std::string& text, bool& drops) const;
  uint8_t trigger_of(const SourceRoot& root) const;

  const LanguageSource& source_;
  const PackAlphabet& alphabet_;
  const SuffixSpeller& suffixes_;
  std::map<std::string, const SourceChange*, std::less<>> changes_;
};

}  // namespace tokrail
