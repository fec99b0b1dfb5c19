// Event handlers for Boost.JSON's streaming parser, and the one place that runs it.
//
// JsonTreeHandler builds a boost::json::value; handlers derive from it to take parts of a document
// out of the tree while it is read. Numbers are converted from their text to the nearest double
// (the parser's own conversion may be off by some units in the last place).
// Internal to the readers: included by .cc files only.
#pragma once

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "tokenizers/formats/json_document.h"

namespace tokrail {

class JsonTreeHandler {
 public:
  using error_code = boost::json::error_code;
  using json_text = boost::json::string_view;
  static constexpr size_t max_object_size = static_cast<size_t>(-1);
  static constexpr size_t max_array_size = static_cast<size_t>(-1);
  static constexpr size_t max_key_size = static_cast<size_t>(-1);
  static constexpr size_t max_string_size = static_cast<size_t>(-1);

  JsonTreeHandler() { stack_->reset(); }
  boost::json::value release() && { return stack_->release(); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(size_t members, error_code&) {
    stack_->push_object(members);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(size_t elements, error_code&) {
    stack_->push_array(elements);
    return true;
  }
  bool on_key_part(json_text text, size_t, error_code&) {
    stack_->push_chars(text);
    return true;
  }
  bool on_key(json_text text, size_t, error_code&) {
    stack_->push_key(text);
    return true;
  }
  bool on_string_part(json_text text, size_t, error_code&) {
    stack_->push_chars(text);
    return true;
  }
  bool on_string(json_text text, size_t, error_code&) {
    stack_->push_string(text);
    return true;
  }
  bool on_number_part(json_text text, error_code&) {
    number_.append(text.data(), text.size());
    return true;
  }
  bool on_int64(int64_t value, json_text, error_code&) {
    number_.clear();
    stack_->push_int64(value);
    return true;
  }
  bool on_uint64(uint64_t value, json_text, error_code&) {
    number_.clear();
    stack_->push_uint64(value);
    return true;
  }
  bool on_double(double value, json_text text, error_code&) {
    stack_->push_double(nearest_double(value, text));
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack_->push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack_->push_null();
    return true;
  }
  bool on_comment_part(json_text, error_code&) { return true; }
  bool on_comment(json_text, error_code&) { return true; }

 protected:
  /// The text of a number, of which `text` is the last part.
  std::string_view whole_number(json_text text) {
    if (number_.empty()) return {text.data(), text.size()};
    number_.append(text.data(), text.size());
    return number_;
  }

  /// The double nearest to the number's text; `otherwise` where that overflows.
  double nearest_double(double otherwise, json_text text) {
    const std::string_view digits = whole_number(text);
    double value = otherwise;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec != std::errc()) value = otherwise;
    number_.clear();
    return value;
  }

  /// Behind a pointer so that a handler can leave its parser.
  std::unique_ptr<boost::json::value_stack> stack_ = std::make_unique<boost::json::value_stack>();
  std::string number_;
};

/// Runs a handler over a whole document. Errors are Error(kInvalidFile) with the byte offset.
template <typename Handler, typename... Arguments>
Handler parse_json_events(std::string_view text, std::string_view name, Arguments&&... arguments) {
  boost::json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  boost::json::basic_parser<Handler> parser(options, std::forward<Arguments>(arguments)...);
  boost::json::error_code error;
  const size_t read = parser.write_some(false, text.data(), text.size(), error);
  const auto fail = [&](size_t offset, const std::string& message) {
    throw Error(ErrorCode::kInvalidFile, message, place_in(name, "byte " + std::to_string(offset)));
  };
  if (error == boost::json::error::too_deep) {
    fail(read, "expected JSON nested at most " + std::to_string(kMaxJsonDepth) + " deep");
  }
  if (error == boost::json::error::incomplete) fail(read, "expected more JSON: the file is cut");
  if (error) fail(read, "expected JSON: " + error.message());
  const size_t rest = text.find_first_not_of(" \t\r\n", read);
  if (rest != std::string_view::npos)
    fail(rest, "expected the end of the file after the JSON value");
  return std::move(parser.handler());
}

}  // namespace tokrail
