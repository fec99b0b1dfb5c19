// Any bytes as a sentencepiece model: an Error or a spec whose parts fit together.
#include "tests/fuzz/read_safely.h"
#include "tokenizers/formats/sentencepiece.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_safely(
      data, size, [](std::string_view bytes) { return tokrail::read_sentencepiece(bytes); });
}
