#include "tokenizers/training/bpe_learner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/oracle/slow_bpe_trainer.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

using CountedWords = std::vector<std::pair<std::string, uint64_t>>;

WordCounts word_counts(const CountedWords& words) {
  WordCounts counts;
  for (const auto& [word, count] : words) {
    counts.words.push_back(word);
    counts.counts.push_back(count);
  }
  return counts;
}

std::vector<test::SlowMerge> merges_of(const LearnedBpe& learned) {
  std::vector<test::SlowMerge> merges;
  for (size_t i = 0; i < learned.merges.size(); ++i) {
    merges.push_back({std::string(learned.tokens[learned.merges[i].left]),
                      std::string(learned.tokens[learned.merges[i].right]),
                      learned.merge_counts[i]});
  }
  return merges;
}

ErrorCode code_of(const CountedWords& words, const BpeLearnerOptions& options) {
  try {
    learn_bpe(word_counts(words), options);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode{};
}

// ---------------------------------------------------------------- equality with the oracle

struct Case {
  CountedWords words;
  test::SlowBpeOptions options;
};

std::string small_word(test::Random& random, size_t letters) {
  std::string word;
  const size_t length = 1 + test::below(random, test::below(random, 4) == 0 ? 40 : 9);
  const char first = test::below(random, 5) == 0 ? '\xFA' : 'a';
  while (word.size() < length) {
    word += static_cast<char>(first + static_cast<char>(test::below(random, letters)));
  }
  return word;
}

Case random_case(test::Random& random) {
  Case result;
  std::map<std::string, uint64_t> words;
  const size_t letters = 1 + test::below(random, 5);
  const size_t n = test::below(random, 30);
  for (size_t i = 0; i < n; ++i) {
    words[small_word(random, letters)] = 1 + test::below(random, test::below(random, 2) ? 3 : 1000);
  }
  result.words.assign(words.begin(), words.end());
  result.options.vocab_size = 256 + test::below(random, 60);
  result.options.min_frequency = test::below(random, 5);
  if (test::below(random, 3) == 0) result.options.max_token_bytes = 1 + test::below(random, 6);
  result.options.likelihood = test::below(random, 3) == 0;
  if (test::below(random, 3) == 0) {
    std::set<std::string> forced;
    for (size_t i = test::below(random, 5); i > 0; --i) {
      forced.insert(small_word(random, letters).substr(0, result.options.max_token_bytes));
    }
    result.options.forced_tokens.assign(forced.begin(), forced.end());
  }
  return result;
}

BpeLearnerOptions fast_options(const test::SlowBpeOptions& slow) {
  BpeLearnerOptions options;
  options.vocab_size = slow.vocab_size;
  options.min_frequency = slow.min_frequency;
  options.max_token_bytes = static_cast<uint32_t>(slow.max_token_bytes);
  options.objective = slow.likelihood ? BpeObjective::kLikelihood : BpeObjective::kFrequency;
  options.forced_tokens = slow.forced_tokens;
  options.threads = 1;
  return options;
}

bool agrees(const Case& c) {
  const test::SlowBpe slow = test::slow_bpe(c.words, c.options);
  const BpeLearnerOptions options = fast_options(c.options);
  if (!slow.forced_tokens_fit) {
    return code_of(c.words, options) == ErrorCode::kInvalidArgument;
  }
  return merges_of(learn_bpe(word_counts(c.words), options)) == slow.merges;
}

std::string print(const Case& c) {
  std::ostringstream text;
  text << "vocab_size " << c.options.vocab_size << ", min_frequency " << c.options.min_frequency
       << ", max_token_bytes " << c.options.max_token_bytes
       << (c.options.likelihood ? ", likelihood" : "") << ", words";
  for (const auto& [word, count] : c.words) text << ' ' << test::escaped(word) << '*' << count;
  for (const std::string& token : c.options.forced_tokens) text << " +" << test::escaped(token);
  return text.str();
}

TEST(BpeLearner, LearnsTheMergesOfTheOracle) {
  test::check_values<Case>("merges", 4000, {random_case, agrees, print});
}

TEST(BpeLearner, LearnsTheMergesOfTheOracleOnText) {
  const auto text_case = [](test::Random& random) {
    Case result;
    std::map<std::string, uint64_t> words;
    for (size_t i = 0; i < 60; ++i) words[test::random_text(random, 30)] += 1 + i % 7;
    words.erase("");
    result.words.assign(words.begin(), words.end());
    result.options.vocab_size = 340;
    result.options.likelihood = test::below(random, 2) == 0;
    return result;
  };
  test::check_values<Case>("merges of text", 60, {text_case, agrees, print});
}

// ---------------------------------------------------------------- known answers

TEST(BpeLearner, LearnsTheTextbookExample) {
  const CountedWords words = {{"low", 5}, {"lower", 2}, {"newest", 6}, {"widest", 3}};
  BpeLearnerOptions options;
  options.vocab_size = 256 + 5;
  const auto merges = merges_of(learn_bpe(word_counts(words), options));
  const std::vector<test::SlowMerge> expected = {
      {"e", "s", 9}, {"es", "t", 9}, {"l", "o", 7}, {"lo", "w", 7}, {"e", "w", 6}};
  EXPECT_EQ(merges, expected);
}

TEST(BpeLearner, TiesGoToLowerIds) {
  BpeLearnerOptions options;
  options.vocab_size = 258;
  // Byte 0x20 has a higher id than 'x': it stands for a character behind the printable ones.
  const auto merges = merges_of(learn_bpe(word_counts({{" x", 3}, {"xy", 3}, {"xa", 3}}), options));
  ASSERT_EQ(merges.size(), 2u);
  EXPECT_EQ(merges[0], (test::SlowMerge{"x", "a", 3}));
  EXPECT_EQ(merges[1], (test::SlowMerge{"x", "y", 3}));
}

TEST(BpeLearner, InitialIdsAreTheByteLevelAlphabet) {
  EXPECT_EQ(byte_of_initial_id(0), '!');
  EXPECT_EQ(byte_of_initial_id(93), '~');
  EXPECT_EQ(byte_of_initial_id(94), 0xA1);
  EXPECT_EQ(byte_of_initial_id(187), 0xFF);
  EXPECT_EQ(byte_of_initial_id(188), 0x00);
  EXPECT_EQ(byte_of_initial_id(220), ' ');
  EXPECT_EQ(byte_of_initial_id(255), 0xAD);
  std::set<uint8_t> bytes;
  for (TokenId id = 0; id < 256; ++id) bytes.insert(byte_of_initial_id(id));
  EXPECT_EQ(bytes.size(), 256u);
}

TEST(BpeLearner, NothingToLearnFromGivesTheBytes) {
  for (const CountedWords& words : {CountedWords{}, CountedWords{{"a", 7}}}) {
    const LearnedBpe learned = learn_bpe(word_counts(words), {});
    EXPECT_EQ(learned.tokens.size(), 256u);
    EXPECT_TRUE(learned.merges.empty());
    EXPECT_EQ(learned.stop_reason, BpeStopReason::kNoPairLeft);
  }
}

TEST(BpeLearner, OneWordOnceNeedsMinFrequencyOne) {
  BpeLearnerOptions options;
  EXPECT_TRUE(learn_bpe(word_counts({{"abc", 1}}), options).merges.empty());
  options.min_frequency = 1;
  const LearnedBpe learned = learn_bpe(word_counts({{"abc", 1}}), options);
  EXPECT_EQ(learned.merges.size(), 2u);
  EXPECT_EQ(learned.tokens[257], "abc");
  options.min_frequency = 0;  // a pair that occurs nowhere is never taken
  EXPECT_EQ(learn_bpe(word_counts({{"abc", 1}}), options).merges.size(), 2u);
}

TEST(BpeLearner, TokensAreNeverLongerThanAsked) {
  BpeLearnerOptions options;
  options.max_token_bytes = 3;
  options.vocab_size = 1000;
  const LearnedBpe learned = learn_bpe(word_counts({{"abcdefgh", 9}, {"abcabcabc", 4}}), options);
  std::set<std::string> tokens;
  for (TokenId id = 0; id < learned.tokens.size(); ++id) {
    EXPECT_LE(learned.tokens[id].size(), 3u);
    EXPECT_TRUE(tokens.insert(std::string(learned.tokens[id])).second) << learned.tokens[id];
  }
  options.max_token_bytes = 1;
  EXPECT_TRUE(learn_bpe(word_counts({{"abab", 9}}), options).merges.empty());
}

TEST(BpeLearner, KeepsBytesThatAreNotUtf8) {
  BpeLearnerOptions options;
  const LearnedBpe learned = learn_bpe(word_counts({{std::string("\xFF\xFE\0", 3), 9}}), options);
  EXPECT_EQ(learned.tokens[learned.tokens.size() - 1], std::string_view("\xFF\xFE\0", 3));
}

TEST(BpeLearner, CountsAboveFourBillionAreExact) {
  const uint64_t big = uint64_t{1} << 40;
  const LearnedBpe learned = learn_bpe(word_counts({{"ab", big}, {"cd", big + 1}}), {});
  ASSERT_EQ(learned.merges.size(), 2u);
  EXPECT_EQ(learned.merge_counts[0], big + 1);
  EXPECT_EQ(learned.tokens[256], "cd");
}

// ---------------------------------------------------------------- forced tokens

TEST(BpeLearner, ForcedTokensAreTokens) {
  BpeLearnerOptions options;
  options.vocab_size = 256 + 9;
  options.forced_tokens = {"zebra", "x", "low"};
  const LearnedBpe learned = learn_bpe(word_counts({{"lower", 5}, {"newest", 6}}), options);
  EXPECT_EQ(learned.tokens.size(), options.vocab_size);
  std::set<std::string_view> tokens;
  for (TokenId id = 0; id < learned.tokens.size(); ++id) tokens.insert(learned.tokens[id]);
  for (const std::string& token : options.forced_tokens) EXPECT_TRUE(tokens.contains(token));
}

TEST(BpeLearner, BadOptionsAreRefused) {
  const CountedWords words = {{"low", 5}};
  BpeLearnerOptions options;
  options.vocab_size = 255;
  EXPECT_EQ(code_of(words, options), ErrorCode::kInvalidArgument);
  options.vocab_size = size_t{1} << 40;
  EXPECT_EQ(code_of(words, options), ErrorCode::kInvalidArgument);
  options.vocab_size = 258;
  options.forced_tokens = {"abcde"};
  EXPECT_EQ(code_of(words, options), ErrorCode::kInvalidArgument);
  options.forced_tokens = {""};
  EXPECT_EQ(code_of(words, options), ErrorCode::kInvalidArgument);
  options.forced_tokens = {"abcd"};
  options.max_token_bytes = 3;
  EXPECT_EQ(code_of(words, options), ErrorCode::kInvalidArgument);
  options.forced_tokens.clear();
  options.max_token_bytes = 0;
  EXPECT_EQ(code_of(words, options), ErrorCode::kInvalidArgument);
}

// ---------------------------------------------------------------- size, threads, stopping

CountedWords many_words(size_t n) {
  test::Random random(11);
  std::map<std::string, uint64_t> words;
  while (words.size() < n) words[small_word(random, 5) + small_word(random, 20)] += 1;
  return {words.begin(), words.end()};
}

TEST(BpeLearner, ThreadsDoNotChangeTheResult) {
  const WordCounts words = word_counts(many_words(60000));  // several ranges of slots
  BpeLearnerOptions options;
  options.vocab_size = 2000;
  options.threads = 1;
  const auto expected = merges_of(learn_bpe(words, options));
  EXPECT_EQ(expected.size(), 2000u - 256u);
  for (const int threads : {2, 4}) {
    options.threads = threads;
    EXPECT_EQ(merges_of(learn_bpe(words, options)), expected) << threads << " threads";
  }
}

TEST(BpeLearner, OneHugeWordTakesTimeInProportion) {
  BpeLearnerOptions options;
  options.vocab_size = 8000;
  options.min_frequency = 1;
  const auto begin = std::chrono::steady_clock::now();
  const LearnedBpe same = learn_bpe(word_counts({{std::string(1 << 20, 'a'), 1}}), options);
  EXPECT_EQ(same.tokens[same.tokens.size() - 1].size(), 128u);  // max_token_bytes
  test::Random random(5);
  std::string letters;
  while (letters.size() < (1 << 20)) letters += static_cast<char>('a' + test::below(random, 26));
  EXPECT_EQ(learn_bpe(word_counts({{letters, 1}}), options).tokens.size(), 8000u);
  // Well below a second; a method that reads whole words for each merge needs minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(BpeLearner, StopsWhenAsked) {
  std::stop_source stop;
  BpeLearnerOptions options;
  options.stop = stop.get_token();
  size_t reports = 0;
  options.progress = [&](const TrainingProgress& progress) {
    EXPECT_EQ(progress.stage, TrainingStage::kMerging);
    EXPECT_LE(progress.done, progress.total);
    if (++reports == 2) stop.request_stop();
  };
  EXPECT_EQ(code_of(many_words(5000), options), ErrorCode::kCancelled);
  EXPECT_EQ(reports, 2u);
}

}  // namespace
}  // namespace tokrail
