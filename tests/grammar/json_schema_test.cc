// JSON Schema to Grammar: what is accepted, refused, warned of, and where errors point to.
#include "grammar/frontends/json_schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "grammar/frontends/json_schema/number_language.h"
#include "tests/grammar/acceptor.h"
#include "tests/support/property.h"

namespace tokrail::test {
namespace {

struct Expectation {
  const char* schema;
  std::vector<std::string> valid, invalid;
};

void check(const Expectation& one, const JsonSchemaOptions& options = {}) {
  const Acceptor acceptor(read_json_schema(one.schema, options).grammar);
  for (const std::string& text : one.valid) {
    EXPECT_TRUE(acceptor.accepts(text)) << one.schema << " refuses " << text;
  }
  for (const std::string& text : one.invalid) {
    EXPECT_FALSE(acceptor.accepts(text)) << one.schema << " accepts " << text;
  }
}

std::string problem(std::string_view schema, const JsonSchemaOptions& options = {}) {
  return error_of([&] { read_json_schema(schema, options); });
}

TEST(JsonSchema, Scalars) {
  check({R"({"type": "string", "minLength": 2, "maxLength": 3})",
         {R"("ab")", R"("abc")", "\"\xF0\x9F\x98\x80\xC3\xA9\"", R"("\uD83D\uDE00\u00e9")",
          R"("\"\\")"},
         {R"("a")", R"("abcd")", R"("\uD83D\uDE00")", "\"a\nb\"", R"("a\x")", R"("\uD83Dab")",
          "ab"}});
  check({R"({"type": "integer", "minimum": 5, "exclusiveMaximum": 30})",
         {"5", "29", "5.0", "29.00"},
         {"4", "30", "05", "-5", "5.5", "29.5", "5.", "2e1x"}});
  check({R"({"type": "number", "multipleOf": 0.01})",
         {"0", "12.34", "12.3", "-0.01", "7.990"},
         {"0.001", "12.345"}});
  check({R"({"type": "integer", "multipleOf": 7})",
         {"0", "7", "49", "-21", "700"},
         {"1", "50", "699"}});
  check({R"({"type": "integer", "multipleOf": 40})",
         {"0", "40", "-80", "1000"},
         {"20", "30", "100", "4"}});
  check({R"({"enum": ["a", 1, null, true, ["x", 2], {"k": false}]})",
         {R"("a")", R"("\u0061")", "1", "1.0", "null", "true", R"(["x",2])", R"({"k": false})"},
         {R"("b")", "2", "false", "[]", R"(["x"])", "{}", R"({"k":true})"}});
  check({R"({"not": {"type": ["string", "number"]}})",
         {"null", "[]", "{}", "true"},
         {R"("")", "1", "1e3"}});
}

TEST(JsonSchema, LogicOnStringsIsExact) {
  check(
      {R"({"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "b$"}], "not": {"const": "ab"}})",
       {R"("axb")", R"("abb")"},
       {R"("ab")", R"("a")", R"("b")"}});
  check({R"({"oneOf": [{"type": "string", "maxLength": 3}, {"type": "string", "minLength": 2}]})",
         {R"("a")", R"("abcd")"},
         {R"("ab")", R"("abc")", "1"}});
  check({R"({"if": {"pattern": "^[0-9]"}, "then": {"maxLength": 2}, "else": {"minLength": 3}})",
         {R"("12")", R"("abc")", "5", "{}"},
         {R"("123")", R"("ab")"}});
}

TEST(JsonSchema, ObjectsInBothOrders) {
  const char* schema =
      R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "null"}},
                           "required": ["b"], "additionalProperties": {"type": "boolean"}})";
  check({schema,
         {R"({"b": null})", R"({"a": 1, "b": null})", R"({"a":1,"b":null,"c":true,"d":false})"},
         {"{}", R"({"b": null, "a": 1})", R"({"b": null, "b": null})", R"({"c": true, "b": null})",
          R"({"b": null, "c": 1})", R"({"b": null, "c": true, "c": true})", R"({"b": null,})"}});
  check({schema,
         {R"({"b": null, "a": 1})", R"({"c": true, "b": null, "a": 2})"},
         {R"({"a": 1, "b": null, "a": 1})", R"({"c": true, "b": null, "\u0063": true})"}},
        {.key_order = KeyOrder::kAny});
}

