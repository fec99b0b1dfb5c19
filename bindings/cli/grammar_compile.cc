#include "bindings/cli/grammar_compile.h"

#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/standard_output.h"
#include "grammar/compiled_file.h"

namespace tokrail::cli {

int run_grammar_compile(const GrammarCompileVerb& verb) {
  const std::optional<Tokenizer> tokenizer = load_optional(verb.tokenizer);
  const LoadedGrammar loaded = load_grammar(verb.grammar);
  tell_warnings(loaded.warnings);
  // Tokens that a grammar names are in no vocabulary of bytes; they are looked for when it is used.
  if (tokenizer || loaded.grammar().token_sets().empty()) {
    (void)compile_grammar(loaded, tokenizer, source_name(verb.grammar));
  }
  CompiledFile file = loaded.file;
  if (tokenizer) {
    file.vocabulary = tokenizer->vocabulary().fingerprint();
    file.vocabulary_size = tokenizer->vocabulary().size();
  }
  const std::string bytes = write_compiled(file);
  if (verb.output != "-") {
    write_file_atomically(verb.output, bytes);
    return kOk;
  }
  StandardOutput out;
  out.write(bytes);
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
