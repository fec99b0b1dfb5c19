// write_lark. As in gbnf_writer.cc, rules and terminals are written from a queue, and what is
// shared, nests deeply or needs an automaton gets a name of its own.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/passes/expand_distinct.h"
#include "grammar/writers/lexing_conflict.h"
#include "grammar/writers/notation_text.h"
#include "grammar/writers/notation_writer.h"
#include "grammar/writers/regex_spelling.h"

namespace tokrail {

namespace {

using namespace notation;  // NOLINT(google-build-using-namespace)
using Kind = Grammar::Kind;

constexpr int kDeepest = 40;        ///< groups inside groups
constexpr size_t kWorthAName = 32;  ///< bytes that are rather named than written twice

class LarkWriter {
 public:
  LarkWriter(const Grammar& grammar, const NotationOptions& options)
      : options_(options),
        grammar_(expand_distinct(grammar, {options.lenient, options.max_states}, warnings_)),
        regexes_(grammar_.regexes()),
        spelling_(regexes_, options.max_states, RegexSpelling::Target::kTerminals) {}

  WrittenGrammar write() {
    check_lexing();
    warn_of_attributes();
    count_uses();
    rule_names_.resize(grammar_.rules().size());
    find_start();
    rule_names_[start_] = names_.fresh("start", '_');
    queue_.push_back({Job::kRule, start_, start_, "start"});
    write_queue();
    write_ignored();
    return {std::move(text_), std::move(warnings_)};
  }

 private:
  struct Job {
    enum Kind : uint8_t { kRule, kExpression, kTerminal, kRegex, kState, kNothing } kind;
    uint32_t id;
    RuleId rule;  ///< whose text it is part of
    std::string name;
  };

  const Grammar::Rule& owner() const { return grammar_.rules()[rule_]; }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kUnsupported, "rule '" + owner().name + "': " + what, owner().where);
  }

  std::string body_of(const Job& job) {
    switch (job.kind) {
      case Job::kRule: check_ignored(); return expression(grammar_.rules()[job.id].body, 0).text;
      case Job::kExpression: return write_expression(job.id, 0).text;
      case Job::kTerminal: return regex(not_empty(grammar_.terminals()[job.id].regex), 0).text;
      case Job::kRegex: return write_regex(job.id, 0).text;
      case Job::kState: return write_state(job.id);
      case Job::kNothing: break;
    }
    return "\"a\" " + job.name;
  }

  // Terminals of Lark take their longest match. Others can be written where that is the only one
  // that can count.
  void check_lexing() {
    const bool free = std::ranges::any_of(
        grammar_.terminals(), [](const Terminal& one) { return one.lexing == Lexing::kEvery; });
    if (!free) return;
    rule_ = grammar_.start();
    for (const Terminal& one : grammar_.terminals()) {
      if (one.lexing == Lexing::kShortest)
        refuse("some terminals take their first match, some any");
    }
    if (const auto conflict = find_lexing_conflict(grammar_)) {
      refuse("terminals of Lark take their longest match, and " + *conflict);
    }
  }

  void write_queue() {
    while (!queue_.empty()) {
      const Job job = queue_.front();
      queue_.pop_front();
      rule_ = job.rule;
      text_ += job.name + ": " + body_of(job) + "\n";
    }
  }

  // %ignore means that something may stand at the end, too. A Grammar says so by ignoring it in the
  // start rule, or by a start rule of its own: start ignored*.
  void find_start() {
    start_ = grammar_.start();
    ignore_ = grammar_.rules()[start_].ignore;
    if (ignore_ != Grammar::kUndefined) return;
    const auto& all = grammar_.expressions();
    const Grammar::Expression& body = all[grammar_.rules()[start_].body];
    if (body.kind != Kind::kSequence || body.children.size() != 2) return;
    const Grammar::Expression &first = all[body.children[0]], &second = all[body.children[1]];
    if (first.kind != Kind::kRule || second.kind != Kind::kRepeat || second.min != 0 ||
        second.max != Grammar::kUnbounded) {
      return;
    }
    const Grammar::Expression& repeated = all[second.children[0]];
    const TerminalId ignored = grammar_.rules()[first.value].ignore;
    if (repeated.kind != Kind::kTerminal || repeated.value != ignored) return;
    start_ = first.value;
    ignore_ = ignored;
  }

