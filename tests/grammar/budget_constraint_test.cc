// Budgets alone and around other constraints, against a search of what can still be completed; and
// canonical ids, against encoding.
#include "grammar/constraints/budget_constraint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "bindings/cli/made_up_names.h"
#include "grammar/constraints/canonical_constraint.h"
#include "grammar/constraints/catalogue_constraint.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/constraints/product_constraint.h"
#include "grammar/constraints/span_constraint.h"
#include "grammar/constraints/stop_constraint.h"
#include "grammar/frontends/regex_notation.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/text_oracle.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/decode_specs.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

std::shared_ptr<const Vocabulary> small_vocabulary() {
  static const auto vocabulary = [] {
    std::vector<std::string> tokens = test::all_strings("ab", 3);
    for (const char* token : {"a", "", "abab"}) tokens.push_back(token);
    return test::vocabulary_of(tokens);
  }();
  return vocabulary;
}

TokenId eos() {
  return small_vocabulary()->roles().eos[0];
}

std::shared_ptr<const Catalogue> catalogue_of(const std::vector<std::string>& strings) {
  const std::vector<std::string_view> views(strings.begin(), strings.end());
  return std::make_shared<const Catalogue>(Catalogue::build(views));
}

/// Whether the constraint can be complete after at most `tokens` more.
bool can_complete(const Constraint& constraint, size_t tokens) {
  if (constraint.is_complete()) return true;
  if (tokens == 0) return false;
  const auto mask = test::mask_of(constraint);
  for (size_t id = mask_find_next(mask, 0); id != kMaskEnd; id = mask_find_next(mask, id + 1)) {
    const auto fork = constraint.fork();
    if (fork->accept(static_cast<TokenId>(id)) && can_complete(*fork, tokens - 1)) return true;
  }
  return false;
}

/// The budget by hand.
bool slow_allows(const Constraint& inside, const std::vector<TokenId>& history, TokenId id,
                 const Budget& budget) {
  if (!history.empty() && history.back() == eos()) return false;
  size_t bytes = 0;
  for (const TokenId before : history) bytes += small_vocabulary()->bytes(before).size();
  if (id == eos()) {
    return inside.allows(id) && history.size() >= budget.min_tokens && bytes >= budget.min_bytes;
  }
  if (history.size() >= budget.max_tokens ||
      bytes + small_vocabulary()->bytes(id).size() > budget.max_bytes) {
    return false;
  }
  const auto fork = inside.fork();
  return fork->accept(id) && can_complete(*fork, budget.max_tokens - history.size() - 1);
}

std::unique_ptr<Constraint> random_inside(test::Random& random) {
  switch (test::below(random, 3)) {
    case 0: {
      std::vector<std::string> strings(1 + test::below(random, 6));
      for (std::string& string : strings) {
        string.resize(test::below(random, 9));
        for (char& c : string) c = "ab"[test::below(random, 2)];
      }
      return std::make_unique<CatalogueConstraint>(small_vocabulary(), catalogue_of(strings));
    }
    case 1: {
      SpanOptions span;
      span.min_bytes = test::below(random, 6);
      return std::make_unique<SpanConstraint>(small_vocabulary(), "abbabaabb", span);
    }
    default:
      return std::make_unique<StopConstraint>(
          small_vocabulary(), StopStrings{.stops = {"bbb", "aaaba"}, .banned = {"abba"}});
  }
}

