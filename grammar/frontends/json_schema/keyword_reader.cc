#include "grammar/frontends/json_schema/keyword_reader.h"

#include <algorithm>

#include "base/error.h"

namespace tokrail {

bool KeywordReader::since(SchemaDraft draft) const {
  return schema_.draft == SchemaDraft::kUnknown || schema_.draft >= draft;
}

/// Without a stated draft the keywords of all drafts are understood.
bool KeywordReader::until(SchemaDraft draft) const {
  return schema_.draft == SchemaDraft::kUnknown || schema_.draft <= draft;
}

void KeywordReader::refuse(JsonId value, std::string_view expected) const {
  throw Error(ErrorCode::kInvalidArgument,
              std::string(document_.key(value)) + ": expected " + std::string(expected),
              document_.pointer(value));
}

void KeywordReader::read() {
  schema_ = Schema{.at = at_};
  schema_.draft = reader_.index_.draft(at_);
  const JsonId reference = document_.find(at_, "$ref");
  if (reference != SchemaDocument::kNone && schema_.draft != SchemaDraft::kUnknown &&
      until(SchemaDraft::k7)) {
    read_reference("$ref", reference);
    return;
  }
  for (const JsonId value : document_.children(at_)) read_keyword(value);
  finish();
}

void KeywordReader::read_keyword(JsonId value) {
  const std::string_view name = document_.key(value);
  if (name == "type") return read_types(value);
  if (name == "enum") return read_constants(value, true);
  if (name == "const" && since(SchemaDraft::k6)) return read_constants(value, false);
  if (name == "$ref" || name == "$dynamicRef" || name == "$recursiveRef") {
    return read_reference(name, value);
  }
  if (read_logic(name, value) || read_number_keyword(name, value) ||
      read_string_keyword(name, value) || read_array_keyword(name, value)) {
    return;
  }
  read_object_keyword(name, value);
}

std::vector<SchemaId> KeywordReader::schemas_at(JsonId value) {
  if (!document_.is_array(value)) refuse(value, "an array of schemas");
  std::vector<SchemaId> result;
  for (const JsonId item : document_.children(value)) result.push_back(schema_at(item));
  return result;
}

std::vector<Schema::Member> KeywordReader::members_at(JsonId value) {
  if (!document_.is_object(value)) refuse(value, "an object with schemas");
  std::vector<Schema::Member> result;
  for (const JsonId member : document_.children(value)) {
    result.push_back({document_.key(member), schema_at(member)});
  }
  return result;
}

std::vector<std::string_view> KeywordReader::names_at(JsonId value) {
  if (!document_.is_array(value)) refuse(value, "an array of strings");
  std::vector<std::string_view> result;
  for (const JsonId item : document_.children(value)) {
    if (!document_.is_string(item)) refuse(value, "an array of strings");
    const std::string_view name = document_.text(item);
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(name);
  }
  return result;
}

Decimal KeywordReader::number_at(JsonId value) {
  if (document_.kind(value) != JsonKind::kNumber) refuse(value, "a number");
  const auto number = Decimal::parse(document_.text(value));
  if (!number)
    refuse(value, "a number of at most " + std::to_string(Decimal::kMostDigits) + " digits");
  return *number;
}

uint32_t KeywordReader::count_at(JsonId value) {
  const Decimal number = number_at(value);
  if (number.is_negative() || !number.is_integer()) refuse(value, "a whole number from 0");
  return std::min(number.to_count().value_or(Schema::kUnbounded - 1), Schema::kUnbounded - 1);
}

bool KeywordReader::read_logic(std::string_view name, JsonId value) {
  if (name == "allOf")
    schema_.all_of = schemas_at(value);
  else if (name == "anyOf")
    schema_.any_of = schemas_at(value);
  else if (name == "oneOf")
    schema_.one_of = schemas_at(value);
  else if (name == "not")
    schema_.negated = schema_at(value);
  else if (name == "if" && since(SchemaDraft::k7))
    schema_.condition = schema_at(value);
  else if (name == "then" && since(SchemaDraft::k7))
    schema_.consequence = schema_at(value);
  else if (name == "else" && since(SchemaDraft::k7))
    schema_.alternative = schema_at(value);
  else
    return false;
  if ((name == "anyOf" || name == "oneOf") && document_.children(value).empty()) {
    refuse(value, "at least one schema");
  }
  return true;
}

void KeywordReader::read_reference(std::string_view name, JsonId value) {
  if (!document_.is_string(value)) refuse(value, "a string");
  const SchemaIndex& index = reader_.index_;
  if (name == "$ref") {
    schema_.reference = schema_at(index.resolve(value));
  } else if (name == "$dynamicRef" && since(SchemaDraft::k2020)) {
    schema_.references.push_back(schema_at(index.resolve_dynamic(value, reader_.scopes_[scope_])));
  } else if (name == "$recursiveRef" &&
             (schema_.draft == SchemaDraft::k2019 || schema_.draft == SchemaDraft::kUnknown)) {
    schema_.references.push_back(
        schema_at(index.resolve_recursive(value, reader_.scopes_[scope_])));
  }
}

void KeywordReader::read_types(JsonId value) {
  uint8_t types = 0;
  bool integer = false;
  const auto add = [&](JsonId name) {
    const std::string_view text = document_.is_string(name) ? document_.text(name) : "";
    if (text == "null")
      types |= kNullBit;
    else if (text == "boolean")
      types |= kTrueBit | kFalseBit;
    else if (text == "number")
      types |= kNumberBit;
    else if (text == "integer")
      integer = true;
    else if (text == "string")
      types |= kStringBit;
    else if (text == "array")
      types |= kArrayBit;
    else if (text == "object")
      types |= kObjectBit;
    else
      refuse(value, "null, boolean, number, integer, string, array or object");
  };
  if (document_.is_array(value)) {
    for (const JsonId item : document_.children(value)) add(item);
  } else {
    add(value);
  }
  schema_.integer = integer && (types & kNumberBit) == 0;
  schema_.types = integer ? static_cast<uint8_t>(types | kNumberBit) : types;
}

void KeywordReader::add_scalar(const SchemaDocument& document, JsonId value,
                               Schema::Constants& to) {
  switch (document.kind(value)) {
    case JsonKind::kNull: to.literals |= kNullBit; break;
    case JsonKind::kFalse: to.literals |= kFalseBit; break;
    case JsonKind::kTrue: to.literals |= kTrueBit; break;
    case JsonKind::kString: to.strings.emplace_back(document.text(value)); break;
    case JsonKind::kNumber: {
      const auto number = Decimal::parse(document.text(value));
      if (!number) {
        throw Error(ErrorCode::kUnsupported, "a number with too many digits",
                    document.pointer(value));
      }
      to.numbers.push_back(*number);
      break;
    }
    default: break;
  }
}

void KeywordReader::read_constants(JsonId value, bool list) {
  if (list && !document_.is_array(value)) refuse(value, "an array of values");
  Schema::Constants constants{.at = value};
  const auto add = [&](JsonId item) {
    if (document_.is_array(item)) {
      constants.arrays.push_back(reader_.intern_constant(item));
    } else if (document_.is_object(item)) {
      constants.objects.push_back(reader_.intern_constant(item));
    } else {
      add_scalar(document_, item, constants);
    }
  };
  if (list) {
    for (const JsonId item : document_.children(value)) add(item);
  } else {
    add(value);
  }
  schema_.constants.push_back(std::move(constants));
}

void KeywordReader::read_limit(std::string_view name, JsonId value) {
  const bool lower = name.ends_with("inimum");
  const bool exclusive = name.starts_with("exclusive");
  if (exclusive && document_.is_boolean(value)) {
    // Draft 4: says how the other keyword is meant.
    if (!until(SchemaDraft::k4)) refuse(value, "a number");
    return;
  }
  if (exclusive && !since(SchemaDraft::k6)) refuse(value, "true or false, in draft 4");
  bool strictly = exclusive;
  if (!exclusive && until(SchemaDraft::k4)) {
    const JsonId other = document_.find(at_, lower ? "exclusiveMinimum" : "exclusiveMaximum");
    strictly = other != SchemaDocument::kNone && document_.kind(other) == JsonKind::kTrue;
  }
  schema_.bounds.push_back({number_at(value), lower, strictly});
}

bool KeywordReader::read_number_keyword(std::string_view name, JsonId value) {
  if (name == "minimum" || name == "maximum" || name == "exclusiveMinimum" ||
      name == "exclusiveMaximum") {
    read_limit(name, value);
    return true;
  }
  if (name != "multipleOf") return false;
  const Decimal factor = number_at(value);
  if (factor.is_zero() || factor.is_negative()) refuse(value, "a number greater than 0");
  schema_.multiples.emplace_back(value, factor);
  return true;
}

bool KeywordReader::read_string_keyword(std::string_view name, JsonId value) {
  if (name == "minLength")
    schema_.min_length = count_at(value);
  else if (name == "maxLength")
    schema_.max_length = count_at(value);
  else if (name == "pattern" || name == "format") {
    if (!document_.is_string(value)) refuse(value, "a string");
    (name == "pattern" ? schema_.pattern : schema_.format) = value;
  } else
    return false;
  return true;
}

void KeywordReader::read_items(JsonId value) {
  if (document_.is_array(value)) {
    if (!until(SchemaDraft::k2019)) refuse(value, "a schema; arrays of schemas are prefixItems");
    items_is_list_ = true;
    if (schema_.prefix.empty()) schema_.prefix = schemas_at(value);
  } else {
    schema_.items = schema_at(value);
  }
}

bool KeywordReader::read_array_keyword(std::string_view name, JsonId value) {
  if (name == "items")
    read_items(value);
  else if (name == "prefixItems" && since(SchemaDraft::k2020))
    schema_.prefix = schemas_at(value);
  else if (name == "additionalItems" && until(SchemaDraft::k2019))
    additional_items_ = schema_at(value);
  else if (name == "minItems")
    schema_.min_items = count_at(value);
  else if (name == "maxItems")
    schema_.max_items = count_at(value);
  else if (name == "uniqueItems") {
    if (!document_.is_boolean(value)) refuse(value, "true or false");
    schema_.unique_items = document_.kind(value) == JsonKind::kTrue;
  } else if (name == "contains" && since(SchemaDraft::k6))
    schema_.contains = schema_at(value);
  else if (name == "minContains" && since(SchemaDraft::k2019))
    schema_.min_contains = count_at(value);
  else if (name == "maxContains" && since(SchemaDraft::k2019))
    schema_.max_contains = count_at(value);
  else if (name == "unevaluatedItems" && since(SchemaDraft::k2019))
    schema_.unevaluated_items = schema_at(value);
  else
    return false;
  return true;
}

void KeywordReader::read_dependencies(JsonId value) {
  if (!document_.is_object(value)) refuse(value, "an object");
  for (const JsonId member : document_.children(value)) {
    if (document_.is_array(member)) {
      schema_.dependent_required.push_back({document_.key(member), names_at(member)});
    } else if (document_.is_string(member)) {  // draft 3, still met
      schema_.dependent_required.push_back({document_.key(member), {document_.text(member)}});
    } else {
      schema_.dependent_schemas.push_back({document_.key(member), schema_at(member)});
    }
  }
}

bool KeywordReader::read_object_keyword(std::string_view name, JsonId value) {
  if (name == "properties")
    schema_.properties = members_at(value);
  else if (name == "patternProperties")
    schema_.pattern_properties = members_at(value);
  else if (name == "additionalProperties")
    schema_.additional = schema_at(value);
  else if (name == "propertyNames" && since(SchemaDraft::k6))
    schema_.property_names = schema_at(value);
  else if (name == "required")
    schema_.required = names_at(value);
  else if (name == "minProperties")
    schema_.min_properties = count_at(value);
  else if (name == "maxProperties")
    schema_.max_properties = count_at(value);
  else if (name == "dependencies")
    read_dependencies(value);
  else if (name == "dependentRequired" && since(SchemaDraft::k2019)) {
    if (!document_.is_object(value)) refuse(value, "an object");
    for (const JsonId member : document_.children(value)) {
      schema_.dependent_required.push_back({document_.key(member), names_at(member)});
    }
  } else if (name == "dependentSchemas" && since(SchemaDraft::k2019)) {
    for (const Schema::Member& member : members_at(value))
      schema_.dependent_schemas.push_back(member);
  } else if (name == "unevaluatedProperties" && since(SchemaDraft::k2019)) {
    schema_.unevaluated_properties = schema_at(value);
  } else
    return false;
  return true;
}

void KeywordReader::finish() {
  if (items_is_list_) {
    schema_.items = additional_items_;
  }
  schema_.contains_evaluates = since(SchemaDraft::k2020);
  if (schema_.condition == Schema::kNone) {
    schema_.consequence = schema_.alternative = Schema::kNone;
  }
}

}  // namespace tokrail
