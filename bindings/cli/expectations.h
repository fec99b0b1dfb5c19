// What could have stood at a place, as the verbs print it.
#pragma once

#include <string>
#include <vector>

#include "grammar/matcher.h"

namespace tokrail::cli {

/// "a, b (rule x) or c"; at most `most`, then how many more there are.
std::string expectations_text(const std::vector<Matcher::Expectation>& all, size_t most);
/// [{"what":"a","where":"rule x"},...]
void append_json_expectations(const std::vector<Matcher::Expectation>& all, std::string& out);

}  // namespace tokrail::cli
