#include "grammar/frontends/json_schema/number_language.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

constexpr uint32_t kUnbounded = RegexSet::kUnbounded;

/// Digits of the value without its point and zeros at the ends, and the power of ten of the first:
/// 0.00123 is ("123", -3).
std::pair<std::string, int64_t> normalised(const Decimal& value) {
  std::string digits = value.whole();
  auto power = static_cast<int64_t>(digits.size()) - 1;
  digits += value.fraction();
  const size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  digits.erase(0, zeros);
  power -= static_cast<int64_t>(zeros);
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return {digits, power};
}

}  // namespace

NumberLanguages::NumberLanguages(RegexSet& set) : set_(set) {
  digit_ = digit('0', '9');
  nonzero_ = digit('1', '9');
  digits_ = set.star(digit_);
  zeros_ = set.star(set.literal("0"));
  minus_ = set.literal("-");
  point_ = set.literal(".");
  e_ = set.alternate({set.literal("e"), set.literal("E")});
  sign_ = set.optional(set.alternate({set.literal("+"), minus_}));
  const RegexId some_digits = set.repeat(digit_, 1, kUnbounded);
  whole_ = set.alternate({set.literal("0"), set.concat(nonzero_, digits_)});
  fraction_ = set.concat(point_, some_digits);
  maybe_fraction_ = set.optional(fraction_);
  plain_magnitude_ = set.concat(whole_, maybe_fraction_);
  const RegexId exponent = set.concat({e_, sign_, some_digits});
  scientific_magnitude_ = set.concat({nonzero_, maybe_fraction_, exponent});
  any_magnitude_ = set.concat(plain_magnitude_, set.optional(exponent));
  any_ = set.concat(set.optional(minus_), any_magnitude_);
  decided_ =
      set.concat(set.optional(minus_), set.alternate({plain_magnitude_, scientific_magnitude_}));
}

NumberLanguage NumberLanguages::none() const {
  return {RegexSet::kNothing, any_, std::vector<Decimal>{}};
}

/// What may follow digit i - 1 of a fraction so that it is at least (more than) 0.`digits`; all
/// digits before i are equal.
RegexId NumberLanguages::fraction_from(const std::string& digits, size_t i, bool strictly) {
  RegexId rest = strictly ? set_.concat({digits_, nonzero_, digits_}) : digits_;
  for (size_t k = digits.size(); k-- > i;) {
    const RegexId equal = set_.concat(digit(digits[k], digits[k]), rest);
    rest = digits[k] == '9'
               ? equal
               : set_.alternate(
                     {equal, set_.concat(digit(static_cast<char>(digits[k] + 1), '9'), digits_)});
  }
  return rest;
}

/// The same for at most (less than). `digits` do not end with 0, so a shorter fraction is less.
RegexId NumberLanguages::fraction_to(const std::string& digits, size_t i, bool strictly) {
  RegexId rest = strictly ? RegexSet::kNothing : zeros_;
  for (size_t k = digits.size(); k-- > i;) {
    const RegexId equal = set_.concat(digit(digits[k], digits[k]), rest);
    rest = digits[k] == '0'
               ? equal
               : set_.alternate(
                     {equal, set_.concat(digit('0', static_cast<char>(digits[k] - 1)), digits_)});
    if (k > 0) rest = set_.alternate({rest, RegexSet::kEmpty});
  }
  return rest;
}

/// Plain decimals without a sign that are at least (more than) |bound|.
RegexId NumberLanguages::plain_from(const Decimal& bound, bool strictly) {
  const std::string whole = bound.whole(), behind = bound.fraction();
  RegexId rest;
  if (!behind.empty()) {
    rest = set_.concat(point_, fraction_from(behind, 0, strictly));
  } else if (strictly) {
    rest = set_.concat({point_, digits_, nonzero_, digits_});
  } else {
    rest = maybe_fraction_;
  }
  for (size_t i = whole.size(); i-- > 0;) {
    const auto left = static_cast<uint32_t>(whole.size() - i - 1);
    rest = set_.concat(digit(whole[i], whole[i]), rest);
    if (whole[i] == '9') continue;
    const RegexId above = set_.concat({digit(static_cast<char>(whole[i] + 1), '9'),
                                       set_.repeat(digit_, left, left), maybe_fraction_});
    rest = set_.alternate({rest, above});
  }
  const auto size = static_cast<uint32_t>(whole.size());
  const RegexId longer =
      set_.concat({nonzero_, set_.repeat(digit_, size, kUnbounded), maybe_fraction_});
  return set_.alternate({rest, longer});
}

