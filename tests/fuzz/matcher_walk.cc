// Random walks of accept, rollback, fork and fill_mask: after each, the mask says what allows says,
// and at the end a fresh matcher that takes the same tokens is at the same place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/matcher.h"
#include "tests/grammar/byte_vocabulary.h"

namespace {

using namespace tokrail;

struct Grammars {
  std::shared_ptr<const Vocabulary> vocabulary;
  std::vector<std::shared_ptr<const CompiledGrammar>> all;
};

std::vector<std::string> tokens() {
  auto tokens = test::all_strings("a,\"", 3);
  for (const char* text : {"{", "}",   "[",     "]",       ":",  " ",   "1",  "12",
                           "0", "\":", "\",\"", "{\"a\":", "if", "ifx", "//", "/",
                           "x", "\\",  "\xC3",  "\xA9",    "+",  "(",   ")"}) {
    tokens.push_back(text);
  }
  tokens.push_back("a");  // two ids with equal bytes
  return tokens;
}

const Grammars& grammars() {
  static const Grammars grammars = [] {
    Grammars made;
    made.vocabulary = test::vocabulary_of(tokens());
    const auto tables = std::make_shared<MaskTables>(made.vocabulary);
    const auto add = [&](const Grammar& grammar) {
      CompileLimits limits;
      limits.memory = 300000;  // starts afresh now and then
      made.all.push_back(CompiledGrammar::compile(grammar, tables, limits));
    };
    add(read_gbnf("root ::= root \"+\" root | \"(\" root \")\" | [a0-9]+\n"));
    add(read_gbnf("root ::= \"a\"{2,20} (\",\" root)?\n"));
    add(
        read_lark("start: (\"if\" | NAME | \"/\")+\nNAME: /[a-z]+/\nREM: /\\/\\/[^,]*,/\n"
                  "%ignore / /\n%ignore REM\n"));
    add(read_json_schema("{}").grammar);
    add(read_json_schema(R"({"properties": {"a": {"type": "integer"}, "aa": {"maxLength": 3}}})",
                         {.key_order = KeyOrder::kAny})
            .grammar);
    add(read_json_schema(R"({"type": "array", "items": {"type": "string"}, "uniqueItems": true})")
            .grammar);
    return made;
  }();
  return grammars;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check_mask(const Matcher& matcher, const Vocabulary& vocabulary) {
  std::vector<uint32_t> mask(mask_words(vocabulary.size()));
  const MaskStatus status = matcher.fill_mask(mask);
  require(status == MaskStatus::kOk || !mask_any(mask));
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    require(mask_test(mask, id) == matcher.allows(id));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Vocabulary& vocabulary = *grammars().vocabulary;
  Matcher matcher(grammars().all[data[0] % grammars().all.size()]);
  Matcher fork = matcher;
  std::vector<TokenId> taken, taken_by_fork;
  for (size_t i = 1; i < size && i < 400; ++i) {
    const uint8_t op = data[i];
    if (op < 220) {
      const TokenId id = op % static_cast<uint32_t>(vocabulary.size());
      const bool allowed = matcher.allows(id);
      require(matcher.accept(id) == allowed);
      if (allowed) taken.push_back(id);
    } else if (op < 232) {
      const size_t steps = op % 5;
      require(matcher.rollback(steps) == (steps <= taken.size()));
      if (steps <= taken.size()) taken.resize(taken.size() - steps);
    } else if (op < 240) {
      std::swap(matcher, fork);
      std::swap(taken, taken_by_fork);
    } else if (op < 245) {
      fork = matcher;
      taken_by_fork = taken;
    } else {
      check_mask(matcher, vocabulary);
    }
  }
  Matcher fresh = matcher;
  fresh.reset();
  for (const TokenId id : taken) require(fresh.accept(id));
  require(fresh.is_complete() == matcher.is_complete());
  check_mask(matcher, vocabulary);
  check_mask(fresh, vocabulary);
  return 0;
}
