// tokrail convert: a tokenizer from one file format to another, with equal ids or not at all.
#pragma once

#include <string>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct ConvertVerb {
  TokenizerChoice input;
  std::string output;
  std::string to;  ///< tokenizer.json, tiktoken, tkz; empty: by the name of the output
};

int run_convert(const ConvertVerb& verb);

}  // namespace tokrail::cli