/// Plain decimals without a sign that are at most (less than) |bound|.
RegexId NumberLanguages::plain_to(const Decimal& bound, bool strictly) {
  const std::string whole = bound.whole(), behind = bound.fraction();
  RegexId rest;
  if (!behind.empty()) {
    rest =
        set_.alternate({RegexSet::kEmpty, set_.concat(point_, fraction_to(behind, 0, strictly))});
  } else if (strictly) {
    rest = RegexSet::kNothing;
  } else {
    rest = set_.optional(set_.concat({point_, set_.literal("0"), zeros_}));
  }
  for (size_t i = whole.size(); i-- > 0;) {
    const auto left = static_cast<uint32_t>(whole.size() - i - 1);
    rest = set_.concat(digit(whole[i], whole[i]), rest);
    const char lowest = i == 0 && whole.size() > 1 ? '1' : '0';
    if (whole[i] <= lowest) continue;
    const RegexId below = set_.concat({digit(lowest, static_cast<char>(whole[i] - 1)),
                                       set_.repeat(digit_, left, left), maybe_fraction_});
    rest = set_.alternate({rest, below});
  }
  if (whole.size() < 2) return rest;
  const auto shorter = static_cast<uint32_t>(whole.size() - 2);
  return set_.alternate(
      {rest, set_.concat(set_.literal("0"), maybe_fraction_),
       set_.concat({nonzero_, set_.repeat(digit_, 0, shorter), maybe_fraction_})});
}

RegexId NumberLanguages::exponent_equal(int64_t value) {
  const RegexId digits =
      set_.concat(zeros_, set_.literal(std::to_string(value < 0 ? -value : value)));
  const RegexId sign = value < 0 ? minus_ : value == 0 ? sign_ : set_.optional(set_.literal("+"));
  return set_.concat({e_, sign, digits});
}

RegexId NumberLanguages::exponent_above(int64_t value) {
  const RegexId plus = set_.optional(set_.literal("+"));
  const auto whole = [this](int64_t bound, bool from) {
    const auto decimal = Decimal::parse(std::to_string(bound));
    const RegexId range = from ? plain_from(*decimal, false) : plain_to(*decimal, false);
    return set_.concat(zeros_, set_.intersect({range, whole_}));
  };
  if (value >= 0) return set_.concat({e_, plus, whole(value + 1, true)});
  std::vector<RegexId> parts = {set_.concat({e_, plus, set_.repeat(digit_, 1, kUnbounded)})};
  parts.push_back(set_.concat({e_, minus_, whole(-value - 1, false)}));
  return set_.alternate(parts);
}

RegexId NumberLanguages::exponent_below(int64_t value) {
  const RegexId plus = set_.optional(set_.literal("+"));
  const auto whole = [this](int64_t bound, bool from) {
    const auto decimal = Decimal::parse(std::to_string(bound));
    const RegexId range = from ? plain_from(*decimal, false) : plain_to(*decimal, false);
    return set_.concat(zeros_, set_.intersect({range, whole_}));
  };
  if (value <= 0) return set_.concat({e_, minus_, whole(-value + 1, true)});
  return set_.alternate({set_.concat({e_, minus_, set_.repeat(digit_, 1, kUnbounded)}),
                         set_.concat({e_, plus, whole(value - 1, false)})});
}

/// Mantissas d.ddd at least (order 1), at most (-1) or equal to (0) that of `digits`.
RegexId NumberLanguages::mantissa(const std::string& digits, int order, bool strictly) {
  const char first = digits[0];
  const std::string behind = digits.substr(1);
  const RegexId equal_first = digit(first, first);
  if (order == 0) {
    const RegexId rest = behind.empty()
                             ? set_.optional(set_.concat({point_, set_.literal("0"), zeros_}))
                             : set_.concat({point_, set_.literal(behind), zeros_});
    return set_.concat(equal_first, rest);
  }
  const auto bound = Decimal::parse(std::string(1, first) + (behind.empty() ? "" : "." + behind));
  const RegexId range = order > 0 ? plain_from(*bound, strictly) : plain_to(*bound, strictly);
  return set_.intersect({range, set_.concat(nonzero_, maybe_fraction_)});
}

/// Scientific spellings without a sign compared to |bound|, which is not 0.
RegexId NumberLanguages::scientific(const Decimal& bound, int order, bool strictly) {
  const auto [digits, power] = normalised(bound);
  const RegexId same = set_.concat(mantissa(digits, order, strictly), exponent_equal(power));
  if (order == 0) return same;
  const RegexId beyond = order > 0 ? exponent_above(power) : exponent_below(power);
  return set_.alternate({same, set_.concat({nonzero_, maybe_fraction_, beyond})});
}

/// All decided spellings without a sign that are at least (order 1) or at most (-1) |bound|.
RegexId NumberLanguages::magnitude(const Decimal& bound, int order, bool strictly) {
  const RegexId plain = order > 0 ? plain_from(bound, strictly) : plain_to(bound, strictly);
  if (bound.is_zero()) {
    return order > 0 ? set_.alternate({plain, scientific_magnitude_}) : plain;
  }
  return set_.alternate({plain, scientific(bound, order, strictly)});
}

