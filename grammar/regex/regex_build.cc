// The constructors but for alternation: what is alike is made equal here. Sequences are kept
// right-associated, with runs of bytes as one literal and neighbours of one body as one repetition
// (x·x{2,3} is x{3,4}), so that there is one form for each sequence.
#include <algorithm>

#include "base/error.h"
#include "grammar/regex/regex_hash.h"
#include "grammar/regex/regex_store.h"

namespace tokrail {
namespace {

constexpr uint32_t kUnbounded = RegexSet::kUnbounded;

/// Sums and products of bounds; nothing where they leave the numbers that are not kUnbounded.
std::optional<uint32_t> add_bounds(uint32_t a, uint32_t b) {
  if (a == kUnbounded || b == kUnbounded) return kUnbounded;
  const uint64_t sum = uint64_t{a} + b;
  return sum < kUnbounded ? std::optional(static_cast<uint32_t>(sum)) : std::nullopt;
}

std::optional<uint32_t> multiply_bounds(uint32_t a, uint32_t b) {
  if (a == 0 || b == 0) return 0;
  if (a == kUnbounded || b == kUnbounded) return kUnbounded;
  const uint64_t product = uint64_t{a} * b;
  return product < kUnbounded ? std::optional(static_cast<uint32_t>(product)) : std::nullopt;
}

/// The bounds of (x{m,n}){p,q} as one repetition of x, if every count in between is reached.
std::optional<std::pair<uint32_t, uint32_t>> nested_bounds(uint32_t m, uint32_t n, uint32_t p,
                                                           uint32_t q) {
  if (p != q) {
    // k repetitions reach [k*m, k*n]; the next must begin at k*n + 1 or before, for k = p already.
    if (p == 0 && m > 1) return std::nullopt;
    if (p > 0 && n != kUnbounded && uint64_t{p} * (n - m) + 1 < m) return std::nullopt;
  }
  const auto min = multiply_bounds(m, p), max = multiply_bounds(n, q);
  if (!min || !max || *min == kUnbounded) return std::nullopt;
  return std::pair(*min, *max);
}

}  // namespace

RegexSet::Impl::Count RegexSet::Impl::count_of(RegexId id) const noexcept {
  if (id == kAnything) return {all_bytes_id, 0, kUnbounded};
  const Node& of = nodes[id];
  if (of.kind == Kind::kRepeat) return {of.value[0], of.value[1], of.value[2]};
  return {id, 1, 1};
}

RegexId RegexSet::Impl::after_bytes(RegexId literal_id, uint32_t n) {
  const Node& of = nodes[literal_id];
  RegexHash hash = of.hash;
  const Piece whole = piece(of);
  for (uint32_t i = 0; i < n; ++i) hash = detail::release(hash, byte_at(whole, i));
  return add_literal(without_first(whole, n), of.value[0], hash);
}

RegexId RegexSet::Impl::literal(Piece piece, RegexId rest) {
  if (piece.length == 0 || rest == kNothing) return rest;
  // A repetition of the last byte takes the last bytes in.
  const bool chain = is(rest, Kind::kConcat);
  const Count head = count_of(chain ? nodes[rest].value[0] : rest);
  if (is(chain ? nodes[rest].value[0] : rest, Kind::kRepeat)) {
    const auto byte = single_byte(head.body);
    uint32_t n = 0;
    while (byte && n < piece.length && byte_at(piece, piece.length - 1 - n) == *byte) ++n;
    const auto min = add_bounds(head.min, n), max = add_bounds(head.max, n);
    if (n > 0 && min && max && *min != kUnbounded) {
      const RegexId tail = chain ? nodes[rest].value[1] : static_cast<RegexId>(kEmpty);
      rest = prepend(repeat(head.body, *min, *max), tail);
      return literal({piece.end, piece.length - n}, rest);
    }
  }
  // Literals that meet become one: written behind what follows, unless it stands there already.
  const size_t text_before = text.size(), nodes_before = nodes.size();
  Piece after = {0, 0};
  RegexId tail = rest;
  if (is(rest, Kind::kLiteral)) {
    after = this->piece(nodes[rest]);
    tail = nodes[rest].value[0];
  } else if (const auto byte = single_byte(rest)) {
    const char c = static_cast<char>(*byte);
    after = write({&c, 1});
    tail = kEmpty;
  }
  const RegexHash hash = literal_hash(piece, rest);
  if (after.length > 0) {
    const uint32_t n = piece.length;
    if (after.end + n <= text.size() && text.compare(after.end, n, text, piece.end - n, n) == 0) {
      piece.end = after.end + n;
    } else {
      std::string joined(text, piece.end - piece.length, piece.length);
      if (after.end != text.size()) {
        joined.insert(0, text, after.end - after.length, after.length);
      }
      std::reverse(joined.begin(), joined.end());
      piece.end = write(joined).end;
    }
    piece.length += after.length;
  }
  const RegexId whole = add_literal(piece, tail, hash);
  if (nodes.size() == nodes_before) text.resize(text_before);
  return whole;
}

RegexId RegexSet::Impl::prepend(RegexId first, RegexId rest) {
  for (;;) {
    if (first == kNothing || rest == kNothing) return kNothing;
    if (first == kEmpty) return rest;
    if (rest == kEmpty) return first;
    if ((first == kAnything && nullable(rest)) || (rest == kAnything && nullable(first))) {
      return kAnything;
    }
    RegexId head = rest, tail = kEmpty;
    if (is(rest, Kind::kConcat)) {
      head = nodes[rest].value[0];
      tail = nodes[rest].value[1];
    }
    if (!is_counted(first) && !is_counted(head)) break;
    const Count count = count_of(first);
    const auto byte = single_byte(count.body);
    Count next = count_of(head);
    if (is(rest, Kind::kLiteral) && is(first, Kind::kRepeat) && byte) {
      const Piece bytes = piece(nodes[rest]);
      uint32_t n = 0;
      while (n < bytes.length && byte_at(bytes, n) == *byte) ++n;
      next = {n > 0 ? count.body : head, n, n};
      if (n > 0) tail = after_bytes(rest, n);
    }
    const auto min = add_bounds(count.min, next.min), max = add_bounds(count.max, next.max);
    if (count.body != next.body || !min || !max || *min == kUnbounded) break;
    first = repeat(count.body, *min, *max);
    rest = tail;
  }
  if (const auto byte = single_byte(first)) {
    // Written right behind the literal that follows, if that was the last, a chain that is built
    // from its end grows in place. What turns out to be known needs no text of its own.
    const size_t text_before = text.size(), nodes_before = nodes.size();
    const char c = static_cast<char>(*byte);
    const RegexId whole = literal(write({&c, 1}), rest);
    if (nodes.size() == nodes_before) text.resize(text_before);
    return whole;
  }
  return add_concat(first, rest);
}

RegexId RegexSet::Impl::concat(RegexId first, RegexId rest) {
  if (!is(first, Kind::kConcat) && !is(first, Kind::kLiteral)) return prepend(first, rest);
  std::vector<RegexId> chain;  // literals stand for their bytes alone
  while (is(first, Kind::kConcat) || is(first, Kind::kLiteral)) {
    const Node& of = nodes[first];
    chain.push_back(of.kind == Kind::kConcat ? of.value[0] : first);
    first = of.value[of.kind == Kind::kConcat ? 1 : 0];
  }
  rest = prepend(first, rest);
  for (size_t i = chain.size(); i-- > 0;) {
    const Node& of = nodes[chain[i]];
    rest = of.kind == Kind::kLiteral ? literal(piece(of), rest) : prepend(chain[i], rest);
  }
  return rest;
}

RegexId RegexSet::Impl::concat(std::span<const RegexId> parts) {
  RegexId rest = kEmpty;
  for (size_t i = parts.size(); i-- > 0;) rest = concat(parts[i], rest);
  return rest;
}

RegexId RegexSet::Impl::repeat(RegexId what, uint32_t min, uint32_t max) {
  if (min > max || min == kUnbounded) {
    throw Error(ErrorCode::kInvalidArgument,
                "a repetition of " + std::to_string(min) + " to " + std::to_string(max) +
                    " times; expected the least number to be no more than the greatest");
  }
  if (max == 0) return kEmpty;
  if (what == kNothing) return min == 0 ? kEmpty : kNothing;
  if (what == kEmpty || what == kAnything) return what;
  if (nullable(what)) min = 0;
  if (max == 1 && (min == 1 || nullable(what))) return what;
  if (is(what, Kind::kRepeat)) {
    const Count inner = count_of(what);
    if (const auto both = nested_bounds(inner.min, inner.max, min, max)) {
      return repeat(inner.body, both->first, both->second);
    }
  }
  if (what == all_bytes_id && min == 0 && max == kUnbounded) return kAnything;
  return add_repeat(what, min, max);
}

RegexId RegexSet::Impl::complement(RegexId what) {
  if (what == kNothing) return kAnything;
  if (is(what, Kind::kComplement)) return nodes[what].value[0];
  return add_complement(what);
}

RegexId RegexSet::Impl::intersect(std::span<const RegexId> all) {
  std::vector<RegexId> work(all.begin(), all.end()), ids, refused;
  ByteSet bytes = ByteSet::all();
  bool has_bytes = false, has_empty = false;
  while (!work.empty()) {
    const RegexId id = work.back();
    work.pop_back();
    const Node& of = nodes[id];
    if (id == kNothing) return kNothing;
    if (id == kAnything) continue;
    if (id == kEmpty) {
      has_empty = true;
    } else if (of.kind == Kind::kIntersect) {
      const auto inner = operands_of(of);
      work.insert(work.end(), inner.begin(), inner.end());
    } else if (of.kind == Kind::kComplement) {
      refused.push_back(of.value[0]);
    } else if (of.kind == Kind::kBytes) {
      bytes &= byte_sets[of.value[0]];
      has_bytes = true;
    } else {
      ids.push_back(id);
    }
  }
  if (has_empty) {
    const auto matches_empty = [this](RegexId id) { return nullable(id); };
    return !has_bytes && std::all_of(ids.begin(), ids.end(), matches_empty) &&
                   std::none_of(refused.begin(), refused.end(), matches_empty)
               ? kEmpty
               : kNothing;
  }
  if (has_bytes) {
    if (bytes.empty()) return kNothing;
    ids.push_back(add_bytes(bytes));
  }
  if (!refused.empty()) {
    // Not a and not b is not (a or b).
    const RegexId any_refused = refused.size() == 1 ? refused[0] : alternate(refused);
    if (any_refused == kAnything) return kNothing;
    const auto parts = is(any_refused, Kind::kAlternate) ? operands_of(nodes[any_refused])
                                                         : std::span(&any_refused, 1);
    for (const RegexId id : ids) {
      if (std::find(parts.begin(), parts.end(), id) != parts.end()) return kNothing;
    }
    if (any_refused != kNothing) ids.push_back(complement(any_refused));
  }
  if (ids.empty()) return kAnything;
  sort_by_hash(ids);
  return ids.size() == 1 ? ids[0] : add_list(Kind::kIntersect, ids);
}

}  // namespace tokrail
