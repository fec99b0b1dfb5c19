// Grammars with texts that they take and refuse, from the tests of other engines.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/lark.h"
#include "grammar/frontends/regex_notation.h"
#include "tests/grammar/acceptor.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"

namespace tokrail::test {
namespace {

constexpr std::string_view kPrefixMark = "FINAL_REJECT:";

struct Case {
  std::string id, kind, grammar;
  std::vector<std::string> valid, invalid;
};

std::vector<std::string> strings_of(const boost::json::object& object, std::string_view key) {
  std::vector<std::string> all;
  for (const auto& one : object.at(key).as_array()) all.emplace_back(one.as_string());
  return all;
}

std::vector<Case> read_cases(const std::filesystem::path& path,
                             const std::filesystem::path& overrides) {
  std::set<std::string> skipped;
  for (const auto& object : read_json_lines(overrides)) {
    if (object.contains("skip")) skipped.insert(string_member(object, "id"));
  }
  std::vector<Case> cases;
  for (const auto& object : read_json_lines(path)) {
    Case one{string_member(object, "id"), string_member(object, "kind"),
             string_member(object, "grammar"), strings_of(object, "valid"),
             strings_of(object, "invalid")};
    if (one.kind != "json_schema" && !skipped.contains(one.id)) cases.push_back(std::move(one));
  }
  return cases;
}

Grammar read(const Case& one) {
  if (one.kind == "gbnf" || one.kind == "ebnf") return read_gbnf(one.grammar);
  if (one.kind != "regex") return read_lark(one.grammar);
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), one.grammar)));
  grammar.set_start(root);
  return grammar;
}

// What is wrong with a case, or "".
std::string problem_of(const Case& one) {
  std::unique_ptr<Acceptor> acceptor;
  try {
    const Grammar grammar = read(one);
    grammar.check();
    // These name tokens that a vocabulary of bytes does not have.
    if (one.kind == "lark_compiles") return "";
    acceptor = std::make_unique<Acceptor>(grammar);
  } catch (const Error& error) {
    return one.kind == "lark_error" ? "" : error.what();
  }
  if (one.kind == "lark_error") return "is read without an error";
  for (const std::string& text : one.valid) {
    if (!acceptor->accepts(text)) return "refuses " + escaped(text);
  }
  for (std::string text : one.invalid) {
    const bool is_prefix = text.starts_with(kPrefixMark);
    if (is_prefix) text.erase(0, kPrefixMark.size());
    if (acceptor->accepts(text)) return "takes " + escaped(text);
    if (is_prefix && !acceptor->accepts_prefix(text)) return "refuses prefix " + escaped(text);
  }
  return "";
}

TEST(EngineCases, AreRight) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "grammar/engine_cases.jsonl");
  TOKRAIL_REQUIRE_SHARED_DATA(overrides, "grammar/engine_cases.overrides.jsonl");
  std::map<std::string, int> counts;
  for (const Case& one : read_cases(path, overrides)) {
    ++counts[one.kind];
    EXPECT_EQ(problem_of(one), "") << one.id << " (" << one.kind << ")\n" << one.grammar;
  }
  for (const auto& [kind, count] : counts) {
    std::printf("[ COUNT    ] %s %d\n", kind.c_str(), count);
  }
}

// The same texts under each notation a grammar is written in.
TEST(OwnGrammars, AreRight) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "grammar/own_grammars.jsonl");
  for (const auto& object : read_json_lines(path)) {
    for (const std::string kind : {"gbnf", "lark", "regex"}) {
      if (!object.contains(kind)) continue;
      Case one{string_member(object, "id"), kind, string_member(object, kind), {}, {}};
      for (const auto& test : object.at("tests").as_array()) {
        const bool is_valid = test.as_object().at("valid").as_bool();
        (is_valid ? one.valid : one.invalid).push_back(string_member(test.as_object(), "text"));
      }
      EXPECT_EQ(problem_of(one), "") << one.id << " (" << one.kind << ")";
    }
  }
}

// Example grammars of llama.cpp and llguidance.
TEST(ExampleGrammars, AreRead) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "grammar/gbnf");
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    EXPECT_EQ(error_of([&] { Acceptor(read_gbnf(read_bytes(file.path()))); }), "") << file.path();
  }
  TOKRAIL_REQUIRE_SHARED_DATA(lark, "grammar/lark/lark.lark");
  // With greedy strings, as its own text has them: one string a line.
  const Acceptor lark_of_lark(read_lark(read_bytes(lark)));
  EXPECT_TRUE(
      lark_of_lark.accepts("start: (a | B)* \"c\"i\n     | a\na: B~1..3 -> x\n"
                           "B: /[^\\/]+/ // text\n\n%ignore \" \"\n"));
  EXPECT_FALSE(lark_of_lark.accepts("start: (a | B\n"));
  TOKRAIL_REQUIRE_SHARED_DATA(rfc, "grammar/lark/rfc.lark");
  TOKRAIL_REQUIRE_SHARED_DATA(text, "grammar/lark/rfc.xml");
  EXPECT_TRUE(Acceptor(read_lark(read_bytes(rfc))).accepts(read_bytes(text)));
}

}  // namespace
}  // namespace tokrail::test
