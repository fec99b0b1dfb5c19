// LanguageSource: a language pack as its text says it, before anything is compiled from it.
//
//   pack text ──parse_language──► LanguageSource ──compile_language──► bytes of a Language
//   lexicon   ──formats/────────► SourceRoot...  ─┘
//
// Every entry keeps the place it was read at, so that errors found later can still name file and
// line. docs/language-packs.md describes the text. All words are lower case, in UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokrail {

struct SourcePlace {
  std::string file;
  uint32_t line = 0;
  std::string str() const { return file + ":" + std::to_string(line); }
};

/// Two names or letters that belong together.
struct SourcePair {
  std::string first, second;
  SourcePlace place;
};

/// Letters that harmony or assimilation treats alike. Vowel classes: at most 15; sound classes: at
/// most 31; every letter of the alphabet is in exactly one sound class, vowels also in one vowel
/// class.
struct SourceClass {
  std::string name;
  std::vector<std::string> letters;
  SourcePlace place;
};

/// A symbol of suffix forms whose letter depends on what stands to the left: on its vowel class or
/// its sound class. `otherwise` is taken where no class matches.
struct SourceArchiphoneme {
  std::string symbol;                                        ///< one character, "A"
  std::vector<std::pair<std::string, std::string>> choices;  ///< class name -> letters
  std::string otherwise;
  SourcePlace place;
};

/// What a stem may change to: the first operation that applies to the stem decides; "+" of names
/// applies several in turn.
struct SourceChange {
  struct Operation {
    enum class Kind : uint8_t {
      kTail,       ///< from > to at the end of the stem
      kVowel,      ///< from > to for the last vowel
      kDropVowel,  ///< the last vowel goes (burun -> burn)
      kDouble,     ///< the last letter is doubled (hak -> hakk)
    };
    Kind kind = Kind::kTail;
    std::string from, to;
  };
  std::string name;
  std::string trigger;  ///< what sets the change off
  std::vector<Operation> operations;
  SourcePlace place;
};

/// One form of a suffix. It is taken if all conditions hold; a condition is a list of class or flag
/// names of which one must hold ("vowel", "front-flat/front-round"), or a negated one ("!pron").
struct SourceForm {
  std::vector<std::string> conditions;
  std::string text;  ///< letters and archiphonemes
  /// A tail in two forms, behind `text`: "AcA<k~ğ>". Empty: the form does not change.
  std::string base_tail, changed_tail;
  bool changes = false;
  std::string trigger;  ///< of the change
};

struct SourceSuffix {
  std::string name;  ///< "LOC"; unique
  std::vector<SourceForm> forms;
  std::vector<std::string> sets;          ///< flags of what stands to the left afterwards
  std::vector<std::string> triggers;      ///< changes that it sets off
  std::vector<std::string> not_triggers;  ///< changes it leaves alone although it would
  std::string vowel;                      ///< class it ends in; empty: by its letters
  bool keeps = false;  ///< leaves what stood to the left as it was (an apostrophe)
  SourcePlace place;
};

/// From one state to others through a suffix, or through nothing (an empty suffix name).
struct SourceArc {
  std::string from, suffix, to, tag;
  SourcePlace place;
};

struct SourceRoot {
  std::string text;                  ///< lower case
  std::vector<std::string> pos;      ///< names of `pos` lines
  std::vector<std::string> changes;  ///< names of changes, applied in turn; one trigger for all
  std::string changed;               ///< the changed form itself; empty: by `changes`
  std::string trigger;            ///< of `changed`; empty: the first trigger, or that of `changes`
  std::string vowel;              ///< class the stem ends in; empty: by its letters
  std::vector<std::string> sets;  ///< flags
  std::string reading;            ///< read aloud as; decides harmony (abbreviations)
  bool opposite = false;          ///< harmony of the opposite vowel class (saat -> saatler)
  bool proper = false;            ///< usually written with a capital letter
  bool upper = false;             ///< usually written in capital letters
  SourcePlace place;
};

