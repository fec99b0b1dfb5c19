// Constraints: grammars, callbacks and products of them, against an intersection by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/constraints/callback_constraint.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/constraints/product_constraint.h"
#include "grammar/frontends/regex_notation.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/random_grammars.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tokenizers/canonical_encoder.h"

namespace tokrail {
namespace {

using Parts = std::vector<std::unique_ptr<Constraint>>;

std::shared_ptr<const Vocabulary> small_vocabulary() {
  static const auto vocabulary = [] {
    std::vector<std::string> tokens = test::all_strings("ab,", 3);
    tokens.push_back("a");  // twice
    tokens.push_back("");   // a hole
    return test::vocabulary_of(tokens);
  }();
  return vocabulary;
}

TokenId eos() {
  return small_vocabulary()->roles().eos[0];
}

std::shared_ptr<const CompiledGrammar> compile(const Grammar& grammar) {
  static const auto tables = std::make_shared<MaskTables>(small_vocabulary());
  return CompiledGrammar::compile(grammar, tables);
}

std::shared_ptr<const CompiledGrammar> compile_regex(const std::string& pattern) {
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), pattern, {})));
  grammar.set_start(root);
  return compile(grammar);
}

/// Some random grammar that has a text.
std::shared_ptr<const CompiledGrammar> random_grammar(test::Random& random) {
  for (;;) {
    try {
      return compile(test::RandomGrammar(random).make());
    } catch (const Error&) {
    }
  }
}

/// At most `limit` bytes, and an even number of letters a in whole texts.
ConstraintFunctions text_functions(size_t limit) {
  ConstraintFunctions functions;
  functions.prefix = [limit](std::string_view text) { return text.size() <= limit; };
  functions.complete = [](std::string_view text) { return std::ranges::count(text, 'a') % 2 == 0; };
  return functions;
}

std::vector<uint32_t> mask_of(const Constraint& constraint, MaskStatus* status = nullptr) {
  std::vector<uint32_t> mask(mask_words(constraint.vocab_size()), 0xFFFFFFFF);
  const MaskStatus answer = constraint.fill_mask(mask);
  EXPECT_EQ(answer == MaskStatus::kOk, mask_any(mask));
  if (status) *status = answer;
  return mask;
}

void expect_mask_is_allows(const Constraint& constraint) {
  const std::vector<uint32_t> mask = mask_of(constraint);
  for (TokenId id = 0; id < constraint.vocab_size(); ++id) {
    ASSERT_EQ(mask_test(mask, id), constraint.allows(id)) << "id " << id;
    const auto fork = constraint.fork();
    ASSERT_EQ(mask_test(mask, id), fork->accept(id)) << "id " << id;
  }
  EXPECT_FALSE(constraint.allows(static_cast<TokenId>(constraint.vocab_size())));
  EXPECT_FALSE(constraint.allows(0xFFFFFFFF));
}

TEST(GrammarConstraint, IsItsMatcher) {
  GrammarConstraint constraint(compile_regex("ab?(a|b,)"));
  EXPECT_EQ(constraint.vocab_size(), small_vocabulary()->size());
  EXPECT_EQ(std::vector(constraint.end_ids().begin(), constraint.end_ids().end()),
            std::vector{eos()});
  ASSERT_NO_FATAL_FAILURE(expect_mask_is_allows(constraint));
  const TokenId ab = small_vocabulary()->ids("ab")[0];
  EXPECT_TRUE(constraint.accept(ab));
  EXPECT_FALSE(constraint.accept(eos()));
  EXPECT_FALSE(constraint.is_complete());
  EXPECT_TRUE(constraint.accept(small_vocabulary()->ids("a")[1]));
  EXPECT_TRUE(constraint.is_finished());
  EXPECT_FALSE(constraint.is_ended());
  EXPECT_EQ(constraint.log_weight(eos()), 0);
  EXPECT_EQ(constraint.log_weight(ab), Constraint::kRefusedWeight);
  EXPECT_TRUE(constraint.accept(eos()));
  EXPECT_TRUE(constraint.is_ended());
  EXPECT_EQ(constraint.steps(), 3u);
  EXPECT_EQ(constraint.start()->steps(), 0u);
  EXPECT_FALSE(constraint.rollback(4));
  constraint.reset();
  EXPECT_EQ(constraint.validate(std::vector<TokenId>{ab, ab}), 1u);
  EXPECT_THROW(GrammarConstraint(std::shared_ptr<const CompiledGrammar>()), Error);
}