TEST(JsonSchema, KeysByPattern) {
  check(
      {R"({"type": "object", "patternProperties": {"^x": {"type": "integer"}, "y$": {"minimum": 3}},
             "properties": {"xs": {"maximum": 9}}, "additionalProperties": false})",
       {R"({"xs": 1, "xy": 4, "y": "s"})", "{}"},
       {R"({"xs": 10})", R"({"xs": 1.5})", R"({"xy": 2})", R"({"y": 1})", R"({"z": 1})"}},
      {.key_order = KeyOrder::kAny});
  check({R"({"type": "object", "propertyNames": {"enum": ["a", "b"]}, "minProperties": 2})",
         {R"({"a": 1, "b": 2})"},
         {R"({"a": 1})", R"({"a": 1, "c": 2})"}});
  check({R"({"type": "object", "dependentRequired": {"a": ["b"]}, "maxProperties": 2})",
         {"{}", R"({"a": 1, "b": 2})", R"({"c": 1, "d": 2})"},
         {R"({"a": 1})", R"({"a": 1, "c": 2})", R"({"a": 1, "b": 2, "c": 3})"}},
        {.key_order = KeyOrder::kAny});
}

TEST(JsonSchema, LogicOnObjects) {
  check({R"({"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})",
         {R"({"a": 1})", R"({"b": 1, "c": 2})"},
         {"{}", R"({"a": 1, "b": 2})", "1"}},
        {.key_order = KeyOrder::kAny});
  check({R"({"properties": {"kind": {"enum": ["x", "y"]}}, "required": ["kind"],
             "if": {"properties": {"kind": {"const": "x"}}}, "then": {"required": ["n"]},
             "else": {"properties": {"n": false}}})",
         {R"({"kind": "x", "n": 1})", R"({"kind": "y"})", "5"},
         {R"({"kind": "x"})", R"({"kind": "y", "n": 1})", R"({"n": 1})"}},
        {.key_order = KeyOrder::kAny});
  check({R"({"allOf": [{"properties": {"a": {"type": "integer"}}}], "properties": {"b": true},
             "unevaluatedProperties": false})",
         {R"({"a": 1, "b": 2})", "{}"},
         {R"({"a": "x"})", R"({"c": 1})"}},
        {.key_order = KeyOrder::kAny});
}

TEST(JsonSchema, Arrays) {
  check({R"({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}],
             "items": {"type": "null"}, "minItems": 1, "maxItems": 3})",
         {"[1]", R"([1, "a"])", R"([1, "a", null])"},
         {"[]", R"(["a"])", R"([1, 2])", R"([1, "a", 1])", R"([1, "a", null, null])", "[1,]"}});
  check({R"({"type": "array", "contains": {"type": "string"}, "minContains": 2, "maxContains": 2})",
         {R"(["a", "b"])", R"([1, "a", 2, "b", 3])"},
         {"[]", R"(["a"])", R"(["a", "b", "c"])", R"([1, 2])"}});
  check({R"({"type": "array", "items": {"type": ["string", "number"]}, "uniqueItems": true})",
         {"[]", R"([1, "1", 2])", R"(["a", "b"])"},
         {"[1, 1.0]", R"(["a", "\u0061"])", "[10, 1e1]"}});
  check({R"({"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": true, "minItems": 2})",
         {R"(["a", "b"])", R"(["b","a"])"},
         {R"(["a"])", R"(["a", "a"])", R"(["a", "b", "a"])"}});
  check({R"({"not": {"items": {"type": "integer"}}, "type": "array"})",
         {R"(["a"])", "[1, null]"},
         {"[]", "[1]", "[1, 2]"}});
}

