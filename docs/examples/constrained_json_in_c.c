/* A model of one's own, here a function without much sense, that has to write valid JSON. */
#include "tokrail.h"
#include <stdio.h>
static int32_t my_model(void* user, const tokrail_ids* contexts, size_t count, float* rows,
                        size_t vocab) {
  for (size_t i = 0; i < count; ++i) /* row i: a score for each token behind contexts[i] */
    for (size_t id = 0; id < vocab; ++id)
      rows[i * vocab + id] = (float)((id + 7 * contexts[i].count) * 2654435761u % 997) / 99;
  return user != NULL; /* 0: all is well */
}

int main(void) {
  const char path[] = "data/tokenizers/english-code-8k.json";
  const char schema[] = "{\"type\":\"object\",\"properties\":{\"seat\":{\"enum\":[\"aisle\","
                        "\"window\"]}},\"required\":[\"seat\"],\"additionalProperties\":false}";
  tokrail_tokenizer* tokenizer = NULL;
  tokrail_mask_tables* tables = NULL;
  tokrail_grammar* grammar = NULL;
  tokrail_source* source = NULL;
  tokrail_outputs* outputs = NULL;
  tokrail_error* error = NULL;
  tokrail_json_schema_options json = {
      .struct_size = sizeof json, .style = TOKRAIL_JSON_COMPACT, .plain_characters = true};
  tokrail_generate_options options = {.struct_size = sizeof options, .seed = 7};
  if (!tokrail_tokenizer_load(path, sizeof path - 1, NULL, &tokenizer, &error) &&
      !tokrail_mask_tables_new(tokenizer, 0, &tables, &error) &&
      !tokrail_grammar_from_json_schema(tables, schema, sizeof schema - 1, &json, NULL,
                                        &grammar, &error) &&
      !tokrail_source_from_function(8192, my_model, NULL, NULL, &source, &error)) {
    options.grammar = grammar;
    tokrail_generate(source, tokenizer, "Book: ", 6, &options, &outputs, &error);
  }
  puts(error ? tokrail_error_message(error, NULL) : tokrail_outputs_text(outputs, 0, NULL));
  int failed = tokrail_outputs_status(outputs, 0) != TOKRAIL_GENERATION_COMPLETE;
  tokrail_error_free(error), tokrail_outputs_free(outputs), tokrail_source_free(source);
  tokrail_grammar_free(grammar), tokrail_mask_tables_free(tables);
  tokrail_tokenizer_free(tokenizer);
  return failed;
}