  // %ignore holds for all rules.
  void check_ignored() const {
    if (owner().ignore != ignore_) refuse("ignores something else than the start rule");
  }
  void write_ignored() {
    if (ignore_ == Grammar::kUndefined) return;
    rule_ = start_;
    const std::string body = regex(not_empty(grammar_.terminals()[ignore_].regex), 0).text;
    write_queue();
    text_ += "%ignore " + body + "\n";
  }

  void warn_of_attributes() {
    bool captures = false, limits = false;
    const auto look = [&](const auto& carrier) {
      captures = captures || !carrier.capture.empty();
      limits = limits || carrier.max_tokens || carrier.temperature;
    };
    for (const Grammar::Rule& rule : grammar_.rules()) look(rule);
    for (const Terminal& terminal : grammar_.terminals()) look(terminal);
    if (captures) warnings_.push_back("captures are left out");
    if (limits) warnings_.push_back("temperatures and limits of tokens are left out");
  }

  void count_uses() {
    uses_.assign(grammar_.expressions().size(), 0);
    for (const Grammar::Rule& rule : grammar_.rules()) ++uses_[rule.body];
    for (size_t id = uses_.size(); id-- > 0;) {
      if (uses_[id] == 0) continue;
      for (const ExprId child : grammar_.expressions()[id].children) ++uses_[child];
    }
  }

  // Names: rules in small letters, terminals in capitals.

  static std::string plain(const std::string& name, bool capitals) {
    std::string text;
    for (const char c : name) {
      const bool is_small = c >= 'a' && c <= 'z', is_capital = c >= 'A' && c <= 'Z';
      const bool is_digit = c >= '0' && c <= '9' && !text.empty();
      if (is_small || is_capital) {
        const char small = static_cast<char>(c | 0x20);
        text += static_cast<char>(capitals ? small & ~0x20 : small);
      } else if (is_digit) {
        text += c;
      } else if (!text.empty() && text.back() != '_') {
        text += '_';
      }
      if (text.size() == 60) break;
    }
    while (!text.empty() && text.back() == '_') text.pop_back();
    if (!text.empty()) return text;
    return capitals ? "TERMINAL" : "rule";
  }
  const std::string& rule_name(RuleId id) {
    std::string& name = rule_names_[id];
    if (name.empty()) {
      name = names_.fresh(plain(grammar_.rules()[id].name, false), '_');
      queue_.push_back({Job::kRule, id, id, name});
    }
    return name;
  }
  const std::string& later(Job::Kind kind, uint32_t id) {
    const auto [at, is_new] = named_.try_emplace({kind, id});
    if (!is_new) return at->second;
    const bool is_rule = kind == Job::kExpression || kind == Job::kNothing;
    std::string wanted = kind == Job::kNothing ? "nothing" : owner().name + "_part";
    if (kind == Job::kTerminal && !grammar_.terminals()[id].name.empty()) {
      wanted = grammar_.terminals()[id].name;
    }
    const Terminal* const terminal = kind == Job::kTerminal ? &grammar_.terminals()[id] : nullptr;
    // First matches are an attribute of rules.
    const bool is_lazy = terminal && terminal->lexing == Lexing::kShortest;
    if (is_lazy && terminal->priority != 0) refuse("a terminal with first match and priority");
    at->second = names_.fresh(plain(wanted, !is_rule && !is_lazy), '_');
    std::string head = at->second;
    if (is_lazy) head += "[lazy]";
    if (terminal && terminal->priority != 0) head += "." + std::to_string(terminal->priority);
    queue_.push_back({kind, id, rule_, head});
    return at->second;
  }

  // Expressions of the grammar.

  Piece expression(ExprId id, int depth) {
    const Grammar::Expression& of = grammar_.expressions()[id];
    if (!of.children.empty() && depth > 0 && (uses_[id] > 1 || depth > kDeepest)) {
      return {later(Job::kExpression, id), Level::kItem};
    }
    return write_expression(id, depth);
  }

