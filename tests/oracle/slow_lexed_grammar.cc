#include "tests/oracle/slow_lexed_grammar.h"

#include <algorithm>
#include <utility>

namespace tokrail::oracle {

SlowLexedGrammar::SlowLexedGrammar(const Grammar& grammar)
    : grammar_(grammar), regexes_(grammar.regexes()) {
  const Grammar::Rule& start = grammar.rules()[grammar.start()];
  start_ = name_of(start.body, start.ignore);
  keep_productive();
}

uint32_t SlowLexedGrammar::ignored(TerminalId ignore) {
  const auto [known, is_new] = ignored_.try_emplace(ignore, name_count_);
  if (is_new) {
    const uint32_t name = name_count_++;
    productions_.push_back({name, {}});
    productions_.push_back({name, {{true, ignore}, {false, name}}});
  }
  return known->second;
}

uint32_t SlowLexedGrammar::name_of(ExprId id, TerminalId ignore) {
  const auto [known, is_new] = names_.try_emplace({id, ignore}, name_count_);
  if (!is_new) return known->second;
  const uint32_t name = name_count_++;
  const Grammar::Expression& e = grammar_.expressions()[id];
  switch (e.kind) {
    case Grammar::Kind::kEmpty: productions_.push_back({name, {}}); break;
    case Grammar::Kind::kTerminal: {
      Production p{name, {}};
      if (ignore != Grammar::kUndefined) p.symbols.push_back({false, ignored(ignore)});
      p.symbols.push_back({true, e.value});
      productions_.push_back(p);
      if (spells(e.value, "")) productions_.push_back({name, {}});
      break;
    }
    case Grammar::Kind::kRule: {
      const Grammar::Rule& rule = grammar_.rules()[e.value];
      const uint32_t body = name_of(rule.body, rule.ignore);
      productions_.push_back({name, {{false, body}}});
      break;
    }
    case Grammar::Kind::kSequence: {
      Production p{name, {}};
      for (const ExprId child : e.children) p.symbols.push_back({false, name_of(child, ignore)});
      productions_.push_back(p);
      break;
    }
    case Grammar::Kind::kChoice:
      for (const ExprId child : e.children) {
        const uint32_t choice = name_of(child, ignore);
        productions_.push_back({name, {{false, choice}}});
      }
      break;
    case Grammar::Kind::kRepeat: add_repeat(name, e, ignore); break;
    default: break;  // matches nothing
  }
  return name;
}

void SlowLexedGrammar::add_repeat(uint32_t name, const Grammar::Expression& e, TerminalId ignore) {
  const Symbol round = {false, name_of(e.children[0], ignore)};
  Production least{name, std::vector<Symbol>(e.min, round)};
  if (e.max == Grammar::kUnbounded) {
    const uint32_t more = name_count_++;
    productions_.push_back({more, {}});
    productions_.push_back({more, {round, {false, more}}});
    least.symbols.push_back({false, more});
    productions_.push_back(least);
    return;
  }
  for (uint32_t count = e.min; count <= e.max; ++count) {
    productions_.push_back(least);
    least.symbols.push_back(round);
  }
}

/// What a derivation can go on with is only what can be finished as far as the rules go.
void SlowLexedGrammar::keep_productive() {
  std::vector<bool> ends(name_count_, false);
  const auto is_finite = [&](const Production& p) {
    return std::ranges::all_of(p.symbols, [&](const Symbol& s) {
      return s.is_terminal ? !regexes_.is_empty(grammar_.terminals()[s.id].regex) : ends[s.id];
    });
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const Production& p : productions_) {
      if (ends[p.name] || !is_finite(p)) continue;
      ends[p.name] = true;
      changed = true;
    }
  }
  std::erase_if(productions_, [&](const Production& p) { return !is_finite(p); });
}

bool SlowLexedGrammar::spells(TerminalId terminal, std::string_view text) {
  const auto [known, is_new] = spelled_.try_emplace({terminal, std::string(text)}, false);
  if (is_new) known->second = regexes_.matches(grammar_.terminals()[terminal].regex, text);
  return known->second;
}

const SlowLexedGrammar::Symbol* SlowLexedGrammar::behind_dot(const Item& item) const {
  const auto& symbols = productions_[item.production].symbols;
  return item.dot < symbols.size() ? &symbols[item.dot] : nullptr;
}