struct LanguageSource {
  std::string code;  ///< "tr"
  std::string name;
  uint32_t version = 0;
  std::vector<SourceClass> vowel_classes, sound_classes;
  std::vector<std::string> transparent;  ///< vowels that keep the class reached before them
  std::vector<std::string> flags;        ///< at most 8
  std::vector<SourcePair> uppers;        ///< lower -> upper, beyond Unicode
  std::vector<SourcePair> variants;      ///< letters also written as others
  std::vector<SourceArchiphoneme> archiphonemes;
  /// Names of triggers, at most 8. The first is set off by every suffix whose form, spelled behind
  /// the changed stem, begins with a vowel.
  std::vector<std::string> triggers;
  std::vector<SourceChange> changes;
  std::vector<SourceSuffix> suffixes;
  std::vector<SourceArc> arcs;
  std::vector<std::pair<std::string, SourcePlace>> finals;  ///< states a word may end in
  /// Where words of a part of speech begin.
  struct Pos {
    std::string name, state;
    SourcePlace place;
  };
  std::vector<Pos> pos;
  std::vector<SourcePair> joins;  ///< state -> pos of a second stem
  std::vector<std::pair<std::string, SourcePlace>>
      unknown;          ///< states of stems that are in no lexicon
  std::string numeral;  ///< state behind digits; empty: no suffixes behind numbers
  SourcePlace numeral_place;
  std::string digits[10];                               ///< read aloud
  std::string tens[10];                                 ///< 1..9
  std::vector<std::pair<uint32_t, std::string>> zeros;  ///< (2, yüz), (3, bin), (6, milyon)
  std::vector<SourcePair> letter_names;                 ///< b -> be
  /// Vowel classes of roots marked `opposite`: class of the last vowel -> class in harmony.
  std::vector<SourcePair> opposites;
  /// The lexicon the pack wants beside its own roots, and how to read it.
  struct Lexicon {
    std::string format;   ///< "zemberek", "hunspell"
    std::string path;     ///< where its Debian package puts it
    std::string package;  ///< for messages
    SourcePlace place;
  };
  std::vector<Lexicon> lexicons;
  /// What codes of a lexicon's entries mean: attributes as on a `root` line, for entries that have
  /// all of `codes`; or "skip". Later lines win for pos, changes add up.
  struct LexiconRule {
    std::vector<std::string> codes, attributes;
    SourcePlace place;
  };
  std::vector<LexiconRule> lexicon_rules;
  /// Numbers of the training that suit the language (training/hybrid_trainer.h: apply_priors).
  struct Prior {
    std::string name;
    double value = 0;
    SourcePlace place;
  };
  std::vector<Prior> priors;
  std::vector<SourceRoot> roots;
  /// Common words of the language, most frequent first, where a lexicon's package lists them. Not
  /// compiled; training takes them for text of another kind.
  std::vector<std::string> common_words;
};

/// An entry as a lexicon file has it, its marks as codes ("pos:1", "flag:14"). formats/ reads them.
struct LexiconEntry {
  std::string text;      ///< in any case; roots are made from it in lower case
  std::string reading;   ///< empty: as written
  bool capital = false;  ///< the lexicon writes it with a capital letter
  std::vector<std::string> codes;
  SourcePlace place;
};

/// Adds entries as roots, by the rules of the source. Entries no rule gives a part of speech, those
/// that a rule skips, and those with letters outside the alphabet are counted and left out.
struct LexiconCounts {
  size_t added = 0, skipped = 0, without_pos = 0, outside_alphabet = 0, duplicates = 0;
  size_t changes_dropped = 0;  ///< changes that do not apply to the entry (p>b on "kita")
};
LexiconCounts add_lexicon(const std::vector<LexiconEntry>& entries, LanguageSource& source);

/// Parses the text of a pack. Throws Error(kInvalidFile) with file:line:column and what was
/// expected there.
LanguageSource parse_language(std::string_view text, const std::string& file);
/// Adds the entries of another text of the same syntax (a lexicon of `root` lines, say).
void parse_language_into(std::string_view text, const std::string& file, LanguageSource& source);

}  // namespace tokrail
