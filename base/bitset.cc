#include "base/bitset.h"

#include <algorithm>
#include <bit>

// Everything between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is compiled once per
// instruction set; the functions after it choose among them at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "base/bitset.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tokrail {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<uint32_t>;

template <typename Vectors, typename Words>
void combine(uint32_t* HWY_RESTRICT target, const uint32_t* HWY_RESTRICT other, size_t count,
             Vectors vectors, Words words) {
  const Tag tag;
  const size_t lanes = hn::Lanes(tag);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(vectors(hn::LoadU(tag, target + i), hn::LoadU(tag, other + i)), tag, target + i);
  }
  for (; i < count; ++i) target[i] = words(target[i], other[i]);
}

void And(uint32_t* target, const uint32_t* other, size_t count) {
  combine(
      target, other, count, [](auto a, auto b) HWY_ATTR { return hn::And(a, b); },
      [](uint32_t a, uint32_t b) { return a & b; });
}

void Or(uint32_t* target, const uint32_t* other, size_t count) {
  combine(
      target, other, count, [](auto a, auto b) HWY_ATTR { return hn::Or(a, b); },
      [](uint32_t a, uint32_t b) { return a | b; });
}

void AndNot(uint32_t* target, const uint32_t* other, size_t count) {
  combine(
      target, other, count, [](auto a, auto b) HWY_ATTR { return hn::AndNot(b, a); },
      [](uint32_t a, uint32_t b) { return a & ~b; });
}

void Xor(uint32_t* target, const uint32_t* other, size_t count) {
  combine(
      target, other, count, [](auto a, auto b) HWY_ATTR { return hn::Xor(a, b); },
      [](uint32_t a, uint32_t b) { return a ^ b; });
}

void Invert(uint32_t* target, size_t count) {
  const Tag tag;
  const size_t lanes = hn::Lanes(tag);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::Not(hn::LoadU(tag, target + i)), tag, target + i);
  }
  for (; i < count; ++i) target[i] = ~target[i];
}

// Counts the bits of a & b.
size_t CountAnd(const uint32_t* a, const uint32_t* b, size_t count) {
  const Tag tag;
  const size_t lanes = hn::Lanes(tag);
  // A lane gains at most 32 per step: this many steps cannot overflow it.
  const size_t steps_per_sum = size_t{1} << 24;
  size_t total = 0;
  size_t i = 0;
  while (i + lanes <= count) {
    auto sums = hn::Zero(tag);
    for (size_t step = 0; step < steps_per_sum && i + lanes <= count; ++step, i += lanes) {
      const auto both = hn::And(hn::LoadU(tag, a + i), hn::LoadU(tag, b + i));
      sums = hn::Add(sums, hn::PopulationCount(both));
    }
    HWY_ALIGN uint32_t lane_sums[HWY_MAX_BYTES / sizeof(uint32_t)];
    hn::Store(sums, tag, lane_sums);
    for (size_t lane = 0; lane < lanes; ++lane) total += lane_sums[lane];
  }
  for (; i < count; ++i) total += static_cast<size_t>(std::popcount(a[i] & b[i]));
  return total;
}

// The first i at or after `from` with combine(a[i], b[i]) != 0, or count.
template <typename Vectors, typename Words>
size_t find_nonzero(const uint32_t* a, const uint32_t* b, size_t from, size_t count,
                    Vectors vectors, Words words) {
  const Tag tag;
  const size_t lanes = hn::Lanes(tag);
  size_t i = from;
  for (; i + lanes <= count; i += lanes) {
    const auto value = vectors(hn::LoadU(tag, a + i), hn::LoadU(tag, b + i));
    if (!hn::AllTrue(tag, hn::Eq(value, hn::Zero(tag)))) break;
  }
  while (i < count && words(a[i], b[i]) == 0) ++i;
  return i;
}

size_t FindAnd(const uint32_t* a, const uint32_t* b, size_t from, size_t count) {
  return find_nonzero(
      a, b, from, count, [](auto x, auto y) HWY_ATTR { return hn::And(x, y); },
      [](uint32_t x, uint32_t y) { return x & y; });
}

size_t FindAndNot(const uint32_t* a, const uint32_t* b, size_t from, size_t count) {
  return find_nonzero(
      a, b, from, count, [](auto x, auto y) HWY_ATTR { return hn::AndNot(y, x); },
      [](uint32_t x, uint32_t y) { return x & ~y; });
}

}  // namespace HWY_NAMESPACE
}  // namespace tokrail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail {
namespace {

HWY_EXPORT(And);
HWY_EXPORT(Or);
HWY_EXPORT(AndNot);
HWY_EXPORT(Xor);
HWY_EXPORT(Invert);
HWY_EXPORT(CountAnd);
HWY_EXPORT(FindAnd);
HWY_EXPORT(FindAndNot);

// Bits 0 to n - 1 of a word, n at most 32.
uint32_t low_bits(size_t n) noexcept {
  return n >= 32 ? ~uint32_t{0} : (uint32_t{1} << n) - 1;
}

}  // namespace

