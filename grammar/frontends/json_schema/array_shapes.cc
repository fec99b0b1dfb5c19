// Arrays: demands of one schema, their violations, and conjunctions.
#include <algorithm>

#include "grammar/frontends/json_schema/schema_branches.h"

namespace tokrail {

const std::vector<ArrayShape>& SchemaAlgebra::arrays(NodeId id) {
  return node_branches(id, &Node::arrays);
}

std::optional<ArrayShape> SchemaAlgebra::own_array(const Schema& schema, bool annotate) {
  ArrayShape shape{.min = schema.min_items, .max = schema.max_items};
  const auto prefix = static_cast<uint32_t>(schema.prefix.size());
  for (uint32_t i = 0; i < prefix; ++i) {
    shape.rules.push_back({i, i + 1, must(schema.prefix[i])});
  }
  if (schema.items != Schema::kNone && schema.items != SchemaReader::kTrue) {
    shape.rules.push_back({prefix, Schema::kUnbounded, must(schema.items)});
  }
  if (schema.contains != Schema::kNone &&
      (schema.min_contains > 0 || schema.max_contains != Schema::kUnbounded)) {
    shape.counts.push_back(
        {0, must(schema.contains), schema.min_contains, schema.max_contains, schema.at});
    shape.min = std::max(shape.min, schema.min_contains);
  }
  if (schema.unique_items) shape.unique = schema.at;
  if (annotate) {
    shape.evaluated = schema.items != Schema::kNone ? Schema::kUnbounded : prefix;
    if (schema.contains != Schema::kNone && schema.contains_evaluates) {
      shape.evaluated_if.push_back(schema.contains);
    }
  }
  if (shape.min > shape.max) return std::nullopt;
  return shape;
}

void SchemaAlgebra::violations(const Schema& schema, Branches<ArrayShape>& to) {
  const auto prefix = static_cast<uint32_t>(schema.prefix.size());
  for (uint32_t i = 0; i < prefix; ++i) {
    if (schema.prefix[i] == SchemaReader::kTrue) continue;
    to.push_back({.rules = {{i, i + 1, must_not(schema.prefix[i])}}, .min = i + 1});
  }
  if (schema.items != Schema::kNone && schema.items != SchemaReader::kTrue) {
    if (schema.items == SchemaReader::kFalse) {
      to.push_back({.min = prefix + 1});
    } else {
      to.push_back({.counts = {{prefix, must_not(schema.items), 1, Schema::kUnbounded, schema.at}},
                    .min = prefix + 1});
    }
  }
  if (schema.min_items > 0) to.push_back({.max = schema.min_items - 1});
  if (schema.max_items != Schema::kUnbounded) to.push_back({.min = schema.max_items + 1});
  if (schema.contains != Schema::kNone) {
    if (schema.min_contains > 0) {
      to.push_back({.counts = {{0, must(schema.contains), 0, schema.min_contains - 1, schema.at}}});
    }
    if (schema.max_contains != Schema::kUnbounded) {
      const uint32_t more = schema.max_contains + 1;
      to.push_back({.counts = {{0, must(schema.contains), more, Schema::kUnbounded, schema.at}},
                    .min = more});
    }
  }
  if (schema.unique_items) {
    to.push_back({.min = 2,
                  .refusal = Refusal{reader_.pointer(schema, "uniqueItems"),
                                     "uniqueItems: its opposite is not supported here"}});
  }
  if (schema.unevaluated_items != Schema::kNone &&
      schema.unevaluated_items != SchemaReader::kTrue) {
    to.push_back({.min = 1,
                  .refusal = Refusal{reader_.pointer(schema, "unevaluatedItems"),
                                     "unevaluatedItems: its opposite is not supported here"}});
  }
}

void SchemaAlgebra::dependent(const Schema&, bool, Branches<ArrayShape>&) {}

void SchemaAlgebra::unevaluated(const Schema& schema, Branches<ArrayShape>& result) {
  if (schema.unevaluated_items == Schema::kNone) return;
  for (ArrayShape& shape : result) {
    if (shape.evaluated != Schema::kUnbounded) {
      std::vector<SchemaId> allowed = shape.evaluated_if;
      allowed.push_back(schema.unevaluated_items);
      const SchemaId either = reader_.either(std::move(allowed));
      if (either != SchemaReader::kTrue) {
        shape.rules.push_back({shape.evaluated, Schema::kUnbounded, must(either)});
      }
    }
    shape.evaluated = Schema::kUnbounded;
  }
}

ArrayShape SchemaAlgebra::merged(const ArrayShape& a, const ArrayShape& b) {
  ArrayShape both = a;
  add_new(both.rules, b.rules);
  add_new(both.counts, b.counts);
  both.min = std::max(a.min, b.min);
  both.max = std::min(a.max, b.max);
  if (!both.unique) both.unique = b.unique;
  if (!both.refusal) both.refusal = b.refusal;
  both.evaluated = std::max(a.evaluated, b.evaluated);
  both.evaluated_if.insert(both.evaluated_if.end(), b.evaluated_if.begin(), b.evaluated_if.end());
  return both;
}

std::vector<Obligation> SchemaAlgebra::item_of(const ArrayShape& shape, uint32_t index) const {
  std::vector<Obligation> result;
  for (const ArrayShape::Rule& rule : shape.rules) {
    if (rule.from <= index && index < rule.to) result.push_back(rule.value);
  }
  return result;
}

bool SchemaAlgebra::contradicts(const ArrayShape& shape) {
  if (shape.min > shape.max) return true;
  for (const ArrayShape::Count& count : shape.counts) {
    if (count.min > count.max) return true;
  }
  // Items that must be there; behind the last rule they are all alike.
  uint32_t last = 0;
  for (const ArrayShape::Rule& rule : shape.rules) {
    last = std::max(last, (rule.to == Schema::kUnbounded ? rule.from : rule.to - 1) + 1);
  }
  for (uint32_t i = 0; i < std::min(shape.min, last); ++i) {
    if (surely_empty(node(item_of(shape, i)))) return true;
  }
  return false;
}

}  // namespace tokrail
