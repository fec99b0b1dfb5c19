#include "grammar/frontends/structural_tag.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/grammar/acceptor.h"
#include "tests/support/property.h"

namespace tokrail::test {
namespace {

using Texts = std::vector<std::string>;

std::string wrapped(const std::string& format) {
  return R"({"type": "structural_tag", "format": )" + format + "}";
}

void expect_language(const std::string& format, const Texts& valid, const Texts& invalid) {
  SCOPED_TRACE(format);
  const Acceptor acceptor(read_structural_tag(wrapped(format)));
  for (const std::string& one : valid) EXPECT_TRUE(acceptor.accepts(one)) << one;
  for (const std::string& one : invalid) EXPECT_FALSE(acceptor.accepts(one)) << one;
}

std::string error_in(const std::string& text) {
  return error_of([&] { read_structural_tag(text); });
}

const std::string kConst = R"({"type": "const_string", "value": "ab"})";
const std::string kText = R"({"type": "any_text"})";

TEST(StructuralTag, SimpleFormats) {
  expect_language(kConst, {"ab"}, {"", "a", "abab"});
  expect_language(R"({"type": "regex", "pattern": "[A-Z]{2}"})", {"AB"}, {"A", "ABC"});
  expect_language(R"({"type": "grammar", "grammar": "root ::= \"x\" root | \"y\""})", {"y", "xxy"},
                  {"x"});
  expect_language(R"({"type": "json_schema", "json_schema": {"type": "boolean"}})", {"true"},
                  {"1"});
  expect_language(R"({"type": "json_schema", "json_schema": {"const": 12345678901234567890.5}})",
                  {"12345678901234567890.5"}, {"12345678901234567890"});
  expect_language(kText, {"", "any\n", "é"}, {"\xFF"});
  expect_language(R"({"type": "any_text", "excludes": ["<x"], "max_chars": 3})", {"", "<é<"},
                  {"abcd", "a<x"});
}

TEST(StructuralTag, Compositions) {
  expect_language(R"({"type": "sequence", "elements": [)" + kConst + "," + kConst + "]}", {"abab"},
                  {"ab"});
  expect_language(
      R"({"type": "or", "elements": [)" + kConst + R"(, {"type": "const_string", "value": "c"}]})",
      {"ab", "c"}, {"", "abc"});
  expect_language(R"({"type": "optional", "content": )" + kConst + "}", {"", "ab"}, {"abab"});
  expect_language(R"({"type": "plus", "content": )" + kConst + "}", {"ab", "abab"}, {""});
  expect_language(R"({"type": "star", "content": )" + kConst + "}", {"", "abab"}, {"a"});
  expect_language(R"({"type": "repeat", "min": 2, "max": 3, "content": )" + kConst + "}",
                  {"abab", "ababab"}, {"ab", "abababab"});
  expect_language(R"({"type": "repeat", "min": 1, "max": -1, "content": )" + kConst + "}",
                  {"ab", "abababab"}, {""});
}

TEST(StructuralTag, TagsEndAtTheFirstEnd) {
  expect_language(R"({"type": "tag", "begin": "<t>", "content": )" + kText + R"(, "end": "</t>"})",
                  {"<t></t>", "<t>a</</t>",
                   "<t>\n</t"
                   "/</t>"},
                  {"<t>a</t>b</t>", "<t>a", "a"});
  // Ends that overlap with themselves.
  expect_language(R"({"type": "tag", "begin": "", "content": )" + kText + R"(, "end": "aba"})",
                  {"aba", "xaba", "aaba"}, {"ababa", "abaaba"});
  expect_language(
      R"({"type": "tag", "begin": "<", "content": )" + kText + R"(, "end": ["b>", "b]"]})",
      {"<b>", "<ab]", "<bb>"}, {"<b>b]", "<b"});
  expect_language(R"({"type": "tag", "begin": "<", "content": )" + kConst + R"(, "end": ""})",
                  {"<ab"}, {"<"});
  // The end reaches into what comes last.
  expect_language(R"({"type": "tag", "begin": "<", "content": {"type": "sequence", "elements": [)" +
                      kConst + R"(, {"type": "or", "elements": [)" + kText + "," + kConst +
                      R"(]}]}, "end": ">"})",
                  {"<ab>", "<abab>", "<abx>"}, {"<ab>>", "<abx>y>"});
}

const std::string kCalls = R"({"type": "triggered_tags", "triggers": ["<f="], "tags": [
  {"begin": "<f=a>", "content": {"type": "regex", "pattern": "[0-9]+"}, "end": "</f>"},
  {"begin": "<f=b>", "content": {"type": "json_schema", "json_schema": {"type": "object",
    "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": false}},
    "end": "</f>"}])";