TEST(BudgetConstraint, WalksCanAlwaysBeCompleted) {
  test::Random random(test::property_seed());
  size_t taken = 0;
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(round);
    const std::unique_ptr<Constraint> inside = random_inside(random);
    Budget budget;
    budget.max_tokens = test::below(random, 5);
    budget.min_tokens = test::below(random, budget.max_tokens + 1);
    if (test::below(random, 3) == 0) budget.max_bytes = 2 + test::below(random, 8);
    budget.min_bytes = test::below(random, 3);
    std::unique_ptr<Constraint> constraint =
        std::make_unique<BudgetConstraint>(small_vocabulary(), budget, inside->fork());
    std::vector<TokenId> history;
    for (int step = 0; step < 15; ++step) {
      const auto mask = test::mask_of(*constraint);
      const auto by_hand = inside->fork();
      for (const TokenId id : history) ASSERT_TRUE(by_hand->accept(id));
      for (TokenId id = 0; id < small_vocabulary()->size(); ++id) {
        ASSERT_EQ(mask_test(mask, id), slow_allows(*by_hand, history, id, budget)) << id;
      }
      ASSERT_NO_FATAL_FAILURE(test::expect_mask_is_law(*constraint, mask, random, 1000));
      ASSERT_EQ(constraint->is_complete(), constraint->is_ended() || mask_test(mask, eos()));
      ASSERT_TRUE(!constraint->is_finished() || mask_count(mask) <= 1);
      ASSERT_TRUE(!constraint->is_stuck() || !mask_any(mask));
      if (test::below(random, 4) == 0 || !mask_any(mask)) {
        const size_t back = test::below(random, history.size() + 1);
        ASSERT_FALSE(constraint->rollback(history.size() + 1));
        ASSERT_TRUE(constraint->rollback(back));
        history.resize(history.size() - back);
        constraint = constraint->fork();
      } else {
        history.push_back(test::random_member(random, mask));
        ASSERT_TRUE(constraint->accept(history.back()));
        ++taken;
      }
    }
  }
  EXPECT_GT(taken, 300u);
}

TEST(BudgetConstraint, Alone) {
  BudgetConstraint constraint(small_vocabulary(),
                              {.min_tokens = 2, .max_tokens = 3, .min_bytes = 4, .max_bytes = 6});
  const TokenId a = small_vocabulary()->ids("a")[0], aaa = small_vocabulary()->ids("aaa")[0];
  EXPECT_FALSE(constraint.allows(eos()));
  EXPECT_EQ(mask_count(test::mask_of(constraint)), small_vocabulary()->size() - 2);
  EXPECT_TRUE(constraint.accept(aaa));
  EXPECT_TRUE(constraint.accept(a));
  EXPECT_TRUE(constraint.is_complete());
  EXPECT_FALSE(constraint.allows(aaa));
  EXPECT_TRUE(constraint.accept(a));
  EXPECT_TRUE(constraint.is_finished());
  EXPECT_EQ(mask_count(test::mask_of(constraint)), 1u);
  EXPECT_TRUE(constraint.accept(eos()));
  EXPECT_TRUE(constraint.is_ended());
  EXPECT_TRUE(constraint.rollback(4));
  EXPECT_EQ(constraint.shortest_completion().at_least, 2u);
}

/// Near the end, names of a large catalogue always end in time.
TEST(BudgetConstraint, NamesAreNotCut) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/multilingual-32k.json").string());
  const auto vocabulary = tokenizer.shared_vocabulary();
  const auto catalogue = catalogue_of(cli::product_names(20000, 4));
  const CatalogueConstraint names(vocabulary, catalogue);
  test::Random random(test::property_seed());
  size_t complete = 0;
  for (int round = 0; round < 200; ++round) {
    BudgetConstraint constraint(vocabulary, {.max_tokens = 14}, names.fork());
    while (!constraint.is_finished()) {
      const auto mask = test::mask_of(constraint);
      if (!mask_any(mask)) break;
      ASSERT_TRUE(constraint.accept(test::random_member(random, mask)));
    }
    complete += constraint.is_complete() ? 1 : 0;
  }
  EXPECT_EQ(complete, 200u);
}

/// A name that must not contain an x, say: of parts, what needs most is known.
TEST(BudgetConstraint, AroundAProduct) {
  std::vector<std::unique_ptr<Constraint>> parts;
  parts.push_back(std::make_unique<CatalogueConstraint>(
      small_vocabulary(), catalogue_of({"aaabbbaaab", "bb", "abababab"})));
  parts.push_back(
      std::make_unique<StopConstraint>(small_vocabulary(), StopStrings{.banned = {"bbb"}}));
  const ProductConstraint product(std::move(parts));
  EXPECT_EQ(product.shortest_completion(), (Shortest{1, Shortest::kUnknown}));
  BudgetConstraint constraint(small_vocabulary(), {.max_tokens = 2}, product.fork());
  const auto mask = test::mask_of(constraint);
  for (TokenId id = 0; id < small_vocabulary()->size(); ++id) {
    const std::string_view bytes = small_vocabulary()->bytes(id);
    EXPECT_EQ(mask_test(mask, id), bytes == "b" || bytes == "bb" || bytes == "abab") << bytes;
  }
}

