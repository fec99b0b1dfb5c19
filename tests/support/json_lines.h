// Reads JSON Lines: one JSON object per line, as expected ids and test cases are kept.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokrail::test {

/// All objects of a file in order; empty lines are left out. Throws std::runtime_error that names
/// the file and the line where a line is not an object.
std::vector<boost::json::object> read_json_lines(const std::filesystem::path& path);

/// Members of one object; each throws std::runtime_error that names the key where it is absent or
/// of another type.
std::string string_member(const boost::json::object& object, std::string_view key);
int64_t integer_member(const boost::json::object& object, std::string_view key);
std::vector<uint32_t> ids_member(const boost::json::object& object, std::string_view key);
/// [[begin, end], ...]
std::vector<std::pair<uint64_t, uint64_t>> offsets_member(const boost::json::object& object,
                                                          std::string_view key);

/// The whole file as bytes. Throws std::runtime_error where it cannot be read.
std::string read_bytes(const std::filesystem::path& path);

}  // namespace tokrail::test
