// Catalogues and lists of their entries as constraints, against the texts themselves.
#include "grammar/constraints/catalogue_constraint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "bindings/cli/made_up_names.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/text_oracle.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/decode_specs.h"
#include "tokenizers/canonical_encoder.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

std::shared_ptr<const Catalogue> catalogue_of(const std::vector<std::string>& strings) {
  const std::vector<std::string_view> views(strings.begin(), strings.end());
  return std::make_shared<const Catalogue>(Catalogue::build(views));
}

std::shared_ptr<const Vocabulary> small_vocabulary() {
  static const auto vocabulary = [] {
    std::vector<std::string> tokens = test::all_strings("ab,", 3);
    tokens.push_back("a");  // twice
    tokens.push_back("");   // a hole
    return test::vocabulary_of(tokens);
  }();
  return vocabulary;
}

std::vector<std::string> random_strings(test::Random& random, size_t count, size_t longest,
                                        std::string_view letters) {
  std::vector<std::string> strings(count);
  for (std::string& string : strings) {
    string.resize(test::below(random, longest + 1));
    for (char& c : string) c = letters[test::below(random, letters.size())];
  }
  return strings;
}

/// All lists of distinct entries.
std::vector<std::string> all_lists(std::vector<std::string> entries, const CatalogueList& list) {
  std::ranges::sort(entries);
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  std::vector<std::string> texts;
  if (list.at_least == 0) texts.push_back("");
  std::vector<bool> used(entries.size());
  const std::function<void(const std::string&, size_t)> extend = [&](const std::string& text,
                                                                     size_t count) {
    if (count >= std::max<size_t>(list.at_least, 1)) texts.push_back(text);
    if (count == list.at_most) return;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (used[i]) continue;
      used[i] = true;
      extend(count == 0 ? entries[i] : text + list.separator + entries[i], count + 1);
      used[i] = false;
    }
  };
  extend("", 0);
  return texts;
}

TEST(CatalogueConstraint, WalksAreTheStrings) {
  test::Random random(test::property_seed());
  size_t taken = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    const auto strings = random_strings(random, 1 + test::below(random, 30), 9, "ab,x");
    const auto oracle = test::TextOracle::of(strings);
    taken += test::expect_walk(
        std::make_unique<CatalogueConstraint>(small_vocabulary(), catalogue_of(strings)),
        *small_vocabulary(), 0, oracle, random, 40);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(taken, 300u);
}

