// TRmorph's tests of Turkish words, read through a table of what its tags are in ours.
//
// Lines are "A;A;word;analysis" (the word has the analysis), "A;R;word;analysis" (it has not),
// "A;R;word;" (no analysis at all), "G;A;analysis;word" and "G;R;analysis;word" for making words;
// B says that both are fine. Words whose analysis has a tag without counterpart, or a root that the
// lexicon lacks, cannot be judged; they are counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <compare>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/morphology/turkish_pack.h"
#include "tokenizers/morphology/morph_text.h"

namespace tokrail {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

Strings split(const std::string& text, char mark) {
  Strings parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, mark);) parts.push_back(part);
  return parts;
}

// "ev<N><pl>" as "ev" and {"N", "pl"}.
struct Expected {
  std::string lemma;
  Strings tags;

  explicit Expected(const std::string& text) : lemma(text.substr(0, text.find('<'))) {
    for (size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
      tags.push_back(text.substr(at + 1, text.find('>', at) - at - 1));
    }
  }
};

// From a tag to what it may be in ours, each a list of tags.
using TagMap = std::map<std::string, std::vector<Strings>>;

TagMap read_tag_map() {
  TagMap map;
  std::ifstream in(test::source_path("tests/tokenizers/morphology/trmorph_tags.tsv"));
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const Strings fields = split(line, '\t');
    map[fields.at(0)].push_back(fields.at(1) == "-" ? Strings() : split(fields[1], ' '));
  }
  return map;
}

enum class Verdict { kRight, kWrong, kUnmapped, kMissingRoot };

struct Counts {
  size_t right = 0, wrong = 0, unmapped = 0, missing = 0;
  void add(Verdict verdict) {
    switch (verdict) {
      case Verdict::kRight: ++right; break;
      case Verdict::kWrong: ++wrong; break;
      case Verdict::kUnmapped: ++unmapped; break;
      case Verdict::kMissingRoot: ++missing; break;
    }
  }
  size_t judged() const { return right + wrong; }
  size_t all() const { return right + wrong + unmapped + missing; }
};

class Judge {
 public:
  explicit Judge(std::shared_ptr<const Language> language)
      : language_(std::move(language)),
        analyser_(language_, std::make_shared<const MorphCosts>(MorphCosts::flat(*language_)),
                  {.unknown_stems = false}),
        map_(read_tag_map()) {}

  Verdict analysed(const std::string& text, const std::string& expected, bool wanted) {
    const std::set<Reading> readings = read(language_->lower(text));
    if (expected.empty()) return verdict(readings.empty() != wanted);
    const Expected analysis(expected);
    if (!is_mapped(analysis)) return Verdict::kUnmapped;
    const std::string lemma = language_->lower(analysis.lemma);
    const bool found = std::any_of(readings.begin(), readings.end(), [&](const Reading& reading) {
      return reading.lemma == lemma && fits(analysis.tags, 0, reading, 0);
    });
    if (!found && !is_known(lemma)) return Verdict::kMissingRoot;
    return verdict(found == wanted);
  }

  Verdict made(const std::string& given, const std::string& surface, bool wanted) {
    const Expected analysis(given);
    if (!is_mapped(analysis)) return Verdict::kUnmapped;
    const std::string lemma = language_->lower(analysis.lemma);
    if (!is_known(lemma)) return Verdict::kMissingRoot;
    std::set<std::string> surfaces;
    Strings tags;
    make(lemma, analysis.tags, 0, tags, surfaces);
    if (surface.empty()) return verdict(surfaces.empty() != wanted);
    return verdict(surfaces.contains(language_->lower(surface)) == wanted);
  }

  const std::map<std::string, size_t>& unmapped_tags() const { return unmapped_; }
  const std::set<std::string>& missing_roots() const { return missing_; }

 private:
  struct Reading {
    std::string lemma, pos;
    Strings tags;
    auto operator<=>(const Reading&) const = default;
  };

  static Verdict verdict(bool right) { return right ? Verdict::kRight : Verdict::kWrong; }

  // Several words are read one by one and put together, stems and tags alike.
  std::set<Reading> read(const std::string& text) const {
    std::set<Reading> readings = {{}};
    for (const std::string& word : split(text, ' ')) {
      std::set<Reading> longer;
      for (const Analysis& analysis : analyser_.all(word, 10000)) {
        Reading here;
        here.pos = morph_tag(*language_, analysis.morphs.front());
        for (const Morph& morph : analysis.morphs) {
          here.lemma += morph_lemma(*language_, word, morph);
          if (morph.kind == Morph::Kind::kSuffix && has_letters(word, morph)) {
            here.tags.emplace_back(morph_tag(*language_, morph));
          }
        }
        for (Reading reading : readings) {
          reading.lemma += here.lemma;
          if (reading.pos.empty()) reading.pos = here.pos;
          reading.tags.insert(reading.tags.end(), here.tags.begin(), here.tags.end());
          longer.insert(std::move(reading));
        }
      }
      readings = std::move(longer);
    }
    return readings;
  }

  static bool has_letters(const std::string& word, const Morph& morph) {
    const std::string_view text =
        std::string_view(word).substr(morph.begin, morph.end - morph.begin);
    return text != "'" && text != "’";
  }

  bool is_mapped(const Expected& expected) {
    bool all = true;
    for (const std::string& tag : expected.tags) {
      if (map_.contains(tag)) continue;
      ++unmapped_[tag];
      all = false;
    }
    return all;
  }

  bool is_known(const std::string& lemma) {
    std::string digits;
    if (!lemma.empty() && number_end(lemma, digits) == lemma.size()) return true;
    if (!language_->forms_with_text(lemma).empty()) return true;
    missing_.insert(lemma);
    return false;
  }

