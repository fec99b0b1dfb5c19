// Oracle scores: how many tokens are words, roots or affixes of a language, by a list of them.
//
// %TR and %Pure of "Tokens with Meaning" and "Tokenization Standards for Linguistic Integrity"
// (2025), with lists in place of a web service: whoever quotes a share must name the list.
//
//   const WordList list = WordList::read("oracle_tr.txt", Casing::kTurkish);
//   TokenStrings strings = token_strings(tokenizer, lines, Casing::kTurkish);
//   score_against(list, strings).different_share();
//
// A token's string is the bytes it spells where it stands, without white space at its ends, in
// lower case. *Different*: share of the different strings that are in the list; empty ones do not
// count, those that are not UTF-8 do, as misses. This share can be driven up without one better
// cut, by using few strings. *Occurrences*: share among tokens with a letter and those that are not
// UTF-8. Thread safety: values. Complexity: O(bytes). Memory: the different strings. Errors:
// WordList::read throws Error(kInvalidFile) with file and line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "tokenizers/evaluation/letter_case.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

class WordList {
 public:
  /// One string a line; they are lowered too.
  static WordList read(const std::filesystem::path& path, Casing casing);

  bool has(const std::string& text) const { return words_.count(text) > 0; }
  size_t size() const noexcept { return words_.size(); }

 private:
  std::unordered_set<std::string> words_;
};

/// Strings of tokens as above, with their numbers of occurrences; empty ones are left out.
struct TokenStrings {
  std::unordered_map<std::string, uint64_t> counts;
  void add(const TokenStrings& other);
};

TokenStrings token_strings(const Tokenizer& tokenizer, std::span<const std::string_view> lines,
                           Casing casing);

struct OracleScores {
  uint64_t different = 0, different_in_list = 0;
  uint64_t occurrences = 0, occurrences_in_list = 0;

  double different_share() const, occurrence_share() const;
};

OracleScores score_against(const WordList& list, const TokenStrings& strings);

}  // namespace tokrail
