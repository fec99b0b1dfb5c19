// Masks over real vocabularies: bit t == allows(t) for every token, at places along real texts.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/matcher.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

std::shared_ptr<const CompiledGrammar> compile_schema(const std::string& schema, KeyOrder order,
                                                      const std::shared_ptr<MaskTables>& tables) {
  JsonSchemaOptions options;
  options.key_order = order;
  return CompiledGrammar::compile(read_json_schema(schema, options).grammar, tables);
}

/// Follows a text token by token and compares every bit at up to `places` places of it.
void expect_masks_along(const std::shared_ptr<const CompiledGrammar>& grammar,
                        const std::vector<TokenId>& ids, test::Random& random, size_t places) {
  Matcher matcher(grammar);
  const size_t size = grammar->vocabulary().size();
  std::vector<uint32_t> mask(mask_words(size));
  for (size_t i = 0; i <= ids.size(); ++i) {
    const MaskStatus status = matcher.fill_mask(mask);
    ASSERT_TRUE(status == MaskStatus::kOk || !mask_any(mask));
    if (test::below(random, ids.size() + 1) < places) {
      for (TokenId id = 0; id < size; ++id) {
        ASSERT_EQ(mask_test(mask, id), matcher.allows(id))
            << "place " << i << " id " << id << " \"" << grammar->vocabulary().bytes(id) << '"';
      }
    }
    if (i == ids.size() || !matcher.accept(ids[i])) break;
  }
}

constexpr const char* kSchemas[] = {
    R"({"type": "object", "properties": {"name": {"type": "string", "maxLength": 30},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "tags": {"type": "array", "items": {"enum": ["red", "green", "blue"]}}},
        "required": ["name"]})",
    R"({"type": "object", "additionalProperties": {"type": "string", "minLength": 2}})",
    R"({"type": "array", "items": {"type": "string"}, "uniqueItems": true, "maxItems": 4})",
    R"({"type": "object", "patternProperties": {"^x-": {"type": "boolean"}},
        "properties": {"id": {"type": "string", "pattern": "^[a-f0-9]{8}$"}},
        "additionalProperties": false})",
    R"({})"};
constexpr const char* kInstances[] = {
    R"({"name": "Ada Lovelace", "age": 36, "tags": ["red", "blue"], "note": {"a": [1, -2.5e3]}})",
    R"({"key": "value", "key2": "a \"quoted\" \u00e9 text", "Straße": "日本語"})",
    R"(["one", "two", "one more"])", R"({"x-flag": true, "id": "deadbeef", "x-other": false})",
    R"([{"a": null, "b": {"c": "d"}}, 12, "text"])"};

TEST(Masks, ShippedVocabularyAndJsonSchemas) {
  test::Random random(test::property_seed());
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/multilingual-32k.json").string());
  const auto tables = std::make_shared<MaskTables>(tokenizer.shared_vocabulary());
  for (const char* schema : kSchemas) {
    for (const KeyOrder order : {KeyOrder::kSchema, KeyOrder::kAny}) {
      SCOPED_TRACE(schema);
      const auto grammar = compile_schema(schema, order, tables);
      for (const char* instance : kInstances) {
        ASSERT_NO_FATAL_FAILURE(expect_masks_along(grammar, tokenizer.encode(instance), random, 3));
      }
    }
  }
}

TEST(Masks, ShippedVocabularyAndLexedGrammar) {
  test::Random random(test::property_seed());
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const auto tables = std::make_shared<MaskTables>(tokenizer.shared_vocabulary());
  const Grammar source = read_lark(R"lark(
start: statement+
statement: "let" NAME "=" sum ";" | "print" sum ";"
sum: product (("+" | "-") product)*
product: atom (("*" | "/") atom)*
atom: NAME | NUMBER | "(" sum ")"
NAME: /[a-z_][a-z0-9_]*/
NUMBER: /[0-9]+(\.[0-9]+)?/
COMMENT: /\/\/[^\n]*/
%ignore /[ \t\n]+/
%ignore COMMENT
)lark");
  const auto grammar = CompiledGrammar::compile(source, tables);
  const std::string text =
      "let x = 12 * (y + 3.5); // a comment\nlet letter = x / 2;\nprint letter - x;\n";
  ASSERT_NO_FATAL_FAILURE(expect_masks_along(grammar, tokenizer.encode(text), random, 20));
  Matcher matcher(grammar);
  EXPECT_TRUE(matcher.accept_bytes(text));
  EXPECT_TRUE(matcher.is_complete());
}

TEST(Masks, RealVocabulariesAndSchemas) {
  const auto data = test::find_shared_data("grammar/maskbench_quick.jsonl");
  if (!data) GTEST_SKIP() << "needs verification data: grammar/maskbench_quick.jsonl";
  for (const char* file :
       {"tokenizers/vocab/cl100k_base.tiktoken", "tokenizers/vocab/mistral01.json"}) {
    const auto path = test::find_shared_data(file);
    if (!path) GTEST_SKIP() << "needs verification data: " << file;
    test::Random random(test::property_seed());
    const auto tokenizer = Tokenizer::load(path->string());
    const auto tables = std::make_shared<MaskTables>(tokenizer.shared_vocabulary());
    std::ifstream lines(*data);
    std::string line;
    for (size_t number = 0; std::getline(lines, line); ++number) {
      if (number % 12 != 5) continue;
      const auto item = boost::json::parse(line).as_object();
      SCOPED_TRACE(std::string(file) + " " + std::string(item.at("id").as_string()));
      std::shared_ptr<const CompiledGrammar> grammar;
      try {
        grammar =
            compile_schema(std::string(item.at("schema").as_string()), KeyOrder::kAny, tables);
      } catch (const Error&) {
        continue;  // what is refused is counted elsewhere
      }
      const std::string text(item.at("tests").as_array()[0].at("text").as_string());
      ASSERT_NO_FATAL_FAILURE(expect_masks_along(grammar, tokenizer.encode(text), random, 2));
    }
  }
}

}  // namespace
}  // namespace tokrail
