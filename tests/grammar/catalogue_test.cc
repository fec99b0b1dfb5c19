// Catalogues: automata, indexes and files, against the strings themselves.
#include "grammar/constraints/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "bindings/cli/made_up_names.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

Catalogue catalogue_of(const std::vector<std::string>& strings) {
  const std::vector<std::string_view> views(strings.begin(), strings.end());
  return Catalogue::build(views);
}

std::vector<std::string> random_strings(test::Random& random, size_t count, size_t longest,
                                        size_t letters) {
  std::vector<std::string> strings(count);
  for (std::string& string : strings) {
    string.resize(test::below(random, longest + 1));
    for (char& c : string) c = static_cast<char>(255 - test::below(random, letters));
  }
  return strings;
}

/// Distances by looking at all strings.
size_t slow_shortest(const std::vector<std::string>& sorted, const std::string& prefix) {
  size_t best = 65535;
  for (const std::string& string : sorted) {
    if (string.starts_with(prefix)) best = std::min(best, string.size() - prefix.size());
  }
  return best;
}

void expect_holds(const Catalogue& catalogue, std::vector<std::string> strings) {
  std::ranges::sort(strings);
  strings.erase(std::unique(strings.begin(), strings.end()), strings.end());
  ASSERT_EQ(catalogue.size(), strings.size());
  size_t longest = 0;
  for (size_t i = 0; i < strings.size(); ++i) {
    ASSERT_EQ(catalogue.index(strings[i]), std::optional(i));
    ASSERT_EQ(catalogue.string(i), strings[i]);
    longest = std::max(longest, strings[i].size());
    for (size_t cut = 0; cut <= strings[i].size(); ++cut) {
      const std::string prefix = strings[i].substr(0, cut);
      const auto first = std::ranges::lower_bound(strings, prefix);
      const auto behind = std::find_if(first, strings.end(), [&](const std::string& string) {
        return !string.starts_with(prefix);
      });
      ASSERT_EQ(catalogue.contains(prefix), *first == prefix);
      Catalogue::Place place = catalogue.root();
      for (const char byte : prefix) {
        ASSERT_TRUE(catalogue.step(place, static_cast<uint8_t>(byte)));
      }
      ASSERT_EQ(place.first, first - strings.begin());
      ASSERT_EQ(place.count, behind - first);
      ByteSet next;
      for (auto at = first; at != behind; ++at) {
        if (at->size() > cut) next.add(static_cast<uint8_t>((*at)[cut]));
      }
      ASSERT_EQ(catalogue.next_bytes(place.arcs), next);
      if (strings.size() < 200) {
        ASSERT_EQ(catalogue.shortest(place), slow_shortest(strings, prefix));
      }
    }
  }
  EXPECT_EQ(catalogue.longest(), longest);
  EXPECT_THROW(catalogue.string(strings.size()), Error);
}

TEST(Catalogue, HoldsItsStrings) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 150; ++round) {
    const auto strings = random_strings(random, 1 + test::below(random, 120),
                                        test::below(random, 12), 1 + test::below(random, 5));
    SCOPED_TRACE(round);
    const Catalogue catalogue = catalogue_of(strings);
    ASSERT_NO_FATAL_FAILURE(expect_holds(catalogue, strings));
    const auto bytes = std::make_shared<const std::string>(catalogue.to_bytes());
    ASSERT_NO_FATAL_FAILURE(expect_holds(Catalogue::from_bytes(*bytes, bytes), strings));
  }
}

/// Number of states of the minimal automaton: distinct sets of continuations.
TEST(Catalogue, IsMinimal) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 60; ++round) {
    const auto list = random_strings(random, 1 + test::below(random, 60), 6, 3);
    const std::set<std::string> strings(list.begin(), list.end());
    std::set<std::set<std::string>> behind;
    for (const std::string& string : strings) {
      for (size_t cut = 0; cut <= string.size(); ++cut) {
        std::set<std::string> rest;
        for (const std::string& other : strings) {
          if (other.starts_with(string.substr(0, cut)) && other.size() > cut) {
            rest.insert(other.substr(cut));
          }
        }
        behind.insert(rest);
      }
    }
    size_t arcs = 1;  // the first one is none
    for (const auto& rest : behind) {
      std::set<char> first;
      for (const std::string& string : rest) first.insert(string[0]);
      arcs += first.size();
    }
    ASSERT_EQ(catalogue_of(list).arc_count(), arcs);
  }
}

