#include "tokenizers/morphology/language_source.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "tokenizers/morphology/pack_line.h"
#include "tokenizers/morphology/root_attributes.h"
#include "tokenizers/morphology/suffix_line.h"

namespace tokrail {
namespace {

/// Arcs of a line like `arc A|B C|D E` are all combinations; more than this is a mistake.
constexpr size_t kMaxArcs = 200000;

bool is_one_character(std::string_view text) {
  return !text.empty() && decode_utf8(text.data(), text.data() + text.size()).length == text.size();
}

class PackReader {
 public:
  PackReader(const PackLine& line, LanguageSource& source) : line_(line), source_(source) {}

  void read() {
    for (const Keyword& keyword : kKeywords) {
      if (keyword.name == line_.keyword()) return (this->*keyword.read)();
    }
    std::string names;
    for (const Keyword& keyword : kKeywords) {
      names += (names.empty() ? "" : ", ") + std::string(keyword.name);
    }
    line_.fail_at(0, "one of " + names);
  }

 private:
  struct Keyword {
    std::string_view name;
    void (PackReader::*read)();
  };
  static const Keyword kKeywords[27];

  std::string character(size_t i, const char* what) const {
    std::string text = line_.text(i, what);
    if (!is_one_character(text)) line_.fail(line_[i], what);
    return text;
  }
  /// "a>b" or "a=b".
  std::pair<std::string, std::string> pair(size_t i, char sign, const char* what) const {
    const std::string text = line_.text(i, what);
    const size_t at = text.find(sign);
    if (at == std::string::npos || at == 0) line_.fail(line_[i], what);
    return {text.substr(0, at), text.substr(at + 1)};
  }
  std::vector<std::string> alternatives(size_t i, const char* what) const {
    (void)line_.text(i, what);
    return split_names(line_, line_[i], '|');
  }

  void read_language() {
    if (!source_.code.empty()) line_.fail_at(0, "one line `language`");
    source_.code = line_.text(0, "the code of the language");
    for (const std::string& word : line_.texts(1, "the name of the language")) {
      source_.name += (source_.name.empty() ? "" : " ") + word;
    }
  }
  void read_version() {
    source_.version = line_.number(0, 1000000, "a version of up to 1000000");
    line_.end(1);
  }
  SourceClass read_class() const {
    SourceClass result{line_.text(0, "the name of a class"), {}, line_.place()};
    for (size_t i = 1; i < std::max<size_t>(line_.size(), 2); ++i) {
      result.letters.push_back(character(i, "one letter"));
    }
    return result;
  }
  void read_vowel_class() { source_.vowel_classes.push_back(read_class()); }
  void read_sound_class() { source_.sound_classes.push_back(read_class()); }
  void read_transparent() {
    for (size_t i = 0; i < std::max<size_t>(line_.size(), 1); ++i) {
      source_.transparent.push_back(character(i, "one letter"));
    }
  }
  void read_flag() {
    for (std::string& name : line_.texts(0, "the name of a flag")) {
      source_.flags.push_back(std::move(name));
    }
  }
  SourcePair letter_pair() const {
    SourcePair result{character(0, "one letter"), character(1, "one letter"), line_.place()};
    line_.end(2);
    return result;
  }
  void read_upper() { source_.uppers.push_back(letter_pair()); }
  void read_variant() { source_.variants.push_back(letter_pair()); }
  void read_opposite() {
    source_.opposites.push_back(
        {line_.text(0, "a vowel class"), line_.text(1, "a vowel class"), line_.place()});
    line_.end(2);
  }
  void read_letter() {
    source_.letter_names.push_back(
        {character(0, "one letter"), line_.text(1, "the letter's name"), line_.place()});
    line_.end(2);
  }

  void read_sound() {
    SourceArchiphoneme sound;
    sound.symbol = character(0, "a symbol of one character");
    sound.place = line_.place();
    constexpr const char* kWhat = "CLASS=LETTER, or *=LETTER for the rest";
    bool has_rest = false;
    for (size_t i = 1; i < std::max<size_t>(line_.size(), 2); ++i) {
      auto [name, letter] = pair(i, '=', kWhat);
      if (name != "*") {
        sound.choices.emplace_back(std::move(name), std::move(letter));
      } else if (std::exchange(has_rest, true)) {
        line_.fail(line_[i], "one \"*=\"");
      } else {
        sound.otherwise = std::move(letter);
      }
    }
    if (!has_rest) line_.fail_at(line_.length(), "*=LETTER for the rest");
    source_.archiphonemes.push_back(std::move(sound));
  }

