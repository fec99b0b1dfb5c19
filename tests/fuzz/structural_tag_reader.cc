// Any bytes as a structural tag.
#include "grammar/frontends/structural_tag.h"
#include "tests/fuzz/read_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_grammar(
      data, size, [](std::string_view text) { return tokrail::read_structural_tag(text); });
}