TEST(BudgetConstraint, AroundAGrammar) {
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), "a*b", {})));
  grammar.set_start(root);
  const auto compiled =
      CompiledGrammar::compile(grammar, std::make_shared<MaskTables>(small_vocabulary()));
  BudgetConstraint constraint(small_vocabulary(), {.max_tokens = 2},
                              std::make_unique<GrammarConstraint>(compiled));
  EXPECT_TRUE(constraint.accept(small_vocabulary()->ids("a")[0]));
  const auto mask = test::mask_of(constraint);
  for (TokenId id = 0; id < small_vocabulary()->size(); ++id) {
    const std::string_view bytes = small_vocabulary()->bytes(id);
    EXPECT_EQ(mask_test(mask, id), bytes == "b" || bytes == "ab" || bytes == "aab") << bytes;
  }
}

TEST(BudgetConstraint, BadArguments) {
  EXPECT_THROW(BudgetConstraint(nullptr, {}), Error);
  EXPECT_THROW(BudgetConstraint(small_vocabulary(), {.min_tokens = 2, .max_tokens = 1}), Error);
  EXPECT_THROW(BudgetConstraint(small_vocabulary(), {.min_bytes = 2, .max_bytes = 1}), Error);
  EXPECT_THROW(BudgetConstraint(small_vocabulary(), {}, nullptr, DecodeContext{7}), Error);
  EXPECT_THROW(BudgetConstraint(small_vocabulary(), {},
                                std::make_unique<CatalogueConstraint>(test::vocabulary_of({"a"}),
                                                                      catalogue_of({"a"}))),
               Error);
  BudgetConstraint none(small_vocabulary(), {.max_tokens = 0});
  EXPECT_TRUE(none.is_complete());
  EXPECT_TRUE(none.is_finished());
}

/// Limits in every context, against the bytes that the tokens spell there.
TEST(BudgetConstraint, EveryDecodeContext) {
  test::Random random(test::property_seed());
  for (const test::NamedSpec& named : test::decode_specs()) {
    TokenizerSpec spec = named.spec;
    if (!spec.added_tokens.empty()) spec.roles.eos = {spec.added_tokens.back().id};
    const auto vocabulary = Vocabulary::build(spec);
    for (DecodeContext start = 0; start < vocabulary->context_count(); ++start) {
      SCOPED_TRACE(named.name + ", context " + std::to_string(start));
      BudgetConstraint constraint(vocabulary, {.min_bytes = 3, .max_bytes = 12}, nullptr, start);
      DecodeContext context = start;
      size_t bytes = 0;
      for (int step = 0; step < 8; ++step) {
        const auto mask = test::mask_of(constraint);
        for (TokenId id = 0; id < vocabulary->size(); ++id) {
          const size_t more = vocabulary->is_text(id) ? vocabulary->bytes(context, id).size() : 0;
          const size_t all = bytes + vocabulary->final_bytes(context).size();
          const bool right =
              vocabulary->is_eos(id) ? all >= 3 && all <= 12 : more > 0 && bytes + more <= 12;
          ASSERT_EQ(mask_test(mask, id), right) << id;
        }
        ASSERT_NO_FATAL_FAILURE(test::expect_mask_is_law(constraint, mask, random, 1000));
        std::vector<uint32_t> texts = mask;
        for (const TokenId id : constraint.end_ids()) mask_clear(texts, id);
        if (!mask_any(texts)) break;
        const TokenId id = test::random_member(random, texts);
        ASSERT_TRUE(constraint.accept(id));
        bytes += vocabulary->bytes(context, id).size();
        context = vocabulary->next_context(context, id);
      }
    }
  }
}

