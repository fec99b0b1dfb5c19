#include "grammar/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/random_grammars.h"
#include "tests/oracle/slow_grammar.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

constexpr std::string_view kAlphabet = "ab,";

std::shared_ptr<const CompiledGrammar> compile(const Grammar& grammar,
                                               const std::shared_ptr<MaskTables>& tables) {
  return CompiledGrammar::compile(grammar, tables);
}

bool accepts(const std::shared_ptr<const CompiledGrammar>& grammar, std::string_view text) {
  Matcher matcher(grammar);
  return matcher.accept_bytes(text) && matcher.is_complete();
}

/// Whether some text of at most `more` further bytes is complete; true where there are too many to
/// look at.
bool can_complete(Matcher matcher, size_t more) {
  std::vector<Matcher> now = {std::move(matcher)};
  for (size_t round = 0; round <= more; ++round) {
    std::vector<Matcher> next;
    for (Matcher& m : now) {
      if (m.is_complete()) return true;
      for (const char letter : kAlphabet) {
        Matcher fork = m;
        if (fork.accept_bytes({&letter, 1})) next.push_back(fork);
      }
    }
    if (next.size() > 150) return true;
    now.swap(next);
  }
  return false;
}

void expect_mask_is_allows(const Matcher& matcher, const Vocabulary& vocabulary) {
  std::vector<uint32_t> mask(mask_words(vocabulary.size()));
  const MaskStatus status = matcher.fill_mask(mask);
  ASSERT_TRUE(status == MaskStatus::kOk || (status == MaskStatus::kDead && !mask_any(mask)));
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    ASSERT_EQ(mask_test(mask, id), matcher.allows(id)) << "id " << id;
    Matcher fork = matcher;
    ASSERT_EQ(fork.accept(id), matcher.allows(id));
    if (!vocabulary.is_text(id)) continue;
    Matcher bytes = matcher;
    ASSERT_EQ(bytes.accept_bytes(vocabulary.bytes(id)), matcher.allows(id)) << vocabulary.bytes(id);
  }
  const auto eos = static_cast<TokenId>(vocabulary.size() - 1);
  ASSERT_EQ(matcher.allows(eos), matcher.is_complete() && !matcher.is_ended());
}

TEST(Matcher, RandomGrammarsAgainstTheirDefinition) {
  test::Random random(test::property_seed());
  const auto vocabulary = test::vocabulary_of(test::all_strings(kAlphabet, 3));
  const auto tables = std::make_shared<MaskTables>(vocabulary);
  size_t tried = 0;
  for (int round = 0; round < 400; ++round) {
    const Grammar grammar = test::RandomGrammar(random).make();
    SCOPED_TRACE(grammar.to_string());
    const auto language = oracle::slow_language(grammar, kAlphabet, 5);
    std::shared_ptr<const CompiledGrammar> compiled;
    try {
      compiled = compile(grammar, tables);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kUnsupported) continue;
      ASSERT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
      ASSERT_TRUE(language.empty()) << error.what() << ": " << language[0];
      continue;
    }
    ++tried;
    std::vector<std::string> all = test::all_strings(kAlphabet, 5);
    all.push_back("");
    for (const std::string& text : all) {
      ASSERT_EQ(accepts(compiled, text), std::ranges::binary_search(language, text))
          << "text \"" << text << '"';
    }
    // Whatever is accepted can be completed, and masks say what accept says.
    for (int walk = 0; walk < 6; ++walk) {
      Matcher matcher(compiled);
      std::string text;
      for (int step = 0; step < 4; ++step) {
        if (matcher.is_ended()) break;
        ASSERT_TRUE(can_complete(matcher, 60)) << "text \"" << text << '"';
        ASSERT_NO_FATAL_FAILURE(expect_mask_is_allows(matcher, *vocabulary));
        std::vector<uint32_t> mask(mask_words(vocabulary->size()));
        matcher.fill_mask(mask);
        const size_t count = mask_count(mask);
        if (count == 0) break;
        size_t id = mask_find_next(mask, 0);
        for (size_t skip = test::below(random, count); skip > 0; --skip) {
          id = mask_find_next(mask, id + 1);
        }
        ASSERT_TRUE(matcher.accept(static_cast<TokenId>(id)));
        text += vocabulary->bytes(static_cast<TokenId>(id));
      }
    }
  }
  EXPECT_GT(tried, 200u);
}

