// Splitter: SIMD, scalar and watched scanning give the pieces of the regular expression.
#include "tokenizers/pretokenization/splitter.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/property.h"
#include "tokenizers/pretokenization/regex_finder.h"
#include "tokenizers/pretokenization/splitter_simd.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

constexpr std::string_view kPatterns[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
};

// What scanners find hard: runs that change class, contractions in every case (U+017F folds to s),
// all kinds of white space, digits beside everything, marks, Han, cut and ill-formed characters.
constexpr std::string_view kFragments[] = {"a",
                                           "b",
                                           "Z",
                                           "camelCase",
                                           "HTTPServer",
                                           "XMLHttp",
                                           "\xC3\xA9",
                                           "\xC3\x89",
                                           "\xC7\x85",
                                           "\xCA\xB0",
                                           "\xD7\x90",
                                           "\xE3\x81\x82",
                                           "\xE6\xBC\xA2\xE5\xAD\x97",
                                           "\xE3\x80\x85",
                                           "\xF0\xA0\x80\x80",
                                           "1",
                                           "12",
                                           "1234567",
                                           "\xD9\xA3",
                                           "\xC2\xBD",
                                           "'s",
                                           "'S",
                                           "'ll",
                                           "'LL",
                                           "'lL",
                                           "'ve",
                                           "'Re",
                                           "'d",
                                           "'\xC5\xBF",
                                           "'",
                                           "''",
                                           "'x",
                                           "'l",
                                           "'v",
                                           "don't",
                                           "IT'S",
                                           " ",
                                           "  ",
                                           "      ",
                                           "\t",
                                           "\n",
                                           "\r\n",
                                           "\n\n\n",
                                           " \n ",
                                           "\v",
                                           "\f",
                                           "\xC2\xA0",
                                           "\xC2\x85",
                                           "\xE3\x80\x80",
                                           "\xE2\x80\xA8",
                                           "\xE2\x80\x83",
                                           "\xCC\x81",
                                           "\xE0\xA4\xBE",
                                           "\xE2\x83\x9D",
                                           ".",
                                           "...",
                                           "/",
                                           "//",
                                           "/\n",
                                           "!\r\n",
                                           "\xE2\x80\x94",
                                           "\xF0\x9F\x98\x80",
                                           "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB",
                                           "\xFF",
                                           "\x80",
                                           "\xC3",
                                           "\xE6\xBC",
                                           "\xF0\x9F\x98",
                                           "\xED\xA0\x80",
                                           std::string_view("\0", 1),
                                           "\xEF\xBF\xBD"};

std::string random_hazards(Random& random, size_t n) {
  std::string text;
  while (text.size() < n) {
    const std::string_view fragment = kFragments[below(random, std::size(kFragments))];
    const size_t times = below(random, 24) == 0 ? below(random, 90) : 1;
    for (size_t i = 0; i < times; ++i) text += fragment;
  }
  return text;
}

std::string any_text(Random& random, size_t n) {
  return below(random, 3) == 0 ? test::random_text(random, n) : random_hazards(random, n);
}

std::vector<size_t> ends_of(const Splitter& splitter, std::string_view text, bool scalar,
                            size_t capacity) {
  std::vector<size_t> ends;
  std::vector<uint32_t> buffer(capacity);
  for (size_t at = 0; at < text.size();) {
    const size_t n = scalar ? splitter.split_scalar(text, at, buffer.data(), capacity)
                            : splitter.split(text, at, buffer.data(), capacity);
    if (n == 0) return {};
    for (size_t i = 0; i < n; ++i) ends.push_back(at + buffer[i]);
    at = ends.back();
  }
  return ends;
}

std::vector<size_t> regex_ends(const RegexFinder& finder, std::string_view text) {
  std::vector<TextRange> matches;
  finder.find_all(text, matches);
  std::vector<size_t> ends;
  size_t at = 0;
  for (const TextRange& match : matches) {
    if (match.begin != at) return {};  // the patterns match every character
    ends.push_back(at = match.end);
  }
  return ends;
}

