// Grammars written in other notations and read back: the same language.
#include "grammar/writers/notation_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/frontends/regex_notation.h"
#include "grammar/matcher.h"
#include "tests/grammar/acceptor.h"
#include "tests/grammar/random_grammars.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"

namespace tokrail {
namespace {

Grammar regex_grammar(const std::string& pattern) {
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.regex(parse_regex(grammar.regexes(), pattern, {})));
  grammar.set_start(root);
  return grammar;
}

Grammar schema_grammar(const std::string& schema, KeyOrder order = KeyOrder::kSchema) {
  JsonSchemaOptions options;
  options.key_order = order;
  options.style = JsonStyle::kCompact;
  return read_json_schema(schema, options).grammar;
}

std::string gbnf_of(const Grammar& grammar) {
  return write_gbnf(grammar).text;
}

std::string refusal_of(const Grammar& grammar) {
  return test::error_of([&] { (void)write_gbnf(grammar); });
}

/// Equal masks along random walks: the languages are alike as far as these go.
void expect_same_walks(const Grammar& one, const Grammar& other,
                       const std::shared_ptr<MaskTables>& tables, test::Random& random,
                       int walks = 6, int steps = 12) {
  std::shared_ptr<const CompiledGrammar> first, second;
  try {
    first = CompiledGrammar::compile(one, tables);
  } catch (const Error&) {
    EXPECT_THROW(CompiledGrammar::compile(other, tables), Error);
    return;
  }
  ASSERT_NO_THROW(second = CompiledGrammar::compile(other, tables));
  const size_t size = tables->vocabulary()->size();
  std::vector<uint32_t> mask(mask_words(size)), mask2(mask_words(size));
  for (int walk = 0; walk < walks; ++walk) {
    Matcher a(first), b(second);
    std::string text;
    for (int step = 0; step < steps; ++step) {
      ASSERT_EQ(a.fill_mask(mask), b.fill_mask(mask2)) << test::escaped(text);
      ASSERT_EQ(mask, mask2) << "after \"" << test::escaped(text) << '"';
      ASSERT_EQ(a.is_complete(), b.is_complete());
      if (!mask_any(mask)) break;
      size_t id = mask_find_next(mask, test::below(random, size));
      if (id == kMaskEnd) id = mask_find_next(mask, 0);
      text += tables->vocabulary()->bytes(static_cast<TokenId>(id));
      ASSERT_TRUE(a.accept(static_cast<TokenId>(id)) && b.accept(static_cast<TokenId>(id)));
    }
  }
}

std::shared_ptr<MaskTables> byte_tables() {
  static const auto tables = std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
  return tables;
}

TEST(WriteGbnf, LooksAsAPersonWouldWriteIt) {
  const char* const text = "root ::= value\nvalue ::= [0-9]+ | \"[\" value (\",\" value)* \"]\"\n";
  EXPECT_EQ(gbnf_of(read_gbnf(text)), text);
  EXPECT_EQ(gbnf_of(regex_grammar("[^\"\\\\\\n]*")), "root ::= [^\\n\"\\\\]*\n");
  EXPECT_EQ(gbnf_of(regex_grammar("[é-ü]|日本")), "root ::= \"日本\" | [\\xE9-\\xFC]\n");
}

TEST(WriteGbnf, RandomGrammars) {
  test::Random random(test::property_seed());
  const auto tables =
      std::make_shared<MaskTables>(test::vocabulary_of(test::all_strings("ab,", 2)));
  int written = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    SCOPED_TRACE(round);
    const Grammar grammar = test::RandomGrammar(random).make();
    WrittenGrammar text;
    try {
      text = write_gbnf(grammar);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
      ++refused;
      continue;
    }
    SCOPED_TRACE(text.text);
    for (const std::string& warning : text.warnings) {
      EXPECT_NE(warning.find("can begin with itself"), std::string::npos) << warning;
    }
    Grammar again;
    ASSERT_NO_THROW(again = read_gbnf(text.text));
    ASSERT_NO_FATAL_FAILURE(expect_same_walks(grammar, again, tables, random));
    EXPECT_EQ(write_gbnf(grammar).text, text.text);
    ++written;
  }
  EXPECT_GT(written, 200);
  EXPECT_LT(refused, 200);
}

