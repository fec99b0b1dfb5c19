// .tkg files: what is written is read, and whatever else is read is an error or a grammar.
#include "grammar/compiled_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/matcher.h"
#include "tests/grammar/acceptor.h"
#include "tests/grammar/random_grammars.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

/// What the header says, made to fit the bytes again.
void put_right(std::string& file) {
  StableHash hash;
  hash.add(std::string_view(file).substr(24));
  const uint64_t numbers[] = {file.size(), hash.value().low};
  for (size_t i = 0; i < 16; ++i) {
    file[8 + i] = static_cast<char>(numbers[i / 8] >> (8 * (i % 8)) & 0xFF);
  }
}

Grammar again(const Grammar& grammar) {
  const std::string bytes = write_compiled({.grammar = grammar});
  CompiledFile file = read_compiled(bytes);
  EXPECT_FALSE(file.vocabulary);
  EXPECT_EQ(write_compiled(file), write_compiled({.grammar = read_compiled(bytes).grammar}));
  return std::move(file.grammar);
}

/// Equal text, and equal languages of all terminals.
void expect_same(const Grammar& a, const Grammar& b) {
  ASSERT_EQ(a.to_string(), b.to_string());
  ASSERT_EQ(a.terminals().size(), b.terminals().size());
  for (size_t i = 0; i < a.terminals().size(); ++i) {
    const Terminal &one = a.terminals()[i], &other = b.terminals()[i];
    ASSERT_EQ(a.regexes().hash(one.regex), b.regexes().hash(other.regex)) << i;
    ASSERT_EQ(one.name, other.name);
    ASSERT_EQ(one.priority, other.priority);
    ASSERT_EQ(one.max_tokens, other.max_tokens);
    ASSERT_EQ(one.temperature, other.temperature);
    ASSERT_EQ(one.capture, other.capture);
  }
  ASSERT_EQ(a.rules().size(), b.rules().size());
  for (size_t i = 0; i < a.rules().size(); ++i) {
    const Grammar::Rule &one = a.rules()[i], &other = b.rules()[i];
    ASSERT_EQ(one.name, other.name);
    ASSERT_EQ(one.where, other.where);
    ASSERT_EQ(one.capture, other.capture);
    ASSERT_EQ(one.ignore, other.ignore);
    ASSERT_EQ(one.max_tokens, other.max_tokens);
    ASSERT_EQ(one.temperature, other.temperature);
  }
}

Grammar grammar_with_everything() {
  return read_lark(R"lark(
start[capture="all"]: item+ (<|a|> | <[1-3]>)? NAME
item[capture="one"]: NAME "=" value{2,5} ";" | "if" value -> x
value: NUMBER | NAME | STRING | %json {"enum": [1, null, {"a": [true]}]} | lazy | limited
lazy[lazy]: /a*b/
limited[max_tokens=9, temperature=0.5]: /[0-9]+x/
NAME.3: /[a-z_]+/ & ~/x.*/
NUMBER: /[0-9]+(\.[0-9]{1,20})?/
STRING: /"[^"\\]*"/
%ignore /[ \n]+/
)lark");
}

TEST(CompiledFile, KeepsEverything) {
  const Grammar grammar = grammar_with_everything();
  expect_same(grammar, again(grammar));
}

TEST(CompiledFile, RandomGrammarsHaveTheSameMasks) {
  test::Random random(test::property_seed());
  const auto tables =
      std::make_shared<MaskTables>(test::vocabulary_of(test::all_strings("ab,", 3)));
  const size_t size = tables->vocabulary()->size();
  std::vector<uint32_t> one(mask_words(size)), other(mask_words(size));
  int walked = 0;
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    const Grammar grammar = test::RandomGrammar(random).make();
    const Grammar loaded = again(grammar);
    ASSERT_NO_FATAL_FAILURE(expect_same(grammar, loaded));
    std::shared_ptr<const CompiledGrammar> compiled;
    try {
      compiled = CompiledGrammar::compile(grammar, tables);
    } catch (const Error& error) {
      EXPECT_THROW(CompiledGrammar::compile(loaded, tables), Error);
      continue;
    }
    const auto from_file = load_compiled(write_compiled(*compiled), tables);
    Matcher a(compiled), b(from_file);
    for (int step = 0; step < 10; ++step) {
      ASSERT_EQ(a.fill_mask(one), b.fill_mask(other));
      ASSERT_EQ(one, other);
      if (!mask_any(one)) break;
      size_t id = mask_find_next(one, test::below(random, size));
      if (id == kMaskEnd) id = mask_find_next(one, 0);
      ASSERT_TRUE(a.accept(static_cast<TokenId>(id)) && b.accept(static_cast<TokenId>(id)));
      ++walked;
    }
  }
  EXPECT_GT(walked, 300);
}

