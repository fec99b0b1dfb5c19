// The decoder steps of tokenizer.json that edit one token at a time, and what they are made of.
//
// Used twice: to compute, once, how every id is spelled (decode_rules.cc), and by chains that must
// run over each text (decode_chain.cc). Pure functions; O(length of the token).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tokenizers/spec.h"

namespace tokrail {

/// Replaces every occurrence from left to right. An empty pattern is found around every character.
std::string replace_all(std::string_view text, std::string_view pattern,
                        std::string_view replacement);

/// Takes the spaces out that tokenization leaves in English: before . ? ! , n't 'm 's 've 're.
std::string clean_up_english(std::string_view text);

/// The byte of "<0x41>", two hexadecimal digits.
std::optional<uint8_t> byte_of_token(std::string_view text) noexcept;

/// Text with one U+FFFD for each byte that is not part of a well-formed character.
std::string replace_each_byte(std::string_view bytes);

/// One U+FFFD for every byte when the run is not well-formed as a whole.
std::string replace_whole_run(std::string_view bytes);

/// Whether the step edits tokens one by one, knowing only whether a token is the first.
bool edits_single_tokens(DecoderStep::Kind kind) noexcept;

/// kWordPiece, kMetaspace, kReplace, kStrip, compiled.
class TokenEdit {
 public:
  /// Throws Error kInvalidFile for a regular expression that does not compile, or for a strip
  /// that is not one character.
  explicit TokenEdit(const DecoderStep& step);

  std::string apply(std::string_view token, bool first) const;
  /// Whether the result depends on the token being the first.
  bool depends_on_place() const noexcept;

 private:
  struct Regex;
  std::string strip(std::string_view token) const;

  DecoderStep step_;
  std::shared_ptr<const Regex> regex_;
};

}  // namespace tokrail