TEST(WriteGbnf, RandomTextsOfAllScripts) {
  test::Random random(test::property_seed());
  for (int round = 0; round < 60; ++round) {
    Grammar grammar;
    RegexSet& set = grammar.regexes();
    std::vector<RegexId> words;
    for (size_t i = 1 + test::below(random, 12); i > 0; --i) {
      words.push_back(set.literal(test::random_utf8(random, test::below(random, 8))));
      if (test::below(random, 3) == 0) {
        words.back() = set.difference(set.any_text(), set.containing(words.back()));
      }
    }
    const RuleId root = grammar.add_rule("root");
    grammar.define(root, grammar.regex(set.alternate(words)));
    grammar.set_start(root);
    const std::string text = gbnf_of(grammar);
    SCOPED_TRACE(text);
    ASSERT_NO_FATAL_FAILURE(expect_same_walks(grammar, read_gbnf(text), byte_tables(), random));
  }
}

TEST(WriteGbnf, ShippedGrammars) {
  test::Random random(test::property_seed());
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_path("data/grammars"))) {
    if (entry.path().extension() != ".gbnf") continue;
    SCOPED_TRACE(entry.path().string());
    const Grammar grammar = read_gbnf(test::read_bytes(entry.path()));
    const std::string text = gbnf_of(grammar);
    const Grammar again = read_gbnf(text);
    ASSERT_NO_FATAL_FAILURE(expect_same_walks(grammar, again, byte_tables(), random, 10, 40));
    EXPECT_EQ(gbnf_of(again), text);
    const test::Acceptor acceptor(again);
    const auto examples =
        entry.path().parent_path() / (entry.path().stem().string() + ".examples.jsonl");
    for (const auto& object : test::read_json_lines(examples)) {
      const std::string example = test::string_member(object, "text");
      if (const auto* valid = object.if_contains("valid")) {
        EXPECT_EQ(acceptor.accepts(example), valid->as_bool()) << test::escaped(example);
      }
      if (const auto* prefix = object.if_contains("prefix")) {
        EXPECT_EQ(acceptor.accepts_prefix(example), prefix->as_bool()) << test::escaped(example);
      }
    }
    ++count;
  }
  EXPECT_GE(count, 4);
}

constexpr const char* kSchemas[] = {
    R"({"type": "object", "properties": {"name": {"type": "string", "maxLength": 30},
        "age": {"type": "integer", "minimum": 0, "maximum": 150}, "é": {"type": "null"},
        "tags": {"type": "array", "items": {"enum": ["red", "grün", "blue"]}}},
        "required": ["age"], "additionalProperties": false})",
    R"({"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "minProperties": 2,
        "additionalProperties": false, "dependentRequired": {"a": ["c"]}})",
    R"({"type": "object", "properties": {"a": {"type": "number"}}, "maxProperties": 1})",
    R"({"type": "string", "pattern": "^[a-zé]+$", "not": {"pattern": "oo"}})",
    R"({"type": "string", "minLength": 2, "maxLength": 5000})",
    R"({"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "minimum": 7}]})",
    R"({"type": "array", "prefixItems": [{"type": "boolean"}, {"format": "date"}], "items": false})"};

TEST(WriteGbnf, Schemas) {
  test::Random random(test::property_seed());
  for (const char* schema : kSchemas) {
    for (const KeyOrder order : {KeyOrder::kSchema, KeyOrder::kAny}) {
      SCOPED_TRACE(schema);
      const Grammar grammar = schema_grammar(schema, order);
      WrittenGrammar written = write_gbnf(grammar, {.lenient = true});
      const Grammar again = read_gbnf(written.text);
      if (!written.warnings.empty()) continue;
      ASSERT_NO_FATAL_FAILURE(expect_same_walks(grammar, again, byte_tables(), random, 8, 60));
    }
  }
}

