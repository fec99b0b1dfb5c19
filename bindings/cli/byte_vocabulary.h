// A vocabulary of the 256 bytes, for grammars without a tokenizer.
#pragma once

#include <memory>

#include "tokenizers/vocabulary.h"

namespace tokrail::cli {

/// Id i is the byte i; id 256 ends a text.
std::shared_ptr<const Vocabulary> byte_vocabulary();

}  // namespace tokrail::cli
