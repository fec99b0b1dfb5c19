// Pieces of text that writers of notations put together. Internal to the module.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "grammar/constraints/character_steps.h"

namespace tokrail::notation {

/// How tightly a piece of text holds together.
enum class Level : uint8_t { kItem, kSequence, kChoice };
struct Piece {
  std::string text;
  Level level;
};

/// In parentheses if it holds together less than `most`.
std::string grouped(const Piece& piece, Level most);

/// item{min,max} in its shortest form.
std::string counted(const std::string& item, uint32_t min, uint32_t max);

/// How characters are escaped where they stand.
enum class Place : uint8_t { kString, kGbnfClass, kRegexClass };
void append_character(char32_t c, Place place, std::string& text);
/// "..." of well-formed UTF-8.
std::string quoted(std::string_view text);
/// What stands between the brackets of a class, after ^ if it is negated. All characters: "^".
std::string class_members(const CodePointRanges& ranges, Place place);

/// Names that are not taken yet.
class Names {
 public:
  /// `wanted`, or that with a number behind `joint`.
  std::string fresh(const std::string& wanted, char joint);

 private:
  std::set<std::string> names_;
  std::unordered_map<std::string, size_t> next_number_;
};

}  // namespace tokrail::notation