TEST(GrammarConstraint, GoesOnFromAMatcher) {
  Matcher matcher(compile_regex("aab"));
  ASSERT_TRUE(matcher.accept_bytes("a"));
  GrammarConstraint constraint(matcher);
  EXPECT_EQ(constraint.steps(), 0u);
  EXPECT_FALSE(constraint.rollback(1));
  EXPECT_TRUE(constraint.accept(small_vocabulary()->ids("ab")[0]));
  constraint.reset();
  EXPECT_TRUE(constraint.allows(small_vocabulary()->ids("ab")[0]));
}

TEST(GrammarConstraint, ForcedIds) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(
      root, grammar.sequence({grammar.literal("the answer is: "),
                              grammar.choice({grammar.literal("yes"), grammar.literal("no")})}));
  grammar.set_start(root);
  const auto compiled = CompiledGrammar::compile(
      grammar, std::make_shared<MaskTables>(tokenizer.shared_vocabulary()));
  std::vector<TokenId> ids(100);
  EXPECT_EQ(GrammarConstraint(compiled).forced(ids), 0u);
  GrammarConstraint constraint(compiled, std::make_shared<CanonicalEncoder>(tokenizer));
  const size_t count = constraint.forced(ids);
  ASSERT_GT(count, 1u);
  EXPECT_EQ(constraint.forced(std::span(ids).first(1)), 1u);
  ids.resize(count);
  EXPECT_EQ(constraint.validate(ids), count);
  const auto all = tokenizer.encode("the answer is: yes");
  EXPECT_TRUE(std::ranges::equal(ids, std::span(all).first(count)));

  Parts parts;
  parts.push_back(constraint.fork());
  ConstraintFunctions functions;
  functions.token = [&](std::span<const TokenId> so_far, TokenId) { return so_far.size() < 2; };
  parts.push_back(std::make_unique<CallbackConstraint>(tokenizer.shared_vocabulary(), functions));
  EXPECT_EQ(ProductConstraint(std::move(parts)).forced(ids), 2u);
}

TEST(CallbackConstraint, PrefixTest) {
  CallbackConstraint constraint(small_vocabulary(), text_functions(4));
  ASSERT_NO_FATAL_FAILURE(expect_mask_is_allows(constraint));
  EXPECT_TRUE(constraint.is_complete());
  EXPECT_TRUE(constraint.accept(small_vocabulary()->ids("aab")[0]));
  EXPECT_FALSE(constraint.accept(small_vocabulary()->ids("ab")[0]));
  ASSERT_NO_FATAL_FAILURE(expect_mask_is_allows(constraint));
  EXPECT_TRUE(constraint.accept(small_vocabulary()->ids("a")[0]));
  EXPECT_FALSE(constraint.is_complete());
  EXPECT_TRUE(constraint.is_stuck());
  EXPECT_TRUE(constraint.rollback(1));
  EXPECT_TRUE(constraint.accept(small_vocabulary()->ids("b")[0]));
  EXPECT_TRUE(constraint.is_finished());
  EXPECT_FALSE(constraint.mask_is_cheap());
}

TEST(CallbackConstraint, TokenTestAndMask) {
  ConstraintFunctions functions;
  functions.token = [](std::span<const TokenId> so_far, TokenId id) {
    return so_far.empty() || id == so_far.back() || id == eos();
  };
  int masks = 0;
  functions.mask = [&](std::span<const TokenId>, std::span<uint32_t> mask) {
    ++masks;
    std::ranges::fill(mask, 0x55555555u);  // bits beyond the vocabulary too
  };
  CallbackConstraint constraint(small_vocabulary(), functions);
  ASSERT_NO_FATAL_FAILURE(expect_mask_is_allows(constraint));
  EXPECT_EQ(mask_count(mask_of(constraint)), (small_vocabulary()->size() + 1) / 2);
  masks = 0;
  for (TokenId id = 0; id < 10; ++id) EXPECT_EQ(constraint.allows(id), id % 2 == 0);
  EXPECT_LE(masks, 1);
  EXPECT_TRUE(constraint.accept(4));
  EXPECT_FALSE(constraint.accept(6));
  EXPECT_TRUE(constraint.accept(4));
  EXPECT_EQ(constraint.is_complete(), eos() % 2 == 0);
  EXPECT_EQ(mask_count(mask_of(constraint)), 1u + (eos() % 2 == 0));
}

