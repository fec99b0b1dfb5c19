// What is wrong with a pack is told with its place; equal sources give equal bytes; lexicons.
#include "tokenizers/morphology/language_compiler.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/tokenizers/morphology/language_packs.h"
#include "tokenizers/morphology/language.h"

namespace tokrail {
namespace {

std::string error_of(const std::string& pack) {
  try {
    (void)compile_language(parse_language(pack, "p.lang"));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    return error.what();
  }
  return "none";
}

struct Fault {
  const char* lines;   ///< added to kSmallTurkish
  const char* expect;  ///< part of the message
  bool has_line = true;
};

TEST(LanguageCompiler, TellsWhatIsWrongAndWhere) {
  const std::string small(test::kSmallTurkish);
  const auto lines = std::count(small.begin(), small.end(), '\n');
  const Fault faults[] = {
      {"roots x", "one of language, version"},
      {"language de German", "one line `language`"},
      {"version x", "a version"},
      {"version 1000001", "a version"},
      {"vowel-class high", "one letter"},
      {"vowel-class high ab", "one letter"},
      {"vowel-class high a", "\"a\" in one vowel class"},
      {"vowel-class high æ", "a sound class with the letter \"æ\""},
      {"sound-class more k", "\"k\" in one sound class"},
      {"sound-class vowel w", "one class or flag of the name \"vowel\""},
      {"sound-class capital W", "lower case", false},
      {"flag pron", "one class or flag of the name \"pron\"", false},
      {"flag a1 a2 a3 a4 a5 a6", "8 flags", false},
      {"transparent k", "a vowel as transparent", false},
      {"opposite front-flat nothing", "the name of a vowel class"},
      {"opposite back-flat front-flat", "one opposite"},
      {"upper i I", "one upper case"},
      {"variant æ a", "letters of the alphabet"},
      {"sound X back-flat=a", "*=LETTER"},
      {"sound X nothing=a *=e", "the name of a class or flag"},
      {"sound X pron=a *=e", "a vowel class or sound class"},
      {"sound X *=æ", "a letter, found \"æ\""},
      {"sound A *=e", "one line for the sound"},
      {"sound k *=e", "a symbol that is no letter"},
      {"sound XY *=e", "a symbol of one character"},
      {"sound X *=e *=a", "one \"*=\""},
      {"trigger yor", "triggers of different names", false},
      {"change soft vowel double", "one change of the name"},
      {"change new nothing double", "the name of a trigger"},
      {"change new vowel halve", "tail, vowel, drop-vowel or double"},
      {"change new vowel tail", "FROM>TO"},
      {"change new vowel tail k", "FROM>TO"},
      {"change new vowel tail k>æ", "a letter, found \"æ\""},
      {"root", "the text of a root"},
      {"root ev", "a part of speech"},
      {"root ev nothing", "the name of a part of speech"},
      {"root ev noun soft", "change=, changed="},
      {"root ev noun change=nothing", "the name of a change"},
      {"root ev noun change=soft", "that change \"soft\" applies to"},
      {"root kitap noun change=soft+narrow", "applies to"},
      {"root ek noun change=soft trigger=yor", "changes of one trigger"},
      {"root ek noun change=soft changed=eğ", "not both"},
      {"root ek noun set=nothing", "the name of a flag"},
      {"root ek noun set=vowel", "the name of a flag"},
      {"root ek noun vowel=voiced", "the name of a vowel class"},
      {"root ek noun opposite", "an opposite"},
      {"root ex noun", "found \"x\" in \"ex\""},
      {"root e-k noun", "found \"-\" in \"e-k\""},
      {"root ek noun reading=ex", "found \"x\""},
      {"suffix PL ler", "one suffix of the name"},
      {"suffix NEW", "the letters of a form"},
      {"suffix NEW a |", "the letters of a form"},
      {"suffix NEW vowel:", "the letters of a form"},
      {"suffix NEW a b", "\"|\", \";\" or the end"},
      {"suffix NEW : a", "a condition before"},
      {"suffix NEW nothing: a", "the name of a class or flag"},
      {"suffix NEW vowel/nothing: a", "the name of a class or flag"},
      {"suffix NEW Xa", "a letter or archiphoneme in suffix NEW, found \"X\""},
      {"suffix NEW a<b", "<BASE~CHANGED>"},
      {"suffix NEW a<b~c>d", "<BASE~CHANGED>"},
      {"suffix NEW a<b~b>", "two tails that differ"},
      {"suffix NEW a<b~c:>", "a trigger behind"},
      {"suffix NEW a<b~c:nothing>", "the name of a trigger"},
      {"suffix NEW a ; brings x", "sets, triggers, not-triggers, vowel or keeps"},
      {"suffix NEW a ; sets", "a flag"},
      {"suffix NEW a ; sets nothing", "the name of a flag"},
      {"suffix NEW a ; triggers nothing", "the name of a trigger"},
      {"suffix NEW a ; triggers vowel ; not-triggers vowel", "not in both"},
      {"suffix NEW a ; vowel nothing", "the name of a vowel class"},
      {"suffix NEW a<b~c> ; keeps", "no tail that changes"},
      {"suffix NEW lAr", "one name for suffixes that are spelled alike, found NEW and PL"},
      {"pos noun N", "one part of speech of the name"},
      {"pos", "the name of a part of speech"},
      {"arc N NOTHING NP", "the name of a suffix"},
      {"arc N PL NP", "one arc N PL NP"},
      {"arc N PL", "a state"},
      {"arc N|| PL NP", "a name"},
      {"arc N - NP tag", "no tag"},
      {"arc K - NV2\narc NV2 - K", "without a cycle"},
      {"arc K - K", "without a cycle"},
      {"arc FAR PL K", "leads to state \"FAR\""},
      {"arc K PL STUCK", "a final state that state \"STUCK\" leads to"},
      {"final FAR", "leads to state \"FAR\""},
      {"join N nothing", "the name of a part of speech"},
      {"numeral N", "one line `numeral`"},
      {"digit 5 beş", "no name yet"},
      {"digit 15 x", "a digit"},
      {"zeros 1 on", "two zeros or more"},
      {"zeros 99 x", "how many zeros"},
      {"zeros 6 x", "found \"x\"", false},
      {"letter x iks", "a letter of the alphabet"},
      {"letter t te", "one name of the letter"},
      {"lexicon zemberek", "the path of the lexicon"},
      {"map a b", "CODE ... -> ..."},
      {"prior", "the name of a prior"},
      {"prior unknown_penalty", "a number"},
      {"prior unknown_penalty 12x", "a number"},
      {"map a -> softer", "skip, pos="},
      {"\xff", "UTF-8"},
  };
  for (const Fault& fault : faults) {
    const std::string message = error_of(small + fault.lines + "\n");
    EXPECT_NE(message.find(fault.expect), std::string::npos) << fault.lines << ": " << message;
    if (!fault.has_line) continue;
    const std::string first = "p.lang:" + std::to_string(lines + 1);
    const std::string second = "p.lang:" + std::to_string(lines + 2);
    EXPECT_TRUE(message.starts_with(first) || message.starts_with(second)) << message;
  }
  EXPECT_EQ(error_of(small), "none");
  EXPECT_NE(error_of("version 1\n").find("language CODE NAME"), std::string::npos);
  EXPECT_NE(error_of("").find("language CODE NAME"), std::string::npos);
}

TEST(LanguageCompiler, NamesTheColumn) {
  try {
    (void)parse_language("language tr Turkish\nvowel-class çö a bb\n", "p.lang");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), "p.lang:2:18");
  }
}

