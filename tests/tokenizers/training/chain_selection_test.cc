#include "tokenizers/training/chain_selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "tests/support/property.h"

namespace tokrail {
namespace {

using Chain = std::vector<SuffixId>;

uint64_t ids_of(const Chain& run, const std::set<Chain>& chains) {
  std::vector<uint64_t> best(run.size() + 1, 0);
  for (size_t end = 1; end <= run.size(); ++end) {
    best[end] = best[end - 1] + 1;
    for (size_t begin = 0; begin + 2 <= end; ++begin) {
      const Chain part(run.begin() + static_cast<ptrdiff_t>(begin),
                       run.begin() + static_cast<ptrdiff_t>(end));
      if (chains.contains(part)) best[end] = std::min(best[end], best[begin] + 1);
    }
  }
  return best[run.size()];
}

uint64_t ids_of(const std::vector<SuffixRun>& runs, const std::set<Chain>& chains) {
  uint64_t ids = 0;
  for (const SuffixRun& run : runs) ids += run.weight * ids_of(run.suffixes, chains);
  return ids;
}

// Tries every part of every run, over all runs.
std::set<Chain> slow_choice(const std::vector<SuffixRun>& runs, size_t limit, size_t max_length) {
  std::set<Chain> candidates, chosen;
  for (const SuffixRun& run : runs) {
    for (size_t begin = 0; begin < run.suffixes.size(); ++begin) {
      for (size_t end = begin + 2; end <= std::min(run.suffixes.size(), begin + max_length);
           ++end) {
        candidates.emplace(run.suffixes.begin() + static_cast<ptrdiff_t>(begin),
                           run.suffixes.begin() + static_cast<ptrdiff_t>(end));
      }
    }
  }
  while (chosen.size() < limit) {
    uint64_t fewest = ids_of(runs, chosen);
    const Chain* best = nullptr;
    for (const Chain& candidate : candidates) {
      std::set<Chain> with = chosen;
      with.insert(candidate);
      const uint64_t ids = ids_of(runs, with);
      if (ids > fewest) continue;
      if (ids < fewest || (best != nullptr && candidate.size() < best->size())) {
        best = &candidate;
        fewest = ids;
      }
    }
    if (best == nullptr) break;
    chosen.insert(*best);
  }
  return chosen;
}

TEST(ChooseChains, TakesWhatSavesMost) {
  const std::vector<SuffixRun> runs = {{{1, 2, 3}, 120}, {{2, 3}, 300}, {{1}, 900}};
  EXPECT_EQ(choose_chains(runs, {.limit = 1}), (std::vector<Chain>{{2, 3}}));
  EXPECT_EQ(choose_chains(runs, {.limit = 5}), (std::vector<Chain>{{2, 3}, {1, 2, 3}}));
  EXPECT_TRUE(choose_chains(runs, {.limit = 0}).empty());
  EXPECT_TRUE(choose_chains({}, {.limit = 5}).empty());
  EXPECT_EQ(choose_chains(runs, {.limit = 5, .min_saving = 200}), (std::vector<Chain>{{2, 3}}));
}

TEST(ChooseChains, EqualsTheSlowChoiceBelowTheLimit) {
  test::Random random(43);
  for (int round = 0; round < 60; ++round) {
    std::vector<SuffixRun> runs;
    const size_t count = 1 + test::below(random, 12);
    for (size_t i = 0; i < count; ++i) {
      SuffixRun run;
      const size_t length = test::below(random, 7);
      for (size_t j = 0; j < length; ++j) {
        run.suffixes.push_back(static_cast<SuffixId>(test::below(random, 3)));
      }
      run.weight = 1 + test::below(random, 20);
      runs.push_back(std::move(run));
    }
    const size_t limit = 1 + test::below(random, 6);
    const auto chosen = choose_chains(runs, {.limit = limit, .max_length = 4});
    const std::set<Chain> slow = slow_choice(runs, limit, 4);
    EXPECT_LE(chosen.size(), limit);
    // The last step gives places of useless chains to others: never worse.
    EXPECT_LE(ids_of(runs, {chosen.begin(), chosen.end()}), ids_of(runs, slow));
    if (slow.size() < limit) {
      EXPECT_EQ(std::set<Chain>(chosen.begin(), chosen.end()), slow) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace tokrail
