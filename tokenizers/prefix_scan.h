// PrefixScan: finds where a text might contain one of a set of strings, by their first three bytes.
//
// Strings are put into eight buckets; a position is a candidate when some bucket holds a string
// with matching nibbles at the first three places (the "Teddy" fingerprint of Hyperscan and of
// Rust's aho-corasick). Candidates must be verified; no occurrence is missed. A few vector
// instructions per 16 to 64 bytes of text, chosen for the processor at run time.
//
//   PrefixScan scan(strings);
//   for (size_t at = scan.find(text, 0); at < text.size(); at = scan.find(text, at + 1))
//   verify(at);
//
// Immutable, thread safe. O(bytes scanned). Nothing throws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tokrail {

class PrefixScan {
 public:
  PrefixScan() = default;
  /// Strings must not be empty.
  explicit PrefixScan(std::span<const std::string_view> strings);

  /// First candidate at or behind `from`, or text.size().
  size_t find(std::string_view text, size_t from) const noexcept;

  /// Buckets that accept a byte at a place, split by nibbles as the vector code looks them up.
  struct Tables {
    alignas(16) std::array<std::array<uint8_t, 16>, 3> low{};
    alignas(16) std::array<std::array<uint8_t, 16>, 3> high{};
  };

 private:
  void admit(size_t place, uint8_t byte, uint8_t buckets) noexcept;
  uint8_t buckets_at(size_t place, char byte) const noexcept;

  Tables tables_;
};

}  // namespace tokrail
