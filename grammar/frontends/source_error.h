// Errors in a text: the place as line:column, the line itself and a caret under the place.
//
//   fail_at(text, offset, "expected a rule name");
//   // 3:9: expected a rule name
//   //   root :: = "a"
//   //        ^
//
// Columns count characters from 1. Long lines are cut around the place. Internal to the front ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tokrail {

struct LineColumn {
  size_t line, column;
};

LineColumn line_column(std::string_view text, size_t offset);
/// "line:column"
std::string place_text(std::string_view text, size_t offset);
[[noreturn]] void fail_at(std::string_view text, size_t offset, const std::string& message,
                          ErrorCode code = ErrorCode::kInvalidArgument);
/// Fails with an error of a text that stands inside `text`, spelled alike and beginning at
/// `offset`: the place is moved there where the error tells one as line:column.
[[noreturn]] void fail_within(std::string_view text, size_t offset, const Error& inner);

}  // namespace tokrail
