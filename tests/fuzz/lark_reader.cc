// Any bytes as a Lark grammar; @name gives a small grammar, which names itself.
#include "grammar/frontends/lark.h"
#include "tests/fuzz/read_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_grammar(data, size, [](std::string_view text) {
    tokrail::LarkOptions options;
    options.loader = [](std::string_view name) { return "start: \"x\" @" + std::string(name); };
    return tokrail::read_lark(text, options);
  });
}
