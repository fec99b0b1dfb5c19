// Charsmap: the rewriting rules of a sentencepiece model, as its file stores them.
//
// A "precompiled charsmap" is a little-endian u32 size in bytes of a Darts-clone double array, the
// array's u32 units, and the replacements, each ended by NUL. The array is a trie over the bytes
// of the keys; the value of a key is the position of its replacement. Used in three ways: longest
// match (sentencepiece, llama.cpp) and first match (tokenizer.json's Precompiled).
//
//   Charsmap map = Charsmap::parse(blob);
//   if (auto rule = map.longest_prefix("\uFF21\uFF22")) use(rule->length, rule->replacement);
//
// Complexity: parse is O(bytes), a look-up O(bytes of the longest key). Thread safety: immutable.
// Ownership: keeps its own copy; replacements are views into it, valid while a copy of it lives.
// Errors: parse throws Error(kInvalidFile) for a blob that is cut or whose sizes do not add up.
// A blob with damaged units cannot make a look-up leave its memory: such a unit ends the match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace tokrail {

class Charsmap {
 public:
  struct Rule {
    size_t length;                 ///< bytes of the text that matched, at least 1
    std::string_view replacement;  ///< may be empty
  };

  /// Without rules.
  Charsmap() = default;

  /// `blob` as in the file. An empty blob has no rules.
  static Charsmap parse(std::string_view blob);

  bool empty() const noexcept { return unit_count_ == 0; }

  /// The rule with the longest key that `text` starts with. A NUL byte ends the text.
  std::optional<Rule> longest_prefix(std::string_view text) const noexcept;
  /// The rule with the shortest key that `text` starts with.
  std::optional<Rule> shortest_prefix(std::string_view text) const noexcept;

  /// All replacements, each ended by NUL, as in the file.
  std::string_view replacements() const noexcept;

  /// Calls visit(key, replacement) for every rule, in the order of the keys' bytes, until it
  /// answers false. Answers false when stopped, or when the array is not a trie (damaged).
  bool for_each(
      const std::function<bool(std::string_view key, std::string_view replacement)>& visit) const;

 private:
  struct Data;

  // A unit of the array; out of range reads as a unit that matches nothing.
  uint32_t unit(size_t index) const noexcept { return index < unit_count_ ? units_[index] : 0; }
  template <bool kLongest>
  std::optional<Rule> find(std::string_view text) const noexcept;
  std::string_view replacement_at(size_t position) const noexcept;

  std::shared_ptr<const Data> data_;
  const uint32_t* units_ = nullptr;
  size_t unit_count_ = 0;
  std::string_view replacements_;
};

}  // namespace tokrail
