// The cache of grammars: one compilation for all who ask, least recently used ones go, and nothing
// of it depends on who is faster.
#include "grammar/grammar_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/parallel.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/matcher.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

std::shared_ptr<MaskTables> byte_tables() {
  return std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
}

bool accepts(const std::shared_ptr<const CompiledGrammar>& grammar, std::string_view text) {
  Matcher matcher(grammar);
  return matcher.accept_bytes(text) && matcher.is_complete();
}

ErrorCode code_of(const GrammarCache::Ticket& ticket) {
  try {
    (void)ticket.get();
  } catch (const Error& error) {
    return error.code();
  }
  return static_cast<ErrorCode>(0);
}

/// A reader that waits at a gate, so that tests say who is waiting when.
struct Gate {
  std::atomic<int> read = 0;
  std::atomic<bool> open = true;
  std::atomic<int> cancelled_reads = 0;

  GrammarCache::Reader reader() {
    return [this](const GrammarCache::Key& key, const std::atomic<bool>& cancelled) {
      ++read;
      while (!open) {
        if (cancelled) {
          ++cancelled_reads;
          throw Error(ErrorCode::kCancelled, "stopped");
        }
        std::this_thread::yield();
      }
      return read_gbnf(key.text);
    };
  }
};

GrammarCache::Key gbnf(const std::string& text) {
  return {"gbnf", "", text};
}

TEST(GrammarCache, OneCompilationOfTheSameKey) {
  Gate gate;
  GrammarCache cache(byte_tables(), gate.reader());
  const auto first = cache.get(gbnf("root ::= \"yes\""));
  EXPECT_TRUE(accepts(first, "yes"));
  EXPECT_EQ(cache.get(gbnf("root ::= \"yes\"")), first);
  EXPECT_NE(cache.get(gbnf("root ::= \"no\"")), first);
  EXPECT_NE(cache.get({"gbnf", "other options", "root ::= \"yes\""}), first);
  EXPECT_NE(cache.get({"gbnf2", "", "root ::= \"yes\""}), first);
  EXPECT_EQ(gate.read, 4);
  const auto statistics = cache.statistics();
  EXPECT_EQ(statistics.hits, 1u);
  EXPECT_EQ(statistics.misses, 4u);
  EXPECT_EQ(statistics.grammars, 4u);
  EXPECT_EQ(statistics.compiling, 0u);
  EXPECT_GT(statistics.bytes, 4 * first->memory() / 2);
  cache.clear();
  EXPECT_EQ(cache.statistics().bytes, 0u);
  EXPECT_TRUE(accepts(first, "yes"));
  EXPECT_NE(cache.get(gbnf("root ::= \"yes\"")), first);
}

TEST(GrammarCache, WhoAsksMeanwhileWaitsForTheSame) {
  Gate gate;
  gate.open = false;
  GrammarCache cache(byte_tables(), gate.reader());
  std::vector<GrammarCache::Ticket> tickets;
  for (int i = 0; i < 5; ++i) tickets.push_back(cache.request(gbnf("root ::= \"a\"")));
  for (const auto& ticket : tickets) EXPECT_FALSE(ticket.ready());
  EXPECT_FALSE(tickets[0].wait_for(0.001));
  EXPECT_EQ(cache.statistics().shared, 4u);
  EXPECT_EQ(cache.statistics().compiling, 1u);
  gate.open = true;
  const auto grammar = tickets[0].get();
  for (const auto& ticket : tickets) EXPECT_EQ(ticket.get(), grammar);
  EXPECT_TRUE(tickets[4].wait_for(0));
  EXPECT_EQ(gate.read, 1);
}

