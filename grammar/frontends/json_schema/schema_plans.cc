#include "grammar/frontends/json_schema/schema_plans.h"

#include <algorithm>
#include <set>
#include <type_traits>

#include "base/error.h"

namespace tokrail {

SchemaPlans::SchemaPlans(SchemaAlgebra& algebra, NodeId root) : algebra_(algebra) {
  need(root);
  for (size_t i = 0; i < order_.size(); ++i) {
    try {
      make(order_[i]);
    } catch (const Error& error) {
      if (!error.where().empty()) throw;
      throw Error(error.code(), error.message(), algebra.pointer(order_[i]));
    }
  }
  find_filled();
}

void SchemaPlans::need(NodeId id) {
  if (plans_.try_emplace(id).second) order_.push_back(id);
}

RegexId SchemaPlans::scalars(SchemaAlgebra& algebra, NodeId id, bool plain_numbers) {
  RegexSet& set = algebra.regexes();
  std::vector<RegexId> choices;
  const uint8_t literals = algebra.literals(id);
  if ((literals & kNullBit) != 0) choices.push_back(set.literal("null"));
  if ((literals & kTrueBit) != 0) choices.push_back(set.literal("true"));
  if ((literals & kFalseBit) != 0) choices.push_back(set.literal("false"));
  TextLanguages& texts = algebra.texts();
  const TextId text = algebra.text(id);
  if (!texts.is_empty(text)) choices.push_back(texts.quoted(text));
  const RegexId number = plain_numbers ? algebra.numbers().plain_spellings(algebra.number(id))
                                       : algebra.numbers().written(algebra.number(id));
  if (!set.is_empty(number)) choices.push_back(number);
  return set.alternate(choices);
}

void SchemaPlans::make(NodeId id) {
  NodePlan plan;
  if (id != SchemaAlgebra::kNever) {
    plan.scalars = scalars(algebra_, id, false);
    for (const ArrayShape& shape : algebra_.arrays(id)) plan_array(shape, plan);
    for (const ObjectShape& shape : algebra_.objects(id)) plan_object(shape, plan);
  }
  const auto without_copies = [](auto& plans) {
    if (plans.size() < 2) return;
    std::set<std::decay_t<decltype(plans[0])>> known;
    std::erase_if(plans, [&](const auto& one) { return !known.insert(one).second; });
  };
  without_copies(plan.arrays);
  without_copies(plan.objects);
  for (const ArrayPlan& array : plan.arrays) {
    for (const NodeId item : array.prefix) need(item);
    if (array.states.empty()) need(array.rest);
    for (const ArrayPlan::State& state : array.states) {
      for (const auto& [item, next] : state.next) need(item);
    }
  }
  for (const ObjectPlan& object : plan.objects) {
    for (const ObjectPlan::Listed& listed : object.listed) need(listed.value);
    for (const ObjectPlan::Open& open : object.open) need(open.value);
  }
  plans_[id] = std::move(plan);
}

void SchemaPlans::plan_array(const ArrayShape& shape, NodePlan& to) {
  if (algebra_.contradicts(shape)) return;
  if (shape.refusal) algebra_.refuse(*shape.refusal);
  uint32_t last = 0;
  for (const ArrayShape::Rule& rule : shape.rules) {
    last = std::max(last, rule.to == Schema::kUnbounded ? rule.from : rule.to);
  }
  ArrayPlan plan{.min = shape.min, .max = shape.max};
  if (shape.unique && shape.max > 1) {
    plan.unique = true;
    plan.unique_at = *shape.unique;
  }
  if (!shape.counts.empty()) {
    count_items(shape, last, plan);
  } else {
    for (uint32_t i = 0; i < std::min(last, shape.max); ++i) {
      plan.prefix.push_back(algebra_.node(algebra_.item_of(shape, i)));
    }
    plan.rest = algebra_.node(algebra_.item_of(shape, last));
    algebra_.spend(plan.prefix.size());
    while (!plan.prefix.empty() && plan.prefix.back() == plan.rest) plan.prefix.pop_back();
  }
  to.arrays.push_back(std::move(plan));
}

/// contains and its bounds: states are the place in the array and what was counted so far, as far
/// as either still matters.
void SchemaPlans::count_items(const ArrayShape& shape, uint32_t last, ArrayPlan& plan) {
  using Count = ArrayShape::Count;
  const uint32_t most_places =
      shape.max != Schema::kUnbounded ? shape.max : std::max(last, shape.min);
  constexpr uint32_t kMostStates = 20000;
  std::map<std::vector<uint32_t>, uint32_t> known;
  std::vector<std::vector<uint32_t>> work;
  const auto state_of = [&](std::vector<uint32_t> at) {
    const auto [state, added] = known.try_emplace(at, static_cast<uint32_t>(work.size()));
    if (added) {
      algebra_.spend(1);
      work.push_back(std::move(at));
      plan.states.emplace_back();
      if (work.size() > kMostStates) {
        throw Error(ErrorCode::kUnsupported, "contains: too many combinations of counts",
                    algebra_.reader().document().pointer(shape.counts.front().at) + "/contains");
      }
    }
    return state->second;
  };
  std::vector<uint32_t> start(shape.counts.size() + 1, 0);
  state_of(start);
  for (uint32_t s = 0; s < work.size(); ++s) {
    const std::vector<uint32_t> at = work[s];
    const uint32_t place = at[0];
    bool accepts = place >= shape.min;
    for (size_t c = 0; c < shape.counts.size(); ++c) {
      accepts = accepts && at[c + 1] >= shape.counts[c].min;
    }
    plan.states[s].accepts = accepts;
    if (shape.max != Schema::kUnbounded && place >= shape.max) continue;
    // Each way the item may count.
    struct Way {
      std::vector<Obligation> value;
      std::vector<uint32_t> to;
    };
    std::vector<Way> ways = {{algebra_.item_of(shape, place), at}};
    ways[0].to[0] = std::min(place + 1, most_places);
    for (size_t c = 0; c < shape.counts.size(); ++c) {
      const Count& count = shape.counts[c];
      const bool open_end = count.max == Schema::kUnbounded;
      if (place < count.from || (open_end && at[c + 1] >= count.min)) continue;
      std::vector<Way> more;
      for (const Way& way : ways) {
        Way counted = way, other = way;
        counted.value.push_back(count.value);
        ++counted.to[c + 1];
        if (!open_end) other.value.push_back(count.value ^ 1);
        if (open_end || at[c + 1] < count.max) more.push_back(std::move(counted));
        more.push_back(std::move(other));
      }
      ways = std::move(more);
    }
    for (Way& way : ways) {
      const NodeId item = algebra_.node(std::move(way.value));
      if (algebra_.surely_empty(item)) continue;
      const uint32_t next = state_of(std::move(way.to));
      plan.states[s].next.emplace_back(item, next);
    }
  }
}

/// Takes out what has no value. False: nothing is left.
bool SchemaPlans::trim(ArrayPlan& plan, bool final) const {
  if (!plan.states.empty()) {
    std::vector<bool> live(plan.states.size(), false);
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t s = plan.states.size(); s-- > 0;) {
        if (live[s]) continue;
        bool lives = plan.states[s].accepts;
        for (const auto& [item, next] : plan.states[s].next) {
          lives = lives || (filled(item) && live[next]);
        }
        if (lives) live[s] = changed = true;
      }
    }
    if (final) {
      for (ArrayPlan::State& state : plan.states) {
        std::erase_if(state.next,
                      [&](const auto& way) { return !filled(way.first) || !live[way.second]; });
      }
    }
    return live[0];
  }
  uint32_t max = plan.max;
  for (uint32_t i = 0; i < plan.prefix.size() && i < max; ++i) {
    if (!filled(plan.prefix[i])) max = i;
  }
  if (!filled(plan.rest)) max = std::min(max, static_cast<uint32_t>(plan.prefix.size()));
  if (final) {
    plan.max = max;
    if (plan.prefix.size() > max) plan.prefix.resize(max);
  }
  return plan.min <= max;
}

