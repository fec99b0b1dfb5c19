// Hunspell dictionaries as lexicons of language packs: the words of a .dic file, with what the
// file and the .aff file beside it say of each, as codes that `map` lines ask for.
//
//   for (const LexiconEntry& entry : read_hunspell_dictionary("/usr/share/hunspell/hu_HU.dic"))
//     entry.text;    // "kéz"
//     entry.codes;   // word:kéz po:noun po:* ts:NOM ts:* flag:V flag:n flags:VnjYc ...
//
// Codes of an entry:
//   word:kéz       the word itself, in lower case
//   po:noun        each morphological field, and po:* for "some field po:"
//                  (st:* only where the stem is not the word itself)
//   flag:U         each flag: a character (FLAG UTF-8), two (FLAG long), a number (FLAG num), or a
//                  byte (no FLAG line; bytes above ASCII as flag:<CA>)
//   flags:UmiYc    all flags as the file writes them
//   no-fields      there is no morphological field
//   letters:3      its length in characters
//   ends:z ends:éz the last one to four letters, short of the whole word
//   rest:ság       the word is another entry with this behind it; the entry has two letters or
//                  more, and three where the rest is one letter
//   rest:ó+s       the same, with the last letter of that entry
//   head:meg       the word is this entry and another one of three letters or more
//                  (entries in rest:, head: and parts:: with fields, none of them st:, in small
//                  letters)
//   parts:3        the word is two other entries, each of that many letters or more (2 to 5)
//   case:upper     all letters are capitals (case:mixed: some behind the first)
//
// Affix rules themselves are not read: what may follow what is the language pack's own matter. Of
// the .aff file SET, FLAG, AF and AM count. The number in a .dic file's first line is a hint, as it
// is to hunspell; a file with less than half as many lines is refused as cut short.
//
// Complexity: O(bytes). Errors, with file:line: Error(kInvalidFile) for what is not such a file or
// not in the encoding that it names, kUnsupported for an encoding or flag type nobody knows,
// kNotFound for a file that is not there. See hunspell(5).
#pragma once

#include <filesystem>
#include <vector>

#include "tokenizers/morphology/language_source.h"

namespace tokrail {

/// `dic` names the .dic file; the .aff file of the same name stands beside it.
std::vector<LexiconEntry> read_hunspell_dictionary(const std::filesystem::path& dic);

}  // namespace tokrail