TEST(GrammarCache, OneWhoLeavesDoesNotCancelTheOthers) {
  Gate gate;
  gate.open = false;
  GrammarCache cache(byte_tables(), gate.reader());
  auto stays = cache.request(gbnf("root ::= \"a\""));
  {
    auto leaves = cache.request(gbnf("root ::= \"a\""));
    auto cancels = cache.request(gbnf("root ::= \"a\""));
    cancels.cancel();
    EXPECT_TRUE(cancels.ready());
    EXPECT_EQ(code_of(cancels), ErrorCode::kCancelled);
  }
  gate.open = true;
  EXPECT_TRUE(accepts(stays.get(), "a"));
  EXPECT_EQ(cache.statistics().cancelled, 0u);
}

TEST(GrammarCache, TheLastOneWhoLeavesCancels) {
  Gate gate;
  gate.open = false;
  GrammarCache cache(byte_tables(), gate.reader());
  auto one = cache.request(gbnf("root ::= \"a\""));
  auto two = cache.request(gbnf("root ::= \"a\""));
  while (gate.read == 0) std::this_thread::yield();
  one.cancel();
  two = GrammarCache::Ticket();
  while (cache.statistics().compiling > 0) std::this_thread::yield();
  EXPECT_EQ(gate.cancelled_reads, 1);
  EXPECT_EQ(cache.statistics().cancelled, 1u);
  EXPECT_EQ(cache.statistics().failures, 0u);
  EXPECT_EQ(cache.statistics().grammars, 0u);
  // The next request begins anew.
  gate.open = true;
  EXPECT_TRUE(accepts(cache.get(gbnf("root ::= \"a\"")), "a"));
  EXPECT_EQ(gate.read, 2);
}

TEST(GrammarCache, ErrorsGoToAllAndAreNotKept) {
  Gate gate;
  gate.open = false;
  GrammarCache cache(byte_tables(), gate.reader());
  auto one = cache.request(gbnf("root ::= oops"));
  auto two = cache.request(gbnf("root ::= oops"));
  gate.open = true;
  EXPECT_EQ(code_of(one), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(two), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(two), ErrorCode::kInvalidArgument);
  EXPECT_EQ(gate.read, 1);
  EXPECT_THROW(cache.get(gbnf("root ::= oops")), Error);
  EXPECT_EQ(gate.read, 2);
  EXPECT_EQ(cache.statistics().failures, 2u);
  EXPECT_EQ(cache.statistics().grammars, 0u);
  // Errors of compiling, too.
  EXPECT_THROW(cache.get(gbnf("root ::= \"a\" root")), Error);
}

TEST(GrammarCache, TheLeastRecentlyUsedGo) {
  Gate gate;
  const auto text = [](int i) { return "root ::= \"" + std::to_string(i) + "\" [a-z]{1,9}"; };
  GrammarCache::Options options;
  {
    GrammarCache probe(byte_tables(), gate.reader());
    (void)probe.get(gbnf(text(1)));
    options.byte_limit = probe.statistics().bytes * 7 / 2;
  }
  gate.read = 0;
  GrammarCache cache(byte_tables(), gate.reader(), options);
  for (int i = 1; i <= 3; ++i) (void)cache.get(gbnf(text(i)));
  EXPECT_EQ(cache.statistics().grammars, 3u);
  (void)cache.get(gbnf(text(1)));
  const auto fourth = cache.get(gbnf(text(4)));  // 2 goes
  EXPECT_EQ(cache.statistics().evictions, 1u);
  EXPECT_LE(cache.statistics().bytes, options.byte_limit);
  gate.read = 0;
  (void)cache.get(gbnf(text(1)));
  (void)cache.get(gbnf(text(3)));
  EXPECT_EQ(gate.read, 0);
  (void)cache.get(gbnf(text(2)));
  EXPECT_EQ(gate.read, 1);
  EXPECT_TRUE(accepts(fourth, "4ab"));

  options.byte_limit = 1;  // nothing fits, and everything still works
  GrammarCache tiny(byte_tables(), gate.reader(), options);
  EXPECT_TRUE(accepts(tiny.get(gbnf(text(1))), "1a"));
  EXPECT_EQ(tiny.statistics().grammars, 0u);
  EXPECT_EQ(tiny.statistics().bytes, 0u);
}

