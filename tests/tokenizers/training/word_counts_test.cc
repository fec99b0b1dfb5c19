#include "tokenizers/training/word_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/property.h"
#include "tests/tokenizers/training/temporary_files.h"
#include "tokenizers/training/split_pattern.h"
#include "tokenizers/training/word_table.h"

namespace tokrail {
namespace {

using Counted = std::vector<std::pair<std::string, uint64_t>>;

Counted counted(const WordCounts& counts) {
  Counted result;
  for (size_t i = 0; i < counts.words.size(); ++i) {
    result.emplace_back(counts.words[i], counts.counts[i]);
  }
  return result;
}

/// The same by std::map, sorted as the header says.
Counted slow_counts(const std::vector<std::string>& texts, const PieceSplitter& splitter) {
  std::map<std::string, uint64_t> words;
  for (const std::string& text : texts) {
    std::vector<uint32_t> ends;
    splitter.split(text, ends);
    uint32_t begin = 0;
    for (const uint32_t end : ends) {
      ++words[text.substr(begin, end - begin)];
      begin = end;
    }
    EXPECT_EQ(begin, text.size());
  }
  Counted result(words.begin(), words.end());
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return result;
}

WordCounts count_texts(const std::vector<std::string>& texts, const PieceSplitter& splitter,
                       const WordCountOptions& options = {}) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  auto source = texts_in_memory(views);
  return count_words(*source, splitter, options);
}

std::unique_ptr<const PieceSplitter> cl100k() {
  return split_by_regex(split_pattern("cl100k", DigitPolicy::kAsPattern));
}

std::vector<std::string> random_texts(uint64_t seed, size_t n, size_t bytes) {
  test::Random random(seed);
  std::vector<std::string> texts;
  for (size_t i = 0; i < n; ++i) texts.push_back(test::random_text(random, bytes));
  return texts;
}

TEST(WordCounts, CountsLikeAMap) {
  const auto splitter = cl100k();
  for (int i = 0; i < 20; ++i) {
    const auto texts = random_texts(test::property_seed() + static_cast<uint64_t>(i), 100, 300);
    const WordCounts counts = count_texts(texts, *splitter);
    EXPECT_EQ(counted(counts), slow_counts(texts, *splitter));
    uint64_t sum = 0;
    for (const uint64_t count : counts.counts) sum += count;
    EXPECT_EQ(sum, counts.occurrences);
  }
}

TEST(WordCounts, ThreadsDoNotChangeTheResult) {
  const auto texts = random_texts(7, 300, 2000);
  const auto splitter = cl100k();
  WordCountOptions options;
  options.threads = 1;
  const Counted expected = counted(count_texts(texts, *splitter, options));
  for (const int threads : {2, 4}) {
    options.threads = threads;
    EXPECT_EQ(counted(count_texts(texts, *splitter, options)), expected);
  }
}

TEST(WordCounts, FilesGiveWhatTheirTextGives) {
  test::TemporaryFiles files;
  std::string text;
  for (int i = 0; text.size() < 3000000; ++i) {
    text += "The line number " + std::to_string(i) + ", and more of it.\nNext\n";
  }
  const auto splitter = cl100k();
  auto source = open_text_files({files.write("a", text)}, 1 << 16);
  const WordCounts counts = count_words(*source, *splitter, {});
  EXPECT_EQ(counted(counts), slow_counts({text}, *splitter));
  EXPECT_EQ(counts.bytes, text.size());
}

TEST(WordCounts, NothingGivesNothing) {
  const auto splitter = cl100k();
  EXPECT_EQ(count_texts({}, *splitter).words.size(), 0u);
  EXPECT_EQ(count_texts({"", ""}, *splitter).words.size(), 0u);
}

TEST(WordCounts, MemoryIsBoundedOnlyWhenAsked) {
  const auto texts = random_texts(9, 400, 500);
  const auto splitter = cl100k();
  WordCountOptions options;
  options.max_memory = 100000;
  try {
    count_texts(texts, *splitter, options);
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kBudgetExhausted);
  }
  options.prune_rare = true;
  options.threads = 1;
  const WordCounts pruned = count_texts(texts, *splitter, options);
  EXPECT_GT(pruned.pruned_words, 0u);
  uint64_t sum = pruned.pruned_occurrences;
  for (const uint64_t count : pruned.counts) sum += count;
  EXPECT_EQ(sum, pruned.occurrences);
  EXPECT_LE(pruned.words.size() * WordTable::kEntryMemory, options.max_memory);
  options.threads = 4;
  EXPECT_EQ(counted(count_texts(texts, *splitter, options)), counted(pruned));
}

TEST(WordCounts, StopsWhenAsked) {
  std::stop_source stop;
  WordCountOptions options;
  options.stop = stop.get_token();
  options.progress = [&](const TrainingProgress& progress) {
    EXPECT_EQ(progress.stage, TrainingStage::kReading);
    if (progress.done > progress.total / 2) stop.request_stop();
  };
  try {
    count_texts(random_texts(1, 100, 100), *cl100k(), options);
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST(WordTable, KeepsWordsOfAllLengthsApart) {
  WordTable table;
  std::map<std::string, uint64_t> expected;
  test::Random random(4);
  for (int i = 0; i < 50000; ++i) {
    const std::string word(test::below(random, 40), static_cast<char>(test::below(random, 3)));
    std::string changed = word;
    if (!changed.empty()) changed[test::below(random, changed.size())] ^= 1;
    for (const std::string& w : {word, changed}) {
      table.add(w, hash_word(w), 1);
      ++expected[w];
    }
  }
  EXPECT_EQ(table.entries().size(), expected.size());
  for (const WordTable::Entry& entry : table.entries()) {
    EXPECT_EQ(entry.count, expected[std::string(table.view(entry))]);
  }
}

}  // namespace
}  // namespace tokrail
