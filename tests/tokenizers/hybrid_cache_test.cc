// The cache that threads share gives back what was put, also while others write.
#include "tokenizers/engine/hybrid_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/property.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

TEST(HybridCache, KeepsWhatWasPut) {
  HybridCache cache(4);
  Random random(1);
  for (int round = 0; round < 20000; ++round) {
    const std::string text = "word" + std::to_string(below(random, 40));
    const auto entry = static_cast<uint8_t>(below(random, 4));
    const HybridCache::Key key(text, entry);
    const auto id = static_cast<TokenId>(std::hash<std::string>{}(text) % 100000 + entry);
    HybridCache::Value value;
    if (cache.find(key, value)) {
      ASSERT_EQ(value.count, 3u);
      ASSERT_EQ(value.ids[0], id);
      ASSERT_EQ(value.ids[2], id + 2);
      ASSERT_EQ(value.ends[2], text.size());
      ASSERT_EQ(value.exit, entry);
    }
    HybridCache::Value put;
    put.count = 3;
    put.exit = entry;
    for (uint32_t i = 0; i < 3; ++i) put.ids[i] = id + i;
    put.ends[2] = static_cast<uint8_t>(text.size());
    cache.insert(key, put);
  }
}

TEST(HybridCache, IsReadWhileItIsWritten) {
  HybridCache cache(3);
  std::vector<std::thread> threads;
  std::atomic<uint64_t> wrong{0}, hits{0};
  for (uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      Random random(seed);
      for (int round = 0; round < 50000; ++round) {
        const size_t number = below(random, 30);
        const std::string text = "a word " + std::to_string(number) + std::string(number, 'x');
        const HybridCache::Key key(text, 1);
        HybridCache::Value value;
        if (cache.find(key, value)) {
          bool right = value.count == 16 && value.exit == 2;
          for (uint32_t i = 0; i < 16; ++i) right &= value.ids[i] == number * 1000 + i;
          wrong += right ? 0 : 1;
          ++hits;
        } else {
          value.count = 16;
          value.exit = 2;
          for (uint32_t i = 0; i < 16; ++i) value.ids[i] = static_cast<TokenId>(number * 1000 + i);
          cache.insert(key, value);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(hits, 1000u);
}

}  // namespace
}  // namespace tokrail
