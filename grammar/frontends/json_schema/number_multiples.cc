// multipleOf: remainder automata over the digits of plain decimals.
#include <numeric>
#include <utility>

#include "base/error.h"
#include "grammar/frontends/json_schema/number_language.h"

namespace tokrail {
namespace {

/// Factors of prime powers: 12 is {4, 3}.
std::vector<uint32_t> prime_powers(uint32_t n) {
  std::vector<uint32_t> result;
  for (uint32_t p = 2; uint64_t{p} * p <= n; ++p) {
    uint32_t power = 1;
    for (; n % p == 0; n /= p) power *= p;
    if (power > 1) result.push_back(power);
  }
  if (n > 1) result.push_back(n);
  return result;
}

}  // namespace

/// Texts of digits, with points anywhere, whose digits are a number divisible by a prime power:
/// the automaton of remainders, states taken out one after the other.
RegexId NumberLanguages::divisible(uint32_t modulus) {
  constexpr uint32_t kMost = 64;
  if (modulus > kMost) {
    throw Error(ErrorCode::kUnsupported, "multipleOf with the prime power " +
                                             std::to_string(modulus) + ": at most " +
                                             std::to_string(kMost) + " is supported");
  }
  const RegexId point = set_.star(point_);
  std::vector<std::vector<RegexId>> way(modulus, std::vector<RegexId>(modulus, RegexSet::kNothing));
  for (uint32_t from = 0; from < modulus; ++from) {
    for (uint32_t d = 0; d < 10; ++d) {
      RegexId& edge = way[from][(from * 10 + d) % modulus];
      const char c = static_cast<char>('0' + d);
      edge = set_.alternate({edge, set_.concat(digit(c, c), point)});
    }
  }
  for (uint32_t out = modulus; out-- > 1;) {
    const RegexId loop = set_.star(way[out][out]);
    for (uint32_t from = 0; from < out; ++from) {
      if (way[from][out] == RegexSet::kNothing) continue;
      const RegexId in = set_.concat(way[from][out], loop);
      for (uint32_t to = 0; to < out; ++to) {
        way[from][to] = set_.alternate({way[from][to], set_.concat(in, way[out][to])});
      }
    }
  }
  return set_.star(way[0][0]);
}

NumberLanguage NumberLanguages::multiple_of(const Decimal& factor) {
  // factor = base * 10^-places with base an integer without trailing zeros, or base * 10^zeros.
  std::string digits = factor.whole();
  uint32_t places = 0, zeros = 0;
  if (factor.is_integer()) {
    while (digits.size() > 1 && digits.back() == '0') {
      digits.pop_back();
      ++zeros;
    }
  } else {
    digits += factor.fraction();
    places = static_cast<uint32_t>(factor.fraction().size());
    digits.erase(0, digits.find_first_not_of('0'));
  }
  const auto parsed = Decimal::parse(digits);
  const auto base = parsed ? parsed->to_count() : std::nullopt;
  if (!base || *base == 0) {
    throw Error(ErrorCode::kUnsupported, "multipleOf with more than nine digits is not supported");
  }
  const RegexId sign = set_.optional(minus_);
  const RegexId zero = set_.literal("0");
  const RegexId zero_fraction = set_.optional(set_.concat({point_, zero, zeros_}));
  std::vector<RegexId> forms;
  for (uint32_t written = 0; written <= places; ++written) {
    // Exactly `written` digits behind the point; only behind the last place may zeros follow.
    const RegexId whole = zeros > 0 ? set_.concat(nonzero_, digits_) : whole_;
    const RegexId behind = written == 0
                               ? RegexSet::kEmpty
                               : set_.concat(point_, set_.repeat(digit_, written, written));
    std::vector<RegexId> all = {set_.concat(whole, behind)};
    uint32_t modulus = *base;
    for (uint32_t i = written; i < places; ++i) modulus /= std::gcd(modulus, 10U);
    for (const uint32_t power : prime_powers(modulus)) all.push_back(divisible(power));
    RegexId tail = RegexSet::kEmpty;
    if (written == places) tail = written == 0 ? zero_fraction : zeros_;
    forms.push_back(set_.concat({set_.intersect(all), set_.repeat(zero, zeros, zeros), tail}));
  }
  if (zeros > 0) forms.push_back(set_.concat(zero, zero_fraction));
  NumberLanguage result;
  result.yes = set_.concat(sign, set_.alternate(forms));
  const RegexId plain = set_.concat(sign, plain_magnitude_);
  result.no = set_.difference(plain, result.yes);
  return result;
}

}  // namespace tokrail
