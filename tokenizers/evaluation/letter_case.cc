#include "tokenizers/evaluation/letter_case.h"

#include <algorithm>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace tokrail {

Casing casing_of(std::string_view locale) {
  const std::string_view language = locale.substr(0, locale.find_first_of("-_."));
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  if (!locale.empty() && (language.size() < 2 || language.size() > 3 ||
                          !std::all_of(language.begin(), language.end(), is_lower))) {
    throw Error(ErrorCode::kInvalidArgument, "expected a language such as tr or en", "locale");
  }
  return language == "tr" || language == "az" ? Casing::kTurkish : Casing::kPlain;
}

std::string lowered(std::string_view text, Casing casing) {
  std::string out;
  out.reserve(text.size() + 8);
  for (const auto [position, unit] : utf8_units(text)) {
    if (!unit.valid) {
      out += text.substr(position, unit.length);
    } else if (casing == Casing::kTurkish && unit.code_point == U'I') {
      append_utf8(U'ı', out);
    } else {
      append_utf8(simple_lowercase(unit.code_point), out);  // U+0130 -> i
    }
  }
  return out;
}

}  // namespace tokrail
