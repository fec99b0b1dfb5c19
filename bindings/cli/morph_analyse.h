// tokrail morph analyse: how words are put together.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bindings/cli/language_choice.h"

namespace tokrail::cli {

struct MorphAnalyseVerb {
  LanguageChoice language;
  std::vector<std::string> words;  ///< none: the words of standard input
  size_t all = 1;                  ///< readings shown of each word; 0: all there are
  bool unknown = false;            ///< also readings through stems that are in no lexicon
  bool json = false;
};

int run_morph_analyse(const MorphAnalyseVerb& verb);

}  // namespace tokrail::cli
