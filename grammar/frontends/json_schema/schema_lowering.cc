#include "grammar/frontends/json_schema/schema_lowering.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/error.h"

namespace tokrail {

SchemaLowering::SchemaLowering(SchemaAlgebra& algebra, const SchemaPlans& plans, Grammar& grammar)
    : algebra_(algebra), plans_(plans), grammar_(grammar), layout_(grammar, algebra.options()) {}

RuleId SchemaLowering::lower(NodeId root) {
  const RuleId start = grammar_.add_rule("start", algebra_.pointer(root));
  names_["start"] = 1;
  rules_[root] = start;
  work_ = {root};
  for (size_t i = 0; i < work_.size(); ++i) {
    const ExprId written = body(work_[i]);
    grammar_.define(rules_.at(work_[i]), written);
  }
  return start;
}

bool SchemaLowering::has_containers(NodeId id) const {
  const NodePlan& plan = plans_.plan(id);
  return !plan.arrays.empty() || !plan.objects.empty();
}

/// The last name of the JSON pointer that is a name of the schema's own.
std::string SchemaLowering::rule_name(NodeId id) {
  if (id == SchemaAlgebra::kAnything) return "json_value";
  std::string pointer = algebra_.pointer(id), name;
  while (!pointer.empty()) {
    const size_t slash = pointer.rfind('/');
    const std::string last = pointer.substr(slash + 1);
    pointer.resize(slash);
    if (!name.empty()) name.insert(0, "_");
    name.insert(0, last);
    if (last.find_first_not_of("0123456789") != std::string::npos) break;
  }
  for (char& c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper)
      c = static_cast<char>(c - 'A' + 'a');
    else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
      c = '_';
  }
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) name.insert(0, "value_");
  const uint32_t number = ++names_[name];
  return number == 1 ? name : name + "_" + std::to_string(number);
}

ExprId SchemaLowering::value(NodeId id) {
  const NodePlan& plan = plans_.plan(id);
  if (!has_containers(id)) {
    return plan.scalars == RegexSet::kNothing ? grammar_.nothing() : grammar_.regex(plan.scalars);
  }
  const auto [rule, added] = rules_.try_emplace(id, 0);
  if (added) {
    rule->second = grammar_.add_rule(rule_name(id), algebra_.pointer(id));
    work_.push_back(id);
  }
  return grammar_.rule(rule->second);
}

ExprId SchemaLowering::body(NodeId id) {
  const NodePlan& plan = plans_.plan(id);
  std::vector<ExprId> choices;
  if (plan.scalars != RegexSet::kNothing) choices.push_back(grammar_.regex(plan.scalars));
  for (const ArrayPlan& shape : plan.arrays) {
    const auto [at, added] = arrays_.try_emplace(shape, 0);
    if (added) at->second = array(shape);
    choices.push_back(at->second);
  }
  for (const ObjectPlan& shape : plan.objects) {
    const auto [at, added] = objects_.try_emplace(shape, 0);
    if (added) at->second = object(shape);
    choices.push_back(at->second);
  }
  return choices.empty() ? grammar_.nothing() : grammar_.choice(choices);
}

ExprId SchemaLowering::object(const ObjectPlan& plan) {
  std::vector<ExprId> choices;
  if (plan.min == 0) choices.push_back(layout_.empty_object);
  if (plan.max > 0 && (!plan.listed.empty() || !plan.open.empty())) {
    DistinctEntries entries;
    entries.ordered = algebra_.options().key_order == KeyOrder::kSchema;
    entries.sameness = Sameness::kJsonString;
    entries.separator = layout_.separator_regex;
    entries.min = std::max(plan.min, 1U);
    entries.max = plan.max;
    const auto rest = [this](NodeId of) { return grammar_.sequence({layout_.colon, value(of)}); };
    for (const ObjectPlan::Listed& listed : plan.listed) {
      const TextId key = algebra_.texts().of(listed.name);
      entries.listed.push_back(
          {algebra_.texts().quoted(key), rest(listed.value), listed.required, listed.needs});
    }
    for (const ObjectPlan::Open& open : plan.open) {
      entries.open.push_back({algebra_.texts().quoted(open.keys), rest(open.value)});
    }
    choices.push_back(grammar_.sequence(
        {layout_.open_object, grammar_.distinct(std::move(entries)), layout_.close_object}));
  }
  return grammar_.choice(choices);
}