TEST(Catalogue, BuildsFromStreamsAndLines) {
  CatalogueBuilder builder;
  for (const char* string : {"", "a", "a", "ab", "b"}) builder.add(string);
  EXPECT_EQ(builder.size(), 4u);
  try {
    builder.add("ab");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.where(), "string 5");
  }
  builder.add("b\x80");
  EXPECT_EQ(builder.finish().size(), 5u);
  EXPECT_EQ(builder.size(), 0u);
  EXPECT_THROW(builder.finish(), Error);
  builder.add("again");
  EXPECT_TRUE(builder.finish().contains("again"));

  const Catalogue lines = Catalogue::from_lines("pear\r\n\napple\nfig");
  ASSERT_NO_FATAL_FAILURE(expect_holds(lines, {"apple", "fig", "pear"}));
  EXPECT_THROW(Catalogue::from_lines("\n\n"), Error);
  EXPECT_THROW(catalogue_of({}), Error);
}

TEST(Catalogue, LongStringsAndAllBytes) {
  std::vector<std::string> strings = {std::string(1 << 20, 'a'), std::string(70000, 'b') + 'c', ""};
  for (int b = 0; b < 256; ++b) strings.push_back(std::string(2, static_cast<char>(b)));
  const Catalogue catalogue = catalogue_of(strings);
  EXPECT_EQ(catalogue.longest(), strings[0].size());
  for (const std::string& string : strings) EXPECT_TRUE(catalogue.contains(string));
  Catalogue::Place place = catalogue.root();
  ASSERT_TRUE(catalogue.step(place, 'b'));
  ASSERT_TRUE(catalogue.step(place, 'b'));
  ASSERT_TRUE(catalogue.step(place, 'b'));
  EXPECT_EQ(catalogue.shortest(place), 65535u);
}

TEST(Catalogue, ManyNamesAreSmall) {
  for (const auto& names : {cli::street_names(100000, 1), cli::product_names(100000, 1)}) {
    const Catalogue catalogue = catalogue_of(names);
    std::set<std::string> sorted(names.begin(), names.end());
    ASSERT_EQ(catalogue.size(), sorted.size());
    size_t index = 0;
    for (const std::string& name : sorted) {
      ASSERT_EQ(catalogue.index(name), std::optional(index));
      ASSERT_TRUE(index % 101 != 0 || catalogue.string(index) == name);
      ++index;
    }
    EXPECT_LT(catalogue.memory(), 60 * catalogue.size());
  }
}

TEST(Catalogue, FilesAreMappedAndChecked) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("tokrail-catalogue-" + std::to_string(test::property_seed()) + ".tkc");
  const auto names = cli::product_names(500, 3);
  catalogue_of(names).save(path);
  const Catalogue opened = Catalogue::open(path);
  ASSERT_NO_FATAL_FAILURE(expect_holds(opened, names));
  std::filesystem::remove(path);
  EXPECT_THROW(Catalogue::open(path), Error);
  EXPECT_TRUE(opened.contains(names[0]));
}

/// Whatever is changed in a file, it is refused or it is another catalogue without faults.
TEST(Catalogue, DamagedFiles) {
  test::Random random(test::property_seed());
  const std::string good = catalogue_of(random_strings(random, 40, 8, 3)).to_bytes();
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_THROW(Catalogue::from_bytes(std::string_view(good).substr(0, size), nullptr), Error);
  }
  size_t opened = 0;
  for (int round = 0; round < 20000; ++round) {
    const auto bytes = std::make_shared<std::string>(good);
    for (size_t i = 1 + test::below(random, 2); i > 0; --i) {
      const size_t at = test::below(random, bytes->size());
      (*bytes)[at] = static_cast<char>(test::below(random, 4) == 0 ? random() : (*bytes)[at] ^ 1);
    }
    try {
      const Catalogue catalogue = Catalogue::from_bytes(*bytes, bytes);
      std::vector<std::string> strings;
      for (size_t i = 0; i < catalogue.size(); ++i) strings.push_back(catalogue.string(i));
      ASSERT_TRUE(std::ranges::is_sorted(strings));
      ASSERT_NO_FATAL_FAILURE(expect_holds(catalogue, strings));
      ++opened;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalidFile);
    }
  }
  EXPECT_GT(opened, 0u);
}

}  // namespace
}  // namespace tokrail
