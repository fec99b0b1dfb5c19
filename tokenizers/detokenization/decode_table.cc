#include "tokenizers/detokenization/decode_table.h"

#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/detokenization/decode_table_builder.h"

namespace tokrail {
namespace {

/// Whether a spelling in place is ASCII; zeros fill what it leaves free.
bool is_short_ascii(const DecodeTable::Entry& entry) noexcept {
  uint64_t words[2];
  static_assert(sizeof(words) == sizeof(entry));
  std::memcpy(words, &entry, sizeof(words));
  return ((words[0] | words[1]) & 0x8080808080808080u) == 0;  // the length of others is kLong
}

}  // namespace

DecodeTableBuilder::DecodeTableBuilder(size_t size)
    : table_(std::make_shared<DecodeTable>()), own_(std::make_shared<OwnArrays>()) {
  own_->entries.reserve(size);
  own_->flags.assign(size, 0);
  table_->contexts_.emplace_back();
}

DecodeTableBuilder::DecodeTableBuilder(const SharedArrays& arrays,
                                       std::shared_ptr<const void> owner)
    : table_(std::make_shared<DecodeTable>()) {
  using Entry = DecodeTable::Entry;
  const size_t size = arrays.entries.size();
  bool fits = arrays.flags.size() == size;
  bool texts_valid = true;
  uint8_t any_flag = 0;
  for (size_t id = 0; fits && id < size; ++id) {
    const Entry& entry = arrays.entries[id];
    if (entry.length > sizeof(entry.inline_bytes)) [[unlikely]] {
      uint32_t place[2];
      std::memcpy(place, entry.inline_bytes, sizeof(place));
      fits =
          entry.length == Entry::kLong && uint64_t{place[0]} + place[1] <= arrays.long_bytes.size();
    }
    const uint8_t flags = arrays.flags[id];
    any_flag |= flags;
    texts_valid &=
        ((flags & (DecodeTable::kByte | DecodeTable::kWhole)) != 0) | (entry.length == 0);
  }
  if (!fits) {
    throw Error(ErrorCode::kInvalidFile,
                "expected a spelling and flags for each id, and long spellings inside their arena");
  }
  table_->entries_ = arrays.entries.data();
  table_->long_ = arrays.long_bytes;
  table_->flags_ = arrays.flags.data();
  table_->size_ = size;
  table_->owner_ = std::move(owner);
  table_->has_byte_tokens_ = (any_flag & DecodeTable::kByte) != 0;
  table_->texts_valid_ = texts_valid;
  table_->contexts_.emplace_back();
}

void DecodeTableBuilder::use_own_arrays() {
  table_->entries_ = own_->entries.data();
  table_->long_ = own_->long_bytes;
  table_->flags_ = own_->flags.data();
  table_->size_ = own_->flags.size();
  table_->owner_ = own_;
}

DecodeTable::Entry DecodeTableBuilder::make_entry(std::string_view bytes) {
  DecodeTable::Entry entry = {};
  if (bytes.size() <= sizeof(entry.inline_bytes)) {
    bytes.copy(entry.inline_bytes, bytes.size());
    entry.length = static_cast<uint8_t>(bytes.size());
  } else {
    const size_t at = own_->long_bytes.size();
    if (bytes.size() > UINT32_MAX - at) {
      throw Error(ErrorCode::kUnsupported, "the vocabulary's tokens have more than 4 GiB");
    }
    const uint32_t place[2] = {static_cast<uint32_t>(at), static_cast<uint32_t>(bytes.size())};
    std::memcpy(entry.inline_bytes, place, sizeof(place));
    entry.length = DecodeTable::Entry::kLong;
    own_->long_bytes.append(bytes);
  }
  return entry;
}

void DecodeTableBuilder::add_shared(std::string_view bytes) {
  own_->entries.push_back(make_entry(bytes));
}

void DecodeTableBuilder::mark_byte(TokenId id) {
  own_->flags[id] |= DecodeTable::kByte;
  table_->has_byte_tokens_ = true;
}

void DecodeTableBuilder::set_shared_next(TokenId id, DecodeContext next) {
  const size_t size = own_ ? own_->flags.size() : table_->size_;
  if (table_->shared_next_.empty()) table_->shared_next_.assign(size, kInside);
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

void DecodeTableBuilder::add_pending(DecodeContext context, std::string bytes) {
  table_->contexts_[context].pending.push_back(std::move(bytes));
}

void DecodeTableBuilder::overlay(DecodeContext context, TokenId id, std::string_view bytes,
                                 DecodeContext next) {
  DecodeTable::Context& target = table_->contexts_[context];
  assert(target.ids.empty() || target.ids.back() < id);
  target.ids.push_back(id);
  target.texts.push_back(bytes);
  target.next.push_back(next);
}

void DecodeTableBuilder::overlay_range(DecodeContext context, TokenId begin, TokenId end) {
  DecodeTable::Context& target = table_->contexts_[context];
  assert(target.ids.empty() && target.range_count == 0 && begin <= end);
  assert(own_ && own_->entries.size() >= own_->flags.size());
  const size_t slot = own_->entries.size();
  if (end - begin > UINT32_MAX - slot) {
    throw Error(ErrorCode::kUnsupported, "more than 4 G spellings in all contexts");
  }
  own_->entries.resize(slot + (end - begin));
  table_->shared_next_.resize(own_->entries.size(), kInside);
  target.range_begin = begin;
  target.range_count = end - begin;
  target.range_slot = static_cast<uint32_t>(slot);
}

void DecodeTableBuilder::set_overlay(DecodeContext context, TokenId id, std::string_view bytes,
                                     DecodeContext next) {
  const DecodeTable::Context& target = table_->contexts_[context];
  assert(target.in_range(id));
  own_->entries[target.slot(id)] = make_entry(bytes);
  table_->shared_next_[target.slot(id)] = next;
}

void DecodeTableBuilder::set_strip(uint32_t count, char byte) {
  table_->strip_count_ = count;
  table_->strip_byte_ = byte;
}

void DecodeTableBuilder::set_chain(std::shared_ptr<const DecodeChain> chain) {
  table_->chain_ = std::move(chain);
  table_->exact_ = false;
}

// Where every overlay is a range and what is held back is short, decoding is one loop over rows.
void DecodeTableBuilder::make_rows() {
  bool any_range = false;
  for (const DecodeTable::Context& context : table_->contexts_) {
    if (!context.ids.empty()) return;
    if (context.released.size() > sizeof(DecodeTable::Entry::inline_bytes)) return;
    any_range |= context.range_count > 0;
  }
  if (!any_range) return;
  table_->rows_.reserve(table_->contexts_.size());
  for (const DecodeTable::Context& context : table_->contexts_) {
    table_->rows_.push_back({make_entry(context.released), context.range_begin, context.range_count,
                             context.range_slot, 0});
  }
}

std::shared_ptr<const DecodeTable> DecodeTableBuilder::finish(DecodeContext start) {
  table_->start_ = start;
  table_->inside_ = kInside;
  const DecodeTable::Context& inside = table_->contexts_[kInside];
  table_->inside_is_plain_ =
      table_->shared_next_.empty() && inside.ids.empty() && inside.released.empty();
  if (!own_) return table_;
  use_own_arrays();
  make_rows();
  for (TokenId id = 0; id < table_->size(); ++id) {
    uint8_t& flags = own_->flags[id];
    const std::string_view bytes = table_->shared_bytes(id);
    if (bytes.empty() && !table_->is_absent(id)) flags |= DecodeTable::kSilent;
    if (table_->is_byte(id)) continue;
    const bool valid = is_short_ascii(own_->entries[id]) || valid_utf8(bytes);
    table_->texts_valid_ &= valid;
    if (valid && !bytes.empty()) flags |= DecodeTable::kWhole;
  }
  return table_;
}

}  // namespace tokrail
