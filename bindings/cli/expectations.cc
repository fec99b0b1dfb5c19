#include "bindings/cli/expectations.h"

#include "bindings/cli/json_text.h"

namespace tokrail::cli {

std::string expectations_text(const std::vector<Matcher::Expectation>& all, size_t most) {
  const size_t shown = std::min(most, all.size());
  std::string text;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == all.size() ? " or " : ", ";
    text += all[i].what;
    if (!all[i].where.empty()) text += " (" + all[i].where + ')';
  }
  if (all.empty()) return "nothing";
  if (shown < all.size()) text += " and " + std::to_string(all.size() - shown) + " more";
  return text;
}

void append_json_expectations(const std::vector<Matcher::Expectation>& all, std::string& out) {
  out += '[';
  for (size_t i = 0; i < all.size(); ++i) {
    out += i > 0 ? ",{\"what\":" : "{\"what\":";
    append_json_string(all[i].what, out);
    out += ",\"where\":";
    append_json_string(all[i].where, out);
    out += '}';
  }
  out += ']';
}

}  // namespace tokrail::cli
