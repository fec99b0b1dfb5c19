// Texts, schemas and grammars made to take time or memory.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/error.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/frontends/regex_notation.h"
#include "grammar/frontends/structural_tag.h"
#include "grammar/matcher.h"
#include "tests/grammar/acceptor.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

using test::Acceptor;

constexpr size_t kPiece = 65536;

Grammar read_schema(const std::string& schema) {
  return read_json_schema(schema).grammar;
}

/// Takes `text` in pieces; false where it cannot come.
bool takes(Matcher& matcher, std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(kPiece, text.size()))) {
    if (!matcher.accept_bytes(text.substr(0, kPiece))) return false;
  }
  return true;
}

std::string times(size_t count, std::string_view what) {
  std::string text;
  text.reserve(count * what.size());
  for (size_t i = 0; i < count; ++i) text += what;
  return text;
}

std::string records(size_t bytes) {
  std::string text = "[";
  for (size_t i = 0; text.size() < bytes; ++i) {
    if (i > 0) text += ", ";
    text += R"({"id": )" + std::to_string(i) + R"(, "name": "the name of number )" +
            std::to_string(i * 7919) + R"(", "tags": ["a", "b\n"], "deep": {"x": [1.5, null]}})";
  }
  return text + ']';
}

TEST(Hostile, InstanceOfTwelveMegabytes) {
  const Acceptor acceptor(read_schema(
      R"({"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"},
          "name": {"type": "string"}}, "required": ["id", "name"]}})"));
  const std::string text = records(12000000);
  const size_t before = acceptor.compiled()->memory();
  Matcher matcher(acceptor.compiled());
  ASSERT_TRUE(takes(matcher, text));
  EXPECT_TRUE(matcher.is_complete());
  // What is kept does not grow with the text.
  EXPECT_LT(acceptor.compiled()->memory(), before + (size_t{8} << 20));
  matcher.reset();
  EXPECT_FALSE(takes(matcher, text.substr(0, text.size() - 1) + "x]"));
  matcher.reset();
  ASSERT_TRUE(takes(matcher, text.substr(0, text.size() - 1)));
  EXPECT_FALSE(matcher.is_complete());
  EXPECT_FALSE(matcher.accept_bytes("]]"));
  EXPECT_TRUE(matcher.accept_bytes("]"));
}

TEST(Hostile, StringOfTwentyMegabytes) {
  const Acceptor any(read_schema(R"({"type": "string"})"));
  Matcher matcher(any.compiled());
  EXPECT_TRUE(matcher.accept_bytes("\""));
  EXPECT_TRUE(takes(matcher, times(2500000, "8 bytes ")));
  EXPECT_TRUE(matcher.accept_bytes("\""));
  EXPECT_TRUE(matcher.is_finished());
  EXPECT_LT(any.compiled()->memory(), size_t{8} << 20);
}

TEST(Hostile, NumbersOfAMillionDigits) {
  const Acceptor any(read_schema(R"({"type": "number"})"));
  EXPECT_TRUE(any.accepts(std::string(1000000, '7')));
  const Acceptor bounded(read_schema(R"({"type": "integer", "minimum": 0, "maximum": 1000})"));
  EXPECT_FALSE(bounded.accepts_prefix(std::string(1000000, '7')));
  const Acceptor multiple(read_schema(R"({"type": "integer", "multipleOf": 7})"));
  EXPECT_TRUE(multiple.accepts(std::string(100000, '7')));
}

TEST(Hostile, ObjectOfManyKeys) {
  const Acceptor acceptor(read_schema(R"({"type": "object"})"));
  std::string text = "{";
  for (int i = 0; i < 3000; ++i) text += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  EXPECT_TRUE(acceptor.accepts(text + "}"));
  EXPECT_TRUE(acceptor.accepts_prefix(text + ",\"k300"));
  EXPECT_FALSE(acceptor.accepts_prefix(text + ",\"k299\""));
}

