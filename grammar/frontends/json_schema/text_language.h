// Sets of strings, as the keywords for strings and for keys build them: kept as expressions, so
// that a question is answered the cheapest way, and a regular expression is made only where it is
// needed.
//
// Each set has two regular languages: over plain UTF-8, to reason with, in a RegexSet of its own;
// and over JSON spellings (without the quotes), for terminals. Equal expressions have equal ids.
//
// Complexity: building is O(1) or O(values); is_empty may search. Errors: those of parse_regex,
// without a place. Thread safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "grammar/frontends/json_schema/json_spelling.h"
#include "grammar/regex/regex_set.h"

namespace tokrail {

using TextId = uint32_t;

class TextLanguages {
 public:
  static constexpr TextId kAll = 0, kNone = 1;

  TextLanguages(RegexSet& set, JsonSpelling& spelling);

  TextId of(std::vector<std::string> values);
  TextId of(std::string_view value) { return of(std::vector<std::string>{std::string(value)}); }
  /// ECMA-262 with u, found anywhere in the string.
  TextId pattern(std::string_view pattern);
  /// Number of code points.
  TextId length(uint32_t min, uint32_t max);
  TextId both(TextId a, TextId b);
  TextId either(TextId a, TextId b);
  TextId complement(TextId a);

  bool matches(TextId id, std::string_view text);
  bool is_empty(TextId id);
  /// The first strings of the language by length, at most `most`.
  std::vector<std::string> shortest(TextId id, size_t most);
  /// The strings, where they are listed: sorted, no two alike.
  const std::vector<std::string>* values(TextId id) const;
  RegexId plain(TextId id);
  /// As in JSON, between the quotes; and with them.
  RegexId spelled(TextId id);
  RegexId quoted(TextId id);
  /// The spellings of strings that a pattern decides about are those in `text`, between the quotes.
  void restrict_patterns(RegexId text) { pattern_text_ = text; }

  // For sets of keys, as boolean expressions: the values that are listed in it, and the leaves that
  // decide about strings that are not.
  void collect_values(TextId id, std::vector<std::string>& values) const;
  /// Patterns and lengths in it.
  void collect_leaves(TextId id, std::vector<TextId>& leaves) const;
  /// Whether those strings are in it that are not listed, and are in exactly those leaves for which
  /// `in` is true.
  bool holds(TextId id, const std::unordered_map<TextId, bool>& in) const;

 private:
  enum class Kind : uint8_t {
    kAll,
    kNone,
    kValues,
    kPattern,
    kLength,
    kBoth,
    kEither,
    kComplement
  };
  struct Node {
    Kind kind;
    uint32_t a = 0, b = 0;
    std::vector<std::string> values = {};
    RegexId plain = kUnmade, spelled = kUnmade;
    int8_t empty = -1;  // not known yet
  };
  static constexpr RegexId kUnmade = 0xFFFFFFFF;

  TextId add(Kind kind, uint32_t a, uint32_t b);
  std::optional<TextId> with_length(TextId a, TextId b);
  TextId filtered(TextId values, TextId by, bool wanted);
  RegexId make(TextId id, RegexSet& set, bool spelled);
  RegexId trie(RegexSet& set, std::span<const std::string> values, size_t depth, bool spelled);

  RegexSet& set_;
  RegexSet plain_;
  RegexId pattern_text_ = kUnmade;
  JsonSpelling& spelling_;
  std::vector<Node> nodes_;
  std::map<std::tuple<Kind, uint32_t, uint32_t>, TextId> known_;
  std::map<std::string, TextId, std::less<>> patterns_;
  std::unordered_map<size_t, std::vector<TextId>> values_;
};

}  // namespace tokrail
