// Roots of Zemberek 2 ("kokler_tr.bin"), the lexicon in Debian's libzemberek-tr-java.
//
//   const auto entries = read_zemberek_roots("/usr/share/java/zemberek-tr.jar");
//
// Takes the jar or the .bin unpacked from it. No Java is needed: a jar is a zip file, and a record
// is: root, original (both Java strings: u16 of bytes, then text), u8 part of speech, u16 letter,
// u8 count of flags, the flags, i32. Numbers are big-endian.
//
// Codes that `map` lines of a language pack can ask for:
//
//   pos:N         part of speech
//   flag:N        each flag
//   word:TEXT     the root, to mend single entries
//   syllables:N   vowels in it; "syllables:many" for two or more besides
//   ends:X        its last letter
//   upper, dotted the original is written in capital letters, with a full stop
//   common        it is in the jar's list of frequent words
//
// An abbreviation's `reading` is as much of it as is known: the vowel it ends in when read aloud,
// and a consonant behind it where it has one.
//
// Complexity: linear in the file. Pure function. Errors: Error(kInvalidFile, kUnsupported,
// kNotFound, kIo) with file and byte.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language_source.h"

namespace tokrail {

std::vector<LexiconEntry> read_zemberek_roots(const std::filesystem::path& path);
/// From the bytes of a jar or .bin; `name` is put into errors and places.
std::vector<LexiconEntry> parse_zemberek_roots(std::string_view bytes, std::string_view name);

/// The jar's list of frequent words, most frequent first; of a .bin: empty.
std::vector<std::string> read_zemberek_common_words(const std::filesystem::path& path);

}  // namespace tokrail
