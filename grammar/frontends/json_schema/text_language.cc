#include "grammar/frontends/json_schema/text_language.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "base/utf8.h"
#include "grammar/frontends/regex_notation.h"

namespace tokrail {

TextLanguages::TextLanguages(RegexSet& set, JsonSpelling& spelling)
    : set_(set), spelling_(spelling) {
  nodes_.push_back({.kind = Kind::kAll, .empty = 0});
  nodes_.push_back({.kind = Kind::kNone, .empty = 1});
}

TextId TextLanguages::add(Kind kind, uint32_t a, uint32_t b) {
  const auto [at, added] = known_.try_emplace({kind, a, b}, static_cast<TextId>(nodes_.size()));
  if (added) nodes_.push_back({.kind = kind, .a = a, .b = b});
  return at->second;
}

TextId TextLanguages::of(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.empty()) return kNone;
  size_t hash = values.size();
  for (const std::string& value : values) hash = hash * 31 + std::hash<std::string>()(value);
  std::vector<TextId>& alike = values_[hash];
  for (const TextId id : alike) {
    if (nodes_[id].values == values) return id;
  }
  const auto id = static_cast<TextId>(nodes_.size());
  nodes_.push_back({.kind = Kind::kValues, .values = std::move(values), .empty = 0});
  alike.push_back(id);
  return id;
}

TextId TextLanguages::pattern(std::string_view pattern) {
  const auto found = patterns_.find(pattern);
  if (found != patterns_.end()) return found->second;
  RegexOptions options{.dialect = PatternDialect::kEcma, .search = true};
  const RegexId plain = parse_regex(plain_, pattern, options);
  options.spelling = [this](RegexSet&, std::span<const CodePointRange> ranges) {
    return spelling_.character(ranges);
  };
  const auto id = static_cast<TextId>(nodes_.size());
  nodes_.push_back({.kind = Kind::kPattern, .plain = plain});
  nodes_.back().spelled = parse_regex(set_, pattern, options);
  patterns_.emplace(pattern, id);
  return id;
}

TextId TextLanguages::length(uint32_t min, uint32_t max) {
  if (min > max) return kNone;
  if (min == 0 && max == RegexSet::kUnbounded) return kAll;
  return add(Kind::kLength, min, max);
}

/// The listed values that are (not) in `by`.
TextId TextLanguages::filtered(TextId values, TextId by, bool wanted) {
  std::vector<std::string> kept;
  const std::vector<std::string> all = nodes_[values].values;
  for (const std::string& value : all) {
    if (matches(by, value) == wanted) kept.push_back(value);
  }
  return kept.size() == all.size() ? values : of(std::move(kept));
}

TextId TextLanguages::both(TextId a, TextId b) {
  if (a > b) std::swap(a, b);
  if (a == b || a == kAll) return b;
  if (a == kNone) return kNone;
  if (nodes_[a].kind == Kind::kValues) return filtered(a, b, true);
  if (nodes_[b].kind == Kind::kValues) return filtered(b, a, true);
  const auto negates = [this](TextId x, TextId y) {
    return nodes_[x].kind == Kind::kComplement && nodes_[x].a == y;
  };
  if (negates(a, b) || negates(b, a)) return kNone;
  if (const auto simpler = with_length(a, b)) return *simpler;
  if (const auto simpler = with_length(b, a)) return *simpler;
  return add(Kind::kBoth, a, b);
}

/// Lengths are put together by arithmetic, for a search over counters can be long.
std::optional<TextId> TextLanguages::with_length(TextId a, TextId b) {
  if (nodes_[a].kind != Kind::kLength) return std::nullopt;
  const TextId left = nodes_[b].a, right = nodes_[b].b;
  switch (nodes_[b].kind) {
    case Kind::kLength: {
      const uint32_t min = std::max(nodes_[a].a, left);
      return length(min, std::min(nodes_[a].b, right));
    }
    case Kind::kBoth:
      if (const auto first = with_length(a, left)) return both(*first, right);
      if (const auto second = with_length(a, right)) return both(left, *second);
      return std::nullopt;
    case Kind::kEither: {
      const auto first = with_length(a, left), second = with_length(a, right);
      if (first && second) return either(*first, *second);
      return std::nullopt;
    }
    default: return std::nullopt;
  }
}

