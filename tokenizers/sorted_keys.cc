#include "tokenizers/sorted_keys.h"

#include <array>
#include <cstring>
#include <utility>

namespace tokrail {
namespace {

/// The number whose bytes are those at p, the first one highest.
template <typename Number>
Number load_high_first(const char* p) noexcept {
  Number number;
  std::memcpy(&number, p, sizeof(number));
  if constexpr (std::endian::native == std::endian::big) return number;
  if constexpr (sizeof(number) == 8) return __builtin_bswap64(number);
  if constexpr (sizeof(number) == 4) return __builtin_bswap32(number);
  return __builtin_bswap16(static_cast<uint16_t>(number));
}

/// What the counting passes move about.
struct Ticket {
  uint64_t head;
  uint32_t index;
};

constexpr uint32_t kDigitBits = 11;
constexpr uint32_t kDigits = 6;  // 66 bits
constexpr size_t kValues = size_t{1} << kDigitBits;

size_t digit(uint64_t head, uint32_t number) noexcept {
  return head >> (number * kDigitBits) & (kValues - 1);
}

/// Stable, from the lowest digit to the highest; digits that are all the same are left out.
std::vector<Ticket> sort_by_head(std::span<const ByteTrieEntry> entries) {
  std::vector<Ticket> tickets(entries.size());
  std::vector<std::array<uint32_t, kValues>> counts(kDigits);
  for (uint32_t i = 0; i < entries.size(); ++i) {
    const uint64_t head = head_of(entries[i].key);
    tickets[i] = {head, i};
    for (uint32_t d = 0; d < kDigits; ++d) ++counts[d][digit(head, d)];
  }
  std::vector<Ticket> sorted(entries.size());
  for (uint32_t d = 0; d < kDigits; ++d) {
    std::array<uint32_t, kValues>& starts = counts[d];
    if (starts[digit(tickets[0].head, d)] == tickets.size()) continue;
    uint32_t start = 0;
    for (uint32_t& count : starts) start += std::exchange(count, start);
    for (const Ticket& ticket : tickets) sorted[starts[digit(ticket.head, d)]++] = ticket;
    tickets.swap(sorted);
  }
  return tickets;
}

/// For keys with the same head. One that ends in it has zeros where another goes on with zeros.
bool rest_less(const SortedKey& a, const SortedKey& b) noexcept {
  if (a.size > SortedKey::kHead && b.size > SortedKey::kHead) {
    const int order = a.key().substr(SortedKey::kHead).compare(b.key().substr(SortedKey::kHead));
    if (order != 0) return order < 0;
  } else if (a.size != b.size) {
    return a.size < b.size;
  }
  return a.value < b.value;
}

SortedKey key_of(const ByteTrieEntry& entry, uint64_t head) noexcept {
  return {head, entry.key.data(), static_cast<uint32_t>(entry.key.size()), entry.value};
}

}  // namespace

uint64_t head_of(std::string_view text) noexcept {
  const size_t size = text.size();
  const char* const p = text.data();
  if (size >= 8) return load_high_first<uint64_t>(p);
  // Two loads that overlap; how many bytes there are is hard to predict.
  if (size >= 4) {
    return uint64_t{load_high_first<uint32_t>(p)} << 32 |
           uint64_t{load_high_first<uint32_t>(p + size - 4)} << (64 - 8 * size);
  }
  if (size >= 2) {
    return uint64_t{load_high_first<uint16_t>(p)} << 48 |
           uint64_t{load_high_first<uint16_t>(p + size - 2)} << (64 - 8 * size);
  }
  return size == 0 ? 0 : uint64_t{static_cast<unsigned char>(*p)} << 56;
}

std::vector<SortedKey> sort_keys(std::span<const ByteTrieEntry> entries) {
  std::vector<SortedKey> keys;
  keys.reserve(entries.size());
  constexpr size_t kFew = 512;  // where counting would mostly go over empty counts
  if (entries.size() < kFew) {
    for (const ByteTrieEntry& entry : entries) keys.push_back(key_of(entry, head_of(entry.key)));
    std::sort(keys.begin(), keys.end(), [](const SortedKey& a, const SortedKey& b) {
      return a.head != b.head ? a.head < b.head : rest_less(a, b);
    });
    return keys;
  }
  // In sorted order every entry is a cache miss, and so are the bytes behind its head.
  constexpr size_t kAhead = 16;
  const std::vector<Ticket> tickets = sort_by_head(entries);
  for (size_t i = 0; i < tickets.size(); ++i) {
    if (i + kAhead < tickets.size()) __builtin_prefetch(&entries[tickets[i + kAhead].index]);
    const ByteTrieEntry& entry = entries[tickets[i].index];
    if (entry.key.size() > SortedKey::kHead) __builtin_prefetch(entry.key.data());
    keys.push_back(key_of(entry, tickets[i].head));
  }
  for (auto begin = keys.begin(); begin != keys.end();) {
    auto end = begin + 1;
    while (end != keys.end() && end->head == begin->head) ++end;
    if (end - begin > 1) std::sort(begin, end, rest_less);
    begin = end;
  }
  return keys;
}

void keep_last_of_equal(std::vector<SortedKey>& keys) {
  size_t kept = 0;
  for (const SortedKey& key : keys) {
    if (kept > 0 && keys[kept - 1].head == key.head && keys[kept - 1].key() == key.key()) --kept;
    keys[kept++] = key;
  }
  keys.resize(kept);
}

}  // namespace tokrail
