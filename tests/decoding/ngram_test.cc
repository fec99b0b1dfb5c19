#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/error.h"
#include "decoding/models/ngram_model.h"
#include "decoding/models/ngram_source.h"
#include "decoding/models/ngram_trainer.h"
#include "tests/oracle/slow_ngram.h"

namespace tokrail {
namespace {

using Tokens = std::vector<TokenId>;

// Documents of a random process with memory, so that some sequences are frequent.
std::vector<Tokens> random_documents(std::mt19937_64& random, size_t vocab) {
  std::vector<Tokens> documents(random() % 12);
  for (Tokens& document : documents) {
    const size_t length = random() % 40;
    TokenId last = 1;
    for (size_t i = 0; i < length; ++i) {
      last = random() % 3 == 0 ? static_cast<TokenId>(1 + random() % (vocab - 1))
                               : static_cast<TokenId>(1 + (last * 5 + 1) % (vocab - 1));
      document.push_back(last);
    }
  }
  return documents;
}

std::string train(const std::vector<Tokens>& documents, NgramTrainingOptions options) {
  NgramTrainer trainer(std::move(options));
  for (const Tokens& document : documents) trainer.add(document);
  return trainer.finish();
}

TEST(Ngram, EqualsTheDefinitionForEveryContextAndToken) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    std::mt19937_64 random(seed);
    const size_t vocab = 3 + random() % 6;
    const auto order = static_cast<uint32_t>(1 + random() % 4);
    const std::vector<uint64_t> min_counts =
        random() % 2 == 0 ? std::vector<uint64_t>{1} : std::vector<uint64_t>{1, 1, 2};
    const std::vector<Tokens> documents = random_documents(random, vocab);
    const auto model = NgramModel::from_bytes(train(
        documents,
        {.order = order, .vocab = vocab, .boundary = 0, .min_counts = min_counts, .threads = 1}));
    const oracle::SlowNgram slow(documents, order, vocab, 0, min_counts);
    std::vector<float> row(vocab);
    for (int trial = 0; trial < 60; ++trial) {
      Tokens context(random() % 6);
      for (TokenId& id : context) id = static_cast<TokenId>(1 + random() % (vocab - 1));
      if (!documents.empty() && trial % 2 == 0) {
        const Tokens& document = documents[random() % documents.size()];
        context.assign(document.begin(),
                       document.begin() + static_cast<long>(random() % (document.size() + 1)));
      }
      model->fill_row(context, row);
      double sum = 0;
      for (TokenId id = 0; id < vocab; ++id) {
        const double expected = slow.prob(context, id);
        ASSERT_NEAR(std::exp(static_cast<double>(row[id])), expected, 1e-6)
            << "seed " << seed << " order " << order << " token " << id;
        ASSERT_NEAR(model->log_prob(context, id), row[id], 1e-5);
        sum += std::exp(static_cast<double>(row[id]));
      }
      ASSERT_NEAR(sum, 1, 1e-5) << "seed " << seed;
    }
  }
}

TEST(Ngram, AFileIsTheSameForAnyNumberOfThreads) {
  std::mt19937_64 random(5);
  const std::vector<Tokens> documents = random_documents(random, 9);
  EXPECT_EQ(train(documents, {.order = 3, .vocab = 9, .threads = 1}),
            train(documents, {.order = 3, .vocab = 9, .threads = 2}));
}

TEST(Ngram, RefusesEveryFileThatIsDamaged) {
  std::mt19937_64 random(7);
  const std::string file =
      train({{1, 2, 3, 1, 2, 3}, {2, 2, 1}}, {.order = 3, .vocab = 4, .min_counts = {1}});
  ASSERT_NO_THROW(NgramModel::from_bytes(file));
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(NgramModel::from_bytes(file.substr(0, size)), Error) << size;
  }
  for (int trial = 0; trial < 2000; ++trial) {
    std::string damaged = file;
    damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
    EXPECT_THROW(NgramModel::from_bytes(damaged), Error);
  }
}

// A file with a right checksum may still be hostile: it is read, or refused, but never followed
// out of its bounds.
TEST(Ngram, NumbersOfAFileWithARightChecksumAreChecked) {
  std::mt19937_64 random(8);
  const std::string file =
      train({{1, 2, 3, 1, 2, 3}, {2, 2, 1}}, {.order = 3, .vocab = 4, .min_counts = {1}});
  const auto checksum = [](const std::string& bytes, size_t end) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i + 8 <= end; i += 8) {
      uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, 8);
      hash = (hash ^ word) * 0x100000001B3u;
      hash ^= hash >> 32;
    }
    return hash;
  };
  size_t accepted = 0;
  std::vector<float> row(4);
  for (int trial = 0; trial < 20000; ++trial) {
    std::string damaged = file;
    const size_t at = 8 + random() % (damaged.size() - 16);
    damaged[at] = static_cast<char>(random() % 3 == 0 ? 0xFF : random());
    const uint64_t sum = checksum(damaged, damaged.size() - 8);
    std::memcpy(damaged.data() + damaged.size() - 8, &sum, 8);
    try {
      const auto model = NgramModel::from_bytes(damaged);
      if (model->vocab() == 4) {
        for (const Tokens& context : {Tokens{}, Tokens{1}, Tokens{1, 2}, Tokens{3, 3, 3}}) {
          model->fill_row(context, row);
        }
      }
      ++accepted;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    }
  }
  EXPECT_GT(accepted, 0u);
}

TEST(Ngram, OptionsAndIdsOutOfRangeAreErrors) {
  EXPECT_THROW(NgramTrainer({.order = 0, .vocab = 4}), Error);
  EXPECT_THROW(NgramTrainer({.order = 9, .vocab = 4}), Error);
  EXPECT_THROW(NgramTrainer({.order = 3, .vocab = 0}), Error);
  EXPECT_THROW(NgramTrainer({.order = 3, .vocab = 4, .boundary = 4}), Error);
  EXPECT_THROW(NgramTrainer({.order = 8, .vocab = 200000}), Error);
  NgramTrainer trainer({.order = 2, .vocab = 4});
  EXPECT_THROW(trainer.add(Tokens{4}), Error);
}

TEST(Ngram, ASourceSharesRowsOfContextsThatEndAlike) {
  NgramSource source(NgramModel::from_bytes(
      train({{1, 2, 3, 1, 2, 3}}, {.order = 3, .vocab = 4, .min_counts = {1}})));
  const SequenceId a = source.open(Tokens{3, 1, 2});
  const SequenceId b = source.open(Tokens{2, 1, 2});
  const SequenceId c = source.open(Tokens{1, 2});  // at the beginning: the same last two tokens
  const EvalResult rows = source.eval(std::vector<EvalRequest>{{a, {}}, {b, {}}, {c, {}}});
  ASSERT_EQ(rows.status, SourceStatus::kOk);
  EXPECT_EQ(rows.rows[0], rows.rows[1]);
  EXPECT_EQ(rows.rows[0], rows.rows[2]);
  EXPECT_EQ(rows.logits.rows, 1u);
}

}  // namespace
}  // namespace tokrail
