#include "grammar/frontends/free_text.h"

#include <algorithm>

namespace tokrail {

FreeText::FreeText(RegexSet& regexes, std::optional<uint32_t> max_characters)
    : regexes_(regexes),
      text_(max_characters ? regexes.repeat(regexes.any_character(), 0, *max_characters)
                           : regexes.any_text()) {}

RegexId FreeText::one_of(const std::vector<std::string>& strings) const {
  std::vector<RegexId> choices;
  for (const std::string& one : strings) choices.push_back(regexes_.literal(one));
  return regexes_.alternate(choices);
}

bool FreeText::is_stop(const std::string& string) const {
  return std::find(stops.begin(), stops.end(), string) != stops.end();
}

RegexId FreeText::whole() const {
  std::vector<std::string> all = stops;
  all.insert(all.end(), excludes.begin(), excludes.end());
  if (all.empty()) return text_;
  return regexes_.difference(text_, regexes_.containing(one_of(all)));
}

RegexId FreeText::up_to(const std::string& stop) const {
  const RegexId more = regexes_.concat(regexes_.bytes(ByteSet::all()), RegexSet::kAnything);
  const RegexId early = regexes_.concat({RegexSet::kAnything, one_of(stops), more});
  std::vector<std::string> never;
  for (const std::string& one : excludes) {
    if (!is_stop(one)) never.push_back(one);
  }
  const RegexId excluded = never.empty() ? RegexSet::kNothing : regexes_.containing(one_of(never));
  return regexes_.difference(regexes_.concat(text_, regexes_.literal(stop)),
                             regexes_.alternate({early, excluded}));
}

}  // namespace tokrail
