// Random grammars over a small alphabet, with all kinds of expressions.
#pragma once

#include <string_view>
#include <vector>

#include "grammar/grammar.h"
#include "tests/support/property.h"

namespace tokrail::test {

class RandomGrammar {
 public:
  explicit RandomGrammar(Random& random, bool with_distinct = true)
      : random_(random), with_distinct_(with_distinct) {}

  Grammar make() {
    Grammar grammar;
    rules_.clear();
    const size_t count = 1 + below(random_, 4);
    for (size_t i = 0; i < count; ++i) {
      rules_.push_back(grammar.add_rule("r" + std::to_string(i)));
    }
    for (const RuleId rule : rules_) grammar.define(rule, expression(grammar, 3));
    grammar.set_start(rules_[0]);
    return grammar;
  }

 private:
  RegexId regex(RegexSet& set, int depth) {
    switch (below(random_, depth > 0 ? 9 : 2)) {
      case 0: return set.literal("a");
      case 1: return set.bytes(ByteSet::range('a', 'b'));
      case 2: return set.literal("b,");
      case 3: return set.concat({regex(set, depth - 1), regex(set, depth - 1)});
      case 4: return set.alternate({regex(set, depth - 1), regex(set, depth - 1)});
      case 5: return set.star(regex(set, depth - 1));
      case 6: {
        const auto min = static_cast<uint32_t>(below(random_, 3));
        return set.repeat(regex(set, depth - 1), min,
                          min + static_cast<uint32_t>(below(random_, 3)));
      }
      case 7: return set.intersect({regex(set, depth - 1), regex(set, depth - 1)});
      default:
        return set.difference(set.star(set.bytes(ByteSet::range('a', 'b'))), regex(set, depth - 1));
    }
  }

  ExprId expression(Grammar& grammar, int depth) {
    switch (below(random_, depth > 0 ? 12 : 4)) {
      case 0: return grammar.literal(std::string_view("ab,").substr(below(random_, 3), 1));
      case 1: return grammar.regex(regex(grammar.regexes(), 2));
      case 2:
      case 3: return grammar.rule(rules_[below(random_, rules_.size())]);
      case 4:
      case 5:
      case 6: {
        std::vector<ExprId> parts;
        const size_t count = 1 + below(random_, 3);
        for (size_t i = 0; i < count; ++i) parts.push_back(expression(grammar, depth - 1));
        return grammar.sequence(parts);
      }
      case 7:
      case 8:
        return grammar.choice({expression(grammar, depth - 1), expression(grammar, depth - 1)});
      case 9: {
        const auto min = static_cast<uint32_t>(below(random_, 3));
        const bool open = below(random_, 2) == 0;
        return grammar.repeat(
            expression(grammar, depth - 1), min,
            open ? Grammar::kUnbounded : min + static_cast<uint32_t>(below(random_, 12)));
      }
      case 10: return with_distinct_ ? distinct(grammar, depth) : grammar.empty();
      default: return grammar.optional(expression(grammar, depth - 1));
    }
  }

  ExprId distinct(Grammar& grammar, int depth) {
    RegexSet& set = grammar.regexes();
    DistinctEntries entries;
    std::vector<RegexId> keys = {set.literal("a"), set.literal("b"), set.literal("ab")};
    std::vector<RegexId> listed;
    const size_t count = below(random_, 4);
    for (uint32_t i = 0; i < count; ++i) {
      DistinctEntries::Listed entry{
          keys[i], expression(grammar, depth - 2), below(random_, 3) == 0, {}};
      if (below(random_, 4) == 0) {
        entry.requires_entries.push_back(static_cast<uint32_t>(below(random_, count)));
      }
      entries.listed.push_back(entry);
      listed.push_back(keys[i]);
    }
    if (below(random_, 2) == 0 || count == 0) {
      const RegexId any = set.repeat(set.bytes(ByteSet::range('a', 'b')), 1, 2);
      entries.open.push_back(
          {set.difference(any, set.alternate(listed)), expression(grammar, depth - 2)});
    }
    entries.ordered = below(random_, 2) == 0;
    entries.distinct_open = below(random_, 3) != 0;
    entries.separator = set.literal(",");
    entries.min = static_cast<uint32_t>(below(random_, 2));
    entries.max = below(random_, 2) == 0 ? Grammar::kUnbounded
                                         : entries.min + static_cast<uint32_t>(below(random_, 3));
    return grammar.distinct(entries);
  }

  Random& random_;
  bool with_distinct_;
  std::vector<RuleId> rules_;
};

}  // namespace tokrail::test
