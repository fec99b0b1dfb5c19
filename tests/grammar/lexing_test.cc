// Lark's lexing against its definition (tests/oracle/slow_lexed_grammar.h).
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "grammar/frontends/lark.h"
#include "grammar/matcher.h"
#include "tests/grammar/acceptor.h"
#include "tests/grammar/byte_vocabulary.h"
#include "tests/grammar/random_lark.h"
#include "tests/oracle/slow_lexed_grammar.h"
#include "tests/support/property.h"

namespace tokrail {
namespace {

using test::RandomLark;

constexpr std::string_view kAlphabet = "ab.";
constexpr size_t kLength = 5;

struct Counts {
  size_t grammars = 0, empty = 0, texts = 0, complete = 0, open = 0;
};

/// Whether some text of at most `more` further bytes is complete; true where there are too many to
/// look at.
bool can_complete(const Matcher& matcher, size_t more) {
  std::vector<Matcher> now = {matcher};
  for (size_t round = 0; round <= more; ++round) {
    std::vector<Matcher> next;
    for (const Matcher& m : now) {
      if (m.is_complete()) return true;
      for (const char letter : kAlphabet) {
        Matcher fork = m;
        if (fork.accept_bytes({&letter, 1})) next.push_back(std::move(fork));
      }
    }
    if (next.size() > 40) return true;
    now.swap(next);
  }
  return false;
}

void expect_as_defined(const Grammar& grammar, const std::shared_ptr<MaskTables>& tables,
                       Counts& counts) {
  oracle::SlowLexedGrammar slow(grammar);
  const auto language = slow.language(kAlphabet, kLength);
  std::shared_ptr<const CompiledGrammar> compiled;
  try {
    compiled = CompiledGrammar::compile(grammar, tables);
  } catch (const Error& error) {
    ASSERT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
    ASSERT_TRUE(language.empty()) << error.what() << ": " << language[0];
    ++counts.empty;
    return;
  }
  ++counts.grammars;
  const Vocabulary& vocabulary = compiled->vocabulary();
  std::vector<std::string> all = test::all_strings(kAlphabet, kLength);
  all.push_back("");
  std::vector<uint32_t> mask(mask_words(vocabulary.size()));
  for (const std::string& text : all) {
    ++counts.texts;
    Matcher matcher(compiled);
    const bool taken = matcher.accept_bytes(text);
    const bool complete = std::ranges::binary_search(language, text);
    counts.complete += complete;
    if ((taken && matcher.is_complete()) != complete) {
      // Open only where cuts of the text that differ reach the same place.
      ASSERT_NE(slow.matches_by_cuts(text), complete) << "text \"" << text << '"';
      ++counts.open;
      continue;
    }
    // Any beginning of a text of the language can be taken.
    const auto longer = std::ranges::lower_bound(language, text);
    if (longer != language.end() && longer->starts_with(text) && counts.open == 0) {
      ASSERT_TRUE(taken) << "\"" << text << "\" begins \"" << *longer << '"';
    } else if (taken && text.size() < 5 && !can_complete(matcher, 25)) {
      ASSERT_TRUE(false) << "nothing completes \"" << text << '"';
    }
    if (!taken || text.size() > 3) continue;
    matcher.fill_mask(mask);
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      ASSERT_EQ(mask_test(mask, id), matcher.allows(id)) << text << " id " << id;
      if (!vocabulary.is_text(id)) continue;
      Matcher fork = matcher;
      ASSERT_EQ(mask_test(mask, id), fork.accept_bytes(vocabulary.bytes(id)))
          << '"' << text << "\" and \"" << vocabulary.bytes(id) << '"';
    }
  }
}

void check_random(RandomLark::Mix mix, int rounds) {
  test::Random random(test::property_seed());
  const auto tables =
      std::make_shared<MaskTables>(test::vocabulary_of(test::all_strings(kAlphabet, 3)));
  Counts counts;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = RandomLark(random, mix).make();
    SCOPED_TRACE("round " + std::to_string(round) + '\n' + text);
    ASSERT_NO_FATAL_FAILURE(expect_as_defined(read_lark(text), tables, counts));
  }
  std::cout << counts.grammars << " grammars (" << counts.empty << " with an empty language), "
            << counts.texts << " texts, " << counts.complete << " of them complete, " << counts.open
            << " left open\n";
}

TEST(Lexing, RandomGrammarsWithLongestMatches) {
  check_random(RandomLark::Mix::kLongestOnly, 150);
}
TEST(Lexing, RandomGrammarsWithLazyAndSuffixTerminals) {
  check_random(RandomLark::Mix::kWithShortest, 120);
}
TEST(Lexing, RandomGrammarsWithStops) {
  check_random(RandomLark::Mix::kWithEvery, 80);
}

/// Texts of a language, and others, asked of both the engine and the definition.
struct HandMade {
  const char* grammar;
  std::vector<const char*> valid, invalid;
};

