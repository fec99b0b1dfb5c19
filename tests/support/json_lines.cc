#include "tests/support/json_lines.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tokrail::test {
namespace {

const boost::json::value& member(const boost::json::object& object, std::string_view key) {
  const boost::json::value* const value = object.if_contains({key.data(), key.size()});
  if (value == nullptr) throw std::runtime_error("no member '" + std::string(key) + "'");
  return *value;
}

const boost::json::array& array_member(const boost::json::object& object, std::string_view key) {
  const boost::json::array* const array = member(object, key).if_array();
  if (array == nullptr) throw std::runtime_error("'" + std::string(key) + "' is no array");
  return *array;
}

}  // namespace

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file || !content) throw std::runtime_error("cannot read " + path.string());
  return std::move(content).str();
}

std::vector<boost::json::object> read_json_lines(const std::filesystem::path& path) {
  const std::string content = read_bytes(path);
  std::vector<boost::json::object> objects;
  size_t line_number = 0;
  for (size_t begin = 0; begin < content.size();) {
    size_t end = content.find('\n', begin);
    if (end == std::string::npos) end = content.size();
    const std::string_view line(content.data() + begin, end - begin);
    begin = end + 1;
    ++line_number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    boost::json::error_code error;
    boost::json::value value = boost::json::parse({line.data(), line.size()}, error);
    if (error || !value.is_object()) {
      throw std::runtime_error(path.string() + ":" + std::to_string(line_number) +
                               ": expected a JSON object");
    }
    objects.push_back(std::move(value.get_object()));
  }
  return objects;
}

std::string string_member(const boost::json::object& object, std::string_view key) {
  const boost::json::string* const text = member(object, key).if_string();
  if (text == nullptr) throw std::runtime_error("'" + std::string(key) + "' is no string");
  return {text->data(), text->size()};
}

int64_t integer_member(const boost::json::object& object, std::string_view key) {
  const int64_t* const number = member(object, key).if_int64();
  if (number == nullptr) throw std::runtime_error("'" + std::string(key) + "' is no integer");
  return *number;
}

std::vector<uint32_t> ids_member(const boost::json::object& object, std::string_view key) {
  std::vector<uint32_t> ids;
  for (const boost::json::value& value : array_member(object, key)) {
    ids.push_back(value.to_number<uint32_t>());
  }
  return ids;
}

std::vector<std::pair<uint64_t, uint64_t>> offsets_member(const boost::json::object& object,
                                                          std::string_view key) {
  std::vector<std::pair<uint64_t, uint64_t>> offsets;
  for (const boost::json::value& value : array_member(object, key)) {
    const boost::json::array& pair = value.as_array();
    offsets.emplace_back(pair.at(0).to_number<uint64_t>(), pair.at(1).to_number<uint64_t>());
  }
  return offsets;
}

}  // namespace tokrail::test