TEST(Matcher, LeftRecursionAndAmbiguityStayLinear) {
  // e: e "+" e | e "*" e | "a" | "(" e ")"
  Grammar grammar;
  const RuleId e = grammar.add_rule("e");
  grammar.define(
      e, grammar.choice(
             {grammar.sequence({grammar.rule(e), grammar.literal("+"), grammar.rule(e)}),
              grammar.sequence({grammar.rule(e), grammar.literal("*"), grammar.rule(e)}),
              grammar.literal("a"),
              grammar.sequence({grammar.literal("("), grammar.rule(e), grammar.literal(")")})}));
  grammar.set_start(e);
  const auto tables = std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
  const auto compiled = compile(grammar, tables);
  std::string text = "a";
  for (int i = 0; i < 5000; ++i) text += i % 2 ? "+a" : "*(a)";
  EXPECT_TRUE(accepts(compiled, text));
  EXPECT_FALSE(accepts(compiled, text + "+"));
  EXPECT_FALSE(accepts(compiled, "(" + text));
  std::string deep = std::string(3000, '(') + "a" + std::string(3000, ')');
  EXPECT_TRUE(accepts(compiled, deep));
}

TEST(Matcher, RightRecursionKeepsStacksSmall) {
  Grammar grammar;
  const RuleId list = grammar.add_rule("list");
  grammar.define(list,
                 grammar.choice({grammar.literal("a"),
                                 grammar.sequence({grammar.literal("a"), grammar.rule(list)})}));
  grammar.set_start(list);
  const auto tables = std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
  const auto compiled = compile(grammar, tables);
  Matcher matcher(compiled);
  ASSERT_TRUE(matcher.accept_bytes("aaaa"));
  const size_t before = compiled->memory();
  for (int i = 0; i < 10000; ++i) ASSERT_TRUE(matcher.accept_bytes("a"));
  EXPECT_LT(compiled->memory(), before + 4096);
}

TEST(Matcher, LongestMatchFallsBackAndRefusesSplits) {
  // int and identifiers by longest match: "intx" is one identifier, never "int" then "x".
  Grammar grammar;
  RegexSet& set = grammar.regexes();
  const RegexId letters = set.repeat(set.bytes(ByteSet::range('a', 'z')), 1, RegexSet::kUnbounded);
  const TerminalId space =
      grammar.add_terminal({.name = "WS",
                            .regex = set.repeat(set.literal(" "), 1, RegexSet::kUnbounded),
                            .lexing = Lexing::kLongest});
  const ExprId keyword = grammar.terminal(
      {.name = "INT", .regex = set.literal("int"), .lexing = Lexing::kLongest, .priority = 1});
  const ExprId name =
      grammar.terminal({.name = "NAME", .regex = letters, .lexing = Lexing::kLongest});
  const ExprId end = grammar.literal(";", Lexing::kLongest);
  const RuleId start = grammar.add_rule("start");
  grammar.define(start, grammar.sequence({keyword, name, end}));
  grammar.set_ignore(start, space);
  grammar.set_start(start);
  const auto compiled =
      compile(grammar, std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes())));
  EXPECT_TRUE(accepts(compiled, "int x;"));
  EXPECT_TRUE(accepts(compiled, "  int   x ; "));
  EXPECT_TRUE(accepts(compiled, "intx;"));  // nothing but INT may stand first
  EXPECT_FALSE(accepts(compiled, "int;"));

  // A longer match that cannot be finished gives way: /\/\/x/ and "/" on "/ /".
  Grammar slash;
  RegexSet& regexes = slash.regexes();
  const ExprId divide = slash.terminal({.regex = regexes.literal("/"), .lexing = Lexing::kLongest});
  const ExprId comment =
      slash.terminal({.regex = regexes.literal("//x"), .lexing = Lexing::kLongest});
  const RuleId many = slash.add_rule("many");
  slash.define(many, slash.repeat(slash.choice({divide, comment}), 1, Grammar::kUnbounded));
  slash.set_start(many);
  const auto slashes =
      compile(slash, std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes())));
  EXPECT_TRUE(accepts(slashes, "////"));
  EXPECT_TRUE(accepts(slashes, "//x/"));
}

