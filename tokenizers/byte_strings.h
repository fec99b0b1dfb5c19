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
// Thread safety: const access is thread safe. Complexity: O(1) access, amortised O(n) append.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

class ByteStrings {
 public:
  ByteStrings() : ends_{0} {}

  size_t size() const noexcept { return ends_.size() - 1; }
  bool empty() const noexcept { return size() == 0; }
  std::string_view operator[](size_t index) const noexcept {
    return {bytes_.data() + ends_[index], static_cast<size_t>(ends_[index + 1] - ends_[index])};
  }
  void push_back(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
  /// The two texts as one string.
  void push_back(std::string_view head, std::string_view tail) {
    bytes_.append(head);
    push_back(tail);
  }
  void reserve(size_t strings, size_t bytes) {
    ends_.reserve(strings + 1);
    bytes_.reserve(bytes);
  }
  /// All strings one after the other; string i is bytes offsets()[i] .. offsets()[i + 1].
  const std::string& bytes() const noexcept { return bytes_; }
  const std::vector<uint32_t>& offsets() const noexcept { return ends_; }

 private:
  std::string bytes_;
  std::vector<uint32_t> ends_;
};

}  // namespace tokrail
