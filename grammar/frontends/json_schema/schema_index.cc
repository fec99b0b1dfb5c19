#include "grammar/frontends/json_schema/schema_index.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/error.h"
#include "grammar/frontends/json_schema/schema_uri.h"

namespace tokrail {
namespace {

constexpr uint32_t kUnvisited = 0xFFFFFFFF;

// Keywords by what they hold.
constexpr std::string_view kHoldsSchema[] = {"additionalItems",
                                             "additionalProperties",
                                             "contains",
                                             "contentSchema",
                                             "else",
                                             "if",
                                             "items",
                                             "not",
                                             "propertyNames",
                                             "then",
                                             "unevaluatedItems",
                                             "unevaluatedProperties"};
constexpr std::string_view kHoldsSchemas[] = {"allOf", "anyOf", "items", "oneOf", "prefixItems"};
constexpr std::string_view kHoldsNamedSchemas[] = {
    "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"};

template <size_t N>
bool among(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::optional<SchemaDraft> known_draft(std::string_view uri) {
  while (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri.starts_with("https://")) uri.remove_prefix(8);
  if (uri.starts_with("http://")) uri.remove_prefix(7);
  if (uri == "json-schema.org/draft-04/schema") return SchemaDraft::k4;
  if (uri == "json-schema.org/draft-06/schema") return SchemaDraft::k6;
  if (uri == "json-schema.org/draft-07/schema") return SchemaDraft::k7;
  if (uri == "json-schema.org/draft/2019-09/schema") return SchemaDraft::k2019;
  if (uri == "json-schema.org/draft/2020-12/schema") return SchemaDraft::k2020;
  return std::nullopt;
}

bool before_2019(SchemaDraft draft) {
  return draft == SchemaDraft::k4 || draft == SchemaDraft::k6 || draft == SchemaDraft::k7;
}

}  // namespace

SchemaIndex::SchemaIndex(const SchemaDocument& document, const JsonSchemaOptions& options,
                         std::vector<SchemaWarning>& warnings)
    : document_(document), warnings_(warnings), resource_of_(document.size(), kUnvisited) {
  const JsonId root = document.root();
  resources_.push_back({root, "", draft_of(root, options.draft)});
  std::vector<Visit> work = {{root, 0}};
  while (!work.empty()) {
    const Visit visit = work.back();
    work.pop_back();
    if (resource_of_[visit.schema] != kUnvisited) continue;
    const uint32_t resource = enter(visit);
    resource_of_[visit.schema] = resource;
    if (!document.is_object(visit.schema)) continue;
    const size_t begin = work.size();
    visit_children(visit.schema, resource, work);
    std::reverse(work.begin() + static_cast<ptrdiff_t>(begin), work.end());
  }
}

SchemaDraft SchemaIndex::draft_of(JsonId schema, SchemaDraft otherwise) {
  const JsonId stated = document_.find(schema, "$schema");
  if (stated == SchemaDocument::kNone || !document_.is_string(stated)) return otherwise;
  const std::string_view uri = document_.text(stated);
  if (const auto draft = known_draft(uri)) return *draft;
  if (uri.find("json-schema.org/draft-0") != std::string_view::npos) {
    throw Error(
        ErrorCode::kUnsupported,
        "$schema: drafts 4, 6, 7, 2019-09 and 2020-12 are supported, not " + std::string(uri),
        document_.pointer(stated));
  }
  warnings_.push_back({document_.pointer(stated),
                       "$schema is not a known draft; read as " +
                           std::string(otherwise == SchemaDraft::kUnknown ? "2020-12" : "given")});
  return otherwise;
}

/// The resource that the schema belongs to, a new one if it has an identifier.
uint32_t SchemaIndex::enter(const Visit& visit) {
  if (!document_.is_object(visit.schema)) return visit.resource;
  const bool is_root = visit.schema == document_.root();
  const SchemaDraft draft =
      is_root ? resources_[0].draft : draft_of(visit.schema, resources_[visit.resource].draft);
  for (const char* name : {"$dynamicRef", "$recursiveRef"}) {
    if (document_.find(visit.schema, name) != SchemaDocument::kNone) dynamic_ = true;
  }
  // Up to draft 7 a reference hides everything beside it.
  const bool hidden = before_2019(draft) &&
                      document_.find(visit.schema, "$ref") != SchemaDocument::kNone && !is_root;
  JsonId name = document_.find(visit.schema, draft == SchemaDraft::k4 ? "id" : "$id");
  if (name == SchemaDocument::kNone && draft == SchemaDraft::kUnknown) {
    name = document_.find(visit.schema, "id");
  }
  uint32_t resource = visit.resource;
  if (!hidden && name != SchemaDocument::kNone && document_.is_string(name)) {
    const std::string_view id = document_.text(name);
    const std::string fragment = uri_fragment(id);
    if (!id.starts_with('#') && !id.empty()) {
      std::string uri = resolve_uri(resources_[resource].uri, id);
      if (is_root) {
        resources_[0].uri = uri;
      } else {
        resource = static_cast<uint32_t>(resources_.size());
        resources_.push_back({visit.schema, uri, draft});
      }
      by_uri_.try_emplace(std::move(uri), resource);
    }
    if (!fragment.empty() && !fragment.starts_with('/')) {
      resources_[resource].anchors.try_emplace(fragment, visit.schema);
    }
  }
  if (!hidden) add_anchors(visit.schema, resource);
  return resource;
}

void SchemaIndex::add_anchors(JsonId schema, uint32_t resource) {
  Resource& to = resources_[resource];
  if (before_2019(to.draft)) return;
  const JsonId anchor = document_.find(schema, "$anchor");
  if (anchor != SchemaDocument::kNone && document_.is_string(anchor)) {
    to.anchors.try_emplace(std::string(document_.text(anchor)), schema);
  }
  const JsonId dynamic = document_.find(schema, "$dynamicAnchor");
  if (dynamic != SchemaDocument::kNone && document_.is_string(dynamic)) {
    to.anchors.try_emplace(std::string(document_.text(dynamic)), schema);
    to.dynamic_anchors.try_emplace(std::string(document_.text(dynamic)), schema);
  }
  const JsonId recursive = document_.find(schema, "$recursiveAnchor");
  if (recursive != SchemaDocument::kNone && document_.kind(recursive) == JsonKind::kTrue &&
      schema == to.root) {
    to.recursive_anchor = true;
  }
}

void SchemaIndex::visit_children(JsonId schema, uint32_t resource, std::vector<Visit>& work) const {
  for (const JsonId value : document_.children(schema)) {
    const std::string_view name = document_.key(value);
    const bool is_array = document_.is_array(value);
    if ((is_array && among(kHoldsSchemas, name)) ||
        (document_.is_object(value) && among(kHoldsNamedSchemas, name))) {
      for (const JsonId item : document_.children(value)) work.push_back({item, resource});
    } else if (!is_array && among(kHoldsSchema, name)) {
      work.push_back({value, resource});
    }
  }
}

uint32_t SchemaIndex::resource_of(JsonId id) const {
  while (id != SchemaDocument::kNone && resource_of_[id] == kUnvisited) id = document_.parent(id);
  return id == SchemaDocument::kNone ? 0 : resource_of_[id];
}

JsonId SchemaIndex::resolve(JsonId where) const {
  const std::string_view reference = document_.text(where);
  const uint32_t from = resource_of(where);
  const std::string fragment = uri_fragment(reference);
  uint32_t to = from;
  const bool is_local = reference.empty() || reference[0] == '#';
  if (!is_local) {
    const auto found = by_uri_.find(resolve_uri(resources_[from].uri, reference));
    if (found == by_uri_.end()) {
      throw Error(ErrorCode::kUnsupported,
                  "$ref: only schemas of this document can be referred to, not \"" +
                      std::string(reference) + "\"",
                  document_.pointer(where));
    }
    to = found->second;
  }
  JsonId target = SchemaDocument::kNone;
  if (fragment.empty()) {
    target = resources_[to].root;
  } else if (fragment[0] == '/') {
    target = document_.at(resources_[to].root, fragment);
    // Many schemas point from the document's root inside of a part that has an identifier.
    if (target == SchemaDocument::kNone && is_local)
      target = document_.at(document_.root(), fragment);
  } else if (const auto anchor = resources_[to].anchors.find(fragment);
             anchor != resources_[to].anchors.end()) {
    target = anchor->second;
  }
  if (target == SchemaDocument::kNone) {
    throw Error(ErrorCode::kInvalidArgument,
                "$ref: there is nothing at \"" + std::string(reference) + "\"",
                document_.pointer(where));
  }
  return target;
}

JsonId SchemaIndex::resolve_dynamic(JsonId where, const std::vector<uint32_t>& scope) const {
  const JsonId first = resolve(where);
  const std::string name = uri_fragment(document_.text(where));
  const auto& anchors = resources_[resource_of(first)].dynamic_anchors;
  const auto bookend = anchors.find(name);
  if (bookend == anchors.end() || bookend->second != first) return first;
  for (const uint32_t resource : scope) {
    const auto found = resources_[resource].dynamic_anchors.find(name);
    if (found != resources_[resource].dynamic_anchors.end()) return found->second;
  }
  return first;
}

JsonId SchemaIndex::resolve_recursive(JsonId where, const std::vector<uint32_t>& scope) const {
  const JsonId first = resolve(where);
  const uint32_t resource = resource_of(first);
  if (!resources_[resource].recursive_anchor || first != resources_[resource].root) return first;
  for (const uint32_t outer : scope) {
    if (resources_[outer].recursive_anchor) return resources_[outer].root;
  }
  return first;
}

}  // namespace tokrail
