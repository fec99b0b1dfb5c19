#include "grammar/frontends/json_schema/schema_reader.h"

#include <algorithm>

#include "base/error.h"
#include "grammar/frontends/json_schema/keyword_reader.h"

namespace tokrail {
namespace {

/// A sound mixing of 64 bits (SplitMix64's finaliser).
uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xBF58476D1CE4E5B9;
  x ^= x >> 27;
  x *= 0x94D049BB133111EB;
  return x ^ x >> 31;
}

bool is_silent(std::string_view keyword, JsonKind value) {
  if (value == JsonKind::kObject || value == JsonKind::kTrue || value == JsonKind::kFalse) {
    return false;
  }
  constexpr std::string_view kSilent[] = {"$comment", "default", "description", "examples",
                                          "title"};
  return std::find(std::begin(kSilent), std::end(kSilent), keyword) != std::end(kSilent);
}

}  // namespace

SchemaReader::SchemaReader(const SchemaDocument& document, const JsonSchemaOptions& options,
                           std::vector<SchemaWarning>& warnings)
    : document_(document),
      options_(options),
      warnings_(warnings),
      index_(document, options, warnings) {
  const JsonId root = document.root();
  schemas_.push_back({root, 0, false, true, {.at = root, .is_true = true}});
  schemas_.push_back({root, 0, false, true, {.at = root, .is_false = true}});
  for (const JsonId id : document.duplicates()) {
    warn(document.pointer(id), "the key is there again later; the last one counts");
  }
  root_ = intern(root, enter_scope(0, root));
}

void SchemaReader::warn(std::string pointer, std::string message) {
  if (warned_.try_emplace({pointer, message}, true).second) {
    warnings_.push_back({std::move(pointer), std::move(message)});
  }
}

std::string SchemaReader::pointer(const Schema& schema, std::string_view keyword) const {
  std::string result = document_.pointer(schema.at);
  if (!keyword.empty()) result += "/" + std::string(keyword);
  return result;
}

const Schema& SchemaReader::get(SchemaId id) {
  Entry& entry = schemas_[id];
  if (!entry.read) {
    if (schemas_.size() > options_.max_nodes) {
      throw Error(ErrorCode::kBudgetExhausted,
                  "the schema is too large: more than max_nodes parts");
    }
    entry.read = true;
    if (entry.constant) {
      read_constant(entry);
    } else {
      KeywordReader(*this, entry.at, entry.scope, entry.schema).read();
    }
  }
  return entry.schema;
}

/// The scope one is in after entering the schema: the resources on the way, each once. Without
/// dynamic references it does not matter and is always the same.
uint32_t SchemaReader::enter_scope(uint32_t scope, JsonId at) {
  if (!index_.has_dynamic_references()) return 0;
  const uint32_t resource = index_.resource_of(at);
  std::vector<uint32_t> entered = scopes_[scope];
  if (std::find(entered.begin(), entered.end(), resource) != entered.end()) return scope;
  entered.push_back(resource);
  const auto found = std::find(scopes_.begin(), scopes_.end(), entered);
  if (found != scopes_.end()) return static_cast<uint32_t>(found - scopes_.begin());
  scopes_.push_back(std::move(entered));
  return static_cast<uint32_t>(scopes_.size() - 1);
}

SchemaId SchemaReader::intern(JsonId at, uint32_t scope) {
  if (document_.kind(at) == JsonKind::kTrue) return kTrue;
  if (document_.kind(at) == JsonKind::kFalse) return kFalse;
  if (!document_.is_object(at)) {
    throw Error(ErrorCode::kInvalidArgument, "expected a schema: an object, true or false",
                document_.pointer(at));
  }
  scope = enter_scope(scope, at);
  const auto place = by_place_.find({at, scope});
  if (place != by_place_.end()) return place->second;
  Fingerprint content = fingerprint(at, false);
  content.low += mix(index_.resource_of(at) + 1);
  const auto [known, added] =
      by_content_.try_emplace({content, scope}, static_cast<SchemaId>(schemas_.size()));
  if (added) schemas_.push_back({.at = at, .scope = scope});
  by_place_.emplace(std::pair(at, scope), known->second);
  return known->second;
}