  Piece write_expression(ExprId id, int depth) {
    const Grammar::Expression& of = grammar_.expressions()[id];
    switch (of.kind) {
      case Kind::kEmpty: return {"\"\"", Level::kItem};
      case Kind::kNothing: return {later(Job::kNothing, 0), Level::kItem};
      case Kind::kRule: return {rule_name(of.value), Level::kItem};
      case Kind::kTokens: return tokens(grammar_.token_sets()[of.value]);
      case Kind::kTerminal: return terminal(of.value);
      case Kind::kRepeat:
        return {
            counted(grouped(expression(of.children[0], depth + 1), Level::kItem), of.min, of.max),
            Level::kSequence};
      case Kind::kSequence:
      case Kind::kChoice: {
        const bool choice = of.kind == Kind::kChoice;
        Piece all{"", choice ? Level::kChoice : Level::kSequence};
        for (const ExprId child : of.children) {
          if (!all.text.empty()) all.text += choice ? " | " : " ";
          all.text += grouped(expression(child, depth + 1), Level::kSequence);
        }
        return all;
      }
      case Kind::kDistinct: break;  // expanded before
    }
    refuse("distinct entries");
  }

  /// A lexer has no empty matches: what may be empty is optional.
  RegexId not_empty(RegexId id) {
    if (!regexes_.is_nullable(id)) return id;
    if (regexes_.kind(id) == RegexSet::Kind::kRepeat) {
      const RegexId what = regexes_.operands(id)[0];
      if (!regexes_.is_nullable(what)) return regexes_.repeat(what, 1, regexes_.bounds(id).second);
    }
    return regexes_.difference(id, RegexSet::kEmpty);
  }

  Piece terminal(TerminalId id) {
    const Terminal& of = grammar_.terminals()[id];
    if (of.regex == RegexSet::kEmpty) return {"\"\"", Level::kItem};
    if (of.regex == RegexSet::kNothing) return {later(Job::kNothing, 0), Level::kItem};
    const auto literal = regexes_.as_literal(of.regex);
    const bool is_plain = of.lexing != Lexing::kShortest && of.priority == 0;
    const auto way = spelling_.way(of.regex);
    if (literal && is_plain && way != RegexSpelling::Way::kNone) {
      return {quoted(*literal), Level::kItem};
    }
    const std::string& name = later(Job::kTerminal, id);
    if (!regexes_.is_nullable(of.regex)) return {name, Level::kItem};
    return {name + "?", Level::kSequence};
  }

  Piece tokens(const TokenSet& set) {
    if (set.negated && !set.names.empty()) refuse("any token but some by name");
    std::string ids;
    for (const TokenSet::Range& range : set.ids) {
      ids += (ids.empty() ? "" : ",") + std::to_string(range.first);
      if (range.last > range.first) ids += "-" + std::to_string(range.last);
    }
    std::vector<std::string> all;
    if (set.negated) {
      all.push_back(ids.empty() ? "<[*]>" : "<[^" + ids + "]>");
    } else if (!ids.empty()) {
      all.push_back("<[" + ids + "]>");
    }
    for (const std::string& name : set.names) {
      const bool fits = name.size() > 2 && name.front() == '<' && name[1] != '[' &&
                        name.find_first_of("<>", 1) == name.size() - 1 &&
                        std::ranges::all_of(name, [](char c) { return c > ' ' || c < 0; });
      if (!fits) refuse("the name of the special token " + name + " is not of the form <name>");
      all.push_back(name);
    }
    Piece piece{"", all.size() == 1 ? Level::kItem : Level::kChoice};
    for (const std::string& one : all) piece.text += (piece.text.empty() ? "" : " | ") + one;
    return piece;
  }

  // Regular expressions, in terminals.

  Piece regex(RegexId id, int depth) {
    const RegexSpelling::Way way = spelling_.way(id);
    if (way == RegexSpelling::Way::kNone) {
      refuse(
          "an expression with strings that are not UTF-8, or of which a terminal would have to "
          "call itself: " +
          regexes_.to_string(id).substr(0, 100));
    }
    if (way == RegexSpelling::Way::kAutomaton) return {later(Job::kState, id), Level::kItem};
    const bool is_small = way == RegexSpelling::Way::kClass || regexes_.operands(id).empty();
    if (!is_small && depth > kDeepest) return {later(Job::kRegex, id), Level::kItem};
    const auto known = named_.find({Job::kRegex, id});
    if (known != named_.end()) return {known->second, Level::kItem};
    Piece piece = write_regex(id, depth);
    if (depth == 0 || piece.text.size() < kWorthAName) return piece;
    // The first long text stays where it is, the next ones share a name.
    if (written_.insert(id).second) return piece;
    return {later(Job::kRegex, id), Level::kItem};
  }