TEST(LanguageCompiler, ReadsLinesAsEditorsWriteThem) {
  std::string text = "\xEF\xBB\xBF";
  for (const char c : test::kSmallTurkish) {
    if (c == '\n') text += "\t # a comment \r";
    text += c;
  }
  EXPECT_EQ(compile_language(parse_language(text, "a")),
            compile_language(parse_language(test::kSmallTurkish, "b")));
  text.pop_back();
  EXPECT_NO_THROW((void)compile_language(parse_language(text, "a")));
}

TEST(LanguageCompiler, MergesEndingsThatNothingTellsApart) {
  const auto count = [](const std::string& more) {
    const std::string bytes =
        compile_language(parse_language(std::string(test::kSmallTurkish) + more, "p"));
    return Language::from_bytes(bytes, nullptr)->ending_count();
  };
  // A flag that no form asks for makes no ending; one that a form asks for does.
  EXPECT_EQ(count("root dam noun set=after-case\n"), count("root dam noun\n"));
  EXPECT_GT(count("root dam noun set=ybuf,pron\n"), count("root dam noun\n"));
}

TEST(LanguageCompiler, LeavesOutRootsOfRareEndings) {
  const LanguageSource source = parse_language(test::kSmallTurkish, "p.lang");
  LanguageCompileOptions options;
  const std::string whole_bytes = compile_language(source, options);
  const auto whole = Language::from_bytes(whole_bytes, nullptr);
  options.max_endings = whole->ending_count() - 1;
  EXPECT_THROW((void)compile_language(source, options), Error);
  std::vector<std::string> left_out;
  options.left_out = &left_out;
  const std::string bytes = compile_language(source, options);
  const auto language = Language::from_bytes(bytes, nullptr);
  EXPECT_LE(language->ending_count(), options.max_endings);
  ASSERT_FALSE(left_out.empty());
  for (const std::string& text : left_out) EXPECT_TRUE(language->forms_with_text(text).empty());
  EXPECT_FALSE(language->forms_with_text("gel").empty());
  options.max_endings = 3;
  EXPECT_THROW((void)compile_language(source, options), Error);
}