TEST(JsonSchema, References) {
  check({R"({"$defs": {"tree": {"type": "object", "properties": {"kids": {"type": "array",
             "items": {"$ref": "#/$defs/tree"}}}, "additionalProperties": false}}, "$ref": "#/$defs/tree"})",
         {"{}", R"({"kids": [{}, {"kids": []}]})"},
         {R"({"kids": [1]})", "[]"}});
  check(
      {R"({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#x",
             "type": "string"}}, "definitions": {"n": {"$id": "#x", "type": "integer"}}})",
       {R"({"a": 1})"},
       {R"({"a": "s"})"}});
  EXPECT_EQ(problem(R"({"$ref": "#/nowhere"})"), "/$ref: $ref: there is nothing at \"#/nowhere\"");
  EXPECT_EQ(problem(R"({"properties": {"a": {"$ref": "http://e.org/s.json"}}})"),
            "/properties/a/$ref: $ref: only schemas of this document can be referred to, not "
            "\"http://e.org/s.json\"");
  EXPECT_NE(problem(R"({"$ref": "#"})"), "");
  EXPECT_NE(
      problem(R"({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"allOf": [{"$ref": "#/$defs/a"}]}},
                        "$ref": "#/$defs/a"})"),
      "");
  EXPECT_NE(problem(R"({"anyOf": [{"type": "string"}, {"$ref": "#"}]})"), "");
}

TEST(JsonSchema, WhatCannotEndIsLeftOut) {
  check({R"({"properties": {"a": {"$ref": "#/$defs/endless"}}, "type": "object",
             "$defs": {"endless": {"type": "object", "properties": {"n": {"$ref": "#/$defs/endless"}},
             "required": ["n"]}}})",
         {"{}", R"({"b": 1})"},
         {R"({"a": {}})"}});
  const Acceptor acceptor(read_json_schema(R"({"type": "object", "properties": {"a": {"allOf":
      [{"type": "string"}, {"type": "number"}]}}, "additionalProperties": false})")
                              .grammar);
  EXPECT_FALSE(acceptor.accepts_prefix("{\""));
  EXPECT_EQ(problem(R"({"allOf": [{"type": "string"}, {"type": "number"}]})"),
            "no JSON value satisfies the schema");
  EXPECT_EQ(problem(R"({"$ref": "#/$defs/l", "$defs": {"l": {"type": "array", "minItems": 1,
                        "items": {"$ref": "#/$defs/l"}}}})"),
            "no JSON value satisfies the schema");
}

TEST(JsonSchema, FewKeysAndFewValuesAreCounted) {
  EXPECT_EQ(problem(R"({"type": "object", "patternProperties": {"^[ab]$": true},
                        "additionalProperties": false, "minProperties": 3})"),
            "no JSON value satisfies the schema");
  const Acceptor objects(
      read_json_schema(R"({"type": "object", "patternProperties": {"^[ab]$": {"type":
      "null"}, "^c+$": {"type": "integer"}}, "additionalProperties": false, "minProperties": 2,
      "maxProperties": 2})",
                       {.key_order = KeyOrder::kAny})
          .grammar);
  EXPECT_TRUE(objects.accepts(R"({"cc": 1, "a": null})"));
  EXPECT_FALSE(objects.accepts(R"({"a": null})"));
  const Acceptor arrays(
      read_json_schema(R"({"type": "array", "items": {"type": "integer", "minimum": 1,
      "maximum": 3}, "uniqueItems": true, "minItems": 3})")
          .grammar);
  EXPECT_TRUE(arrays.accepts("[3,1,2]"));
  EXPECT_FALSE(arrays.accepts_prefix("[3,1,2,"));
  EXPECT_FALSE(arrays.accepts("[1,2]"));
}

TEST(JsonSchema, OwnOptions) {
  check({R"({"x-guidance": {"whitespace_flexible": false, "item_separator": ", "},
             "type": "array", "items": {"type": "null"}})",
         {"[null, null]", "[]"},
         {"[null,null]", "[ ]"}});
  EXPECT_NE(problem(R"({"x-guidance": {"whitespace_pattern": " *"}})"), "");
}

TEST(JsonSchema, RefusesByPointer) {
  EXPECT_EQ(
      problem(R"({"properties": {"a/b": {"type": "string", "pattern": "(?=x)y"}}})").substr(0, 32),
      "/properties/a~1b/pattern: patter");
  EXPECT_NE(problem(R"({"type": "array", "uniqueItems": true, "items": {"type": "object"}})")
                .find("/uniqueItems: uniqueItems"),
            std::string::npos);
  EXPECT_EQ(problem(R"({"minLength": "3"})"), "/minLength: minLength: expected a number");
  EXPECT_EQ(problem(R"({"type": "text"})"),
            "/type: type: expected null, boolean, number, integer, string, array or object");
  EXPECT_EQ(problem(R"({"items": 3})"), "/items: expected a schema: an object, true or false");
  EXPECT_EQ(problem(""), "1:1: the JSON text ends too early");
  EXPECT_EQ(problem("{\"a\": 1,\n \"b\" 2}"), "2:6: not JSON: unexpected text");
  EXPECT_NE(problem("{\"a\xFF\": 1}"), "");
  const JsonSchemaResult result = read_json_schema(
      R"({"type": "array", "uniqueItems": true, "items": {"type": "object"}})", {.lenient = true});
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_EQ(result.warnings[0].pointer, "/uniqueItems");
}

