// A user's own model, a function from tokens to logits, writes JSON that fits a schema.
#include <cmath>
#include <cstdio>
#include <memory>

#include "decoding/generate.h"
#include "decoding/models/callback_source.h"
#include "grammar/constraints/grammar_constraint.h"
#include "grammar/frontends/json_schema.h"

int main() {
  const auto tokenizer = tokrail::Tokenizer::load("data/tokenizers/english-code-8k.json");
  const size_t vocab = tokenizer.size();

  // This "model" likes short tokens, and a little what comes early in the alphabet.
  tokrail::CallbackSource source(
      vocab,
      [&](std::span<const std::span<const tokrail::TokenId>> contexts, std::span<float> rows) {
        for (size_t i = 0; i < contexts.size(); ++i) {
          for (tokrail::TokenId id = 0; id < vocab; ++id) {
            const auto bytes = tokenizer.vocabulary().bytes(id);
            rows[i * vocab + id] = bytes.empty() ? 0.0f
                                                 : -0.7f * static_cast<float>(bytes.size()) -
                                                       0.02f * static_cast<float>(bytes[0]);
          }
        }
      });

  const auto schema = tokrail::read_json_schema(
      R"({"type": "object", "properties": {"name": {"type": "string", "minLength": 3,
          "maxLength": 12}, "size": {"enum": ["S", "M", "L"]}}, "required": ["name", "size"],
          "additionalProperties": false})",
      {.style = tokrail::JsonStyle::kCompact, .escapes_of_printable = false});
  const auto compiled = tokrail::CompiledGrammar::compile(
      schema.grammar, std::make_shared<tokrail::MaskTables>(tokenizer.shared_vocabulary()));

  tokrail::Generator generator(source, tokenizer);
  generator.constraint(std::make_unique<tokrail::GrammarConstraint>(compiled))
      .mode(tokrail::StepMode::kAdaptive)
      .max_tokens(100)
      .seed(7);
  for (const tokrail::Generation& output : generator.generate_n("", 3)) {
    std::printf("%s  (%s, %u model calls)\n", output.text.c_str(),
                tokrail::generation_status_name(output.status).data(),
                output.statistics.model_calls);
    if (output.status != tokrail::GenerationStatus::kComplete) return 1;
  }

  // The same as weighted particles: the model's own distribution under the schema.
  const tokrail::Posterior posterior = generator.particles({.count = 64}).posterior("");
  std::printf("%zu different outputs, log evidence %.2f\n", posterior.outputs.size(),
              posterior.log_evidence);
  return std::isfinite(posterior.log_evidence) ? 0 : 1;
}