TEST(StructuralTag, TriggeredTags) {
  expect_language(kCalls + "}",
                  {"", "text <f", "<f=a>12</f>", "hi <f=b>{\"x\":1}</f> and <f=a>3</f><f=a>4</f>.",
                   "<<f=a>1</f><", "<f=a>1</f></f>"},
                  {"<f=", "x<f=c>", "<f=a>x</f>", "<f=a>1</f><f=", "<f=a>1"});
  expect_language(kCalls + R"(, "at_least_one": true})",
                  {"<f=a>1</f>", "<f=a>1</f> text <f=a>2</f>"}, {"", "text", " <f=a>1</f>"});
  expect_language(kCalls + R"(, "stop_after_first": true})", {"", "text", "x<f=a>1</f>"},
                  {"x<f=a>1</f>y", "<f=a>1</f><f=a>1</f>"});
  expect_language(kCalls + R"(, "stop_after_first": true, "at_least_one": true})", {"<f=a>1</f>"},
                  {"", "x<f=a>1</f>", "<f=a>1</f> "});
  expect_language(kCalls + R"(, "excludes": ["bad", "x<f"]})", {"ba <f=a>1</f>"},
                  {"bad", "x<f=a>1</f>", "<f=a>1</f>bad"});
}

TEST(StructuralTag, TriggersOverlap) {
  // The first trigger that is complete counts, also where it overlaps with itself or another.
  const std::string format = R"({"type": "triggered_tags", "triggers": ["aba", "bb"], "tags": [
    {"begin": "abac", "content": {"type": "const_string", "value": "1"}, "end": ""},
    {"begin": "bbd", "content": {"type": "const_string", "value": "2"}, "end": ""}]})";
  expect_language(format, {"abac1", "aabac1", "abbd2", "xbbd2ab", "ab", "abac1bbd2"},
                  {"ababac1", "abab", "bbbd2", "aba", "bb", "abacbbd2"});
}

// Against a slow oracle: free text and tags cut by hand, over all short texts of a small alphabet.
bool oracle(const std::string& text, size_t at) {
  const std::string triggers[] = {"aab", "ba"};
  const std::string tags[] = {"aabc", "bac"};
  for (size_t end = at; end <= text.size(); ++end) {
    for (int i = 0; i < 2; ++i) {
      const std::string& trigger = triggers[i];
      if (end - at < trigger.size()) continue;
      if (text.compare(end - trigger.size(), trigger.size(), trigger) != 0) continue;
      const size_t begin = end - trigger.size();
      const bool is_tag = text.compare(begin, tags[i].size(), tags[i]) == 0;
      return is_tag && oracle(text, begin + tags[i].size());
    }
  }
  return true;
}

TEST(StructuralTag, IsTheOraclesLanguage) {
  const Acceptor acceptor(
      read_structural_tag(wrapped(R"({"type": "triggered_tags", "triggers": ["aab", "ba"], "tags": [
        {"begin": "aabc", "content": {"type": "const_string", "value": ""}, "end": ""},
        {"begin": "bac", "content": {"type": "const_string", "value": ""}, "end": ""}]})")));
  for (const std::string& text : all_strings("abc", 8)) {
    ASSERT_EQ(acceptor.accepts(text), oracle(text, 0)) << text;
  }
}

TEST(StructuralTag, TriggeredTagsInsideATag) {
  expect_language(R"({"type": "tag", "begin": "[", "end": "]", "content": )" + kCalls + "}}",
                  {"[]", "[text]", "[a<f=a>1</f>b]", "[<f]"},
                  {"[", "[a]b]", "[<f=]", "[<f=a>1</f>"});
  expect_language(R"({"type": "tag", "begin": "[", "end": "]", "content": )" + kCalls +
                      R"(, "stop_after_first": true}})",
                  {"[]", "[a<f=a>1</f>]"}, {"[a<f=a>1</f>b]"});
}

TEST(StructuralTag, TagsWithSeparator) {
  const std::string format = R"~({"type": "tags_with_separator", "separator": ",", "tags": [
    {"begin": "<", "content": {"type": "any_text"}, "end": ">"},
    {"begin": "(", "content": {"type": "const_string", "value": "x"}, "end": ")"}])~";
  expect_language(format + "}", {"", "<>", "<a>,(x),<>"}, {",", "<a>,", "<a>(x)", "<a>,a>"});
  expect_language(format + R"(, "at_least_one": true})", {"<>", "<a>,(x)"}, {""});
  expect_language(format + R"(, "stop_after_first": true})", {"", "(x)"}, {"(x),(x)"});
}

TEST(StructuralTag, Dispatch) {
  const std::string format = R"({"type": "dispatch", "rules": [["#", {"type": "regex",
    "pattern": "[0-9]"}], ["@", {"type": "const_string", "value": "me"}]])";
  expect_language(format + "}", {"", "a#1b@me@me", "#1#2"}, {"#", "a@x"});
  expect_language(format + R"(, "loop": false})", {"", "a#1", "text"}, {"a#1b"});
}