TEST(GrammarCache, GrammarsGrowWithUse) {
  Gate gate;
  GrammarCache cache(byte_tables(), gate.reader());
  const auto grammar = cache.get(gbnf("root ::= ([a-z] [0-9]? root?)*"));
  const size_t before = cache.statistics().bytes;
  EXPECT_TRUE(accepts(grammar, "abc1d2"));
  (void)cache.get(gbnf("root ::= ([a-z] [0-9]? root?)*"));
  EXPECT_GT(cache.statistics().bytes, before);
}

TEST(GrammarCache, TicketsOutliveTheCache) {
  Gate gate;
  gate.open = false;
  GrammarCache::Ticket waiting, done;
  {
    GrammarCache cache(byte_tables(), gate.reader());
    waiting = cache.request(gbnf("root ::= \"a\""));
    gate.open = true;
    done = cache.request(gbnf("root ::= \"b\""));
    (void)done.get();
    gate.open = false;
    waiting = cache.request(gbnf("root ::= \"c\""));
  }
  EXPECT_TRUE(accepts(done.get(), "b"));
  EXPECT_EQ(code_of(waiting), ErrorCode::kCancelled);
}

TEST(GrammarCache, ManyWhoWaitInsideOfTasks) {
  Gate gate;
  GrammarCache cache(byte_tables(), gate.reader());
  std::atomic<int> right = 0;
  parallel_for(0, 64, 1, [&](size_t begin, size_t) {
    const std::string text = std::to_string(begin % 8);
    right += accepts(cache.get(gbnf("root ::= \"" + text + "\"")), text);
  });
  EXPECT_EQ(right, 64);
  EXPECT_EQ(gate.read, 8);
}

TEST(GrammarCache, ManyThreadsAtOnce) {
  GrammarCache::Options options;
  options.byte_limit = 40000;
  options.threads = 2;
  const auto cache = std::make_unique<GrammarCache>(
      byte_tables(),
      [](const GrammarCache::Key& key, const std::atomic<bool>&) { return read_gbnf(key.text); },
      options);
  std::atomic<size_t> right = 0, failed = 0, left = 0;
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&, thread] {
      test::Random random(test::property_seed() + thread);
      for (int i = 0; i < 150; ++i) {
        const std::string text = std::to_string(test::below(random, 12));
        const bool bad = text == "7";
        auto ticket = cache->request(gbnf("root ::= \"" + text + (bad ? "" : "\" [a-c]*")));
        switch (test::below(random, 6)) {
          case 0:
            ticket.cancel();
            ++left;
            continue;
          case 1: cache->clear(); break;
          case 2: (void)cache->statistics(); break;
          case 3: (void)ticket.wait_for(0.0001); break;
          default: break;
        }
        try {
          right += accepts(ticket.get(), text + "ab");
        } catch (const Error&) {
          ++failed;
          EXPECT_TRUE(bad);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right + failed + left, 900u);
  EXPECT_GT(right, 500u);
  const auto statistics = cache->statistics();
  EXPECT_EQ(statistics.hits + statistics.shared + statistics.misses, 900u);
  EXPECT_LE(statistics.bytes, options.byte_limit);
}

TEST(GrammarCache, BadArguments) {
  Gate gate;
  EXPECT_THROW(GrammarCache(nullptr, gate.reader()), Error);
  EXPECT_THROW(GrammarCache(byte_tables(), nullptr), Error);
  GrammarCache::Options options;
  options.threads = -1;
  EXPECT_THROW(GrammarCache(byte_tables(), gate.reader(), options), Error);
  EXPECT_TRUE(GrammarCache::Ticket().ready());
  EXPECT_EQ(code_of(GrammarCache::Ticket()), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace tokrail