TEST(JsonSchema, Formats) {
  check({R"({"type": "string", "format": "date-time"})",
         {R"("2024-02-29T23:59:60Z")", R"("1998-12-31T15:59:59.5-08:00")"},
         {R"("2023-02-29T00:00:00Z")", R"("2024-01-01")", R"("2024-01-01T24:00:00Z")",
          R"("x2024-01-01T00:00:00Z")"}});
  check({R"({"type": "string", "format": "ipv6"})",
         {R"("::1")", R"("1:2:3:4:5:6:7:8")", R"("1::")", R"("::ffff:1.2.3.4")", R"("1::8")"},
         {R"("1:2:3:4:5:6:7")", R"("1::2::3")", R"("12345::")", R"(":1")",
          R"("1:2:3:4:5:6:7:8:9")"}});
  check({R"({"type": "string", "format": "uri"})",
         {R"("http://a.b/c?d#e")", R"("urn:x:y")", R"("mailto:a@b.c")", R"("http://[::1]:80/")"},
         {R"("/a/b")", R"("http://a b")", R"("1a:b")", R"("http:// x")"}});
  check({R"({"type": "string", "format": "email", "maxLength": 8})",
         {R"("a@b.cd")"},
         {R"("a@b.cdefg")", R"("a")", R"("a@")", R"(".a@b.c")"}});
  const JsonSchemaResult unknown = read_json_schema(R"({"format": "odd", "type": "string"})");
  ASSERT_EQ(unknown.warnings.size(), 1U);
  EXPECT_EQ(unknown.warnings[0].pointer, "/format");
  EXPECT_NE(problem(R"({"format": "odd", "type": "string"})", {.strict_formats = true}), "");
  check({R"({"type": "string", "format": "ipv4"})", {R"("x")"}, {}}, {.assert_formats = false});
}

TEST(JsonSchema, Styles) {
  const char* schema =
      R"({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}},
                           "additionalProperties": false})";
  check({schema, {"{ \"a\" :\n[ 1 , 2 ] }", "{}", "{ }"}, {" {}", "{} ", "{\"a\": []}  "}});
  check({schema, {R"({"a":[1,2]})", "{}"}, {R"({"a": [1,2]})", "{ }"}},
        {.style = JsonStyle::kCompact});
  check({schema, {R"({"a": [1, 2]})"}, {R"({"a":[1,2]})"}},
        {.style = JsonStyle::kCompact, .item_separator = ", ", .key_separator = ": "});
  check({schema, {"{\n  \"a\": [\n    1,\n    2\n  ]\n}", "{}"}, {R"({"a": [1, 2]})"}},
        {.style = JsonStyle::kPretty});
  check({schema, {"{  }"}, {"{   }"}}, {.max_white_space = 2});
  check({R"({"type": "string"})",
         {R"("\n\"a")", R"("\u0001")"},
         {R"("\u0061")", R"("\ud83d\ude00")"}},
        {.escapes_of_printable = false});
  EXPECT_NE(problem("{}", {.style = JsonStyle::kCompact, .item_separator = ";"}), "");
}

TEST(JsonSchema, LargeAndDeepInputs) {
  std::string many = R"({"enum": [)";
  for (int i = 0; i < 5000; ++i)
    many += (i == 0 ? "\"v" : ", \"v") + std::to_string(i * 7919) + "\"";
  check({(many + "]}").c_str(), {R"("v0")", R"("v7919")"}, {R"("v1")", R"("v")"}});
  check({R"({"type": "string", "maxLength": 100000})",
         {"\"" + std::string(100000, 'a') + "\""},
         {"\"" + std::string(100001, 'a') + "\""}});
  std::string nested, closing;
  for (int i = 0; i < 10000; ++i) {
    nested += R"({"items":)";
    closing += "}";
  }
  EXPECT_NE(problem(nested + "{}" + closing).find("levels"), std::string::npos);
  nested.clear();
  closing.clear();
  for (int i = 0; i < 900; ++i) {
    nested += R"({"items":)";
    closing += "}";
  }
  EXPECT_EQ(problem(nested + "{}" + closing), "");
  std::string inverted, end;
  for (int i = 0; i < 900; ++i) {
    inverted += R"({"type":"string","not":)";
    end += "}";
  }
  EXPECT_NE(problem(inverted + "{}" + end), "");
  std::string one_of = R"({"type": "integer"})";
  for (int i = 0; i < 8; ++i) {
    one_of = R"({"oneOf": [)" + one_of + R"(, {"type": "object", "required": ["k)" +
             std::to_string(i) + R"("]}, {"type": "array"}]})";
  }
  check({one_of.c_str(), {"1"}, {R"("s")", "[]"}}, {.key_order = KeyOrder::kAny});
}

