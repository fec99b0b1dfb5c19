// Objects in full: each key that is named somewhere with its value, and the classes of other keys.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "grammar/frontends/json_schema/schema_plans.h"

namespace tokrail {
namespace {

/// Names in order of their first mention.
class Names {
 public:
  void add(std::string_view name) {
    if (places_.try_emplace(std::string(name), static_cast<uint32_t>(all_.size())).second) {
      all_.emplace_back(name);
    }
  }
  uint32_t place(std::string_view name) const { return places_.at(std::string(name)); }
  bool contains(std::string_view name) const { return places_.contains(std::string(name)); }
  const std::vector<std::string>& all() const { return all_; }

 private:
  std::unordered_map<std::string, uint32_t> places_;
  std::vector<std::string> all_;
};

Names names_of(const ObjectShape& shape, const TextLanguages& texts) {
  Names names;
  for (const ObjectShape::Rule& rule : shape.rules) {
    if (rule.name.data() != nullptr) names.add(rule.name);
  }
  for (const std::string_view name : shape.required) names.add(name);
  for (const ObjectShape::Edge& edge : shape.edges) {
    names.add(edge.if_there);
    names.add(edge.then_too);
  }
  std::vector<std::string> values;
  for (const ObjectShape::Rule& rule : shape.rules) {
    if (rule.name.data() == nullptr) texts.collect_values(rule.keys, values);
  }
  for (const ObjectShape::Witness& witness : shape.witnesses) {
    texts.collect_values(witness.keys, values);
  }
  for (const std::string& value : values) names.add(value);
  return names;
}

}  // namespace

void SchemaPlans::plan_object(const ObjectShape& shape, NodePlan& to) {
  if (algebra_.contradicts(shape)) return;
  if (shape.refusal) algebra_.refuse(*shape.refusal);
  if (shape.witnesses.empty()) return plan_object_without_witness(shape, to);
  // The witness is one of the listed keys, each of which is a case; or one of the others.
  TextLanguages& texts = algebra_.texts();
  ObjectShape rest = shape;
  const ObjectShape::Witness witness = rest.witnesses.back();
  const Names names = names_of(shape, texts);
  rest.witnesses.pop_back();
  std::vector<std::vector<Obligation>> values;
  const std::vector<TextId> classes = key_classes(shape, values);
  const TextId unlisted = texts.complement(texts.of(names.all()));
  bool in_open = false;
  for (size_t i = 0; i < classes.size(); ++i) {
    if (texts.is_empty(texts.both(texts.both(classes[i], unlisted), witness.keys))) continue;
    values[i].push_back(witness.value);
    in_open = in_open || !algebra_.surely_empty(algebra_.node(values[i]));
  }
  if (in_open) {
    algebra_.refuse({algebra_.reader().document().pointer(witness.at),
                     "not: \"some other key has a value that is refused\" is not supported"});
    return plan_object(rest, to);
  }
  for (const std::string& name : names.all()) {
    if (!texts.matches(witness.keys, name)) continue;
    ObjectShape chosen = rest;
    const std::string_view key = algebra_.keep(name);
    chosen.required.push_back(key);
    chosen.rules.push_back({key, TextLanguages::kNone, witness.value});
    plan_object(chosen, to);
  }
}

void SchemaPlans::plan_object_without_witness(const ObjectShape& shape, NodePlan& to) {
  ObjectPlan plan{.min = shape.min, .max = shape.max};
  add_listed(shape, plan);
  add_open(shape, plan);
  algebra_.spend(plan.listed.size() + plan.open.size());
  to.objects.push_back(std::move(plan));
}

void SchemaPlans::add_listed(const ObjectShape& shape, ObjectPlan& plan) {
  const Names names = names_of(shape, algebra_.texts());
  std::vector<std::vector<Obligation>> values(names.all().size());
  for (const ObjectShape::Rule& rule : shape.rules) {
    if (rule.name.data() != nullptr) {
      values[names.place(rule.name)].push_back(rule.value);
      continue;
    }
    for (size_t i = 0; i < values.size(); ++i) {
      if (algebra_.texts().matches(rule.keys, names.all()[i])) values[i].push_back(rule.value);
    }
  }
  const std::unordered_set<std::string_view> required(shape.required.begin(), shape.required.end());
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string& name = names.all()[i];
    plan.listed.push_back({name, algebra_.node(values[i]), required.contains(name), {}});
  }
  for (const ObjectShape::Edge& edge : shape.edges) {
    std::vector<uint32_t>& needs = plan.listed[names.place(edge.if_there)].needs;
    const uint32_t other = names.place(edge.then_too);
    if (std::find(needs.begin(), needs.end(), other) == needs.end()) needs.push_back(other);
  }
}

