#include "bindings/cli/grammar_check.h"

#include <chrono>
#include <cstdio>

#include "bindings/cli/exit_code.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"

namespace tokrail::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct CheckResult {
  size_t rules = 0, terminals = 0, expressions = 0, memory = 0;
  double read_ms = 0, compile_ms = 0;
};

std::string as_json(const CheckResult& result, const std::vector<SchemaWarning>& warnings) {
  char times[80];
  std::snprintf(times, sizeof times, ",\"read_ms\":%.3f,\"compile_ms\":%.3f", result.read_ms,
                result.compile_ms);
  std::string out = "{\"rules\":" + std::to_string(result.rules) +
                    ",\"terminals\":" + std::to_string(result.terminals) +
                    ",\"expressions\":" + std::to_string(result.expressions) +
                    ",\"memory\":" + std::to_string(result.memory) + times + ",\"warnings\":[";
  for (size_t i = 0; i < warnings.size(); ++i) {
    out += i > 0 ? ",{\"where\":" : "{\"where\":";
    append_json_string(warnings[i].pointer, out);
    out += ",\"message\":";
    append_json_string(warnings[i].message, out);
    out += '}';
  }
  return out + "]}\n";
}

std::string as_text(const CheckResult& result) {
  char text[200];
  std::snprintf(text, sizeof text,
                "%zu rules, %zu terminals, %zu expressions; read in %.2f ms, compiled in %.2f ms, "
                "%.1f KB\n",
                result.rules, result.terminals, result.expressions, result.read_ms,
                result.compile_ms, static_cast<double>(result.memory) / 1024);
  return text;
}

}  // namespace

int run_grammar_check(const GrammarCheckVerb& verb) {
  const std::optional<Tokenizer> tokenizer = load_optional(verb.tokenizer);
  const auto milliseconds = [](Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
  };
  const Clock::time_point start = Clock::now();
  const LoadedGrammar loaded = load_grammar(verb.grammar);
  const Clock::time_point read = Clock::now();
  const auto compiled = compile_grammar(loaded, tokenizer, source_name(verb.grammar));
  CheckResult result;
  result.compile_ms = milliseconds(read, Clock::now());
  result.read_ms = milliseconds(start, read);
  result.rules = loaded.grammar().rules().size();
  result.terminals = loaded.grammar().terminals().size();
  result.expressions = loaded.grammar().expressions().size();
  result.memory = compiled->memory();
  if (!verb.json) tell_warnings(loaded.warnings);
  StandardOutput out;
  out.write(verb.json ? as_json(result, loaded.warnings) : as_text(result));
  out.flush();
  return kOk;
}

int run_grammar_print(const GrammarPrintVerb& verb) {
  const LoadedGrammar loaded = load_grammar(verb.grammar);
  tell_warnings(loaded.warnings);
  StandardOutput out;
  out.write(loaded.grammar().to_string());
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
