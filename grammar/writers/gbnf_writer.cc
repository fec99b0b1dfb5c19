// write_gbnf. Rules are written one after the other from a queue: whatever is shared, nests deeply
// or needs an automaton gets a rule of its own, so that neither the text nor the stack grows beyond
// the grammar.
#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/constraints/character_steps.h"
#include "grammar/passes/expand_distinct.h"
#include "grammar/writers/left_corners.h"
#include "grammar/writers/lexing_conflict.h"
#include "grammar/writers/notation_text.h"
#include "grammar/writers/notation_writer.h"
#include "grammar/writers/regex_spelling.h"

namespace tokrail {

namespace {

using Kind = Grammar::Kind;

using namespace notation;  // NOLINT(google-build-using-namespace)

constexpr uint32_t kMostRepeats = 1000;  ///< llama.cpp refuses more than 2,000
constexpr size_t kMostTokens = 1024;
constexpr int kDeepest = 40;        ///< groups inside groups
constexpr size_t kWorthARule = 32;  ///< bytes that are rather named than written twice

/// At most kMostRepeats at once: x{2500} is (x{1000}){2} x{500}.
Piece repeated(const std::string& item, uint32_t min, uint32_t max) {
  const bool open = max == RegexSet::kUnbounded;
  if (min <= kMostRepeats && (open || max <= kMostRepeats)) {
    return {counted(item, min, max), Level::kSequence};
  }
  std::string text;
  const auto add = [&](uint32_t total, bool exact) {
    std::string block = item;
    for (; total > 0; total /= kMostRepeats) {
      const uint32_t here = total % kMostRepeats;
      if (here > 0) {
        text += (text.empty() ? "" : " ") + counted(block, exact ? here : 0, here);
      }
      if (total >= kMostRepeats) {
        block = "(" + counted(block, exact ? kMostRepeats : 0, kMostRepeats) + ")";
      }
    }
  };
  add(min, true);
  if (open) {
    text += (text.empty() ? "" : " ") + item + "*";
  } else {
    add(max - min, false);
  }
  return {text, Level::kSequence};
}

class GbnfWriter {
 public:
  GbnfWriter(const Grammar& grammar, const NotationOptions& options)
      : options_(options),
        grammar_(expand_distinct(grammar, {options.lenient, options.max_states}, warnings_)),
        regexes_(grammar_.regexes()),
        spelling_(regexes_, options.max_states, RegexSpelling::Target::kRules) {}

  WrittenGrammar write() {
    check_lexing();
    warn();
    name_rules();
    count_uses();
    write_root();
    // Rules that are not reached are not written.
    while (!queue_.empty()) {
      const Job job = queue_.front();
      queue_.pop_front();
      rule_ = job.rule;
      std::string body;
      switch (job.kind) {
        case Job::kRule: body = expression(grammar_.rules()[job.id].body, 0).text; break;
        case Job::kExpression: body = write_expression(job.id, 0).text; break;
        case Job::kRegex: body = write_regex(job.id, 0).text; break;
        case Job::kState: body = write_state(job.id); break;
        case Job::kNothing: body = "\"x\" " + job.name; break;
      }
      add_line(job.name, body);
    }
    return {std::move(text_), std::move(warnings_)};
  }

 private:
  struct Job {
    enum Kind : uint8_t { kRule, kExpression, kRegex, kState, kNothing } kind;
    uint32_t id;
    RuleId rule;  ///< whose text it is part of
    std::string name;
  };

  const Grammar::Rule& owner() const { return grammar_.rules()[rule_]; }
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorCode::kUnsupported, "rule '" + owner().name + "': " + what, owner().where);
  }
  void add_line(const std::string& name, const std::string& body) {
    text_ += name + " ::= " + body + "\n";
  }

  // Names.

  static std::string plain(const std::string& name) {
    std::string text;
    for (const char c : name) {
      const bool is_plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (is_plain) {
        text += c;
      } else if (!text.empty() && text.back() != '-') {
        text += '-';
      }
      if (text.size() == 60) break;
    }
    while (!text.empty() && text.back() == '-') text.pop_back();
    return text.empty() ? "rule" : text;
  }
  std::string fresh(const std::string& wanted) { return names_.fresh(wanted, '-'); }
  void name_rules() {
    (void)fresh("root");
    rule_names_.resize(grammar_.rules().size());
  }
  const std::string& rule_name(RuleId id) {
    std::string& name = rule_names_[id];
    if (name.empty()) {
      name = fresh(plain(grammar_.rules()[id].name));
      queue_.push_back({Job::kRule, id, id, name});
    }
    return name;
  }
  const std::string& later(Job::Kind kind, uint32_t id, TerminalId ignore) {
    const auto [at, is_new] = named_.try_emplace({kind, id, ignore});
    if (is_new) {
      at->second = fresh(plain(kind == Job::kNothing ? "nothing" : owner().name + "-part"));
      queue_.push_back({kind, id, rule_, at->second});
    }
    return at->second;
  }

