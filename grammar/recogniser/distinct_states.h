// DistinctStates: how far a DistinctEntries has come: which entries were seen, how many, and which
// other keys are still free. States are numbered; equal states are one.
//
// Internal to the module; not thread safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "grammar/recogniser/intern_table.h"
#include "grammar/recogniser/rule_automaton.h"

namespace tokrail::recogniser {

class DistinctStates {
 public:
  using Id = uint32_t;

  Id start(const DistinctMachine& machine);
  bool can_end(const DistinctMachine& machine, Id state) const;
  /// A key that may come.
  struct Key {
    RegexId regex;
    bool is_open;
    uint32_t entry;
  };
  /// The keys that may come, so that the rest can still be completed.
  std::vector<Key> keys(const DistinctMachine& machine, Id state, RegexSet& regexes) const;
  Id after_listed(const DistinctMachine& machine, Id state, uint32_t entry);
  /// `text`: the key as it was spelled.
  Id after_open(const DistinctMachine& machine, Id state, uint32_t entry, std::string_view text,
                RegexSet& regexes);
  size_t memory() const noexcept { return states_.memory(); }

 private:
  // Layout of a state: count, next listed entry in order, remaining key language of each open
  // entry, bits of the listed entries seen.
  static constexpr size_t kCount = 0, kNext = 1, kOpen = 2;
  static size_t seen_offset(const DistinctMachine& machine) { return kOpen + machine.open.size(); }
  struct View;

  InternedSequences<uint32_t> states_;
};

}  // namespace tokrail::recogniser