TextId TextLanguages::either(TextId a, TextId b) {
  if (a > b) std::swap(a, b);
  if (a == b || b == kNone) return a;
  if (a == kNone) return b;
  if (a == kAll) return kAll;
  if (nodes_[a].kind == Kind::kValues && nodes_[b].kind == Kind::kValues) {
    std::vector<std::string> values = nodes_[a].values;
    values.insert(values.end(), nodes_[b].values.begin(), nodes_[b].values.end());
    return of(std::move(values));
  }
  const auto negates = [this](TextId x, TextId y) {
    return nodes_[x].kind == Kind::kComplement && nodes_[x].a == y;
  };
  if (negates(a, b) || negates(b, a)) return kAll;
  return add(Kind::kEither, a, b);
}

TextId TextLanguages::complement(TextId a) {
  if (a == kAll) return kNone;
  if (a == kNone) return kAll;
  if (nodes_[a].kind == Kind::kComplement) return nodes_[a].a;
  if (nodes_[a].kind == Kind::kLength) {
    const uint32_t min = nodes_[a].a, max = nodes_[a].b;
    const TextId shorter = min == 0 ? kNone : length(0, min - 1);
    const TextId longer =
        max == RegexSet::kUnbounded ? kNone : length(max + 1, RegexSet::kUnbounded);
    return either(shorter, longer);
  }
  return add(Kind::kComplement, a, 0);
}

bool TextLanguages::matches(TextId id, std::string_view text) {
  const Node& node = nodes_[id];
  switch (node.kind) {
    case Kind::kAll: return true;
    case Kind::kNone: return false;
    case Kind::kValues:
      return std::binary_search(node.values.begin(), node.values.end(), text, std::less<>());
    case Kind::kPattern: return plain_.matches(node.plain, text);
    case Kind::kLength: {
      const size_t size = count_code_points(text);
      return size >= node.a && (node.b == RegexSet::kUnbounded || size <= node.b);
    }
    case Kind::kBoth: return matches(node.a, text) && matches(node.b, text);
    case Kind::kEither: return matches(node.a, text) || matches(node.b, text);
    case Kind::kComplement: return !matches(node.a, text);
  }
  return false;
}

bool TextLanguages::is_empty(TextId id) {
  if (nodes_[id].empty < 0) {
    const bool empty = plain_.is_empty(plain(id), 20000);
    nodes_[id].empty = empty ? 1 : 0;
  }
  return nodes_[id].empty == 1;
}

std::vector<std::string> TextLanguages::shortest(TextId id, size_t most) {
  std::vector<std::string> found;
  for (RegexId left = plain(id); found.size() < most;) {
    const auto next = plain_.shortest(left, 20000);
    if (!next) break;
    found.push_back(*next);
    left = plain_.difference(left, plain_.literal(*next));
  }
  return found;
}

const std::vector<std::string>* TextLanguages::values(TextId id) const {
  return nodes_[id].kind == Kind::kValues || id == kNone ? &nodes_[id].values : nullptr;
}

RegexId TextLanguages::plain(TextId id) {
  if (nodes_[id].plain == kUnmade) {
    const RegexId made = make(id, plain_, false);
    nodes_[id].plain = made;
  }
  return nodes_[id].plain;
}

RegexId TextLanguages::spelled(TextId id) {
  if (nodes_[id].spelled == kUnmade) {
    const RegexId made = make(id, set_, true);
    nodes_[id].spelled = made;
  }
  return nodes_[id].spelled;
}

RegexId TextLanguages::quoted(TextId id) {
  RegexId text = spelled(id);
  if (pattern_text_ != kUnmade) {
    std::vector<TextId> leaves;
    collect_leaves(id, leaves);
    const bool has_pattern = std::any_of(leaves.begin(), leaves.end(), [this](TextId leaf) {
      return nodes_[leaf].kind == Kind::kPattern;
    });
    if (has_pattern) text = set_.intersect({text, pattern_text_});
  }
  return spelling_.quoted(text);
}

