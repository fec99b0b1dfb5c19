#include "grammar/grammar.h"

#include <gtest/gtest.h>

#include <string>

#include "grammar/passes/fold_regular.h"
#include "tests/grammar/acceptor.h"

namespace tokrail::test {
namespace {

ExprId class_of(Grammar& grammar, uint8_t first, uint8_t last) {
  return grammar.regex(grammar.regexes().bytes(ByteSet::range(first, last)));
}

TEST(Grammar, PrintsItself) {
  Grammar grammar;
  RegexSet& regex = grammar.regexes();
  const ExprId digits = grammar.terminal(
      {.name = "NUMBER",
       .regex = regex.repeat(regex.bytes(ByteSet::range('0', '9')), 1, RegexSet::kUnbounded),
       .lexing = Lexing::kLongest,
       .priority = 2});
  const RuleId sum = grammar.add_rule("sum", "1:1");
  const RuleId odd = grammar.add_rule("odd name");
  grammar.define(
      sum, grammar.choice({digits,
                           grammar.sequence({grammar.rule(sum), grammar.literal("+\n\""), digits}),
                           grammar.empty()}));
  grammar.define(odd,
                 grammar.sequence({grammar.repeat(grammar.rule(sum), 2, 5),
                                   grammar.optional(grammar.choice({grammar.rule(odd), digits})),
                                   grammar.tokens({.ids = {{1, 3}}, .names = {"<e>"}})}));
  grammar.set_ignore(odd, grammar.add_terminal({.regex = regex.literal(" ")}));
  grammar.set_start(sum);
  grammar.check();
  EXPECT_EQ(grammar.to_string(),
            "%start sum\n"
            "sum ::= NUMBER | sum \"+\\n\\\"\" NUMBER | \"\"\n"
            "`odd name` ::= sum{2,5} (`odd name` | NUMBER)? <[1-3,\"<e>\"]> %ignore \" \"\n"
            "NUMBER = /[0-9]+/ longest priority 2\n");
}

TEST(Grammar, SharedPartsArePrintedOnce) {
  Grammar grammar;
  ExprId all = class_of(grammar, 'a', 'z');
  // 2^60 characters if it were written out.
  for (int i = 0; i < 60; ++i) all = grammar.sequence({all, all});
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, all);
  grammar.set_start(root);
  EXPECT_LT(grammar.to_string().size(), 2000u);
}

TEST(Grammar, DeepExpressionsArePrinted) {
  Grammar grammar;
  ExprId all = grammar.literal("x");
  for (int i = 0; i < 100000; ++i) {
    all = grammar.choice({grammar.sequence({grammar.literal("("), all}), grammar.literal("y")});
  }
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, all);
  grammar.set_start(root);
  EXPECT_GT(grammar.to_string().size(), 100000u);
}

TEST(Grammar, SimplifiesTheObvious) {
  Grammar grammar;
  const ExprId a = grammar.literal("a");
  EXPECT_EQ(grammar.literal("a"), a);
  EXPECT_NE(grammar.literal("a", Lexing::kLongest), a);
  EXPECT_EQ(grammar.literal(""), grammar.empty());
  EXPECT_EQ(grammar.sequence({a}), a);
  EXPECT_EQ(grammar.sequence({grammar.empty(), a}), a);
  EXPECT_EQ(grammar.sequence({}), grammar.empty());
  EXPECT_EQ(grammar.sequence({a, grammar.nothing()}), grammar.nothing());
  EXPECT_EQ(grammar.choice({a, grammar.nothing(), a}), a);
  EXPECT_EQ(grammar.choice({}), grammar.nothing());
  EXPECT_EQ(grammar.repeat(a, 1, 1), a);
  EXPECT_EQ(grammar.repeat(a, 0, 0), grammar.empty());
  EXPECT_EQ(grammar.repeat(grammar.nothing(), 0, 3), grammar.empty());
  EXPECT_EQ(grammar.repeat(grammar.nothing(), 1, 3), grammar.nothing());
}

