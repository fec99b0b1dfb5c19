// SchemaIndex: which value of a document is a schema of which resource, and what references mean.
//
// A resource is a schema with an identifier ($id, or id in draft 4) and everything in it up to the
// next one. Found by a walk over the places where keywords hold schemas, so an "$id" inside of
// `const`, `enum` or an unknown keyword is no identifier. Complexity: O(document). Errors:
// Error(kUnsupported) and Error(kInvalidArgument), where() = the JSON pointer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/json_schema/schema_document.h"

namespace tokrail {

class SchemaIndex {
 public:
  struct Resource {
    JsonId root;
    std::string uri;
    SchemaDraft draft;
    bool recursive_anchor = false;
    std::unordered_map<std::string, JsonId> anchors = {}, dynamic_anchors = {};
  };

  SchemaIndex(const SchemaDocument& document, const JsonSchemaOptions& options,
              std::vector<SchemaWarning>& warnings);

  uint32_t resource_of(JsonId id) const;
  const Resource& resource(uint32_t index) const { return resources_[index]; }
  SchemaDraft draft(JsonId id) const { return resources_[resource_of(id)].draft; }
  bool has_dynamic_references() const noexcept { return dynamic_; }

  /// The schema that a reference leads to. `where` is the value of the keyword.
  JsonId resolve(JsonId where) const;
  /// The same for $dynamicRef and $recursiveRef, by the resources entered so far, outermost first.
  JsonId resolve_dynamic(JsonId where, const std::vector<uint32_t>& scope) const;
  JsonId resolve_recursive(JsonId where, const std::vector<uint32_t>& scope) const;

 private:
  struct Visit {
    JsonId schema;
    uint32_t resource;
  };
  uint32_t enter(const Visit& visit);
  void visit_children(JsonId schema, uint32_t resource, std::vector<Visit>& work) const;
  void add_anchors(JsonId schema, uint32_t resource);
  SchemaDraft draft_of(JsonId schema, SchemaDraft otherwise);

  const SchemaDocument& document_;
  std::vector<SchemaWarning>& warnings_;
  std::vector<Resource> resources_;
  std::vector<uint32_t> resource_of_;  // by JsonId; kUnvisited where no walk came
  std::unordered_map<std::string, uint32_t> by_uri_;
  bool dynamic_ = false;
};

}  // namespace tokrail
