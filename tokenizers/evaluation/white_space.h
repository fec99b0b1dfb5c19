// Words: what stands between white space (White_Space of Unicode).
#pragma once

#include <string_view>

#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {

/// Calls found(word) in order.
template <typename Found>
void for_each_word(std::string_view text, Found&& found) {
  size_t begin = 0;
  for (const auto [position, unit] : utf8_units(text)) {
    if (!unit.valid || !is_white_space(unit.code_point)) continue;
    if (position > begin) found(text.substr(begin, position - begin));
    begin = position + unit.length;
  }
  if (begin < text.size()) found(text.substr(begin));
}

/// The text without white space at its ends. Ill-formed parts are no white space.
inline std::string_view stripped(std::string_view text) {
  size_t begin = text.size(), end = 0;
  for (const auto [position, unit] : utf8_units(text)) {
    if (unit.valid && is_white_space(unit.code_point)) continue;
    if (position < begin) begin = position;
    end = position + unit.length;
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

}  // namespace tokrail
