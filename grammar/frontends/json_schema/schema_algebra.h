// SchemaAlgebra: what schemas, and conjunctions of schemas and their opposites, mean for each JSON
// type: a set of literals, a set of strings, a set of numbers, shapes of arrays and of objects.
//
// For strings, numbers and literals all of logic is done exactly on the sets. For arrays and
// objects it is done on lists of shapes: allOf multiplies, anyOf joins, `not` joins the violations
// of each demand, oneOf is each branch without the others. Combinations that are surely empty are
// left out (a required key whose value cannot be), so that discriminated unions stay small.
//
// A Node is a conjunction of obligations; equal ones are one. Everything is computed when asked for
// and kept. Complexity: that of the boolean combination; within options.max_nodes. Errors: Error
// with a JSON pointer. Thread safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/json_schema/number_language.h"
#include "grammar/frontends/json_schema/schema_reader.h"
#include "grammar/frontends/json_schema/schema_shapes.h"
#include "grammar/frontends/json_schema/text_language.h"

namespace tokrail {

using NodeId = uint32_t;

class SchemaAlgebra {
 public:
  static constexpr NodeId kNever = 0, kAnything = 1;

  SchemaAlgebra(SchemaReader& reader, RegexSet& regexes, TextLanguages& texts,
                const JsonSchemaOptions& options);

  NodeId node(std::vector<Obligation> obligations);
  size_t nodes() const noexcept { return nodes_.size(); }
  const std::vector<Obligation>& obligations(NodeId id) const { return nodes_[id].obligations; }

  /// kNullBit, kFalseBit, kTrueBit.
  uint8_t literals(NodeId id);
  TextId text(NodeId id);
  const NumberLanguage& number(NodeId id);
  const std::vector<ArrayShape>& arrays(NodeId id);
  const std::vector<ObjectShape>& objects(NodeId id);

  /// True only if no value can satisfy the node; looks a few levels deep.
  bool surely_empty(NodeId id);
  /// The obligations that the shape puts on the value of a key, on an item.
  std::vector<Obligation> value_of(const ObjectShape& shape, std::string_view key);
  std::vector<Obligation> item_of(const ArrayShape& shape, uint32_t index) const;

  SchemaReader& reader() noexcept { return reader_; }
  TextLanguages& texts() noexcept { return texts_; }
  NumberLanguages& numbers() noexcept { return numbers_; }
  RegexSet& regexes() noexcept { return regexes_; }
  const JsonSchemaOptions& options() const noexcept { return options_; }
  /// Where a node comes from, for messages.
  std::string pointer(NodeId id);
  /// Throws, or warns and goes on where the caller is lenient.
  void refuse(const Refusal& refusal);
  void spend(size_t amount);
  /// A view of a copy that lives as long as this.
  std::string_view keep(const std::string& text) { return *kept_.insert(text).first; }
  bool contradicts(const ArrayShape& shape);
  bool contradicts(const ObjectShape& shape);

 private:
  template <class Shape>
  using Branches = std::vector<Shape>;
  /// schema, must refuse, annotations are kept
  using Request = std::tuple<SchemaId, bool, bool>;
  template <class Shape>
  struct Memory {
    std::map<Request, Branches<Shape>> known = {};
    std::set<Request> in_work = {};
  };
  struct Node {
    std::vector<Obligation> obligations;
    std::optional<uint8_t> literals = std::nullopt;
    std::optional<TextId> text = std::nullopt;
    std::optional<NumberLanguage> number = std::nullopt;
    std::unique_ptr<Branches<ArrayShape>> arrays = nullptr;
    std::unique_ptr<Branches<ObjectShape>> objects = nullptr;
    int8_t empty = -1;  // 1: surely, 0: surely not
    bool in_work = false;
  };
  class Step;

