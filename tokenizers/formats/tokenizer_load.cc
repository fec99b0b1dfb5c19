// Tokenizer::load lies here, and not with the rest of Tokenizer, because it needs every reader and
// nothing else of the module does.
#include <string>

#include "tokenizers/formats/load.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {

Tokenizer Tokenizer::load(const std::string& path, const LoadOptions& options) {
  return from_spec(load_spec(path, options));
}

}  // namespace tokrail
