// Private to base/unicode.cc and base/unicode_tables.cc: case mapping tables and script names.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/unicode.h"

namespace tokrail::detail {

/// A code point whose full mapping has more than one code point (zeros fill up the three).
struct SpecialCasing {
  char32_t from;
  char32_t simple;
  char32_t full[3];
};

/// In the blocks of a case table: look in the list of special casings instead of the distances.
inline constexpr uint8_t kIsSpecialCasing = 255;

extern const uint16_t kLowercaseIndex[kUnicodeIndexSize];
extern const uint8_t kLowercaseBlocks[];
extern const int32_t kLowercaseDistances[];
extern const SpecialCasing kLowercaseSpecial[];
extern const size_t kLowercaseSpecialSize;

extern const uint16_t kUppercaseIndex[kUnicodeIndexSize];
extern const uint8_t kUppercaseBlocks[];
extern const int32_t kUppercaseDistances[];
extern const SpecialCasing kUppercaseSpecial[];
extern const size_t kUppercaseSpecialSize;

extern const char* const kScriptNames[kScripts];

}  // namespace tokrail::detail
