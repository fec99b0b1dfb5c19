// JSON text, indented by two spaces per level, written in one pass.
//
//   JsonWriter json;
//   json.begin_object();
//   json.member("size", 3);
//   json.end_object();
//   std::move(json).text();              // "{\n  \"size\": 3\n}"
//
// Strings must be UTF-8; only what JSON requires is escaped. Floats are the shortest text that
// reads back equal, with ".0" where that would look like a whole number. Complexity: O(output).
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tokrail {

class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name) {
    separate();
    append_string(name);
    text_ += ": ";
    after_key_ = true;
  }

  void null() { literal("null"); }
  void value(bool value) { literal(value ? "true" : "false"); }
  void value(uint64_t value) { literal(std::to_string(value)); }
  void value(uint32_t value) { literal(std::to_string(value)); }
  /// A number as text.
  void number(std::string_view text) { literal(text); }
  void value(float value);
  void value(std::string_view value) {
    separate();
    append_string(value);
  }
  void value(const std::string& value) { this->value(std::string_view(value)); }
  void value(const char* value) { this->value(std::string_view(value)); }

  template <typename Value>
  void member(std::string_view name, const Value& value) {
    key(name);
    this->value(value);
  }
  void null_member(std::string_view name) {
    key(name);
    null();
  }

  std::string text() && { return std::move(text_); }

 private:
  void open(char bracket) {
    separate();
    text_ += bracket;
    ++depth_;
    empty_ = true;
  }
  void close(char bracket) {
    --depth_;
    if (!empty_) new_line();
    text_ += bracket;
    empty_ = false;
  }
  void literal(std::string_view value) {
    separate();
    text_ += value;
  }
  // A comma after the value before, and a new line, unless this is the value of a key.
  void separate() {
    if (after_key_ || depth_ == 0) {
      after_key_ = false;
      return;
    }
    if (!empty_) text_ += ',';
    empty_ = false;
    new_line();
  }
  void new_line() {
    text_ += '\n';
    text_.append(2 * depth_, ' ');
  }
  void append_string(std::string_view value);

  std::string text_;
  size_t depth_ = 0;
  bool empty_ = true;
  bool after_key_ = false;
};

}  // namespace tokrail
