#include "bindings/cli/grammar_accept.h"

#include <unistd.h>

#include "base/error.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/expectations.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/record_reader.h"
#include "bindings/cli/standard_output.h"
#include "grammar/matcher.h"

namespace tokrail::cli {

namespace {

constexpr size_t kExpectationsShown = 5;

struct Answer {
  bool accepted = false;
  size_t offset = 0;  // where it is refused
  std::vector<Matcher::Expectation> expected = {};
};

class Acceptor {
 public:
  explicit Acceptor(const GrammarAcceptVerb& verb)
      : tokenizer_(load_optional(verb.tokenizer)),
        start_(start_of(load_compiled(verb.grammar, tokenizer_))) {}

  Answer answer(std::string_view text) const {
    if (tokenizer_) return answer_tokens(text);
    Matcher matcher = start_;
    if (matcher.accept_bytes(text) && matcher.is_complete()) return {.accepted = true};
    Matcher::Explanation explanation = start_.explain(text);
    return {false, explanation.offset, std::move(explanation.expected)};
  }

 private:
  // Texts are encoded whole: their first token is spelled as that of a text.
  static Matcher start_of(std::shared_ptr<const CompiledGrammar> grammar) {
    const Vocabulary& vocabulary = grammar->vocabulary();
    if (!vocabulary.exact()) return Matcher(std::move(grammar));
    return Matcher(std::move(grammar), vocabulary.start_context());
  }

  // Special tokens that are spelled in the text are taken as such.
  Answer answer_tokens(std::string_view text) const {
    EncodeOptions options;
    options.add_special_tokens = false;
    options.special_text = SpecialText::allow_all();
    options.ignore_file_limits = true;
    const Encoding encoding = tokenizer_->encode_with_offsets(text, options);
    Matcher matcher = start_;
    size_t taken = 0;
    while (taken < encoding.ids.size() && matcher.accept(encoding.ids[taken])) ++taken;
    const bool all = taken == encoding.ids.size();
    if (all && matcher.is_complete()) return {.accepted = true};
    return {false, all ? text.size() : encoding.offsets[taken].begin, matcher.explain("").expected};
  }

  std::optional<Tokenizer> tokenizer_;
  Matcher start_;
};

std::string as_json(const Answer& answer) {
  if (answer.accepted) return "{\"accepted\":true}\n";
  std::string out =
      "{\"accepted\":false,\"offset\":" + std::to_string(answer.offset) + ",\"expected\":";
  append_json_expectations(answer.expected, out);
  return out + "}\n";
}

std::string as_text(const Answer& answer, std::string_view text) {
  if (answer.accepted) return "accepted\n";
  std::string out = "refused at byte " + std::to_string(answer.offset);
  out += answer.offset == text.size() ? ", the end: expected " : ": expected ";
  return out + expectations_text(answer.expected, kExpectationsShown) + '\n';
}

}  // namespace

int run_grammar_accept(const GrammarAcceptVerb& verb) {
  if (verb.whole && verb.null) {
    throw Error(ErrorCode::kInvalidArgument, "--whole and --null exclude each other");
  }
  const Acceptor acceptor(verb);
  RecordReader reader(verb.files, verb.whole  ? Records::kWhole
                                  : verb.null ? Records::kNull
                                              : Records::kLines);
  StandardOutput out;
  bool all = true;
  while (const auto batch = reader.next()) {
    for (size_t i = 0; i < batch->size(); ++i) {
      const Answer answer = acceptor.answer((*batch)[i]);
      all = all && answer.accepted;
      out.write(verb.json ? as_json(answer) : as_text(answer, (*batch)[i]));
    }
    out.flush();
  }
  return all ? kOk : kNo;
}

}  // namespace tokrail::cli