TEST(Matcher, ForkRollbackAndForcedBytes) {
  Grammar grammar;
  const RuleId start = grammar.add_rule("start");
  grammar.define(start, grammar.sequence(
                            {grammar.literal("hello "),
                             grammar.choice({grammar.literal("world"), grammar.literal("work")})}));
  grammar.set_start(start);
  const auto compiled =
      compile(grammar, std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes())));
  Matcher matcher(compiled);
  EXPECT_EQ(matcher.forced_bytes(), "hello wor");
  ASSERT_TRUE(matcher.accept_bytes("hello "));
  Matcher fork = matcher.fork();
  ASSERT_TRUE(fork.accept_bytes("work"));
  EXPECT_TRUE(fork.is_finished());
  EXPECT_FALSE(matcher.is_complete());
  ASSERT_TRUE(matcher.accept_bytes("wor"));
  ASSERT_TRUE(matcher.rollback(1));
  EXPECT_EQ(matcher.forced_bytes(), "wor");
  EXPECT_FALSE(matcher.rollback(2));
  EXPECT_FALSE(fork.accept_bytes("s"));
  EXPECT_TRUE(fork.is_complete());
  const TokenId eos = 256;
  EXPECT_FALSE(matcher.accept(eos));
  EXPECT_TRUE(fork.accept(eos));
  EXPECT_TRUE(fork.is_ended());
  EXPECT_FALSE(fork.accept(eos));
  fork.reset();
  EXPECT_EQ(fork.forced_bytes(), "hello wor");
}

TEST(Matcher, StartsAfreshBeyondItsMemory) {
  // Keys that must differ make a new state each; a small limit drops states again and again.
  Grammar grammar;
  RegexSet& set = grammar.regexes();
  DistinctEntries entries;
  entries.open.push_back(
      {set.repeat(set.bytes(ByteSet::range('a', 'z')), 1, RegexSet::kUnbounded), grammar.empty()});
  entries.separator = set.literal(",");
  const RuleId start = grammar.add_rule("start");
  grammar.define(start, grammar.distinct(entries));
  grammar.set_start(start);
  CompileLimits limits;
  limits.memory = 100000;
  const auto tables = std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
  const auto compiled = CompiledGrammar::compile(grammar, tables, limits);
  Matcher matcher(compiled);
  for (int i = 0; i < 1500; ++i) {
    std::string key = {static_cast<char>('a' + i % 26), static_cast<char>('a' + i / 26 % 26),
                       static_cast<char>('a' + i / 676)};
    ASSERT_TRUE(matcher.accept_bytes(key + ',')) << i;
  }
  EXPECT_FALSE(matcher.accept_bytes("aaa,"));
  EXPECT_TRUE(matcher.accept_bytes("zzz"));
  EXPECT_LT(compiled->memory(), size_t{40} << 20);
}

TEST(Matcher, CompilingKeepsItsLimits) {
  Grammar grammar;
  const RuleId start = grammar.add_rule("start");
  grammar.define(start, grammar.literal("a"));
  grammar.set_start(start);
  const auto tables = std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
  const auto code_of = [&](const CompileLimits& limits) {
    try {
      CompiledGrammar::compile(grammar, tables, limits);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  std::atomic<bool> cancel = true;
  EXPECT_EQ(code_of({.seconds = 0}), ErrorCode::kBudgetExhausted);
  EXPECT_EQ(code_of({.positions = 1}), ErrorCode::kBudgetExhausted);
  EXPECT_EQ(code_of({.cancel = &cancel}), ErrorCode::kCancelled);
}

TEST(Matcher, EmptyLanguagesAreRefused) {
  Grammar grammar;
  const RuleId start = grammar.add_rule("start");
  grammar.define(start, grammar.sequence({grammar.literal("a"), grammar.rule(start)}));
  grammar.set_start(start);
  const auto tables = std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
  EXPECT_THROW(compile(grammar, tables), Error);
}

}  // namespace
}  // namespace tokrail
