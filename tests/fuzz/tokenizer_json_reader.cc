// Any bytes as a tokenizer.json: an Error or a spec whose parts fit together, and which, if it can
// be written again, reads back to the same text.
#include <cstdlib>
#include <string>

#include "tests/fuzz/read_safely.h"
#include "tokenizers/formats/tokenizer_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_safely(data, size, [](std::string_view bytes) {
    tokrail::TokenizerSpec spec = tokrail::read_tokenizer_json(bytes);
    if (tokrail::tokenizer_json_cannot_express(spec).empty()) {
      const std::string text = tokrail::write_tokenizer_json(spec);
      if (tokrail::write_tokenizer_json(tokrail::read_tokenizer_json(text)) != text) std::abort();
    }
    return spec;
  });
}
