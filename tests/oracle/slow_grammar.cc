#include "tests/oracle/slow_grammar.h"

#include <algorithm>
#include <functional>
#include <set>

namespace tokrail::oracle {
namespace {

class Table {
 public:
  Table(const Grammar& grammar, std::string_view text)
      : grammar_(grammar), regexes_(grammar.regexes()), text_(text), size_(text.size() + 1) {
    known_.assign(grammar.expressions().size() * size_ * size_, false);
  }

  bool fill() {
    for (changed_ = true; changed_;) {
      changed_ = false;
      for (ExprId e = 0; e < grammar_.expressions().size(); ++e) {
        for (size_t begin = 0; begin < size_; ++begin) {
          for (size_t end = begin; end < size_; ++end) {
            if (!has(e, begin, end) && holds(e, begin, end)) {
              known_[index(e, begin, end)] = true;
              changed_ = true;
            }
          }
        }
      }
    }
    return has(grammar_.rules()[grammar_.start()].body, 0, text_.size());
  }

 private:
  size_t index(ExprId e, size_t begin, size_t end) const {
    return (e * size_ + begin) * size_ + end;
  }
  bool has(ExprId e, size_t begin, size_t end) const { return known_[index(e, begin, end)]; }
  bool spells(RegexId regex, size_t begin, size_t end) {
    return regexes_.matches(regex, text_.substr(begin, end - begin));
  }

  bool holds(ExprId id, size_t begin, size_t end) {
    const Grammar::Expression& e = grammar_.expressions()[id];
    switch (e.kind) {
      case Grammar::Kind::kEmpty: return begin == end;
      case Grammar::Kind::kNothing: return false;
      case Grammar::Kind::kTerminal: return spells(grammar_.terminals()[e.value].regex, begin, end);
      case Grammar::Kind::kRule: return has(grammar_.rules()[e.value].body, begin, end);
      case Grammar::Kind::kSequence: return sequence(e.children, 0, begin, end);
      case Grammar::Kind::kChoice:
        return std::ranges::any_of(e.children, [&](ExprId c) { return has(c, begin, end); });
      case Grammar::Kind::kRepeat: return rounds(e, begin, end);
      case Grammar::Kind::kTokens: return false;
      case Grammar::Kind::kDistinct:
        return distinct(grammar_.distinct_entries()[e.value], begin, end);
    }
    return false;
  }
  bool sequence(const std::vector<ExprId>& parts, size_t at, size_t begin, size_t end) {
    if (at == parts.size()) return begin == end;
    for (size_t middle = begin; middle <= end; ++middle) {
      if (has(parts[at], begin, middle) && sequence(parts, at + 1, middle, end)) return true;
    }
    return false;
  }
  bool rounds(const Grammar::Expression& e, size_t begin, size_t end) {
    // reached: (place, rounds that read something); empty rounds may fill up to the minimum.
    std::set<std::pair<size_t, uint32_t>> reached = {{begin, 0}};
    std::vector<std::pair<size_t, uint32_t>> work = {{begin, 0}};
    const bool may_be_empty = has(e.children[0], begin, begin);
    while (!work.empty()) {
      const auto [place, count] = work.back();
      work.pop_back();
      const bool enough = count >= e.min || has(e.children[0], place, place) || may_be_empty;
      if (place == end && enough) return true;
      if (count == e.max) continue;
      for (size_t next = place + 1; next <= end; ++next) {
        if (has(e.children[0], place, next) && reached.insert({next, count + 1}).second) {
          work.push_back({next, count + 1});
        }
      }
    }
    return false;
  }

  struct Progress {
    std::vector<bool> seen;
    std::vector<std::string> open;
    uint32_t count = 0, next = 0;
  };
  bool distinct(const DistinctEntries& entries, size_t begin, size_t end) {
    Progress progress;
    progress.seen.assign(entries.listed.size(), false);
    if (begin == end && complete(entries, progress)) return true;
    return entry(entries, progress, begin, end);
  }
  static bool complete(const DistinctEntries& entries, const Progress& progress) {
    if (progress.count < entries.min || progress.count > entries.max) return false;
    for (size_t i = 0; i < entries.listed.size(); ++i) {
      if (entries.listed[i].required && !progress.seen[i]) return false;
      if (!progress.seen[i]) continue;
      for (const uint32_t other : entries.listed[i].requires_entries) {
        if (!progress.seen[other]) return false;
      }
    }
    return true;
  }
  bool after(const DistinctEntries& entries, const Progress& progress, ExprId rest, size_t begin,
             size_t end) {
    for (size_t middle = begin; middle <= end; ++middle) {
      if (!has(rest, begin, middle)) continue;
      if (middle == end && complete(entries, progress)) return true;
      for (size_t next = middle; next <= end; ++next) {
        if (spells(entries.separator, middle, next) && next < end &&
            entry(entries, progress, next, end)) {
          return true;
        }
      }
    }
    return false;
  }
  bool entry(const DistinctEntries& entries, const Progress& progress, size_t begin, size_t end) {
    for (size_t middle = begin + 1; middle <= end; ++middle) {
      for (uint32_t i = 0; i < entries.listed.size(); ++i) {
        if (progress.seen[i] || (entries.ordered && i < progress.next)) continue;
        if (!spells(entries.listed[i].key, begin, middle)) continue;
        Progress more = progress;
        more.seen[i] = true;
        more.next = i + 1;
        ++more.count;
        if (after(entries, more, entries.listed[i].rest, middle, end)) return true;
      }
      for (const auto& open : entries.open) {
        const std::string key(text_.substr(begin, middle - begin));
        if (!spells(open.key, begin, middle)) continue;
        if (entries.distinct_open && std::ranges::count(progress.open, key) > 0) continue;
        Progress more = progress;
        more.open.push_back(key);
        more.next = static_cast<uint32_t>(entries.listed.size());
        ++more.count;
        if (after(entries, more, open.rest, middle, end)) return true;
      }
    }
    return false;
  }

  const Grammar& grammar_;
  RegexSet regexes_;
  std::string_view text_;
  size_t size_;
  std::vector<bool> known_;
  bool changed_ = false;
};

}  // namespace

bool slow_matches(const Grammar& grammar, std::string_view text) {
  return Table(grammar, text).fill();
}

std::vector<std::string> slow_language(const Grammar& grammar, std::string_view alphabet,
                                       size_t length) {
  std::vector<std::string> all = {""}, language;
  for (size_t i = 0; i < all.size(); ++i) {
    if (slow_matches(grammar, all[i])) language.push_back(all[i]);
    if (all[i].size() == length) continue;
    for (const char letter : alphabet) all.push_back(all[i] + letter);
  }
  std::ranges::sort(language);
  return language;
}

}  // namespace tokrail::oracle