TEST(Lexing, HandMadeGrammars) {
  const std::vector<HandMade> cases = {
      {"start: \"int\" NAME \";\"\nNAME: /[a-z]+/\n%ignore / /\n",
       {"int x;", "intx;", "int int;", " int  x ;"},
       {"int;", "in t x;", "int x y;"}},
      {"start: (KEY | NAME)+\nKEY.1: \"if\"\nNAME: /[a-z]+/\n%ignore / /\n",
       {"if", "if x", "ifx", "x if"},
       {"", "1"}},
      {"start: (KEY \"x\" | NAME \";\")\nKEY.1: \"if\"\nNAME: /[a-z]+/\n%ignore / /\n",
       {"if x", "a;", "ifx;"},
       {"if;", "ifx", "if ;"}},
      {"start: item+\nitem: INT | FLOAT | \"..\" | \".\"\nINT: /[0-9]+/\nFLOAT: "
       "/[0-9]+\\.[0-9]+/\n",
       {"1", "1.0", "1..2", "1.", "1.2.3", "...", "1...2"},
       {"", "a"}},
      {"start: range\nrange: INT \"..\" INT\nINT: /[0-9]+/\nFLOAT: /[0-9]+\\.[0-9]*/\n",
       {"1..2"},  // where no FLOAT may stand there is none
       {"1.2", "1...2"}},
      {"start: (INT \"..\" INT) | FLOAT\nINT: /[0-9]+/\nFLOAT: /[0-9]+\\.[0-9]*/\n",
       {"1.", "1.5"},
       {"1..2"}},  // "1." is longer than "1"
      {"start: sum\nsum: NAME (\"/\" NAME)*\nNAME: /[a-z]+/\nNOTE: /\\/\\/[^\\n]*\\n/\n%ignore "
       "NOTE\n"
       "%ignore / /\n",
       {"a / b", "a/b", "a //x\n/b", "//\na", "a //b\n"},
       {"a // b", "a //", "a / / b"}},
      {"start: T+\nT: \"/\" | \"//x\"\n", {"/", "////", "//x", "///x", "//x/"}, {"x", "/x"}},
      {"start: text \"]\"\ntext[lazy]: /(.|\\n)*x/\n", {"ax]", "x]"}, {"axx]", "a]"}},
      {"start: text \"]\"\ntext[suffix=\"end\"]: /.*/\n",
       {"an end]", "end]"},
       {"end end]", "an en]"}},
      {"start: text \"end\"\ntext[stop=\"end\"]: /.*/\n", {"an end", "end"}, {"end end", "an en"}},
      {"start: a | b\na: X \"c\"\nb: Y \"d\"\nX: /a+/\nY: /a+/\n", {"aac", "ad"}, {"aa", "acd"}},
      {"start: a | b\na: X \"c\"\nb: Y \"d\"\nX.2: /a+/\nY: /a+|ab/\n",
       {"aac", "abd"},
       {"aad", "abc"}},
  };
  for (const HandMade& one : cases) {
    SCOPED_TRACE(one.grammar);
    const Grammar grammar = read_lark(one.grammar);
    const test::Acceptor acceptor(grammar);
    oracle::SlowLexedGrammar slow(grammar);
    for (const char* text : one.valid) {
      EXPECT_TRUE(acceptor.accepts(text)) << text;
      EXPECT_TRUE(slow.matches(text)) << text;
    }
    for (const char* text : one.invalid) {
      EXPECT_FALSE(acceptor.accepts(text)) << text;
      EXPECT_FALSE(slow.matches(text)) << text;
    }
  }
}

TEST(Lexing, LongestMatchesThatTakeWhatMustFollow) {
  // What is ignored takes every line end but one that comes at once.
  const test::Acceptor lines(
      read_lark("start: (NAME END)+\nNAME: /[a-z]+/\nEND: /\\n;/\n%ignore /[ \\n]+/\n"));
  EXPECT_TRUE(lines.accepts("a\n;b\n;"));
  EXPECT_TRUE(lines.accepts_prefix("a\n"));
  EXPECT_FALSE(lines.accepts_prefix("a "));
  EXPECT_FALSE(lines.accepts_prefix("a\n "));
  // A branch that can never be finished is not begun.
  const test::Acceptor branches(read_lark("start: \"x\" A B | \"y\"\nA: /a+/\nB: /a/\n"));
  EXPECT_FALSE(branches.accepts_prefix("x"));
  EXPECT_TRUE(branches.accepts("y"));
  // A grammar of such branches only has no text at all.
  EXPECT_NE(test::error_of([] {
              test::Acceptor(read_lark("start: A B\nA: /a+/\nB: /a/\n"));
            }).find("empty"),
            std::string::npos);
}

TEST(Lexing, TokensEndTerminalsThatCouldGoOn) {
  const auto vocabulary = test::vocabulary_of(test::all_bytes());
  const auto tables = std::make_shared<MaskTables>(vocabulary);
  const TokenId eos = 256;
  for (const char* text : {"start: /[a-z]+/ <eos>\n", "start: /[a-z]+/ <eos>\n%ignore / /\n"}) {
    Matcher matcher(CompiledGrammar::compile(read_lark(text), tables));
    EXPECT_FALSE(matcher.allows(eos)) << text;
    ASSERT_TRUE(matcher.accept_bytes("abc")) << text;
    EXPECT_TRUE(matcher.allows(eos)) << text;
    EXPECT_FALSE(matcher.is_complete()) << text;
  }
}

}  // namespace
}  // namespace tokrail
