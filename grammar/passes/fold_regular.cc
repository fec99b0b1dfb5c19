#include "grammar/passes/fold_regular.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tokrail {
namespace {

using Kind = Grammar::Kind;

// Calls visit(child) for the expressions directly below one.
template <typename Visit>
void for_each_child(const Grammar& grammar, const Grammar::Expression& expression, Visit visit) {
  for (const ExprId child : expression.children) visit(child);
  if (expression.kind == Kind::kDistinct) {
    const DistinctEntries& entries = grammar.distinct_entries()[expression.value];
    for (const auto& one : entries.listed) visit(one.rest);
    for (const auto& one : entries.open) visit(one.rest);
  }
}

// Rules in the order callees first, and which of them can reach themselves: Tarjan's strongly
// connected components, with a stack of our own.
class RuleOrder {
 public:
  explicit RuleOrder(const Grammar& grammar) : grammar_(grammar) {
    const size_t size = grammar.rules().size();
    callees_.resize(size);
    for (RuleId id = 0; id < size; ++id) callees_[id] = callees_of(id);
    index_.assign(size, 0);
    low_.assign(size, 0);
    on_stack_.assign(size, false);
    recursive_.assign(size, false);
    visit(grammar.start());
  }

  /// The rules that the start reaches.
  const std::vector<RuleId>& callees_first() const { return order_; }
  bool is_recursive(RuleId id) const { return recursive_[id]; }

 private:
  std::vector<RuleId> callees_of(RuleId id) {
    std::vector<RuleId> found;
    std::vector<ExprId> todo = {grammar_.rules()[id].body};
    seen_.resize(grammar_.expressions().size(), Grammar::kUndefined);
    while (!todo.empty()) {
      const ExprId at = todo.back();
      todo.pop_back();
      if (seen_[at] == id) continue;
      seen_[at] = id;
      const Grammar::Expression& expression = grammar_.expressions()[at];
      if (expression.kind == Kind::kRule) found.push_back(expression.value);
      for_each_child(grammar_, expression, [&](ExprId child) { todo.push_back(child); });
    }
    return found;
  }

  struct Frame {
    RuleId rule;
    size_t next;
  };

  void enter(RuleId id) {
    index_[id] = low_[id] = ++counter_;
    stack_.push_back(id);
    on_stack_[id] = true;
    frames_.push_back({id, 0});
  }

  void visit(RuleId start) {
    enter(start);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const RuleId id = frame.rule;
      if (frame.next < callees_[id].size()) {
        const RuleId callee = callees_[id][frame.next++];
        if (index_[callee] == 0) {
          enter(callee);
        } else if (on_stack_[callee]) {
          low_[id] = std::min(low_[id], index_[callee]);
        }
        if (callee == id) recursive_[id] = true;
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) {
        RuleId& caller = frames_.back().rule;
        low_[caller] = std::min(low_[caller], low_[id]);
      }
      if (low_[id] == index_[id]) close(id);
    }
  }

  void close(RuleId root) {
    const bool is_cycle = stack_.back() != root;
    RuleId id;
    do {
      id = stack_.back();
      stack_.pop_back();
      on_stack_[id] = false;
      if (is_cycle) recursive_[id] = true;
      order_.push_back(id);
    } while (id != root);
  }

  const Grammar& grammar_;
  std::vector<std::vector<RuleId>> callees_;
  std::vector<RuleId> seen_;
  std::vector<uint32_t> index_, low_;
  std::vector<bool> on_stack_, recursive_;
  std::vector<RuleId> stack_, order_;
  std::vector<Frame> frames_;
  uint32_t counter_ = 0;
};

// A regular expression with the number of nodes it was built from; size 0: not regular, or too
// large.
struct Regular {
  RegexId regex = RegexSet::kNothing;
  size_t size = 0;
  RuleId rule = Grammar::kUndefined;  ///< the rule that it is all of, for its name
};

// One part of a sequence: regular, or an expression of the new grammar.
struct Part {
  Regular regular = {};
  ExprId expression = Grammar::kUndefined;
};

class Folding {
 public:
  Folding(const Grammar& grammar, size_t max_nodes)
      : grammar_(grammar), max_nodes_(max_nodes), order_(grammar) {
    result_.regexes() = grammar.regexes();
    rule_regular_.resize(grammar.rules().size());
    rule_id_.assign(grammar.rules().size(), Grammar::kUndefined);
    regular_.resize(grammar.expressions().size());
    is_known_.assign(grammar.expressions().size(), false);
  }

  Grammar run() {
    for (const RuleId id : order_.callees_first()) find_regular(id);
    // Rules that are still called, from the start on; each is rebuilt once.
    new_rule(grammar_.start());
    while (next_ < called_.size()) rebuild(called_[next_++]);
    result_.set_start(rule_id_[grammar_.start()]);
    return std::move(result_);
  }

 private:
  const Grammar::Expression& at(ExprId id) const { return grammar_.expressions()[id]; }