TEST(Hostile, NestedTenThousandDeep) {
  const Acceptor any(read_schema("{}"));
  const size_t depth = 10000;
  EXPECT_TRUE(any.accepts(times(depth, "[") + times(depth, "]")));
  EXPECT_FALSE(any.accepts_prefix(times(depth, "[") + times(depth + 1, "]")));
  EXPECT_TRUE(any.accepts(times(depth, "{\"a\":[") + "1" + times(depth, "]}")));
  const Acceptor tree(read_schema(
      R"({"type": "object", "properties": {"next": {"$ref": "#"}}, "additionalProperties": false})"));
  EXPECT_TRUE(tree.accepts(times(depth, "{\"next\":") + "{}" + times(depth, "}")));
  // The schema itself is refused with a place, not read for ever.
  EXPECT_THROW(read_schema(times(depth, R"({"items":)") + "{}" + times(depth, "}")), Error);
  EXPECT_THROW(read_schema(times(depth, R"({"not":)")), Error);
}

TEST(Hostile, AmbiguousExpressionOfTenKilobytes) {
  const Acceptor acceptor(
      read_gbnf("root ::= root (\"+\" | \"*\") root | \"(\" root \")\" | [0-9]+"));
  const std::string text = times(2000, "1+22*") + "3";
  EXPECT_TRUE(acceptor.accepts(text));
  EXPECT_TRUE(acceptor.accepts(times(2500, "(") + "1" + times(2500, "+1)")));
  EXPECT_FALSE(acceptor.accepts_prefix(text + "+)"));
  const Acceptor catalan(read_gbnf("root ::= root root | \"a\""));
  EXPECT_TRUE(catalan.accepts(std::string(10000, 'a')));
}

TEST(Hostile, StarsBehindStars) {
  const std::string text(100000, 'a');
  for (const size_t count : {5u, 100u, 2000u}) {
    const Acceptor gbnf(read_gbnf("root ::= " + times(count, "\"a\"* ") + "\"b\""));
    EXPECT_TRUE(gbnf.accepts_prefix(text)) << count;
    EXPECT_FALSE(gbnf.accepts(text)) << count;
    EXPECT_TRUE(gbnf.accepts(text + "b")) << count;
  }
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), times(1000, "a*") + "b")));
  grammar.set_start(root);
  const Acceptor regex(grammar);
  EXPECT_TRUE(regex.accepts(text + "b"));
  EXPECT_FALSE(regex.accepts_prefix(text + "c"));
  const Acceptor nested(read_gbnf("root ::= (((\"a\"*)*)*)*"));
  EXPECT_TRUE(nested.accepts(text));
}

TEST(Hostile, ManyOptionalPropertiesInAnyOrder) {
  std::string schema = R"({"type": "object", "additionalProperties": false, "properties": {)";
  for (int i = 0; i < 60; ++i) {
    schema += (i ? ", \"p" : "\"p") + std::to_string(i) + R"(": {"type": "integer"})";
  }
  schema += "}}";
  JsonSchemaOptions options;
  options.key_order = KeyOrder::kAny;
  const Acceptor acceptor(read_json_schema(schema, options).grammar);
  std::string text = "{";
  for (int i = 0; i < 60; ++i) {
    text += (i ? ",\"p" : "\"p") + std::to_string(i * 37 % 60) + "\":" + std::to_string(i);
  }
  EXPECT_TRUE(acceptor.accepts(text + "}"));
  EXPECT_FALSE(acceptor.accepts_prefix(text + ","));
  EXPECT_FALSE(acceptor.accepts_prefix("{\"p5\":1,\"p5\""));
}

TEST(Hostile, ManyValuesAndLongStrings) {
  std::string schema = R"({"enum": [)";
  for (int i = 0; i < 5000; ++i) schema += (i ? ",\"v" : "\"v") + std::to_string(i * 7919) + "\"";
  const Acceptor values(read_schema(schema + "]}"));
  EXPECT_TRUE(values.accepts("\"v0\""));
  EXPECT_TRUE(values.accepts("\"v" + std::to_string(4999 * 7919) + "\""));
  EXPECT_FALSE(values.accepts("\"v1\""));
  const Acceptor length(read_schema(R"({"type": "string", "minLength": 50000,
      "maxLength": 100000})"));
  EXPECT_TRUE(length.accepts('"' + std::string(100000, 'x') + '"'));
  EXPECT_FALSE(length.accepts('"' + std::string(49999, 'x') + '"'));
  EXPECT_FALSE(length.accepts_prefix('"' + std::string(100001, 'x')));
}

