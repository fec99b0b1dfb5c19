#include "bindings/cli/grammar_convert.h"

#include <iostream>

#include "base/error.h"
#include "base/mapped_file.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/standard_output.h"
#include "grammar/writers/notation_writer.h"

namespace tokrail::cli {

namespace {

WrittenGrammar written(const GrammarConvertVerb& verb, const Grammar& grammar) {
  try {
    const NotationOptions options{.lenient = verb.grammar.lenient};
    return verb.to == "lark" ? write_lark(grammar, options) : write_gbnf(grammar, options);
  } catch (const Error& error) {
    throw error.within(source_name(verb.grammar));
  }
}

}  // namespace

int run_grammar_convert(const GrammarConvertVerb& verb) {
  const LoadedGrammar loaded = load_grammar(verb.grammar);
  tell_warnings(loaded.warnings);
  const WrittenGrammar result = written(verb, loaded.grammar());
  for (const std::string& warning : result.warnings) {
    std::cerr << "tokrail: warning: " << warning << '\n';
  }
  if (verb.output != "-") {
    write_file_atomically(verb.output, result.text);
    return kOk;
  }
  StandardOutput out;
  out.write(result.text);
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