// Every plain decimal is decided, and as exact arithmetic does; other spellings never wrongly.
TEST(NumberLanguages, AgreeWithArithmetic) {
  RegexSet set;
  NumberLanguages numbers(set);
  std::vector<std::string> texts;
  for (const char* whole : {"0", "1", "2", "9", "10", "12", "99", "100", "120", "1000"}) {
    for (const char* fraction : {"", ".0", ".5", ".25", ".05", ".50", ".125", ".999", ".001"}) {
      for (const char* exponent : {"", "e0", "e1", "E+2", "e-1", "e-02", "e10"}) {
        texts.push_back(std::string(whole) + fraction + exponent);
        texts.push_back("-" + texts.back());
      }
    }
  }
  const auto decided = [](const std::string& text) {
    return text.find_first_of("eE") == std::string::npos;
  };
  const auto hold = [&](const NumberLanguage& language, const std::string& what, auto truth) {
    for (const std::string& text : texts) {
      const Decimal value = *Decimal::parse(text);
      const bool yes = set.matches(language.yes, text), no = set.matches(language.no, text);
      EXPECT_FALSE(yes && !truth(value)) << what << " wrongly has " << text;
      EXPECT_FALSE(no && truth(value)) << what << " wrongly lacks " << text;
      if (decided(text)) {
        EXPECT_TRUE(yes || no) << what << " does not decide " << text;
      }
    }
  };
  for (const char* bound :
       {"0", "1", "-1", "10", "9.5", "-12.25", "100", "0.05", "1e2", "-0.001", "99"}) {
    const Decimal limit = *Decimal::parse(bound);
    for (const bool strictly : {false, true}) {
      hold(numbers.at_least(limit, strictly), std::string(">= ") + bound,
           [&](const Decimal& v) { return strictly ? v > limit : v >= limit; });
      hold(numbers.at_most(limit, strictly), std::string("<= ") + bound,
           [&](const Decimal& v) { return strictly ? v < limit : v <= limit; });
    }
    hold(numbers.of({limit}), std::string("== ") + bound,
         [&](const Decimal& v) { return v == limit; });
  }
  hold(numbers.integer(false), "integer", [](const Decimal& v) { return v.is_integer(); });
}

TEST(NumberLanguages, MultiplesAgreeWithArithmetic) {
  RegexSet set;
  NumberLanguages numbers(set);
  struct Factor {
    const char* text;
    int64_t thousandths;
  };
  for (const Factor factor : {Factor{"1", 1000},
                              {"2", 2000},
                              {"3", 3000},
                              {"7", 7000},
                              {"10", 10000},
                              {"12", 12000},
                              {"40", 40000},
                              {"0.5", 500},
                              {"0.01", 10},
                              {"2.5", 2500},
                              {"0.25", 250},
                              {"1.5", 1500},
                              {"33", 33000},
                              {"0.003", 3}}) {
    const NumberLanguage language = numbers.multiple_of(*Decimal::parse(factor.text));
    for (int64_t n = 0; n < 130000; n += 250) {
      for (const int64_t thousandths : {n, n + 10, n + 3}) {
        const std::string text = Decimal::parse(std::to_string(thousandths) + "e-3")->to_string();
        const bool multiple = thousandths % factor.thousandths == 0;
        EXPECT_EQ(set.matches(language.yes, text), multiple) << text << " of " << factor.text;
        EXPECT_EQ(set.matches(language.no, text), !multiple) << text << " of " << factor.text;
      }
    }
  }
}

TEST(JsonSchema, ShortNumbersAreWrittenAsProgramsWriteThem) {
  const auto takes = [](const char* schema, const char* text) {
    const Grammar grammar = read_json_schema(schema, {.short_numbers = true}).grammar;
    return Acceptor(grammar).accepts(text);
  };
  for (const char* text : {"0", "12", "-7"}) EXPECT_TRUE(takes(R"({"type": "integer"})", text));
  for (const char* text : {"12.0", "12.00", "1e1", "-0", "00"}) {
    EXPECT_FALSE(takes(R"({"type": "integer"})", text)) << text;
  }
  EXPECT_TRUE(takes(R"({"type": "number", "multipleOf": 0.25})", "1.25"));
  EXPECT_FALSE(takes(R"({"type": "number", "multipleOf": 0.25})", "1.250"));
  EXPECT_FALSE(takes(R"({"type": "number"})", "1.5e3"));
  // A value that has no short spelling keeps its own.
  EXPECT_TRUE(takes(R"({"const": 1e40})", "1e40"));
}

}  // namespace
}  // namespace tokrail::test
