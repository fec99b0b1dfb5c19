#include "grammar/frontends/lark.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/grammar/acceptor.h"

namespace tokrail::test {
namespace {

using Texts = std::vector<std::string>;

void expect_language(const std::string& text, const Texts& valid, const Texts& invalid,
                     const LarkOptions& options = {}) {
  SCOPED_TRACE(text);
  const Acceptor acceptor(read_lark(text, options));
  for (const std::string& one : valid) EXPECT_TRUE(acceptor.accepts(one)) << one;
  for (const std::string& one : invalid) EXPECT_FALSE(acceptor.accepts(one)) << one;
}

std::string error_in(const std::string& text, const LarkOptions& options = {}) {
  return error_of([&] { read_lark(text, options); });
}

TEST(Lark, RulesAndOperators) {
  expect_language(
      "start: a+ [\"x\"] (\"y\" | \"z\")*\na: \"a\" | \"b\"~2..3 | \"c\"{2} | \"d\"~2\n",
      {"a", "abbx", "ccyz", "bbb", "dd"}, {"", "b", "c", "xa", "ddd"});
  expect_language("start: ab{,2} \"!\"\nab: \"a\"\n", {"!", "a!", "aa!"}, {"aaa!"});
  expect_language("start: \"a\"\n     | \"b\"\n     // text\n     | \"c\"  # text\n",
                  {"a", "b", "c"}, {""});
  expect_language("start: (\n  \"a\"\n  \"b\"\n)\n", {"ab"}, {"a"});
  expect_language("?start: a -> one | b\n!a.2: \"a\"\n_b: \"b\"\nb: _b\n", {"a", "b"}, {"ab"});
  expect_language("start: start \"a\" |\n", {"", "a", "aaa"}, {"b"});
}

TEST(Lark, StringsRangesAndExpressions) {
  expect_language(R"(start: "a\x41\u00e9\uD83D\uDE00\n\"\\\/")",
                  {"aA\xC3\xA9\xF0\x9F\x98\x80\n\"\\/"}, {"a"});
  expect_language("start: \"select\"i \" \" \"Ş+\"i\n", {"select ş+", "SeLeCT Ş+"}, {"elect ş+"});
  expect_language("start: \"a\"..\"c\" \"あ\"..\"ん\"\n", {"aあ", "cん"}, {"dあ", "a"});
  expect_language("start: /a.b/s /x\\/[yz]+/i\n", {"a\nbX/YZ", "aébx/y"}, {"abx/y"});
  expect_language("start: /a.c/\n", {"abc"}, {"a\nc"});
}

TEST(Lark, TerminalsAreExpressionsOverTerminals) {
  expect_language(
      "start: NUMBER\nNUMBER: SIGN? DIGIT+ (\".\" DIGIT~2)?\nSIGN: \"+\" | \"-\"\n"
      "DIGIT: \"0\"..\"9\"\n",
      {"1", "-12.50"}, {"1.5", "+"});
  expect_language("start: W\nW: /[a-z]+/ & ~(/.*/ \"x\" /.*/) & ~\"if\"\n", {"abc", "iff"},
                  {"axb", "if"});
  expect_language("start: W\nW: /[ab]+/ | /[cd]+/ & /[def]+/\n", {"ab", "dd"}, {"c", "e"});
  expect_language("start: ~\"a\" \"!\"\n", {"b!", "!"}, {"a!x"}, {.lex_every = true});
}

TEST(Lark, TheLongestTerminalIsTaken) {
  const std::string text =
      "start: \"int\" NAME \";\" | NAME \"=\" NAME \";\"\nNAME: /[a-z]+/\n%ignore \" \"\n";
  expect_language(text, {"int x;", "x = y;", "intx=y;", " int x ; "}, {"intx;"});
  // The other cut counts where all do.
  expect_language(text, {"int x;", "intx;"}, {"int;"}, {.lex_every = true});
  // Equal lengths: both count, or the higher priority.
  expect_language("start: \"if\" \"!\" | NAME \"?\"\nNAME: /[a-z]+/\n", {"if!", "if?", "ix?"},
                  {"ix!"});
  expect_language("start: IF \"!\" | NAME \"?\"\nIF.1: \"if\"\nNAME: /[a-z]+/\n", {"if!", "ix?"},
                  {"if?"});
  // A longer match that cannot be finished gives way to the shorter one.
  expect_language("start: NUMBER \"..\" NUMBER\nNUMBER: /[0-9]+(\\.[0-9]+)?/\n", {"1..2", "1.5..2"},
                  {"1.2"});
}

TEST(Lark, LazySuffixStop) {
  expect_language("start: head \"rest\"\nhead[lazy]: /[a-z]*;/\n", {"ab;rest", ";rest"},
                  {"ab;;rest", "abrest"});
  expect_language("start: f \"x\"\nf[suffix=\"</t>\"]: /(.|\\n)*/\n", {"a</t>x", "<</t>x"},
                  {"a</t></t>x", "ax"});
  expect_language("start: f \"</t>\"\nf[stop=\"</t>\"]: /(.|\\n)*/\n", {"a</t>", "a<</t>", "</t>"},
                  {"a</t></t>", "a"});
  expect_language("start: f\nf[stop=\"\"]: /[a-z]*/\n", {"", "abc"}, {"1"});
  expect_language("start: f \"!\"\nf[suffix=END]: /.*/\nEND: \";\" | \"#\"\n", {"a;!", "#!"},
                  {"a;#!"});
  expect_language("start: f \"!\"\nf[max_tokens=0]: /a+/\n", {"!"}, {"a!"});
  // The same languages without a lexer.
  expect_language("start: head \"rest\"\nhead[lazy]: /[a-z]*;/\n", {"ab;rest"}, {"ab;;rest"},
                  {.lex_every = true});
}

TEST(Lark, Attributes) {
  const Grammar grammar = read_lark(
      "start: a b c\na[capture]: \"x\"\nb[capture=\"n\", max_tokens=5, temperature=0.5]: /y+/\n"
      "c[max_tokens=7]: %lark { start: \"z\" }\n");
  EXPECT_EQ(grammar.to_string(),
            "%start start\n"
            "start ::= a b c\n"
            "a ::= \"x\"<longest> %with capture \"a\"\n"
            "b ::= b %with capture \"n\"\n"
            "c ::= lark1.start %with max_tokens 7\n"
            "lark1.start ::= \"z\"<longest>\n"
            "b = /y+/ longest max_tokens 5 temperature 0.5\n");
  EXPECT_EQ(grammar.rules()[1].where, "2:1");
}

TEST(Lark, Ignore) {
  const std::string text = "start: \"a\" (b)*\nb: \",\" \"a\"\n%ignore / +/\n%ignore \"#\"\n";
  expect_language(text, {"a", "a , a", " a#,  # a ", "a "}, {"a a", ",", "#"});
  expect_language(
      "%llguidance { \"ignore_once\": true }\nstart: \"A\" \"!\"\n%ignore /[ \\t]{1,2}/\n",
      {"A!", "A !", "A  !"}, {"A   !"});
  // What is ignored outside is not ignored in a grammar of its own.
  expect_language("start: \"(\" inner \")\"\ninner: %lark { start: \"a\" \"b\" }\n%ignore \" \"\n",
                  {"(ab )", " (ab)"}, {"(a b)"});
}

TEST(Lark, Imports) {
  expect_language(
      "%import common.INT\n%import common.CNAME -> ID\n%import common (WS, NUMBER)\n"
      "start: INT ID NUMBER\n%ignore WS\n",
      {"1 ab 2.5e3", "12x .5"}, {"x 1 2"});
  for (const auto& [name, valid, invalid] : std::vector<std::tuple<std::string, Texts, Texts>>{
           {"DIGIT", {"0"}, {"", "00"}},
           {"HEXDIGIT", {"a", "F"}, {"g"}},
           {"INT", {"012"}, {"", "-1"}},
           {"SIGNED_INT", {"-1", "+1", "1"}, {"--1"}},
           {"DECIMAL", {"1.", ".5", "1.5"}, {"1", "."}},
           {"FLOAT", {"1e5", "1.", ".5E-3"}, {"1", "e5"}},
           {"SIGNED_FLOAT", {"-1e5", "+1.5"}, {"-1"}},
           {"NUMBER", {"1", "1.5", "1e5"}, {"-1", "."}},
           {"SIGNED_NUMBER", {"-1", "+1.5e-3"}, {"+"}},
           {"ESCAPED_STRING", {"\"\"", "\"a\\\"b\""}, {"\"", "\"a\"b\"", "\"a\\\""}},
           {"LCASE_LETTER", {"a"}, {"A"}},
           {"UCASE_LETTER", {"A"}, {"a"}},
           {"LETTER", {"a", "A"}, {"1"}},
           {"WORD", {"aB"}, {"a1", ""}},
           {"CNAME", {"_a1", "a"}, {"1a", ""}},
           {"WS_INLINE", {" \t"}, {"\n", ""}},
           {"WS", {" \t\r\n\f"}, {""}},
           {"CR", {"\r"}, {"\n"}},
           {"LF", {"\n"}, {"\r"}},
           {"NEWLINE", {"\n", "\r\n\n"}, {"\r", ""}},
           {"SH_COMMENT", {"#", "# a"}, {"a", "#\n"}},
           {"CPP_COMMENT", {"// a"}, {"/", "//\n"}},
           {"C_COMMENT", {"/**/", "/* a * \n */", "/***/"}, {"/*/", "/* */ */"}},
           {"SQL_COMMENT", {"-- a"}, {"- a"}}}) {
    expect_language("%import common." + name + "\nstart: " + name + "\n", valid, invalid);
  }
}

TEST(Lark, DeclareOverrideExtend) {
  expect_language(
      "%import common.INT\n%declare INDENT\nstart: INT a\na: \"b\"\n%override INT: \"i\"\n"
      "%extend a: \"c\"\n",
      {"ib", "ic"}, {"1b"});
  EXPECT_EQ(error_in("%override a: \"b\"\nstart: a"),
            "1:11: 'a' is overridden, but there is nothing of that name before");
}

TEST(Lark, Templates) {
  expect_language(
      "start: \"[\" _sep{item, \",\"} \"]\"\n_sep{x, y}: x (y x)*\nitem: \"a\" | _sep{B, /;/}\n"
      "B: \"b\"\n",
      {"[a]", "[a,b;b,a]"}, {"[]", "[a;a]", "[b,]"});
  EXPECT_EQ(error_in("start: t{\"a\"}\nt{x, y}: x y\n"), "1:8: 't' needs 2 arguments");
  EXPECT_NE(error_in("start: t{\"a\"}\nt{x}: x t{(x x)}\n").find("instances"), std::string::npos);
}

TEST(Lark, Parameters) {
  const std::string text =
      "start: perm::0x0\n"
      "perm::_ : \"\" %if is_ones([0:3])\n"
      "        | \"a\" perm::set_bit(0) %if bit_clear(0)\n"
      "        | \"b\" perm::set_bit(1) %if bit_clear(1)\n"
      "        | \"c\" perm::set_bit(2) %if bit_clear(2)\n";
  expect_language(text, {"abc", "cab", "bca"}, {"ab", "aabc", "abca"});
  expect_language(
      "start: lst::0\nlst::_: \"a\" lst::incr([0:3]) %if lt([0:3], 2)\n"
      "  | \"b\" lst::incr([3:6]) %if not(ge([3:6], 1))\n  | \"\" %if or(eq(_, 0), bit_count_ge(_, "
      "2))\n",
      {"", "ab", "ba", "aab"}, {"a", "b", "aa", "aaab", "abb"});
  expect_language(
      "start: a::5\na::_: \"x\" a::decr([0:3]) %if gt([0:3], 0) | \".\" %if is_zeros(_)\n",
      {"xxxxx."}, {"xxxx.", "xxxxxx."});
  expect_language(
      "start: a::0xFF\na::_: b::bit_and(0x0F)\nb::_: c::clear_bit(0)\n"
      "c::_: d::bit_or(16)\nd::_: \"y\" %if eq(_, 30)\n",
      {"y"}, {"n"});
  EXPECT_EQ(error_in("start: a::1\na: \"x\"\n"), "1:8: rule 'a' has no parameter");
  EXPECT_EQ(error_in("start: a\na::_: a::_\n"), "1:8: rule 'a' needs a parameter: a::...");
  EXPECT_EQ(error_in("start: foo\nfoo: bar::_\nbar::_: bar::_\n"),
            "2:6: rule 'foo' has no parameter to give on: foo::_");
  EXPECT_EQ(error_in("start: a::0\na::_: \"x\" a::incr(_)\n").find("2:11: rules with parameters"),
            0u);
}

TEST(Lark, Tokens) {
  const Grammar grammar = read_lark("start: <|a|> <[1]> <[2-3,5]> <[^7]> <[*]>\n");
  EXPECT_EQ(grammar.to_string(),
            "%start start\nstart ::= <[\"<|a|>\"]> <[1]> <[2-3,5]> !<[7]> !<[]>\n");
  for (const std::string text : {"<[,]>", "<[5-4]>", "<[^*]>", "<[*,1]>", "<[1-2-3]>", "<[x]>"}) {
    EXPECT_EQ(error_in("start: " + text).substr(0, 4), "1:8:") << text;
  }
}

TEST(Lark, Substrings) {
  expect_language(
      "start: \"A\" %regex { \"substring_chunks\": [\"foo\", \" bar\", \" baz\"] } \"B\"\n",
      {"AB", "AfooB", "A bar bazB"}, {"Afoo bazB", "AfoB"});
  expect_language("start: %regex { \"substring_words\": \"The quick, brown fox\" }\n",
                  {"", "quick", "quick, brown", " "}, {"quic", "The brown", "brown fo"});
  expect_language("start: %regex { \"substring_chars\": \"ağaç\" }\n", {"ğa", "ağaç"},
                  {"aç ", "gç"});
  expect_language("start: %regex { \"substring_lines\": \"a\\nb\\nc\" }\n",
                  {"a\n", "b\nc", "a\nb\n"}, {"a", "a\nc"});
  for (const std::string json : {"{}", "{\"x\": \"a\"}", "[]", "{\"substring_words\": 1}",
                                 "{\"substring_words\": \"a\", \"substring_chars\": \"b\"}",
                                 "{\"substring_chunks\": [1]}"}) {
    EXPECT_NE(error_in("start: %regex " + json), "") << json;
  }
}

TEST(Lark, LargeSubstring) {
  std::string words;
  for (int i = 0; words.size() < 100000; ++i) words += "word" + std::to_string(i * 7919) + ' ';
  const auto begin = std::chrono::steady_clock::now();
  const Acceptor acceptor(read_lark("start: %regex { \"substring_words\": \"" + words + "\" }"));
  EXPECT_TRUE(acceptor.accepts(words.substr(0, words.find(' ', 5000))));
  EXPECT_FALSE(acceptor.accepts(words.substr(0, 100) + "XXX"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(Lark, NestedGrammars) {
  expect_language(
      "start: /[ab]+/ foobar\nfoobar: %lark {\n  start: \"foo\" | other\n  other: \"Bar\"\n}\n",
      {"afoo", "abBar"}, {"a", "afooa"});
  LarkOptions options;
  options.loader = [](std::string_view name) -> std::string {
    if (name == "number") return "start: /[0-9]+/ | \"(\" @number \")\"\n";
    if (name == "flag") return " {\"type\": \"boolean\"}";
    if (name == "bad") return "start: \n  missing\n";
    throw Error(ErrorCode::kNotFound, "no such file", std::string(name));
  };
  expect_language("start: @number \"=\" @flag\n", {"1=true", "((1))=false"}, {"(1=true", "1=1"},
                  options);
  EXPECT_EQ(error_in("start: @bad", options), "@bad: 2:10: expected ':'");
  EXPECT_EQ(error_in("start: @other", options), "other: no such file");
  EXPECT_EQ(error_in("start: @x"), "1:8: there is no grammar '@x': no loader is given");
}

TEST(Lark, JsonSchemas) {
  expect_language(
      "start: \"<\" %json { \"type\": \"object\", \"properties\": {\"a\": {\"const\": 1}},\n"
      "  \"required\": [\"a\"], \"additionalProperties\": false } \">\"\n%ignore \" \"\n",
      {"<{\"a\":1}>", "<{ \"a\": 1} >"}, {"<{}>", "< {\"a\":1}x>"});
  EXPECT_EQ(error_in("start: %json { foo"),
            "1:14: expected the end of the JSON value that begins here");
  EXPECT_EQ(error_in("start: %json []").substr(0, 5), "1:14:");
}

TEST(Lark, EscapesInJsonSchemas) {
  // A pattern sees characters: those that need no escape are not escaped where there is one.
  expect_language("start: %json {\"type\": \"string\", \"pattern\": \"^.$\"}", {"\"é\""},
                  {"\"\\u00e9\"", "\"éé\""});
  expect_language(
      "start: %json {\"type\": \"string\", \"x-guidance\": {\"json_allowed_escapes\": \"nt\"}}",
      {"\"é\"", "\"\\n\""}, {"\"\\b\"", "\"\\u0041\"", "\"\\/\""});
}

TEST(Lark, Errors) {
  EXPECT_EQ(error_in(""), "1:1: expected a rule 'start'");
  EXPECT_EQ(error_in("root: \"a\""), "1:10: expected a rule 'start'");
  EXPECT_EQ(error_in("start: foo"), "1:8: there is no rule or terminal 'foo'");
  EXPECT_EQ(error_in("start: \"a\"\nx: y"), "2:4: there is no rule or terminal 'y'");
  EXPECT_EQ(error_in("start: \"a\"\nstart: \"b\""), "2:1: 'start' is defined a second time");
  EXPECT_EQ(error_in("start: A\nA: \"a\" B\nB: A"), "3:4: terminal 'A' is defined by itself");
  EXPECT_EQ(error_in("start: A\nA: b\nb: \"x\""), "2:4: rule 'b' cannot be used in a terminal");
  EXPECT_EQ(error_in("start: A\nA: <x>"), "2:4: special tokens cannot be used in a terminal");
  EXPECT_EQ(error_in("start: A\nA: %json {}"), "2:10: %json cannot be used in a terminal");
  EXPECT_EQ(
      error_in("start: A & B\nA: \"a\"\nB: \"b\"").find("& is for terminals") != std::string::npos,
      true);
  EXPECT_EQ(error_in("start: \"a"), "1:10: expected '\"'");
  EXPECT_EQ(error_in("start: \"a\nb: \"x\""), "1:10: expected '\"'");
  EXPECT_EQ(error_in("start: /a"), "1:8: expected '/' at the end of the regular expression");
  EXPECT_EQ(error_in("start: (\"a\""), "1:12: expected ')'");
  EXPECT_EQ(error_in("start: \"ab\"..\"c\""),
            "1:8: a range of characters has one character at each end");
  EXPECT_EQ(error_in("start: \"b\"..\"a\""), "1:8: the range of characters is backwards");
  EXPECT_EQ(error_in("start: \"a\"{3,2}"), "1:15: a repetition needs max >= min");
  EXPECT_EQ(error_in("start: \"a\"{-1,}"), "1:15: a repetition needs min >= 0");
  EXPECT_EQ(error_in("start: Foo"),
            "1:9: expected a name in capitals (a terminal) or without any "
            "(a rule)");
  EXPECT_EQ(error_in("%import common.FOO\nstart: FOO").substr(0, 37),
            "1:9: there is no 'common.FOO'; common");
  EXPECT_EQ(error_in("%import other.FOO\nstart: FOO"),
            "1:9: only terminals of `common` can be imported");
  EXPECT_EQ(error_in("%declare A\nstart: A"), "2:8: 'A' is declared, but nothing defines it");
  EXPECT_EQ(error_in("%llguidance {\"x\": true}\nstart: \"a\""), "1:13: there is no option 'x'");
  EXPECT_EQ(error_in("start[foo=1]: \"a\""), "1:7: expected ']'");
  EXPECT_EQ(error_in("start: a\na[stop=\"\"=\"x\"]: /b/"), "2:10: expected ']'");
  EXPECT_EQ(error_in("start: \"a\" %if true"), "1:1: %if needs a rule with a parameter: name::_");
  // The place in a regular expression.
  EXPECT_EQ(error_in("start: \"é\" /ab(c/").substr(0, 3), "1:1");
  EXPECT_EQ(error_in("start: \"a\xFF\""), "1:10: the text is not UTF-8 here");
}

TEST(Lark, DeepAndLargeTexts) {
  for (const char* open : {"(", "[", "~(", "%lark { start: "}) {
    std::string text = "start: ";
    for (int i = 0; i < 20000; ++i) text += open;
    EXPECT_NE(error_in(text).find("nests deeper"), std::string::npos) << open;
  }
  std::string deep = "start: a::0\na::_: \"x\" %if ";
  for (int i = 0; i < 20000; ++i) deep += "not(";
  EXPECT_NE(error_in(deep).find("nests deeper"), std::string::npos);
  std::string nested = "start: ";
  for (int i = 0; i < 200; ++i) nested += "(";
  nested += "\"a\"";
  for (int i = 0; i < 200; ++i) nested += ")";
  expect_language(nested, {"a"}, {"b"});

  std::string chain = "start: A0\n";
  for (int i = 0; i < 20000; ++i) {
    chain += "A" + std::to_string(i) + ": A" + std::to_string(i + 1) + "\n";
  }
  expect_language(chain + "A20000: \"a\"\n", {"a"}, {"b"});

  std::string large = "start: r0\n";
  for (int i = 0; large.size() < 1000000; ++i) {
    const std::string n = std::to_string(i);
    large += "r" + n + ": \"word" + n + "\" T" + n + "+ (r" + std::to_string(i / 2) +
             " | /[0-9]{1,3}/)\nT" + n + ": /[a-z]/ \"x" + n + "\"\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  read_lark(large);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace tokrail::test
