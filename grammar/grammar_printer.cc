// Grammar::to_string: one line a rule, then one line a named terminal.
//
//   start ::= ("a" | NUMBER{1,3}) start?
//   NUMBER = /[0-9]+/ longest priority 2
//
// Expressions are printed without recursion, and an expression that is used in several places and
// is long gets a line of its own (%1 ::= ...), so that the text stays proportional to the grammar.
#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/grammar.h"

namespace tokrail {
namespace {

constexpr size_t kInlineLength = 60;  ///< a shared expression up to this size is repeated

bool is_plain(unsigned char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':'));
}

std::string quoted(std::string_view bytes, char quote) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text(1, quote);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      text += '\\';
      text += c;
    } else if (c == '\n') {
      text += "\\n";
    } else if (byte < 0x20 || byte >= 0x7F) {
      text += "\\x";
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    } else {
      text += c;
    }
  }
  return text += quote;
}

std::string name_text(std::string_view name) {
  bool plain = !name.empty();
  for (size_t i = 0; plain && i < name.size(); ++i) {
    plain = is_plain(static_cast<unsigned char>(name[i]), i == 0);
  }
  return plain ? std::string(name) : quoted(name, '`');
}

std::string number_text(double value) {
  std::string text = std::to_string(value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string attributes(Lexing lexing, int32_t priority, const std::string& capture,
                       const std::optional<uint32_t>& max_tokens,
                       const std::optional<float>& temperature) {
  std::string text;
  if (lexing == Lexing::kLongest) text += " longest";
  if (lexing == Lexing::kShortest) text += " shortest";
  if (priority != 0) text += " priority " + std::to_string(priority);
  if (!capture.empty()) text += " capture " + quoted(capture, '"');
  if (max_tokens) text += " max_tokens " + std::to_string(*max_tokens);
  if (temperature) text += " temperature " + number_text(*temperature);
  return text;
}

class Printer {
 public:
  explicit Printer(const Grammar& grammar) : grammar_(grammar) {}

  std::string print() {
    name_rules();
    count_uses();
    if (grammar_.start() != Grammar::kUndefined) {
      text_ += "%start " + rule_names_[grammar_.start()] + '\n';
    }
    for (RuleId id = 0; id < grammar_.rules().size(); ++id) print_rule(id);
    for (size_t i = 0; i < shared_.size(); ++i) {
      text_ += '%' + std::to_string(i + 1) + " ::= ";
      print_expression(shared_[i], true);
      text_ += '\n';
    }
    print_terminals();
    return std::move(text_);
  }

 private:
  using Kind = Grammar::Kind;

  const Grammar::Expression& at(ExprId id) const { return grammar_.expressions()[id]; }

  // Rules may share a name; the later ones get a number.
  void name_rules() {
    std::map<std::string, int> seen;
    for (const Grammar::Rule& rule : grammar_.rules()) {
      const int count = ++seen[rule.name];
      rule_names_.push_back(
          name_text(count == 1 ? rule.name : rule.name + '#' + std::to_string(count)));
    }
  }

  // How often each expression that a rule reaches is written, and about how long it is. Children
  // have lower ids than their parents, so one pass down and one up do it.
  void count_uses() {
    const size_t size = grammar_.expressions().size();
    uses_.assign(size, 0);
    lengths_.assign(size, 0);
    for (const Grammar::Rule& rule : grammar_.rules()) {
      if (rule.body != Grammar::kUndefined) ++uses_[rule.body];
    }
    for (size_t id = size; id-- > 0;) {
      if (uses_[id] == 0) continue;
      for_each_child(static_cast<ExprId>(id), [&](ExprId child) { ++uses_[child]; });
    }
    for (size_t id = 0; id < size; ++id) {
      size_t length = 8;
      for_each_child(static_cast<ExprId>(id), [&](ExprId child) {
        length = std::min(length + lengths_[child], size_t{1} << 30);
      });
      lengths_[id] = length;
    }
  }

  template <typename Visit>
  void for_each_child(ExprId id, Visit visit) const {
    const Grammar::Expression& expression = at(id);
    for (const ExprId child : expression.children) visit(child);
    if (expression.kind == Kind::kDistinct) {
      const DistinctEntries& entries = grammar_.distinct_entries()[expression.value];
      for (const auto& one : entries.listed) visit(one.rest);
      for (const auto& one : entries.open) visit(one.rest);
    }
  }

  void print_rule(RuleId id) {
    const Grammar::Rule& rule = grammar_.rules()[id];
    text_ += rule_names_[id] + " ::= ";
    if (rule.body == Grammar::kUndefined) {
      text_ += "%undefined";
    } else {
      print_expression(rule.body, uses_[rule.body] == 1);
    }
    if (rule.ignore != Grammar::kUndefined) text_ += " %ignore " + terminal_text(rule.ignore);
    const std::string extra =
        attributes(Lexing::kEvery, 0, rule.capture, rule.max_tokens, rule.temperature);
    if (!extra.empty()) text_ += " %with" + extra;
    text_ += '\n';
  }

  std::string terminal_text(TerminalId id) {
    const Terminal& terminal = grammar_.terminals()[id];
    if (!terminal.name.empty()) {
      return terminal_name(id);
    }
    return regex_text(terminal.regex) + terminal_attributes(terminal);
  }

  // Different terminals may share a name, too.
  std::string terminal_name(TerminalId id) {
    const auto found = terminal_names_.find(id);
    if (found != terminal_names_.end()) return found->second;
    const std::string& name = grammar_.terminals()[id].name;
    const int count = ++name_counts_[name];
    std::string text = name_text(count == 1 ? name : name + '#' + std::to_string(count));
    used_.push_back(id);
    return terminal_names_.emplace(id, std::move(text)).first->second;
  }

  static std::string terminal_attributes(const Terminal& terminal) {
    std::string text = attributes(terminal.lexing, terminal.priority, terminal.capture,
                                  terminal.max_tokens, terminal.temperature);
    if (!text.empty()) text = "<" + text.substr(1) + ">";
    return text;
  }

  std::string regex_text(RegexId id) const {
    if (const auto bytes = grammar_.regexes().as_literal(id)) return quoted(*bytes, '"');
    return '/' + grammar_.regexes().to_string(id) + '/';
  }

  void print_terminals() {
    for (size_t i = 0; i < used_.size(); ++i) {
      const Terminal& terminal = grammar_.terminals()[used_[i]];
      text_ += terminal_names_[used_[i]] + " = " + regex_text(terminal.regex) +
               attributes(terminal.lexing, terminal.priority, terminal.capture, terminal.max_tokens,
                          terminal.temperature) +
               '\n';
    }
  }

  std::string token_set_text(const TokenSet& set) const {
    std::string text = set.negated ? "!<[" : "<[";
    bool first = true;
    for (const TokenSet::Range& range : set.ids) {
      if (!first) text += ',';
      first = false;
      text += std::to_string(range.first);
      if (range.last != range.first) text += '-' + std::to_string(range.last);
    }
    for (const std::string& name : set.names) {
      if (!first) text += ',';
      first = false;
      text += quoted(name, '"');
    }
    return text + "]>";
  }

  static std::string bounds_text(uint32_t min, uint32_t max) {
    if (max == Grammar::kUnbounded) {
      if (min == 0) return "*";
      if (min == 1) return "+";
      return '{' + std::to_string(min) + ",}";
    }
    if (min == 0 && max == 1) return "?";
    if (min == max) return '{' + std::to_string(min) + '}';
    return '{' + std::to_string(min) + ',' + std::to_string(max) + '}';
  }

  // What is still to be written: text, or an expression.
  struct Piece {
    std::string text = {};
    ExprId expression = Grammar::kUndefined;
    bool grouped = false;  ///< needs parentheses unless it is one thing
  };

  void print_expression(ExprId id, bool expand) {
    std::vector<Piece> todo;
    expand_into(id, false, expand, todo);
    while (!todo.empty()) {
      Piece piece = std::move(todo.back());
      todo.pop_back();
      if (piece.expression == Grammar::kUndefined) {
        text_ += piece.text;
      } else {
        expand_into(piece.expression, piece.grouped, false, todo);
      }
    }
  }

  // Puts the parts of an expression on the stack, first part on top.
  void expand_into(ExprId id, bool grouped, bool expand, std::vector<Piece>& todo) {
    const Grammar::Expression& expression = at(id);
    const bool is_shared = uses_[id] > 1 && lengths_[id] > kInlineLength;
    if (is_shared && !expand) {
      const auto [it, is_new] = shared_index_.try_emplace(id, shared_.size() + 1);
      if (is_new) shared_.push_back(id);
      text_ += '%' + std::to_string(it->second);
      return;
    }
    std::vector<Piece> parts;
    const auto text = [&](std::string one) { parts.push_back({.text = std::move(one)}); };
    switch (expression.kind) {
      case Kind::kEmpty: text("\"\""); break;
      case Kind::kNothing: text("%nothing"); break;
      case Kind::kTerminal: text(terminal_text(expression.value)); break;
      case Kind::kRule: text(rule_names_[expression.value]); break;
      case Kind::kTokens: text(token_set_text(grammar_.token_sets()[expression.value])); break;
      case Kind::kSequence:
      case Kind::kChoice: {
        const bool is_choice = expression.kind == Kind::kChoice;
        if (grouped) text("(");
        for (size_t i = 0; i < expression.children.size(); ++i) {
          if (i > 0) text(is_choice ? " | " : " ");
          // A sequence inside a choice needs no parentheses.
          const ExprId child = expression.children[i];
          const bool needs = at(child).kind == Kind::kChoice || !is_choice;
          parts.push_back({.expression = child, .grouped = needs});
        }
        if (grouped) text(")");
        break;
      }
      case Kind::kRepeat: {
        const ExprId child = expression.children[0];
        const bool nested = at(child).kind == Kind::kRepeat;
        if (nested) text("(");
        parts.push_back({.expression = child, .grouped = true});
        text((nested ? ")" : "") + bounds_text(expression.min, expression.max));
        break;
      }
      case Kind::kDistinct:
        distinct_parts(grammar_.distinct_entries()[expression.value], parts);
        break;
    }
    for (size_t i = parts.size(); i-- > 0;) todo.push_back(std::move(parts[i]));
  }

  void distinct_parts(const DistinctEntries& entries, std::vector<Piece>& parts) const {
    static constexpr const char* kSameness[] = {"bytes", "string", "scalar"};
    std::string head = entries.ordered ? "%ordered" : "%distinct";
    head += bounds_text(entries.min, entries.max);
    head += " by ";
    head += kSameness[static_cast<size_t>(entries.sameness)];
    if (!entries.distinct_open) head += " open_repeats";
    head += " separator " + regex_text(entries.separator) + " (";
    parts.push_back({.text = std::move(head)});
    bool first = true;
    const auto entry = [&](std::string text, RegexId key, ExprId rest) {
      if (!first) text.insert(0, " & ");
      first = false;
      parts.push_back({.text = text + regex_text(key) + ' '});
      parts.push_back({.expression = rest, .grouped = true});
    };
    for (size_t i = 0; i < entries.listed.size(); ++i) {
      const DistinctEntries::Listed& one = entries.listed[i];
      std::string text = std::to_string(i) + (one.required ? "! " : ": ");
      if (!one.requires_entries.empty()) {
        text += "needs ";
        for (size_t k = 0; k < one.requires_entries.size(); ++k) {
          text += (k > 0 ? "," : "") + std::to_string(one.requires_entries[k]);
        }
        text += ' ';
      }
      entry(std::move(text), one.key, one.rest);
    }
    for (const DistinctEntries::Open& one : entries.open) entry("open ", one.key, one.rest);
    parts.push_back({.text = ")"});
  }

  const Grammar& grammar_;
  std::string text_;
  std::vector<std::string> rule_names_;
  std::vector<uint32_t> uses_;
  std::vector<size_t> lengths_;
  std::vector<ExprId> shared_;
  std::unordered_map<ExprId, size_t> shared_index_;
  std::vector<TerminalId> used_;
  std::unordered_map<TerminalId, std::string> terminal_names_;
  std::map<std::string, int> name_counts_;
};

}  // namespace

std::string Grammar::to_string() const {
  return Printer(*this).print();
}

}  // namespace tokrail