void mask_clear_all(MaskWords words) noexcept {
  std::ranges::fill(words, 0u);
}

void mask_set_all(MaskWords words, size_t bits) noexcept {
  assert(mask_words(bits) <= words.size());
  std::ranges::fill(words.first(bits / 32), ~uint32_t{0});
  std::ranges::fill(words.subspan(bits / 32), 0u);
  if (bits % 32 != 0) words[bits / 32] = low_bits(bits % 32);
}

void mask_set_range(MaskWords words, size_t begin, size_t end) noexcept {
  if (begin >= end) return;
  assert(mask_words(end) <= words.size());
  const size_t first = begin / 32;
  const size_t last = (end - 1) / 32;
  const uint32_t from_begin = ~low_bits(begin % 32);
  const uint32_t to_end = low_bits((end - 1) % 32 + 1);
  if (first == last) {
    words[first] |= from_begin & to_end;
    return;
  }
  words[first] |= from_begin;
  std::ranges::fill(words.subspan(first + 1, last - first - 1), ~uint32_t{0});
  words[last] |= to_end;
}

void mask_clear_range(MaskWords words, size_t begin, size_t end) noexcept {
  if (begin >= end) return;
  assert(mask_words(end) <= words.size());
  const size_t first = begin / 32;
  const size_t last = (end - 1) / 32;
  const uint32_t before_begin = low_bits(begin % 32);
  const uint32_t from_end = ~low_bits((end - 1) % 32 + 1);
  if (first == last) {
    words[first] &= before_begin | from_end;
    return;
  }
  words[first] &= before_begin;
  std::ranges::fill(words.subspan(first + 1, last - first - 1), 0u);
  words[last] &= from_end;
}

void mask_and(MaskWords target, ConstMaskWords other) noexcept {
  assert(target.size() == other.size());
  HWY_DYNAMIC_DISPATCH(And)(target.data(), other.data(), target.size());
}

void mask_or(MaskWords target, ConstMaskWords other) noexcept {
  assert(target.size() == other.size());
  HWY_DYNAMIC_DISPATCH(Or)(target.data(), other.data(), target.size());
}

void mask_and_not(MaskWords target, ConstMaskWords other) noexcept {
  assert(target.size() == other.size());
  HWY_DYNAMIC_DISPATCH(AndNot)(target.data(), other.data(), target.size());
}

void mask_xor(MaskWords target, ConstMaskWords other) noexcept {
  assert(target.size() == other.size());
  HWY_DYNAMIC_DISPATCH(Xor)(target.data(), other.data(), target.size());
}

void mask_invert(MaskWords target, size_t bits) noexcept {
  assert(mask_words(bits) <= target.size());
  HWY_DYNAMIC_DISPATCH(Invert)(target.data(), bits / 32);
  if (bits % 32 != 0) target[bits / 32] = ~target[bits / 32] & low_bits(bits % 32);
  std::ranges::fill(target.subspan(mask_words(bits)), 0u);
}

size_t mask_count(ConstMaskWords words) noexcept {
  return mask_count_and(words, words);
}

size_t mask_count_and(ConstMaskWords a, ConstMaskWords b) noexcept {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(CountAnd)(a.data(), b.data(), a.size());
}

bool mask_any(ConstMaskWords words) noexcept {
  return mask_intersects(words, words);
}

bool mask_intersects(ConstMaskWords a, ConstMaskWords b) noexcept {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(FindAnd)(a.data(), b.data(), 0, a.size()) < a.size();
}

bool mask_is_subset(ConstMaskWords a, ConstMaskWords b) noexcept {
  assert(a.size() == b.size());
  return HWY_DYNAMIC_DISPATCH(FindAndNot)(a.data(), b.data(), 0, a.size()) == a.size();
}

bool mask_equal(ConstMaskWords a, ConstMaskWords b) noexcept {
  return std::ranges::equal(a, b);
}

size_t mask_find_next(ConstMaskWords words, size_t from) noexcept {
  size_t word = from / 32;
  if (word >= words.size()) return kMaskEnd;
  const uint32_t first = words[word] & ~low_bits(from % 32);
  if (first != 0) return word * 32 + static_cast<size_t>(std::countr_zero(first));
  word = HWY_DYNAMIC_DISPATCH(FindAnd)(words.data(), words.data(), word + 1, words.size());
  if (word >= words.size()) return kMaskEnd;
  return word * 32 + static_cast<size_t>(std::countr_zero(words[word]));
}

}  // namespace tokrail
#endif  // HWY_ONCE
