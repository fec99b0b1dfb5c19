#include "tokenizers/pretokenization/regex_finder.h"

#include <utility>

#include "tokenizers/pretokenization/regex_matcher.h"
#include "tokenizers/pretokenization/regex_program.h"
#include "tokenizers/pretokenization/regex_syntax.h"

namespace tokrail {

struct RegexFinder::State {
  std::string pattern;
  detail::RegexProgram program;
};

RegexFinder::RegexFinder(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}

RegexFinder RegexFinder::compile(std::string_view pattern, RegexDialect dialect) {
  auto program = detail::compile_regex(detail::parse_regex(pattern, dialect), pattern);
  return RegexFinder(std::make_shared<State>(State{std::string(pattern), std::move(program)}));
}

RegexFinder RegexFinder::literal(std::string_view text) {
  auto program = detail::compile_regex(detail::literal_regex(text), text);
  return RegexFinder(std::make_shared<State>(State{std::string(text), std::move(program)}));
}

const std::string& RegexFinder::pattern() const noexcept {
  return state_->pattern;
}

void RegexFinder::find_all(std::string_view text, std::vector<TextRange>& out) const {
  detail::RegexMatcher(state_->program, state_->pattern).find_all(text, out);
}

struct RegexFinder::Scanner::Work {
  std::shared_ptr<const State> state;
  detail::RegexMatcher matcher;
  std::vector<TextRange> matches;
};

RegexFinder::Scanner::Scanner(const RegexFinder& finder)
    : work_(new Work{finder.state_,
                     detail::RegexMatcher(finder.state_->program, finder.state_->pattern),
                     {}}) {}

RegexFinder::Scanner::~Scanner() = default;
RegexFinder::Scanner::Scanner(Scanner&&) noexcept = default;
RegexFinder::Scanner& RegexFinder::Scanner::operator=(Scanner&&) noexcept = default;

void RegexFinder::Scanner::find_all(std::string_view text, std::vector<TextRange>& out) {
  work_->matcher.find_all(text, out);
}

void RegexFinder::Scanner::find_parts(std::string_view text, std::vector<TextMatch>& parts) {
  parts.clear();
  if (text.empty()) {
    parts.push_back({0, 0, false});
    return;
  }
  work_->matches.clear();
  work_->matcher.find_all(text, work_->matches);
  size_t done = 0;
  for (const TextRange& match : work_->matches) {
    if (match.begin > done) parts.push_back({done, match.begin, false});
    parts.push_back({match.begin, match.end, true});
    done = match.end;
  }
  if (done < text.size()) parts.push_back({done, text.size(), false});
}

}  // namespace tokrail