TEST(CompiledFile, ShippedGrammars) {
  int count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_path("data/grammars"))) {
    const auto extension = entry.path().extension();
    if (extension != ".gbnf" && extension != ".lark") continue;
    SCOPED_TRACE(entry.path().string());
    const std::string text = test::read_bytes(entry.path());
    const Grammar grammar = extension == ".gbnf" ? read_gbnf(text) : read_lark(text);
    ASSERT_NO_FATAL_FAILURE(expect_same(grammar, again(grammar)));
    ++count;
  }
  EXPECT_GE(count, 11);
}

TEST(CompiledFile, ManySchemas) {
  const auto data = test::find_shared_data("grammar/maskbench_quick.jsonl");
  if (!data) GTEST_SKIP() << "needs verification data: grammar/maskbench_quick.jsonl";
  size_t count = 0, number = 0;
  for (const auto& object : test::read_json_lines(*data)) {
    if (++number % 4 != 1) continue;
    const std::string schema = test::string_member(object, "schema");
    for (const KeyOrder order : {KeyOrder::kSchema, KeyOrder::kAny}) {
      JsonSchemaOptions options;
      options.key_order = order;
      options.lenient = true;
      Grammar grammar;
      try {
        grammar = read_json_schema(schema, options).grammar;
      } catch (const Error&) {
        continue;
      }
      SCOPED_TRACE(number);
      ASSERT_NO_FATAL_FAILURE(expect_same(grammar, again(grammar)));
      ++count;
    }
  }
  EXPECT_GT(count, 100u);
}

TEST(CompiledFile, OtherVocabulariesAreRefused) {
  const auto one = std::make_shared<MaskTables>(test::vocabulary_of({"a", "b"}));
  const auto other = std::make_shared<MaskTables>(test::vocabulary_of({"b", "a", "c"}));
  const auto same = std::make_shared<MaskTables>(test::vocabulary_of({"a", "b"}));
  const Grammar grammar = read_gbnf("root ::= \"a\" | \"b\"");
  const std::string bytes = write_compiled(*CompiledGrammar::compile(grammar, one));
  EXPECT_NE(load_compiled(bytes, one), nullptr);
  EXPECT_NE(load_compiled(bytes, same), nullptr);
  EXPECT_NE(load_compiled(write_compiled({.grammar = grammar}), other), nullptr);
  try {
    load_compiled(bytes, other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    const std::string what = error.what();
    EXPECT_NE(what.find(one->vocabulary()->fingerprint().hex() + " (3 ids)"), std::string::npos);
    EXPECT_NE(what.find(other->vocabulary()->fingerprint().hex() + " (4 ids)"), std::string::npos);
  }
  EXPECT_THROW(load_compiled(bytes, nullptr), Error);
}

ErrorCode code_of(std::string_view bytes) {
  try {
    (void)read_compiled(bytes);
  } catch (const Error& error) {
    return error.code();
  }
  return static_cast<ErrorCode>(0);
}

TEST(CompiledFile, TruncationAtEveryByte) {
  const std::string file = write_compiled({.grammar = grammar_with_everything()});
  EXPECT_EQ(code_of(file), static_cast<ErrorCode>(0));
  for (size_t length = 0; length < file.size(); ++length) {
    ASSERT_EQ(code_of(file.substr(0, length)), ErrorCode::kInvalidFile) << length;
    std::string cut = file.substr(0, length);
    if (length < 24) continue;
    put_right(cut);
    ASSERT_EQ(code_of(cut), ErrorCode::kInvalidFile) << length;
  }
  std::string longer = file + '\0';
  EXPECT_EQ(code_of(longer), ErrorCode::kInvalidFile);
  put_right(longer);
  EXPECT_EQ(code_of(longer), ErrorCode::kInvalidFile);
  std::string later = file;
  later[4] = 2;
  EXPECT_EQ(code_of(later), ErrorCode::kUnsupported);
}

TEST(CompiledFile, EveryFlippedBitIsSeenOrAGrammar) {
  const std::string file = write_compiled({.grammar = grammar_with_everything()});
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::string flipped = file;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_NE(code_of(flipped), static_cast<ErrorCode>(0)) << bit;
    if (bit < 8 * 24) continue;
    put_right(flipped);
    try {
      const CompiledFile read = read_compiled(flipped);
      (void)read.grammar.to_string();
    } catch (const Error&) {
    }
  }
}

