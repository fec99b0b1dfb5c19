#include "grammar/regex/regex_store.h"

#include <algorithm>

#include "base/error.h"
#include "grammar/regex/regex_hash.h"

namespace tokrail {

using detail::absorb;

namespace {

RegexHash seed_of(RegexSet::Kind kind) {
  return absorb({0x746F6B7261696C00, 0x7265676578736574}, static_cast<uint64_t>(kind));
}

}  // namespace

RegexSet::Impl::Impl(size_t node_limit) : max_nodes(std::min<size_t>(node_limit, size_t{1} << 28)) {
  nodes.reserve(16);
  slots.assign(32, kNone);
  append({seed_of(Kind::kNothing), {}, kNone, 0, Kind::kNothing, kPlain});
  append({seed_of(Kind::kEmpty), {}, kNone, 0, Kind::kEmpty, kPlain | kNullable});
  append({absorb(seed_of(Kind::kComplement), nodes[kNothing].hash),
          {kNothing, 0, 0},
          kNone,
          0,
          Kind::kComplement,
          kPlain | kNullable});
  all_bytes_id = add_bytes(ByteSet::all());
}

template <typename Same>
RegexId RegexSet::Impl::find(const Node& wanted, Same same) const {
  const size_t mask = slots.size() - 1;
  for (size_t at = wanted.hash.low & mask; slots[at] != kNone; at = (at + 1) & mask) {
    const Node& known = nodes[slots[at]];
    if (known.hash == wanted.hash && known.kind == wanted.kind && same(known)) return slots[at];
  }
  return kNone;
}

void RegexSet::Impl::check_room(size_t size, size_t per_node) const {
  if (size <= max_nodes * per_node) return;
  throw Error(ErrorCode::kBudgetExhausted, "regular expressions need more than what " +
                                               std::to_string(max_nodes) + " nodes may take");
}

RegexId RegexSet::Impl::append(const Node& node) {
  check_room(nodes.size() + 1, 1);
  if ((nodes.size() + 1) * 4 > slots.size() * 3) grow_slots();
  const auto id = static_cast<RegexId>(nodes.size());
  nodes.push_back(node);
  const size_t mask = slots.size() - 1;
  size_t at = node.hash.low & mask;
  while (slots[at] != kNone) at = (at + 1) & mask;
  slots[at] = id;
  return id;
}

void RegexSet::Impl::grow_slots() {
  slots.assign(slots.size() * 2, kNone);
  const size_t mask = slots.size() - 1;
  for (RegexId id = 0; id < nodes.size(); ++id) {
    size_t at = nodes[id].hash.low & mask;
    while (slots[at] != kNone) at = (at + 1) & mask;
    slots[at] = id;
  }
}

std::span<const RegexId> RegexSet::Impl::operands_of(const Node& node) const noexcept {
  switch (node.kind) {
    case Kind::kLiteral:
    case Kind::kComplement:
    case Kind::kRepeat: return {node.value, 1};
    case Kind::kConcat: return {node.value, 2};
    case Kind::kAlternate:
    case Kind::kIntersect: return {operands.data() + node.value[0], node.value[1]};
    default: return {};
  }
}

RegexSet::Impl::Piece RegexSet::Impl::write(std::string_view bytes) {
  if (text.size() + bytes.size() > kMaxText) {
    throw Error(ErrorCode::kBudgetExhausted, "regular expressions have too long literals");
  }
  text.append(bytes.rbegin(), bytes.rend());
  return {static_cast<uint32_t>(text.size()), static_cast<uint32_t>(bytes.size())};
}

RegexId RegexSet::Impl::add_bytes(const ByteSet& set) {
  // One byte has the hash of the literal of that byte and then nothing more.
  Node node = {seed_of(Kind::kBytes), {}, kNone, 0, Kind::kBytes, kPlain};
  const auto byte = set.single();
  node.value[1] = byte ? *byte : kNone;
  if (byte) {
    node.hash = absorb(nodes[kEmpty].hash, *byte);
  } else {
    for (const uint64_t word : set.words()) node.hash = absorb(node.hash, word);
  }
  const RegexId known =
      find(node, [&](const Node& other) { return byte_sets[other.value[0]] == set; });
  if (known != kNone) return known;
  node.value[0] = static_cast<uint32_t>(byte_sets.size());
  byte_sets.push_back(set);
  return append(node);
}

RegexHash RegexSet::Impl::literal_hash(Piece piece, RegexId rest) const noexcept {
  RegexHash hash = nodes[rest].hash;
  for (uint32_t i = piece.length; i-- > 0;) hash = absorb(hash, byte_at(piece, i));
  return hash;
}

RegexId RegexSet::Impl::add_literal(Piece piece, RegexId rest, const RegexHash& hash) {
  if (piece.length == 0) return rest;
  if (piece.length == 1 && rest == kEmpty) return add_bytes(ByteSet::of(byte_at(piece, 0)));
  const uint8_t flags = nodes[rest].flags & kPlain;
  const Node node = {hash, {rest, piece.end, piece.length}, kNone, 0, Kind::kLiteral, flags};
  const char* const begin = text.data() + piece.end - piece.length;
  const RegexId known = find(node, [&](const Node& other) {
    return other.value[0] == rest && other.value[2] == piece.length &&
           (other.value[1] == piece.end ||
            std::equal(begin, begin + piece.length, text.data() + other.value[1] - piece.length));
  });
  return known != kNone ? known : append(node);
}

RegexId RegexSet::Impl::add_concat(RegexId first, RegexId rest) {
  const uint8_t flags = nodes[first].flags & nodes[rest].flags & (kNullable | kPlain);
  const RegexHash hash =
      absorb(absorb(seed_of(Kind::kConcat), nodes[first].hash), nodes[rest].hash);
  const Node node = {hash, {first, rest, 0}, kNone, 0, Kind::kConcat, flags};
  const RegexId known = find(
      node, [&](const Node& other) { return other.value[0] == first && other.value[1] == rest; });
  return known != kNone ? known : append(node);
}

RegexId RegexSet::Impl::add_repeat(RegexId what, uint32_t min, uint32_t max) {
  const uint8_t flags = (nodes[what].flags & kPlain) | (min == 0 ? kNullable : 0);
  RegexHash hash = absorb(seed_of(Kind::kRepeat), nodes[what].hash);
  hash = absorb(hash, uint64_t{min} << 32 | max);
  const Node node = {hash, {what, min, max}, kNone, 0, Kind::kRepeat, flags};
  const RegexId known = find(node, [&](const Node& other) {
    return other.value[0] == what && other.value[1] == min && other.value[2] == max;
  });
  return known != kNone ? known : append(node);
}

RegexId RegexSet::Impl::add_complement(RegexId what) {
  const uint8_t flags = nullable(what) ? 0 : kNullable;
  const RegexHash hash = absorb(seed_of(Kind::kComplement), nodes[what].hash);
  const Node node = {hash, {what, 0, 0}, kNone, 0, Kind::kComplement, flags};
  const RegexId known = find(node, [&](const Node& other) { return other.value[0] == what; });
  return known != kNone ? known : append(node);
}

RegexId RegexSet::Impl::add_list(Kind kind, std::span<const RegexId> list) {
  RegexHash hash = absorb(seed_of(kind), list.size());
  bool any = false, all = true, all_plain = true;
  for (const RegexId id : list) {
    hash = absorb(hash, nodes[id].hash);
    any = any || nullable(id);
    all = all && nullable(id);
    all_plain = all_plain && plain(id);
  }
  const bool is_nullable = kind == Kind::kAlternate ? any : all;
  const uint8_t flags =
      (is_nullable ? kNullable : 0) | (all_plain && kind == Kind::kAlternate ? kPlain : 0);
  Node node = {hash, {0, static_cast<uint32_t>(list.size()), 0}, kNone, 0, kind, flags};
  const RegexId known = find(node, [&](const Node& other) {
    const auto others = operands_of(other);
    return std::equal(others.begin(), others.end(), list.begin(), list.end());
  });
  if (known != kNone) return known;
  check_room(operands.size() + list.size(), kOperandsPerNode);
  node.value[0] = static_cast<uint32_t>(operands.size());
  const RegexId id = append(node);
  operands.insert(operands.end(), list.begin(), list.end());
  return id;
}

RegexId RegexSet::Impl::add_copy(const Impl& from, const Node& node,
                                 std::span<const RegexId> parts) {
  switch (node.kind) {
    case Kind::kNothing: return kNothing;
    case Kind::kEmpty: return kEmpty;
    case Kind::kBytes: return add_bytes(from.byte_sets[node.value[0]]);
    case Kind::kLiteral: {
      const Piece theirs = piece(node);
      const size_t text_before = text.size(), nodes_before = nodes.size();
      const std::string backwards(from.text, theirs.end - theirs.length, theirs.length);
      const Piece ours = write(std::string(backwards.rbegin(), backwards.rend()));
      const RegexId id = add_literal(ours, parts[0], node.hash);
      if (nodes.size() == nodes_before) text.resize(text_before);
      return id;
    }
    case Kind::kConcat: return add_concat(parts[0], parts[1]);
    case Kind::kRepeat: return add_repeat(parts[0], node.value[1], node.value[2]);
    case Kind::kComplement: return add_complement(parts[0]);
    default: return add_list(node.kind, parts);
  }
}

void RegexSet::Impl::sort_by_hash(std::vector<RegexId>& ids) const {
  std::sort(ids.begin(), ids.end(),
            [this](RegexId a, RegexId b) { return nodes[a].hash < nodes[b].hash; });
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace tokrail