  // Expressions below a rule's body, children before parents.
  std::vector<ExprId> below(ExprId body) {
    std::vector<ExprId> found, todo = {body};
    seen_.resize(grammar_.expressions().size(), 0);
    ++round_;
    while (!todo.empty()) {
      const ExprId id = todo.back();
      todo.pop_back();
      if (seen_[id] == round_) continue;
      seen_[id] = round_;
      found.push_back(id);
      for_each_child(grammar_, at(id), [&](ExprId child) { todo.push_back(child); });
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  void find_regular(RuleId id) {
    const Grammar::Rule& rule = grammar_.rules()[id];
    if (rule.ignore != Grammar::kUndefined) return;
    for (const ExprId one : below(rule.body)) {
      if (is_known_[one]) continue;
      is_known_[one] = true;
      regular_[one] = regular_of(at(one));
    }
    const bool is_plain = rule.capture.empty() && !rule.max_tokens && !rule.temperature;
    if (is_plain && !order_.is_recursive(id) && regular_[rule.body].size != 0) {
      rule_regular_[id] = regular_[rule.body];
      rule_regular_[id].rule = id;
    }
  }

  Regular bounded(RegexId regex, size_t size) const {
    return size > max_nodes_ ? Regular{} : Regular{regex, size};
  }

  Regular regular_of(const Grammar::Expression& expression) {
    RegexSet& regexes = result_.regexes();
    switch (expression.kind) {
      case Kind::kEmpty: return {RegexSet::kEmpty, 1};
      case Kind::kNothing: return {RegexSet::kNothing, 1};
      case Kind::kTerminal: {
        const Terminal& terminal = grammar_.terminals()[expression.value];
        const bool is_plain = terminal.lexing == Lexing::kEvery && terminal.capture.empty() &&
                              !terminal.max_tokens && !terminal.temperature;
        if (!is_plain) return {};
        const auto literal = regexes.as_literal(terminal.regex);
        return bounded(terminal.regex, literal ? literal->size() + 1 : 1);
      }
      case Kind::kRule: return rule_regular_[expression.value];
      case Kind::kRepeat: {
        const Regular& child = regular_[expression.children[0]];
        if (child.size == 0) return {};
        return bounded(regexes.repeat(child.regex, expression.min, expression.max), child.size + 1);
      }
      case Kind::kSequence:
      case Kind::kChoice: return regular_of_many(expression);
      case Kind::kTokens:
      case Kind::kDistinct: break;
    }
    return {};
  }

  Regular regular_of_many(const Grammar::Expression& expression) {
    size_t size = 1;
    std::vector<RegexId> parts;
    for (const ExprId child : expression.children) {
      if (regular_[child].size == 0) return {};
      size += regular_[child].size;
      if (size > max_nodes_) return {};
      parts.push_back(regular_[child].regex);
    }
    RegexSet& regexes = result_.regexes();
    return {expression.kind == Kind::kSequence ? regexes.concat(parts) : regexes.alternate(parts),
            size};
  }

  RuleId new_rule(RuleId id) {
    if (rule_id_[id] == Grammar::kUndefined) {
      const Grammar::Rule& from = grammar_.rules()[id];
      rule_id_[id] = result_.add_rule(from.name, from.where);
      Grammar::Rule& to = result_.rule_data(rule_id_[id]);
      to.capture = from.capture;
      to.max_tokens = from.max_tokens;
      to.temperature = from.temperature;
      called_.push_back(id);
    }
    return rule_id_[id];
  }

  void rebuild(RuleId id) {
    const Grammar::Rule& rule = grammar_.rules()[id];
    const bool folds = rule.ignore == Grammar::kUndefined;
    const std::vector<ExprId> order = below(rule.body);
    parts_.clear();
    parts_.resize(order.size());
    order_of_.resize(grammar_.expressions().size());
    for (size_t i = 0; i < order.size(); ++i) order_of_[order[i]] = static_cast<uint32_t>(i);
    const Regular& whole = regular_[rule.body];
    ExprId body;
    if (folds && whole.size != 0) {
      body = terminal_of({whole.regex, whole.size, id});
    } else {
      // From the top down, to do only what is needed; from the bottom up to build.
      const std::vector<bool> needed = needed_below(order, folds);
      for (size_t i = 0; i < order.size(); ++i) {
        if (needed[i]) parts_[i] = parts_of(order[i], folds);
      }
      body = join(parts_[order_of_[rule.body]]);
    }
    result_.define(rule_id_[id], body);
    if (!folds) {
      result_.set_ignore(rule_id_[id], result_.add_terminal(grammar_.terminals()[rule.ignore]));
    }
  }

  bool is_folded(ExprId id, bool folds) const { return folds && regular_[id].size != 0; }

  std::vector<bool> needed_below(const std::vector<ExprId>& order, bool folds) const {
    std::vector<bool> needed(order.size(), false);
    needed.back() = true;  // the body has the highest id
    for (size_t i = order.size(); i-- > 0;) {
      if (!needed[i] || is_folded(order[i], folds)) continue;
      for_each_child(grammar_, at(order[i]),
                     [&](ExprId child) { needed[order_of_[child]] = true; });
    }
    return needed;
  }

  // What an expression is in the new grammar, as the parts of a sequence.
  std::vector<Part> parts_of(ExprId id, bool folds) {
    if (is_folded(id, folds)) return {{.regular = regular_[id]}};
    const Grammar::Expression& expression = at(id);
    const auto one = [](ExprId made) { return std::vector<Part>{{.expression = made}}; };
    switch (expression.kind) {
      case Kind::kEmpty: return {};
      case Kind::kNothing: return one(result_.nothing());
      case Kind::kTerminal: return one(result_.terminal(grammar_.terminals()[expression.value]));
      case Kind::kRule: return one(result_.rule(new_rule(expression.value)));
      case Kind::kTokens: return one(result_.tokens(grammar_.token_sets()[expression.value]));
      case Kind::kRepeat:
        return one(result_.repeat(join(parts_[order_of_[expression.children[0]]]), expression.min,
                                  expression.max));
      case Kind::kChoice: return one(choice_of(expression));
      case Kind::kDistinct: return one(distinct_of(grammar_.distinct_entries()[expression.value]));
      case Kind::kSequence: break;
    }
    std::vector<Part> parts;
    for (const ExprId child : expression.children) {
      std::vector<Part>& below = parts_[order_of_[child]];
      // Short sequences in sequences are dissolved: runs of terminals become longer.
      if (below.size() <= kDissolved) {
        parts.insert(parts.end(), below.begin(), below.end());
      } else {
        parts.push_back({.expression = join(below)});
      }
    }
    return parts;
  }

  // The regular choices in one terminal, in the place of the first.
  ExprId choice_of(const Grammar::Expression& expression) {
    std::vector<ExprId> choices;
    std::vector<RegexId> regular;
    size_t size = 1, place = 0;
    RuleId rule_of_first = Grammar::kUndefined;
    for (const ExprId child : expression.children) {
      const std::vector<Part>& parts = parts_[order_of_[child]];
      const Regular one = parts.size() == 1 ? parts[0].regular : Regular{};
      if (one.size != 0 && size + one.size <= max_nodes_) {
        if (regular.empty()) {
          place = choices.size();
          rule_of_first = one.rule;
          choices.push_back(Grammar::kUndefined);
        }
        regular.push_back(one.regex);
        size += one.size;
      } else {
        choices.push_back(join(parts));
      }
    }
    if (!regular.empty()) {
      const RuleId rule = regular.size() == 1 ? rule_of_first : Grammar::kUndefined;
      choices[place] = terminal_of({result_.regexes().alternate(regular), size, rule});
    }
    return result_.choice(choices);
  }

  ExprId distinct_of(DistinctEntries entries) {
    for (auto& one : entries.listed) one.rest = join(parts_[order_of_[one.rest]]);
    for (auto& one : entries.open) one.rest = join(parts_[order_of_[one.rest]]);
    return result_.distinct(std::move(entries));
  }

  // A sequence, with its runs of regular parts joined.
  ExprId join(const std::vector<Part>& parts) {
    std::vector<ExprId> sequence;
    std::vector<RegexId> run;
    size_t size = 0;
    RuleId rule = Grammar::kUndefined;
    const auto end_run = [&] {
      if (run.size() > 1) rule = Grammar::kUndefined;
      if (!run.empty()) {
        sequence.push_back(terminal_of({result_.regexes().concat(run), size, rule}));
      }
      run.clear();
      size = 0;
    };
    for (const Part& part : parts) {
      if (part.regular.size == 0) {
        end_run();
        sequence.push_back(part.expression);
        continue;
      }
      if (size + part.regular.size > max_nodes_) end_run();
      if (run.empty()) rule = part.regular.rule;
      run.push_back(part.regular.regex);
      size += part.regular.size;
    }
    end_run();
    return result_.sequence(sequence);
  }

  ExprId terminal_of(const Regular& regular) {
    if (regular.regex == RegexSet::kEmpty) return result_.empty();
    if (regular.regex == RegexSet::kNothing) return result_.nothing();
    const bool has_name = regular.rule != Grammar::kUndefined;
    const std::string name = has_name ? grammar_.rules()[regular.rule].name : std::string();
    return result_.terminal(Terminal{.name = name, .regex = regular.regex});
  }

  static constexpr size_t kDissolved = 32;

  const Grammar& grammar_;
  const size_t max_nodes_;
  const RuleOrder order_;
  Grammar result_;
  std::vector<Regular> rule_regular_, regular_;
  std::vector<bool> is_known_;
  std::vector<RuleId> rule_id_, called_;
  size_t next_ = 0;
  std::vector<uint32_t> seen_, order_of_;
  uint32_t round_ = 0;
  std::vector<std::vector<Part>> parts_;
};

}  // namespace

Grammar fold_regular(const Grammar& grammar, size_t max_nodes) {
  grammar.check();
  return Folding(grammar, max_nodes).run();
}

}  // namespace tokrail
