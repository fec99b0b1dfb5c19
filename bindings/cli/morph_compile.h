// tokrail morph compile: a language pack and its lexicon to one file.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/language_choice.h"

namespace tokrail::cli {

struct MorphCompileVerb {
  std::vector<std::string> packs;  ///< the pack, then files that add to it
  std::vector<std::string> lexicons;
  bool no_lexicon = false;
  size_t max_endings = 400;
  bool strict = false;  ///< roots that cannot be held are errors
  std::string output;
  bool json = false;
};

int run_morph_compile(const MorphCompileVerb& verb);

}  // namespace tokrail::cli