  // Scalars (schema_scalars.cc).
  uint8_t literals_of(SchemaId id);
  TextId text_of(SchemaId id);
  const NumberLanguage& number_of(SchemaId id);
  uint8_t own_literals(const Schema& schema);
  TextId own_text(const Schema& schema);
  NumberLanguage own_number(const Schema& schema);
  template <class Domain>
  typename Domain::Set combined(const Schema& schema, Domain domain);

  // Shapes (schema_branches.cc).
  template <class Shape>
  const Branches<Shape>& branches(Memory<Shape>& memory, SchemaId id, bool refuse, bool annotate);
  template <class Shape>
  Branches<Shape> accepting(const Schema& schema, bool annotate);
  template <class Shape>
  Branches<Shape> refusing(const Schema& schema);
  template <class Shape>
  Branches<Shape> constant(const Schema::Constants& constants, bool refuse);
  template <class Shape>
  Branches<Shape> any_of(const Schema& schema, bool annotate);
  template <class Shape>
  Branches<Shape> one_of(const Schema& schema, bool annotate);
  template <class Shape>
  Branches<Shape> conditional(const Schema& schema, bool refuse, bool annotate);
  template <class Shape>
  const Branches<Shape>& of(SchemaId id, bool refuse, bool annotate);
  template <class Shape>
  Branches<Shape> product(const Branches<Shape>& a, const Branches<Shape>& b);
  template <class Shape>
  Branches<Shape> without(const Branches<Shape>& shapes, SchemaId schema);
  template <class Shape>
  static void absorb(Branches<Shape>& shapes);
  template <class Shape>
  static void join(Branches<Shape>& to, const Branches<Shape>& more, bool annotate);

  // One type each (array_shapes.cc, object_shapes.cc).
  std::optional<ArrayShape> own_array(const Schema& schema, bool annotate);
  std::optional<ObjectShape> own_object(const Schema& schema, bool annotate);
  void violations(const Schema& schema, Branches<ArrayShape>& to);
  void violations(const Schema& schema, Branches<ObjectShape>& to);
  void dependent(const Schema& schema, bool annotate, Branches<ArrayShape>& result);
  void dependent(const Schema& schema, bool annotate, Branches<ObjectShape>& result);
  void unevaluated(const Schema& schema, Branches<ArrayShape>& result);
  void unevaluated(const Schema& schema, Branches<ObjectShape>& result);
  ArrayShape merged(const ArrayShape& a, const ArrayShape& b);
  ObjectShape merged(const ObjectShape& a, const ObjectShape& b);
  TextId declared_keys(const Schema& schema);
  TextId key_pattern(const Schema& schema, std::string_view pattern);

  bool add_obligation(Obligation obligation, std::vector<Obligation>& to, unsigned depth);
  bool find_out_empty(NodeId id);
  template <class Shape>
  const Branches<Shape>& node_branches(NodeId id, std::unique_ptr<Branches<Shape>> Node::*member);

  SchemaReader& reader_;
  RegexSet& regexes_;
  TextLanguages& texts_;
  const JsonSchemaOptions& options_;
  NumberLanguages numbers_;
  std::vector<std::unique_ptr<Node>> storage_;
  struct Nodes {
    std::vector<std::unique_ptr<Node>>& all;
    Node& operator[](NodeId id) const { return *all[id]; }
    size_t size() const { return all.size(); }
  } nodes_{storage_};
  std::map<std::vector<Obligation>, NodeId> by_obligations_;
  Memory<ArrayShape> array_memory_;
  Memory<ObjectShape> object_memory_;
  std::unordered_map<SchemaId, std::optional<uint8_t>> literals_;
  std::unordered_map<SchemaId, std::optional<TextId>> texts_of_;
  std::unordered_map<SchemaId, std::optional<NumberLanguage>> numbers_of_;
  unsigned in_place_depth_ = 0, look_depth_ = 0;
  size_t spent_ = 0;
  std::set<std::string> kept_;
};

}  // namespace tokrail
