// The expressions of a RegexSet in a .tkg file: those that were asked for and what they are made
// of, operands first. Internal to .tkg files.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "grammar/file_bytes.h"
#include "grammar/regex/regex_set.h"

namespace tokrail {

class RegexFileWriter {
 public:
  RegexFileWriter(const RegexSet& set, std::span<const RegexId> wanted);
  void write(FileWriter& out) const;
  /// The number of an expression in the file.
  uint32_t number(RegexId id) const { return numbers_.at(id); }

 private:
  void write(FileWriter& out, RegexId id) const;

  const RegexSet& set_;
  std::unordered_map<RegexId, uint32_t> numbers_;
  std::vector<RegexId> order_;
};

/// Reads them into `set` and gives the expression of each number in the file.
std::vector<RegexId> read_regex_file(FileReader& in, RegexSet& set);

}  // namespace tokrail
