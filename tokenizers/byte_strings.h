// ByteStrings: many short byte strings in one block of memory.
//
// Vocabularies hold 30,000 to 300,000 strings of a few bytes; one arena and one offset array load
// several times faster and take a third of the memory of a vector of std::string, and map to disk
// as they are. Strings are addressed by index; a view stays valid until the next push_back.
//
//   ByteStrings strings;
//   strings.push_back("abc");
//   strings[0] == "abc";
//
// Ownership: strings own their bytes, or borrow them (from a mapped file) and keep alive who has
// them; copies of borrowed strings share them, and push_back makes them own.
// Thread safety: const access is thread safe. Complexity: O(1) access, amortised O(n) append.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokrail {

class ByteStrings {
 public:
  ByteStrings() = default;
  ByteStrings(const ByteStrings& other)
      : own_bytes_(other.own_bytes_), own_offsets_(other.own_offsets_), owner_(other.owner_) {
    point_like(other);
  }
  ByteStrings(ByteStrings&& other) noexcept { *this = std::move(other); }
  ByteStrings& operator=(const ByteStrings& other) {
    if (this != &other) *this = ByteStrings(other);
    return *this;
  }
  ByteStrings& operator=(ByteStrings&& other) noexcept {
    own_bytes_ = std::move(other.own_bytes_);
    own_offsets_ = std::move(other.own_offsets_);
    owner_ = std::move(other.owner_);
    point_like(other);
    other.own_bytes_.clear();
    other.own_offsets_.clear();
    other.owner_.reset();
    other.point_like(ByteStrings());
    return *this;
  }
  ~ByteStrings() = default;

  /// Strings that lie elsewhere. `offsets` are ascending, begin with 0 and end with bytes.size();
  /// `owner` keeps both alive.
  static ByteStrings borrow(std::string_view bytes, std::span<const uint32_t> offsets,
                            std::shared_ptr<const void> owner) {
    ByteStrings strings;
    strings.owner_ = std::move(owner);
    strings.bytes_ = bytes.data();
    strings.offsets_ = offsets.data();
    strings.size_ = offsets.size() - 1;
    return strings;
  }

  /// Strings put one behind the other already, with offsets as in borrow.
  static ByteStrings from_parts(std::string bytes, std::vector<uint32_t> offsets) {
    ByteStrings strings;
    strings.own_bytes_ = std::move(bytes);
    strings.own_offsets_ = std::move(offsets);
    strings.point_to_own();
    return strings;
  }

  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size() == 0; }
  std::string_view operator[](size_t index) const noexcept {
    return {bytes_ + offsets_[index], static_cast<size_t>(offsets_[index + 1] - offsets_[index])};
  }
  void push_back(std::string_view text) { push_back(text, {}); }
  /// The two texts as one string.
  void push_back(std::string_view head, std::string_view tail) {
    if (own_offsets_.empty()) become_owner();
    own_bytes_.append(head);
    own_bytes_.append(tail);
    own_offsets_.push_back(static_cast<uint32_t>(own_bytes_.size()));
    point_to_own();
  }
  void reserve(size_t strings, size_t bytes) {
    if (own_offsets_.empty()) become_owner();
    own_offsets_.reserve(strings + 1);
    own_bytes_.reserve(bytes);
    point_to_own();
  }
  /// All strings one after the other; string i is bytes offsets()[i] .. offsets()[i + 1].
  std::string_view bytes() const noexcept { return {bytes_, offsets_[size_]}; }
  std::span<const uint32_t> offsets() const noexcept { return {offsets_, size_ + 1}; }

 private:
  static constexpr uint32_t kZero = 0;

  void point_to_own() noexcept {
    bytes_ = own_bytes_.data();
    offsets_ = own_offsets_.data();
    size_ = own_offsets_.size() - 1;
  }
  /// Where `other` points, or pointed before its parts were moved here.
  void point_like(const ByteStrings& other) noexcept {
    if (!own_offsets_.empty()) return point_to_own();
    bytes_ = other.bytes_;
    offsets_ = other.offsets_;
    size_ = other.size_;
  }
  void become_owner() {
    own_bytes_.assign(bytes());
    own_offsets_.assign(offsets_, offsets_ + size_ + 1);
    owner_.reset();
    point_to_own();
  }

  std::string own_bytes_;
  std::vector<uint32_t> own_offsets_;  // empty: borrowed, or nothing yet
  std::shared_ptr<const void> owner_;
  const char* bytes_ = nullptr;
  const uint32_t* offsets_ = &kZero;
  size_t size_ = 0;
};

}  // namespace tokrail
