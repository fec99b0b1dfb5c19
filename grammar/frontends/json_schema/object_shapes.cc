// Objects: demands of one schema, their violations, and conjunctions.
#include <algorithm>

#include "grammar/frontends/json_schema/schema_branches.h"

namespace tokrail {

const std::vector<ObjectShape>& SchemaAlgebra::objects(NodeId id) {
  return node_branches(id, &Node::objects);
}

TextId SchemaAlgebra::key_pattern(const Schema& schema, std::string_view pattern) {
  try {
    return texts_.pattern(pattern);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kBudgetExhausted) throw;
    refuse({reader_.pointer(schema, "patternProperties"), "patternProperties: " + error.message()});
    return TextLanguages::kNone;
  }
}

/// Keys that properties and patternProperties speak of.
TextId SchemaAlgebra::declared_keys(const Schema& schema) {
  std::vector<std::string> names;
  for (const Schema::Member& member : schema.properties) names.emplace_back(member.name);
  TextId keys = texts_.of(std::move(names));
  for (const Schema::Member& member : schema.pattern_properties) {
    keys = texts_.either(keys, key_pattern(schema, member.name));
  }
  return keys;
}

std::optional<ObjectShape> SchemaAlgebra::own_object(const Schema& schema, bool annotate) {
  ObjectShape shape{.min = schema.min_properties, .max = schema.max_properties};
  for (const Schema::Member& member : schema.properties) {
    shape.rules.push_back({member.name, TextLanguages::kNone, must(member.schema)});
  }
  for (const Schema::Member& member : schema.pattern_properties) {
    shape.rules.push_back({{}, key_pattern(schema, member.name), must(member.schema)});
  }
  const bool restricted =
      schema.additional != Schema::kNone && schema.additional != SchemaReader::kTrue;
  TextId declared = TextLanguages::kNone;
  if (restricted || annotate) declared = declared_keys(schema);
  if (restricted) {
    shape.rules.push_back({{}, texts_.complement(declared), must(schema.additional)});
  }
  if (schema.property_names != Schema::kNone) {
    const TextId names = text(node({must(schema.property_names)}));
    if (names != TextLanguages::kAll) {
      shape.rules.push_back({{}, texts_.complement(names), kNoValue});
    }
  }
  shape.required = schema.required;
  std::sort(shape.required.begin(), shape.required.end());
  for (const Schema::Names& names : schema.dependent_required) {
    for (const std::string_view name : names.names) {
      if (name != names.name) shape.edges.push_back({names.name, name});
    }
  }
  shape.min = std::max(shape.min, static_cast<uint32_t>(shape.required.size()));
  if (annotate)
    shape.evaluated = schema.additional != Schema::kNone ? TextLanguages::kAll : declared;
  if (shape.min > shape.max) return std::nullopt;
  return shape;
}

void SchemaAlgebra::violations(const Schema& schema, Branches<ObjectShape>& to) {
  for (const std::string_view name : schema.required) {
    to.push_back({.rules = {{name, TextLanguages::kNone, kNoValue}}});
  }
  for (const Schema::Member& member : schema.properties) {
    if (member.schema == SchemaReader::kTrue) continue;
    to.push_back({.rules = {{member.name, TextLanguages::kNone, must_not(member.schema)}},
                  .required = {member.name},
                  .min = 1});
  }
  const auto add_witness = [&](TextId keys, Obligation value) {
    if (keys == TextLanguages::kNone || value == must_not(SchemaReader::kTrue)) return;
    if (value == must_not(SchemaReader::kFalse)) value = kAnyValue;
    if (keys == TextLanguages::kAll && value == kAnyValue)
      to.push_back({.min = 1});
    else
      to.push_back({.witnesses = {{keys, value, schema.at}}, .min = 1});
  };
  for (const Schema::Member& member : schema.pattern_properties) {
    add_witness(key_pattern(schema, member.name), must_not(member.schema));
  }
  if (schema.additional != Schema::kNone) {
    add_witness(texts_.complement(declared_keys(schema)), must_not(schema.additional));
  }
  if (schema.property_names != Schema::kNone) {
    add_witness(texts_.complement(text(node({must(schema.property_names)}))), kAnyValue);
  }
  if (schema.min_properties > 0) to.push_back({.max = schema.min_properties - 1});
  if (schema.max_properties != Schema::kUnbounded) to.push_back({.min = schema.max_properties + 1});
  for (const Schema::Names& names : schema.dependent_required) {
    for (const std::string_view name : names.names) {
      to.push_back(
          {.rules = {{name, TextLanguages::kNone, kNoValue}}, .required = {names.name}, .min = 1});
    }
  }
  for (const Schema::Member& member : schema.dependent_schemas) {
    const Branches<ObjectShape> there = {{.required = {member.name}, .min = 1}};
    join(to, product(there, of<ObjectShape>(member.schema, true, false)), false);
  }
  if (schema.unevaluated_properties != Schema::kNone &&
      schema.unevaluated_properties != SchemaReader::kTrue) {
    to.push_back({.min = 1,
                  .refusal = Refusal{reader_.pointer(schema, "unevaluatedProperties"),
                                     "unevaluatedProperties: its opposite is not supported here"}});
  }
}

