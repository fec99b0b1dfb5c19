#include "tokenizers/morphology/root_attributes.h"

#include <algorithm>

namespace tokrail {
namespace {

/// Appends the parts of "a+b"; false if one is empty. Names that are there already stay as they
/// are.
bool add_names(std::string_view names, char separator, std::vector<std::string>& all) {
  while (true) {
    const size_t end = std::min(names.find(separator), names.size());
    if (end == 0) return false;
    const std::string_view name = names.substr(0, end);
    if (std::find(all.begin(), all.end(), name) == all.end()) all.emplace_back(name);
    if (end == names.size()) return true;
    names.remove_prefix(end + 1);
  }
}

}  // namespace

bool add_root_attribute(std::string_view attribute, SourceRoot& root) {
  const size_t sign = attribute.find('=');
  const std::string_view name = attribute.substr(0, sign);
  if (sign == std::string_view::npos) {
    if (name == "opposite") {
      root.opposite = true;
    } else if (name == "capital") {
      root.proper = true;
    } else if (name == "upper") {
      root.upper = true;
    } else {
      return false;
    }
    return true;
  }
  const std::string_view value = attribute.substr(sign + 1);
  if (value.empty()) return false;
  if (name == "change") return add_names(value, '+', root.changes);
  if (name == "set") return add_names(value, ',', root.sets);
  if (name == "pos") {
    root.pos.clear();
    return add_names(value, ',', root.pos);
  }
  if (name == "changed") {
    root.changed = value;
  } else if (name == "trigger") {
    root.trigger = value;
  } else if (name == "vowel") {
    root.vowel = value;
  } else if (name == "reading") {
    root.reading = value;
  } else {
    return false;
  }
  return true;
}

}  // namespace tokrail
