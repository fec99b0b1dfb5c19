// Which tokens may come next under a JSON schema: the loop of a constrained decoder, with a "model"
// that likes every token alike.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "grammar/frontends/json_schema.h"
#include "grammar/matcher.h"
#include "tokenizers/tokenizer.h"

int main() {
  const auto tokenizer = tokrail::Tokenizer::load("data/tokenizers/multilingual-32k.json");
  const auto tables = std::make_shared<tokrail::MaskTables>(tokenizer.shared_vocabulary());

  const auto schema = tokrail::read_json_schema(
      R"({
      "type": "object",
      "properties": {"city": {"enum": ["Ankara", "Paris"]}, "days": {"type": "integer",
                     "minimum": 1, "maximum": 14}},
      "required": ["city", "days"], "additionalProperties": false})",
      {.style = tokrail::JsonStyle::kCompact, .escapes_of_printable = false});
  const auto grammar = tokrail::CompiledGrammar::compile(schema.grammar, tables);

  tokrail::Matcher matcher(grammar);
  std::vector<uint32_t> mask(tokrail::mask_words(tokenizer.size()));
  std::string text;
  uint64_t state = 7;
  while (!matcher.is_finished()) {
    if (matcher.fill_mask(mask) != tokrail::MaskStatus::kOk) return 1;
    // The n-th allowed token, n from a small generator.
    state = state * 6364136223846793005u + 1442695040888963407u;
    size_t skip = (state >> 33) % tokrail::mask_count(mask);
    size_t id = tokrail::mask_find_next(mask, 0);
    for (; skip > 0; --skip) id = tokrail::mask_find_next(mask, id + 1);
    matcher.accept(static_cast<tokrail::TokenId>(id));
    text += tokenizer.vocabulary().bytes(static_cast<tokrail::TokenId>(id));
  }
  std::printf("%s\n", text.c_str());
  return text.starts_with("{\"city\":") && text.ends_with("}") ? 0 : 1;
}
