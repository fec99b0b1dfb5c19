// Languages against a slow spelling straight from their packs, and words written by hand.
#include "tokenizers/morphology/language.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/mapped_file.h"
#include "tests/oracle/slow_language.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/morphology/language_packs.h"
#include "tests/tokenizers/morphology/toy_language.h"

namespace tokrail {
namespace {

using test::SlowLanguage;
using test::SlowLeft;

std::string word(const Language& language, std::string_view stem,
                 const std::vector<std::string>& suffixes) {
  const auto forms = language.forms_with_text(stem);
  std::string text(stem);
  EndingId ending = language.ending_of(stem);
  if (!forms.empty()) {
    const StemForm form = language.form(forms[0]);
    text = form.text.substr(0, form.prefix);
    ending = form.ending;
  }
  for (const std::string& name : suffixes) {
    const SuffixId suffix = language.suffix(name);
    if (suffix == 0xFFFF) return "no suffix " + name;
    const Ending left = language.ending(ending);
    const Realised step = language.realise(ending, suffix);
    text += step.changes_left ? left.changed_tail : left.base_tail;
    text += step.text;
    if (!step.allowed) text += '!';
    ending = step.end;
  }
  return text + std::string(language.ending(ending).base_tail);
}

TEST(Language, SpellsTurkish) {
  const auto turkish = test::compile_pack(test::kSmallTurkish);
  const auto& t = *turkish;
  EXPECT_EQ(word(t, "kitap", {"P1SG", "LOC"}), "kitabımda");
  EXPECT_EQ(word(t, "kitap", {"LOC"}), "kitapta");
  EXPECT_EQ(word(t, "kitap", {}), "kitap");
  EXPECT_EQ(word(t, "saat", {"PL"}), "saatler");
  EXPECT_EQ(word(t, "ağız", {"ACC"}), "ağzı");
  EXPECT_EQ(word(t, "vakit", {"ACC"}), "vakti");
  EXPECT_EQ(word(t, "hak", {"P3SG", "LOC"}), "hakkında");
  EXPECT_EQ(word(t, "su", {"ACC"}), "suyu");
  EXPECT_EQ(word(t, "kâr", {"ACC"}), "kârı");
  EXPECT_EQ(word(t, "kar", {"ACC"}), "karı");
  EXPECT_EQ(word(t, "ankara", {"APOS", "LOC"}), "ankara'da");
  EXPECT_EQ(word(t, "tbmm", {"APOS", "ACC"}), "tbmm'yi");
  EXPECT_EQ(word(t, "gel", {"NEG", "PROG", "A1SG"}), "gelmiyorum");
  EXPECT_EQ(word(t, "gel", {"NEG", "FUT", "A1SG"}), "gelmeyeceğim");
  EXPECT_EQ(word(t, "gel", {"NEG", "FUT"}), "gelmeyecek");
  EXPECT_EQ(word(t, "ara", {"PROG"}), "arıyor");
  EXPECT_EQ(word(t, "söyle", {"PROG"}), "söylüyor");
  EXPECT_EQ(word(t, "git", {"PROG"}), "gidiyor");
  EXPECT_EQ(word(t, "de", {"PROG"}), "diyor");
}

TEST(Language, SpellsHungarian) {
  const auto hungarian = test::compile_pack(test::kSmallHungarian);
  const auto& h = *hungarian;
  EXPECT_EQ(word(h, "ház", {"PL", "INE"}), "házakban");
  EXPECT_EQ(word(h, "ház", {"INS"}), "házzal");
  EXPECT_EQ(word(h, "kéz", {"PL"}), "kezek");
  EXPECT_EQ(word(h, "kéz", {"INS"}), "kézzel");
  EXPECT_EQ(word(h, "madár", {"PL"}), "madarok");
  EXPECT_EQ(word(h, "alma", {"PL", "INE"}), "almákban");
  EXPECT_EQ(word(h, "alma", {"CAU"}), "almáért");
  EXPECT_EQ(word(h, "híd", {"INE"}), "hídban");
  EXPECT_EQ(word(h, "papír", {"INE"}), "papírban");
  EXPECT_EQ(word(h, "tűz", {"DIM"}), "tűzocska");
  EXPECT_EQ(word(h, "tűz", {"DIM", "INE"}), "tűzocskában");
}

TEST(Language, SpellsBehindWordsOfNoLexicon) {
  const auto turkish = test::compile_pack(test::kSmallTurkish);
  const auto& t = *turkish;
  EXPECT_EQ(word(t, "tl", {"APOS", "ACC"}), "tl'yi");
  EXPECT_EQ(word(t, "tt", {"APOS", "LOC"}), "tt'de");
  EXPECT_EQ(word(t, "beyoncé", {"APOS", "ACC"}), "beyoncé'yi");
  EXPECT_EQ(word(t, "zürich", {"APOS", "LOC"}), "zürich'te");
  EXPECT_EQ(word(t, "oslo", {"APOS", "LOC"}), "oslo'da");
  EXPECT_EQ(t.ending_of(""), kNoEnding);
  EXPECT_EQ(t.ending_of("123"), kNoEnding);
  EXPECT_EQ(t.ending_of("中文"), kNoEnding);
  EXPECT_EQ(t.ending_of("\xff\x80"), kNoEnding);
  EXPECT_NE(t.ending_of("tl"), t.ending_of("t-l"));
}

TEST(Language, ReadsNumbersAloud) {
  const auto turkish = test::compile_pack(test::kSmallTurkish);
  const auto spelled = [&](std::string_view digits) {
    const EndingId apostrophe =
        turkish->realise(turkish->ending_of_number(digits), turkish->suffix("APOS")).end;
    return std::string(turkish->realise(apostrophe, turkish->suffix("LOC")).text);
  };
  const std::pair<const char*, const char*> cases[] = {
      {"0", "da"},   {"5", "te"},    {"10", "da"}, {"1923", "te"},    {"1990", "da"},
      {"100", "de"}, {"1000", "de"}, {"3", "te"},  {"10000", "de"},   {"40", "ta"},
      {"000", "da"}, {"007", "de"},  {"60", "ta"}, {"2000000", "de"}, {"9", "da"},
  };
  for (const auto& [digits, suffix] : cases) EXPECT_EQ(spelled(digits), suffix) << digits;
  EXPECT_EQ(turkish->ending_of_number(std::string(100000, '7')), turkish->ending_of_number("7"));
}

TEST(Language, KnowsCase) {
  const auto turkish = test::compile_pack(test::kSmallTurkish);
  EXPECT_EQ(turkish->lower("IĞDIR İzmir ÉÀ Σ"), "ığdır izmir éà σ");
  std::string text;
  turkish->append_upper("ığdır izmir é", text);
  EXPECT_EQ(text, "IĞDIR İZMİR É");
  text = "<";
  turkish->append_capital("izmir", text);
  EXPECT_EQ(text, "<İzmir");
  turkish->append_capital("", text);
  turkish->append_upper(
      "\xff"
      "a",
      text);
  EXPECT_EQ(text,
            "<İzmir\xff"
            "A");
  EXPECT_EQ(turkish->lower("A\xc3"), "a\xc3");
  EXPECT_TRUE(turkish->is_vowel(U'ı'));
  EXPECT_TRUE(turkish->is_vowel(U'é'));
  EXPECT_FALSE(turkish->is_vowel(U'k'));
  EXPECT_FALSE(turkish->is_vowel(U'1'));
  EXPECT_EQ(turkish->to_lower(0x10FFFF), char32_t{0x10FFFF});
}

TEST(Language, TellsWhatItIs) {
  const auto turkish = test::compile_pack(test::kSmallTurkish);
  EXPECT_EQ(turkish->code(), "tr");
  EXPECT_EQ(turkish->name(), "Turkish");
  EXPECT_EQ(turkish->version(), 1u);
  EXPECT_EQ(turkish->suffix_pattern(turkish->suffix("ACC")), "(y)I");
  EXPECT_EQ(turkish->suffix_pattern(turkish->suffix("FUT")), "(y)AcAk");
  EXPECT_EQ(turkish->suffix_pattern(turkish->suffix("PL")), "lAr");
  EXPECT_EQ(turkish->suffix("NONE"), 0xFFFF);
  const auto forms = turkish->forms_with_text("ankara");
  ASSERT_EQ(forms.size(), 1u);
  EXPECT_TRUE(turkish->form(forms[0]).proper);
  EXPECT_FALSE(turkish->form(forms[0]).upper);
  EXPECT_TRUE(turkish->form(turkish->forms_with_text("tbmm")[0]).upper);
  EXPECT_TRUE(turkish->forms_with_text("").empty());
  EXPECT_TRUE(turkish->forms_with_text("kitab").empty());
  ASSERT_EQ(turkish->unknown_states().size(), 1u);
  EXPECT_EQ(turkish->state_name(turkish->unknown_states()[0]), "N");
  EXPECT_EQ(turkish->state_name(turkish->numeral_state()), "PN");
}

TEST(Language, SharesFormsAmongPartsOfSpeech) {
  const auto language = test::compile_pack(std::string(test::kSmallTurkish) +
                                           "root kitap verb,noun change=soft\n"
                                           "root kitap noun\nroot kitap proper capital\n");
  const auto forms = language->forms_with_text("kitap");
  ASSERT_EQ(forms.size(), 2u);  // softened and not
  size_t lexemes = 0;
  for (const FormId id : forms) {
    const StemForm form = language->form(id);
    EXPECT_FALSE(form.proper);
    for (size_t i = 0; i < form.lexeme_count; ++i) {
      EXPECT_EQ(language->lexeme(static_cast<LexemeId>(form.first_lexeme + i)).form, id);
    }
    lexemes += form.lexeme_count;
  }
  EXPECT_EQ(lexemes, 4u);
}

/// Compares every suffix behind every ending that stems, letters and suffixes lead to. Contexts of
/// the slow language that share an ending are all compared, so merged endings are too.
void compare_spelling(const LanguageSource& source, const Language& language,
                      size_t most_contexts) {
  const SlowLanguage slow(source);
  std::map<SlowLeft, EndingId> seen;
  std::deque<SlowLeft> open;
  size_t bad = 0;
  const auto visit = [&](const SlowLeft& left, EndingId ending, const std::string& what) {
    const Ending found = language.ending(ending);
    if (found.base_tail != left.base_tail || found.changed_tail != left.changed_tail ||
        found.changes != left.changes) {
      ADD_FAILURE() << "tails of " << what << ": " << left.base_tail << "|" << left.changed_tail
                    << " against " << found.base_tail << "|" << found.changed_tail;
      ++bad;
      return;
    }
    if (seen.emplace(left, ending).second) open.push_back(left);
  };
  for (const SourceRoot& root : source.roots) {
    const test::SlowStem stem = slow.stem(root);
    bool found = false;
    for (const FormId id : language.forms_with_text(root.text)) {
      const StemForm form = language.form(id);
      const Ending ending = language.ending(form.ending);
      if (form.prefix != stem.prefix.size() || ending.changed_tail != stem.left.changed_tail) {
        continue;
      }
      // Several roots may share a text and tails but not what follows; one of the forms is it.
      bool same = true;
      for (size_t i = 0; same && i < source.suffixes.size(); ++i) {
        const test::SlowStep wanted = slow.step(stem.left, source.suffixes[i]);
        const Realised got = language.realise(form.ending, static_cast<SuffixId>(i));
        same = wanted.text == got.text && wanted.changes_left == got.changes_left &&
               wanted.allowed == got.allowed;
      }
      if (same) visit(stem.left, form.ending, root.text);
      found = found || same;
    }
    if (!found && ++bad < 10) ADD_FAILURE() << "no form of root " << root.text;
  }
  std::vector<std::string> letters;
  for (const SourceClass& sounds : source.sound_classes) {
    letters.insert(letters.end(), sounds.letters.begin(), sounds.letters.end());
  }
  const auto named = [&](const std::string& letter) {
    return std::any_of(source.letter_names.begin(), source.letter_names.end(),
                       [&](const SourcePair& name) { return name.first == letter; });
  };
  for (const std::string& first : letters) {
    for (const std::string& second : letters) {
      for (const std::string& text : {first, first + second}) {
        const SlowLeft left = slow.behind(text);
        const bool all_named = named(first) && (text == first || named(second));
        if (left.base.vowel_class.empty() && all_named) continue;
        visit(left, language.ending_of(text), text);
      }
    }
  }
  for (size_t done = 0; !open.empty() && done < most_contexts && bad < 10; ++done) {
    const SlowLeft left = open.front();
    open.pop_front();
    const EndingId ending = seen.at(left);
    for (size_t i = 0; i < source.suffixes.size(); ++i) {
      const test::SlowStep wanted = slow.step(left, source.suffixes[i]);
      const Realised got = language.realise(ending, static_cast<SuffixId>(i));
      if (got.text != wanted.text || got.changes_left != wanted.changes_left ||
          got.allowed != wanted.allowed) {
        ADD_FAILURE() << source.suffixes[i].name << " behind " << left.base.vowel_class << " "
                      << left.base.sound_class << " (" << left.base_tail << "|" << left.changed_tail
                      << "): " << wanted.text << " against " << got.text;
        ++bad;
        continue;
      }
      visit(wanted.left, got.end, source.suffixes[i].name + " " + wanted.text);
    }
  }
  EXPECT_GT(seen.size() + 1, language.ending_count() / 2);
}

/// Arcs and finals of every state, by name.
void compare_graph(const LanguageSource& source, const Language& language) {
  const SlowLanguage slow(source);
  for (size_t i = 0; i < language.state_count(); ++i) {
    const auto state = static_cast<MorphState>(i);
    const std::string name(language.state_name(state));
    std::set<std::vector<std::string>> arcs;
    for (const MorphArc& arc : language.arcs(state)) {
      arcs.insert({std::string(language.suffix_name(arc.suffix)),
                   std::string(language.state_name(arc.to)), std::string(language.tag(arc.tag))});
    }
    EXPECT_EQ(arcs.size(), language.arcs(state).size()) << name;
    EXPECT_EQ(arcs, slow.arcs(name)) << name;
    EXPECT_EQ(language.is_final(state), slow.is_final(name)) << name;
    for (size_t pos = 0; pos < language.pos_count(); ++pos) {
      if (language.joins(state, static_cast<PosId>(pos))) EXPECT_TRUE(language.joins_any(state));
    }
  }
}

TEST(Language, SpellsLikeTheSlowOne) {
  for (const std::string_view pack :
       {test::kSmallTurkish, test::kSmallHungarian, test::kToyTurkish, test::kToyTails}) {
    const LanguageSource source = parse_language(pack, "pack");
    const auto language = test::compile_pack(pack);
    SCOPED_TRACE(source.name);
    compare_spelling(source, *language, 100000);
    compare_graph(source, *language);
  }
}

TEST(Language, SpellsShippedPacksLikeTheSlowOne) {
  for (const char* const file : {"data/languages/turkish.lang", "data/languages/hungarian.lang"}) {
    const std::string text = read_file(test::source_path(file));
    const LanguageSource source = parse_language(text, file);
    const auto language = test::compile_pack(text, file);
    SCOPED_TRACE(file);
    compare_spelling(source, *language, 400);
    compare_graph(source, *language);
  }
}

TEST(Language, JoinsAreThoseOfThePackAndGoThroughEmptyArcs) {
  const auto turkish = test::compile_pack(test::kSmallTurkish);
  std::set<std::string> joins;
  for (size_t state = 0; state < turkish->state_count(); ++state) {
    for (size_t pos = 0; pos < turkish->pos_count(); ++pos) {
      if (!turkish->joins(static_cast<MorphState>(state), static_cast<PosId>(pos))) continue;
      joins.insert(std::string(turkish->state_name(static_cast<MorphState>(state))) + " " +
                   std::string(turkish->pos_name(static_cast<PosId>(pos))));
    }
  }
  EXPECT_EQ(joins, (std::set<std::string>{"N noun", "PN noun"}));
}

TEST(Language, FindsAllStemsThatBeginAText) {
  LanguageSource source = parse_language(test::kSmallTurkish, "pack");
  test::Random random(test::property_seed());
  const std::vector<std::string> letters = {"a", "b", "k", "ı", "ğ", "ü"};
  for (int i = 0; i < 3000; ++i) {
    SourceRoot root;
    for (size_t n = 1 + test::below(random, 7); n > 0; --n) {
      root.text += letters[test::below(random, letters.size())];
    }
    root.pos = {"noun"};
    if (root.text.ends_with("k") && test::below(random, 2) == 0) root.changes = {"soft"};
    source.roots.push_back(root);
  }
  const std::string bytes = compile_language(source);
  const auto language = Language::from_bytes(bytes, nullptr);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (size_t n = test::below(random, 12); n > 0; --n) {
      text += letters[test::below(random, letters.size())];
    }
    if (i % 10 == 0) text = test::random_text(random, 20);
    std::vector<std::pair<size_t, FormId>> wanted, got;
    for (FormId id = 0; id < language->form_count(); ++id) {
      const StemForm form = language->form(id);
      if (text.starts_with(form.text.substr(0, form.prefix))) wanted.emplace_back(form.prefix, id);
    }
    std::sort(wanted.begin(), wanted.end());
    language->stems(text, [&](size_t length, FormId id) { got.emplace_back(length, id); });
    ASSERT_EQ(got, wanted) << test::escaped(text) << " seed " << test::property_seed();
  }
  for (FormId id = 0; id < language->form_count(); ++id) {
    const auto same = language->forms_with_text(language->form(id).text);
    ASSERT_TRUE(std::find(same.begin(), same.end(), id) != same.end());
  }
}

}  // namespace
}  // namespace tokrail
