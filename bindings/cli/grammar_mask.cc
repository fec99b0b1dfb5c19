#include "bindings/cli/grammar_mask.h"

#include <iostream>

#include "base/bitset.h"
#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/expectations.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "grammar/matcher.h"

namespace tokrail::cli {

namespace {

constexpr size_t kExpectationsShown = 5;

struct MaskResult {
  std::vector<TokenId> ids;  // those that are printed
  size_t allowed = 0;
  bool complete = false;
  std::string forced;
};

MaskResult mask_after(const Matcher& matcher, size_t most) {
  const Vocabulary& vocabulary = matcher.grammar().vocabulary();
  std::vector<uint32_t> mask(mask_words(vocabulary.size()));
  const MaskStatus status = matcher.fill_mask(mask);
  if (status == MaskStatus::kFuel) {
    throw Error(ErrorCode::kBudgetExhausted, "the mask takes more steps than are allowed");
  }
  MaskResult result;
  result.allowed = mask_count(mask);
  result.complete = matcher.is_complete();
  result.forced = matcher.forced_bytes();
  for (size_t id = mask_find_next(mask, 0); id != kMaskEnd && result.ids.size() < most;
       id = mask_find_next(mask, id + 1)) {
    result.ids.push_back(static_cast<TokenId>(id));
  }
  return result;
}

std::string as_json(const MaskResult& result, const Vocabulary& vocabulary) {
  std::string out = "{\"allowed\":" + std::to_string(result.allowed) +
                    ",\"vocabulary\":" + std::to_string(vocabulary.size()) +
                    ",\"complete\":" + (result.complete ? "true" : "false") + ",\"forced\":";
  append_json_string(result.forced, out);
  out += ",\"ids\":";
  append_json_ids(result.ids, out);
  return out + "}\n";
}

std::string as_text(const MaskResult& result, const Vocabulary& vocabulary) {
  std::string out = std::to_string(result.allowed) + " of " + std::to_string(vocabulary.size()) +
                    " tokens may follow; the text " + (result.complete ? "may" : "may not") +
                    " end here\n";
  if (!result.forced.empty()) {
    out += "what follows begins with ";
    append_escaped(result.forced, out);
    out += '\n';
  }
  for (const TokenId id : result.ids) {
    out += std::to_string(id) + '\t';
    append_escaped(vocabulary.is_text(id) ? vocabulary.bytes(id) : vocabulary.piece(id), out);
    out += '\n';
  }
  if (result.ids.size() < result.allowed) out += "...\n";
  return out;
}

}  // namespace

int run_grammar_mask(const GrammarMaskVerb& verb) {
  const Tokenizer tokenizer = load_tokenizer(verb.tokenizer);
  Matcher matcher(load_compiled(verb.grammar, tokenizer));
  if (!verb.prefix.empty() && !matcher.accept_bytes(verb.prefix)) {
    const Matcher::Explanation explanation = matcher.explain(verb.prefix);
    std::cerr << "tokrail: the prefix leaves the language at byte " << explanation.offset
              << ": expected " << expectations_text(explanation.expected, kExpectationsShown)
              << '\n';
    return kNo;
  }
  const MaskResult result = mask_after(matcher, verb.ids == "all" ? tokenizer.size() : verb.show);
  StandardOutput out;
  out.write(verb.json ? as_json(result, tokenizer.vocabulary())
                      : as_text(result, tokenizer.vocabulary()));
  out.flush();
  return kOk;
}

}  // namespace tokrail::cli
