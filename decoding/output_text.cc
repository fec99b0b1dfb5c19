#include "decoding/output_text.h"

#include <algorithm>
#include <utility>

namespace tokrail {

OutputText::OutputText(const Detokenizer& detokenizer, std::span<const TokenId> prompt,
                       StopStrings stop)
    : decoder_(detokenizer), stops_(std::move(stop)) {
  for (const TokenId id : prompt) {
    decoder_.push(id);
  }
  StreamDecoder end = decoder_;
  prompt_end_ = end.finish();
  if (stops_ != nullptr) {
    for (const std::string& string : *stops_) {
      longest_stop_ = std::max(longest_stop_, string.size());
    }
  }
}

// Looks where a stop string could lie that was not there before the last `new_bytes`.
bool OutputText::find_stop(size_t new_bytes) {
  if (longest_stop_ == 0 || new_bytes == 0) {
    return false;
  }
  const size_t old = text_.size() - new_bytes;
  const size_t from = old >= longest_stop_ - 1 ? old - (longest_stop_ - 1) : 0;
  size_t at = std::string::npos;
  for (const std::string& string : *stops_) {
    const size_t found = string.empty() ? std::string::npos : text_.find(string, from);
    if (found < at || (found == at && found != std::string::npos && stop_ != nullptr &&
                       string.size() > stop_->size())) {
      at = found;
      stop_ = &string;
    }
  }
  if (stop_ != nullptr) {
    text_.resize(at);
  }
  return stop_ != nullptr;
}

// Bytes at the end of the text that may be the beginning of a stop string.
size_t OutputText::held_back() const noexcept {
  const std::string_view text = text_;
  for (size_t size = std::min(longest_stop_ == 0 ? 0 : longest_stop_ - 1, text.size()); size > 0;
       --size) {
    const std::string_view end = text.substr(text.size() - size);
    if (std::ranges::any_of(*stops_, [end](const std::string& string) {
          return string.size() > end.size() && string.starts_with(end);
        })) {
      return size;
    }
  }
  return 0;
}

std::string_view OutputText::take(std::string_view piece, bool last) {
  if (stopped()) {
    return {};
  }
  if (!prompt_end_.empty() && !piece.empty()) {
    if (piece.starts_with(prompt_end_)) piece.remove_prefix(prompt_end_.size());
    prompt_end_.clear();
  }
  text_ += piece;
  const size_t certain =
      find_stop(piece.size()) || last ? text_.size() : text_.size() - held_back();
  const size_t begin = std::min(given_out_, certain);
  given_out_ = certain;
  return std::string_view(text_).substr(begin, certain - begin);
}

std::string_view OutputText::push(TokenId id) {
  return take(decoder_.push(id), false);
}

std::string_view OutputText::finish() {
  return take(decoder_.finish(), true);
}

}  // namespace tokrail