/// Each dependent schema: the key is not there, or it is and the schema accepts.
void SchemaAlgebra::dependent(const Schema& schema, bool annotate, Branches<ObjectShape>& result) {
  for (const Schema::Member& member : schema.dependent_schemas) {
    if (member.schema == SchemaReader::kTrue && !annotate) continue;
    Branches<ObjectShape> choices = {{.rules = {{member.name, TextLanguages::kNone, kNoValue}}}};
    const Branches<ObjectShape> there = {{.required = {member.name}, .min = 1}};
    join(choices, product(there, of<ObjectShape>(member.schema, false, annotate)), annotate);
    result = product(result, choices);
  }
}

void SchemaAlgebra::unevaluated(const Schema& schema, Branches<ObjectShape>& result) {
  if (schema.unevaluated_properties == Schema::kNone) return;
  for (ObjectShape& shape : result) {
    const TextId left = texts_.complement(shape.evaluated);
    if (schema.unevaluated_properties != SchemaReader::kTrue && left != TextLanguages::kNone) {
      shape.rules.push_back({{}, left, must(schema.unevaluated_properties)});
    }
    shape.evaluated = TextLanguages::kAll;
  }
}

ObjectShape SchemaAlgebra::merged(const ObjectShape& a, const ObjectShape& b) {
  ObjectShape both = a;
  add_new(both.rules, b.rules);
  add_new(both.witnesses, b.witnesses);
  add_new(both.edges, b.edges);
  both.required.insert(both.required.end(), b.required.begin(), b.required.end());
  std::sort(both.required.begin(), both.required.end());
  both.required.erase(std::unique(both.required.begin(), both.required.end()), both.required.end());
  both.min = std::max({a.min, b.min, static_cast<uint32_t>(both.required.size())});
  both.max = std::min(a.max, b.max);
  if (!both.refusal) both.refusal = b.refusal;
  both.evaluated = texts_.either(a.evaluated, b.evaluated);
  return both;
}

std::vector<Obligation> SchemaAlgebra::value_of(const ObjectShape& shape, std::string_view key) {
  std::vector<Obligation> result;
  for (const ObjectShape::Rule& rule : shape.rules) {
    const bool applies =
        rule.name.data() != nullptr ? rule.name == key : texts_.matches(rule.keys, key);
    if (applies) result.push_back(rule.value);
  }
  return result;
}

bool SchemaAlgebra::contradicts(const ObjectShape& shape) {
  if (shape.min > shape.max) return true;
  for (const std::string_view name : shape.required) {
    if (surely_empty(node(value_of(shape, name)))) return true;
  }
  return false;
}

/// A value that surely is there means the node is not empty; the cheap kinds are asked first.
bool SchemaAlgebra::find_out_empty(NodeId id) {
  Node& node = nodes_[id];
  const auto known = [&node](bool empty) {
    node.empty = empty ? 1 : 0;
    return empty;
  };
  if (literals(id) != 0 || !texts_.is_empty(text(id))) return known(false);
  if (!regexes_.is_empty(number(id).yes)) return known(false);
  bool unsure = false;
  try {
    for (const ArrayShape& shape : arrays(id)) {
      if (contradicts(shape)) continue;
      if (shape.min == 0 && shape.rules.empty() && shape.counts.empty()) return known(false);
      unsure = true;
    }
    for (const ObjectShape& shape : objects(id)) {
      if (contradicts(shape)) continue;
      if (shape.min == 0 && shape.required.empty() && shape.witnesses.empty()) return known(false);
      unsure = true;
    }
  } catch (const AnswerNeedsItself&) {
    unsure = true;
  }
  return unsure ? false : known(true);
}

}  // namespace tokrail
