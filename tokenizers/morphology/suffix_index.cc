#include "tokenizers/morphology/suffix_index.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

namespace tokrail {

namespace {

// A suffix that may spell nothing at all, neither text nor tail, is never read: it could be read
// anywhere, any number of times.
bool may_spell_nothing(const Realised& realised, uint32_t least_tail) noexcept {
  return realised.text.empty() && least_tail == 0;
}

uint32_t key_of(MorphState state, SuffixId suffix) noexcept {
  return uint32_t{state} << 16 | suffix;
}

// Calls take(ending, suffix, realised, tail) for all suffixes that can be read behind an ending.
template <typename Take>
void for_spellings(const Language& language, Take&& take) {
  const size_t endings = language.ending_count(), suffixes = language.suffix_count();
  for (size_t e = 0; e < endings; ++e) {
    const auto left = static_cast<EndingId>(e);
    const Ending ending = language.ending(left);
    for (size_t s = 0; s < suffixes; ++s) {
      const auto suffix = static_cast<SuffixId>(s);
      const Realised realised = language.realise(left, suffix);
      if (!realised.allowed) continue;
      take(left, suffix, realised, realised.changes_left ? ending.changed_tail : ending.base_tail);
    }
  }
}

}  // namespace

uint64_t SuffixIndex::head_of(std::string_view text) noexcept {
  uint64_t head = 0;
  std::memcpy(&head, text.data(), std::min(text.size(), kHead));
  return head;
}

SuffixIndex::Tail SuffixIndex::tail_of(std::string_view text) noexcept {
  return {.head = text.empty() ? 0 : head_of(text),
          .text = text,
          .bytes = static_cast<uint32_t>(text.size())};
}

SuffixIndex::SuffixIndex(std::shared_ptr<const Language> language)
    : language_(std::move(language)) {
  for (size_t n = 0; n <= kHead; ++n) {
    std::array<unsigned char, kHead> bytes = {};
    std::fill_n(bytes.begin(), n, static_cast<unsigned char>(0xFF));
    std::memcpy(&masks_[n], bytes.data(), kHead);
  }
  index_endings();
  index_first_bytes();
  index_spellings();
  index_arcs();
}

void SuffixIndex::index_endings() {
  tails_.resize(language_->ending_count());
  for (size_t i = 0; i < tails_.size(); ++i) {
    const Ending ending = language_->ending(static_cast<EndingId>(i));
    Tails& tails = tails_[i];
    tails.base = tail_of(ending.base_tail);
    tails.changed = ending.changes ? tail_of(ending.changed_tail) : tails.base;
    tails.changes = ending.changes;
    tails.least = std::min(tails.base.bytes, tails.changed.bytes);
  }
}

void SuffixIndex::index_first_bytes() {
  std::array<bool, 256> used = {};
  for_spellings(*language_,
                [&](EndingId, SuffixId, const Realised& realised, std::string_view tail) {
                  const std::string_view first = tail.empty() ? realised.text : tail;
                  if (!first.empty()) used[static_cast<unsigned char>(first[0])] = true;
                });
  // Class 0: no byte. The last class: bytes that begin nothing.
  uint16_t next = 1;
  for (size_t byte = 0; byte < used.size(); ++byte) {
    if (used[byte]) byte_class_[byte] = next++;
  }
  for (size_t byte = 0; byte < used.size(); ++byte) {
    if (!used[byte]) byte_class_[byte] = next;
  }
  row_ = size_t{next} + 1;
}

void SuffixIndex::index_spellings() {
  std::vector<std::pair<uint32_t, Spelling>> found;  // row
  for_spellings(*language_, [&](EndingId left, SuffixId suffix, const Realised& realised,
                                std::string_view tail) {
    if (may_spell_nothing(realised, tails_[realised.end].least)) return;
    const size_t bytes = tail.size() + realised.text.size();
    if (bytes > 0xFFFF) return;  // longer than any word that is read
    std::array<char, kHead> head = {};
    const size_t of_tail = std::min(tail.size(), kHead);
    std::copy_n(tail.data(), of_tail, head.data());
    std::copy_n(realised.text.data(), std::min(realised.text.size(), kHead - of_tail),
                head.data() + of_tail);
    const size_t byte_class = bytes == 0 ? 0 : byte_class_[static_cast<unsigned char>(head[0])];
    found.push_back({static_cast<uint32_t>(left * row_ + byte_class),
                     {.head = load(head.data()),
                      .bytes = static_cast<uint16_t>(bytes),
                      .tail = static_cast<uint16_t>(tail.size()),
                      .suffix = suffix,
                      .end = realised.end}});
  });
  starts_.assign(tails_.size() * row_ + 1, 0);
  for (const auto& [row, spelling] : found) ++starts_[row + 1];
  for (size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
  spellings_.resize(found.size());
  std::vector<uint32_t> next(starts_.begin(), starts_.end() - 1);
  for (const auto& [row, spelling] : found) spellings_[next[row]++] = spelling;
}

void SuffixIndex::index_arcs() {
  size_t pairs = 0;
  for (size_t s = 0; s < language_->state_count(); ++s) {
    const auto state = static_cast<MorphState>(s);
    states_.push_back(static_cast<uint8_t>((language_->is_final(state) ? kFinal : 0) |
                                           (language_->joins_any(state) ? kJoins : 0)));
    const size_t first = arcs_.size();
    const std::span<const MorphArc> arcs = language_->arcs(state);
    arcs_.insert(arcs_.end(), arcs.begin(), arcs.end());
    std::sort(arcs_.begin() + static_cast<std::ptrdiff_t>(first), arcs_.end(),
              [](const MorphArc& a, const MorphArc& b) {
                return std::tie(a.suffix, a.to, a.tag) < std::tie(b.suffix, b.to, b.tag);
              });
    for (size_t i = first; i < arcs_.size(); ++i) {
      pairs += i == first || arcs_[i].suffix != arcs_[i - 1].suffix;
    }
  }
  const size_t size = std::bit_ceil(std::max<size_t>(2 * pairs, 2));
  slots_.resize(size);
  slot_shift_ = static_cast<uint32_t>(32 - std::countr_zero(size));
  size_t at = 0;
  for (size_t s = 0; s < language_->state_count(); ++s) {
    const size_t end = at + language_->arcs(static_cast<MorphState>(s)).size();
    while (at < end) {
      const uint32_t key = key_of(static_cast<MorphState>(s), arcs_[at].suffix);
      ArcSlot& slot = slots_[slot_of(key)];
      slot = {.key = key, .first = static_cast<uint32_t>(at), .count = 0};
      for (; at < end && arcs_[at].suffix == static_cast<SuffixId>(key); ++at) ++slot.count;
    }
  }
}

// The key's slot, or a free one where it has none.
uint32_t SuffixIndex::slot_of(uint32_t key) const noexcept {
  const auto mask = static_cast<uint32_t>(slots_.size() - 1);
  uint32_t slot = (key * 0x9E3779B1U) >> slot_shift_;
  while (slots_[slot].key != key && slots_[slot].key != kNoIndex) slot = (slot + 1) & mask;
  return slot;
}

std::span<const MorphArc> SuffixIndex::arcs(MorphState state, SuffixId suffix) const noexcept {
  const ArcSlot& slot = slots_[slot_of(key_of(state, suffix))];
  return {arcs_.data() + slot.first, slot.count};
}

bool SuffixIndex::whole_stands(const Spelling& spelling, EndingId left, const PaddedWord& word,
                               size_t at) const noexcept {
  const Realised realised = language_->realise(left, spelling.suffix);
  const Ending ending = language_->ending(left);
  const std::string_view tail = realised.changes_left ? ending.changed_tail : ending.base_tail;
  return word.from(at).starts_with(tail) && word.from(at + tail.size()).starts_with(realised.text);
}

}  // namespace tokrail
