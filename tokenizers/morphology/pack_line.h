// PackLine: one line of a language pack, cut into its keyword and fields, with the place of each.
//
//   root kitap noun change=soft   # a comment
//   ^keyword
//        ^fields
//
// Fields stand between spaces; a comment begins with # at the start of the line or behind a space.
// Errors: Error(kInvalidFile) with file:line:column. Internal to language packs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/morphology/language_source.h"

namespace tokrail {

struct PackField {
  std::string_view text;
  size_t at = 0;  ///< byte of the line
};

class PackLine {
 public:
  PackLine(std::string_view line, SourcePlace place);

  /// Nothing but spaces and a comment.
  bool empty() const noexcept { return fields_.empty(); }
  std::string_view keyword() const noexcept { return fields_[0].text; }
  /// Fields behind the keyword.
  size_t size() const noexcept { return fields_.size() - 1; }
  const PackField& operator[](size_t i) const noexcept { return fields_[i + 1]; }
  const SourcePlace& place() const noexcept { return place_; }

  /// A field that must be there.
  std::string text(size_t i, const char* what) const;
  /// Fields from `first` on, at least one.
  std::vector<std::string> texts(size_t first, const char* what) const;
  /// No field from `count` on may be there.
  void end(size_t count) const;
  /// A field of digits, at most `limit`.
  uint32_t number(size_t i, uint32_t limit, const char* what) const;

  [[noreturn]] void fail(const PackField& field, const std::string& expected) const;
  [[noreturn]] void fail_at(size_t byte, const std::string& expected) const;
  size_t length() const noexcept { return line_.size(); }

 private:
  std::string_view line_;
  SourcePlace place_;
  std::vector<PackField> fields_;
};

/// "a,b" -> a and b; no part may be empty.
std::vector<std::string> split_names(const PackLine& line, const PackField& field, char separator);

}  // namespace tokrail