TEST(CallbackConstraint, Weights) {
  ConstraintFunctions functions = text_functions(100);
  functions.log_weight = [](std::span<const TokenId> so_far, TokenId id) {
    return id == 7 ? Constraint::kRefusedWeight : -0.5 * static_cast<double>(so_far.size());
  };
  Parts parts;
  parts.push_back(std::make_unique<CallbackConstraint>(small_vocabulary(), functions));
  EXPECT_TRUE(parts[0]->has_weights());
  EXPECT_FALSE(parts[0]->allows(7));
  parts.push_back(parts[0]->fork());
  ProductConstraint product(std::move(parts));
  EXPECT_TRUE(product.has_weights());
  EXPECT_TRUE(product.accept(1));
  EXPECT_EQ(product.log_weight(3), -1.0);
  EXPECT_EQ(product.log_weight(7), Constraint::kRefusedWeight);
  ASSERT_NO_FATAL_FAILURE(expect_mask_is_allows(product));
}

TEST(CallbackConstraint, FailuresAreKept) {
  for (const bool named : {true, false}) {
    ConstraintFunctions functions = text_functions(100);
    functions.prefix = [named](std::string_view text) -> bool {
      if (text.size() < 3) return true;
      if (named) throw std::runtime_error("out of cheese");
      throw 42;
    };
    CallbackConstraint constraint(small_vocabulary(), functions);
    EXPECT_TRUE(constraint.accept(small_vocabulary()->ids("ab")[0]));
    EXPECT_TRUE(constraint.failure().empty());
    const auto before = constraint.fork();
    std::vector<uint32_t> mask(mask_words(constraint.vocab_size()));
    EXPECT_EQ(constraint.fill_mask(mask), MaskStatus::kFailed);
    EXPECT_FALSE(mask_any(mask));
    EXPECT_EQ(constraint.failure() == "out of cheese", named);
    EXPECT_FALSE(constraint.failure().empty());
    EXPECT_FALSE(constraint.allows(eos()));
    EXPECT_FALSE(constraint.is_complete());
    EXPECT_EQ(constraint.fork()->failure(), constraint.failure());
    EXPECT_TRUE(before->failure().empty());
    Parts parts;
    parts.push_back(constraint.fork());
    ProductConstraint product(std::move(parts));
    EXPECT_EQ(product.failure(), constraint.failure());
    EXPECT_EQ(product.fill_mask(mask), MaskStatus::kFailed);
  }
  ConstraintFunctions functions;
  functions.log_weight = [](auto...) { return std::nan(""); };
  CallbackConstraint constraint(small_vocabulary(), functions);
  EXPECT_EQ(constraint.log_weight(1), Constraint::kRefusedWeight);
  EXPECT_NE(constraint.failure().find("NaN"), std::string_view::npos);
}

TEST(CallbackConstraint, BadArguments) {
  ConstraintFunctions functions;
  functions.prefix = [](std::string_view) { return true; };
  EXPECT_THROW(CallbackConstraint(small_vocabulary(), functions), Error);
  EXPECT_THROW(CallbackConstraint(nullptr, {}), Error);
  EXPECT_THROW(CallbackConstraint(small_vocabulary(), {}, 99), Error);
  EXPECT_THROW(ProductConstraint(Parts{}), Error);
  Parts null;
  null.emplace_back();
  EXPECT_THROW(ProductConstraint(std::move(null)), Error);
  Parts different;
  different.push_back(
      std::make_unique<CallbackConstraint>(small_vocabulary(), ConstraintFunctions{}));
  different.push_back(
      std::make_unique<CallbackConstraint>(test::vocabulary_of({"a"}), ConstraintFunctions{}));
  EXPECT_THROW(ProductConstraint(std::move(different)), Error);
}

TEST(CallbackConstraint, MasksCanBeCancelledAndWider) {
  CallbackConstraint constraint(small_vocabulary(), text_functions(4));
  const std::atomic<bool> cancel = true;
  std::vector<uint32_t> mask(10, 0xFFFFFFFF);
  EXPECT_EQ(constraint.fill_mask(mask, 0, &cancel), MaskStatus::kCancelled);
  EXPECT_FALSE(mask_any(mask));
  const size_t all = mask_count(mask_of(constraint));
  EXPECT_EQ(constraint.fill_mask(mask, 320), MaskStatus::kOk);
  EXPECT_EQ(mask_count(mask), all);
  std::vector<uint32_t> narrow(1);
  EXPECT_EQ(constraint.fill_mask(narrow, 5), MaskStatus::kOk);
  EXPECT_EQ(mask_count(narrow), 5u);
}

/// What a product stands for: its parts, asked one by one by who keeps the history himself.
struct ByHand {
  std::vector<std::shared_ptr<const CompiledGrammar>> grammars;
  size_t limit;
  std::vector<TokenId> history;

