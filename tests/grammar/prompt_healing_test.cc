// Prompts whose last tokens are taken back, and matchers that ask for their bytes first; forced
// bytes and tokens.
#include "grammar/prompt_healing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/lark.h"
#include "grammar/matcher.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/random_grammars.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

std::shared_ptr<const CompiledGrammar> compile(const Grammar& grammar,
                                               const std::shared_ptr<MaskTables>& tables) {
  return CompiledGrammar::compile(grammar, tables);
}

/// The definition: a text behind which `bytes` can stand begins with the prefix, or is one of it.
bool may_come(const std::shared_ptr<const CompiledGrammar>& grammar, std::string_view prefix,
              const std::string& text) {
  if (prefix.starts_with(text)) return true;
  if (!text.starts_with(prefix)) return false;
  return Matcher(grammar).accept_bytes(std::string_view(text).substr(prefix.size()));
}

TEST(RequiredPrefix, MasksAgainstTheDefinition) {
  test::Random random(test::property_seed());
  const auto vocabulary = test::vocabulary_of(test::all_strings("ab,", 4));
  const auto tables = std::make_shared<MaskTables>(vocabulary);
  const TokenId eos = static_cast<TokenId>(vocabulary->size() - 1);
  std::vector<uint32_t> mask(mask_words(vocabulary->size()));
  for (int round = 0; round < 200; ++round) {
    const Grammar grammar = test::RandomGrammar(random).make();
    std::shared_ptr<const CompiledGrammar> compiled;
    CompileLimits limits;
    if (round % 4 == 0) limits.memory = 1;  // states are dropped again and again
    try {
      compiled = CompiledGrammar::compile(grammar, tables, limits);
    } catch (const Error&) {
      continue;
    }
    SCOPED_TRACE(grammar.to_string());
    std::string prefix;
    for (size_t i = test::below(random, 7); i > 0; --i) prefix += "ab,"[test::below(random, 3)];
    Matcher matcher =
        Matcher::with_prefix(compiled, prefix, compiled->vocabulary().inside_context());
    std::string text;
    for (int step = 0; step < 6; ++step) {
      matcher.fill_mask(mask);
      std::vector<TokenId> allowed;
      for (TokenId id = 0; id < eos; ++id) {
        const std::string with(text + std::string(vocabulary->bytes(id)));
        ASSERT_EQ(mask_test(mask, id), may_come(compiled, prefix, with)) << prefix << ' ' << with;
        ASSERT_EQ(mask_test(mask, id), matcher.allows(id));
        if (mask_test(mask, id)) allowed.push_back(id);
      }
      const bool behind = text.size() >= prefix.size();
      Matcher inside(compiled);
      const bool complete = behind &&
                            inside.accept_bytes(std::string_view(text).substr(prefix.size())) &&
                            inside.is_complete();
      ASSERT_EQ(matcher.is_complete(), complete);
      ASSERT_EQ(mask_test(mask, eos), complete);
      const std::string forced = matcher.forced_bytes();
      if (!behind) {
        ASSERT_TRUE((text + forced).starts_with(prefix));
      }
      if (allowed.empty()) break;
      const TokenId id = allowed[test::below(random, allowed.size())];
      const std::string bytes(vocabulary->bytes(id));
      ASSERT_TRUE(forced.starts_with(bytes) || bytes.starts_with(forced)) << forced;
      const bool as_bytes = test::below(random, 2) == 0;
      ASSERT_TRUE(as_bytes ? matcher.accept_bytes(bytes) : matcher.accept(id));
      if (test::below(random, 4) == 0) {
        Matcher fork = matcher.fork();
        ASSERT_TRUE(fork.rollback(1));
        ASSERT_TRUE(fork.accept(id));
        ASSERT_EQ(fork.is_complete(), matcher.is_complete());
      }
      text += bytes;
    }
    matcher.reset();
    ASSERT_EQ(matcher.is_complete(), prefix.empty() && Matcher(compiled).is_complete());
  }
}

TEST(RequiredPrefix, SpecialTokensComeBehindIt) {
  const auto vocabulary = test::vocabulary_of({"a", "b", "ab", "abc"});
  const auto tables = std::make_shared<MaskTables>(vocabulary);
  Matcher matcher = Matcher::with_prefix(compile(read_lark("start: <eos> | \"c\"\n"), tables), "ab",
                                         vocabulary->inside_context());
  EXPECT_FALSE(matcher.allows(4));
  EXPECT_TRUE(matcher.allows(3));  // the prefix and "c"
  EXPECT_EQ(matcher.explain("ax").offset, 1u);
  EXPECT_EQ(matcher.explain("ax").expected.at(0).what, "the rest of the prompt, \"b\"");
  EXPECT_TRUE(matcher.explain("abc").complete);
  EXPECT_FALSE(matcher.explain("ab").complete);
  ASSERT_TRUE(matcher.accept(0));
  ASSERT_TRUE(matcher.accept(1));
  EXPECT_TRUE(matcher.allows(4));
}