/// Keys that are not listed, by which of the patterns they match; and what each class demands.
std::vector<TextId> SchemaPlans::key_classes(const ObjectShape& shape,
                                             std::vector<std::vector<Obligation>>& values) {
  TextLanguages& texts = algebra_.texts();
  std::vector<TextId> leaves;
  for (const ObjectShape::Rule& rule : shape.rules) {
    if (rule.name.data() == nullptr) texts.collect_leaves(rule.keys, leaves);
  }
  struct Class {
    TextId keys;
    std::unordered_map<TextId, bool> in;
  };
  std::vector<Class> classes = {{TextLanguages::kAll, {}}};
  for (const TextId leaf : leaves) {
    std::vector<Class> split;
    for (const Class& whole : classes) {
      for (const bool in : {true, false}) {
        Class part = whole;
        part.in[leaf] = in;
        part.keys = texts.both(whole.keys, in ? leaf : texts.complement(leaf));
        algebra_.spend(1);
        if (!texts.is_empty(part.keys)) split.push_back(std::move(part));
      }
    }
    classes = std::move(split);
  }
  std::vector<TextId> result;
  for (const Class& part : classes) {
    std::vector<Obligation> value;
    for (const ObjectShape::Rule& rule : shape.rules) {
      if (rule.name.data() == nullptr && texts.holds(rule.keys, part.in))
        value.push_back(rule.value);
    }
    result.push_back(part.keys);
    values.push_back(std::move(value));
  }
  return result;
}

void SchemaPlans::add_open(const ObjectShape& shape, ObjectPlan& plan) {
  TextLanguages& texts = algebra_.texts();
  std::vector<std::vector<Obligation>> values;
  const std::vector<TextId> classes = key_classes(shape, values);
  std::vector<ObjectPlan::Open> open;
  for (size_t i = 0; i < classes.size(); ++i) {
    const NodeId value = algebra_.node(values[i]);
    if (algebra_.surely_empty(value)) continue;
    const auto same = std::find_if(open.begin(), open.end(),
                                   [value](const ObjectPlan::Open& o) { return o.value == value; });
    if (same == open.end())
      open.push_back({classes[i], value});
    else
      same->keys = texts.either(same->keys, classes[i]);
  }
  std::vector<std::string> names;
  for (const ObjectPlan::Listed& listed : plan.listed) names.push_back(listed.name);
  const TextId unlisted = texts.complement(texts.of(std::move(names)));
  for (ObjectPlan::Open& other : open) {
    const bool is_infinite = other.keys == TextLanguages::kAll;
    other.keys = texts.both(other.keys, unlisted);
    if (!is_infinite && texts.is_empty(other.keys)) continue;
    // Classes with fewer keys than there must be entries are listed, so that they can be counted.
    constexpr uint32_t kMostCounted = 64;
    const uint32_t count = std::min(plan.min, kMostCounted);
    const bool may_be_few = !is_infinite && count > 1;
    const std::vector<std::string> keys =
        may_be_few ? texts.shortest(other.keys, count) : std::vector<std::string>{};
    if (may_be_few && keys.size() < count) {
      for (const std::string& key : keys) plan.listed.push_back({key, other.value, false, {}});
    } else {
      plan.open.push_back(other);
    }
  }
}

}  // namespace tokrail
