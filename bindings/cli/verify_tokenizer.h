// tokrail verify tokenizer: a tokenizer against expected ids of the system that owns its format.
//
// Both files are JSON Lines. A case is {"i": number, "text": string}; a line of expected values is
// {"i": number, ...} with any of these keys:
//
//   ordinary     ids; special tokens in the text are plain text, none are added
//   special      ids; special tokens in the text are matched, none are added
//   ids          ids; the format's own policy for special tokens in the text, none are added
//   ids_special  as ids, with the special tokens of the template, BOS and EOS added
//   offsets      of ids, in code points: [[begin, end], ...]
//   decoded      the text that ids (or else ordinary) decode to, special tokens not left out
#pragma once

#include <cstdint>
#include <string>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct VerifyTokenizerVerb {
  TokenizerChoice tokenizer;
  std::string cases;
  std::string expected;
  uint64_t show = 5;  ///< how many differences are printed per key
  bool json = false;
};

int run_verify_tokenizer(const VerifyTokenizerVerb& verb);

}  // namespace tokrail::cli
