#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <stdexcept>

#include "base/error.h"
#include "decoding/models/callback_source.h"
#include "decoding/models/context_tree.h"
#include "decoding/models/counting_source.h"
#include "decoding/models/hash_source.h"
#include "decoding/models/mix_source.h"
#include "decoding/models/table_source.h"

namespace tokrail {
namespace {

using Tokens = std::vector<TokenId>;

std::vector<float> copy_row(const EvalResult& result, size_t answer) {
  const auto row = result.row(answer);
  return {row.begin(), row.end()};
}

TEST(ContextTree, EqualSequencesAreOneNodeAndNothingIsLeftBehind) {
  std::mt19937_64 random(1);
  ContextTree tree;
  std::map<Tokens, ContextNode> known;
  std::vector<std::pair<Tokens, ContextNode>> held;
  for (int step = 0; step < 20000; ++step) {
    const auto action = random() % 4;
    if (held.empty() || action == 0) {
      held.emplace_back(Tokens{}, tree.hold(ContextTree::root()));
    } else if (action == 1) {
      auto& [tokens, node] = held[random() % held.size()];
      const auto token = static_cast<TokenId>(random() % 3);
      tokens.push_back(token);
      node = tree.extend(node, token);
    } else if (action == 2) {
      auto& [tokens, node] = held[random() % held.size()];
      tokens.resize(tokens.size() - std::min<size_t>(tokens.size(), random() % 3));
      node = tree.cut(node, tokens.size());
    } else {
      const size_t at = random() % held.size();
      tree.release(held[at].second);
      held.erase(held.begin() + static_cast<long>(at));
    }
    if (step % 64 == 0) {
      std::map<Tokens, ContextNode> nodes;
      for (const auto& [tokens, node] : held) {
        ASSERT_EQ(tree.tokens(node), tokens);
        const auto [found, added] = nodes.emplace(tokens, node);
        ASSERT_EQ(found->second, node);
      }
    }
  }
  for (const auto& [tokens, node] : held) tree.release(node);
  EXPECT_EQ(tree.size(), 1u);
}

// Rows of a source asked in every way equal those of whole contexts asked one by one.
TEST(Sources, RowsDoNotDependOnHowTheyAreAskedFor) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    const HashSourceOptions options{.vocab = 11, .order = 1 + random() % 4, .seed = seed};
    HashSource source(options);
    HashSource plain(options);
    const auto expected = [&](const Tokens& context) {
      const SequenceId sequence = plain.open(context);
      const EvalRequest request{.sequence = sequence};
      const std::vector<float> row = copy_row(plain.eval(std::span(&request, 1)), 0);
      plain.close(sequence);
      return row;
    };
    std::map<SequenceId, Tokens> open;
    open[source.open({})] = {};
    for (int step = 0; step < 200; ++step) {
      // A batch of trees.
      std::vector<std::vector<EvalNode>> nodes(open.size());
      std::vector<EvalRequest> requests;
      std::vector<Tokens> contexts;
      std::vector<std::vector<Tokens>> of_nodes;
      for (const auto& [sequence, tokens] : open) {
        auto& tree = nodes[requests.size()];
        std::vector<Tokens> paths;
        for (size_t i = 0; i < random() % 4; ++i) {
          const auto parent = static_cast<int32_t>(random() % (i + 1)) - 1;
          tree.push_back({.token = static_cast<TokenId>(random() % 11), .parent = parent});
          Tokens path = parent < 0 ? tokens : paths[static_cast<size_t>(parent)];
          path.push_back(tree.back().token);
          paths.push_back(path);
        }
        requests.push_back({.sequence = sequence, .nodes = tree});
        if (tree.empty()) {
          contexts.push_back(tokens);
        } else {
          contexts.insert(contexts.end(), paths.begin(), paths.end());
        }
        of_nodes.push_back(paths);
      }
      const EvalResult result = source.eval(requests);
      ASSERT_EQ(result.status, SourceStatus::kOk);
      ASSERT_EQ(result.rows.size(), contexts.size());
      for (size_t i = 0; i < contexts.size(); ++i) {
        ASSERT_EQ(copy_row(result, i), expected(contexts[i])) << "seed " << seed;
      }
      // Keep a path of one of them.
      const size_t at = random() % requests.size();
      if (!nodes[at].empty()) {
        auto node = static_cast<int32_t>(random() % nodes[at].size());
        const Tokens kept = of_nodes[at][static_cast<size_t>(node)];
        std::vector<int32_t> path;
        for (; node >= 0; node = nodes[at][static_cast<size_t>(node)].parent) {
          path.insert(path.begin(), node);
        }
        ASSERT_TRUE(source.commit(requests[at].sequence, path));
        open[requests[at].sequence] = kept;
      }
      const SequenceId some = requests[random() % requests.size()].sequence;
      if (random() % 3 == 0 && open.size() < 6) {
        SequenceId copy = some;
        ASSERT_TRUE(source.fork(std::span(&copy, 1), std::span(&copy, 1)));
        open[copy] = open[some];
      } else if (random() % 3 == 0) {
        const size_t length = random() % (open[some].size() + 1);
        source.truncate(some, length);
        open[some].resize(length);
        ASSERT_EQ(source.length(some), length);
      } else if (open.size() > 1 && random() % 4 == 0) {
        source.close(some);
        open.erase(some);
      }
    }
  }
}