bool SchemaPlans::trim(ObjectPlan& plan, bool final) const {
  const size_t count = plan.listed.size();
  std::vector<bool> possible(count), required(count);
  for (size_t i = 0; i < count; ++i) {
    possible[i] = filled(plan.listed[i].value);
    required[i] = plan.listed[i].required;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < count; ++i) {
      for (const uint32_t other : plan.listed[i].needs) {
        if (possible[i] && !possible[other]) {
          possible[i] = false;
          changed = true;
        }
        if (required[i] && !required[other]) required[other] = changed = true;
      }
    }
  }
  uint32_t least = 0, most = 0;
  for (size_t i = 0; i < count; ++i) {
    if (required[i] && !possible[i]) return false;
    least += required[i] ? 1 : 0;
    most += possible[i] ? 1 : 0;
  }
  for (const ObjectPlan::Open& open : plan.open) {
    if (filled(open.value)) most = Schema::kUnbounded;
  }
  if (std::max(least, plan.min) > std::min(most, plan.max)) return false;
  if (!final) return true;
  std::vector<uint32_t> place(count);
  uint32_t kept = 0;
  for (size_t i = 0; i < count; ++i) place[i] = possible[i] ? kept++ : Schema::kUnbounded;
  ObjectPlan trimmed{.min = std::max(least, plan.min), .max = std::min(most, plan.max)};
  for (size_t i = 0; i < count; ++i) {
    if (!possible[i]) continue;
    ObjectPlan::Listed listed = std::move(plan.listed[i]);
    listed.required = required[i];
    for (uint32_t& other : listed.needs) other = place[other];
    trimmed.listed.push_back(std::move(listed));
  }
  for (const ObjectPlan::Open& open : plan.open) {
    if (filled(open.value)) trimmed.open.push_back(open);
  }
  plan = std::move(trimmed);
  return true;
}

void SchemaPlans::find_filled() {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = order_.size(); i-- > 0;) {
      NodePlan& plan = plans_.at(order_[i]);
      if (plan.filled) continue;
      bool has_value = plan.scalars != RegexSet::kNothing;
      for (ArrayPlan& array : plan.arrays) has_value = has_value || trim(array, false);
      for (ObjectPlan& object : plan.objects) has_value = has_value || trim(object, false);
      if (has_value) plan.filled = changed = true;
    }
  }
  for (const NodeId id : order_) {
    NodePlan& plan = plans_.at(id);
    std::erase_if(plan.arrays, [this](ArrayPlan& array) { return !trim(array, true); });
    std::erase_if(plan.objects, [this](ObjectPlan& object) { return !trim(object, true); });
  }
}

}  // namespace tokrail
