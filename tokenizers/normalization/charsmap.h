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

  /// Whether some key starts with these bytes.
  bool can_start(std::string_view prefix) const noexcept;

  /// Calls visit(key, replacement) for every rule whose replacement is wanted, in no order, until
  /// it answers false. Answers false when stopped, or when the array is so damaged that it has
  /// circles, keys longer than 1 KiB or more than millions of rules. O(units + bytes of the keys).
  bool for_each_rule(
      const std::function<bool(std::string_view replacement)>& wanted,
      const std::function<bool(std::string_view key, std::string_view replacement)>& visit) const;

  /// The same for every beginning of a key, or key, that ends in this byte.
  bool for_each_prefix_that_ends_in(
      char byte, const std::function<bool(std::string_view prefix)>& visit) const;

 private:
  struct Data;
  class Parents;

  // A unit of the array; out of range reads as a unit that matches nothing.
  uint32_t unit(size_t index) const noexcept { return index < unit_count_ ? units_[index] : 0; }
  template <bool kLongest>
  std::optional<Rule> find(std::string_view text) const noexcept;
  bool for_each_way_to(const Parents& parents, size_t target, size_t& steps_left,
                       const std::function<bool(std::string_view)>& visit) const;
  std::string_view replacement_at(size_t position) const noexcept;

  std::shared_ptr<const Data> data_;
  const uint32_t* units_ = nullptr;
  size_t unit_count_ = 0;
  std::string_view replacements_;
};

}  // namespace tokrail
