#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "tokenizers/morphology/language_source.h"
#include "tokenizers/morphology/pack_alphabet.h"
#include "tokenizers/morphology/root_attributes.h"
#include "tokenizers/morphology/root_forms.h"
#include "tokenizers/morphology/suffix_speller.h"

namespace tokrail {
namespace {

/// Applies the rules to an entry; false if one of them skips it.
bool apply_rules(const LexiconEntry& entry, const LanguageSource& source, SourceRoot& root) {
  const std::set<std::string_view> codes(entry.codes.begin(), entry.codes.end());
  for (const LanguageSource::LexiconRule& rule : source.lexicon_rules) {
    const bool fits = std::all_of(rule.codes.begin(), rule.codes.end(),
                                  [&](const std::string& code) { return codes.contains(code); });
    if (!fits) continue;
    for (const std::string& attribute : rule.attributes) {
      if (attribute == "skip") return false;
      if (!add_root_attribute(attribute, root)) {
        fail_in_pack(rule.place, std::string("skip, pos=, ") + kRootAttributes);
      }
    }
  }
  return true;
}

/// The same for roots that say the same.
std::string root_bytes(const SourceRoot& root) {
  std::string bytes;
  const auto add = [&](const std::string& text) { bytes += text + '\n'; };
  const auto add_all = [&](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) add(text);
    bytes += '\n';
  };
  add(root.text);
  add(root.changed);
  add(root.trigger);
  add(root.vowel);
  add(root.reading);
  add_all(root.pos);
  add_all(root.changes);
  add_all(root.sets);
  bytes += static_cast<char>(root.opposite * 4 + root.proper * 2 + root.upper);
  return bytes;
}

}  // namespace

LexiconCounts add_lexicon(const std::vector<LexiconEntry>& entries, LanguageSource& source) {
  const PackAlphabet alphabet(source);
  const SuffixSpeller suffixes(source, alphabet);
  const RootSpeller speller(source, alphabet, suffixes);
  std::set<std::string> known;
  for (const SourceRoot& root : source.roots) known.insert(root_bytes(root));
  LexiconCounts counts;
  for (const LexiconEntry& entry : entries) {
    SourceRoot root;
    root.text = alphabet.lower(entry.text);
    root.reading = alphabet.lower(entry.reading);
    root.proper = entry.capital;
    root.place = entry.place;
    if (!apply_rules(entry, source, root)) {
      ++counts.skipped;
    } else if (root.pos.empty()) {
      ++counts.without_pos;
    } else if (root.text.empty() || !speller.foreign_letter(root).empty()) {
      ++counts.outside_alphabet;
    } else {
      counts.changes_dropped += speller.drop_what_does_not_apply(root);
      if (known.insert(root_bytes(root)).second) {
        source.roots.push_back(std::move(root));
        ++counts.added;
      } else {
        ++counts.duplicates;
      }
    }
  }
  return counts;
}

}  // namespace tokrail
