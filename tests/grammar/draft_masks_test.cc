// Masks along draft trees and paths, against fresh matchers for every node.
#include "grammar/draft_masks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/constraints/grammar_constraint.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/random_grammars.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

class DraftMasks : public testing::Test {
 protected:
  std::shared_ptr<const CompiledGrammar> random_grammar() {
    for (;;) {
      try {
        return CompiledGrammar::compile(test::RandomGrammar(random_).make(), tables_);
      } catch (const Error&) {
      }
    }
  }

  size_t size() const { return tables_->vocabulary()->size(); }
  TokenId any_id() { return static_cast<TokenId>(test::below(random_, size() + 1)); }
  /// One that is allowed, mostly.
  TokenId likely_id(const Matcher& matcher) {
    std::vector<uint32_t> mask(mask_words(size()));
    if (matcher.fill_mask(mask) != MaskStatus::kOk || test::below(random_, 5) == 0) return any_id();
    size_t id = mask_find_next(mask, test::below(random_, size()));
    if (id == kMaskEnd) id = mask_find_next(mask, 0);
    return static_cast<TokenId>(id);
  }

  /// The mask behind the ids, by a matcher of its own.
  MaskStatus fresh(const Matcher& start, const std::vector<TokenId>& path,
                   std::span<uint32_t> mask) {
    std::ranges::fill(mask, 0u);
    Matcher matcher = start;
    for (const TokenId id : path) {
      if (!matcher.accept(id)) return MaskStatus::kRefused;
    }
    return matcher.fill_mask(mask);
  }

  test::Random random_{test::property_seed()};
  std::shared_ptr<MaskTables> tables_ =
      std::make_shared<MaskTables>(test::vocabulary_of(test::all_strings("ab,", 3)));
};

TEST_F(DraftMasks, TreesAreFreshMatchers) {
  size_t counts[6] = {};
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const auto grammar = random_grammar();
    Matcher start(grammar);
    for (size_t i = test::below(random_, 3); i > 0; --i) start.accept(likely_id(start));
    const size_t count = test::below(random_, 20);
    std::vector<uint32_t> parents(count);
    std::vector<TokenId> ids(count);
    std::vector<std::vector<TokenId>> paths(count);
    for (size_t i = 0; i < count; ++i) {
      const size_t parent = test::below(random_, i + 1);
      parents[i] = parent == i ? kDraftRoot : static_cast<uint32_t>(parent);
      if (parent != i) paths[i] = paths[parent];
      Matcher at = start;
      for (const TokenId id : paths[i]) at.accept(id);
      ids[i] = likely_id(at);
      paths[i].push_back(ids[i]);
    }
    const size_t words = mask_words(size()) + 2;
    std::vector<uint32_t> masks(count * words, 0xFFFFFFFF), expected(words);
    const auto status = fill_tree_masks(start, parents, ids, masks, words);
    std::vector<uint32_t> again(count * words, 0xFFFFFFFF);
    EXPECT_EQ(fill_tree_masks(GrammarConstraint(start), parents, ids, again, words), status);
    EXPECT_EQ(again, masks);
    ASSERT_EQ(status.size(), count);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(status[i], fresh(start, paths[i], expected)) << i;
      ASSERT_TRUE(mask_equal(std::span(masks).subspan(i * words, words), expected)) << i;
      ++counts[static_cast<size_t>(status[i])];
    }
  }
  EXPECT_GT(counts[static_cast<size_t>(MaskStatus::kOk)], 100u);
  EXPECT_GT(counts[static_cast<size_t>(MaskStatus::kRefused)], 50u);
  EXPECT_GT(counts[static_cast<size_t>(MaskStatus::kDead)], 10u);
}