TEST(StructuralTag, FlatForm) {
  const Acceptor acceptor(read_structural_tag(
      R"({"type": "structural_tag", "triggers": ["<f"], "structures": [
      {"begin": "<f1>", "schema": {"type": "integer"}, "end": "</f>"},
      {"begin": "<f2>", "schema": {"type": "boolean"}, "end": "</f>"}]})"));
  for (const std::string text : {"", "x", "x<f1>12</f>y<f2>true</f>", "<"}) {
    EXPECT_TRUE(acceptor.accepts(text)) << text;
  }
  for (const std::string text : {"<f", "<f1>true</f>", "<f3>", "<f1>1"}) {
    EXPECT_FALSE(acceptor.accepts(text)) << text;
  }
}

TEST(StructuralTag, Tokens) {
  const Grammar grammar = read_structural_tag(wrapped(
      R"({"type": "sequence", "elements": [{"type": "token", "token": 5},
      {"type": "tag", "begin": {"type": "token", "token": "<b>"}, "content": {"type": "any_tokens",
       "exclude_tokens": [7]}, "end": {"type": "token", "token": 9}},
      {"type": "exclude_token", "exclude_tokens": ["<e>"]}]})"));
  EXPECT_EQ(grammar.to_string(),
            "%start structural_tag\n"
            "structural_tag ::= <[5]> (<[\"<b>\"]> (!<[7,9]>* <[9]>)) !<[\"<e>\"]>\n");
  const Grammar triggered = read_structural_tag(
      wrapped(R"({"type": "token_triggered_tags", "trigger_tokens": [3], "exclude_tokens": [8],
      "tags": [{"begin": {"type": "token", "token": 3}, "content": )" +
              kConst + R"(, "end": {"type": "token", "token": 4}}]})"));
  EXPECT_EQ(triggered.to_string(),
            "%start structural_tag\n"
            "structural_tag ::= (!<[3,8]>* (<[3]> (\"ab\" <[4]>)))* !<[3,8]>*\n");
}

TEST(StructuralTag, Errors) {
  EXPECT_EQ(error_in("{"), error_in("{"));
  EXPECT_NE(error_in("{"), "");
  EXPECT_EQ(error_in("[]"), "#: expected an object");
  EXPECT_EQ(error_in("{}"), "#: expected a member 'type'");
  EXPECT_EQ(error_in(R"({"type": "x"})"), "#/type: expected \"structural_tag\"");
  EXPECT_EQ(error_in(R"({"type": "structural_tag"})"), "#: expected a member 'format'");
  EXPECT_EQ(error_in(wrapped(R"({"type": "xml"})")),
            "#/format/type: format 'xml' is not supported");
  EXPECT_EQ(error_in(wrapped(R"({"type": "const_string", "value": 1})")),
            "#/format/value: expected a string");
  EXPECT_EQ(error_in(wrapped(R"({"type": "const_string", "value": "", "more": 1})")),
            "#/format/more: 'more' is not known here");
  EXPECT_EQ(error_in(wrapped(R"({"type": "regex", "pattern": "("})")).substr(0, 17),
            "#/format/pattern:");
  EXPECT_EQ(error_in(wrapped(R"({"type": "grammar", "grammar": "root ::= x"})")),
            "#/format/grammar: in this grammar: 1:10: there is no rule 'x'");
  EXPECT_EQ(
      error_in(wrapped(R"({"type": "json_schema", "json_schema": {"type": "x"}})")).substr(0, 27),
      "#/format/json_schema/type: ");
  EXPECT_EQ(error_in(wrapped(R"({"type": "triggered_tags", "triggers": ["<"], "tags": [
      {"begin": "[", "content": )" +
                             kConst + R"(, "end": ""}]})")),
            "#/format/tags/0/begin: expected a begin that starts with one of the triggers");
  EXPECT_EQ(error_in(wrapped(R"({"type": "triggered_tags", "triggers": [""], "tags": []})")),
            "#/format/triggers/0: expected a string that is not empty");
  EXPECT_EQ(
      error_in(wrapped(R"({"type": "repeat", "min": 2, "max": 1, "content": )" + kConst + "}")),
      "#/format/max: expected max >= min");
  std::string deep = kConst;
  for (int i = 0; i < 200; ++i) deep = R"({"type": "star", "content": )" + deep + "}";
  EXPECT_NE(error_in(wrapped(deep)).find("formats nest deeper"), std::string::npos);
  EXPECT_NE(error_in(wrapped(std::string(100000, '['))), "");
}

}  // namespace
}  // namespace tokrail::test
