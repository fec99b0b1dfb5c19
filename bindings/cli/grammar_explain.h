// tokrail grammar explain: where a text leaves a grammar's language, and what was expected there.
#pragma once

#include <optional>
#include <string>

#include "bindings/cli/grammar_choice.h"

namespace tokrail::cli {

struct GrammarExplainVerb {
  GrammarChoice grammar;
  std::optional<std::string> text;
  std::string file;  ///< in place of text
  bool json = false;
};

/// kNo if the text is not in the language.
int run_grammar_explain(const GrammarExplainVerb& verb);

}  // namespace tokrail::cli
