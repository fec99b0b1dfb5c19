// Names as catalogues have them, generated: equal numbers give equal names on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tokrail::cli {

/// A small generator of its own, so that names do not depend on a standard library.
class NameSource {
 public:
  explicit NameSource(uint64_t seed) : state_(seed * 2 + 1) {}
  uint32_t below(uint32_t bound) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state_ >> 33) % bound);
  }
  std::string word(uint32_t syllables) {
    static constexpr const char* kParts[] = {"ba", "ren", "to", "lin",  "ka", "mor", "sel", "du",
                                             "vi", "hol", "ma", "ster", "ny", "gra", "po",  "wick"};
    std::string word;
    for (uint32_t i = 0; i < syllables; ++i) word += kParts[below(16)];
    return word;
  }

 private:
  uint64_t state_;
};

/// region/city/street-NNNN; may hold equal ones.
inline std::vector<std::string> street_names(size_t count, uint64_t seed) {
  NameSource source(seed);
  std::vector<std::string> streets;
  while (streets.size() < 4000) {
    std::string city = source.word(1 + source.below(2)) + '/' + source.word(2 + source.below(2));
    for (int street = 0; street < 20; ++street) {
      streets.push_back(city + '/' + source.word(2 + source.below(2)));
    }
  }
  std::vector<std::string> names;
  names.reserve(count);
  while (names.size() < count) {
    std::string number = std::to_string(source.below(10000));
    number.insert(0, 4 - number.size(), '0');
    names.push_back(streets[source.below(static_cast<uint32_t>(streets.size()))] + '-' + number);
  }
  return names;
}

/// "Morsel Grapo 450 XL (blue, 12-pack) KX-48213"; may hold equal ones.
inline std::vector<std::string> product_names(size_t count, uint64_t seed) {
  static constexpr const char* kSizes[] = {"S", "M", "L", "XL", "Mini", "Pro", "Max", "II"};
  static constexpr const char* kColours[] = {"blue", "red", "black", "white", "green", "silver"};
  NameSource source(seed);
  std::vector<std::string> makers, models;
  const auto name = [&](uint32_t syllables) {
    std::string word = source.word(syllables);
    word[0] = static_cast<char>(word[0] - 'a' + 'A');
    return word;
  };
  for (int i = 0; i < 200; ++i) makers.push_back(name(2 + source.below(2)));
  for (int i = 0; i < 2000; ++i) models.push_back(name(1 + source.below(3)));
  std::vector<std::string> names;
  names.reserve(count);
  while (names.size() < count) {
    names.push_back(makers[source.below(200)] + ' ' + models[source.below(2000)] + ' ' +
                    std::to_string(50 * (1 + source.below(40))) + ' ' + kSizes[source.below(8)] +
                    " (" + kColours[source.below(6)] + ", " + std::to_string(1 + source.below(24)) +
                    "-pack)");
  }
  return names;
}

}  // namespace tokrail::cli