NumberLanguage NumberLanguages::at_least(const Decimal& bound, bool strictly) {
  NumberLanguage result;
  if (bound.is_zero()) {
    const RegexId above = magnitude(bound, 1, strictly);
    const RegexId zero = magnitude(bound, -1, false);
    const RegexId below = magnitude(bound, 1, true);
    result.yes = strictly ? above : set_.alternate({any_magnitude_, set_.concat(minus_, zero)});
    result.no = set_.alternate({set_.concat(minus_, strictly ? any_magnitude_ : below),
                                strictly ? zero : RegexSet::kNothing});
  } else if (bound.is_negative()) {
    result.yes =
        set_.alternate({any_magnitude_, set_.concat(minus_, magnitude(bound, -1, strictly))});
    result.no = set_.concat(minus_, magnitude(bound, 1, !strictly));
  } else {
    result.yes = magnitude(bound, 1, strictly);
    result.no =
        set_.alternate({magnitude(bound, -1, !strictly), set_.concat(minus_, any_magnitude_)});
  }
  return result;
}

NumberLanguage NumberLanguages::at_most(const Decimal& bound, bool strictly) {
  return complement(at_least(bound, !strictly));
}

NumberLanguage NumberLanguages::integer(bool plain) {
  const RegexId sign = set_.optional(minus_);
  const RegexId zero_fraction = set_.concat({point_, set_.literal("0"), zeros_});
  const RegexId exponent =
      set_.concat({e_, set_.optional(set_.literal("+")), set_.repeat(digit_, 1, kUnbounded)});
  NumberLanguage result;
  result.yes = set_.concat(sign, whole_);
  if (!plain) {
    result.yes = set_.concat({result.yes, set_.optional(zero_fraction), set_.optional(exponent)});
  }
  const RegexId broken = set_.concat({whole_, point_, digits_, nonzero_, digits_});
  const RegexId small = set_.concat({nonzero_, maybe_fraction_, exponent_below(0)});
  result.no = set_.concat(sign, set_.alternate({broken, small}));
  return result;
}

RegexId NumberLanguages::spellings(const Decimal& value) {
  const std::string behind = value.fraction();
  const RegexId tail = behind.empty()
                           ? set_.optional(set_.concat({point_, set_.literal("0"), zeros_}))
                           : set_.concat({point_, set_.literal(behind), zeros_});
  const RegexId plain = set_.concat(set_.literal(value.whole()), tail);
  if (value.is_zero()) return set_.concat(set_.optional(minus_), plain);
  const RegexId magnitude = set_.alternate({plain, scientific(value, 0, false)});
  return value.is_negative() ? set_.concat(minus_, magnitude) : magnitude;
}

NumberLanguage NumberLanguages::of(std::vector<Decimal> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<RegexId> texts;
  for (const Decimal& value : values) texts.push_back(spellings(value));
  const RegexId yes = set_.alternate(texts);
  return {yes, set_.difference(decided_, yes), std::move(values)};
}

RegexId NumberLanguages::written(const NumberLanguage& a) {
  if (!short_) return a.yes;
  constexpr uint32_t kDigits = 15;
  const RegexId whole = set_.alternate(
      {set_.literal("0"), set_.concat(nonzero_, set_.repeat(digit_, 0, kDigits - 1))});
  const RegexId fraction = set_.concat({point_, set_.repeat(digit_, 0, kDigits - 1), nonzero_});
  const RegexId zero = set_.literal("-0");
  const RegexId short_ones = set_.difference(
      set_.concat({set_.optional(minus_), whole, set_.optional(fraction)}), zero);
  const RegexId left = set_.intersect({a.yes, short_ones});
  return set_.is_empty(left) ? a.yes : left;
}

RegexId NumberLanguages::plain_spellings(const NumberLanguage& a) {
  const RegexId plain = set_.concat(set_.optional(minus_), plain_magnitude_);
  return is_all(a) ? plain : set_.intersect({a.yes, plain});
}

NumberLanguage NumberLanguages::both(const NumberLanguage& a, const NumberLanguage& b) {
  if (is_all(a)) return b;
  if (is_all(b)) return a;
  if (a.values || b.values) {
    const NumberLanguage& listed = a.values ? a : b;
    const NumberLanguage& other = a.values ? b : a;
    std::vector<Decimal> kept;
    for (const Decimal& value : *listed.values) {
      if (set_.matches(other.yes, value.to_string())) kept.push_back(value);
    }
    NumberLanguage result = kept.empty() ? none() : of(std::move(kept));
    result.no = set_.alternate({a.no, b.no});
    return result;
  }
  return {set_.intersect({a.yes, b.yes}), set_.alternate({a.no, b.no})};
}

NumberLanguage NumberLanguages::either(const NumberLanguage& a, const NumberLanguage& b) {
  if (is_none(a)) return b;
  if (is_none(b)) return a;
  NumberLanguage result{set_.alternate({a.yes, b.yes}), set_.intersect({a.no, b.no})};
  if (a.values && b.values) {
    std::vector<Decimal> values = *a.values;
    values.insert(values.end(), b.values->begin(), b.values->end());
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    result.values = std::move(values);
  }
  return result;
}

}  // namespace tokrail
