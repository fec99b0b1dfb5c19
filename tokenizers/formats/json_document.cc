#include "tokenizers/formats/json_document.h"

#include <utility>

#include "base/utf8.h"
#include "tokenizers/formats/json_events.h"

namespace tokrail {
namespace {

std::string escaped_key(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

boost::json::value parse_json(std::string_view text, std::string_view name) {
  return std::move(parse_json_events<JsonTreeHandler>(text, name)).release();
}

std::string_view JsonNode::string() const {
  const boost::json::string* const text = value_->if_string();
  if (text == nullptr) fail("expected a string");
  return {text->data(), text->size()};
}

bool JsonNode::boolean() const {
  const bool* const value = value_->if_bool();
  if (value == nullptr) fail("expected true or false");
  return *value;
}

uint32_t JsonNode::integer(uint32_t highest) const {
  if (const int64_t* const value = value_->if_int64()) {
    if (*value >= 0 && *value <= int64_t{highest}) return static_cast<uint32_t>(*value);
  } else if (const uint64_t* const large = value_->if_uint64()) {
    if (*large <= highest) return static_cast<uint32_t>(*large);
  }
  fail("expected a whole number from 0 to " + std::to_string(highest));
}

double JsonNode::number() const {
  if (const double* const value = value_->if_double()) return *value;
  if (const int64_t* const value = value_->if_int64()) return static_cast<double>(*value);
  if (const uint64_t* const value = value_->if_uint64()) return static_cast<double>(*value);
  fail("expected a number");
}

char32_t JsonNode::character() const {
  const std::string_view text = string();
  if (!text.empty()) {
    const Utf8Unit unit = decode_utf8(text.data(), text.data() + text.size());
    if (unit.length == text.size()) return unit.code_point;
  }
  fail("expected a string of one character");
}

size_t JsonNode::size() const {
  const boost::json::array* const array = value_->if_array();
  if (array == nullptr) fail("expected an array");
  return array->size();
}

JsonNode JsonNode::at(size_t index) const {
  if (index >= size()) fail("expected at least " + std::to_string(index + 1) + " elements");
  return {value_->get_array()[index], name_, pointer_to(std::to_string(index))};
}

JsonNode JsonNode::at(std::string_view key) const {
  const boost::json::value* const found = member(key);
  if (found == nullptr) fail("expected a member " + quoted(key));
  return {*found, name_, pointer_to(key)};
}

std::optional<JsonNode> JsonNode::find(std::string_view key) const {
  const boost::json::value* const found = member(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return JsonNode(*found, name_, pointer_to(key));
}

std::string JsonNode::string_or(std::string_view key, std::string_view otherwise) const {
  const auto found = find(key);
  return std::string(found ? found->string() : otherwise);
}

bool JsonNode::boolean_or(std::string_view key, bool otherwise) const {
  const auto found = find(key);
  return found ? found->boolean() : otherwise;
}

uint32_t JsonNode::integer_or(std::string_view key, uint32_t otherwise) const {
  const auto found = find(key);
  return found ? found->integer() : otherwise;
}

void JsonNode::fail(const std::string& message, ErrorCode code) const {
  throw Error(code, message, place_in(name_, pointer_));
}

const boost::json::value* JsonNode::member(std::string_view key) const {
  const boost::json::object* const object = value_->if_object();
  if (object == nullptr) fail("expected an object");
  return object->if_contains({key.data(), key.size()});
}

std::string JsonNode::pointer_to(std::string_view key) const {
  return pointer_ + "/" + escaped_key(key);
}

std::string place_in(std::string_view name, std::string_view rest) {
  std::string place(name);
  if (!name.empty() && !rest.empty()) place += ": ";
  return place += rest;
}

std::string quoted(std::string_view text) {
  constexpr size_t kLongest = 60;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "'";
  for (const Utf8Position& at : utf8_units(text)) {
    if (at.position >= kLongest) {
      out += "...";
      break;
    }
    if (at.unit.valid && at.unit.code_point >= 0x20 && at.unit.code_point != 0x7F) {
      out += text.substr(at.position, at.unit.length);
      continue;
    }
    for (const char c : text.substr(at.position, at.unit.length)) {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out + "'";
}

}  // namespace tokrail
