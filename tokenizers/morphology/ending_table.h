// EndingTable: all endings of a language and how every suffix is spelled behind each.
//
//   EndingTable table(speller);
//   const uint32_t plain = table.add({...});     // endings of stems, of plain sounds
//   table.close();                               // and of everything suffixes lead to
//   table.classes();                             // endings that behave alike are one
//
// Complexity: O(endings * suffixes) spellings and O(log endings) rounds of comparison. Errors:
// Error(kInvalidFile). Internal to language packs.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "tokenizers/morphology/suffix_speller.h"

namespace tokrail {

class EndingTable {
 public:
  /// Texts are interned; ends are numbers of endings.
  struct Cell {
    uint32_t text = 0;
    uint32_t end = 0;
    bool changes_left = false;
    bool allowed = false;
    bool operator==(const Cell&) const = default;
  };

  /// Ending 0, nothing, is there from the start.
  explicit EndingTable(const SuffixSpeller& speller);

  uint32_t add(const EndingKey& key);
  /// Tabulates all endings, and those that they lead to.
  void close();

  size_t size() const noexcept { return keys_.size(); }
  size_t suffix_count() const noexcept { return speller_.suffix_count(); }
  const EndingKey& key(uint32_t ending) const { return keys_[ending]; }
  const Cell& cell(uint32_t ending, size_t suffix) const {
    return cells_[ending * suffix_count() + suffix];
  }
  const std::string& text(uint32_t number) const { return texts_[number]; }

  /// The class of each ending: those with the same tails that no run of suffixes tells apart.
  /// Classes count from 0 in the order of their first endings; ending 0 is alone in class 0.
  std::vector<uint32_t> classes() const;
  /// All endings that lead from these, with them, in order.
  std::vector<uint32_t> reachable(std::vector<uint32_t> from) const;

 private:
  uint32_t intern(const std::string& text);

  const SuffixSpeller& speller_;
  std::vector<EndingKey> keys_;
  std::unordered_map<std::string, uint32_t> numbers_;  ///< by the key's bytes
  std::vector<Cell> cells_;
  std::vector<std::string> texts_;
  std::unordered_map<std::string, uint32_t> text_numbers_;
};

}  // namespace tokrail