void SlowLexedGrammar::predict(Chart& chart, size_t place, uint32_t name) const {
  for (uint32_t p = 0; p < productions_.size(); ++p) {
    if (productions_[p].name == name) chart[place].insert({p, 0, place});
  }
}

void SlowLexedGrammar::close(Chart& chart, size_t place) const {
  for (size_t before = SIZE_MAX; before != chart[place].size();) {
    before = chart[place].size();
    for (const Item& item : std::set(chart[place])) {
      const Symbol* const next = behind_dot(item);
      if (next != nullptr) {
        if (!next->is_terminal) predict(chart, place, next->id);
        continue;
      }
      for (const Item& caller : std::set(chart[item.begin])) {
        const Symbol* const called = behind_dot(caller);
        if (called && !called->is_terminal && called->id == productions_[item.production].name) {
          chart[place].insert({caller.production, caller.dot + 1, caller.begin});
        }
      }
    }
  }
}

std::map<size_t, std::set<TerminalId>> SlowLexedGrammar::matches_at(const Chart& chart,
                                                                    size_t place,
                                                                    std::string_view text) {
  std::set<TerminalId> allowed;
  for (const Item& item : chart[place]) {
    const Symbol* const next = behind_dot(item);
    if (next != nullptr && next->is_terminal) allowed.insert(next->id);
  }
  std::map<size_t, std::set<TerminalId>> found;
  size_t longest = place;
  for (const TerminalId t : allowed) {
    for (size_t end = place + 1; end <= text.size(); ++end) {
      if (!spells(t, text.substr(place, end - place))) continue;
      found[end].insert(t);
      if (is_longest(t)) longest = std::max(longest, end);
      if (grammar_.terminals()[t].lexing == Lexing::kShortest) break;
    }
  }
  for (auto& [end, terminals] : found) {
    int32_t best = INT32_MIN;
    for (const TerminalId t : terminals) {
      if (is_longest(t)) best = std::max(best, grammar_.terminals()[t].priority);
    }
    std::erase_if(terminals, [&](TerminalId t) {
      return is_longest(t) && (end != longest || grammar_.terminals()[t].priority != best);
    });
  }
  std::erase_if(found, [](const auto& one) { return one.second.empty(); });
  return found;
}

void SlowLexedGrammar::advance(Chart& chart, size_t place, size_t end,
                               const std::set<TerminalId>& terminals) const {
  for (const Item& item : chart[place]) {
    const Symbol* const next = behind_dot(item);
    if (next != nullptr && next->is_terminal && terminals.contains(next->id)) {
      chart[end].insert({item.production, item.dot + 1, item.begin});
    }
  }
}

bool SlowLexedGrammar::is_whole(const Chart& chart) const {
  return std::ranges::any_of(chart.back(), [&](const Item& item) {
    return item.begin == 0 && productions_[item.production].name == start_ && !behind_dot(item);
  });
}

bool SlowLexedGrammar::matches(std::string_view text) {
  Chart chart(text.size() + 1);
  predict(chart, 0, start_);
  for (size_t place = 0; place <= text.size(); ++place) {
    close(chart, place);
    for (const auto& [end, terminals] : matches_at(chart, place, text)) {
      advance(chart, place, end, terminals);
    }
  }
  return is_whole(chart);
}

bool SlowLexedGrammar::matches_by_cuts(std::string_view text) {
  Chart chart(text.size() + 1);
  predict(chart, 0, start_);
  return cut_on(std::move(chart), 0, text);
}

bool SlowLexedGrammar::cut_on(Chart chart, size_t place, std::string_view text) {
  close(chart, place);
  if (place == text.size()) return is_whole(chart);
  for (const auto& [end, terminals] : matches_at(chart, place, text)) {
    for (const bool longest : {true, false}) {
      std::set<TerminalId> alike = terminals;
      std::erase_if(alike, [&](TerminalId t) { return is_longest(t) != longest; });
      if (alike.empty()) continue;
      Chart after = chart;
      advance(after, place, end, alike);
      if (cut_on(std::move(after), end, text)) return true;
    }
  }
  return false;
}

std::vector<std::string> SlowLexedGrammar::language(std::string_view alphabet, size_t length) {
  std::vector<std::string> all = {""}, language;
  for (size_t i = 0; i < all.size(); ++i) {
    if (matches(all[i])) language.push_back(all[i]);
    if (all[i].size() == length) continue;
    for (const char letter : alphabet) all.push_back(all[i] + letter);
  }
  std::ranges::sort(language);
  return language;
}

}  // namespace tokrail::oracle
