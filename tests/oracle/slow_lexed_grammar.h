// The language of a Grammar whose terminals are lexed, by its definition: Earley's items at places
// of the whole text, and at each place the matches that count.
//
// At a place, the terminals that some derivation so far can go on with compete:
//   kLongest   the longest match of any of them counts, and of equally long ones those of the
//              highest priority
//   kShortest  its own shortest match counts
//   kEvery     each match counts
// Matches are never empty; a terminal that matches the empty text may also be left out. No distinct
// entries, no token sets.
//
// With kShortest or kEvery beside kLongest, cuts of the text that differ may reach the same place.
// `matches` lets the terminals that any of them allows there compete; `matches_by_cuts` those that
// one cut allows, with the same matches taken as longest ones. Grammar leaves open which it is.
//
// J. Earley, "An efficient context-free parsing algorithm", CACM 13(2), 1970.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/grammar.h"

namespace tokrail::oracle {

class SlowLexedGrammar {
 public:
  explicit SlowLexedGrammar(const Grammar& grammar);

  bool matches(std::string_view text);
  bool matches_by_cuts(std::string_view text);
  /// All strings over `alphabet` of at most `length` bytes that are in the language, sorted.
  std::vector<std::string> language(std::string_view alphabet, size_t length);

 private:
  struct Symbol {
    bool is_terminal;
    uint32_t id;  ///< terminal, or name of a production
  };
  struct Production {
    uint32_t name;
    std::vector<Symbol> symbols;
  };

  struct Item {
    uint32_t production;
    size_t dot, begin;
    friend auto operator<=>(const Item&, const Item&) = default;
  };
  using Chart = std::vector<std::set<Item>>;  // by place

  const Symbol* behind_dot(const Item& item) const;
  void predict(Chart& chart, size_t place, uint32_t name) const;
  void close(Chart& chart, size_t place) const;
  /// The matches that count, by where they end.
  std::map<size_t, std::set<TerminalId>> matches_at(const Chart& chart, size_t place,
                                                    std::string_view text);
  void advance(Chart& chart, size_t place, size_t end, const std::set<TerminalId>& terminals) const;
  bool is_whole(const Chart& chart) const;
  bool cut_on(Chart chart, size_t place, std::string_view text);

  uint32_t name_of(ExprId expression, TerminalId ignore);
  uint32_t ignored(TerminalId ignore);
  void add_repeat(uint32_t name, const Grammar::Expression& e, TerminalId ignore);
  void keep_productive();
  bool is_longest(TerminalId t) const { return grammar_.terminals()[t].lexing == Lexing::kLongest; }
  bool spells(TerminalId terminal, std::string_view text);

  const Grammar& grammar_;
  RegexSet regexes_;
  std::vector<Production> productions_;
  std::map<std::pair<ExprId, TerminalId>, uint32_t> names_;
  std::map<TerminalId, uint32_t> ignored_;
  std::map<std::pair<TerminalId, std::string>, bool> spelled_;
  uint32_t name_count_ = 0;
  uint32_t start_ = 0;
};

}  // namespace tokrail::oracle
