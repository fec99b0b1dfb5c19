#include "tokenizers/stream_decoder.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "tokenizers/detokenization/decode_chain.h"
#include "tokenizers/detokenization/decode_steps.h"

namespace tokrail {

StreamDecoder::StreamDecoder(const Detokenizer& detokenizer, DecodeOptions options)
    : table_(detokenizer.shared_table()), options_(options) {
  const bool replaces = options.invalid_utf8 == InvalidUtf8::kReplace;
  if (table_->chain() != nullptr) {
    chain_ = std::make_unique<DecodeChainState>(table_->chain(), /*raw_bytes=*/!replaces);
  } else if (replaces && table_->has_byte_tokens()) {
    if (table_->byte_runs() == ByteRuns::kWholeRun) mode_ = Mode::kWholeRun;
    if (table_->byte_runs() == ByteRuns::kEachByte) mode_ = Mode::kEachByte;
  }
  reset();
}

StreamDecoder::StreamDecoder(const StreamDecoder& other)
    : table_(other.table_),
      chain_(other.chain_ ? std::make_unique<DecodeChainState>(*other.chain_) : nullptr),
      options_(other.options_),
      mode_(other.mode_),
      context_(other.context_),
      failed_(other.failed_),
      buffer_(other.buffer_),
      emitted_(other.emitted_),
      run_begin_(other.run_begin_),
      strip_left_(other.strip_left_) {}

StreamDecoder& StreamDecoder::operator=(const StreamDecoder& other) {
  if (this != &other) *this = StreamDecoder(other);
  return *this;
}

StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&&) noexcept = default;
StreamDecoder::~StreamDecoder() = default;

void StreamDecoder::reset() noexcept {
  if (chain_) chain_->reset();
  // Where runs are replaced before the text is stripped, stripping is left to the way out.
  strip_left_ = mode_ == Mode::kPlain ? 0 : table_->strip_count();
  context_ = strip_left_ > 0 ? table_->inside_context() : table_->start_context();
  failed_ = false;
  buffer_.clear();
  emitted_ = 0;
  run_begin_ = 0;
}

std::string_view StreamDecoder::push(TokenId id) noexcept {
  if (id >= table_->size()) failed_ = true;
  if (failed_) return {};
  drop_given_out();
  const bool left_out = table_->is_left_out(id, options_.skip_special);
  if (left_out && !table_->skipped_ids_move()) return {};
  // Nothing is held back and the token is whole characters: they come straight from the table.
  if (buffer_.empty() && strip_left_ == 0 && table_->is_plain(context_) && table_->is_whole(id) &&
      !chain_) {
    return table_->shared_bytes(id);
  }
  step(id, left_out);
  size_t certain = buffer_.size();
  if (mode_ == Mode::kWholeRun) {
    certain = run_begin_;
  } else if (mode_ == Mode::kPlain || run_begin_ < buffer_.size()) {
    certain -= incomplete_utf8_suffix(buffer_);
  }
  return give_out(certain);
}

void StreamDecoder::drop_given_out() noexcept {
  if (emitted_ == 0) return;
  if (emitted_ == buffer_.size()) {
    buffer_.clear();
  } else {
    buffer_.erase(0, emitted_);
  }
  run_begin_ -= std::min(run_begin_, emitted_);
  emitted_ = 0;
}

void StreamDecoder::step(TokenId id, bool left_out) {
  if (chain_) {
    chain_->push(id, buffer_);
    return;
  }
  SpelledBytes bytes = table_->bytes(context_, id);
  if (left_out) bytes.own = {};
  context_ = table_->next_context(context_, id);
  if (mode_ == Mode::kPlain || table_->is_byte(id)) {
    bytes.append_to(buffer_);
    return;
  }
  // A token that is no byte ends the run: what is held of it is complete, well-formed or not.
  if (run_begin_ < buffer_.size()) {
    const std::string run = replaced(std::string_view(buffer_).substr(run_begin_));
    buffer_.replace(run_begin_, std::string::npos, run);
  }
  if (table_->texts_valid()) {
    bytes.append_to(buffer_);
  } else {
    buffer_ += replace_invalid_utf8(bytes.released);
    buffer_ += replace_invalid_utf8(bytes.own);
  }
  run_begin_ = buffer_.size();
}

std::string StreamDecoder::replaced(std::string_view bytes) const {
  switch (mode_) {
    case Mode::kWholeRun: return replace_whole_run(bytes);
    case Mode::kEachByte: return replace_each_byte(bytes);
    case Mode::kPlain: break;
  }
  return replace_invalid_utf8(bytes);
}

std::string_view StreamDecoder::give_out(size_t certain) {
  const std::string_view text = std::string_view(buffer_).substr(0, certain);
  emitted_ = certain;
  if (options_.invalid_utf8 == InvalidUtf8::kKeep || valid_utf8(text)) return strip(text);
  if (options_.invalid_utf8 == InvalidUtf8::kError) {
    failed_ = true;
    return {};
  }
  // Only the run is replaced by the rules of the run; what stands before it is text already.
  const size_t run = mode_ == Mode::kPlain ? 0 : std::min(run_begin_, certain);
  replaced_.assign(text.substr(0, run));
  replaced_ += replaced(text.substr(run));
  return strip(replaced_);
}

std::string_view StreamDecoder::strip(std::string_view text) noexcept {
  if (strip_left_ == 0) return text;
  while (strip_left_ > 0 && !text.empty()) {
    if (text[0] != table_->strip_byte()) {
      strip_left_ = 0;
      break;
    }
    text.remove_prefix(1);
    --strip_left_;
  }
  return text;
}

std::string_view StreamDecoder::finish() noexcept {
  if (failed_) return {};
  drop_given_out();
  append_final();
  const std::string_view text = give_out(buffer_.size());
  if (failed_) return {};
  // Ready for a new text, with the last one still readable in the buffers.
  strip_left_ = mode_ == Mode::kPlain ? 0 : table_->strip_count();
  context_ = strip_left_ > 0 ? table_->inside_context() : table_->start_context();
  run_begin_ = buffer_.size();
  return text;
}

void StreamDecoder::append_final() {
  if (chain_) {
    chain_->finish(buffer_);
    return;
  }
  const std::string_view bytes = table_->final_bytes(context_);
  if (bytes.empty()) return;
  if (run_begin_ < buffer_.size() && mode_ != Mode::kPlain) {
    const std::string run = replaced(std::string_view(buffer_).substr(run_begin_));
    buffer_.replace(run_begin_, std::string::npos, run);
  }
  buffer_ += bytes;
  run_begin_ = buffer_.size();
}

}  // namespace tokrail
