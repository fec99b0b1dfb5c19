// Any bytes as GBNF.
#include "grammar/frontends/gbnf.h"
#include "tests/fuzz/read_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_grammar(data, size, tokrail::read_gbnf);
}