  Piece write_regex(RegexId id, int depth) {
    if (id == RegexSet::kEmpty) return {"\"\"", Level::kItem};
    if (id == RegexSet::kNothing) return {"(\"a\" & \"b\")", Level::kItem};
    if (const CodePointRanges* ranges = spelling_.as_class(id)) {
      return {class_text(*ranges), Level::kItem};
    }
    const auto span = regexes_.operands(id);
    const std::vector<RegexId> parts(span.begin(), span.end());
    switch (regexes_.kind(id)) {
      case RegexSet::Kind::kRepeat: {
        const auto [min, max] = regexes_.bounds(id);
        return {counted(grouped(regex(parts[0], depth + 1), Level::kItem), min, max),
                Level::kSequence};
      }
      case RegexSet::Kind::kComplement:
        return {"(~" + grouped(regex(parts[0], depth + 1), Level::kItem) + ")", Level::kItem};
      case RegexSet::Kind::kAlternate: return joined(parts, " | ", depth);
      case RegexSet::Kind::kIntersect: return joined(parts, " & ", depth);
      default: return sequence(id, depth);
    }
  }

  // In the order of their texts: that of the set depends on hashes.
  Piece joined(const std::vector<RegexId>& parts, const char* between, int depth) {
    std::vector<std::string> texts;
    for (const RegexId part : parts) {
      texts.push_back(grouped(regex(part, depth + 1), Level::kSequence));
    }
    std::ranges::sort(texts);
    Piece all{"", Level::kChoice};
    for (const std::string& text : texts) all.text += (all.text.empty() ? "" : between) + text;
    return all;
  }

  // Literals and sequences hang on to each other; they are walked in a loop.
  Piece sequence(RegexId id, int depth) {
    Piece all{"", Level::kSequence};
    const auto add = [&](const std::string& text) {
      all.text += (all.text.empty() ? "" : " ") + text;
    };
    while (id != RegexSet::kEmpty) {
      const bool structured = spelling_.way(id) == RegexSpelling::Way::kStructure;
      const RegexSet::Kind kind = regexes_.kind(id);
      if (structured && kind == RegexSet::Kind::kLiteral) {
        add(quoted(regexes_.literal_bytes(id)));
        id = regexes_.operands(id)[0];
      } else if (structured && kind == RegexSet::Kind::kConcat) {
        const RegexId first = regexes_.operands(id)[0];
        add(grouped(regex(first, depth + 1), Level::kSequence));
        id = regexes_.operands(id)[1];
      } else {
        add(grouped(regex(id, depth + 1), Level::kSequence));
        break;
      }
    }
    return all;
  }

  std::string write_state(RegexId id) {
    std::string body;
    for (const CharacterStep& step : spelling_.steps(id)) {
      body += (body.empty() ? "" : " | ") + class_text(step.ranges);
      if (step.next != RegexSet::kEmpty) body += " " + later(Job::kState, step.next);
    }
    if (regexes_.is_nullable(id)) body += body.empty() ? "\"\"" : " | \"\"";
    return body.empty() ? "\"a\" & \"b\"" : body;
  }

  static std::string class_text(const CodePointRanges& ranges) {
    if (ranges.size() == 1 && ranges[0].first == ranges[0].last) {
      std::string text = "\"";
      append_character(ranges[0].first, Place::kString, text);
      return text + "\"";
    }
    const std::string members = class_members(ranges, Place::kRegexClass);
    return members == "^" ? "/(?s:.)/" : "/[" + members + "]/";
  }

  NotationOptions options_;
  std::vector<std::string> warnings_;
  Grammar grammar_;
  RegexSet& regexes_;
  RegexSpelling spelling_;
  RuleId rule_ = 0, start_ = 0;
  TerminalId ignore_ = Grammar::kUndefined;
  std::string text_;
  std::deque<Job> queue_;
  std::vector<uint32_t> uses_;
  std::vector<std::string> rule_names_;
  Names names_;
  std::map<std::pair<Job::Kind, uint32_t>, std::string> named_;
  std::set<RegexId> written_;
};

}  // namespace

WrittenGrammar write_lark(const Grammar& grammar, const NotationOptions& options) {
  return LarkWriter(grammar, options).write();
}

}  // namespace tokrail