TEST(WriteGbnf, IgnoredTextAndTokens) {
  LarkOptions options;
  options.lex_every = true;
  const Grammar grammar = read_lark(R"lark(
start: item ("," item)* <[5]>?
item: NAME | "(" start ")"
NAME: /[a-z]+/
%ignore /[ \n]/
)lark",
                                    options);
  test::Random random(test::property_seed());
  ASSERT_NO_FATAL_FAILURE(
      expect_same_walks(grammar, read_gbnf(gbnf_of(grammar)), byte_tables(), random, 20, 20));
  const Grammar tokens = read_gbnf("root ::= <[1]> | !<[2]> <|eot|> | !<think>\n");
  EXPECT_EQ(gbnf_of(tokens), "root ::= <[1]> | !<[2]> <|eot|> | !<think>\n");
}

TEST(WriteGbnf, SaysWhatCannotBeSaid) {
  EXPECT_EQ(refusal_of(read_lark("start: A A\nA: /a+/\n")),
            "1:1: rule 'start': GBNF has no lexer, and what terminal a+ matches may either end or "
            "go on with a");
  EXPECT_NE(refusal_of(schema_grammar("{\"type\": \"object\"}")).find("must differ"),
            std::string::npos);
  std::string many = "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {";
  for (int i = 0; i < 20; ++i) many += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\": {}";
  EXPECT_NE(refusal_of(schema_grammar(many + "}}", KeyOrder::kAny)).find("more than 4096 rules"),
            std::string::npos);
  EXPECT_EQ(refusal_of(schema_grammar(many + "}}")).find("more than 4096 rules"),
            std::string::npos);
  Grammar bytes;
  const RuleId root = bytes.add_rule("raw", "3:4");
  bytes.define(root, bytes.regex(bytes.regexes().bytes(ByteSet::range(0x80, 0xFF))));
  bytes.set_start(root);
  EXPECT_EQ(refusal_of(bytes).substr(0, 21), "3:4: rule 'raw': an e");
  EXPECT_THROW(write_gbnf(Grammar()), Error);
}

TEST(WriteGbnf, LexedGrammarsWhereItMakesNoDifference) {
  test::Random random(test::property_seed());
  const Grammar grammar = read_lark(R"lark(
start: "{" (pair ("," pair)*)? "}"
pair: NAME ":" (NUMBER | NAME | start)
NAME: /[a-z]+/
NUMBER: /[0-9]+(\.[0-9]+)?/
%ignore /[ \n]+/
)lark");
  ASSERT_NO_FATAL_FAILURE(
      expect_same_walks(grammar, read_gbnf(gbnf_of(grammar)), byte_tables(), random, 20, 30));
}

TEST(WriteGbnf, WarnsOfWhatLlamaCppRefuses) {
  const auto warnings = [](const char* text) { return write_gbnf(read_gbnf(text)).warnings; };
  EXPECT_EQ(warnings("root ::= sum \"x\"\nsum ::= maybe term | term\nmaybe ::= sum? \"+\"*\n"
                     "term ::= [0-9] | \"(\" sum \")\"\n"),
            std::vector<std::string>{"rule 'sum' can begin with itself, which llama.cpp refuses"});
  EXPECT_TRUE(warnings("root ::= \"a\" root | \"(\" root \")\" | \"b\"\n").empty());
}

TEST(WriteGbnf, DeepAndSharedGrammarsStaySmall) {
  Grammar grammar;
  RegexSet& set = grammar.regexes();
  ExprId deep = grammar.literal("a");
  RegexId regex = set.bytes(ByteSet::range('b', 'c'));
  for (int i = 0; i < 3000; ++i) {
    deep =
        i % 2 == 0 ? grammar.optional(deep) : grammar.sequence({deep, deep, grammar.literal("x")});
    regex = set.alternate({set.concat({regex, set.bytes(ByteSet::range('d', 'f'))}),
                           set.concat({set.literal("x"), regex})});
  }
  const RuleId root = grammar.add_rule("root");
  grammar.define(root, grammar.choice({deep, grammar.regex(regex)}));
  grammar.set_start(root);
  const std::string text = gbnf_of(grammar);
  EXPECT_LT(text.size(), 2000000u);
  EXPECT_NO_THROW(read_gbnf(text));
}

