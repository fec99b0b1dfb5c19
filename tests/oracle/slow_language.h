// Slow, obvious spelling of stems and suffixes: by the words of docs/language-packs.md, straight
// from the text's LanguageSource, with names for everything and no tables.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tokenizers/morphology/language_source.h"

namespace tokrail::test {

/// What stands to the left of a suffix.
struct SlowContext {
  std::string vowel_class, sound_class;
  std::set<std::string> flags;
  auto operator<=>(const SlowContext&) const = default;
};

/// A word so far: `text`, then one of two tails that the next morph decides between.
struct SlowLeft {
  std::string base_tail, changed_tail;
  SlowContext base, changed;
  bool changes = false;
  std::string trigger;
  auto operator<=>(const SlowLeft&) const = default;
};

struct SlowStep {
  std::string text;  ///< behind the tail that was chosen, before the tails of `left`
  SlowLeft left;
  bool changes_left = false, allowed = false;
};

struct SlowStem {
  std::string prefix;
  SlowLeft left;
};

class SlowLanguage {
 public:
  explicit SlowLanguage(const LanguageSource& source) : source_(source) {}

  /// Without letters that vary.
  SlowStem stem(const SourceRoot& root) const;
  /// Behind letters that are in no lexicon.
  SlowLeft behind(const std::string& text) const;
  SlowStep step(const SlowLeft& left, const SourceSuffix& suffix) const;

  /// Arcs of a state, with those that empty arcs lead to: suffix, state, tag.
  std::set<std::vector<std::string>> arcs(const std::string& state) const;
  bool is_final(const std::string& state) const;

 private:
  std::string vowel_class_of(const std::string& letter) const;
  std::string sound_class_of(const std::string& letter) const;
  SlowContext after(SlowContext context, const std::string& text) const;
  bool holds(const std::vector<std::string>& conditions, const SlowContext& context) const;
  const SourceForm& form(const SourceSuffix& suffix, const SlowContext& context,
                         bool& allowed) const;
  std::string spell(const std::string& text, SlowContext& context) const;
  std::set<std::string> with_empty_arcs(const std::string& state) const;

  const LanguageSource& source_;
};

}  // namespace tokrail::test
