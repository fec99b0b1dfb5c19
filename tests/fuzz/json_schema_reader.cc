// Any bytes as a JSON schema, in both key orders.
#include "grammar/frontends/json_schema.h"
#include "tests/fuzz/read_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return tokrail::test::read_grammar(data, size, [size](std::string_view text) {
    tokrail::JsonSchemaOptions options;
    options.key_order = size % 2 == 0 ? tokrail::KeyOrder::kAny : tokrail::KeyOrder::kSchema;
    options.max_nodes = 20000;
    return tokrail::read_json_schema(text, options).grammar;
  });
}
