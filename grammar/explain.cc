// Matcher::explain: where bytes leave the language, and what could have stood there.
#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "grammar/matcher.h"
#include "grammar/recogniser/compiled_state.h"
#include "grammar/recogniser/matcher_step.h"

namespace tokrail {

using recogniser::Offer;
using recogniser::OriginId;
using recogniser::Thread;

namespace {

constexpr size_t kMostExpectations = 64;
constexpr size_t kPlainPattern = 12;    // bytes of a regular expression that needs no example
constexpr size_t kLongestPattern = 48;  // ... that is shown at all
constexpr size_t kLongestExample = 80;

std::string quoted(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  size_t shown = std::min(bytes.size(), kLongestExample);
  while (shown < bytes.size() && shown > 0 && is_utf8_continuation(bytes[shown])) --shown;
  const bool is_text = valid_utf8(bytes.substr(0, shown));
  std::string text = "\"";
  for (const char c : bytes.substr(0, shown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') text += '\\';
    if (byte >= 0x20 && byte != 0x7F && (byte < 0x80 || is_text)) {
      text += c;
    } else {
      text += "\\x";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
  }
  return text + (shown < bytes.size() ? "...\"" : "\"");
}

class Expectations {
 public:
  explicit Expectations(CompiledGrammar::Impl& impl) : impl_(impl) {}

  void add(const Thread& thread) {
    const auto& lexer = impl_.recogniser.lexer();
    const auto& state = impl_.recogniser.state(thread.stack);
    for (const recogniser::LexItem& item : lexer.items(thread.lexer)) {
      if (found_.size() >= kMostExpectations) return;
      const std::string what = describe(item, thread.at_start);
      for (const Offer& offer : state.offers) {
        // What may be skipped anywhere explains nothing.
        if (offer.origin != item.origin || offer.kind == Offer::Kind::kSame) continue;
        add(what, place(offer.to.position));
      }
    }
    if (!thread.at_start) return;
    for (const recogniser::TokenOffer& offer : state.tokens) {
      add(describe(impl_.recogniser.automaton().token_sets[offer.token_set]),
          place(offer.to.position));
    }
  }
  void add(std::string what, std::string where) {
    if (!known_.emplace(what, where).second) return;
    found_.push_back({std::move(what), std::move(where)});
  }
  std::vector<Matcher::Expectation> take() { return std::move(found_); }

 private:
  // The terminal by its name where it is not begun yet, else what is left of it.
  std::string describe(const recogniser::LexItem& item, bool at_start) {
    const std::string name = name_of(item.origin);
    if (at_start && !name.empty()) return name;
    return describe(item.rest) + (name.empty() ? "" : " in " + name);
  }

  std::string describe(RegexId regex) {
    RegexSet& regexes = impl_.recogniser.lexer().regexes();
    if (const auto literal = regexes.as_literal(regex)) return quoted(*literal);
    const std::string pattern = regexes.to_string(regex);
    const bool is_short = pattern.size() <= kLongestPattern;
    std::string text = is_short ? '/' + pattern + '/' : std::string();
    if (pattern.size() <= kPlainPattern) return text;
    try {
      // The empty rest is no help: what could come is asked for.
      const RegexId some = regexes.difference(regex, RegexSet::kEmpty);
      if (const auto shortest = regexes.shortest(some)) {
        return text + (is_short ? ", " : "") + "such as " + quoted(*shortest);
      }
    } catch (const Error&) {
      // Finding a shortest string has a bound.
    }
    return is_short ? text : '/' + pattern.substr(0, kLongestPattern) + ".../";
  }

  static std::string describe(const TokenSet& set) {
    std::string text;
    for (const std::string& name : set.names) text += (text.empty() ? "" : ", ") + name;
    for (const TokenSet::Range& range : set.ids) {
      text += (text.empty() ? "" : ", ") + std::to_string(range.first);
      if (range.last != range.first) text += '-' + std::to_string(range.last);
    }
    return (set.negated ? "a token that is none of " : "one of the tokens ") + text;
  }

  std::string name_of(OriginId origin) const {
    const recogniser::Origin& wanted = impl_.recogniser.lexer().origin(origin);
    for (const Terminal& terminal : impl_.recogniser.automaton().terminals) {
      if (terminal.regex == wanted.regex && !terminal.name.empty() &&
          static_cast<uint32_t>(terminal.lexing) == wanted.lexing) {
        return terminal.name;
      }
    }
    return "";
  }

  // "rule sum (2:1)", or the JSON pointer that the rule comes from.
  std::string place(recogniser::PositionId position) const {
    const auto& automaton = impl_.recogniser.automaton();
    const recogniser::MachineId machine = automaton.positions[position].machine;
    if (machine == recogniser::kNone) return "";
    const RuleId rule = automaton.machines[machine].rule;
    if (rule == Grammar::kUndefined || rule >= impl_.rule_names.size()) return "";
    const std::string& where = impl_.rule_places[rule];
    if (where.starts_with('/')) return where;
    return "rule " + impl_.rule_names[rule] + (where.empty() ? "" : " (" + where + ')');
  }

  CompiledGrammar::Impl& impl_;
  std::vector<Matcher::Expectation> found_;
  std::set<std::pair<std::string, std::string>> known_;
};

}  // namespace

Matcher::Explanation Matcher::explain(std::string_view bytes) const {
  Explanation explanation{.offset = 0, .expected = {}, .complete = false};
  if (last_->ended) {
    explanation.complete = bytes.empty();
    return explanation;
  }
  const std::string_view left = left_of_prefix();
  explanation.offset = static_cast<size_t>(
      std::mismatch(left.begin(), left.end(), bytes.begin(), bytes.end()).first - left.begin());
  if (explanation.offset < left.size()) {
    explanation.expected.push_back(
        {"the rest of the prompt, " + quoted(left.substr(explanation.offset)), ""});
    return explanation;
  }
  auto& impl = grammar_->impl();
  const std::lock_guard lock(impl.mutex);
  std::vector<Thread> threads = last_->current(impl), next;
  for (; explanation.offset < bytes.size(); ++explanation.offset) {
    next.clear();
    impl.recogniser.step(threads, static_cast<uint8_t>(bytes[explanation.offset]), next);
    if (next.empty()) break;
    threads.swap(next);
  }
  const bool can_end =
      bytes.empty() ? impl.can_end(threads, last_->context) : impl.recogniser.can_end(threads);
  explanation.complete = can_end && explanation.offset == bytes.size();
  Expectations expectations(impl);
  if (can_end) expectations.add("the end of the text", "");
  for (const Thread& thread : threads) expectations.add(thread);
  explanation.expected = expectations.take();
  return explanation;
}

}  // namespace tokrail