TEST(CatalogueConstraint, ListsAreDistinct) {
  test::Random random(test::property_seed());
  size_t taken = 0;
  for (int round = 0; round < 120; ++round) {
    SCOPED_TRACE(round);
    CatalogueList list;
    list.separator = std::vector<std::string>{",", "a", ",,", "ab", ",a,"}[test::below(random, 5)];
    // Entries that hold the separator or parts of it: lists with several readings.
    const auto strings = random_strings(random, 1 + test::below(random, 5), 3, "ab,");
    const auto catalogue = catalogue_of(strings);
    list.at_most = 1 + test::below(random, 5);
    list.at_least = test::below(random, std::min(list.at_most, catalogue->size()) + 1);
    const auto oracle = test::TextOracle::of(all_lists(strings, list));
    taken += test::expect_walk(
        std::make_unique<CatalogueConstraint>(small_vocabulary(), catalogue, list),
        *small_vocabulary(), 0, oracle, random, 40);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(taken, 600u);
}

/// Texts that the vocabulary can spell from each of its contexts.
TEST(CatalogueConstraint, EveryDecodeContext) {
  test::Random random(test::property_seed());
  size_t taken = 0, contexts = 0;
  for (const test::NamedSpec& named : test::decode_specs()) {
    TokenizerSpec spec = named.spec;
    if (!spec.added_tokens.empty()) spec.roles.eos = {spec.added_tokens.back().id};
    const auto vocabulary = Vocabulary::build(spec);
    for (DecodeContext context = 0; context < vocabulary->context_count(); ++context, ++contexts) {
      SCOPED_TRACE(named.name + ", context " + std::to_string(context));
      std::vector<std::string> strings;
      for (int i = 0; i < 30; ++i) {
        std::string text;
        DecodeContext now = context;
        for (const TokenId id : test::random_ids(random, spec, 5)) {
          if (!vocabulary->is_text(id)) continue;
          vocabulary->bytes(now, id).append_to(text);
          now = vocabulary->next_context(now, id);
        }
        strings.push_back(text + std::string(vocabulary->final_bytes(now)));
      }
      taken += test::expect_walk(
          std::make_unique<CatalogueConstraint>(vocabulary, catalogue_of(strings),
                                                TextConstraintOptions{.context = context}),
          *vocabulary, context, test::TextOracle::of(strings), random, 40);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(contexts, 30u);
  EXPECT_GT(taken, 300u);
}

TEST(CatalogueConstraint, ShippedTokenizers) {
  test::Random random(test::property_seed());
  for (const char* file : {"english-code-8k.json", "multilingual-32k.json"}) {
    const auto tokenizer =
        Tokenizer::load(test::source_path(std::string("data/tokenizers/") + file).string());
    const auto vocabulary = tokenizer.shared_vocabulary();
    for (auto names : {cli::street_names(3000, 1), cli::product_names(3000, 1)}) {
      names.push_back("Größe 5 – 日本語");
      const auto oracle = test::TextOracle::of(names);
      const auto catalogue = catalogue_of(names);
      EXPECT_GT(test::expect_walk(std::make_unique<CatalogueConstraint>(vocabulary, catalogue),
                                  *vocabulary, vocabulary->inside_context(), oracle, random, 30),
                5u);
      if (HasFatalFailure()) return;
    }
    std::vector<std::string> few = cli::product_names(8, 2);
    few.push_back(few[0] + " spare part");
    CatalogueList list;
    list.at_most = 3;
    EXPECT_GT(
        test::expect_walk(
            std::make_unique<CatalogueConstraint>(vocabulary, catalogue_of(few), list), *vocabulary,
            vocabulary->inside_context(), test::TextOracle::of(all_lists(few, list)), random, 40),
        10u);
    if (HasFatalFailure()) return;
  }
}

/// A list of everything there is: at the end only one entry is left.
TEST(CatalogueConstraint, AllEntriesOnce) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const auto names = cli::street_names(300, 5);
  const auto catalogue = catalogue_of(names);
  CatalogueList list;
  list.separator = "\n";
  list.at_least = catalogue->size();
  CatalogueConstraint constraint(tokenizer.shared_vocabulary(), catalogue, list);
  test::Random random(test::property_seed());
  std::string text;
  while (!constraint.is_finished()) {
    const TokenId id = test::random_member(random, test::mask_of(constraint));
    ASSERT_TRUE(constraint.accept(id));
    text += tokenizer.vocabulary().bytes(id);
  }
  std::vector<std::string> found, wanted;
  for (size_t i = 0; i < catalogue->size(); ++i) wanted.push_back(catalogue->string(i));
  for (size_t at = 0; at <= text.size(); at = text.find('\n', at) + 1) {
    found.push_back(text.substr(at, text.find('\n', at) - at));
    if (text.find('\n', at) == std::string::npos) break;
  }
  std::ranges::sort(found);
  EXPECT_EQ(found, wanted);
}

TEST(CatalogueConstraint, ForcedIds) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const auto catalogue = catalogue_of({"the answer is: yes", "the answer is: no"});
  std::vector<TokenId> ids(100);
  CatalogueConstraint without(tokenizer.shared_vocabulary(), catalogue);
  EXPECT_EQ(without.forced(ids), 0u);
  CatalogueConstraint constraint(
      tokenizer.shared_vocabulary(), catalogue,
      TextConstraintOptions{.encoder = std::make_shared<CanonicalEncoder>(tokenizer)});
  const size_t count = constraint.forced(ids);
  ASSERT_GT(count, 1u);
  EXPECT_EQ(constraint.forced(std::span(ids).first(1)), 1u);
  ids.resize(count);
  EXPECT_EQ(constraint.validate(ids), count);
  const auto all = tokenizer.encode("the answer is: yes");
  EXPECT_TRUE(std::ranges::equal(ids, std::span(all).first(count)));
}

TEST(CatalogueConstraint, MasksCanBeCancelledNarrowAndForgotten) {
  const auto catalogue = catalogue_of({"a", "ab", "b,"});
  for (const size_t bytes : {size_t{0}, size_t{200}, size_t{1} << 20}) {
    CatalogueConstraint constraint(small_vocabulary(), catalogue,
                                   TextConstraintOptions{.mask_bytes = bytes});
    const std::atomic<bool> cancel = true;
    std::vector<uint32_t> mask(10, 0xFFFFFFFF);
    EXPECT_EQ(constraint.fill_mask(mask, 0, &cancel), MaskStatus::kCancelled);
    EXPECT_FALSE(mask_any(mask));
    EXPECT_EQ(constraint.fill_mask(mask, 320), MaskStatus::kOk);
    EXPECT_EQ(mask_count(mask), mask_count(test::mask_of(constraint)));
    std::vector<uint32_t> narrow(1);
    EXPECT_EQ(constraint.fill_mask(narrow, 1), MaskStatus::kOk);
    EXPECT_EQ(narrow[0], 1u);
    for (TokenId id = 0; id < 3; ++id) {
      const auto fork = constraint.fork();
      if (!fork->accept(id)) continue;
      EXPECT_EQ(test::mask_of(*fork), test::mask_of(*fork));
    }
  }
}

/// Bounds in tokens against a search over all ways to spell the rest.
TEST(CatalogueConstraint, ShortestCompletion) {
  test::Random random(test::property_seed());
  std::vector<std::string> tokens = test::all_bytes();
  for (const char* token : {"ab", "abc", "cab", "bca,", "aaaa"}) tokens.push_back(token);
  const auto vocabulary = test::vocabulary_of(tokens);
  for (int round = 0; round < 40; ++round) {
    const auto strings = random_strings(random, 1 + test::below(random, 20), 12, "abc");
    CatalogueConstraint constraint(vocabulary, catalogue_of(strings));
    const std::function<size_t(const Constraint&, size_t)> slow = [&](const Constraint& from,
                                                                      size_t most) -> size_t {
      if (from.is_complete() || most == 0) return from.is_complete() ? 0 : 1;
      const auto mask = test::mask_of(from);
      size_t best = most + 1;
      for (size_t id = mask_find_next(mask, 0); id != kMaskEnd; id = mask_find_next(mask, id + 1)) {
        const auto fork = from.fork();
        fork->accept(static_cast<TokenId>(id));
        best = std::min(best, 1 + slow(*fork, std::min(most, best) - 1));
      }
      return best;
    };
    const Shortest found = constraint.shortest_completion();
    const size_t right = slow(constraint, 12);
    ASSERT_EQ(found.at_least, right) << round;
    ASSERT_EQ(found.at_most, right) << round;
    ASSERT_LE(right, constraint.shortest_completion_limit());
  }
  CatalogueConstraint unspelled(small_vocabulary(), catalogue_of({"ax"}));
  EXPECT_EQ(unspelled.shortest_completion().at_least, Shortest::kUnknown);
  EXPECT_TRUE(unspelled.accept(small_vocabulary()->ids("a")[0]));
  EXPECT_TRUE(unspelled.is_stuck());
}

/// Forks on several threads share what is remembered of masks and ends.
TEST(CatalogueConstraint, ForksOnThreads) {
  const auto names = cli::product_names(2000, 6);
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  // Room for few masks, so that they are forgotten under way.
  const CatalogueConstraint first(tokenizer.shared_vocabulary(), catalogue_of(names),
                                  TextConstraintOptions{.mask_bytes = 20000});
  const auto walk = [&](uint64_t seed) {
    test::Random random(seed);
    const auto fork = first.fork();
    uint64_t sum = 0;
    for (int round = 0; round < 100; ++round, fork->reset()) {
      while (!fork->is_finished()) {
        const auto mask = test::mask_of(*fork);
        sum = sum * 31 + mask_count(mask) * 7 + fork->shortest_completion().at_least;
        fork->accept(test::random_member(random, mask));
      }
    }
    return sum;
  };
  std::vector<uint64_t> alone, together(4);
  for (uint64_t seed = 0; seed < 4; ++seed) alone.push_back(walk(seed));
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] { together[seed] = walk(seed); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, alone);
}

