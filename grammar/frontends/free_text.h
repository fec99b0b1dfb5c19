// Free text that ends where the first of some strings ends, byte for byte.
//
//   FreeText free(regexes, std::nullopt);
//   free.stops = {"<tool>", "</s>"};
//   free.up_to("<tool>");   // text without a stop, and then "<tool>", where no stop ends before
//   free.whole();           // text without a stop
//
// Text is well-formed UTF-8. A string of `excludes` never stands in the text; one that is also a
// stop may stand at its end. Internal to the front ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grammar/regex/regex_set.h"

namespace tokrail {

class FreeText {
 public:
  /// max_characters bounds the text before the stop.
  FreeText(RegexSet& regexes, std::optional<uint32_t> max_characters);

  std::vector<std::string> stops, excludes;

  RegexId up_to(const std::string& stop) const;
  RegexId whole() const;

 private:
  RegexId one_of(const std::vector<std::string>& strings) const;
  bool is_stop(const std::string& string) const;

  RegexSet& regexes_;
  RegexId text_;
};

}  // namespace tokrail
