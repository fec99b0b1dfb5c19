#include "bindings/cli/grammar_explain.h"

#include <algorithm>

#include "base/error.h"
#include "base/mapped_file.h"
#include "base/utf8.h"
#include "bindings/cli/exit_code.h"
#include "bindings/cli/expectations.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/standard_output.h"
#include "grammar/matcher.h"

namespace tokrail::cli {

namespace {

std::string text_of(const GrammarExplainVerb& verb) {
  constexpr size_t kLargest = size_t{1} << 30;
  if (verb.text && !verb.file.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "a text and --file exclude each other");
  }
  if (verb.text) return *verb.text;
  return read_file(verb.file.empty() || verb.file == "-" ? "/dev/stdin" : verb.file, kLargest);
}

// The line around the place with a caret under it.
std::string line_with_caret(std::string_view text, size_t offset) {
  constexpr size_t kSide = 60;
  size_t begin = offset == 0 ? 0 : text.rfind('\n', offset - 1) + 1;
  begin = std::max(begin, offset > kSide ? offset - kSide : 0);
  while (begin < offset && is_utf8_continuation(text[begin])) ++begin;
  size_t end = std::min({text.find('\n', offset), offset + kSide, text.size()});
  while (end > offset && end < text.size() && is_utf8_continuation(text[end])) --end;
  std::string out = "  ", before;
  append_escaped(text.substr(begin, offset - begin), before);
  out += before;
  append_escaped(text.substr(offset, end - offset), out);
  const auto columns =
      std::count_if(before.begin(), before.end(), [](char c) { return !is_utf8_continuation(c); });
  return out + "\n  " + std::string(static_cast<size_t>(columns), ' ') + "^\n";
}

std::string as_text(const Matcher::Explanation& explanation, std::string_view text) {
  if (explanation.complete) return "the text is in the language\n";
  const std::string_view before = text.substr(0, explanation.offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  std::string out = "byte " + std::to_string(explanation.offset) + ", line " +
                    std::to_string(line) +
                    (explanation.offset == text.size() ? ": the text ends too early\n" : ":\n");
  out += line_with_caret(text, explanation.offset) + "expected\n";
  for (const Matcher::Expectation& one : explanation.expected) {
    out += "  " + one.what + (one.where.empty() ? "" : "  in " + one.where) + '\n';
  }
  return out;
}

std::string as_json(const Matcher::Explanation& explanation) {
  std::string out = std::string("{\"accepted\":") + (explanation.complete ? "true" : "false") +
                    ",\"offset\":" + std::to_string(explanation.offset) + ",\"expected\":";
  append_json_expectations(explanation.expected, out);
  return out + "}\n";
}

}  // namespace

int run_grammar_explain(const GrammarExplainVerb& verb) {
  const std::string text = text_of(verb);
  const Matcher matcher(load_compiled(verb.grammar, std::nullopt));
  const Matcher::Explanation explanation = matcher.explain(text);
  StandardOutput out;
  out.write(verb.json ? as_json(explanation) : as_text(explanation, text));
  out.flush();
  return explanation.complete ? kOk : kNo;
}

}  // namespace tokrail::cli