  void read_trigger() {
    for (std::string& name : line_.texts(0, "the name of a trigger")) {
      source_.triggers.push_back(std::move(name));
    }
  }
  void read_change() {
    using Kind = SourceChange::Operation::Kind;
    SourceChange change{line_.text(0, "the name of a change"),
                        line_.text(1, "the trigger of the change"),
                        {},
                        line_.place()};
    const char* const what = "tail, vowel, drop-vowel or double";
    const std::string operation = line_.text(2, what);
    if (operation == "drop-vowel" || operation == "double") {
      line_.end(3);
      change.operations.push_back(
          {operation == "double" ? Kind::kDouble : Kind::kDropVowel, {}, {}});
    } else if (operation == "tail" || operation == "vowel") {
      const Kind kind = operation == "tail" ? Kind::kTail : Kind::kVowel;
      for (size_t i = 3; i < std::max<size_t>(line_.size(), 4); ++i) {
        auto [from, to] = pair(i, '>', "FROM>TO");
        change.operations.push_back({kind, std::move(from), std::move(to)});
      }
    } else {
      line_.fail(line_[2], what);
    }
    source_.changes.push_back(std::move(change));
  }

  void read_suffix_line() { source_.suffixes.push_back(read_suffix(line_)); }

  void read_root() {
    SourceRoot root;
    root.text = line_.text(0, "the text of a root");
    (void)line_.text(1, "a part of speech");
    root.pos = split_names(line_, line_[1], ',');
    root.place = line_.place();
    for (size_t i = 2; i < line_.size(); ++i) {
      if (line_[i].text.starts_with("pos=") || !add_root_attribute(line_[i].text, root)) {
        line_.fail(line_[i], kRootAttributes);
      }
    }
    source_.roots.push_back(std::move(root));
  }

  void read_pos() {
    source_.pos.push_back({line_.text(0, "the name of a part of speech"),
                           line_.text(1, "the state where its words begin"), line_.place()});
    line_.end(2);
  }
  void read_arc() {
    const auto from = alternatives(0, "a state");
    const auto suffixes = alternatives(1, "a suffix, or \"-\"");
    const auto to = alternatives(2, "a state");
    const std::string tag = line_.size() > 3 ? std::string(line_[3].text) : std::string();
    line_.end(4);
    if (from.size() * suffixes.size() * to.size() + source_.arcs.size() > kMaxArcs) {
      line_.fail_at(0, "no more than " + std::to_string(kMaxArcs) + " arcs");
    }
    for (const std::string& begin : from) {
      for (const std::string& suffix : suffixes) {
        if (suffix == "-" && !tag.empty()) line_.fail(line_[3], "no tag where nothing is written");
        for (const std::string& end : to) {
          source_.arcs.push_back({begin, suffix == "-" ? "" : suffix, end, tag, line_.place()});
        }
      }
    }
  }
  void read_final() {
    for (size_t i = 0; i < std::max<size_t>(line_.size(), 1); ++i) {
      for (std::string& state : alternatives(i, "a state")) {
        source_.finals.emplace_back(std::move(state), line_.place());
      }
    }
  }
  void read_join() {
    const auto states = alternatives(0, "a state");
    (void)line_.text(1, "a part of speech");
    const auto kinds = split_names(line_, line_[1], ',');
    line_.end(2);
    for (const std::string& state : states) {
      for (const std::string& pos : kinds) source_.joins.push_back({state, pos, line_.place()});
    }
  }
  void read_unknown() {
    for (size_t i = 0; i < std::max<size_t>(line_.size(), 1); ++i) {
      for (std::string& state : alternatives(i, "a state")) {
        source_.unknown.emplace_back(std::move(state), line_.place());
      }
    }
  }
  void read_numeral() {
    if (!source_.numeral.empty()) line_.fail_at(0, "one line `numeral`");
    source_.numeral = line_.text(0, "a state");
    source_.numeral_place = line_.place();
    line_.end(1);
  }
  void read_digit() { read_number_name(source_.digits, "a digit"); }
  void read_tens() { read_number_name(source_.tens, "a digit"); }
  void read_number_name(std::string (&names)[10], const char* what) {
    const uint32_t number = line_.number(0, 9, what);
    std::string name = line_.text(1, "the number in letters");
    line_.end(2);
    if (!names[number].empty()) line_.fail(line_[0], "a number that has no name yet");
    names[number] = std::move(name);
  }
  void read_zeros() {
    const uint32_t count = line_.number(0, 60, "how many zeros, up to 60");
    if (count < 2) line_.fail(line_[0], "two zeros or more");
    for (const auto& known : source_.zeros) {
      if (known.first == count) line_.fail(line_[0], "a number that has no name yet");
    }
    source_.zeros.emplace_back(count, line_.text(1, "the number in letters"));
    line_.end(2);
  }

