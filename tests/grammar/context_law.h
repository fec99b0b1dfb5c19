// The law of masks over vocabularies with decode contexts, asked byte by byte, and grammars of all
// notations to ask it of.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bitset.h"
#include "base/error.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/frontends/regex_notation.h"
#include "grammar/marks.h"
#include "grammar/matcher.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/random_grammars.h"
#include "tests/grammar/random_lark.h"
#include "tests/support/property.h"

namespace tokrail::test {

using VocabularyPtr = std::shared_ptr<const Vocabulary>;

/// The language, byte by byte, over a vocabulary without contexts.
class ByteLanguage {
 public:
  explicit ByteLanguage(const Grammar& grammar)
      : start_(CompiledGrammar::compile(grammar, byte_tables())) {}

  bool is_prefix(std::string_view text) const { return Matcher(start_).accept_bytes(text); }
  bool has(std::string_view text) const {
    Matcher matcher = start_;
    return matcher.accept_bytes(text) && matcher.is_complete();
  }

 private:
  static const std::shared_ptr<MaskTables>& byte_tables() {
    static const auto tables = std::make_shared<MaskTables>(vocabulary_of(all_bytes()));
    return tables;
  }
  Matcher start_;
};

inline Grammar read_regex(std::string_view pattern) {
  Grammar grammar;
  const RuleId start = grammar.add_rule("start");
  grammar.define(start, grammar.regex(parse_regex(grammar.regexes(), pattern)));
  grammar.set_start(start);
  return grammar;
}

/// A text in a vocabulary: what has come out, and the context.
struct Place {
  std::string text;
  DecodeContext context;
};

/// Whether a text can be completed from here on. Of tables of rows this is found by trying: what is
/// held back comes out before the byte that goes on, or a suffix changes it. Of other tables it is
/// what they say that is held back.
inline bool is_viable(const ByteLanguage& language, const Vocabulary& vocabulary,
                      const Place& place, int depth = 0) {
  const DecodeTable& table = vocabulary.table();
  if (table.rows().empty()) {
    const auto& pending = vocabulary.pending(place.context);
    return (pending.empty() && language.is_prefix(place.text)) ||
           std::ranges::any_of(
               pending,
               [&](const std::string& held) { return language.is_prefix(place.text + held); }) ||
           language.has(place.text + std::string(vocabulary.final_bytes(place.context)));
  }
  if (language.is_prefix(place.text + std::string(table.released(place.context)))) return true;
  if (table.released(place.context).empty() || depth == 6) return false;
  bool found = false;
  table.for_each_overlay(place.context, [&](TokenId id) {
    if (found) return;
    const std::string text = place.text + vocabulary.bytes(place.context, id).str();
    const Place next{text, vocabulary.next_context(place.context, id)};
    found = language.is_prefix(text) && is_viable(language, vocabulary, next, depth + 1);
  });
  return found;
}

inline bool may_come(const ByteLanguage& language, const Vocabulary& vocabulary, const Place& place,
                     TokenId id) {
  if (vocabulary.is_eos(id)) {
    return language.has(place.text + std::string(vocabulary.final_bytes(place.context)));
  }
  if (!vocabulary.is_text(id)) return false;
  const SpelledBytes spelled = vocabulary.bytes(place.context, id);
  const Place next{place.text + spelled.str(), vocabulary.next_context(place.context, id)};
  if (vocabulary.is_mark(id)) {
    bool goes_on = false;
    for (int byte = 0; byte < 256 && !goes_on; ++byte) {
      goes_on = language.is_prefix(next.text + static_cast<char>(byte));
    }
    return goes_on && mark_leads_on(vocabulary, place.context, id);
  }
  return spelled.size() > 0 && is_viable(language, vocabulary, next);
}

struct Counts {
  size_t grammars = 0, places = 0, allowed = 0, deepest = 0;
};

/// Tokens that a walk should take more often.
using Prefers = std::function<bool(TokenId)>;

/// Walks at random under a grammar and compares all tokens at each place.
inline void expect_law(const Grammar& grammar, const VocabularyPtr& vocabulary,
                       const std::shared_ptr<MaskTables>& tables, Random& random, size_t walks,
                       size_t steps, Counts& counts, const Prefers& prefers = {}) {
  std::shared_ptr<const CompiledGrammar> compiled;
  try {
    compiled = CompiledGrammar::compile(grammar, tables);
  } catch (const Error&) {
    return;  // an empty language
  }
  const ByteLanguage language(grammar);
  ++counts.grammars;
  std::vector<uint32_t> mask(mask_words(vocabulary->size()));
  for (size_t walk = 0; walk < walks; ++walk) {
    const DecodeContext start =
        below(random, 2) == 0 ? vocabulary->start_context() : vocabulary->inside_context();
    Matcher matcher(compiled, start);
    Place place{"", start};
    for (size_t step = 0; step <= steps; ++step) {
      ++counts.places;
      counts.deepest = std::max(counts.deepest, step);
      const MaskStatus status = matcher.fill_mask(mask);
      ASSERT_EQ(status == MaskStatus::kOk, mask_any(mask));
      ASSERT_EQ(matcher.is_complete(),
                may_come(language, *vocabulary, place, vocabulary->roles().eos.at(0)));
      std::vector<TokenId> allowed;
      for (TokenId id = 0; id < vocabulary->size(); ++id) {
        const bool may = may_come(language, *vocabulary, place, id);
        ASSERT_EQ(mask_test(mask, id), may)
            << "behind \"" << escaped(place.text) << "\" in context " << place.context << ": id "
            << id << " \"" << vocabulary->piece(id) << '"';
        ASSERT_EQ(matcher.allows(id), may) << "id " << id;
        if (may && !vocabulary->is_eos(id)) allowed.push_back(id);
      }
      counts.allowed += allowed.size();
      if (allowed.empty()) break;
      if (prefers && below(random, 2) == 0) {
        std::vector<TokenId> preferred;
        std::ranges::copy_if(allowed, std::back_inserter(preferred), prefers);
        if (!preferred.empty()) allowed.swap(preferred);
      }
      const TokenId id = allowed[below(random, allowed.size())];
      place.text += vocabulary->bytes(place.context, id).str();
      place.context = vocabulary->next_context(place.context, id);
      ASSERT_TRUE(matcher.accept(id));
    }
  }
}

inline constexpr const char* kSchemas[] = {
    R"({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}})",
    R"({"type": "array", "items": {"enum": ["a", "ab", "b", "\u00e9", 1, null]}, "maxItems": 3})",
    R"({"type": "string", "minLength": 1, "maxLength": 3})",
    R"({"type": "object", "additionalProperties": {"type": "boolean"}, "maxProperties": 2})",
    R"({"type": "array", "uniqueItems": true, "items": {"type": "string", "pattern": "^[ab]*$"}})",
    R"({"anyOf": [{"const": "a b"}, {"type": "number", "minimum": -1, "maximum": 1}]})",
    R"({"type": "string", "pattern": "^(a|\u00e9)+ ?b$"})",
    R"({"oneOf": [{"type": "object", "required": ["ab"]}, {"type": "array"}]})"};
inline constexpr const char* kGbnfs[] = {"root ::= \"a\" root \"b\" | \" \" | \"\"",
                                         "root ::= [a-b]+ (\" \" [a-b]+)*",
                                         "root ::= \"ab\" | \"a\" root | \"\xC3\xA9\" root",
                                         "root ::= ([^a] | \"aa\")*",
                                         "root ::= root \",\" root | \"a\"",
                                         "root ::= \" \"? \"kitap\" (\" \" | \",\")*",
                                         "root ::= [\xC3\xA0-\xC3\xBF]+ \"a\"",
                                         "root ::= ws \"a\" ws\nws ::= \" \"*"};
inline constexpr const char* kRegexes[] = {"( a|a b)*",       "[a-b ]{1,5}", "a*(,a*)*",
                                           "(\xC3\xA9|a)+b?", "kita(p|bı)?", ".*",
                                           "( ?[ab]+)+",      "(ab|a|b )*"};

/// Grammars of all notations, `count` of them random.
inline std::vector<Grammar> grammars(Random& random, size_t count) {
  std::vector<Grammar> all;
  for (const char* schema : kSchemas) {
    all.push_back(read_json_schema(schema).grammar);
    JsonSchemaOptions any;
    any.key_order = KeyOrder::kAny;
    all.push_back(read_json_schema(schema, any).grammar);
  }
  for (const char* text : kGbnfs) all.push_back(read_gbnf(text));
  for (const char* text : kRegexes) all.push_back(read_regex(text));
  for (size_t i = 0; i < count; ++i) {
    if (i % 2 == 0) {
      all.push_back(RandomGrammar(random).make());
    } else {
      const auto mix = static_cast<RandomLark::Mix>(below(random, 3));
      all.push_back(read_lark(RandomLark(random, mix).make()));
    }
  }
  return all;
}

inline void expect_law(const VocabularyPtr& vocabulary, Random& random, size_t count, size_t walks,
                       Counts& counts) {
  const auto tables = std::make_shared<MaskTables>(vocabulary);
  for (const Grammar& grammar : grammars(random, count)) {
    SCOPED_TRACE(grammar.to_string());
    ASSERT_NO_FATAL_FAILURE(expect_law(grammar, vocabulary, tables, random, walks, 5, counts));
  }
}

inline void print(const Counts& counts) {
  std::cout << counts.grammars << " grammars, " << counts.places << " places, " << counts.allowed
            << " tokens allowed\n";
}

}  // namespace tokrail::test
