// What the ids of a hybrid vocabulary spell and lead to where no table is needed for it: verbatim
// text, stems behind marks, numbers.
//
// Internal to the module; morphology/hybrid_spec.h has the rules. Complexity: O(text).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/detokenization/hybrid_endings.h"
#include "tokenizers/morphology/hybrid_spec.h"

namespace tokrail {

/// What verbatim text leads to: a context without spaces, or an ending.
struct AfterText {
  bool bare = false;
  EndingId ending = kNoEnding;
};
AfterText after_text(std::string_view text, const HybridEndings& endings);

// ---------------------------------------------------------------- stems

enum class StemMark : uint8_t { kNone, kCapital, kUpper };

/// A stem id behind a mark, without its space: up to the tail that is left open.
struct StemSpelling {
  std::string text;
  EndingId ending = kNoEnding;
  bool capitals = false;  ///< whether what follows is in capitals
};
using StemSpellings = std::array<StemSpelling, 3>;  ///< by StemMark

StemSpellings spell_stem(const StemToken& token, const Language& language,
                         const HybridEndings& endings);

// ---------------------------------------------------------------- numbers

bool is_digits(std::string_view text) noexcept;

/// How the digits of a number so far end: the last digit but zero (0: there is none), and the zeros
/// behind it. More zeros than kMostZeros read as kMostZeros.
struct NumberEnd {
  static constexpr uint32_t kMostZeros = 15;
  static constexpr size_t kCount = 10 * (kMostZeros + 1);

  uint32_t digit = 0, zeros = 0;

  static NumberEnd of(std::string_view digits) noexcept;
  NumberEnd followed_by(std::string_view digits) const noexcept;
  NumberEnd with_zeros(size_t more) const noexcept {
    return {digit, static_cast<uint32_t>(std::min<size_t>(kMostZeros, zeros + more))};
  }
  size_t index() const noexcept { return digit * (kMostZeros + 1) + zeros; }
  static NumberEnd at(size_t index) noexcept {
    return {static_cast<uint32_t>(index / (kMostZeros + 1)),
            static_cast<uint32_t>(index % (kMostZeros + 1))};
  }
  std::string digits() const;
};

/// The ends of numbers that numerals can write, those that nothing tells apart as one class. Behind
/// a point nothing leans on the end, but more zeros may follow: ends are one class of points where
/// all zeros lead both to the same class.
class HybridNumbers {
 public:
  void add_numeral(std::string_view text);
  /// Finds the ends that there are, and reaches their endings.
  void reach(HybridEndings& endings);
  void find_classes(const HybridEndings& endings);

  size_t class_count() const noexcept { return firsts_.size(); }
  size_t class_of(NumberEnd end) const noexcept { return classes_[end.index()]; }
  /// Stands for its class.
  const NumberEnd& end(size_t c) const noexcept { return firsts_[c]; }
  EndingId ending(size_t c) const noexcept { return endings_[firsts_[c].index()]; }

  size_t point_class_count() const noexcept { return point_firsts_.size(); }
  /// By class of ends.
  size_t point_class_of(size_t c) const noexcept { return point_classes_[c]; }
  /// Stands for its class.
  const NumberEnd& point_end(size_t p) const noexcept { return point_firsts_[p]; }

 private:
  void find_point_classes();

  std::vector<size_t> zero_lengths_;  ///< of numerals that are all zeros
  std::array<bool, NumberEnd::kCount> reached_ = {};
  std::array<EndingId, NumberEnd::kCount> endings_ = {};
  std::array<uint16_t, NumberEnd::kCount> classes_ = {};
  std::vector<NumberEnd> firsts_;
  std::vector<uint16_t> point_classes_;  ///< by class
  std::vector<NumberEnd> point_firsts_;
};

}  // namespace tokrail
