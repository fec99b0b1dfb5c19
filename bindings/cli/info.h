// tokrail info: what a tokenizer is.
#pragma once

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct InfoVerb {
  TokenizerChoice tokenizer;
  bool json = false;
};

int run_info(const InfoVerb& verb);

}  // namespace tokrail::cli
