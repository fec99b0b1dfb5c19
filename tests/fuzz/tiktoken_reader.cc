// Any bytes as a rank file: an Error or a spec whose parts fit together.
#include "tests/fuzz/read_safely.h"
#include "tokenizers/formats/tiktoken.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_safely(data, size, [](std::string_view bytes) {
    return tokrail::read_tiktoken(bytes, {}, {.pattern = "."});
  });
}