class ForTargets {
 public:
  ~ForTargets() { reset(); }
  static void use(int64_t target) { hwy::SetSupportedTargetsForTest(target); }
  static void reset() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

TEST(Splitter, SimdEqualsScalarOnEveryTarget) {
  const ForTargets restore_at_end;
  const std::vector<int64_t> targets = hwy::SupportedAndGeneratedTargets();
  ASSERT_FALSE(targets.empty());
  for (const int64_t target : targets) {
    ForTargets::use(target);
    for (const SplitRules& rules : kCompiledRules) {
      const auto splitter = Splitter::for_rules(rules);
      ASSERT_TRUE(splitter);
      SCOPED_TRACE(hwy::TargetName(target));
      const auto holds = [&](const std::string& text) {
        const auto expected = ends_of(*splitter, text, true, 64);
        return ends_of(*splitter, text, false, 128) == expected &&
               ends_of(*splitter, text, false, 1024) == expected;
      };
      if (!test::check_texts("simd equals scalar", 300, holds,
                             [](Random& random, size_t n) { return any_text(random, n * 4); })) {
        return;
      }
    }
  }
}

TEST(Splitter, SimdSeesEveryAlignmentOfAHazard) {
  for (const SplitRules& rules : kCompiledRules) {
    const auto splitter = Splitter::for_rules(rules);
    for (const std::string_view filler : {"a", " ", "1", "\n", ".", "\xE6\xBC\xA2"}) {
      for (const std::string_view hazard : kFragments) {
        for (size_t before = 0; before < 66; before += filler.size()) {
          std::string text;
          while (text.size() < before) text += filler;
          text += hazard;
          while (text.size() < 150) text += filler;
          ASSERT_EQ(ends_of(*splitter, text, false, 256), ends_of(*splitter, text, true, 256))
              << test::escaped(text);
        }
      }
    }
  }
}

TEST(Splitter, ScalarEqualsTheRegularExpression) {
  for (const std::string_view pattern : kPatterns) {
    const auto splitter = Splitter::for_pattern(pattern);
    ASSERT_TRUE(splitter) << pattern;
    const auto finder = RegexFinder::compile(pattern, RegexDialect::kRust);
    SCOPED_TRACE(pattern);
    const auto holds = [&](const std::string& text) {
      return ends_of(*splitter, text, true, 64) == regex_ends(finder, text);
    };
    if (!test::check_texts("scalar equals regex", 1500, holds, any_text)) return;
  }
}

TEST(Splitter, EveryShortTextEqualsTheRegularExpression) {
  constexpr std::string_view kLetters[] = {
      "a", "A", "1", " ", "\n", "'", "s", "!", "\xC3\xA9", "\xE6\x97\xA5", "\xCC\x81", "/"};
  constexpr size_t kCount = std::size(kLetters);
  for (const std::string_view pattern : kPatterns) {
    const auto splitter = Splitter::for_pattern(pattern);
    const auto finder = RegexFinder::compile(pattern, RegexDialect::kRust);
    RegexFinder::Scanner scanner(finder);
    std::vector<TextRange> matches;
    size_t total = 1;
    for (size_t length = 1; length <= 5; ++length) {
      total *= kCount;
      for (size_t number = 0; number < total; ++number) {
        std::string text;
        for (size_t i = 0, rest = number; i < length; ++i, rest /= kCount) {
          text += kLetters[rest % kCount];
        }
        matches.clear();
        scanner.find_all(text, matches);
        std::vector<size_t> expected;
        for (const TextRange& match : matches) expected.push_back(match.end);
        ASSERT_EQ(ends_of(*splitter, text, true, 16), expected)
            << test::escaped(text) << " " << pattern;
      }
    }
  }
}

TEST(Splitter, KnowsOnlyItsPatterns) {
  EXPECT_FALSE(Splitter::for_pattern(R"(\w+)"));
  EXPECT_FALSE(Splitter::for_pattern(""));
  EXPECT_FALSE(Splitter::for_rules({.digits = 7}));
}

TEST(Splitter, EndsOfTheText) {
  const auto splitter = Splitter::for_rules({.digits = 3});
  uint32_t ends[8];
  EXPECT_EQ(splitter->split("", 0, ends, 8), 0u);
  EXPECT_EQ(splitter->split("abc", 3, ends, 8), 0u);
  EXPECT_EQ(splitter->split("abc", 0, ends, 1), 1u);
  EXPECT_EQ(ends[0], 3u);
}

// ------------------------------------------------------------------ one piece, watched

// The contract of piece_end: a piece that is decided within the first `decided_at` bytes is the
// same in every text that begins with them; memory of an earlier scan changes nothing.
TEST(Splitter, PieceEndSaysWhatItHasSeen) {
  Random random(test::property_seed());
  for (const SplitRules& rules : kCompiledRules) {
    const auto splitter = Splitter::for_rules(rules);
    for (int round = 0; round < 4000; ++round) {
      const std::string text = any_text(random, 1 + below(random, 30));
      const size_t from = below(random, text.size());
      uint32_t end = 0;
      ASSERT_EQ(splitter->split_scalar(text, from, &end, 1), 1u);
      PieceWatch watch;
      ASSERT_EQ(splitter->piece_end(text, from, watch), from + end);
      ASSERT_GE(watch.decided_at, from + end);
      ASSERT_LE(watch.decided_at, text.size() + 1);
      if (watch.decided_at > text.size()) continue;
      for (int other = 0; other < 6; ++other) {
        std::string changed = text.substr(0, watch.decided_at);
        if (other > 0) changed += any_text(random, 1 + below(random, 6));
        uint32_t changed_end = 0;
        splitter->split_scalar(changed, from, &changed_end, 1);
        ASSERT_EQ(changed_end, end) << test::escaped(text) << " from " << from << " decided at "
                                    << watch.decided_at << ", then " << test::escaped(changed);
      }
    }
  }
}

// decided_at is not larger than it need be where text goes on: a piece is decided one character
// behind the run that ends it.
TEST(Splitter, PieceEndDecidesEarly) {
  const auto splitter = Splitter::for_rules({.digits = 3});
  const auto decided = [&](std::string_view text) {
    PieceWatch watch;
    splitter->piece_end(text, 0, watch);
    return watch.decided_at;
  };
  EXPECT_EQ(decided("hello world"), 6u);
  EXPECT_EQ(decided("hello"), 6u);  // the end took part: more letters may follow
  EXPECT_EQ(decided("123456"), 3u);
  EXPECT_EQ(decided("12"), 3u);
  EXPECT_EQ(decided("hello\xE6"), 7u);  // the last character may still become a letter
  EXPECT_EQ(decided("hello\xE6!"), 7u);
}

TEST(Splitter, PieceEndRemembersRuns) {
  Random random(test::property_seed() + 1);
  for (const SplitRules& rules : kCompiledRules) {
    const auto splitter = Splitter::for_rules(rules);
    for (int round = 0; round < 2000; ++round) {
      const std::string text = any_text(random, 1 + below(random, 60));
      const size_t from = below(random, text.size());
      PieceWatch memory;
      size_t size = from;
      while (size < text.size()) {  // the text grows
        size = std::min(text.size(), size + 1 + below(random, 5));
        const std::string_view part(text.data(), size);
        PieceWatch fresh;
        const size_t end = splitter->piece_end(part, from, fresh);
        ASSERT_EQ(splitter->piece_end(part, from, memory), end) << test::escaped(part);
        ASSERT_EQ(memory.decided_at, fresh.decided_at) << test::escaped(part);
      }
      for (int other = 0; other < 8; ++other) {  // later starts, earlier ends
        const size_t start = from + below(random, text.size() - from);
        const size_t stop = start + 1 + below(random, text.size() - start);
        const std::string_view part(text.data(), stop);
        PieceWatch fresh;
        PieceWatch copy = memory;
        ASSERT_EQ(splitter->piece_end(part, start, copy), splitter->piece_end(part, start, fresh))
            << test::escaped(text) << " " << from << " " << start << " " << stop;
        ASSERT_EQ(copy.decided_at, fresh.decided_at)
            << test::escaped(text) << " " << from << " " << start << " " << stop;
      }
    }
  }
}

TEST(Splitter, KnowsWhatOnigurumaReadsAlike) {
  EXPECT_TRUE(Splitter::reads_like_oniguruma(R"( ?\p{L}+|\p{N}{1,3}|[^\s\p{N}]+|\s+(?!\S))"));
  EXPECT_FALSE(Splitter::reads_like_oniguruma(R"(\p{L}+|\p{N}{1,3}+|\s+)"));
  EXPECT_FALSE(Splitter::reads_like_oniguruma(R"(\p{N}{2,}+)"));
  EXPECT_FALSE(Splitter::reads_like_oniguruma(R"(\p{L}+|\s++$)"));
  EXPECT_TRUE(Splitter::reads_like_oniguruma(""));
}

}  // namespace
}  // namespace tokrail