/// Every continuation of the whole prompt can be written behind the kept ids.
TEST(PromptHealing, KeepsWhatNothingCanChange) {
  test::Random random(test::property_seed());
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const CanonicalEncoder encoder(tokenizer);
  ASSERT_TRUE(encoder.is_local());
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  for (int round = 0; round < 400; ++round) {
    const std::string text = test::random_text(random, 60);
    const std::string more = test::random_text(random, 12);
    const std::vector<TokenId> ids = tokenizer.encode(text);
    const HealedPrompt healed = heal_prompt(encoder, vocabulary, ids);
    ASSERT_LE(healed.kept, ids.size());
    ASSERT_EQ(tokenizer.decode_bytes(std::span(ids).first(healed.kept)) + healed.tail,
              tokenizer.decode_bytes(ids));
    if (healed.tail.size() + 40 > 256) continue;
    const std::vector<TokenId> whole = tokenizer.encode(text + more);
    ASSERT_GE(whole.size(), healed.kept);
    ASSERT_TRUE(
        std::equal(ids.begin(), ids.begin() + static_cast<ptrdiff_t>(healed.kept), whole.begin()))
        << test::escaped(text) << " + " << test::escaped(more);
  }
}

TEST(PromptHealing, TheModelWritesTheTailAgain) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const CanonicalEncoder encoder(tokenizer);
  const auto tables = std::make_shared<MaskTables>(tokenizer.shared_vocabulary());
  const auto compiled = compile(read_gbnf("root ::= \"ing\" | \" done\""), tables);
  const std::vector<TokenId> ids = tokenizer.encode("We keep on walk");
  const HealedPrompt healed = heal_prompt(encoder, tokenizer.vocabulary(), ids);
  EXPECT_TRUE(healed.tail.ends_with("walk")) << healed.tail;
  Matcher matcher = Matcher::with_prefix(compiled, healed.tail, healed.context);
  std::vector<TokenId> all(ids.begin(), ids.begin() + static_cast<ptrdiff_t>(healed.kept));
  // What the tokenizer itself writes for the whole text can be taken.
  for (const char* end : {"ing", " done"}) {
    const std::vector<TokenId> whole = tokenizer.encode(std::string("We keep on walk") + end);
    Matcher fork = matcher.fork();
    for (size_t i = healed.kept; i < whole.size(); ++i) ASSERT_TRUE(fork.accept(whole[i])) << end;
    EXPECT_TRUE(fork.is_finished()) << end;
  }
  EXPECT_TRUE(matcher.forced_bytes().starts_with(healed.tail));
  EXPECT_FALSE(matcher.is_complete());
}

TEST(PromptHealing, EdgesOfPrompts) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const CanonicalEncoder encoder(tokenizer);
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  EXPECT_EQ(heal_prompt(encoder, vocabulary, {}).kept, 0u);
  EXPECT_EQ(heal_prompt(encoder, vocabulary, {}).tail, "");
  const TokenId eos = vocabulary.roles().eos.at(0);
  std::vector<TokenId> ids = tokenizer.encode("walk");
  ids.push_back(eos);
  EXPECT_EQ(heal_prompt(encoder, vocabulary, ids).kept, ids.size());
  for (const TokenId id : tokenizer.encode("wal")) ids.push_back(id);
  EXPECT_EQ(heal_prompt(encoder, vocabulary, ids).tail, "wal");
  const std::vector<TokenId> bad = {static_cast<TokenId>(vocabulary.size())};
  EXPECT_THROW(heal_prompt(encoder, vocabulary, bad), Error);
  // A piece without an end is not taken back without end.
  const std::vector<TokenId> blanks = tokenizer.encode(std::string(5000, ' '));
  EXPECT_LE(heal_prompt(encoder, vocabulary, blanks).tail.size(), 256u);
}

