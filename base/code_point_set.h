// CodePointSet: a set of characters as sorted ranges, with the properties regular expressions name.
//
// The characters are the code points and kIllFormed, which stands for every ill-formed part of a
// text. So the complement of a set of code points has kIllFormed, and no property of an assigned
// character does.
//
//   UnicodeSets sets;
//   const CodePointSet letters = *sets.property("L");
//   letters.intersection(CodePointSet(0, 0x7F)).contains('x')
//
// For readers of regular expressions; not a public header. Complexity: set operations are linear in
// the ranges; UnicodeSets walks its tables once per object. Thread safety: const members are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tokrail::detail {

inline constexpr char32_t kIllFormed = 0x110000;

class CodePointSet {
 public:
  struct Range {
    char32_t first, last;
    bool operator==(const Range&) const = default;
  };

  CodePointSet() = default;
  CodePointSet(char32_t first, char32_t last) { add(first, last); }

  static CodePointSet everything() { return {0, kIllFormed}; }

  void add(char32_t first, char32_t last) { ranges_.push_back({first, last}); }
  void add(const CodePointSet& other);
  /// Restores order after add(); the other members require it.
  void normalize();

  bool empty() const noexcept { return ranges_.empty(); }
  bool contains(char32_t code_point) const noexcept;
  /// The one code point of a set of one, ill-formed not counted.
  std::optional<char32_t> single() const noexcept;
  const std::vector<Range>& ranges() const noexcept { return ranges_; }

  CodePointSet complement() const;
  CodePointSet intersection(const CodePointSet& other) const;
  CodePointSet difference(const CodePointSet& other) const {
    return intersection(other.complement());
  }
  bool operator==(const CodePointSet&) const = default;

 private:
  std::vector<Range> ranges_;
};

/// The properties, computed from the tables of base/unicode.h when first asked for. One per
/// compile.
class UnicodeSets {
 public:
  UnicodeSets();

  CodePointSet categories(uint32_t category_set) const;
  const CodePointSet& white_space() const noexcept { return white_space_; }
  /// Alphabetic, M, Nd, Pc; with the two joiners as Rust has it.
  CodePointSet word(bool joiners) const;
  CodePointSet alphabetic() const;

  /// \p{name}: a category, a script, a POSIX name or a binary property; nothing if unknown. Binary
  /// properties other than Alphabetic, Lowercase, Uppercase and White_Space come from ICU.
  std::optional<CodePointSet> property(std::string_view name) const;
  /// [:name:] and the property of that name, Unicode reading; nothing if unknown.
  std::optional<CodePointSet> posix(std::string_view name) const;

  /// Adds what is the same but for case (simple case folding).
  void close_over_case(CodePointSet& set);

 private:
  struct Run {
    char32_t first, last;
    uint8_t category;
    bool lowercase, uppercase;
  };
  void add_run(char32_t first, char32_t last, uint8_t byte);
  template <typename Test>
  CodePointSet where(Test test) const;
  CodePointSet cased_or_letter() const;
  void build_case_classes();

  std::vector<Run> runs_;
  CodePointSet white_space_;
  struct CasePair {
    char32_t from, to;
    bool operator<(const CasePair& other) const noexcept {
      return from != other.from ? from < other.from : to < other.to;
    }
  };
  std::vector<CasePair> case_pairs_;  // sorted; both directions
};

/// A set for matching: ASCII by a table of bits, the rest by blocks of 256.
class SetTable {
 public:
  explicit SetTable(const CodePointSet& set);

  bool has_ascii(unsigned char byte) const noexcept {
    return (ascii_[byte >> 6 & 1] >> (byte & 63) & 1) != 0;
  }
  /// Requires a code point or kIllFormed.
  bool contains(char32_t c) const noexcept {
    if (c == kIllFormed) return ill_formed_;
    return (blocks_[index_[c >> 8]][c >> 6 & 3] >> (c & 63) & 1) != 0;
  }
  /// Which bytes a member can begin with.
  const std::array<uint64_t, 4>& lead_bytes() const noexcept { return leads_; }

 private:
  uint16_t find_or_add(const std::array<uint64_t, 4>& bits);

  std::array<uint64_t, 2> ascii_{};
  std::array<uint64_t, 4> leads_{};
  bool ill_formed_ = false;
  std::array<uint16_t, 0x1100> index_{};
  std::vector<std::array<uint64_t, 4>> blocks_;
};

}  // namespace tokrail::detail
