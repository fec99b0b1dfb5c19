#include "tokenizers/morphology/pack_line.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

}  // namespace

PackLine::PackLine(std::string_view line, SourcePlace place)
    : line_(line), place_(std::move(place)) {
  const size_t invalid = find_invalid_utf8(line);
  if (invalid != std::string_view::npos) fail_at(invalid, "UTF-8");
  size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size() || line[at] == '#') return;
    const size_t begin = at;
    while (at < line.size() && !is_space(line[at])) ++at;
    fields_.push_back({line.substr(begin, at - begin), begin});
  }
}

std::string PackLine::text(size_t i, const char* what) const {
  if (i >= size()) fail_at(line_.size(), what);
  return std::string((*this)[i].text);
}

std::vector<std::string> PackLine::texts(size_t first, const char* what) const {
  if (first >= size()) fail_at(line_.size(), what);
  std::vector<std::string> all;
  for (size_t i = first; i < size(); ++i) all.emplace_back((*this)[i].text);
  return all;
}

void PackLine::end(size_t count) const {
  if (size() > count) fail((*this)[count], "the end of the line");
}

uint32_t PackLine::number(size_t i, uint32_t limit, const char* what) const {
  const std::string digits = text(i, what);
  uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') fail((*this)[i], what);
    value = std::min<uint64_t>(value * 10 + static_cast<uint64_t>(c - '0'), uint64_t{1} << 40);
  }
  if (value > limit) fail((*this)[i], what);
  return static_cast<uint32_t>(value);
}

void PackLine::fail(const PackField& field, const std::string& expected) const {
  fail_at(field.at, expected + ", found \"" + std::string(field.text) + "\"");
}

void PackLine::fail_at(size_t byte, const std::string& expected) const {
  const size_t column = count_code_points(line_.substr(0, byte)) + 1;
  throw Error(ErrorCode::kInvalidFile, "expected " + expected,
              place_.str() + ":" + std::to_string(column));
}

std::vector<std::string> split_names(const PackLine& line, const PackField& field, char separator) {
  std::vector<std::string> names;
  size_t at = 0;
  while (true) {
    const size_t end = std::min(field.text.find(separator, at), field.text.size());
    if (end == at) line.fail_at(field.at + at, "a name");
    names.emplace_back(field.text.substr(at, end - at));
    if (end == field.text.size()) return names;
    at = end + 1;
  }
}

}  // namespace tokrail
