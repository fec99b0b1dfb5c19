// RegexSet's insides: the nodes, and the jobs that the files of this folder share out.
//
//   regex_store.cc        nodes and hash-consing
//   regex_build.cc        concat, repeat, complement, intersect: rules of simplification
//   regex_alternate.cc    alternate: merging and factoring
//   regex_characters.cc   sets of characters in UTF-8
//   regex_transitions.cc  derivatives
//   regex_search.cc       emptiness, shortest strings, matching
//   regex_print.cc        to_string
//
// Private to grammar/regex.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/regex/regex_set.h"

namespace tokrail {

struct RegexSet::Impl {
  static constexpr uint32_t kNone = 0xFFFFFFFF;
  /// Most states of a search that decides whether a transition leads to an empty language.
  static constexpr size_t kPruningStates = 200000;
  /// Bounds of what belongs to nodes, on the average, and of all literals together.
  static constexpr size_t kOperandsPerNode = 8, kTransitionsPerNode = 4;
  static constexpr size_t kMaxText = size_t{1} << 28;
  enum Flag : uint8_t {
    kNullable = 1,
    kPlain = 2,     ///< no intersection, no complement inside: empty only if it is kNothing
    kPruned = 4,    ///< transitions lead to no empty language
    kNonEmpty = 8,  ///< found out by search
    kIsEmpty = 16,
  };

  /// kBytes: index in byte_sets, the byte if it is one or kNone. kLiteral: rest, end in `text`,
  /// length. kConcat: first, rest. kAlternate, kIntersect: offset in `operands`, number.
  /// kComplement: what. kRepeat: what, min, max.
  struct Node {
    RegexHash hash;
    uint32_t value[3];
    uint32_t transitions;  ///< offset in `arena`, or kNone
    uint16_t transition_count;
    Kind kind;
    uint8_t flags;
  };
  /// A stretch of `text`, which holds literals backwards, so that bytes can be put before a
  /// literal and taken from its front: byte i of the literal is text[end - 1 - i].
  struct Piece {
    uint32_t end, length;
  };

  explicit Impl(size_t max_nodes);

  // Nodes.
  const Node& node(RegexId id) const noexcept { return nodes[id]; }
  bool nullable(RegexId id) const noexcept { return (nodes[id].flags & kNullable) != 0; }
  bool plain(RegexId id) const noexcept { return (nodes[id].flags & kPlain) != 0; }
  bool is(RegexId id, Kind kind) const noexcept { return nodes[id].kind == kind; }
  uint8_t byte_at(Piece piece, uint32_t i) const noexcept {
    return static_cast<uint8_t>(text[piece.end - 1 - i]);
  }
  Piece piece(const Node& literal) const noexcept { return {literal.value[1], literal.value[2]}; }
  static Piece without_first(Piece piece, uint32_t n) noexcept {
    return {piece.end - n, piece.length - n};
  }
  std::span<const RegexId> operands_of(const Node& node) const noexcept;
  /// Writes the bytes to the end of `text`.
  Piece write(std::string_view bytes);

  RegexId add_bytes(const ByteSet& set);
  /// `hash` that of the whole; rest must not begin with a literal that `piece` could join.
  RegexId add_literal(Piece piece, RegexId rest, const RegexHash& hash);
  RegexHash literal_hash(Piece piece, RegexId rest) const noexcept;
  RegexId add_concat(RegexId first, RegexId rest);
  RegexId add_repeat(RegexId what, uint32_t min, uint32_t max);
  RegexId add_complement(RegexId what);
  /// Operands in order of their hashes.
  RegexId add_list(Kind kind, std::span<const RegexId> list);
  /// The node of another set with its operands already copied here.
  RegexId add_copy(const Impl& from, const Node& node, std::span<const RegexId> parts);
  void sort_by_hash(std::vector<RegexId>& ids) const;

  // Building.
  RegexId bytes(const ByteSet& set) { return set.empty() ? kNothing : add_bytes(set); }
  RegexId literal(Piece piece, RegexId rest);
  RegexId concat(RegexId first, RegexId rest);
  RegexId concat(std::span<const RegexId> parts);
  RegexId prepend(RegexId first, RegexId rest);
  RegexId repeat(RegexId what, uint32_t min, uint32_t max);
  RegexId complement(RegexId what);
  RegexId intersect(std::span<const RegexId> all);
  RegexId alternate(std::span<const RegexId> choices);
  RegexId characters(std::span<const CodePointRange> ranges);
  RegexId any_character();
  /// The literal without its first n bytes. O(n).
  RegexId after_bytes(RegexId literal, uint32_t n);

  /// An expression seen as its body min to max times.
  struct Count {
    RegexId body;
    uint32_t min, max;
  };
  Count count_of(RegexId id) const noexcept;
  bool is_counted(RegexId id) const noexcept { return is(id, Kind::kRepeat) || id == kAnything; }
  std::optional<uint8_t> single_byte(RegexId id) const noexcept {
    const Node& of = nodes[id];
    if (of.kind != Kind::kBytes || of.value[1] == kNone) return std::nullopt;
    return static_cast<uint8_t>(of.value[1]);
  }

  // Derivatives.
  /// At most one transition, which is not worth keeping.
  static bool needs_no_list(const Node& node) noexcept { return node.kind <= Kind::kLiteral; }
  std::span<const RegexTransition> raw_transitions(RegexId id);
  std::span<const RegexTransition> pruned_transitions(RegexId id);
  RegexId raw_step(RegexId id, uint8_t byte);

  // Searching.
  bool is_empty(RegexId id, size_t max_states);

  template <typename Same>
  RegexId find(const Node& wanted, Same same) const;
  RegexId append(const Node& node);
  void check_room(size_t size, size_t per_node) const;
  void grow_slots();

  size_t max_nodes;
  std::vector<Node> nodes;
  std::vector<uint32_t> slots;  ///< open addressing over nodes, by hash; kNone where free
  std::vector<ByteSet> byte_sets;
  std::vector<RegexId> operands;
  std::string text;
  std::vector<RegexTransition> arena;
  std::vector<RegexTransition> scratch;  ///< room for the list that is being made
  RegexTransition only_transition = {};  ///< of the last node asked for that keeps no list
  std::unordered_map<RegexId, ByteSet> first_bytes;
  RegexId any_character_id = kNone;
  RegexId all_bytes_id = kNone;
  int factoring_depth = 0;
};

}  // namespace tokrail
