// Which language a verb works with, as given on the command line: a pack, and the lexicon it names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tokenizers/morphology/language.h"
#include "tokenizers/morphology/language_source.h"
#include "tokenizers/morphology/morph_costs.h"

namespace tokrail::cli {

struct LanguageChoice {
  /// The code or name of a shipped pack (tr, turkish), a pack, a compiled language, or a hybrid
  /// tokenizer.
  std::string language;
  std::vector<std::string> more_packs;  ///< files of the same syntax: roots, say
  std::vector<std::string> lexicons;    ///< FORMAT:PATH; none: those that the pack names
  bool no_lexicon = false;
};

/// What was read of a lexicon.
struct LexiconReport {
  std::string format, path;
  size_t entries = 0;
  LexiconCounts counts;
};

/// Reads a pack, what is to be added to it, and its lexicons. A lexicon that is not there is an
/// Error(kNotFound) that names the package to install. `reports`, where given, gets one per
/// lexicon.
LanguageSource load_language_source(const LanguageChoice& choice,
                                    std::vector<LexiconReport>* reports = nullptr);

struct LoadedLanguage {
  std::shared_ptr<const Language> language;
  /// A tokenizer's, or MorphCosts::flat.
  std::shared_ptr<const MorphCosts> costs;
};

/// Opens a compiled language or a hybrid tokenizer, or compiles a pack; roots that a pack cannot
/// hold are left out.
LoadedLanguage load_language(const LanguageChoice& choice);

/// Bytes as a language, which owns them.
std::shared_ptr<const Language> own_language(std::string bytes, const std::string& name);

}  // namespace tokrail::cli
