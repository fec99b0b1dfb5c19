#include "grammar/recogniser/distinct_states.h"

#include <algorithm>

#include "grammar/recogniser/sameness.h"

namespace tokrail::recogniser {

struct DistinctStates::View {
  const DistinctMachine& machine;
  std::span<const uint32_t> words;

  uint32_t count() const { return words[kCount]; }
  uint32_t next() const { return words[kNext]; }
  RegexId open(size_t i) const { return words[kOpen + i]; }
  bool seen(uint32_t entry) const {
    return (words[kOpen + machine.open.size() + entry / 32] >> (entry % 32) & 1) != 0;
  }
  bool possible(uint32_t entry) const {
    return machine.listed[entry].key != RegexSet::kNothing && !seen(entry) &&
           (!machine.ordered || entry >= next());
  }
  bool has_open() const {
    for (size_t i = 0; i < machine.open.size(); ++i) {
      if (open(i) != RegexSet::kNothing) return true;
    }
    return false;
  }
  bool has_needs() const {
    return std::ranges::any_of(machine.listed,
                               [](const auto& e) { return !e.requires_entries.empty(); });
  }

  /// Entries that have to come if the seen ones and `also` have been there; false if one of them
  /// no longer can, with everything before `from` out of reach where order counts.
  bool find_needed(uint32_t also, uint32_t from, uint32_t& needed) const {
    std::vector<uint32_t> work;
    std::vector<bool> marked(machine.listed.size(), false);
    const auto mark = [&](uint32_t entry) {
      if (!marked[entry]) {
        marked[entry] = true;
        work.push_back(entry);
      }
    };
    for (uint32_t i = 0; i < machine.listed.size(); ++i) {
      if (machine.listed[i].required || i == also || seen(i)) mark(i);
    }
    needed = 0;
    while (!work.empty()) {
      const uint32_t entry = work.back();
      work.pop_back();
      if (entry != also && !seen(entry)) {
        ++needed;
        if (!possible(entry) || (machine.ordered && entry < from)) return false;
      }
      for (const uint32_t other : machine.listed[entry].requires_entries) mark(other);
    }
    return true;
  }
  /// What completing takes from here, so that most entries need no search of their own.
  struct Outlook {
    bool possible = false;   ///< from here, whatever comes next
    uint32_t needed = 0;     ///< entries that must come
    uint32_t first = kNone;  ///< the first of them
    std::vector<bool> is_needed;
    std::vector<uint32_t> available_from;  ///< possible entries with at least this index
  };
  Outlook outlook() const {
    Outlook result;
    result.is_needed.assign(machine.listed.size(), false);
    std::vector<uint32_t> work;
    for (uint32_t i = 0; i < machine.listed.size(); ++i) {
      if (machine.listed[i].required || seen(i)) work.push_back(i);
    }
    std::vector<bool> marked(machine.listed.size(), false);
    result.possible = true;
    while (!work.empty()) {
      const uint32_t entry = work.back();
      work.pop_back();
      if (marked[entry]) continue;
      marked[entry] = true;
      if (!seen(entry)) {
        ++result.needed;
        result.is_needed[entry] = true;
        result.first = std::min(result.first, entry);
        result.possible &= possible(entry);
      }
      const auto& more = machine.listed[entry].requires_entries;
      work.insert(work.end(), more.begin(), more.end());
    }
    result.available_from.assign(machine.listed.size() + 1, 0);
    for (size_t i = machine.listed.size(); i > 0; --i) {
      const auto entry = static_cast<uint32_t>(i - 1);
      result.available_from[entry] = result.available_from[i] + (possible(entry) ? 1 : 0);
    }
    return result;
  }
  /// completable() for an entry that makes no others necessary.
  bool completable(const Outlook& outlook, uint32_t entry) const {
    if (!outlook.possible || (machine.ordered && outlook.first < entry)) return false;
    const uint64_t after = uint64_t{count()} + 1;
    const uint32_t needed = outlook.needed - (outlook.is_needed[entry] ? 1 : 0);
    if (after + needed > machine.max) return false;
    if (after >= machine.min || has_open()) return true;
    const uint32_t available =
        machine.ordered ? outlook.available_from[entry + 1] : outlook.available_from[0] - 1;
    return after + available >= machine.min;
  }
  /// Whether the rest can be completed after `also` (an entry, or kNone for an open one) has come.
  bool completable(uint32_t also, uint32_t from) const {
    uint32_t needed = 0;
    if (!find_needed(also, from, needed)) return false;
    const uint64_t after = uint64_t{count()} + 1;
    if (after + needed > machine.max) return false;
    if (after >= machine.min || has_open()) return true;
    uint64_t available = 0;
    for (uint32_t i = 0; i < machine.listed.size(); ++i) {
      available += i != also && possible(i) && (!machine.ordered || i >= from) ? 1 : 0;
    }
    return after + available >= machine.min;
  }
};

DistinctStates::Id DistinctStates::start(const DistinctMachine& machine) {
  std::vector<uint32_t> words(seen_offset(machine) + (machine.listed.size() + 31) / 32, 0);
  for (size_t i = 0; i < machine.open.size(); ++i) words[kOpen + i] = machine.open[i].key;
  return states_.intern(words);
}

bool DistinctStates::can_end(const DistinctMachine& machine, Id state) const {
  const View view{machine, states_[state]};
  if (view.count() < machine.min) return false;
  uint32_t needed = 0;
  return view.find_needed(kNone, 0, needed) && needed == 0;
}

std::vector<DistinctStates::Key> DistinctStates::keys(const DistinctMachine& machine, Id state,
                                                      RegexSet& regexes) const {
  const View view{machine, states_[state]};
  std::vector<Key> found;
  if (view.count() >= machine.max) return found;
  const bool simple = machine.max == RegexSet::kUnbounded && !view.has_needs() &&
                      (machine.min <= view.count() + 1 || view.has_open());
  bool skipped_required = false;
  const View::Outlook outlook = simple ? View::Outlook{} : view.outlook();
  const auto completable = [&](uint32_t entry) {
    if (!machine.listed[entry].requires_entries.empty()) {
      return view.completable(entry, machine.ordered ? entry + 1 : 0);
    }
    return view.completable(outlook, entry);
  };
  for (uint32_t i = machine.ordered ? view.next() : 0; i < machine.listed.size(); ++i) {
    if (view.possible(i)) {
      const bool ok = simple ? !(machine.ordered && skipped_required) : completable(i);
      if (ok) found.push_back({machine.listed[i].key, false, i});
    }
    skipped_required |= machine.listed[i].required && !view.seen(i);
  }
  if (machine.ordered && simple && skipped_required) return found;
  const auto end = static_cast<uint32_t>(machine.listed.size());
  if (!simple && !view.completable(kNone, machine.ordered ? end : 0)) return found;
  for (uint32_t i = 0; i < machine.open.size(); ++i) {
    const RegexId key = view.open(i);
    if (!regexes.transitions(key).empty()) found.push_back({key, true, i});
  }
  return found;
}

DistinctStates::Id DistinctStates::after_listed(const DistinctMachine& machine, Id state,
                                                uint32_t entry) {
  std::vector<uint32_t> words(states_[state].begin(), states_[state].end());
  ++words[kCount];
  if (machine.ordered) words[kNext] = entry + 1;
  words[seen_offset(machine) + entry / 32] |= uint32_t{1} << (entry % 32);
  // A count that no longer matters is not kept, so that states meet again.
  if (machine.max == RegexSet::kUnbounded) {
    words[kCount] = std::min(words[kCount], machine.min);
  }
  return states_.intern(words);
}

DistinctStates::Id DistinctStates::after_open(const DistinctMachine& machine, Id state,
                                              uint32_t entry, std::string_view text,
                                              RegexSet& regexes) {
  std::vector<uint32_t> words(states_[state].begin(), states_[state].end());
  ++words[kCount];
  if (machine.ordered) words[kNext] = static_cast<uint32_t>(machine.listed.size());
  if (machine.distinct_open) {
    const RegexId spellings = all_spellings(regexes, machine.sameness, text);
    words[kOpen + entry] = regexes.difference(words[kOpen + entry], spellings);
  }
  if (machine.max == RegexSet::kUnbounded) {
    words[kCount] = std::min(words[kCount], machine.min);
  }
  return states_.intern(words);
}

}  // namespace tokrail::recogniser
