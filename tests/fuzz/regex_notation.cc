// Any bytes as a regular expression: an Error, or a language whose shortest string it matches and
// whose transitions are disjoint. The first byte chooses the options.
#include "grammar/frontends/regex_notation.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace {

using namespace tokrail;

void check(bool good) {
  if (!good) std::abort();
}

void walk(RegexSet& set, RegexId id, std::string_view choices) {
  for (const char choice : choices.substr(0, 32)) {
    const auto transitions = set.transitions(id);
    ByteSet seen;
    for (const RegexTransition& transition : transitions) {
      check(!transition.bytes.empty() && (seen & transition.bytes).empty());
      seen |= transition.bytes;
    }
    if (transitions.empty()) return;
    id = transitions[static_cast<unsigned char>(choice) % transitions.size()].next;
  }
}

void read(uint8_t options, std::string_view pattern) {
  RegexSet set(20000);
  const RegexId id =
      parse_regex(set, pattern,
                  {.dialect = (options & 1) != 0 ? PatternDialect::kLark : PatternDialect::kEcma,
                   .search = (options & 2) != 0,
                   .case_insensitive = (options & 4) != 0,
                   .dot_all = (options & 8) != 0,
                   .extended = (options & 16) != 0});
  RegexSet other(20000);
  const RegexId copy = other.import(set, id);
  check(other.hash(copy) == set.hash(id));
  walk(set, id, pattern);
  const auto shortest = set.shortest(id, 5000);
  check(set.is_empty(id, 5000) == !shortest);
  if (shortest) check(other.matches(copy, *shortest));
  walk(set, set.complement(id), pattern);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  try {
    read(data[0], {reinterpret_cast<const char*>(data) + 1, size - 1});
  } catch (const Error&) {
  }
  return 0;
}
