#include "bindings/cli/convert.h"

#include "bindings/cli/exit_code.h"
#include "bindings/cli/tokenizer_target.h"

namespace tokrail::cli {

int run_convert(const ConvertVerb& verb) {
  const std::string format = target_format(verb.output, verb.to);
  const Tokenizer tokenizer = load_tokenizer(verb.input);
  write_tokenizer(tokenizer.spec(), verb.output, format);
  return kOk;
}

}  // namespace tokrail::cli