TEST(LanguageCompiler, LeavesOutForeignLetters) {
  LanguageSource source = parse_language(test::kSmallTurkish, "p.lang");
  parse_language_into("root taxi noun\nroot dam noun\n", "more", source);
  EXPECT_THROW((void)compile_language(source), Error);
  std::vector<std::string> left_out;
  LanguageCompileOptions options;
  options.left_out = &left_out;
  const std::string bytes = compile_language(source, options);
  EXPECT_EQ(left_out, std::vector<std::string>{"taxi"});
  EXPECT_EQ(Language::from_bytes(bytes, nullptr)->forms_with_text("dam").size(), 1u);
}

TEST(LanguageCompiler, EqualSourcesGiveEqualBytes) {
  const LanguageSource source = parse_language(test::kSmallTurkish, "p.lang");
  LanguageSource turned = source;
  EXPECT_EQ(compile_language(source), compile_language(turned));
  std::reverse(turned.roots.begin(), turned.roots.end());
  const std::string bytes = compile_language(turned);
  EXPECT_EQ(Language::from_bytes(bytes, nullptr)->form_count(),
            Language::from_bytes(compile_language(source), nullptr)->form_count());
}

LexiconEntry entry(std::string text, std::vector<std::string> codes) {
  LexiconEntry result;
  result.text = std::move(text);
  result.codes = std::move(codes);
  result.place = {"lexicon", 1};
  return result;
}

TEST(LanguageCompiler, AddsALexicon) {
  LanguageSource source = parse_language(std::string(test::kSmallTurkish) + R"(
map pos:0 -> pos=noun
map pos:1 -> pos=verb
map pos:1 flag:9 -> change=narrow
map flag:0 -> change=soft
map flag:8 -> opposite
map flag:13 -> skip
map flag:5 -> pos=noun,verb set=pron
)",
                                         "p.lang");
  const size_t before = source.roots.size();
  const LexiconCounts counts = add_lexicon(
      {entry("dolap", {"pos:0", "flag:0"}), entry("Dolap", {"flag:0", "pos:0"}),
       entry("oyna", {"pos:1", "flag:9", "flag:0"}), entry("ev", {"pos:0", "flag:0", "flag:8"}),
       entry("taxi", {"pos:0"}), entry("yok", {"pos:7"}), entry("git", {"pos:1", "flag:13"}),
       entry("boya", {"pos:0", "flag:5"})},
      source);
  EXPECT_EQ(counts.added, 4u);
  EXPECT_EQ(counts.duplicates, 1u);
  EXPECT_EQ(counts.outside_alphabet, 1u);
  EXPECT_EQ(counts.without_pos, 1u);
  EXPECT_EQ(counts.skipped, 1u);
  EXPECT_EQ(counts.changes_dropped, 3u);  // soft of oyna, soft and opposite of ev
  ASSERT_EQ(source.roots.size(), before + 4);
  EXPECT_EQ(source.roots[before].changes, std::vector<std::string>{"soft"});
  EXPECT_EQ(source.roots[before + 1].changes, std::vector<std::string>{"narrow"});
  EXPECT_EQ(source.roots[before + 3].pos, (std::vector<std::string>{"noun", "verb"}));
  EXPECT_NO_THROW((void)compile_language(source));
}

TEST(LanguageCompiler, AnyTextIsAnErrorOrALanguage) {
  test::Random random(test::property_seed());
  const std::string small(test::kSmallTurkish);
  for (int i = 0; i < 1500; ++i) {
    std::string text = i % 5 == 0 ? test::random_text(random, 200) : small;
    for (size_t n = 1 + test::below(random, 3); n > 0; --n) {
      const size_t at = test::below(random, text.size() + 1);
      switch (test::below(random, 3)) {
        case 0: text.erase(at, test::below(random, 30)); break;
        case 1: text.insert(at, test::random_text(random, 6)); break;
        default: text.insert(at, small.substr(test::below(random, small.size()), 12));
      }
    }
    try {
      const std::string bytes = compile_language(parse_language(text, "p"));
      (void)Language::from_bytes(bytes, nullptr);
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace tokrail
