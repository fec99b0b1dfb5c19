#include "tokenizers/prefix_scan.h"

#include <algorithm>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tokenizers/prefix_scan.cc"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace tokrail::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// First candidate among whole vectors of [begin, end), or the place from which fewer bytes than a
/// vector and the two places behind it are left. Reads nothing outside [begin, end).
const char* scan_vectors(const PrefixScan::Tables& tables, const char* begin, const char* end) {
  const hn::ScalableTag<uint8_t> d;
  using Vector = hn::Vec<decltype(d)>;
  const ptrdiff_t lanes = static_cast<ptrdiff_t>(hn::Lanes(d));
  const Vector low_nibble = hn::Set(d, 0x0F);
  const Vector low0 = hn::LoadDup128(d, tables.low[0].data());
  const Vector low1 = hn::LoadDup128(d, tables.low[1].data());
  const Vector low2 = hn::LoadDup128(d, tables.low[2].data());
  const Vector high0 = hn::LoadDup128(d, tables.high[0].data());
  const Vector high1 = hn::LoadDup128(d, tables.high[1].data());
  const Vector high2 = hn::LoadDup128(d, tables.high[2].data());
  const auto buckets = [&](const char* p, Vector low, Vector high) HWY_ATTR {
    const Vector bytes = hn::LoadU(d, reinterpret_cast<const uint8_t*>(p));
    return hn::And(hn::TableLookupBytes(low, hn::And(bytes, low_nibble)),
                   hn::TableLookupBytes(high, hn::ShiftRight<4>(bytes)));
  };
  for (const char* p = begin; end - p >= lanes + 2; p += lanes) {
    const Vector all = hn::And(hn::And(buckets(p, low0, high0), buckets(p + 1, low1, high1)),
                               buckets(p + 2, low2, high2));
    const auto candidate = hn::Ne(all, hn::Zero(d));
    if (!hn::AllFalse(d, candidate)) return p + hn::FindFirstTrue(d, candidate);
    if (end - p < 2 * lanes + 2) return p + lanes;
  }
  return begin;
}

}  // namespace tokrail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tokrail {

HWY_EXPORT(scan_vectors);

namespace {

constexpr size_t kPlaces = 3;
constexpr size_t kBuckets = 8;

}  // namespace

void PrefixScan::admit(size_t place, uint8_t byte, uint8_t buckets) noexcept {
  tables_.low[place][byte & 0x0F] |= buckets;
  tables_.high[place][byte >> 4] |= buckets;
}

uint8_t PrefixScan::buckets_at(size_t place, char byte) const noexcept {
  const auto value = static_cast<unsigned char>(byte);
  return tables_.low[place][value & 0x0F] & tables_.high[place][value >> 4];
}

PrefixScan::PrefixScan(std::span<const std::string_view> strings) {
  std::vector<std::string_view> prefixes;
  for (const std::string_view string : strings) prefixes.push_back(string.substr(0, kPlaces));
  std::sort(prefixes.begin(), prefixes.end());
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  // Neighbours in order share first bytes, so that a bucket of several stays selective.
  for (size_t i = 0; i < prefixes.size(); ++i) {
    const size_t bucket = prefixes.size() <= kBuckets ? i : i * kBuckets / prefixes.size();
    const auto bit = static_cast<uint8_t>(1U << bucket);
    for (size_t place = 0; place < kPlaces; ++place) {
      if (place < prefixes[i].size()) {
        admit(place, static_cast<uint8_t>(prefixes[i][place]), bit);
        continue;
      }
      for (size_t nibble = 0; nibble < 16; ++nibble) {
        tables_.low[place][nibble] |= bit;
        tables_.high[place][nibble] |= bit;
      }
    }
  }
}

size_t PrefixScan::find(std::string_view text, size_t from) const noexcept {
  if (from >= text.size()) return text.size();
  const char* const end = text.data() + text.size();
  const char* p = HWY_DYNAMIC_DISPATCH(scan_vectors)(tables_, text.data() + from, end);
  for (; p < end; ++p) {
    uint8_t buckets = buckets_at(0, p[0]);
    if (end - p > 1) buckets &= buckets_at(1, p[1]);
    if (end - p > 2) buckets &= buckets_at(2, p[2]);
    if (buckets != 0) return static_cast<size_t>(p - text.data());
  }
  return text.size();
}

}  // namespace tokrail
#endif  // HWY_ONCE
