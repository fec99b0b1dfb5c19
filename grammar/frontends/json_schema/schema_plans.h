// Plans: what is to be written for each node: the scalars, and for each shape the entries or items
// in full, with the parts that no text can fill taken out.
//
// From the root all nodes that are needed are found; then those that have any value at all (the
// least fixed point: a value must be finite), and what needs a node without values is removed. So
// every beginning of a text of the grammar can be finished. Complexity: O(nodes * their parts).
// Errors: as SchemaAlgebra; constraints that no grammar can hold are refused here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "grammar/frontends/json_schema/schema_algebra.h"

namespace tokrail {

struct ObjectPlan {
  struct Listed {
    std::string name;
    NodeId value;
    bool required;
    std::vector<uint32_t> needs;  ///< entries that must be there too
    friend auto operator<=>(const Listed&, const Listed&) = default;
  };
  struct Open {
    TextId keys;
    NodeId value;
    friend auto operator<=>(const Open&, const Open&) = default;
  };
  std::vector<Listed> listed = {};
  std::vector<Open> open = {};
  uint32_t min = 0, max = Schema::kUnbounded;
  friend auto operator<=>(const ObjectPlan&, const ObjectPlan&) = default;
};

struct ArrayPlan {
  /// Items counted by what they are: from each state, items and the states they lead to.
  struct State {
    bool accepts = false;
    std::vector<std::pair<NodeId, uint32_t>> next = {};
    friend auto operator<=>(const State&, const State&) = default;
  };
  std::vector<NodeId> prefix = {};
  NodeId rest = SchemaAlgebra::kAnything;
  uint32_t min = 0, max = Schema::kUnbounded;
  bool unique = false;
  JsonId unique_at = 0;
  std::vector<State> states = {};  ///< instead of prefix and rest, if there are any
  friend auto operator<=>(const ArrayPlan&, const ArrayPlan&) = default;
};

struct NodePlan {
  RegexId scalars = RegexSet::kNothing;  ///< literals, strings and numbers as JSON texts
  std::vector<ArrayPlan> arrays = {};
  std::vector<ObjectPlan> objects = {};
  bool filled = false;  ///< has a value
};

class SchemaPlans {
 public:
  SchemaPlans(SchemaAlgebra& algebra, NodeId root);

  const NodePlan& plan(NodeId id) const { return plans_.at(id); }
  /// The nodes that are needed, in the order they were found.
  const std::vector<NodeId>& order() const noexcept { return order_; }
  bool filled(NodeId id) const { return plans_.at(id).filled; }
  /// Literals, strings and numbers of the node; numbers without exponents where asked for.
  static RegexId scalars(SchemaAlgebra& algebra, NodeId id, bool plain_numbers);

 private:
  void need(NodeId id);
  void make(NodeId id);
  void plan_array(const ArrayShape& shape, NodePlan& to);
  void count_items(const ArrayShape& shape, uint32_t last, ArrayPlan& plan);
  void plan_object(const ObjectShape& shape, NodePlan& to);
  void plan_object_without_witness(const ObjectShape& shape, NodePlan& to);
  void add_listed(const ObjectShape& shape, ObjectPlan& plan);
  void add_open(const ObjectShape& shape, ObjectPlan& plan);
  std::vector<TextId> key_classes(const ObjectShape& shape,
                                  std::vector<std::vector<Obligation>>& values);
  void find_filled();
  bool trim(ArrayPlan& plan, bool final) const;
  bool trim(ObjectPlan& plan, bool final) const;

  SchemaAlgebra& algebra_;
  std::map<NodeId, NodePlan> plans_;
  std::vector<NodeId> order_;
};

}  // namespace tokrail