RegexId TextLanguages::make(TextId id, RegexSet& set, bool spelled) {
  const auto part = [this, spelled](TextId of) { return spelled ? this->spelled(of) : plain(of); };
  const Node node{.kind = nodes_[id].kind, .a = nodes_[id].a, .b = nodes_[id].b};
  const RegexId character = spelled ? spelling_.any_character() : set.any_character();
  switch (node.kind) {
    case Kind::kAll: return set.star(character);
    case Kind::kLength: return set.repeat(character, node.a, node.b);
    case Kind::kValues: return trie(set, nodes_[id].values, 0, spelled);
    case Kind::kBoth: return set.intersect({part(node.a), part(node.b)});
    case Kind::kEither: return set.alternate({part(node.a), part(node.b)});
    case Kind::kComplement: return set.difference(set.star(character), part(node.a));
    default: return RegexSet::kNothing;
  }
}

/// Sorted values that agree before `depth`, as a tree of their first characters.
RegexId TextLanguages::trie(RegexSet& set, std::span<const std::string> values, size_t depth,
                            bool spelled) {
  std::vector<RegexId> choices;
  size_t begin = 0;
  while (begin < values.size() && values[begin].size() == depth) {
    choices.push_back(RegexSet::kEmpty);
    ++begin;
  }
  while (begin < values.size()) {
    const std::string& first = values[begin];
    const auto shares = [&](const std::string& value, size_t size) {
      return value.compare(depth, size - depth, first, depth, size - depth) == 0;
    };
    const Utf8Unit unit = decode_utf8(first.data() + depth, first.data() + first.size());
    size_t end = begin + 1;
    while (end < values.size() && shares(values[end], depth + unit.length)) ++end;
    // Everything that all of them share goes into one piece, up to a whole character.
    size_t shared = depth + unit.length;
    const std::string& last = values[end - 1];
    while (shared < first.size()) {
      const Utf8Unit next = decode_utf8(first.data() + shared, first.data() + first.size());
      if (!shares(last, shared + next.length)) break;
      shared += next.length;
    }
    const std::string_view piece = std::string_view(first).substr(depth, shared - depth);
    const RegexId head = spelled ? spelling_.characters_of(piece) : set.literal(piece);
    choices.push_back(
        set.concat(head, trie(set, values.subspan(begin, end - begin), shared, spelled)));
    begin = end;
  }
  return set.alternate(choices);
}

void TextLanguages::collect_values(TextId id, std::vector<std::string>& values) const {
  const Node& node = nodes_[id];
  switch (node.kind) {
    case Kind::kValues: values.insert(values.end(), node.values.begin(), node.values.end()); return;
    case Kind::kBoth:
    case Kind::kEither: collect_values(node.b, values); [[fallthrough]];
    case Kind::kComplement: collect_values(node.a, values); return;
    default: return;
  }
}

void TextLanguages::collect_leaves(TextId id, std::vector<TextId>& leaves) const {
  const Node& node = nodes_[id];
  switch (node.kind) {
    case Kind::kPattern:
    case Kind::kLength:
      if (std::find(leaves.begin(), leaves.end(), id) == leaves.end()) leaves.push_back(id);
      return;
    case Kind::kBoth:
    case Kind::kEither: collect_leaves(node.b, leaves); [[fallthrough]];
    case Kind::kComplement: collect_leaves(node.a, leaves); return;
    default: return;
  }
}

bool TextLanguages::holds(TextId id, const std::unordered_map<TextId, bool>& in) const {
  const Node& node = nodes_[id];
  switch (node.kind) {
    case Kind::kAll: return true;
    case Kind::kNone:
    case Kind::kValues: return false;
    case Kind::kPattern:
    case Kind::kLength: return in.at(id);
    case Kind::kBoth: return holds(node.a, in) && holds(node.b, in);
    case Kind::kEither: return holds(node.a, in) || holds(node.b, in);
    case Kind::kComplement: return !holds(node.a, in);
  }
  return false;
}

}  // namespace tokrail
