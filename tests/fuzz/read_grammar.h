// What the fuzz targets of notations do with any bytes: an Error, or a grammar that checks and
// prints itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "grammar/grammar.h"

namespace tokrail::test {

template <typename Read>
int read_grammar(const uint8_t* data, size_t size, const Read& read) {
  try {
    const Grammar grammar = read(std::string_view(reinterpret_cast<const char*>(data), size));
    grammar.check();
    (void)grammar.to_string();
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace tokrail::test
