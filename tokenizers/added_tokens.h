// AddedTokenMatcher: finds added and special tokens in a text before the model sees it.
//
// An added token ("<|endoftext|>", "[MASK]", runs of spaces in some models) is matched as a whole;
// what lies between two matches is ordinary text. Matches are leftmost-longest, as tokenizer.json
// defines it: single_word drops a match that touches a word character, lstrip and rstrip let it
// swallow the white space beside it, a match that is dropped is not searched again inside.
//
//   AddedTokenMatcher matcher(spec.added_tokens, AddedTokenMatcher::Stage::kRaw);
//   AddedTokenScanner scanner(matcher, text, SpecialText::allow_all());
//   while (auto match = scanner.next()) use(text.substr(match->begin, match->end - match->begin));
//
// tokenizer.json has two stages: tokens with normalized=false are looked for in the raw text, the
// others, in normalised spelling, in the normalised text between them. The other formats have the
// first stage only.
//
// Complexity: O(text) (SIMD search for the first three bytes, then an Aho-Corasick automaton from
// there), times the longest token at the very worst, where short tokens are beginnings of long ones
// that the text keeps almost spelling; memory is O(bytes of all tokens). Thread safety: the matcher
// is immutable and may be shared, a scanner belongs to one thread and refers to matcher, policy
// and text. Errors: a text that spells a forbidden token throws Error kTextRefused with the byte
// position; the constructor does not throw but for memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail {

/// What a call does where the text spells a *special* token. Added tokens that are not special are
/// matched under every policy.
class SpecialText {
 public:
  enum class Mode : uint8_t { kAllowAll, kAllowSome, kForbid, kAsText };

  static SpecialText allow_all() { return SpecialText(Mode::kAllowAll, {}, false); }
  /// Matches these ids; other special tokens are plain text, or refused with `forbid_others`.
  static SpecialText allow_some(std::vector<TokenId> ids, bool forbid_others = false);
  /// Throws Error kTextRefused where the text spells a special token.
  static SpecialText forbid() { return SpecialText(Mode::kForbid, {}, false); }
  static SpecialText as_text() { return SpecialText(Mode::kAsText, {}, false); }

  Mode mode() const noexcept { return mode_; }
  const std::vector<TokenId>& ids() const noexcept { return ids_; }  ///< sorted
  bool forbids_others() const noexcept { return forbid_others_; }
  bool allows(TokenId id) const noexcept;
  /// Whether spelling this special token is an error.
  bool forbids(TokenId id) const noexcept;

 private:
  SpecialText(Mode mode, std::vector<TokenId> ids, bool forbid_others)
      : mode_(mode), forbid_others_(forbid_others), ids_(std::move(ids)) {}

  Mode mode_;
  bool forbid_others_;
  std::vector<TokenId> ids_;
};

/// A token found at bytes [begin, end) of the text, swallowed white space included.
struct AddedTokenMatch {
  size_t begin;
  size_t end;
  TokenId id;
  bool operator==(const AddedTokenMatch&) const = default;
};

/// A piece of the text: plain (id empty), or an added token.
struct AddedTokenSegment {
  size_t begin;
  size_t end;
  std::optional<TokenId> id;
  bool operator==(const AddedTokenSegment&) const = default;
};

class AddedTokenMatcher {
 public:
  /// Which tokens of a list take part.
  enum class Stage : uint8_t {
    kRaw,         ///< those with normalized = false
    kNormalized,  ///< those with normalized = true
    kAll,
  };
  /// Where the search goes on after a match that the policy reads as text.
  enum class AfterText : uint8_t {
    kEnd,       ///< behind it: tokenizer.json
    kNextByte,  ///< one byte after its begin: tiktoken
  };
  using Normalize = std::function<std::string(std::string_view)>;

  AddedTokenMatcher();
  /// `normalize` gives the spelling to look for (kNormalized); without it the content is used.
  /// Tokens with an empty spelling are never found; of equal spellings the first in the list wins.
  AddedTokenMatcher(std::span<const AddedToken> tokens, Stage stage,
                    const Normalize& normalize = {}, AfterText after_text = AfterText::kEnd);

  /// No token takes part: every scan ends at once.
  bool empty() const noexcept;

  /// Matches of the whole text in order, for short texts and tests.
  std::vector<AddedTokenMatch> find_all(std::string_view text, const SpecialText& policy) const;

  /// The whole text cut at the matches; plain segments are never empty. An empty text has none.
  std::vector<AddedTokenSegment> split(std::string_view text, const SpecialText& policy) const;

 private:
  friend class AddedTokenScanner;
  struct Automaton;
  std::shared_ptr<const Automaton> automaton_;
};

/// One pass over a text. Matches come in order of their ends in the text.
///
/// As tokenizer.json defines it, a match may begin before the end of the previous one in one case:
/// rstrip swallowed white space that the next token also spells. The caller takes
/// [previous end, begin) as plain text where that range is not empty.
class AddedTokenScanner {
 public:
  /// Starts at byte `from` as if a match had ended there; look-behind (lstrip, single_word) sees
  /// the whole text but swallows nothing before `from`. All references must outlive the scanner.
  AddedTokenScanner(const AddedTokenMatcher& matcher, std::string_view text,
                    const SpecialText& policy, size_t from = 0) noexcept
      : matcher_(&matcher), text_(text), policy_(&policy), search_(from), covered_(from) {}

  /// The next match, or nothing at the end of the text.
  std::optional<AddedTokenMatch> next();

 private:
  const AddedTokenMatcher* matcher_;
  std::string_view text_;
  const SpecialText* policy_;
  size_t search_;           ///< where the automaton looks on
  size_t covered_;          ///< end of the last match reported
  size_t space_begin_ = 1;  ///< white space that rstrip walked over last; empty at first
  size_t space_end_ = 0;
};

}  // namespace tokrail
