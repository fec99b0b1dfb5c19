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
#include <vector>

#include "base/error.h"

namespace tokrail {

struct LineColumn {
  size_t line, column;
};

LineColumn line_column(std::string_view text, size_t offset);

/// The places of many offsets in one text, which must stay: O(log lines + line) each.
class LineIndex {
 public:
  explicit LineIndex(std::string_view text);
  /// "line:column"
  std::string place(size_t offset) const;

 private:
  std::string_view text_;
  std::vector<size_t> begins_;
};

[[noreturn]] void fail_at(std::string_view text, size_t offset, const std::string& message,
                          ErrorCode code = ErrorCode::kInvalidArgument);
/// Fails with an error of a text that stands inside `text`, spelled alike and beginning at
/// `offset`: the place is moved there where the error tells one as line:column.
[[noreturn]] void fail_within(std::string_view text, size_t offset, const Error& inner);

}  // namespace tokrail