TEST(Sources, WhatCannotBeIsAnswered) {
  HashSource source({.vocab = 4});
  EXPECT_THROW(source.open(Tokens{4}), Error);
  const SequenceId sequence = source.open(Tokens{1});
  const auto status = [&](SequenceId id, std::vector<EvalNode> nodes) {
    const EvalRequest request{.sequence = id, .nodes = nodes};
    return source.eval(std::span(&request, 1)).status;
  };
  EXPECT_EQ(status(7, {}), SourceStatus::kFailed);
  EXPECT_EQ(status(-1, {}), SourceStatus::kFailed);
  EXPECT_EQ(status(sequence, {{.token = 4}}), SourceStatus::kFailed);
  EXPECT_EQ(status(sequence, {{.token = 1, .parent = 0}}), SourceStatus::kFailed);
  EXPECT_EQ(status(sequence, {{.token = 1}, {.token = 2, .parent = -1}}), SourceStatus::kOk);
  EXPECT_FALSE(source.failure().size() > 0);
  const int32_t wrong[] = {0, 1};  // node 1 does not hang on node 0
  EXPECT_FALSE(source.commit(sequence, wrong));
  EXPECT_EQ(source.length(sequence), 1u);
  const int32_t beyond[] = {5};
  EXPECT_FALSE(source.commit(sequence, beyond));
  EXPECT_EQ(source.eval_canvas({}, {}).status, SourceStatus::kUnsupported);
}

TEST(Sources, AFunctionThatThrowsFailsTheEvaluationWithItsMessage) {
  bool bad = true;
  CallbackSource source(3, [&](std::span<const std::span<const TokenId>>, std::span<float> rows) {
    if (bad) throw std::runtime_error("no memory on the card");
    std::ranges::fill(rows, 1.0f);
  });
  const EvalRequest request{.sequence = source.open({})};
  EXPECT_EQ(source.eval(std::span(&request, 1)).status, SourceStatus::kFailed);
  EXPECT_EQ(source.failure(), "no memory on the card");
  bad = false;
  EXPECT_EQ(source.eval(std::span(&request, 1)).status, SourceStatus::kOk);
  EXPECT_EQ(source.failure(), "");
}

TEST(Sources, AContextThatIsFullIsAStatus) {
  CallbackSource source(3,
                        [](std::span<const std::span<const TokenId>>, std::span<float> rows) {
                          std::ranges::fill(rows, 0.0f);
                        },
                        {.context_limit = 3});
  const SequenceId sequence = source.open(Tokens{1, 2});
  const std::vector<EvalNode> two{{.token = 0}, {.token = 0, .parent = 0}};
  const EvalRequest fits{.sequence = sequence, .nodes = std::span(two).first(1)};
  const EvalRequest full{.sequence = sequence, .nodes = two};
  EXPECT_EQ(source.eval(std::span(&fits, 1)).status, SourceStatus::kOk);
  EXPECT_EQ(source.eval(std::span(&full, 1)).status, SourceStatus::kContextFull);
}

TEST(Sources, ATableAnswersByItsLastTokens) {
  TableSource source(2, 1);
  source.set({}, std::vector<double>{0.25, 0.75});
  source.set({1}, std::vector<double>{0.5, 0.5});
  EXPECT_THROW(source.set({0, 1}, std::vector<double>{1, 0}), Error);
  EXPECT_THROW(source.set({0}, std::vector<double>{1}), Error);
  const std::vector<EvalRequest> requests{{.sequence = source.open({})},
                                          {.sequence = source.open(Tokens{0, 1})},
                                          {.sequence = source.open(Tokens{1, 1})}};
  const EvalResult result = source.eval(requests);
  EXPECT_NEAR(result.row(0)[1], std::log(0.75), 1e-6);
  EXPECT_NEAR(result.row(1)[0], std::log(0.5), 1e-6);
  EXPECT_EQ(result.rows[1], result.rows[2]);
}

TEST(Sources, AMixtureMixesProbabilities) {
  TableSource a(2, 1);
  TableSource b(2, 1);
  a.set({}, std::vector<double>{0.9, 0.1});
  b.set({}, std::vector<double>{0.2, 0.8});
  MixSource mix(a, b, 0.25);
  CountingSource counted(mix);
  const SequenceId first = counted.open({});
  SequenceId second = first;
  ASSERT_TRUE(counted.fork(std::span(&second, 1), std::span(&second, 1)));
  const std::vector<EvalRequest> requests{{.sequence = first}, {.sequence = second}};
  const EvalResult result = counted.eval(requests);
  ASSERT_EQ(result.status, SourceStatus::kOk);
  EXPECT_NEAR(std::exp(result.row(0)[0]), 0.75 * 0.9 + 0.25 * 0.2, 1e-6);
  EXPECT_EQ(counted.counts().calls, 1u);
  EXPECT_EQ(counted.counts().positions, 2u);
  EXPECT_EQ(counted.counts().rows, 1u);
  HashSource other({.vocab = 3});
  EXPECT_THROW(MixSource(a, other, 0.5), Error);
  EXPECT_THROW(MixSource(a, b, 1.5), Error);
}

}  // namespace
}  // namespace tokrail
