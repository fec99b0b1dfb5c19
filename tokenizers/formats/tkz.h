// .tkz: this library's own file, a whole tokenizer that is used where it lies.
//
// Reading a vocabulary is quick; finding out what merges into what takes ten times longer. A .tkz
// file holds both: everything of the TokenizerSpec, so that it is a tokenizer file like any other
// and converts back without loss, and the tables that compiling the spec gives, as flat arrays that
// are mapped, checked and used in place. Processes that map the same file share its memory.
//
//   write_file_atomically("o200k.tkz", write_tkz(spec));
//   Tokenizer tokenizer = Tokenizer::load("o200k.tkz");      // milliseconds; calls load_tkz
//
// Files are made for one byte order and one version of the tables; others are refused with a
// message that says so, to be converted again from the original file. docs/tkz.md describes the
// format and what is checked: no file, however damaged, makes the library read out of bounds or
// loop. Tables are not checked against the spec beyond that: a file made to deceive can give wrong
// ids. Models that are no RankBpe (unigram, WordPiece) are compiled from the spec on loading.
//
// Complexity: O(bytes) with a small constant: about 1 ms per 10 MB. Thread safety: pure functions.
// Ownership: a tokenizer keeps the file mapped; it must not be cut short or written into meanwhile
// (write_file_atomically replaces it safely). Errors: Error(kInvalidFile) for damaged files,
// Error(kUnsupported) for other versions, and those of base/mapped_file.h.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tokenizers/spec.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

/// The bytes of a .tkz file. The first form compiles the spec.
std::string write_tkz(const TokenizerSpec& spec);
std::string write_tkz(const Tokenizer& tokenizer);

/// Maps a file and runs on it.
Tokenizer load_tkz(const std::filesystem::path& path);
/// Runs on a copy of the bytes. `name` is put into errors.
Tokenizer load_tkz_bytes(std::string_view bytes, std::string_view name = {});

/// The spec alone, copied out of the bytes.
TokenizerSpec read_tkz(std::string_view bytes, std::string_view name = {});

}  // namespace tokrail
