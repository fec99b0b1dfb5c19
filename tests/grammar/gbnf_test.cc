#include "grammar/frontends/gbnf.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "grammar/frontends/gbnf_syntax.h"
#include "grammar/passes/fold_regular.h"
#include "tests/grammar/acceptor.h"

namespace tokrail::test {
namespace {

void expect_language(const std::string& text, const std::vector<std::string>& valid,
                     const std::vector<std::string>& invalid) {
  SCOPED_TRACE(text);
  const Acceptor acceptor(read_gbnf(text));
  for (const std::string& one : valid) EXPECT_TRUE(acceptor.accepts(one)) << one;
  for (const std::string& one : invalid) EXPECT_FALSE(acceptor.accepts(one)) << one;
}

std::string error_in(const std::string& text) {
  return error_of([&] { read_gbnf(text); });
}

TEST(Gbnf, LiteralsAndEscapes) {
  expect_language(R"(root ::= "a\n\t\r\\\"\[\]\-\x41\u00e9\U0001F600")",
                  {"a\n\t\r\\\"[]-A\xC3\xA9\xF0\x9F\x98\x80"}, {"a"});
}

TEST(Gbnf, Classes) {
  expect_language("root ::= [a-cx]", {"a", "b", "c", "x"}, {"d", "-", ""});
  expect_language("root ::= [^a-cx]", {"d", "\n", "é", "😀"}, {"a", "x", "", "dd"});
  expect_language("root ::= [a-]", {"a", "-"}, {"b"});
  expect_language("root ::= [-a]", {"a", "-"}, {"b"});
  expect_language(R"(root ::= [\]\[\-\x30-\x39])", {"]", "[", "-", "5"}, {"\\", "a"});
  expect_language("root ::= [あ-ん]", {"あ", "か"}, {"漢"});
  expect_language("root ::= .", {"a", "\n", "é"}, {"", "ab", "\xFF"});
}

TEST(Gbnf, Operators) {
  expect_language("root ::= \"a\"* \"b\"+ \"c\"?", {"b", "aabbc"}, {"", "ac", "bcc"});
  expect_language("root ::= \"a\"{2}", {"aa"}, {"a", "aaa"});
  expect_language("root ::= \"a\"{2,}", {"aa", "aaaa"}, {"a"});
  expect_language("root ::= \"a\" { 1 , 2 } \"b\"", {"ab", "aab"}, {"b", "aaab"});
  expect_language("root ::= \"a\"{0,0} \"b\"", {"b"}, {"ab"});
  expect_language("root ::= (\"ab\" | \"c\"){2}?", {"", "abc", "cc"}, {"c", "ccc"});
  // A repetition covers the whole literal.
  expect_language("root ::= \"ab\"*", {"", "abab"}, {"abb"});
  expect_language("root ::= [ab]{3000}", {std::string(3000, 'a')}, {std::string(2999, 'a')});
}

TEST(Gbnf, LinesAndComments) {
  expect_language(
      "# head\n\nroot ::= # before the body\n  \"a\" | # behind\n  \"b\"\r\n  | \"c\" (\n "
      "\"d\"\n)\n"
      "x ::= \"y\" # end",
      {"a", "b", "cd"}, {"c", "y"});
  expect_language("root ::=", {""}, {"a"});
  expect_language("root ::= | \"a\"", {"", "a"}, {"b"});
}

TEST(Gbnf, Recursion) {
  expect_language("root ::= root \"a\" | \"b\"", {"b", "baaa"}, {"", "a", "ab"});
  expect_language("root ::= \"(\" root \")\" root | \"\"", {"", "()", "(())()"}, {"(", ")("});
  expect_language("root ::= a\na ::= b \"x\" | \"y\"\nb ::= a | \"\"", {"y", "x", "yx", "yxx"},
                  {"", "xy"});
}

TEST(Gbnf, Tokens) {
  const Grammar grammar = read_gbnf("root ::= <[12]> !<[13]> <think> !<|end|> \"a\"");
  EXPECT_EQ(grammar.to_string(),
            "%start root\nroot ::= <[12]> !<[13]> <[\"<think>\"]> !<[\"<|end|>\"]> \"a\"\n");
}

TEST(Gbnf, FoldsWhatIsRegular) {
  const std::string text =
      "root ::= list\nlist ::= \"[\" ws item (\",\" ws item)* \"]\" ws\n"
      "item ::= number | list\nnumber ::= \"-\"? [0-9]+\nws ::= [ ]*\nunused ::= number";
  EXPECT_EQ(read_gbnf(text).to_string(),
            "%start root\n"
            "root ::= list\n"
            "list ::= /\\[\\x20*/ item (/,\\x20*/ item)* /\\]\\x20*/\n"
            "item ::= number | list\n"
            "number = /\\-?[0-9]+/\n");
  expect_language(text, {"[1]", "[ 1,  -2]", "[[1],2] "}, {"1", "[]", "[1,]"});
}

TEST(Gbnf, Errors) {
  EXPECT_EQ(error_in(""), "1:1: expected a rule 'root', the start");
  EXPECT_EQ(error_in("a ::= \"b\"\n"), "2:1: expected a rule 'root', the start");
  EXPECT_EQ(error_in("root ::= a"), "1:10: there is no rule 'a'");
  EXPECT_EQ(error_in("root ::= \"a\"\nroot ::= \"b\""),
            "2:1: rule 'root' is defined a second time");
  EXPECT_EQ(error_in("root = \"a\""), "1:6: expected '::='");
  EXPECT_EQ(error_in("root ::= \"a"), "1:12: expected '\"'");
  EXPECT_EQ(error_in("root ::= (\"a\" "), "1:15: expected ')'");
  EXPECT_EQ(error_in("root ::= \"a\")"),
            "1:13: expected an item, an operator, '|', or the end of the line and of the rule");
  EXPECT_EQ(error_in("root ::= [a"), "1:12: expected ']'");
  EXPECT_EQ(error_in("root ::= [z-a]"), "1:12: the range of characters is backwards");
  EXPECT_EQ(error_in("root ::= []"), "1:11: a class needs at least one character");
  EXPECT_EQ(error_in("root ::= * \"a\""), "1:10: there is nothing before this to repeat");
  EXPECT_EQ(error_in("root ::= \"a\"{3,2}"), "1:17: a repetition needs min <= max");
  EXPECT_EQ(error_in("root ::= \"a\"{,2}"), "1:14: expected a number of repetitions");
  EXPECT_EQ(error_in("root ::= \"a\"{99999999999}"), "1:14: the number is too large");
  EXPECT_EQ(error_in("root ::= \"\\q\"").substr(0, 20), "1:11: unknown escape");
  EXPECT_EQ(error_in("root ::= \"\\x4\""), "1:11: expected 2 hexadecimal digits");
  EXPECT_EQ(error_in("root ::= \"\\uD800\""), "1:11: this is no Unicode character");
  EXPECT_EQ(error_in("root ::= \"\xFF\""), "1:11: the text is not UTF-8 here");
  EXPECT_EQ(error_in("root ::= <[x]>"), "1:12: expected the id of a token");
  EXPECT_EQ(error_in("root ::= <[1>"), "1:13: expected ']'");
}

TEST(Gbnf, ErrorsShowTheLine) {
  try {
    read_gbnf("root ::= a\na ::= \"é\" %\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "2:11");
    EXPECT_NE(error.message().find("\n  a ::= \"é\" %\n            ^"), std::string::npos)
        << error.message();
  }
}

TEST(Gbnf, DeepAndLargeTexts) {
  const std::string open(100000, '('), close(100000, ')');
  EXPECT_NE(error_in("root ::= " + open + "\"a\"" + close).find("nest deeper"), std::string::npos);
  const std::string stars(100000, '*');
  EXPECT_NE(error_in("root ::= \"a\"" + stars).find("more than"), std::string::npos);
  const std::string some(200, '('), same(200, ')');
  expect_language("root ::= " + some + "\"a\"" + same, {"a"}, {"b"});

  std::string large = "root ::= r0\n";
  for (int i = 0; large.size() < 1000000; ++i) {
    large += "r" + std::to_string(i) + " ::= \"word" + std::to_string(i) + "\" [a-z]+ (r" +
             std::to_string(i / 2) + " | [0-9]{1,3})\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  read_gbnf(large);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Gbnf, SyntaxTreeHasPlaces) {
  const GbnfSyntax syntax = parse_gbnf("root ::= \"ab\" [^x] foo*");
  ASSERT_EQ(syntax.rules.size(), 1u);
  const GbnfNode& body = syntax.nodes[syntax.rules[0].body];
  ASSERT_EQ(body.kind, GbnfNode::Kind::kSequence);
  ASSERT_EQ(body.children.size(), 3u);
  EXPECT_EQ(syntax.nodes[body.children[0]].offset, 9u);
  EXPECT_EQ(syntax.nodes[body.children[1]].offset, 14u);
  EXPECT_TRUE(syntax.nodes[body.children[1]].negated);
  const GbnfNode& repeat = syntax.nodes[body.children[2]];
  EXPECT_EQ(repeat.kind, GbnfNode::Kind::kRepeat);
  EXPECT_EQ(syntax.nodes[repeat.children[0]].text, "foo");
}

}  // namespace
}  // namespace tokrail::test