TEST_F(DraftMasks, PathsEndWhereTheyAreRefused) {
  size_t refused = 0, whole = 0;
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const auto grammar = random_grammar();
    const Matcher start(grammar);
    Matcher at = start;
    std::vector<TokenId> ids(test::below(random_, 8));
    for (TokenId& id : ids) {
      id = likely_id(at);
      at.accept(id);
    }
    const size_t words = mask_words(size());
    std::vector<uint32_t> masks((ids.size() + 1) * words, 0xFFFFFFFF), expected(words);
    const PathMasks result = fill_path_masks(start, ids, masks, words);
    std::vector<uint32_t> again(masks.size(), 0xFFFFFFFF);
    const PathMasks other = fill_path_masks(GrammarConstraint(start), ids, again, words);
    EXPECT_EQ(again, masks);
    EXPECT_EQ(other.status, result.status);
    EXPECT_EQ(other.accepted, start.validate(ids));
    ASSERT_EQ(result.accepted, start.validate(ids));
    ASSERT_EQ(result.status.size(), result.accepted + 1);
    for (size_t row = 0; row <= ids.size(); ++row) {
      const auto mask = std::span(masks).subspan(row * words, words);
      if (row > result.accepted) {
        ASSERT_TRUE(std::ranges::all_of(mask, [](uint32_t word) { return word == 0xFFFFFFFF; }));
        continue;
      }
      const std::vector<TokenId> path(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(row));
      ASSERT_EQ(result.status[row], fresh(start, path, expected));
      ASSERT_TRUE(mask_equal(mask, expected));
    }
    refused += result.accepted < ids.size();
    whole += result.accepted == ids.size() && !ids.empty();
  }
  EXPECT_GT(refused, 10u);
  EXPECT_GT(whole, 10u);
}

TEST_F(DraftMasks, LongChains) {
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.repeat(grammar.literal("ab"), 0, Grammar::kUnbounded));
  grammar.set_start(root);
  const Matcher start(CompiledGrammar::compile(grammar, tables_));
  const TokenId ab = tables_->vocabulary()->ids("ab")[0];
  const size_t count = 20000, words = mask_words(size());
  std::vector<uint32_t> parents(count);
  for (size_t i = 0; i < count; ++i)
    parents[i] = i == 0 ? kDraftRoot : static_cast<uint32_t>(i - 1);
  std::vector<uint32_t> masks(count * words);
  for (const MaskStatus status :
       fill_tree_masks(start, parents, std::vector<TokenId>(count, ab), masks, words)) {
    ASSERT_EQ(status, MaskStatus::kOk);
  }
}

TEST_F(DraftMasks, BadArguments) {
  const Matcher start(random_grammar());
  const size_t words = mask_words(size());
  std::vector<uint32_t> masks(2 * words);
  const std::vector<TokenId> two = {0, 1};
  EXPECT_THROW(fill_tree_masks(start, std::vector<uint32_t>{kDraftRoot}, two, masks, words), Error);
  EXPECT_THROW(fill_tree_masks(start, std::vector<uint32_t>{kDraftRoot, 1}, two, masks, words),
               Error);
  EXPECT_THROW(fill_tree_masks(start, std::vector<uint32_t>{1, kDraftRoot}, two, masks, words),
               Error);
  const std::vector<uint32_t> chain = {kDraftRoot, 0};
  EXPECT_THROW(fill_tree_masks(start, chain, two, masks, words - 1), Error);
  EXPECT_THROW(fill_tree_masks(start, chain, two, masks, 0), Error);
  EXPECT_THROW(fill_tree_masks(start, chain, two, masks, words, 32 * words + 1), Error);
  EXPECT_THROW(fill_tree_masks(start, chain, two, std::span(masks).first(words), words), Error);
  EXPECT_THROW(fill_path_masks(start, two, masks, words), Error);
  EXPECT_EQ(fill_tree_masks(start, chain, two, masks, words).size(), 2u);
}

TEST_F(DraftMasks, CanBeCancelled) {
  const Matcher start(random_grammar());
  const std::atomic<bool> cancel = true;
  std::vector<uint32_t> masks(mask_words(size()), 0xFFFFFFFF);
  const PathMasks result = fill_path_masks(start, {}, masks, masks.size(), 0, &cancel);
  EXPECT_EQ(result.status.size(), 1u);
  EXPECT_TRUE(result.status[0] == MaskStatus::kOk || !mask_any(masks));
}

}  // namespace
}  // namespace tokrail