TEST(CanonicalConstraint, IdsAreTheTokenizersOwn) {
  test::Random random(test::property_seed());
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const auto vocabulary = tokenizer.shared_vocabulary();
  const auto encoder = std::make_shared<CanonicalEncoder>(tokenizer);
  const TokenId end = vocabulary->roles().eos[0];
  for (int round = 0; round < 6; ++round) {
    std::unique_ptr<Constraint> constraint =
        std::make_unique<CanonicalConstraint>(vocabulary, encoder);
    EXPECT_FALSE(constraint->mask_is_cheap());
    std::vector<TokenId> history;
    for (int step = 0; step < 10; ++step) {
      const auto mask = test::mask_of(*constraint);
      ASSERT_NO_FATAL_FAILURE(test::expect_mask_is_law(*constraint, mask, random, 100));
      const bool canonical = encoder->is_canonical(history);
      ASSERT_EQ(constraint->is_complete(), canonical);
      ASSERT_EQ(mask_test(mask, end), canonical);
      for (int i = 0; i < 200; ++i) {
        const auto id = static_cast<TokenId>(test::below(random, vocabulary->size()));
        if (id == end) continue;
        std::vector<TokenId> ids = history;
        ids.push_back(id);
        ASSERT_EQ(mask_test(mask, id), encoder->canonical_prefix(ids) == ids.size()) << id;
      }
      if (test::below(random, 4) == 0) {
        const size_t back = test::below(random, history.size() + 1);
        ASSERT_FALSE(constraint->rollback(history.size() + 1));
        ASSERT_TRUE(constraint->rollback(back));
        history.resize(history.size() - back);
        constraint = constraint->fork();
      }
      std::vector<uint32_t> open = test::mask_of(*constraint);
      mask_clear(open, end);
      if (!mask_any(open)) continue;
      history.push_back(test::random_member(random, open));
      ASSERT_TRUE(constraint->accept(history.back()));
    }
  }
}

/// A catalogue's names in the tokenizer's own spelling.
TEST(CanonicalConstraint, InAProduct) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/multilingual-32k.json").string());
  const auto vocabulary = tokenizer.shared_vocabulary();
  const auto names = cli::product_names(300, 9);
  std::vector<std::unique_ptr<Constraint>> parts;
  parts.push_back(std::make_unique<CanonicalConstraint>(
      vocabulary, std::make_shared<CanonicalEncoder>(tokenizer)));
  parts.push_back(std::make_unique<CatalogueConstraint>(vocabulary, catalogue_of(names)));
  ProductConstraint both(std::move(parts));
  for (const std::string& name : names) {
    both.reset();
    const auto ids = tokenizer.encode(name);
    for (const TokenId id : ids) {
      ASSERT_TRUE(mask_test(test::mask_of(both), id)) << name;
      ASSERT_TRUE(both.accept(id)) << name;
    }
    EXPECT_TRUE(both.is_complete()) << name;
    // The same in single bytes is no spelling of the tokenizer's.
    both.reset();
    for (const char byte : name) {
      if (!both.accept(vocabulary->ids({&byte, 1})[0])) break;
    }
    EXPECT_FALSE(both.is_complete()) << name;
  }
}

TEST(CanonicalConstraint, BehindAPrompt) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const auto encoder = std::make_shared<CanonicalEncoder>(tokenizer);
  const auto ids = tokenizer.encode("The answer is forty");
  CanonicalConstraint constraint(tokenizer.shared_vocabulary(), encoder,
                                 std::span(ids).first(ids.size() - 1));
  EXPECT_EQ(constraint.steps(), 0u);
  EXPECT_FALSE(constraint.rollback(1));
  EXPECT_TRUE(constraint.accept(ids.back()));
  EXPECT_TRUE(constraint.accept(constraint.end_ids()[0]));
  EXPECT_TRUE(constraint.is_finished());
  EXPECT_FALSE(constraint.accept(ids.back()));
  EXPECT_TRUE(constraint.rollback(2));
  EXPECT_EQ(constraint.steps(), 0u);
  EXPECT_THROW(CanonicalConstraint(nullptr, encoder), Error);
  EXPECT_THROW(CanonicalConstraint(tokenizer.shared_vocabulary(), nullptr), Error);
  const std::vector<TokenId> bad = {tokenizer.vocabulary().ids("T")[0],
                                    tokenizer.vocabulary().ids("h")[0]};
  EXPECT_THROW(CanonicalConstraint(tokenizer.shared_vocabulary(), encoder, bad), Error);
}

}  // namespace
}  // namespace tokrail
