// One grammar of a file of cases: compiled, held against its texts token by token, and timed.
//
// Times are processor time of the thread, in microseconds, less what asking the clock costs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/cli/grammar_cases.h"
#include "grammar/compiled_grammar.h"
#include "grammar/mask_tables.h"
#include "tokenizers/tokenizer.h"

namespace tokrail::cli {

struct InstanceResult {
  enum class Fault : uint8_t {
    kNone,
    kMaskAgainstAccept,  ///< the bit of a token says another thing than taking it
    kMaskAgainstEnd,     ///< the bit of the end id says another thing than is_complete()
    kNoMask,             ///< fill_mask gave up
  };
  bool accepted = false;
  bool taken = false;  ///< every byte could be taken
  Fault fault = Fault::kNone;
  uint32_t offset = 0;  ///< first byte of the token that was not allowed
};

struct CaseResult {
  bool compiled = false;
  int32_t error_code = 0;  ///< of what refused the grammar
  std::string message, where;
  double setup_ms = 0;  ///< of the worker: tables of the vocabulary
  double compile_us = 0;
  double first_mask_us = -1;
  uint64_t memory = 0;  ///< of the compiled grammar, after its texts
  std::vector<InstanceResult> instances;
  std::vector<float> mask_us;         ///< first pass over the texts
  std::vector<float> mask_repeat_us;  ///< last pass, where there are several
  std::vector<float> accept_us;       ///< per token, means of batches
  uint64_t accept_tokens = 0;
  double accept_sum_us = 0;

  std::string to_bytes() const;
  static CaseResult from_bytes(std::string_view bytes);
};

struct CaseRunOptions {
  int passes = 1;
  bool fresh_tables = false;  ///< for each grammar, instead of one for all
  /// Where a fault of the library would hide behind a limit, a higher one can be set.
  CompileLimits limits = {};
};

class CaseRunner {
 public:
  /// Without a tokenizer texts are taken byte by byte, and no masks are made.
  CaseRunner(std::optional<Tokenizer> tokenizer, const CaseRunOptions& options);

  CaseResult run(const GrammarCase& one);

 private:
  std::shared_ptr<MaskTables> new_tables() const;
  std::shared_ptr<const CompiledGrammar> compile(const GrammarCase& one, CaseResult& result);
  /// Ids, and the context before the first.
  struct Tokens {
    std::vector<TokenId> ids;
    DecodeContext start = 0;
  };
  Tokens tokens_of(const GrammarInstance& instance) const;
  bool spells(const Tokens& tokens, std::string_view text) const;
  InstanceResult take_bytes(const std::shared_ptr<const CompiledGrammar>& grammar,
                            std::string_view text) const;
  InstanceResult take_tokens(const std::shared_ptr<const CompiledGrammar>& grammar,
                             const Tokens& tokens, std::vector<float>& times);
  void time_accept(const std::shared_ptr<const CompiledGrammar>& grammar, const Tokens& tokens,
                   CaseResult& result) const;

  std::optional<Tokenizer> tokenizer_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  CaseRunOptions options_;
  std::shared_ptr<MaskTables> tables_;
  double setup_ms_ = 0;
  std::vector<uint32_t> mask_;
};

/// The grammar of a case, not yet compiled. Throws what its front end throws.
Grammar read_grammar(const GrammarCase& one);

}  // namespace tokrail::cli
