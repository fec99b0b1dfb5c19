#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/unicode.h"
#include "base/utf8.h"
#include "grammar/frontends/lark_terminals.h"
#include "grammar/frontends/source_error.h"

namespace tokrail {
namespace {

namespace json = boost::json;

std::vector<std::string> cut_characters(std::string_view text) {
  std::vector<std::string> pieces;
  for (const auto [position, unit] : utf8_units(text)) {
    pieces.emplace_back(text.substr(position, unit.length));
  }
  return pieces;
}

// Runs of white space, of letters, digits and _, and of everything else.
std::vector<std::string> cut_words(std::string_view text) {
  const auto kind_of = [](char32_t c) {
    if (is_white_space(c)) return 1;
    return is_letter(c) || is_number(c) || c == '_' ? 2 : 3;
  };
  std::vector<std::string> pieces;
  int last = 0;
  for (const auto [position, unit] : utf8_units(text)) {
    const int kind = kind_of(unit.code_point);
    if (kind != last) pieces.emplace_back();
    pieces.back() += text.substr(position, unit.length);
    last = kind;
  }
  return pieces;
}

std::vector<std::string> cut_lines(std::string_view text) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const size_t length = end == text.npos ? text.size() : end + 1;
    pieces.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return pieces;
}

// c0? | c0 c1? ... from any place on: what follows a piece is the pieces behind it, which all
// places share.
RegexId substrings(RegexSet& regexes, const std::vector<std::string>& pieces) {
  std::vector<RegexId> tails = {RegexSet::kEmpty};
  RegexId tail = RegexSet::kEmpty;
  for (size_t i = pieces.size(); i-- > 0;) {
    const RegexId from_here = regexes.concat(regexes.literal(pieces[i]), tail);
    tails.push_back(from_here);
    tail = regexes.optional(from_here);
  }
  return regexes.alternate(tails);
}

}  // namespace

RegexId lark_substring_regex(RegexSet& regexes, std::string_view text, uint32_t offset,
                             std::string_view source) {
  json::parse_options options;
  options.max_depth = 8;
  boost::system::error_code error;
  const json::value value =
      json::parse(json::string_view(source.data(), source.size()), error, {}, options);
  if (error) fail_at(text, offset, "bad JSON behind %regex: " + error.message());
  const json::object* const object = value.if_object();
  if (object == nullptr || object->size() != 1) {
    fail_at(text, offset, "expected an object with one key behind %regex");
  }
  const auto& [key, what] = *object->begin();
  const std::string name(key);
  if (name == "substring_chunks") {
    const json::array* const array = what.if_array();
    std::vector<std::string> pieces;
    if (array != nullptr) {
      for (const json::value& one : *array) {
        if (one.is_string()) pieces.emplace_back(one.get_string());
      }
    }
    if (array == nullptr || pieces.size() != array->size()) {
      fail_at(text, offset, "substring_chunks is a list of strings");
    }
    return substrings(regexes, pieces);
  }
  if (name != "substring_words" && name != "substring_chars" && name != "substring_lines") {
    fail_at(text, offset,
            "%regex knows substring_chunks, substring_words, substring_chars and "
            "substring_lines");
  }
  if (!what.is_string()) fail_at(text, offset, name + " is a string");
  const std::string whole(what.get_string());
  if (name == "substring_words") return substrings(regexes, cut_words(whole));
  if (name == "substring_chars") return substrings(regexes, cut_characters(whole));
  return substrings(regexes, cut_lines(whole));
}

}  // namespace tokrail
