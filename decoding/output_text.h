// OutputText: the text of an output as it grows, with stop strings found in it.
//
// Text is given out as soon as it is certain: not while a character is unfinished, and not while
// its end could be the beginning of a stop string. The pieces put together are text().
//
//   OutputText output(tokenizer.detokenizer(), prompt, {"\n\n"});
//   std::cout << output.push(id);
//   if (output.stopped()) ...
//   std::cout << output.finish();
//
// A stop string ends the text before it: the earliest in the text, of several there the longest.
// Complexity: O(bytes) amortised for each stop string. Thread safety: one thread. Copies are
// independent. Errors: none. Internal to decoding.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/stream_decoder.h"
#include "tokenizers/token_id.h"

namespace tokrail {

class OutputText {
 public:
  using StopStrings = std::shared_ptr<const std::vector<std::string>>;

  /// The prompt decides how the first token is spelled; it is not part of the text, and neither is
  /// an end of it that waits for the next token (kita[p|b]), unless that token changes it.
  OutputText(const Detokenizer& detokenizer, std::span<const TokenId> prompt, StopStrings stop);

  /// Text that this id makes certain. Valid until the next call.
  std::string_view push(TokenId id);
  /// The rest, at the end of the output.
  std::string_view finish();

  const std::string& text() const noexcept { return text_; }
  bool stopped() const noexcept { return stop_ != nullptr; }
  /// The stop string that came; empty if none did.
  std::string_view stop() const noexcept {
    return stop_ == nullptr ? std::string_view() : std::string_view(*stop_);
  }

 private:
  std::string_view take(std::string_view piece, bool last);
  bool find_stop(size_t new_bytes);
  size_t held_back() const noexcept;

  StreamDecoder decoder_;
  std::string prompt_end_;  ///< what the decoder has not given out of the prompt
  StopStrings stops_;
  size_t longest_stop_ = 0;
  const std::string* stop_ = nullptr;
  std::string text_;
  size_t given_out_ = 0;
};

}  // namespace tokrail