// Every number of 4 bytes made huge: nothing is allocated for what is not there.
TEST(CompiledFile, HugeCounts) {
  const std::string file = write_compiled({.grammar = grammar_with_everything()});
  for (size_t at = 24; at + 4 <= file.size(); ++at) {
    for (const char byte : {'\xFF', '\x7F'}) {
      std::string changed = file;
      changed.replace(at, 4, 4, byte);
      put_right(changed);
      try {
        (void)read_compiled(changed);
      } catch (const Error& error) {
        ASSERT_EQ(error.code(), ErrorCode::kInvalidFile) << at << ": " << error.what();
      }
    }
  }
}

std::string little_endian(std::initializer_list<uint32_t> numbers) {
  std::string bytes;
  for (const uint32_t number : numbers) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
  }
  return bytes;
}

/// A file with these regular expressions and nothing else that makes sense.
std::string file_of_expressions(uint32_t count, const std::string& expressions) {
  std::string file = "TKG1" + little_endian({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, count}) + expressions;
  file += little_endian({0, 0, 0, 0});
  put_right(file);
  return file;
}

TEST(CompiledFile, ExpressionsThatWouldGrow) {
  const auto record = [](RegexSet::Kind kind, std::initializer_list<uint32_t> numbers) {
    return std::string(1, static_cast<char>(kind)) + little_endian(numbers);
  };
  using Kind = RegexSet::Kind;
  const std::string star = record(Kind::kBytes, {0, 0, 6, 0, 0, 0, 0, 0}) +
                           record(Kind::kRepeat, {3, 0, RegexSet::kUnbounded}) +
                           record(Kind::kBytes, {0, 0, 24, 0, 0, 0, 0, 0}) +
                           record(Kind::kConcat, {4, 5});
  // Doubling: x·x of a sequence.
  std::string doubling = star;
  for (uint32_t i = 0; i < 60; ++i) doubling += record(Kind::kConcat, {6 + i, 6 + i});
  EXPECT_EQ(code_of(file_of_expressions(64, doubling)), ErrorCode::kInvalidFile);
  // Doubling by choices and intersections of complements.
  for (const Kind kind : {Kind::kAlternate, Kind::kIntersect}) {
    std::string nested = star;
    for (uint32_t i = 0; i < 2000; ++i) {
      nested += i % 2 == 0 ? record(kind, {2, 6 + i, 5}) : record(Kind::kComplement, {6 + i});
    }
    EXPECT_EQ(code_of(file_of_expressions(2004, nested)), ErrorCode::kInvalidFile);
  }
  // A literal in front of a literal, again and again.
  std::string literals = record(Kind::kLiteral, {2}) + "ab" + little_endian({1});
  for (uint32_t i = 0; i < 100; ++i) {
    literals += record(Kind::kLiteral, {2}) + "ab" + little_endian({3 + i});
  }
  EXPECT_EQ(code_of(file_of_expressions(101, literals)), ErrorCode::kInvalidFile);
  // Forward, to itself, and beyond the end.
  for (const uint32_t operand : {3u, 4u, 0xFFFFFFFFu}) {
    EXPECT_EQ(code_of(file_of_expressions(1, record(Kind::kComplement, {operand}))),
              ErrorCode::kInvalidFile);
  }
}

TEST(CompiledFile, DeepGrammars) {
  Grammar grammar;
  const RuleId root = grammar.add_rule("root");
  ExprId deep = grammar.literal("a");
  RegexSet& set = grammar.regexes();
  RegexId regex = set.bytes(ByteSet::range('b', 'c'));
  for (int i = 0; i < 20000; ++i) {
    deep = i % 2 == 0 ? grammar.repeat(deep, 1, 2) : grammar.sequence({deep, grammar.literal("x")});
    regex = set.repeat(set.concat({regex, set.bytes(ByteSet::range('d', 'f'))}), 1, 3);
  }
  grammar.define(root, grammar.choice({deep, grammar.regex(regex)}));
  grammar.set_start(root);
  const std::string bytes = write_compiled({.grammar = grammar});
  EXPECT_EQ(write_compiled(read_compiled(bytes)), bytes);
}

TEST(CompiledFile, BadGrammarsAreNotWritten) {
  EXPECT_THROW(write_compiled(CompiledFile{}), Error);
}

}  // namespace
}  // namespace tokrail
