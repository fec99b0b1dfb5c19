#include "grammar/frontends/source_error.h"

#include <algorithm>
#include <charconv>

namespace tokrail {
namespace {

constexpr size_t kShownBefore = 60, kShownAfter = 40;

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

// The part of the line around the place that is shown, without control characters, and a caret.
std::string picture(std::string_view text, size_t offset) {
  size_t begin = offset;
  while (begin > 0 && text[begin - 1] != '\n' && offset - begin < kShownBefore) --begin;
  while (begin < offset && is_continuation(text[begin])) ++begin;
  size_t end = offset;
  while (end < text.size() && text[end] != '\n' && text[end] != '\r' &&
         end - offset < kShownAfter) {
    ++end;
  }
  while (end > offset && end < text.size() && is_continuation(text[end])) --end;
  std::string line;
  for (const char c : text.substr(begin, end - begin)) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7F ? ' ' : c;
  }
  return "  " + line + "\n  " +
         std::string(count_characters(text.substr(begin, offset - begin)), ' ') + '^';
}

}  // namespace

LineColumn line_column(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const size_t last = before.rfind('\n');
  const std::string_view head = last == before.npos ? before : before.substr(last + 1);
  return {line, count_characters(head) + 1};
}

LineIndex::LineIndex(std::string_view text) : text_(text), begins_{0} {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') begins_.push_back(i + 1);
  }
}

std::string LineIndex::place(size_t offset) const {
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), offset);
  const size_t begin = *(after - 1);
  return std::to_string(after - begins_.begin()) + ':' +
         std::to_string(count_characters(text_.substr(begin, offset - begin)) + 1);
}

void fail_at(std::string_view text, size_t offset, const std::string& message, ErrorCode code) {
  offset = std::min(offset, text.size());
  const LineColumn place = line_column(text, offset);
  throw Error(code, message + '\n' + picture(text, offset),
              std::to_string(place.line) + ':' + std::to_string(place.column));
}

void fail_within(std::string_view text, size_t offset, const Error& inner) {
  const std::string message = inner.message().substr(0, inner.message().find('\n'));
  size_t line = 0, column = 0;
  const std::string& where = inner.where();
  const char* const end = where.data() + where.size();
  const auto [colon, line_error] = std::from_chars(where.data(), end, line);
  if (line_error != std::errc() || colon == end || *colon != ':' ||
      std::from_chars(colon + 1, end, column).ec != std::errc() || line == 0 || column == 0) {
    fail_at(text, offset, where.empty() ? message : where + ": " + message, inner.code());
  }
  for (; line > 1; --line) {
    const size_t next = text.find('\n', offset);
    if (next == text.npos) break;
    offset = next + 1;
  }
  for (; column > 1 && offset < text.size(); --column) {
    ++offset;
    while (offset < text.size() && is_continuation(text[offset])) ++offset;
  }
  fail_at(text, offset, message, inner.code());
}

}  // namespace tokrail
