#include "tokenizers/training/expected_counts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "tests/support/property.h"

namespace tokrail {
namespace {

constexpr size_t kParameters = 7;

struct Enumerated {
  double total = 0;
  std::vector<double> counts = std::vector<double>(kParameters, 0.0);
};

// All paths, one by one.
Enumerated enumerate(const ReadingGraph& graph, const std::vector<double>& log_parameters) {
  Enumerated result;
  std::vector<size_t> path;
  const std::function<void(uint32_t, double)> walk = [&](uint32_t node, double log_p) {
    if (node == graph.end_node) {
      const double p = std::exp(log_p);
      result.total += p;
      for (const size_t i : path) {
        for (const uint32_t parameter : {graph.edges[i].first, graph.edges[i].second}) {
          if (parameter != ReadingGraph::kNone) result.counts[parameter] += p;
        }
      }
      return;
    }
    for (size_t i = 0; i < graph.edges.size(); ++i) {
      if (graph.edges[i].from != node) continue;
      path.push_back(i);
      walk(graph.edges[i].to, log_p + log_edge(graph.edges[i], log_parameters));
      path.pop_back();
    }
  };
  walk(0, 0.0);
  for (double& count : result.counts) count /= result.total;
  return result;
}

TEST(ExpectedCounts, AreThoseOfAllPaths) {
  test::Random random(41);
  ForwardBackwardScratch scratch;
  for (int round = 0; round < 500; ++round) {
    std::vector<double> log_parameters;
    for (size_t i = 0; i < kParameters; ++i) {
      log_parameters.push_back(-0.1 * static_cast<double>(test::below(random, 60)));
    }
    const uint32_t end_node = 1 + static_cast<uint32_t>(test::below(random, 6));
    std::vector<ReadingGraph::Edge> edges;
    const auto parameter = [&] {
      const auto drawn = static_cast<uint32_t>(test::below(random, kParameters + 2));
      return drawn < kParameters ? drawn : ReadingGraph::kNone;
    };
    for (uint32_t from = 0; from < end_node; ++from) {
      const size_t out = test::below(random, 4);
      for (size_t i = 0; i < out; ++i) {
        const auto to = from + 1 + static_cast<uint32_t>(test::below(random, end_node - from));
        edges.push_back({from, to, parameter(), parameter(), -0.5f});
      }
    }
    const ReadingGraph graph{end_node, edges};
    std::vector<double> counts(kParameters, 0.0);
    const double total = add_expected_counts(graph, log_parameters, 2.0, scratch, counts);
    const Enumerated expected = enumerate(graph, log_parameters);
    if (expected.total == 0) {
      EXPECT_EQ(total, -std::numeric_limits<double>::infinity());
      continue;
    }
    ASSERT_NEAR(total, std::log(expected.total), 1e-9);
    for (size_t i = 0; i < kParameters; ++i) {
      EXPECT_NEAR(counts[i], 2.0 * expected.counts[i], 1e-9) << "round " << round;
    }
    double out_of_start = 0;
    for (const auto& edge : edges) {
      if (edge.from == 0) {
        out_of_start += edge_posterior(graph, edge, log_parameters, scratch);
      }
    }
    EXPECT_NEAR(out_of_start, 1.0, 1e-9);
  }
}

TEST(ExpectedCounts, LongWordsDoNotUnderflow) {
  std::vector<ReadingGraph::Edge> edges;
  for (uint32_t i = 0; i < 300; ++i) {
    edges.push_back({i, i + 1, 0, ReadingGraph::kNone, -5.0f});
    edges.push_back({i, i + 1, 1, ReadingGraph::kNone, -5.0f});
  }
  std::vector<double> counts(2, 0.0);
  ForwardBackwardScratch scratch;
  const std::vector<double> log_parameters = {std::log(0.25), std::log(0.75)};
  EXPECT_NEAR(add_expected_counts({300, edges}, log_parameters, 1.0, scratch, counts), -1500, 1e-6);
  EXPECT_NEAR(counts[0], 75, 1e-6);
  EXPECT_NEAR(counts[1], 225, 1e-6);
}

}  // namespace
}  // namespace tokrail