TEST(Grammar, RefusesWhatCannotBe) {
  Grammar grammar;
  EXPECT_EQ(error_of([&] { grammar.check(); }), "the grammar has no start rule");
  EXPECT_NE(error_of([&] { grammar.rule(0); }), "");
  EXPECT_NE(error_of([&] { grammar.terminal(TerminalId{7}); }), "");
  EXPECT_NE(error_of([&] { grammar.sequence({99}); }), "");
  EXPECT_NE(error_of([&] { grammar.choice({99}); }), "");
  EXPECT_NE(error_of([&] { grammar.repeat(0, 2, 1); }), "");
  EXPECT_NE(error_of([&] { grammar.repeat(99, 0, 1); }), "");
  EXPECT_NE(error_of([&] { grammar.terminal({.regex = 12345678}); }), "");
  EXPECT_NE(error_of([&] { grammar.tokens({.ids = {{3, 2}}}); }), "");
  EXPECT_NE(error_of([&] { grammar.define(0, 0); }), "");
  EXPECT_NE(error_of([&] { grammar.set_start(0); }), "");
  DistinctEntries entries;
  entries.listed.push_back({.key = RegexSet::kEmpty, .rest = 0, .requires_entries = {1}});
  EXPECT_NE(error_of([&] { grammar.distinct(entries); }), "");
  const RuleId root = grammar.add_rule("root", "3:4");
  grammar.set_start(root);
  EXPECT_EQ(error_of([&] { grammar.check(); }), "3:4: rule 'root' is not defined");
}

TEST(Grammar, EmbedsAnother) {
  Grammar inner;
  const RuleId list = inner.add_rule("list", "7:1");
  inner.define(list, inner.choice({inner.empty(),
                                   inner.sequence({class_of(inner, 'a', 'c'), inner.rule(list)})}));
  inner.set_start(list);
  Grammar outer;
  const RuleId root = outer.add_rule("root");
  const RuleId first = outer.embed(inner, "x.");
  const RuleId second = outer.embed(inner, "y.");
  outer.define(root, outer.sequence({outer.rule(first), outer.literal("|"), outer.rule(second)}));
  outer.set_start(root);
  EXPECT_EQ(outer.to_string(),
            "%start root\n"
            "root ::= x.list \"|\" y.list\n"
            "x.list ::= \"\" | /[a-c]/ x.list\n"
            "y.list ::= \"\" | /[a-c]/ y.list\n");
  EXPECT_EQ(outer.rules()[first].where, "7:1");
  const Acceptor acceptor(outer);
  EXPECT_TRUE(acceptor.accepts("ab|c"));
  EXPECT_FALSE(acceptor.accepts("ab"));
  // Of itself, too.
  const RuleId copy = outer.embed(outer, "copy.");
  EXPECT_EQ(outer.rules()[copy].name, "copy.root");
}

TEST(FoldRegular, KeepsTheLimit) {
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  std::vector<ExprId> parts;
  for (int i = 0; i < 100; ++i)
    parts.push_back(class_of(grammar, 'a', static_cast<uint8_t>('b' + i % 20)));
  grammar.define(root, grammar.sequence(parts));
  grammar.set_start(root);
  EXPECT_EQ(fold_regular(grammar).terminals().size(), 1u);
  const Grammar limited = fold_regular(grammar, 10);
  EXPECT_GE(limited.expressions()[limited.rules()[0].body].children.size(), 10u);
  const std::string text(100, 'a');
  EXPECT_TRUE(Acceptor(limited).accepts(text));
  EXPECT_FALSE(Acceptor(limited).accepts(text + "a"));
}

TEST(FoldRegular, LeavesLexedTerminalsAndIgnore) {
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  const RuleId spaced = grammar.add_rule("spaced");
  const ExprId a = grammar.literal("a"), b = grammar.literal("b");
  grammar.define(root, grammar.sequence({a, grammar.literal("b", Lexing::kLongest), a, b,
                                         grammar.rule(spaced)}));
  grammar.define(spaced, grammar.sequence({a, b}));
  grammar.set_ignore(spaced, grammar.add_terminal({.regex = grammar.regexes().literal(" ")}));
  grammar.set_start(root);
  EXPECT_EQ(fold_regular(grammar).to_string(),
            "%start root\n"
            "root ::= \"a\" \"b\"<longest> \"ab\" spaced\n"
            "spaced ::= \"a\" \"b\" %ignore \" \"\n");
}

}  // namespace
}  // namespace tokrail::test
