// tokrail morph generate: a stem and tags to the words that they make.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/language_choice.h"

namespace tokrail::cli {

struct MorphGenerateVerb {
  LanguageChoice language;
  std::string lemma;  ///< "kitap" or "kitap/noun"
  std::vector<std::string> tags;
  bool json = false;
};

/// kNo where the language makes no such word.
int run_morph_generate(const MorphGenerateVerb& verb);

}  // namespace tokrail::cli
