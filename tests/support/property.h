// Property tests: many generated inputs, and the smallest that fails.
//
//   TEST(Utf8, CountsLikeTheOracle) {
//     tokrail::test::check_texts("counts", 2000, [](const std::string& text) {
//       return count_code_points(text) == slow_count(text);   // true: holds
//     });
//   }
//
// A failing input is cut down by halves while it still fails and reported escaped, with the seed.
// The seed is fixed, so runs repeat; TOKRAIL_SEED=n takes another one (a number, or "time"), and
// TOKRAIL_PROPERTY_BYTES=n bounds the length of generated texts (default 200).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail::test {

using Random = std::mt19937_64;

/// TOKRAIL_SEED, or a fixed number.
uint64_t property_seed();
/// TOKRAIL_PROPERTY_BYTES, or 200.
size_t property_bytes();

/// Uniform in [0, bound); bound must not be 0.
size_t below(Random& random, size_t bound);

/// Generators. n is a number of bytes; results have about that length.
std::string random_bytes(Random& random, size_t n);
/// Well-formed, over words, white space runs, digits, punctuation, many scripts, combining marks,
/// emoji sequences and controls.
std::string random_utf8(Random& random, size_t n);
/// random_utf8 with fragments of ill-formed UTF-8 in between.
std::string random_broken_utf8(Random& random, size_t n);
/// Text as it comes: one of the above, ASCII only, one long run, code, special-token look-alikes,
/// or a mixture of these. The generator to take by default.
std::string random_text(Random& random, size_t n);

/// Printable form: ASCII as it is, everything else as \xNN; long texts are cut in the middle.
std::string escaped(std::string_view bytes);

/// The smallest input found by cutting out halves, quarters and so on down to single elements
/// that still fails. Works on std::string and std::vector.
template <typename Sequence>
Sequence shrink(Sequence failing, const std::function<bool(const Sequence&)>& holds) {
  for (size_t cut = (failing.size() + 1) / 2; cut > 0;) {
    bool smaller = false;
    for (size_t at = 0; at < failing.size();) {
      Sequence candidate(failing.begin(), failing.begin() + static_cast<std::ptrdiff_t>(at));
      const size_t rest = at + cut < failing.size() ? at + cut : failing.size();
      candidate.insert(candidate.end(), failing.begin() + static_cast<std::ptrdiff_t>(rest),
                       failing.end());
      if (!holds(candidate)) {
        failing = std::move(candidate);
        smaller = true;
      } else {
        at += cut;
      }
    }
    if (!smaller || cut > failing.size()) cut /= 2;
  }
  return failing;
}

/// A property of a text: true where it holds; a thrown exception is a failure.
using TextProperty = std::function<bool(const std::string&)>;
using TextGenerator = std::function<std::string(Random&, size_t)>;

/// Checks the property on `cases` texts of growing length, and reports the first failure, shrunk,
/// as a GoogleTest failure. Returns whether all held.
bool check_texts(std::string_view name, int cases, const TextProperty& holds,
                 const TextGenerator& generate = random_text);

/// The same for any generated value; nothing is shrunk, `print` shows the failing value.
template <typename Value>
struct ValueProperty {
  std::function<Value(Random&)> generate;
  std::function<bool(const Value&)> holds;
  std::function<std::string(const Value&)> print;
};

/// Reports "property NAME fails for VALUE, seed N" as a GoogleTest failure.
void report_failure(std::string_view name, std::string_view value, uint64_t seed, int number);

template <typename Value>
bool check_values(std::string_view name, int cases, const ValueProperty<Value>& property) {
  const uint64_t seed = property_seed();
  Random random(seed);
  for (int number = 0; number < cases; ++number) {
    const Value value = property.generate(random);
    if (property.holds(value)) continue;
    report_failure(name, property.print(value), seed, number);
    return false;
  }
  return true;
}

}  // namespace tokrail::test