  void warn() {
    bool captures = false, limits = false;
    const auto look = [&](const auto& carrier) {
      captures = captures || !carrier.capture.empty();
      limits = limits || carrier.max_tokens || carrier.temperature;
    };
    for (const Grammar::Rule& rule : grammar_.rules()) look(rule);
    for (const Terminal& terminal : grammar_.terminals()) look(terminal);
    if (captures) warnings_.push_back("captures are left out");
    if (limits) warnings_.push_back("temperatures and limits of tokens are left out");
    if (const auto rule = find_left_recursion(grammar_)) {
      warnings_.push_back("rule '" + grammar_.rules()[*rule].name +
                          "' can begin with itself, which llama.cpp refuses");
    }
  }

  void count_uses() {
    uses_.assign(grammar_.expressions().size(), 0);
    for (const Grammar::Rule& rule : grammar_.rules()) ++uses_[rule.body];
    for (size_t id = uses_.size(); id-- > 0;) {
      if (uses_[id] == 0) continue;
      for (const ExprId child : grammar_.expressions()[id].children) ++uses_[child];
    }
  }

  // The start; what may be ignored may stand at the end, too.
  void write_root() {
    rule_ = grammar_.start();
    const TerminalId ignore = owner().ignore;
    const bool is_root = owner().name == "root" && ignore == Grammar::kUndefined;
    if (is_root) {
      rule_names_[rule_] = "root";
      queue_.push_back({Job::kRule, rule_, rule_, "root"});
      return;
    }
    std::string body = rule_name(rule_);
    if (ignore != Grammar::kUndefined) body += " " + ignored();
    add_line("root", body);
  }

  // Expressions of the grammar.

  std::string ignored() {
    const Terminal& terminal = grammar_.terminals()[owner().ignore];
    return grouped(regex(terminal.regex, 0), Level::kItem) + "*";
  }

  // Where the longest match is the only one that can count, a lexer is not needed.
  void check_lexing() {
    const auto& terminals = grammar_.terminals();
    const bool lexed = std::ranges::any_of(
        terminals, [](const Terminal& one) { return one.lexing == Lexing::kLongest; });
    for (const Terminal& one : terminals) {
      if (one.lexing == Lexing::kShortest) refuse_lexing(one.name + " takes its first match");
      if (one.lexing == Lexing::kLongest && regexes_.is_nullable(one.regex)) {
        refuse_lexing("a lexed terminal may be empty");
      }
    }
    if (!lexed) return;
    if (const auto conflict = find_lexing_conflict(grammar_)) refuse_lexing(*conflict);
  }
  [[noreturn]] void refuse_lexing(const std::string& why) {
    rule_ = grammar_.start();
    refuse("GBNF has no lexer, and " + why);
  }

  Piece expression(ExprId id, int depth) {
    const Grammar::Expression& of = grammar_.expressions()[id];
    const bool is_small = of.children.empty();
    if (!is_small && depth > 0 && (uses_[id] > 1 || depth > kDeepest)) {
      return {later(Job::kExpression, id, owner().ignore), Level::kItem};
    }
    return write_expression(id, depth);
  }