ExprId SchemaLowering::array(const ArrayPlan& plan) {
  std::vector<ExprId> choices;
  const bool counted = !plan.states.empty();
  if (counted ? plan.states[0].accepts : plan.min == 0) choices.push_back(layout_.empty_array);
  const bool has_items = counted ? !plan.states[0].next.empty() : plan.max > 0;
  if (has_items) {
    ExprId inside;
    if (plan.unique && (counted || plan.max > 1))
      inside = unique_items(plan);
    else
      inside = counted ? counted_items(plan) : items(plan);
    choices.push_back(grammar_.sequence({layout_.open_array, inside, layout_.close_array}));
  }
  return grammar_.choice(choices);
}

/// One or more items: those of the prefix in their places, then the rest.
ExprId SchemaLowering::items(const ArrayPlan& plan) {
  const auto places = static_cast<uint32_t>(plan.prefix.size());
  const auto less = [](uint32_t count, uint32_t by) {
    return count == Schema::kUnbounded ? count : count > by ? count - by : 0;
  };
  ExprId tail = grammar_.empty();
  const bool has_rest = plan.max > places && plans_.filled(plan.rest);
  if (places == 0) {
    const ExprId item = value(plan.rest);
    return grammar_.sequence({item, grammar_.repeat(grammar_.sequence({layout_.separator, item}),
                                                    less(plan.min, 1), less(plan.max, 1))});
  }
  if (has_rest) {
    tail = grammar_.repeat(grammar_.sequence({layout_.separator, value(plan.rest)}),
                           less(plan.min, places), less(plan.max, places));
  }
  for (uint32_t i = places; i-- > 0;) {
    tail = grammar_.sequence({value(plan.prefix[i]), tail});
    if (i == 0) break;
    tail = grammar_.sequence({layout_.separator, tail});
    if (i >= plan.min) tail = grammar_.optional(tail);
  }
  return tail;
}

/// Items as an automaton over kinds of items whose only circles are from a state to itself.
ExprId SchemaLowering::counted_items(const ArrayPlan& plan) {
  const size_t count = plan.states.size();
  std::vector<RuleId> rules;
  for (size_t s = 0; s < count; ++s) {
    rules.push_back(grammar_.add_rule("items_" + std::to_string(++names_["items_"]), {}));
  }
  for (size_t s = 0; s < count; ++s) {
    const ArrayPlan::State& state = plan.states[s];
    std::vector<ExprId> stay, last;
    for (const auto& [item, next] : state.next) {
      if (next == s) {
        stay.push_back(value(item));
        continue;
      }
      const ArrayPlan::State& after = plan.states[next];
      std::vector<ExprId> tails;
      if (after.accepts) tails.push_back(grammar_.empty());
      if (!after.next.empty()) {
        tails.push_back(grammar_.sequence({layout_.separator, grammar_.rule(rules[next])}));
      }
      last.push_back(grammar_.sequence({value(item), grammar_.choice(tails)}));
    }
    if (state.next.empty()) {
      grammar_.define(rules[s], grammar_.nothing());
      continue;
    }
    if (!stay.empty() && state.accepts) last.push_back(grammar_.choice(stay));
    ExprId written = grammar_.choice(last);
    if (!stay.empty()) {
      const ExprId more = grammar_.sequence({grammar_.choice(stay), layout_.separator});
      written = grammar_.sequence({grammar_.repeat(more, 0, Grammar::kUnbounded), written});
    }
    grammar_.define(rules[s], written);
  }
  return grammar_.rule(rules[0]);
}

}  // namespace tokrail
