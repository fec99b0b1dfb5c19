// tokrail grammar convert: a grammar in another notation.
#pragma once

#include <string>

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarConvertVerb {
  GrammarChoice grammar;
  std::string to;
  std::string output = "-";
};

/// What the notation cannot say is an error, or with --lenient a warning.
int run_grammar_convert(const GrammarConvertVerb& verb);

}  // namespace tokrail::cli
