// Writes the plans of a schema as the rules of a grammar.
//
// Scalars of a node are one terminal. A node with arrays or objects is a rule, shared by all nodes
// that mean the same; objects become DistinctEntries, so no key comes twice. Complexity: O(plans).
// Errors: Error(kUnsupported) with a JSON pointer for uniqueItems that cannot be decided.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/json_schema/json_layout.h"
#include "grammar/frontends/json_schema/schema_plans.h"
#include "grammar/grammar.h"

namespace tokrail {

class SchemaLowering {
 public:
  SchemaLowering(SchemaAlgebra& algebra, const SchemaPlans& plans, Grammar& grammar);

  /// Rules for the node and all that it needs; the rule that is the node.
  RuleId lower(NodeId root);

 private:
  std::string rule_name(NodeId id);
  /// The expression of a value: its terminal, or its rule.
  ExprId value(NodeId id);
  ExprId body(NodeId id);
  ExprId object(const ObjectPlan& plan);
  ExprId array(const ArrayPlan& plan);
  ExprId items(const ArrayPlan& plan);
  ExprId counted_items(const ArrayPlan& plan);
  ExprId unique_items(const ArrayPlan& plan);
  ExprId distinct_scalars(NodeId item, uint32_t min, uint32_t max);
  std::vector<RegexId> scalar_values(NodeId item, size_t most, bool& all);
  std::vector<RegexId> first_values(NodeId item, size_t most, bool& all);
  bool has_containers(NodeId id) const;

  SchemaAlgebra& algebra_;
  const SchemaPlans& plans_;
  Grammar& grammar_;
  JsonLayout layout_;
  std::map<NodeId, RuleId> rules_;
  std::vector<NodeId> work_;
  std::map<std::string, uint32_t> names_;
  std::map<ObjectPlan, ExprId> objects_;
  std::map<ArrayPlan, ExprId> arrays_;
};

}  // namespace tokrail
