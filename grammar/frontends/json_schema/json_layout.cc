#include "grammar/frontends/json_schema/json_layout.h"

#include <string>
#include <string_view>

#include "base/error.h"

namespace tokrail {
namespace {

void check_separator(std::string_view text, char mark, const char* option) {
  size_t marks = 0;
  bool other = false;
  for (const char c : text) {
    if (c == mark)
      ++marks;
    else if (std::string_view(" \t\n\r").find(c) == std::string_view::npos)
      other = true;
  }
  if (marks != 1 || other) {
    throw Error(ErrorCode::kInvalidArgument, std::string(option) + ": expected one '" + mark +
                                                 "' and white space, not \"" + std::string(text) +
                                                 "\"");
  }
}

ByteSet white_space() {
  ByteSet set;
  for (const char c : {' ', '\t', '\n', '\r'}) set.add(static_cast<uint8_t>(c));
  return set;
}

}  // namespace

JsonLayout::JsonLayout(Grammar& grammar, const JsonSchemaOptions& options) {
  RegexSet& set = grammar.regexes();
  RegexId gap = RegexSet::kEmpty, inner = RegexSet::kEmpty;
  RegexId comma = set.literal(","), between = set.literal(":");
  switch (options.style) {
    case JsonStyle::kFlexible:
      gap = inner = set.repeat(set.bytes(white_space()), 0, options.max_white_space);
      comma = set.concat({gap, comma, gap});
      between = set.concat({gap, between, gap});
      break;
    case JsonStyle::kCompact:
      check_separator(options.item_separator, ',', "item_separator");
      check_separator(options.key_separator, ':', "key_separator");
      comma = set.literal(options.item_separator);
      between = set.literal(options.key_separator);
      break;
    case JsonStyle::kPretty: {
      constexpr uint32_t kMostSteps = 64;
      inner = set.concat(set.literal("\n"), set.repeat(set.literal("  "), 0, kMostSteps));
      comma = set.concat(comma, inner);
      between = set.literal(": ");
      break;
    }
  }
  const auto terminal = [&](RegexId regex, const char* name) {
    return grammar.terminal(Terminal{.name = name, .regex = regex});
  };
  const auto around = [&](const char* open, const char* close) {
    return set.concat({set.literal(open), gap, set.literal(close)});
  };
  open_object = terminal(set.concat(set.literal("{"), inner), "'{'");
  close_object = terminal(set.concat(inner, set.literal("}")), "'}'");
  empty_object = terminal(around("{", "}"), "'{}'");
  open_array = terminal(set.concat(set.literal("["), inner), "'['");
  close_array = terminal(set.concat(inner, set.literal("]")), "']'");
  empty_array = terminal(around("[", "]"), "'[]'");
  colon = terminal(between, "':'");
  separator_regex = comma;
  separator = terminal(comma, "','");
}

}  // namespace tokrail