std::string lark_of(const Grammar& grammar) {
  return write_lark(grammar).text;
}

TEST(WriteLark, LooksAsAPersonWouldWriteIt) {
  EXPECT_EQ(lark_of(read_lark("start: value\nvalue: NUMBER | \"[\" value (\",\" value)* \"]\"\n"
                              "NUMBER.2: /[0-9]+/\n%ignore / /\n")),
            "start: value\nvalue: NUMBER | \"[\" value (\",\" value)* \"]\"\n"
            "NUMBER.2: /[0-9]/+\n%ignore \" \"\n");
}

TEST(WriteLark, ShippedGrammars) {
  test::Random random(test::property_seed());
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_path("data/grammars"))) {
    if (entry.path().extension() != ".lark") continue;
    SCOPED_TRACE(entry.path().string());
    const Grammar grammar = read_lark(test::read_bytes(entry.path()));
    const std::string text = lark_of(grammar);
    SCOPED_TRACE(text.substr(0, 3000));
    Grammar again;
    ASSERT_NO_THROW(again = read_lark(text));
    ASSERT_NO_FATAL_FAILURE(expect_same_walks(grammar, again, byte_tables(), random, 10, 40));
    ++count;
  }
  EXPECT_GE(count, 3);
}

TEST(WriteLark, RandomGrammars) {
  test::Random random(test::property_seed());
  const auto tables =
      std::make_shared<MaskTables>(test::vocabulary_of(test::all_strings("ab,", 2)));
  int written = 0;
  for (int round = 0; round < 600; ++round) {
    SCOPED_TRACE(round);
    const Grammar grammar = test::RandomGrammar(random).make();
    std::string text;
    try {
      text = lark_of(grammar);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
      continue;
    }
    SCOPED_TRACE(text);
    Grammar again;
    ASSERT_NO_THROW(again = read_lark(text));
    ASSERT_NO_FATAL_FAILURE(expect_same_walks(grammar, again, tables, random));
    ++written;
  }
  EXPECT_GT(written, 60);
}

TEST(WriteLark, Schemas) {
  test::Random random(test::property_seed());
  int count = 0;
  for (const char* schema : kSchemas) {
    for (const KeyOrder order : {KeyOrder::kSchema, KeyOrder::kAny}) {
      SCOPED_TRACE(schema);
      const Grammar grammar = schema_grammar(schema, order);
      WrittenGrammar written;
      try {
        written = write_lark(grammar, {.lenient = true});
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
        continue;
      }
      if (!written.warnings.empty()) continue;
      SCOPED_TRACE(written.text.substr(0, 3000));
      Grammar again;
      ASSERT_NO_THROW(again = read_lark(written.text));
      ASSERT_NO_FATAL_FAILURE(expect_same_walks(grammar, again, byte_tables(), random, 8, 60));
      ++count;
    }
  }
  EXPECT_GE(count, 8);
}

TEST(WriteLark, TokensLazyAndPriorities) {
  test::Random random(test::property_seed());
  const Grammar grammar = read_lark(R"lark(
start: (KEY | NAME | lazy)* <[1-3,5]>? <[^1,4]>?
lazy[lazy]: "<" /[a-c]*/ "c"
KEY.1: "ab" | "ba"
NAME: /[ab]{2}/ & ~/aa/
%ignore ","
)lark");
  const std::string text = lark_of(grammar);
  SCOPED_TRACE(text);
  ASSERT_NO_FATAL_FAILURE(
      expect_same_walks(grammar, read_lark(text), byte_tables(), random, 20, 20));
}

TEST(WriteLark, SaysWhatCannotBeSaid) {
  const std::string what = test::error_of(
      [] { (void)write_lark(read_gbnf("root ::= digits digits root?\ndigits ::= [0-9]{1,3}\n")); });
  EXPECT_NE(what.find("take their longest match"), std::string::npos) << what;
}

}  // namespace
}  // namespace tokrail