TEST(Hostile, ReferencesThatNeverEnd) {
  for (const char* schema :
       {R"({"$ref": "#"})", R"({"allOf": [{"$ref": "#"}]})",
        R"({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
            "$ref": "#/$defs/a"})",
        R"({"not": {"$ref": "#"}})", R"({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]})",
        R"({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})"}) {
    try {
      const Acceptor acceptor(read_schema(schema));
      EXPECT_FALSE(acceptor.accepts("x")) << schema;
    } catch (const Error&) {  // an answer
    }
  }
}

TEST(Hostile, ExclusiveChoicesEightDeep) {
  std::string schema = R"({"type": "integer"})";
  for (int i = 0; i < 8; ++i) {
    schema = R"({"oneOf": [{"type": "string", "maxLength": )" + std::to_string(i) +
             R"(}, {"type": "array", "items": )" + schema + "}]}";
  }
  const Acceptor acceptor(read_schema(schema));
  EXPECT_TRUE(acceptor.accepts("[[[[[[[[7]]]]]]]]"));
  EXPECT_TRUE(acceptor.accepts("[[\"12345\", \"\"], \"123456\"]"));
  EXPECT_FALSE(acceptor.accepts_prefix("[[[[[[[[\""));
}

TEST(Hostile, GrammarsOfAMegabyte) {
  std::string lark = "start: r0\n", gbnf = "root ::= r0\n";
  for (int i = 0; gbnf.size() < 1000000; ++i) {
    const std::string next = 'r' + std::to_string(i + 1), name = 'r' + std::to_string(i);
    gbnf += name + " ::= \"word" + std::to_string(i) + "\" | \"x\" " + next + '\n';
    lark += name + ": \"word" + std::to_string(i) + "\" | \"x\" " + next + '\n';
    if (gbnf.size() < 1000000) continue;
    gbnf += next + " ::= \"end\"\n";
    lark += next + ": \"end\"\n";
  }
  for (const Grammar& grammar : {read_gbnf(gbnf), read_lark(lark)}) {
    const Acceptor acceptor(grammar);
    EXPECT_TRUE(acceptor.accepts("xxword2"));
    EXPECT_TRUE(acceptor.accepts(std::string(10000, 'x') + "word10000"));
    EXPECT_FALSE(acceptor.accepts_prefix("xxword3"));
  }
}

TEST(Hostile, BytesThatAreNoText) {
  test::Random random(test::property_seed());
  std::vector<std::string> texts = {"\xFF",
                                    std::string("\0", 1),
                                    "\xC3",
                                    "\xED\xA0\x80",
                                    "start: \"\xC3\"\n",
                                    "root ::= [\xFF-\xFE]",
                                    "{\"const\": \"\xC3\x28\"}",
                                    "root ::= \"\xE2\x82\""};
  for (int i = 0; i < 300; ++i) texts.push_back(test::random_broken_utf8(random, 60));
  for (const std::string& text : texts) {
    const auto read = [&](auto reader) {
      try {
        const Grammar grammar = reader(text);
        grammar.check();
      } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::kInternal) << test::escaped(text) << error.what();
      }
    };
    read([](const std::string& t) { return read_gbnf(t); });
    read([](const std::string& t) { return read_lark(t); });
    read([](const std::string& t) { return read_schema(t); });
    read([](const std::string& t) { return read_structural_tag(t); });
    read([](const std::string& t) {
      Grammar grammar;
      const RuleId root = grammar.add_rule("root");
      grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), t)));
      grammar.set_start(root);
      return grammar;
    });
  }
}

}  // namespace
}  // namespace tokrail