  void read_lexicon() {
    source_.lexicons.push_back({line_.text(0, "the format of the lexicon"),
                                line_.text(1, "the path of the lexicon"),
                                line_.text(2, "the package that has the lexicon"), line_.place()});
    line_.end(3);
  }
  void read_map() {
    LanguageSource::LexiconRule rule;
    rule.place = line_.place();
    size_t i = 0;
    for (; i < line_.size() && line_[i].text != "->"; ++i) rule.codes.emplace_back(line_[i].text);
    if (rule.codes.empty() || i == line_.size()) line_.fail_at(line_.length(), "CODE ... -> ...");
    rule.attributes = line_.texts(i + 1, "attributes, or skip");
    SourceRoot scratch;
    for (++i; i < line_.size(); ++i) {
      if (line_[i].text != "skip" && !add_root_attribute(line_[i].text, scratch)) {
        line_.fail(line_[i], std::string("skip, pos=, ") + kRootAttributes);
      }
    }
    source_.lexicon_rules.push_back(std::move(rule));
  }

  void read_prior() {
    LanguageSource::Prior prior{line_.text(0, "the name of a prior"), 0, line_.place()};
    const std::string number = line_.text(1, "a number");
    const char* const end = number.data() + number.size();
    const auto parsed = std::from_chars(number.data(), end, prior.value);
    if (parsed.ec != std::errc() || parsed.ptr != end) line_.fail(line_[1], "a number");
    line_.end(2);
    source_.priors.push_back(std::move(prior));
  }

  const PackLine& line_;
  LanguageSource& source_;
};

const PackReader::Keyword PackReader::kKeywords[27] = {
    {"language", &PackReader::read_language},
    {"version", &PackReader::read_version},
    {"vowel-class", &PackReader::read_vowel_class},
    {"sound-class", &PackReader::read_sound_class},
    {"transparent", &PackReader::read_transparent},
    {"opposite", &PackReader::read_opposite},
    {"upper", &PackReader::read_upper},
    {"variant", &PackReader::read_variant},
    {"flag", &PackReader::read_flag},
    {"sound", &PackReader::read_sound},
    {"trigger", &PackReader::read_trigger},
    {"change", &PackReader::read_change},
    {"root", &PackReader::read_root},
    {"suffix", &PackReader::read_suffix_line},
    {"pos", &PackReader::read_pos},
    {"arc", &PackReader::read_arc},
    {"final", &PackReader::read_final},
    {"join", &PackReader::read_join},
    {"unknown", &PackReader::read_unknown},
    {"numeral", &PackReader::read_numeral},
    {"digit", &PackReader::read_digit},
    {"tens", &PackReader::read_tens},
    {"zeros", &PackReader::read_zeros},
    {"letter", &PackReader::read_letter},
    {"lexicon", &PackReader::read_lexicon},
    {"map", &PackReader::read_map},
    {"prior", &PackReader::read_prior},
};

}  // namespace

void parse_language_into(std::string_view text, const std::string& file, LanguageSource& source) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  SourcePlace place{file, 0};
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    ++place.line;
    const PackLine line(text.substr(0, end), place);
    if (!line.empty()) PackReader(line, source).read();
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

LanguageSource parse_language(std::string_view text, const std::string& file) {
  LanguageSource source;
  parse_language_into(text, file, source);
  if (source.code.empty()) {
    throw Error(ErrorCode::kInvalidFile, "expected a line `language CODE NAME`", file);
  }
  return source;
}

}  // namespace tokrail
