// How this module encodes: the text and nothing around it, special tokens read as text, whole.
#pragma once

#include "tokenizers/tokenizer.h"

namespace tokrail {

inline EncodeOptions plain_encoding() {
  EncodeOptions options;
  options.add_special_tokens = false;
  options.special_text = SpecialText::as_text();
  options.ignore_file_limits = true;
  return options;
}

}  // namespace tokrail