TEST(CatalogueConstraint, BadArguments) {
  const auto catalogue = catalogue_of({"a", "b"});
  EXPECT_THROW(CatalogueConstraint(nullptr, catalogue), Error);
  EXPECT_THROW(CatalogueConstraint(small_vocabulary(), nullptr), Error);
  EXPECT_THROW(
      CatalogueConstraint(small_vocabulary(), catalogue, TextConstraintOptions{.context = 9}),
      Error);
  for (const CatalogueList& list : {CatalogueList{"", 1, 2}, CatalogueList{",", 3},
                                    CatalogueList{",", 2, 1}, CatalogueList{",", 0, 0}}) {
    EXPECT_THROW(CatalogueConstraint(small_vocabulary(), catalogue, list), Error);
  }
}

/// Entries of one letter repeated, separated by the same letter: readings multiply.
TEST(CatalogueConstraint, TooManyReadingsFail) {
  std::vector<std::string> strings;
  for (size_t i = 1; i <= 40; ++i) strings.push_back(std::string(i, 'a'));
  CatalogueConstraint constraint(small_vocabulary(), catalogue_of(strings),
                                 CatalogueList{.separator = "a"});
  const TokenId aaa = small_vocabulary()->ids("aaa")[0];
  for (int i = 0; i < 100 && constraint.accept(aaa); ++i) {
  }
  EXPECT_NE(constraint.failure().find("1000 ways"), std::string_view::npos);
  std::vector<uint32_t> mask(mask_words(constraint.vocab_size()));
  EXPECT_EQ(constraint.fill_mask(mask), MaskStatus::kFailed);
}

}  // namespace
}  // namespace tokrail
