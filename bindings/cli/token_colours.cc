#include "bindings/cli/token_colours.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/utf8.h"
#include "bindings/cli/json_text.h"

namespace tokrail::cli {

namespace {

// Background colours that black letters are easy to read on.
constexpr int kColours[] = {117, 157, 223, 183, 217, 152};

void append_token(std::string_view text, size_t number, bool colour, std::string& out) {
  if (colour) {
    out += "\033[48;5;" + std::to_string(kColours[number % std::size(kColours)]) + ";38;5;16m";
    append_escaped(text, out);
    out += "\033[0m";
  } else {
    if (number > 0) out += '|';
    append_escaped(text, out);
  }
}

}  // namespace

void append_coloured(std::string_view text, const Encoding& encoding, bool colour,
                     std::string& out) {
  uint64_t begin = 0;
  size_t shown = 0;
  for (size_t i = 0; i < encoding.size(); ++i) {
    const uint64_t end = std::min<uint64_t>(encoding.offsets[i].end, text.size());
    // What lies between two tokens (white space that the model drops) goes with the second.
    if (end <= begin) continue;
    if (end < text.size() && is_utf8_continuation(text[end])) continue;
    append_token(text.substr(begin, end - begin), shown++, colour, out);
    begin = end;
  }
  if (begin < text.size()) append_token(text.substr(begin), shown, colour, out);
}

}  // namespace tokrail::cli