  Piece write_expression(ExprId id, int depth) {
    const Grammar::Expression& of = grammar_.expressions()[id];
    switch (of.kind) {
      case Kind::kEmpty: return {"\"\"", Level::kItem};
      case Kind::kNothing: return {later(Job::kNothing, 0, 0), Level::kItem};
      case Kind::kRule: return {rule_name(of.value), Level::kItem};
      case Kind::kTokens: return with_ignored(tokens(grammar_.token_sets()[of.value]));
      case Kind::kTerminal: {
        const Terminal& terminal = grammar_.terminals()[of.value];
        return with_ignored(regex(terminal.regex, depth));
      }
      case Kind::kRepeat:
        return repeated(grouped(expression(of.children[0], depth + 1), Level::kItem), of.min,
                        of.max);
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

  Piece with_ignored(Piece piece) {
    if (owner().ignore == Grammar::kUndefined) return piece;
    return {ignored() + " " + grouped(piece, Level::kSequence), Level::kSequence};
  }

  Piece tokens(const TokenSet& set) {
    std::vector<std::string> all;
    for (const TokenSet::Range& range : set.ids) {
      if (range.last - range.first >= kMostTokens - all.size()) {
        refuse("a set of more than " + std::to_string(kMostTokens) + " special tokens");
      }
      for (uint32_t id = range.first; id <= range.last; ++id) {
        all.push_back("<[" + std::to_string(id) + "]>");
      }
    }
    for (const std::string& name : set.names) {
      const bool fits = name.size() > 2 && name.front() == '<' && name[1] != '[' &&
                        name.find_first_of(">\n\r") == name.size() - 1;
      if (!fits) refuse("the name of the special token " + name + " is not of the form <name>");
      all.push_back(name);
    }
    if (set.negated) {
      if (all.size() != 1) refuse("any token but several");
      return {"!" + all[0], Level::kItem};
    }
    Piece piece{"", all.size() == 1 ? Level::kItem : Level::kChoice};
    for (const std::string& one : all) piece.text += (piece.text.empty() ? "" : " | ") + one;
    return piece;
  }

  // Regular expressions.

  Piece regex(RegexId id, int depth) {
    const RegexSpelling::Way way = spelling_.way(id);
    if (way == RegexSpelling::Way::kNone) {
      refuse("an expression with strings that are not UTF-8, or of more than " +
             std::to_string(options_.max_states) +
             " states: " + regexes_.to_string(id).substr(0, 100));
    }
    if (id == RegexSet::kNothing) return {later(Job::kNothing, 0, 0), Level::kItem};
    if (way == RegexSpelling::Way::kAutomaton) return {later(Job::kState, id, 0), Level::kItem};
    const bool is_small = way == RegexSpelling::Way::kClass || regexes_.operands(id).empty();
    if (!is_small && depth > kDeepest) return {later(Job::kRegex, id, 0), Level::kItem};
    const auto known = named_.find({Job::kRegex, id, 0});
    if (known != named_.end()) return {known->second, Level::kItem};
    Piece piece = write_regex(id, depth);
    if (piece.text.size() < kWorthARule) return piece;
    // The first long text stays where it is, the next ones share a rule.
    if (written_.insert(id).second) return piece;
    return {later(Job::kRegex, id, 0), Level::kItem};
  }

  Piece write_regex(RegexId id, int depth) {
    if (id == RegexSet::kEmpty) return {"\"\"", Level::kItem};
    if (const CodePointRanges* ranges = spelling_.as_class(id)) {
      return {class_text(*ranges), Level::kItem};
    }
    const auto parts = [&] {
      const auto span = regexes_.operands(id);
      return std::vector<RegexId>(span.begin(), span.end());
    }();
    switch (regexes_.kind(id)) {
      case RegexSet::Kind::kRepeat: {
        const auto [min, max] = regexes_.bounds(id);
        return repeated(grouped(regex(parts[0], depth + 1), Level::kItem), min, max);
      }
      case RegexSet::Kind::kAlternate: return alternation(parts, depth);
      default: return sequence(id, depth);
    }
  }

  Piece alternation(const std::vector<RegexId>& parts, int depth) {
    // In the order of their texts: that of the set depends on hashes.
    std::vector<std::string> texts;
    for (const RegexId part : parts) {
      texts.push_back(grouped(regex(part, depth + 1), Level::kSequence));
    }
    std::ranges::sort(texts);
    Piece all{"", Level::kChoice};
    for (const std::string& text : texts) all.text += (all.text.empty() ? "" : " | ") + text;
    return all;
  }

  // Literals and sequences hang on to each other; they are walked in a loop.
  Piece sequence(RegexId id, int depth) {
    Piece all{"", Level::kSequence};
    size_t items = 0;
    const auto add = [&](const std::string& text) {
      all.text += (all.text.empty() ? "" : " ") + text;
      ++items;
    };
    for (; id != RegexSet::kEmpty; ++items) {
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
      if (step.next != RegexSet::kEmpty) body += " " + later(Job::kState, step.next, 0);
    }
    if (regexes_.is_nullable(id)) body += body.empty() ? "\"\"" : " | \"\"";
    return body.empty() ? later(Job::kNothing, 0, 0) : body;
  }

  static std::string class_text(const CodePointRanges& ranges) {
    if (ranges.size() == 1 && ranges[0].first == ranges[0].last) {
      std::string text = "\"";
      append_character(ranges[0].first, Place::kString, text);
      return text + "\"";
    }
    const std::string members = class_members(ranges, Place::kGbnfClass);
    return members == "^" ? "." : "[" + members + "]";
  }

  NotationOptions options_;
  std::vector<std::string> warnings_;
  Grammar grammar_;
  RegexSet& regexes_;
  RegexSpelling spelling_;
  RuleId rule_ = 0;
  std::string text_;
  std::deque<Job> queue_;
  std::vector<uint32_t> uses_;
  std::vector<std::string> rule_names_;
  Names names_;
  struct Named {
    Job::Kind kind;
    uint32_t id;
    TerminalId ignore;
    friend auto operator<=>(const Named&, const Named&) = default;
  };
  std::map<Named, std::string> named_;
  std::set<RegexId> written_;
};

}  // namespace

WrittenGrammar write_gbnf(const Grammar& grammar, const NotationOptions& options) {
  return GbnfWriter(grammar, options).write();
}

}  // namespace tokrail
