// Boolean logic on lists of shapes, the same for arrays and for objects. Templates of
// SchemaAlgebra, included by the two files that use them.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/frontends/json_schema/schema_algebra.h"

namespace tokrail {

template <class Shape>
inline constexpr uint8_t kShapeBit = 0;
template <>
inline constexpr uint8_t kShapeBit<ArrayShape> = kArrayBit;
template <>
inline constexpr uint8_t kShapeBit<ObjectShape> = kObjectBit;

/// Thrown while looking whether something is empty, where the answer needs itself.
struct AnswerNeedsItself {};

template <class Shape>
const SchemaAlgebra::Branches<Shape>& SchemaAlgebra::of(SchemaId id, bool refuse, bool annotate) {
  if constexpr (std::is_same_v<Shape, ArrayShape>) {
    return branches(array_memory_, id, refuse, annotate && !refuse);
  } else {
    return branches(object_memory_, id, refuse, annotate && !refuse);
  }
}

template <class Shape>
const SchemaAlgebra::Branches<Shape>& SchemaAlgebra::branches(Memory<Shape>& memory, SchemaId id,
                                                              bool refuse, bool annotate) {
  const Request request{id, refuse, annotate};
  if (const auto found = memory.known.find(request); found != memory.known.end()) {
    return found->second;
  }
  const Schema& schema = reader_.get(id);
  constexpr unsigned kMostInPlace = 300;
  const bool again = !memory.in_work.insert(request).second;
  if (again || in_place_depth_ > kMostInPlace) {
    if (again && look_depth_ > 0) throw AnswerNeedsItself{};
    throw Error(ErrorCode::kInvalidArgument,
                "the schema refers to itself for the same value, or is nested too deeply",
                reader_.pointer(schema));
  }
  struct Leave {
    std::set<Request>& in_work;
    Request request;
    unsigned& depth;
    ~Leave() {
      in_work.erase(request);
      --depth;
    }
  } leave{memory.in_work, request, ++in_place_depth_};
  Branches<Shape> result = refuse ? refusing<Shape>(schema) : accepting<Shape>(schema, annotate);
  spend(result.size() + 1);
  return memory.known.emplace(request, std::move(result)).first->second;
}

/// A bit for each demand, so that most pairs of shapes need no closer look.
inline uint64_t signature(const ObjectShape& shape) {
  uint64_t bits = 0;
  const auto add = [&bits](uint64_t demand) {
    bits |= uint64_t{1} << (demand * 0x9E3779B97F4A7C15 >> 58);
  };
  for (const ObjectShape::Rule& rule : shape.rules) add(rule.value + uint64_t{rule.keys} * 977);
  for (const std::string_view name : shape.required) {
    add(name.size() * 31 + (name.empty() ? 0 : static_cast<unsigned char>(name.back())) + 7);
  }
  return bits;
}
inline uint64_t signature(const ArrayShape& shape) {
  uint64_t bits = 0;
  for (const ArrayShape::Rule& rule : shape.rules) {
    bits |= uint64_t{1} << ((rule.value + uint64_t{rule.from} * 977) * 0x9E3779B97F4A7C15 >> 58);
  }
  return bits;
}

template <class Part>
bool includes(const std::vector<Part>& all, const std::vector<Part>& some) {
  return std::all_of(some.begin(), some.end(), [&all](const Part& part) {
    return std::find(all.begin(), all.end(), part) != all.end();
  });
}

/// Whether all that `strict` demands includes all that `loose` does.
inline bool implies(const ObjectShape& strict, const ObjectShape& loose) {
  return loose.min <= strict.min && loose.max >= strict.max && !loose.refusal &&
         loose.evaluated == strict.evaluated && includes(strict.required, loose.required) &&
         includes(strict.rules, loose.rules) && includes(strict.witnesses, loose.witnesses) &&
         includes(strict.edges, loose.edges);
}
inline bool implies(const ArrayShape& strict, const ArrayShape& loose) {
  return loose.min <= strict.min && loose.max >= strict.max && !loose.refusal &&
         loose.evaluated == strict.evaluated && loose.evaluated_if == strict.evaluated_if &&
         (!loose.unique || strict.unique) && includes(strict.rules, loose.rules) &&
         includes(strict.counts, loose.counts);
}

/// Either list. A shape that takes everything makes the others superfluous.
template <class Shape>
void SchemaAlgebra::join(Branches<Shape>& to, const Branches<Shape>& more, bool annotate) {
  for (const Shape& shape : more) {
    if (!annotate && !to.empty() && to.front().is_everything()) return;
    if (!annotate && shape.is_everything()) to.clear();
    to.push_back(shape);
  }
}

/// Takes out shapes that say more than another one, and so add nothing to it.
template <class Shape>
void SchemaAlgebra::absorb(Branches<Shape>& shapes) {
  if (shapes.size() < 2) return;
  std::vector<uint64_t> signatures;
  for (const Shape& shape : shapes) signatures.push_back(signature(shape));
  std::vector<bool> absorbed(shapes.size(), false);
  for (size_t i = 0; i < shapes.size(); ++i) {
    for (size_t j = 0; j < shapes.size() && !absorbed[i]; ++j) {
      if (i == j || absorbed[j] || (signatures[j] & ~signatures[i]) != 0) continue;
      absorbed[i] = implies(shapes[i], shapes[j]);
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    if (!absorbed[i] && kept++ != i) shapes[kept - 1] = std::move(shapes[i]);
  }
  shapes.resize(kept);
}

template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::product(const Branches<Shape>& a,
                                                      const Branches<Shape>& b) {
  Branches<Shape> result;
  for (const Shape& left : a) {
    for (const Shape& right : b) {
      Shape both = merged(left, right);
      spend(1 + both.rules.size() / 8);
      const bool one_alone = left.is_everything() || right.is_everything();
      if (one_alone || !contradicts(both)) result.push_back(std::move(both));
    }
  }
  if (a.size() > 1 || b.size() > 1) absorb(result);
  return result;
}

/// Those of the shapes that the schema refuses. Most contradict it anyway and stay as they are.
template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::without(const Branches<Shape>& shapes,
                                                      SchemaId schema) {
  const Branches<Shape>& accepted = of<Shape>(schema, false, false);
  Branches<Shape> apart, touching;
  for (const Shape& shape : shapes) {
    const bool together = std::any_of(accepted.begin(), accepted.end(), [&](const Shape& part) {
      return part.is_everything() || !contradicts(merged(shape, part));
    });
    (together ? touching : apart).push_back(shape);
  }
  if (touching.empty()) return apart;
  join(apart, product(touching, of<Shape>(schema, true, false)), true);
  return apart;
}

template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::constant(const Schema::Constants& constants,
                                                       bool refuse) {
  const std::vector<SchemaId>* values;
  if constexpr (std::is_same_v<Shape, ArrayShape>)
    values = &constants.arrays;
  else
    values = &constants.objects;
  Branches<Shape> result;
  if (refuse) result.push_back(Shape{});
  for (const SchemaId value : *values) {
    if (refuse)
      result = product(result, of<Shape>(value, true, false));
    else
      join(result, of<Shape>(value, false, false), false);
  }
  return result;
}

template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::any_of(const Schema& schema, bool annotate) {
  Branches<Shape> result;
  if (!annotate) {
    for (const SchemaId part : schema.any_of) join(result, of<Shape>(part, false, false), false);
    return result;
  }
  // What is evaluated depends on which branches hold: each set of them is a branch of its own. That
  // the others do not hold need not be said, for with more of them less is left unevaluated.
  constexpr size_t kMostSets = 4096;
  Branches<Shape> sets = {Shape{}};
  std::vector<bool> some = {false};
  for (const SchemaId part : schema.any_of) {
    const Branches<Shape> more = product(sets, of<Shape>(part, false, true));
    sets.insert(sets.end(), more.begin(), more.end());
    some.resize(sets.size(), true);
    if (sets.size() > kMostSets) {
      throw Error(ErrorCode::kUnsupported,
                  "anyOf: too many combinations of branches to tell what is unevaluated",
                  reader_.pointer(schema, "anyOf"));
    }
  }
  sets.erase(sets.begin());
  return sets;
}

template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::one_of(const Schema& schema, bool annotate) {
  Branches<Shape> result;
  const std::vector<SchemaId>& parts = schema.one_of;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Branches<Shape> own = of<Shape>(parts[i], false, annotate);
    for (const Shape& shape : own) {
      Branches<Shape> alone = {shape};
      for (size_t j = 0; j < parts.size() && !alone.empty(); ++j) {
        if (j != i) alone = without(alone, parts[j]);
      }
      join(result, alone, annotate);
    }
  }
  return result;
}

template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::conditional(const Schema& schema, bool refuse,
                                                          bool annotate) {
  const auto consequence = [&](SchemaId part) -> Branches<Shape> {
    if (part != Schema::kNone) return of<Shape>(part, refuse, annotate);
    return refuse ? Branches<Shape>{} : Branches<Shape>{Shape{}};
  };
  Branches<Shape> result =
      product(of<Shape>(schema.condition, false, annotate), consequence(schema.consequence));
  join(result, product(of<Shape>(schema.condition, true, false), consequence(schema.alternative)),
       annotate);
  return result;
}

template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::accepting(const Schema& schema, bool annotate) {
  if (schema.is_true) return {Shape{}};
  if (schema.is_false || (schema.types & kShapeBit<Shape>) == 0) return {};
  const bool has_unevaluated =
      schema.unevaluated_properties != Schema::kNone || schema.unevaluated_items != Schema::kNone;
  const bool keep = annotate || has_unevaluated;
  Branches<Shape> result;
  if constexpr (std::is_same_v<Shape, ArrayShape>) {
    if (auto own = own_array(schema, keep)) result.push_back(std::move(*own));
  } else {
    if (auto own = own_object(schema, keep)) result.push_back(std::move(*own));
  }
  const auto restrict = [&](const Branches<Shape>& by) { result = product(result, by); };
  for (const Schema::Constants& constants : schema.constants) {
    restrict(constant<Shape>(constants, false));
  }
  if (schema.reference != Schema::kNone) restrict(of<Shape>(schema.reference, false, keep));
  for (const SchemaId part : schema.references) restrict(of<Shape>(part, false, keep));
  for (const SchemaId part : schema.all_of) restrict(of<Shape>(part, false, keep));
  if (schema.negated != Schema::kNone) restrict(of<Shape>(schema.negated, true, false));
  if (!schema.any_of.empty()) restrict(any_of<Shape>(schema, keep));
  if (!schema.one_of.empty()) restrict(one_of<Shape>(schema, keep));
  const bool matters = schema.consequence != Schema::kNone || schema.alternative != Schema::kNone;
  if (schema.condition != Schema::kNone && (matters || keep)) {
    restrict(conditional<Shape>(schema, false, keep));
  }
  dependent(schema, keep, result);
  if (has_unevaluated) unevaluated(schema, result);
  return result;
}

template <class Shape>
SchemaAlgebra::Branches<Shape> SchemaAlgebra::refusing(const Schema& schema) {
  if (schema.is_true) return {};
  if (schema.is_false || (schema.types & kShapeBit<Shape>) == 0) return {Shape{}};
  Branches<Shape> result;
  const auto or_else = [&](const Branches<Shape>& more) { join(result, more, false); };
  violations(schema, result);
  for (const Schema::Constants& constants : schema.constants) {
    or_else(constant<Shape>(constants, true));
  }
  if (schema.reference != Schema::kNone) or_else(of<Shape>(schema.reference, true, false));
  for (const SchemaId part : schema.references) or_else(of<Shape>(part, true, false));
  for (const SchemaId part : schema.all_of) or_else(of<Shape>(part, true, false));
  if (schema.negated != Schema::kNone) or_else(of<Shape>(schema.negated, false, false));
  if (!schema.any_of.empty()) {
    Branches<Shape> none = {Shape{}};
    for (const SchemaId part : schema.any_of) none = without(none, part);
    or_else(none);
  }
  if (!schema.one_of.empty()) {
    Branches<Shape> none = {Shape{}};
    for (const SchemaId part : schema.one_of) none = without(none, part);
    or_else(none);
    for (size_t i = 0; i < schema.one_of.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        or_else(product(of<Shape>(schema.one_of[i], false, false),
                        of<Shape>(schema.one_of[j], false, false)));
      }
    }
  }
  if (schema.consequence != Schema::kNone || schema.alternative != Schema::kNone) {
    or_else(conditional<Shape>(schema, true, false));
  }
  return result;
}

template <class Shape>
const SchemaAlgebra::Branches<Shape>& SchemaAlgebra::node_branches(
    NodeId id, std::unique_ptr<Branches<Shape>> Node::*member) {
  Node& node = nodes_[id];
  if (node.*member == nullptr) {
    Branches<Shape> result = {Shape{}};
    if (id == kNever) result.clear();
    for (const Obligation o : node.obligations) {
      const Branches<Shape>& more = of<Shape>(o / 2, o % 2 != 0, false);
      result = result.size() == 1 && result.front().is_everything() ? more : product(result, more);
    }
    node.*member = std::make_unique<Branches<Shape>>(std::move(result));
  }
  return *(node.*member);
}

}  // namespace tokrail
