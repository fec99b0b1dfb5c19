// TextSource: the text of a corpus as a stream of chunks, so that its size does not matter.
//
// A chunk is text that is split into pieces on its own: pieces never join the end of one chunk and
// the start of the next. File sources cut at fixed places that depend on the files alone, so that
// every run over the same files, with any number of threads, sees the same chunks:
//
//   1. every file begins a chunk;
//   2. a file longer than `chunk_bytes` is cut behind the last line feed of each `chunk_bytes`
//      that has no white space before it and an ASCII letter or digit behind it (a place where all
//      known pre-tokenizer patterns cut anyway), else behind the last line feed, else (a line
//      longer than a chunk) before the last character. The third case is counted.
//
//   auto source = open_text_files({"a.txt", "b.txt.gz"}, 1 << 20);
//   for (std::string chunk; source->next(chunk);) { ... }
//
// Bytes are passed on as they are; ill-formed UTF-8 is kept. gzip files are recognised by their
// first bytes and unpacked on the way (RFC 1952); several members in one file are read in turn.
// Memory: two chunks. Thread safety: one thread. Errors: kNotFound, kIo, kInvalidFile (a damaged
// or cut gzip stream), with the name of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

class TextSource {
 public:
  virtual ~TextSource() = default;

  /// Replaces `chunk` by the next one; false at the end. A chunk is shorter than 2 GiB.
  virtual bool next(std::string& chunk) = 0;
  /// Bytes of input used up, and in all (0: not known), as stored (compressed for gzip).
  virtual uint64_t bytes_done() const = 0;
  virtual uint64_t bytes_total() const = 0;
  /// How many lines were longer than a chunk and had to be cut inside.
  virtual uint64_t lines_cut() const { return 0; }
};

inline constexpr size_t kDefaultChunkBytes = size_t{1} << 20;

/// Throws Error(kNotFound) at once if a file does not exist. chunk_bytes: 4 KiB to 1 GiB.
std::unique_ptr<TextSource> open_text_files(std::vector<std::string> paths,
                                            size_t chunk_bytes = kDefaultChunkBytes);

/// One chunk per text. The texts must outlive the source.
std::unique_ptr<TextSource> texts_in_memory(std::span<const std::string_view> texts);

}  // namespace tokrail