  bool fits(const Strings& theirs, size_t i, const Reading& ours, size_t j) const {
    if (i == theirs.size()) return j == ours.tags.size();
    for (const Strings& choice : map_.at(theirs[i])) {
      if (is_pos(choice)) {
        const bool here =
            ours.pos == choice[0].substr(1) || ours.pos.starts_with(choice[0].substr(1) + '.');
        if (here && fits(theirs, i + 1, ours, j)) return true;
      } else if (choice.size() <= ours.tags.size() - j &&
                 std::equal(choice.begin(), choice.end(),
                            ours.tags.begin() + static_cast<std::ptrdiff_t>(j)) &&
                 fits(theirs, i + 1, ours, j + choice.size())) {
        return true;
      }
    }
    return false;
  }

  static bool is_pos(const Strings& choice) {
    return choice.size() == 1 && choice[0].starts_with('/');
  }

  // Adds what the lemma (with its part of speech, once a tag names one) and the tags make.
  void make(const std::string& lemma, const Strings& theirs, size_t i, Strings& tags,
            std::set<std::string>& surfaces) const {
    if (i == theirs.size()) {
      try {
        for (std::string& surface : generate_surfaces(*language_, lemma, tags)) {
          surfaces.insert(std::move(surface));
        }
      } catch (const Error& error) {  // no such stem of that part of speech
        if (error.code() != ErrorCode::kInvalidArgument) throw;
      }
      return;
    }
    for (const Strings& choice : map_.at(theirs[i])) {
      if (is_pos(choice)) {
        make(lemma + choice[0], theirs, i + 1, tags, surfaces);
        continue;
      }
      const size_t before = tags.size();
      tags.insert(tags.end(), choice.begin(), choice.end());
      make(lemma, theirs, i + 1, tags, surfaces);
      tags.resize(before);
    }
  }

  std::shared_ptr<const Language> language_;
  Analyser analyser_;
  TagMap map_;
  std::map<std::string, size_t> unmapped_;
  std::set<std::string> missing_;
};

// Whether the line is a test; some are cut short.
bool is_usable(const Strings& fields) {
  if (fields.size() < 3 || (fields[0] != "A" && fields[0] != "G")) return false;
  if (fields[1] != "A" && fields[1] != "R" && fields[1] != "B") return false;
  const bool is_analysis = fields[2].find('<') != std::string::npos;
  return !fields[2].empty() && is_analysis == (fields[0] == "G");
}

Counts judge_file(Judge& judge, const fs::path& path, Strings& wrong) {
  Counts counts;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    Strings fields = split(line, ';');
    if (!is_usable(fields)) continue;
    fields.resize(4);
    Verdict verdict = Verdict::kRight;
    if (fields[1] != "B") {
      const bool wanted = fields[1] == "A";
      verdict = fields[0] == "A" ? judge.analysed(fields[2], fields[3], wanted)
                                 : judge.made(fields[2], fields[3], wanted);
    }
    counts.add(verdict);
    if (verdict == Verdict::kWrong) wrong.push_back(path.stem().string() + ": " + line);
  }
  return counts;
}

void print(const std::string& name, const Counts& counts) {
  std::printf("  %-22s %5zu right %4zu wrong %4zu unmapped %4zu without root\n", name.c_str(),
              counts.right, counts.wrong, counts.unmapped, counts.missing);
}

// The table names tags that the pack has.
TEST(Trmorph, TagsOfTheTableExist) {
  const auto language = test::turkish_with_roots("");
  std::set<std::string_view> tags, parts;
  for (size_t s = 0; s < language->state_count(); ++s) {
    for (const MorphArc& arc : language->arcs(static_cast<MorphState>(s))) {
      tags.insert(language->tag(arc.tag));
    }
  }
  for (size_t p = 0; p < language->pos_count(); ++p) {
    parts.insert(language->pos_name(static_cast<PosId>(p)));
  }
  for (const auto& [theirs, choices] : read_tag_map()) {
    for (const Strings& choice : choices) {
      for (const std::string& tag : choice) {
        EXPECT_TRUE(tag[0] == '/' ? parts.contains(tag.substr(1)) : tags.contains(tag))
            << theirs << ": " << tag;
      }
    }
  }
}

TEST(Trmorph, MostTestsHold) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "morphology/tr/trmorph-tests");
  const auto language = test::turkish_with_lexicon();
  if (language == nullptr) GTEST_SKIP() << "needs Debian's package libzemberek-tr-java";
  Judge judge(language);
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".test") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  Counts all;
  Strings wrong;
  for (const fs::path& path : paths) {
    const Counts counts = judge_file(judge, path, wrong);
    print(path.stem().string(), counts);
    all.right += counts.right;
    all.wrong += counts.wrong;
    all.unmapped += counts.unmapped;
    all.missing += counts.missing;
  }
  print("all", all);
  for (const std::string& line : wrong) std::cout << "  wrong: " << line << '\n';
  for (const auto& [tag, count] : judge.unmapped_tags()) {
    std::cout << "  unmapped: " << tag << ' ' << count << '\n';
  }
  for (const std::string& root : judge.missing_roots()) {
    std::cout << "  without root: " << root << '\n';
  }
  const double judged = static_cast<double>(all.judged());
  std::printf("  right: %.1f %% of those judged, which are %.1f %% of %zu\n",
              100 * static_cast<double>(all.right) / judged,
              100 * judged / static_cast<double>(all.all()), all.all());
  EXPECT_GE(static_cast<double>(all.right), 0.90 * judged);
  EXPECT_GE(judged, 0.85 * static_cast<double>(all.all()));
}

}  // namespace
}  // namespace tokrail
