// uniqueItems: items no two of which are the same value.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "grammar/frontends/json_schema/schema_lowering.h"

namespace tokrail {

/// The texts of each value of the node, if it has at most `most` of them.
std::vector<RegexId> SchemaLowering::scalar_values(NodeId item, size_t most, bool& all) {
  std::vector<RegexId> values;
  RegexSet& set = grammar_.regexes();
  const uint8_t literals = algebra_.literals(item);
  if ((literals & kNullBit) != 0) values.push_back(set.literal("null"));
  if ((literals & kTrueBit) != 0) values.push_back(set.literal("true"));
  if ((literals & kFalseBit) != 0) values.push_back(set.literal("false"));
  TextLanguages& texts = algebra_.texts();
  const TextId text = algebra_.text(item);
  const std::vector<std::string>* strings = texts.values(text);
  const NumberLanguage number = algebra_.number(item);
  const bool has_strings = !texts.is_empty(text), has_numbers = !set.is_empty(number.yes);
  all = !has_containers(item) && (strings != nullptr || !has_strings) &&
        (number.values.has_value() || !has_numbers);
  all = all && values.size() + (has_strings ? strings->size() : 0) +
                       (has_numbers ? number.values->size() : 0) <=
                   most;
  if (!all) return {};
  if (has_strings) {
    for (const std::string& string : *strings) values.push_back(texts.quoted(texts.of(string)));
  }
  if (has_numbers) {
    for (const Decimal& value : *number.values) {
      values.push_back(algebra_.numbers().of({value}).yes);
    }
  }
  return values;
}

/// Values of the node, `most` of them; or `all` that there are if they are fewer.
std::vector<RegexId> SchemaLowering::first_values(NodeId item, size_t most, bool& all) {
  RegexSet& set = grammar_.regexes();
  TextLanguages& texts = algebra_.texts();
  const uint8_t literals = algebra_.literals(item);
  std::vector<RegexId> values;
  for (const auto& [bit, text] :
       {std::pair(kNullBit, "null"), {kTrueBit, "true"}, {kFalseBit, "false"}}) {
    if ((literals & bit) != 0) values.push_back(set.literal(text));
  }
  for (const std::string& string : texts.shortest(algebra_.text(item), most)) {
    values.push_back(texts.quoted(texts.of(string)));
  }
  RegexId left = algebra_.numbers().plain_spellings(algebra_.number(item));
  while (values.size() < most) {
    const auto next = set.shortest(left, 20000);
    if (!next) break;
    values.push_back(algebra_.numbers().of({*Decimal::parse(*next)}).yes);
    left = set.difference(left, values.back());
  }
  all = values.size() < most;
  return values;
}

ExprId SchemaLowering::distinct_scalars(NodeId item, uint32_t min, uint32_t max) {
  constexpr size_t kMostListed = 64;
  DistinctEntries entries;
  entries.sameness = Sameness::kJsonScalar;
  entries.separator = layout_.separator_regex;
  entries.min = std::max(min, 1U);
  entries.max = max;
  bool all = false;
  std::vector<RegexId> values = scalar_values(item, kMostListed, all);
  if (!all && min > 1) values = first_values(item, std::min<size_t>(min, kMostListed), all);
  if (all) {
    if (values.size() < entries.min) return grammar_.nothing();
    for (const RegexId value : values) {
      entries.listed.push_back({.key = value, .rest = grammar_.empty()});
    }
    entries.max = std::min(entries.max, static_cast<uint32_t>(values.size()));
  } else {
    // Equal numbers are told by their plain decimals.
    entries.open.push_back({SchemaPlans::scalars(algebra_, item, true), grammar_.empty()});
  }
  return grammar_.distinct(std::move(entries));
}

ExprId SchemaLowering::unique_items(const ArrayPlan& plan) {
  const auto refuse = [&](const std::string& why) {
    algebra_.refuse({algebra_.reader().document().pointer(plan.unique_at) + "/uniqueItems",
                     "uniqueItems: " + why});
    return plan.states.empty() ? items(plan) : counted_items(plan);
  };
  if (!plan.states.empty()) return refuse("together with contains it is not supported");
  const auto places = static_cast<uint32_t>(plan.prefix.size());
  const bool has_rest = plan.max > places && plans_.filled(plan.rest);
  if (has_rest && has_containers(plan.rest)) {
    return refuse("items that may be arrays or objects are not supported");
  }
  if (places == 0) return distinct_scalars(plan.rest, plan.min, plan.max);
  // Items in places: no two of the kinds have a value in common, or all cases are few.
  std::vector<NodeId> kinds = plan.prefix;
  if (has_rest) kinds.push_back(plan.rest);
  bool apart = true;
  for (size_t i = 0; i < kinds.size() && apart; ++i) {
    for (size_t j = 0; j < i && apart; ++j) {
      std::vector<Obligation> both = algebra_.obligations(kinds[i]);
      const std::vector<Obligation>& other = algebra_.obligations(kinds[j]);
      both.insert(both.end(), other.begin(), other.end());
      apart = algebra_.surely_empty(algebra_.node(both));
    }
  }
  if (apart) {
    const auto less = [](uint32_t count, uint32_t by) {
      return count == Schema::kUnbounded ? count : count > by ? count - by : 0;
    };
    ExprId tail = grammar_.empty();
    if (has_rest) {
      const ExprId rest =
          distinct_scalars(plan.rest, less(plan.min, places), less(plan.max, places));
      tail = grammar_.sequence({layout_.separator, rest});
      if (plan.min <= places) tail = grammar_.optional(tail);
    }
    for (uint32_t i = places; i-- > 0;) {
      tail = grammar_.sequence({value(plan.prefix[i]), tail});
      if (i == 0) break;
      tail = grammar_.sequence({layout_.separator, tail});
      if (i >= plan.min) tail = grammar_.optional(tail);
    }
    return tail;
  }
  constexpr size_t kMostCases = 2000;
  bool few = !has_rest;
  std::vector<std::vector<RegexId>> values;
  for (const NodeId kind : plan.prefix) {
    bool all = false;
    values.push_back(scalar_values(kind, kMostCases, all));
    few = few && all;
  }
  if (!few) return refuse("items of several kinds that may be equal are not supported");
  std::vector<ExprId> cases;
  std::vector<std::vector<RegexId>> rows = {{}};
  for (uint32_t i = 0; i < places; ++i) {
    std::vector<std::vector<RegexId>> longer;
    for (const std::vector<RegexId>& row : rows) {
      for (const RegexId next : values[i]) {
        if (std::find(row.begin(), row.end(), next) != row.end()) continue;
        longer.push_back(row);
        longer.back().push_back(next);
      }
    }
    rows = std::move(longer);
    if (rows.size() > kMostCases) return refuse("too many cases");
    if (i + 1 < plan.min) continue;
    for (const std::vector<RegexId>& row : rows) {
      std::vector<RegexId> parts;
      for (const RegexId text : row) {
        if (!parts.empty()) parts.push_back(layout_.separator_regex);
        parts.push_back(text);
      }
      cases.push_back(grammar_.regex(grammar_.regexes().concat(parts)));
    }
  }
  return cases.empty() ? grammar_.nothing() : grammar_.choice(cases);
}

}  // namespace tokrail
