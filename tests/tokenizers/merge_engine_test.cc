#include "tokenizers/models/merge_engine.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "tests/support/property.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;
using PairMap = std::map<std::pair<uint32_t, uint32_t>, PairMerge>;

// The same rules with and without leave to merge in blocks.
template <bool kWhole>
struct MapRules {
  static constexpr bool kSeesWholePiece = kWhole;
  const PairMap& pairs;
  PairMerge find(uint32_t left, uint32_t right, uint32_t, uint32_t) const {
    const auto found = pairs.find({left, right});
    return found == pairs.end() ? PairMerge{} : found->second;
  }
};

SymbolList symbols_of(const std::vector<uint32_t>& ids) {
  SymbolList symbols;
  for (uint32_t i = 0; i < ids.size(); ++i) symbols.push(ids[i], i);
  symbols.set_end(static_cast<uint32_t>(ids.size()));
  return symbols;
}

template <bool kWhole>
std::vector<std::pair<uint32_t, uint32_t>> merged(const PairMap& pairs,
                                                  const std::vector<uint32_t>& ids) {
  SymbolList symbols = symbols_of(ids);
  MapRules<kWhole> rules{pairs};
  merge_symbols(symbols, rules);
  std::vector<std::pair<uint32_t, uint32_t>> result;
  for (size_t i = 0; i < symbols.size(); ++i) result.emplace_back(symbols.id(i), symbols.end(i));
  return result;
}

// The definition, quadratic.
std::vector<std::pair<uint32_t, uint32_t>> merged_slowly(const PairMap& pairs,
                                                         const std::vector<uint32_t>& ids) {
  std::vector<std::pair<uint32_t, uint32_t>> symbols;
  for (uint32_t i = 0; i < ids.size(); ++i) symbols.emplace_back(ids[i], i + 1);
  while (true) {
    size_t best = symbols.size();
    PairMerge best_merge;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = pairs.find({symbols[i].first, symbols[i + 1].first});
      if (found == pairs.end() || found->second.rank >= best_merge.rank) continue;
      best = i;
      best_merge = found->second;
    }
    if (best == symbols.size()) return symbols;
    symbols[best] = {best_merge.result, symbols[best + 1].second};
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

// Any table: merges may be stronger than those that made their parts, and ranks may be shared.
PairMap random_rules(Random& random, uint32_t letters) {
  PairMap pairs;
  const uint32_t symbols = letters + static_cast<uint32_t>(below(random, 40));
  const uint32_t ranks = 1 + static_cast<uint32_t>(below(random, 60));
  for (size_t n = 2 + below(random, 80); n > 0; --n) {
    const auto any = [&](uint32_t bound) { return static_cast<uint32_t>(below(random, bound)); };
    pairs[{any(symbols), any(symbols)}] = {any(ranks), any(symbols)};
  }
  return pairs;
}

std::vector<uint32_t> random_ids(Random& random, uint32_t letters, size_t length) {
  std::vector<uint32_t> ids;
  while (ids.size() < length) {
    const auto letter = static_cast<uint32_t>(below(random, letters));
    const size_t run = below(random, 6) == 0 ? 1 + below(random, 40) : 1;
    ids.insert(ids.end(), run, letter);
  }
  return ids;
}

TEST(MergeEngine, EveryWayMergesAsDefined) {
  Random random(test::property_seed());
  for (int round = 0; round < 3000; ++round) {
    const auto letters = static_cast<uint32_t>(1 + below(random, 6));
    const PairMap pairs = random_rules(random, letters);
    const size_t length = round % 30 == 0 ? 700 + below(random, 1200) : 2 + below(random, 150);
    const std::vector<uint32_t> ids = random_ids(random, letters, length);
    ASSERT_EQ(merged<false>(pairs, ids), merged_slowly(pairs, ids))
        << "seed " << test::property_seed() << " round " << round;
  }
}

TEST(MergeEngine, BlocksMergeLikeTheWhole) {
  Random random(test::property_seed());
  for (int round = 0; round < 1500; ++round) {
    const auto letters = static_cast<uint32_t>(1 + below(random, 6));
    const PairMap pairs = random_rules(random, letters);
    const std::vector<uint32_t> ids = random_ids(random, letters, 1000 + below(random, 6000));
    ASSERT_EQ(merged<false>(pairs, ids), merged<true>(pairs, ids))
        << "seed " << test::property_seed() << " round " << round;
  }
}

// Symbol i merges with i + 1 only, and the further right the stronger: whether the first two merge
// depends on whether the last two do, however far away they are.
TEST(MergeEngine, FollowsDependenceOverAnyDistance) {
  for (const uint32_t length : {600u, 1025u, 3000u, 3001u, 20001u}) {
    PairMap pairs;
    std::vector<uint32_t> ids;
    for (uint32_t i = 0; i < length; ++i) {
      ids.push_back(i);
      pairs[{i, i + 1}] = {length - i, 1'000'000 + i};
    }
    EXPECT_EQ(merged<false>(pairs, ids), merged<true>(pairs, ids)) << length;
  }
}

}  // namespace
}  // namespace tokrail
