#include "grammar/frontends/json_schema/schema_algebra.h"

#include <algorithm>

#include "base/error.h"

namespace tokrail {
namespace {

/// Whether the schema says no more than its logical keywords.
bool has_own_demands(const Schema& s) {
  return s.types != kAllTypes || s.integer || !s.constants.empty() || !s.bounds.empty() ||
         !s.multiples.empty() || s.min_length != 0 || s.max_length != Schema::kUnbounded ||
         s.pattern != SchemaDocument::kNone || s.format != SchemaDocument::kNone ||
         !s.prefix.empty() || s.items != Schema::kNone || s.contains != Schema::kNone ||
         s.unevaluated_items != Schema::kNone || s.min_items != 0 ||
         s.max_items != Schema::kUnbounded || s.unique_items || !s.properties.empty() ||
         !s.pattern_properties.empty() || !s.dependent_schemas.empty() ||
         s.additional != Schema::kNone || s.property_names != Schema::kNone ||
         s.unevaluated_properties != Schema::kNone || !s.required.empty() ||
         !s.dependent_required.empty() || s.min_properties != 0 ||
         s.max_properties != Schema::kUnbounded;
}

}  // namespace

SchemaAlgebra::SchemaAlgebra(SchemaReader& reader, RegexSet& regexes, TextLanguages& texts,
                             const JsonSchemaOptions& options)
    : reader_(reader), regexes_(regexes), texts_(texts), options_(options), numbers_(regexes) {
  storage_.push_back(std::make_unique<Node>(Node{.obligations = {kNoValue}, .empty = 1}));
  storage_.push_back(std::make_unique<Node>(Node{.obligations = {}, .empty = 0}));
  by_obligations_[{}] = kAnything;
}

void SchemaAlgebra::spend(size_t amount) {
  spent_ += amount;
  if (spent_ > options_.max_nodes) {
    throw Error(ErrorCode::kBudgetExhausted,
                "the combinations of this schema are too many: more than max_nodes = " +
                    std::to_string(options_.max_nodes));
  }
}

void SchemaAlgebra::refuse(const Refusal& refusal) {
  if (!options_.lenient) throw Error(ErrorCode::kUnsupported, refusal.message, refusal.pointer);
  reader_.warn(refusal.pointer, "not enforced: " + refusal.message);
}

std::string SchemaAlgebra::pointer(NodeId id) {
  const std::vector<Obligation>& all = nodes_[id].obligations;
  if (all.empty()) return {};
  return reader_.pointer(reader_.get(all.front() / 2));
}

/// Adds an obligation, seen through references and single logical keywords. False: nothing can
/// satisfy it.
bool SchemaAlgebra::add_obligation(Obligation obligation, std::vector<Obligation>& to,
                                   unsigned depth) {
  const SchemaId id = obligation / 2;
  const bool refused = obligation % 2 != 0;
  if (id == SchemaReader::kTrue || id == SchemaReader::kFalse) {
    return (id == SchemaReader::kTrue) != refused;
  }
  const Schema& schema = reader_.get(id);
  constexpr unsigned kMostReferences = 200;
  if (depth > kMostReferences) {
    throw Error(ErrorCode::kInvalidArgument, "$ref: the reference leads back to itself",
                reader_.pointer(schema));
  }
  const bool simple = !has_own_demands(schema) && schema.any_of.empty() && schema.one_of.empty() &&
                      schema.condition == Schema::kNone && schema.references.empty();
  const int parts = (schema.reference != Schema::kNone ? 1 : 0) + (schema.all_of.empty() ? 0 : 1) +
                    (schema.negated != Schema::kNone ? 1 : 0);
  if (simple && parts == 0) return !refused;
  if (!simple || (refused && parts != 1) || (refused && schema.all_of.size() > 1)) {
    to.push_back(obligation);
    return true;
  }
  bool possible = true;
  const auto add = [&](SchemaId part, bool flip) {
    possible = possible && add_obligation(part * 2 + (refused != flip ? 1 : 0), to, depth + 1);
  };
  if (schema.reference != Schema::kNone) add(schema.reference, false);
  const std::vector<SchemaId> all = schema.all_of;
  for (const SchemaId part : all) add(part, false);
  if (schema.negated != Schema::kNone) add(schema.negated, true);
  return possible;
}

NodeId SchemaAlgebra::node(std::vector<Obligation> obligations) {
  std::vector<Obligation> all;
  for (const Obligation obligation : obligations) {
    if (!add_obligation(obligation, all, 0)) return kNever;
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i] / 2 == all[i + 1] / 2) return kNever;
  }
  const auto [at, added] = by_obligations_.try_emplace(all, static_cast<NodeId>(storage_.size()));
  if (added) {
    spend(1);
    storage_.push_back(std::make_unique<Node>(Node{.obligations = std::move(all)}));
  }
  return at->second;
}

uint8_t SchemaAlgebra::literals(NodeId id) {
  Node& node = nodes_[id];
  if (!node.literals) {
    uint8_t bits = kNullBit | kFalseBit | kTrueBit;
    for (const Obligation o : node.obligations) {
      const uint8_t of = literals_of(o / 2);
      bits &= o % 2 == 0 ? of : static_cast<uint8_t>(~of);
    }
    node.literals = bits;
  }
  return *node.literals;
}

TextId SchemaAlgebra::text(NodeId id) {
  Node& node = nodes_[id];
  if (!node.text) {
    TextId all = TextLanguages::kAll;
    for (const Obligation o : node.obligations) {
      const TextId of = text_of(o / 2);
      all = texts_.both(all, o % 2 == 0 ? of : texts_.complement(of));
    }
    node.text = all;
  }
  return *node.text;
}

const NumberLanguage& SchemaAlgebra::number(NodeId id) {
  Node& node = nodes_[id];
  if (!node.number) {
    NumberLanguage all = numbers_.all();
    for (const Obligation o : node.obligations) {
      const NumberLanguage& of = number_of(o / 2);
      all = numbers_.both(all, o % 2 == 0 ? of : NumberLanguages::complement(of));
    }
    node.number = std::move(all);
  }
  return *node.number;
}

bool SchemaAlgebra::surely_empty(NodeId id) {
  Node& node = nodes_[id];
  if (node.empty >= 0) return node.empty == 1;
  constexpr unsigned kMostLevels = 5;
  if (node.in_work || look_depth_ >= kMostLevels) return false;
  node.in_work = true;
  ++look_depth_;
  const auto leave = [&] {
    --look_depth_;
    node.in_work = false;
  };
  bool empty = false;
  try {
    empty = find_out_empty(id);
  } catch (...) {
    leave();
    throw;
  }
  leave();
  return empty;
}

}  // namespace tokrail
