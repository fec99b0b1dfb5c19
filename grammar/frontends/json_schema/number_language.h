// Sets of JSON numbers as regular languages over their spellings.
//
// A constraint on the value of a number is not regular over every spelling (1000e-3 is 1). So a set
// is held as two disjoint languages: the spellings that are surely in it, and those that are surely
// not; complement swaps them, and what is in neither is not accepted either way. Decided are plain
// decimals ("-12.50") and scientific notation with one digit other than 0 before the point
// ("1.5e-07"), which is how programs write numbers. Without a constraint every spelling is in.
//
// Complexity: O(digits) nodes for an interval, O(m^3) for a multiple of m without the factors
// of 10. Thread safety: that of the RegexSet. Errors: Error(kUnsupported) without a place for a
// factor of multipleOf that is too large.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grammar/frontends/json_schema/decimal.h"
#include "grammar/regex/regex_set.h"

namespace tokrail {

struct NumberLanguage {
  RegexId yes = RegexSet::kNothing, no = RegexSet::kNothing;
  /// The values, where they are few and listed.
  std::optional<std::vector<Decimal>> values = std::nullopt;
};

class NumberLanguages {
 public:
  explicit NumberLanguages(RegexSet& set);

  NumberLanguage all() const { return {any_, RegexSet::kNothing}; }
  NumberLanguage none() const;
  bool is_all(const NumberLanguage& a) const { return a.yes == any_ && a.no == RegexSet::kNothing; }
  bool is_none(const NumberLanguage& a) const {
    return a.yes == RegexSet::kNothing && a.no == any_;
  }
  /// `plain`: 1.0 is not taken as an integer (nor as anything else); draft 4.
  NumberLanguage integer(bool plain);
  NumberLanguage at_least(const Decimal& bound, bool strictly);
  NumberLanguage at_most(const Decimal& bound, bool strictly);
  NumberLanguage multiple_of(const Decimal& factor);
  NumberLanguage of(std::vector<Decimal> values);

  /// From now on written() gives short spellings only.
  void write_short() noexcept { short_ = true; }
  /// The spellings of `a` that texts may use: all, or those without exponent, without zeros at the
  /// end of a fraction and with at most 15 digits before and behind the point, where there are such.
  RegexId written(const NumberLanguage& a);
  /// The spellings of `a` without an exponent.
  RegexId plain_spellings(const NumberLanguage& a);

  NumberLanguage both(const NumberLanguage& a, const NumberLanguage& b);
  NumberLanguage either(const NumberLanguage& a, const NumberLanguage& b);
  static NumberLanguage complement(const NumberLanguage& a) { return {a.no, a.yes}; }

 private:
  RegexId digit(char first, char last) {
    return set_.bytes(ByteSet::range(static_cast<uint8_t>(first), static_cast<uint8_t>(last)));
  }
  RegexId signed_plain(bool negative, RegexId magnitude) {
    return negative ? set_.concat(minus_, magnitude) : magnitude;
  }
  RegexId fraction_from(const std::string& digits, size_t i, bool strictly);
  RegexId fraction_to(const std::string& digits, size_t i, bool strictly);
  RegexId plain_from(const Decimal& bound, bool strictly);
  RegexId plain_to(const Decimal& bound, bool strictly);
  RegexId exponent_above(int64_t value);
  RegexId exponent_below(int64_t value);
  RegexId exponent_equal(int64_t value);
  RegexId mantissa(const std::string& digits, int order, bool strictly);
  RegexId scientific(const Decimal& bound, int order, bool strictly);
  RegexId magnitude(const Decimal& bound, int order, bool strictly);
  RegexId spellings(const Decimal& value);
  RegexId divisible(uint32_t modulus);

  RegexSet& set_;
  bool short_ = false;
  RegexId digit_, digits_, nonzero_, zeros_, minus_, point_, e_, sign_;
  RegexId whole_, fraction_, maybe_fraction_;
  RegexId plain_magnitude_, scientific_magnitude_, any_magnitude_, any_, decided_;
};

}  // namespace tokrail
