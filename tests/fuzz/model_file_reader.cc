// Any bytes as a file of any format: what is found by content is read.
#include "tests/fuzz/read_safely.h"
#include "tokenizers/formats/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_safely(data, size, [](std::string_view bytes) {
    return tokrail::read_spec(bytes, {}, {.pattern = "."});
  });
}
