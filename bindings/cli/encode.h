// tokrail encode: text to ids.
#pragma once

#include <string>
#include <vector>

#include "bindings/cli/tokenizer_choice.h"

namespace tokrail::cli {

struct EncodeVerb {
  TokenizerChoice tokenizer;
  std::vector<std::string> files;  ///< none: standard input
  bool pieces = false;             ///< print the pieces instead of the ids
  bool offsets = false;            ///< print id:begin-end
  bool show = false;               ///< print the text with its tokens in turning colours
  bool json = false;               ///< one object per record: ids, pieces, offsets
  bool count = false;              ///< print only how many ids
  bool whole = false;              ///< a file is one record
  bool null = false;               ///< records end at NUL bytes
  bool pair = false;               ///< a record is two texts with a tab between
  std::string unit = "byte";       ///< of offsets: byte, codepoint, utf16
  std::string special;             ///< allow, forbid, text; empty: as the format's own system
  bool no_special_tokens = false;  ///< without the template, BOS and EOS
  bool no_limits = false;          ///< without the truncation and padding that the file asks for
  int threads = 0;
  bool no_progress = false;
};

int run_encode(const EncodeVerb& verb);

}  // namespace tokrail::cli