TEST(PromptHealing, WithoutKnowledgeOfPieces) {
  const auto path = test::find_shared_data("tokenizers/vocab/mistral01.json");
  if (!path) GTEST_SKIP() << "needs verification data: tokenizers/vocab/mistral01.json";
  const auto tokenizer = Tokenizer::load(path->string());
  const CanonicalEncoder encoder(tokenizer);
  const Vocabulary& vocabulary = tokenizer.vocabulary();
  for (const char* text : {"The url is http:", "x", " ", "Hello wor"}) {
    const std::vector<TokenId> ids = tokenizer.encode(text);
    const HealedPrompt healed = heal_prompt(encoder, vocabulary, ids);
    EXPECT_EQ(tokenizer.decode_bytes(std::span(ids).first(healed.kept)) + healed.tail,
              tokenizer.decode_bytes(ids));
    if (!encoder.is_local()) {
      EXPECT_GE(healed.kept + 1, ids.size());
    }
  }
}

TEST(Forced, BytesEndWhereAChoiceBegins) {
  const auto tables = std::make_shared<MaskTables>(test::vocabulary_of(test::all_bytes()));
  const auto forced = [&](const std::string& lark, std::string_view behind, size_t limit = 4096) {
    Matcher matcher(compile(read_lark(lark), tables));
    EXPECT_TRUE(matcher.accept_bytes(behind)) << lark;
    return matcher.forced_bytes(limit);
  };
  EXPECT_EQ(forced("start: \"abc\"\n", ""), "abc");
  EXPECT_EQ(forced("start: \"abc\"\n", "abc"), "");
  EXPECT_EQ(forced("start: \"abc\"\n", "", 2), "ab");
  EXPECT_EQ(forced("start: \"ab\" \"c\"?\n", ""), "ab");  // may end there
  EXPECT_EQ(forced("start: \"ab\" \"c\"?\n", "ab"), "");
  EXPECT_EQ(forced("start: \"ab\" <eos> | \"abc\"\n", ""), "ab");  // a token may come
  EXPECT_EQ(forced("start: \"a\" \"b\"\n%ignore / /\n", ""), "");
  EXPECT_EQ(forced("start: /a{3}b/ | /a{3}c/\n", "a"), "aa");
  EXPECT_EQ(forced("start: /a{100000}b/\n", ""), std::string(4096, 'a'));
  // A longest match forbids what the rules alone would allow.
  EXPECT_EQ(forced("start: A \"c\"\nA: /ab*/\n%ignore /b/\n", "a"), "");
  EXPECT_EQ(forced("start: A B \"c\"\nA: /a/\nB: /b/\nC: /ab+/\n", "a"), "bc");
}

TEST(Forced, TokensAreThoseOfTheTokenizer) {
  const auto tokenizer =
      Tokenizer::load(test::source_path("data/tokenizers/english-code-8k.json").string());
  const CanonicalEncoder encoder(tokenizer);
  const auto tables = std::make_shared<MaskTables>(tokenizer.shared_vocabulary());
  JsonSchemaOptions options;
  options.style = JsonStyle::kCompact;
  options.escapes_of_printable = false;
  const Grammar grammar =
      read_json_schema(R"({"type": "object", "properties": {"temperature": {"type": "integer"},
          "unit": {"enum": ["celsius"]}}, "required": ["temperature", "unit"],
          "additionalProperties": false})",
                       options)
          .grammar;
  Matcher matcher(compile(grammar, tables));
  const std::string text = R"({"temperature":21,"unit":"celsius"})";
  std::string written;
  size_t forced_bytes = 0;
  while (!matcher.is_finished()) {
    const std::vector<TokenId> forced = matcher.forced_tokens(encoder);
    const std::string bytes = matcher.forced_bytes();
    ASSERT_TRUE(bytes.starts_with(tokenizer.decode_bytes(forced)));
    for (const TokenId id : forced) {
      ASSERT_TRUE(matcher.accept(id));
      written += tokenizer.vocabulary().bytes(id);
    }
    forced_bytes += tokenizer.decode_bytes(forced).size();
    if (matcher.is_finished()) break;
    ASSERT_LT(written.size(), text.size());
    const std::string next = text.substr(written.size(), 1);
    ASSERT_TRUE(matcher.accept_bytes(next));
    written += next;
  }
  EXPECT_EQ(written, text);
  EXPECT_GT(forced_bytes, 10u);
  EXPECT_TRUE(matcher.forced_tokens(encoder).empty());
  Matcher limited(compile(grammar, tables));
  EXPECT_LE(limited.forced_tokens(encoder, 1).size(), 1u);
  EXPECT_TRUE(limited.forced_tokens(encoder, 0).empty());
}

}  // namespace
}  // namespace tokrail