SchemaId SchemaReader::intern_constant(JsonId value) {
  const auto [known, added] =
      constants_.try_emplace(fingerprint(value, true), static_cast<SchemaId>(schemas_.size()));
  if (added) schemas_.push_back({.at = value, .scope = 0, .constant = true});
  return known->second;
}

SchemaId SchemaReader::either(std::vector<SchemaId> of) {
  std::sort(of.begin(), of.end());
  of.erase(std::unique(of.begin(), of.end()), of.end());
  if (of.empty()) return kFalse;
  if (of.size() == 1) return of[0];
  if (of[0] == kTrue) return kTrue;
  const auto [known, added] = eithers_.try_emplace(of, static_cast<SchemaId>(schemas_.size()));
  if (added) {
    const JsonId at = schemas_[of[0]].at;
    schemas_.push_back({.at = at, .scope = 0, .read = true});
    schemas_.back().schema.at = at;
    schemas_.back().schema.any_of = std::move(of);
  }
  return known->second;
}

SchemaReader::Fingerprint SchemaReader::print_of(std::string_view text) {
  Fingerprint print{text.size() * 0x9E3779B97F4A7C15 + 1, text.size() + 0x1234567};
  for (const char c : text) {
    print.low = (print.low ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    print.high = mix(print.high + static_cast<unsigned char>(c));
  }
  return print;
}

/// Equal for values that say the same. Within schemas, what says nothing about values is left out:
/// titles and the like, where their values cannot be schemas of properties of that name.
SchemaReader::Fingerprint SchemaReader::fingerprint(JsonId at, bool constant) {
  std::vector<std::optional<Fingerprint>>& known = fingerprints_[constant ? 1 : 0];
  if (known.empty()) known.resize(document_.size());
  if (known[at]) return *known[at];
  const auto kind = document_.kind(at);
  Fingerprint sum{mix(static_cast<uint64_t>(kind) + 11), mix(static_cast<uint64_t>(kind) + 77)};
  const auto add = [&sum](const Fingerprint& part) {
    sum.low = mix(sum.low * 3 + part.low);
    sum.high = mix(sum.high * 5 + part.high);
  };
  if (kind == JsonKind::kNumber || kind == JsonKind::kString) add(print_of(document_.text(at)));
  if (kind == JsonKind::kArray) {
    for (const JsonId child : document_.children(at)) add(fingerprint(child, constant));
  }
  if (kind == JsonKind::kObject) {
    for (const JsonId child : document_.children(at)) {
      const std::string_view name = document_.key(child);
      if (!constant && is_silent(name, document_.kind(child))) continue;
      add(print_of(name));
      add(fingerprint(child, constant || name == "enum" || name == "const"));
    }
  }
  known[at] = sum;
  return sum;
}

/// An array or object value as the schema that accepts exactly it.
void SchemaReader::read_constant(Entry& entry) {
  const JsonId at = entry.at;
  Schema schema{.at = at};
  const auto part = [this](JsonId value) { return intern_constant(value); };
  const auto count = static_cast<uint32_t>(document_.children(at).size());
  switch (document_.kind(at)) {
    case JsonKind::kArray:
      schema.types = kArrayBit;
      for (const JsonId item : document_.children(at)) schema.prefix.push_back(part(item));
      schema.min_items = schema.max_items = count;
      break;
    case JsonKind::kObject:
      schema.types = kObjectBit;
      for (const JsonId member : document_.children(at)) {
        schema.properties.push_back({document_.key(member), part(member)});
        schema.required.push_back(document_.key(member));
      }
      schema.additional = kFalse;
      break;
    default: {
      Schema::Constants constants{.at = at};
      KeywordReader::add_scalar(document_, at, constants);
      schema.constants.push_back(std::move(constants));
    }
  }
  entry.schema = std::move(schema);
}

}  // namespace tokrail
