// tokrail diff: where two tokenizers differ on a text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct DiffVerb {
  TokenizerChoice a, b;
  std::vector<std::string> files;  ///< none: standard input
  std::string by = "ids";          ///< ids, or cuts: only where the text is cut
  std::string special;             ///< as in encode
  bool special_tokens = false;     ///< with the template, BOS and EOS
  bool whole = false;
  bool null = false;
  bool json = false;
  uint64_t show = 10;  ///< how many differences are printed
  int threads = 0;
  bool no_progress = false;
};

int run_diff(const DiffVerb& verb);

}  // namespace tokrail::cli
