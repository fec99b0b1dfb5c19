// Shapes: what a schema says about arrays and about objects, as one conjunction of simple demands.
//
// A schema is turned into a list of shapes, and accepts an array (an object) if one of them does. A
// demand speaks of the values inside by obligations: "this schema accepts the value", or "does
// not". Plain data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/frontends/json_schema/schema_reader.h"
#include "grammar/frontends/json_schema/text_language.h"

namespace tokrail {

/// A schema and whether it has to accept: id * 2 + (0: accept, 1: refuse).
using Obligation = uint32_t;
constexpr Obligation must(SchemaId id) {
  return id * 2;
}
constexpr Obligation must_not(SchemaId id) {
  return id * 2 + 1;
}
inline constexpr Obligation kAnyValue = must(SchemaReader::kTrue);
inline constexpr Obligation kNoValue = must(SchemaReader::kFalse);

/// Why a shape cannot be held to; an error if the shape is needed.
struct Refusal {
  std::string pointer, message;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

struct ObjectShape {
  /// Every entry with this key, or with one of these keys if `name` is null, has such a value.
  struct Rule {
    std::string_view name;
    TextId keys;
    Obligation value;
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  /// Some entry with one of these keys has such a value.
  struct Witness {
    TextId keys;
    Obligation value;
    JsonId at;
    friend bool operator==(const Witness&, const Witness&) = default;
  };
  struct Edge {
    std::string_view if_there, then_too;
    friend bool operator==(const Edge&, const Edge&) = default;
  };

  std::vector<Rule> rules = {};
  std::vector<std::string_view> required = {};
  std::vector<Witness> witnesses = {};
  std::vector<Edge> edges = {};
  uint32_t min = 0, max = Schema::kUnbounded;
  std::optional<Refusal> refusal = std::nullopt;
  /// Keys that some keyword has looked at, for unevaluatedProperties. Kept only where asked for.
  TextId evaluated = TextLanguages::kNone;

  bool is_everything() const {
    return rules.empty() && required.empty() && witnesses.empty() && edges.empty() && min == 0 &&
           max == Schema::kUnbounded && !refusal;
  }
  friend bool operator==(const ObjectShape&, const ObjectShape&) = default;
};

struct ArrayShape {
  /// Items at [from, to) have such a value.
  struct Rule {
    uint32_t from, to;
    Obligation value;
    friend bool operator==(const Rule&, const Rule&) = default;
  };
  /// From min to max of the items from `from` on have such a value.
  struct Count {
    uint32_t from;
    Obligation value;
    uint32_t min, max;
    JsonId at;
    friend bool operator==(const Count&, const Count&) = default;
  };

  std::vector<Rule> rules = {};
  std::vector<Count> counts = {};
  uint32_t min = 0, max = Schema::kUnbounded;
  std::optional<JsonId> unique = std::nullopt;  ///< no two items alike; the schema that says so
  std::optional<Refusal> refusal = std::nullopt;
  /// Items before this index are evaluated, and those that one of the schemas accepts.
  uint32_t evaluated = 0;
  std::vector<SchemaId> evaluated_if = {};

  bool is_everything() const {
    return rules.empty() && counts.empty() && min == 0 && max == Schema::kUnbounded && !unique &&
           !refusal;
  }
  friend bool operator==(const ArrayShape&, const ArrayShape&) = default;
};

/// Adds those that are not there yet.
template <class Part>
void add_new(std::vector<Part>& to, const std::vector<Part>& more) {
  const size_t before = to.size();
  for (const Part& part : more) {
    const auto end = to.begin() + static_cast<ptrdiff_t>(before);
    if (std::find(to.begin(), end, part) == end) to.push_back(part);
  }
}

}  // namespace tokrail
