// PieceSplitter: how a corpus is cut into the pieces inside which merges are learned.
//
// A trained tokenizer must cut text the way its training did. split_by_regex() is the pre-tokenizer
// of a tokenizer file; a class of one's own may put in any other rule (morph boundaries, say).
//
//   auto splitter = split_by_regex(pattern);
//   std::vector<uint32_t> ends;
//   splitter->split("Hello world", ends);   // {5, 11}
//
// Thread safety: split() is called from many threads at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace tokrail {

class PieceSplitter {
 public:
  virtual ~PieceSplitter() = default;

  /// Replaces `ends` by the ends of the pieces of `text` (shorter than 2 GiB), ascending; the last
  /// one is text.size(). Every byte belongs to one piece.
  virtual void split(std::string_view text, std::vector<uint32_t>& ends) const = 0;
};

/// Cuts where the matches of the pattern (RegexFinder, as tokenizer.json reads it) begin and end.
/// Known patterns (splitter.h) run without a regex engine. Throws what RegexFinder::compile throws.
std::unique_ptr<const PieceSplitter> split_by_regex(std::string_view regex);

/// No cuts: each text is one piece.
std::unique_ptr<const PieceSplitter> no_split();

}  // namespace tokrail
