// tokrail decode: ids to text.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct DecodeVerb {
  TokenizerChoice tokenizer;
  std::vector<std::string> files;  ///< none: standard input
  bool lines = false;              ///< a line feed after every sequence
  bool skip_special = false;
  bool trace = false;            ///< a line per id: id, piece, text that it makes certain
  std::string invalid = "keep";  ///< bytes that are not UTF-8: keep, replace, error
};

int run_decode(const DecodeVerb& verb);

}  // namespace tokrail::cli
