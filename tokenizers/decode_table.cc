#include "tokenizers/decode_table.h"

#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/decode_table_builder.h"

namespace tokrail {

DecodeTableBuilder::DecodeTableBuilder(size_t size) : table_(std::make_shared<DecodeTable>()) {
  table_->entries_.reserve(size);
  table_->flags_.assign(size, 0);
  table_->contexts_.emplace_back();
}

void DecodeTableBuilder::add_shared(std::string_view bytes) {
  DecodeTable::Entry entry = {};
  if (bytes.size() <= sizeof(entry.inline_bytes)) {
    bytes.copy(entry.inline_bytes, bytes.size());
    entry.length = static_cast<uint8_t>(bytes.size());
  } else {
    const size_t at = table_->long_.size();
    if (bytes.size() > UINT32_MAX - at) {
      throw Error(ErrorCode::kUnsupported, "the vocabulary's tokens have more than 4 GiB");
    }
    const uint32_t place[2] = {static_cast<uint32_t>(at), static_cast<uint32_t>(bytes.size())};
    std::memcpy(entry.inline_bytes, place, sizeof(place));
    entry.length = DecodeTable::Entry::kLong;
    table_->long_.append(bytes);
  }
  table_->entries_.push_back(entry);
}

void DecodeTableBuilder::mark_byte(TokenId id) {
  table_->flags_[id] |= DecodeTable::kByte;
  table_->has_byte_tokens_ = true;
}

void DecodeTableBuilder::set_shared_next(TokenId id, DecodeContext next) {
  if (table_->shared_next_.empty()) table_->shared_next_.assign(table_->flags_.size(), kInside);
  table_->shared_next_[id] = next;
}

DecodeContext DecodeTableBuilder::add_context(std::string released, std::string final_bytes) {
  if (table_->contexts_.size() >= 65000) {
    throw Error(ErrorCode::kUnsupported, "more than 65,000 decode contexts");
  }
  DecodeTable::Context context;
  if (!released.empty()) context.pending.push_back(released);
  context.released = std::move(released);
  context.final_bytes = std::move(final_bytes);
  table_->contexts_.push_back(std::move(context));
  return static_cast<DecodeContext>(table_->contexts_.size() - 1);
}

void DecodeTableBuilder::overlay(DecodeContext context, TokenId id, std::string_view bytes,
                                 DecodeContext next) {
  DecodeTable::Context& target = table_->contexts_[context];
  assert(target.ids.empty() || target.ids.back() < id);
  target.ids.push_back(id);
  target.texts.push_back(bytes);
  target.next.push_back(next);
}

void DecodeTableBuilder::set_strip(uint32_t count, char byte) {
  table_->strip_count_ = count;
  table_->strip_byte_ = byte;
}

void DecodeTableBuilder::set_chain(std::shared_ptr<const DecodeChain> chain) {
  table_->chain_ = std::move(chain);
  table_->exact_ = false;
}

std::shared_ptr<const DecodeTable> DecodeTableBuilder::finish(DecodeContext start) {
  table_->start_ = start;
  table_->inside_ = kInside;
  const DecodeTable::Context& inside = table_->contexts_[kInside];
  table_->inside_is_plain_ =
      table_->shared_next_.empty() && inside.ids.empty() && inside.released.empty();
  for (TokenId id = 0; id < table_->size(); ++id) {
    const std::string_view bytes = table_->shared_bytes(id);
    if (bytes.empty() && !table_->is_absent(id)) table_->flags_[id] |= DecodeTable::kSilent;
    if (table_->is_byte(id)) continue;
    const bool valid = valid_utf8(bytes);
    table_->texts_valid_ &= valid;
    if (valid && !bytes.empty()) table_->flags_[id] |= DecodeTable::kWhole;
  }
  return table_;
}

}  // namespace tokrail