  bool allows(TokenId id) const {
    for (const auto& grammar : grammars) {
      Matcher matcher(grammar);
      for (const TokenId before : history) EXPECT_TRUE(matcher.accept(before));
      if (!matcher.allows(id)) return false;
    }
    if (!history.empty() && history.back() == eos()) return false;
    std::string text;
    for (const TokenId before : history) text += small_vocabulary()->bytes(before);
    if (id == eos()) return std::ranges::count(text, 'a') % 2 == 0;
    return text.size() + small_vocabulary()->bytes(id).size() <= limit;
  }
};

TEST(ProductConstraint, RandomWalksAreTheIntersectionByHand) {
  test::Random random(test::property_seed());
  size_t allowed = 0;
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    ByHand hand{{random_grammar(random), random_grammar(random)}, 3 + test::below(random, 10), {}};
    Parts parts;
    for (const auto& grammar : hand.grammars) {
      parts.push_back(std::make_unique<GrammarConstraint>(grammar));
    }
    parts.insert(
        parts.begin() + static_cast<std::ptrdiff_t>(test::below(random, 3)),
        std::make_unique<CallbackConstraint>(small_vocabulary(), text_functions(hand.limit)));
    std::unique_ptr<Constraint> product = std::make_unique<ProductConstraint>(std::move(parts));
    std::vector<std::pair<std::unique_ptr<Constraint>, std::vector<TokenId>>> kept;
    for (int step = 0; step < 25; ++step) {
      const std::vector<uint32_t> mask = mask_of(*product);
      for (TokenId id = 0; id < product->vocab_size(); ++id) {
        ASSERT_EQ(mask_test(mask, id), hand.allows(id)) << id;
      }
      ASSERT_EQ(product->steps(), hand.history.size());
      ASSERT_EQ(product->is_stuck(),
                !mask_any(mask) && !product->is_complete() && !product->is_ended());
      const size_t what = test::below(random, 8);
      if (what == 0) {
        kept.emplace_back(product->fork(), hand.history);
      } else if (what == 1 && !kept.empty()) {
        std::swap(kept.back().first, product);
        std::swap(kept.back().second, hand.history);
      } else if (what == 2 || !mask_any(mask)) {
        const size_t back = test::below(random, hand.history.size() + 1);
        ASSERT_FALSE(product->rollback(hand.history.size() + 1));
        ASSERT_TRUE(product->rollback(back));
        hand.history.resize(hand.history.size() - back);
      } else if (what == 3) {
        const auto id = static_cast<TokenId>(test::below(random, product->vocab_size() + 2));
        const bool taken = product->accept(id);
        ASSERT_EQ(taken, id < product->vocab_size() && mask_test(mask, id));
        if (taken) hand.history.push_back(id);
      } else {
        size_t skip = test::below(random, mask_count(mask));
        size_t id = mask_find_next(mask, 0);
        for (; skip > 0; --skip) id = mask_find_next(mask, id + 1);
        ASSERT_TRUE(product->accept(static_cast<TokenId>(id)));
        hand.history.push_back(static_cast<TokenId>(id));
        ++allowed;
      }
    }
  }
  EXPECT_GT(allowed, 200u);
}

TEST(ProductConstraint, TellsDeadEnds) {
  Parts parts;
  parts.push_back(std::make_unique<GrammarConstraint>(compile_regex("(aa)*b")));
  parts.push_back(std::make_unique<GrammarConstraint>(compile_regex("a(aa)*b")));
  ProductConstraint product(std::move(parts));
  EXPECT_TRUE(product.accept(small_vocabulary()->ids("aaa")[0]));
  EXPECT_FALSE(product.allows(small_vocabulary()->ids("b")[0]));
  EXPECT_FALSE(product.is_stuck());
  EXPECT_EQ(product.part_count(), 2u);
  EXPECT_TRUE(product.part(1).allows(small_vocabulary()->ids("b")[0]));
}

TEST(ProductConstraint, FinishedWhenNothingIsInCommon) {
  Parts parts;
  parts.push_back(std::make_unique<GrammarConstraint>(compile_regex("a(b|bb)?")));
  parts.push_back(std::make_unique<GrammarConstraint>(compile_regex("a(,|,,)?")));
  ProductConstraint product(std::move(parts));
  EXPECT_FALSE(product.is_finished());
  EXPECT_TRUE(product.accept(small_vocabulary()->ids("a")[0]));
  EXPECT_TRUE(product.is_finished());
  EXPECT_TRUE(product.accept(eos()));
  EXPECT_TRUE(product.is_ended());
  EXPECT_FALSE(product.is_stuck());
}

}  // namespace
}  // namespace tokrail
