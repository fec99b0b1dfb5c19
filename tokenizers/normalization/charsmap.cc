#include "tokenizers/normalization/charsmap.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"

namespace tokrail {
namespace {

// The bits of a Darts-clone unit: label 0-7, "a key ends here" 8, offset 9-30 (bit 9: times 256),
// and 31 set for a unit that holds a value.
constexpr uint32_t kValueBit = 1u << 31;

constexpr uint32_t label(uint32_t unit) noexcept {
  return unit & (kValueBit | 0xFF);
}
constexpr bool ends_key(uint32_t unit) noexcept {
  return (unit >> 8 & 1) != 0;
}
constexpr uint32_t offset(uint32_t unit) noexcept {
  return (unit >> 10) << ((unit & 1u << 9) >> 6);
}
constexpr uint32_t value(uint32_t unit) noexcept {
  return unit & ~kValueBit;
}

// For walks over all keys of an array that may be damaged: circles, or more ways than time.
constexpr size_t kMostSteps = 1 << 22;

uint32_t little_endian_u32(const char* bytes) noexcept {
  uint32_t result = 0;
  for (int i = 3; i >= 0; --i) result = result << 8 | static_cast<unsigned char>(bytes[i]);
  return result;
}

}  // namespace

struct Charsmap::Data {
  std::vector<uint32_t> units;
  std::string replacements;
};

Charsmap Charsmap::parse(std::string_view blob) {
  Charsmap map;
  if (blob.empty()) return map;
  if (blob.size() < 4) {
    throw Error(ErrorCode::kInvalidFile,
                "charsmap: expected 4 bytes of trie size, got " + std::to_string(blob.size()));
  }
  const size_t trie_bytes = little_endian_u32(blob.data());
  blob.remove_prefix(4);
  if (trie_bytes > blob.size() || trie_bytes % 4 != 0) {
    throw Error(ErrorCode::kInvalidFile, "charsmap: expected a trie of whole units inside of " +
                                             std::to_string(blob.size()) +
                                             " bytes, the header says " +
                                             std::to_string(trie_bytes) + " bytes");
  }
  auto data = std::make_shared<Data>();
  data->units.reserve(trie_bytes / 4);
  for (size_t at = 0; at < trie_bytes; at += 4) {
    data->units.push_back(little_endian_u32(blob.data() + at));
  }
  data->replacements = blob.substr(trie_bytes);
  map.units_ = data->units.data();
  map.unit_count_ = data->units.size();
  map.replacements_ = data->replacements;
  map.data_ = std::move(data);
  return map;
}

std::string_view Charsmap::replacements() const noexcept {
  return replacements_;
}

std::string_view Charsmap::replacement_at(size_t position) const noexcept {
  const std::string_view rest = replacements_.substr(position);
  return rest.substr(0, rest.find('\0'));
}

template <bool kLongest>
std::optional<Charsmap::Rule> Charsmap::find(std::string_view text) const noexcept {
  if (unit_count_ == 0) return std::nullopt;
  size_t length = 0, position = 0;
  size_t node = offset(units_[0]);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // Out of range reads as 0, whose label equals only a NUL byte, which ends the text anyway.
    if (byte == 0) break;
    node ^= byte;
    const uint32_t current = unit(node);
    if (label(current) != byte) break;
    node ^= offset(current);
    if (!ends_key(current)) continue;
    const size_t found = value(unit(node));
    if (node >= unit_count_ || found >= replacements_.size()) continue;
    length = i + 1;
    position = found;
    if (!kLongest) break;
  }
  if (length == 0) return std::nullopt;
  return Rule{length, replacement_at(position)};
}

std::optional<Charsmap::Rule> Charsmap::longest_prefix(std::string_view text) const noexcept {
  return find<true>(text);
}

std::optional<Charsmap::Rule> Charsmap::shortest_prefix(std::string_view text) const noexcept {
  return find<false>(text);
}

bool Charsmap::can_start(std::string_view prefix) const noexcept {
  if (unit_count_ == 0) return false;
  size_t node = offset(units_[0]);
  for (const char c : prefix) {
    const auto byte = static_cast<unsigned char>(c);
    node ^= byte;
    const uint32_t current = unit(node);
    if (byte == 0 || label(current) != byte) return false;
    node ^= offset(current);
  }
  return true;
}

/// Who leads to the children around a base. The array shares equal tails of keys, so a base has as
/// many parents as there are places with that tail.
class Charsmap::Parents {
 public:
  explicit Parents(const Charsmap& map) : map_(map), begin_(map.unit_count_ + 1, 0) {
    for (size_t i = 0; i < map.unit_count_; ++i) {
      if (has_base(i)) ++begin_[base(i) + 1];
    }
    for (size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
    parents_.resize(begin_.back());
    std::vector<uint32_t> next(begin_.begin(), begin_.end() - 1);
    for (size_t i = 0; i < map.unit_count_; ++i) {
      if (has_base(i)) parents_[next[base(i)]++] = static_cast<uint32_t>(i);
    }
  }

  std::span<const uint32_t> of(size_t base) const {
    if (base >= map_.unit_count_) return {};
    return std::span(parents_).subspan(begin_[base], begin_[base + 1] - begin_[base]);
  }

 private:
  size_t base(size_t index) const { return index ^ offset(map_.units_[index]); }
  bool has_base(size_t index) const {
    return (map_.units_[index] & kValueBit) == 0 && base(index) < map_.unit_count_;
  }

  const Charsmap& map_;
  std::vector<uint32_t> begin_;  // by base
  std::vector<uint32_t> parents_;
};

/// Walks from a unit back to the root in all ways and calls visit with the bytes on each.
bool Charsmap::for_each_way_to(const Parents& parents, size_t target, size_t& steps_left,
                               const std::function<bool(std::string_view)>& visit) const {
  constexpr size_t kLongestKey = 1024;
  struct Step {
    std::span<const uint32_t> parents;
    size_t next;
  };
  const size_t root_base = offset(units_[0]);
  std::vector<Step> path;
  std::string reversed;
  const auto enter = [&](size_t node) {
    const uint32_t byte = label(units_[node]);
    reversed.push_back(static_cast<char>(byte));
    const size_t base = node ^ byte;
    path.push_back({parents.of(base), 0});
    if (base != root_base) return true;
    return visit(std::string(reversed.rbegin(), reversed.rend()));
  };
  if (!enter(target)) return false;
  while (!path.empty()) {
    if (steps_left-- == 0 || path.size() > kLongestKey) return false;
    Step& step = path.back();
    if (step.next == step.parents.size()) {
      path.pop_back();
      reversed.pop_back();
      continue;
    }
    const uint32_t parent = step.parents[step.next++];
    if (parent != 0 && label(units_[parent]) != 0 && !enter(parent)) return false;
  }
  return true;
}

bool Charsmap::for_each_prefix_that_ends_in(
    char byte, const std::function<bool(std::string_view prefix)>& visit) const {
  const Parents parents(*this);
  size_t steps_left = kMostSteps;
  for (size_t i = 1; i < unit_count_; ++i) {
    if (label(units_[i]) != static_cast<unsigned char>(byte)) continue;
    if (!for_each_way_to(parents, i, steps_left, visit)) return false;
  }
  return true;
}

bool Charsmap::for_each_rule(
    const std::function<bool(std::string_view replacement)>& wanted,
    const std::function<bool(std::string_view key, std::string_view replacement)>& visit) const {
  const Parents parents(*this);
  size_t steps_left = kMostSteps;
  for (size_t i = 1; i < unit_count_; ++i) {
    const uint32_t current = units_[i];
    if ((current & kValueBit) != 0 || label(current) == 0 || !ends_key(current)) continue;
    const size_t leaf = i ^ offset(current);
    const size_t position = value(unit(leaf));
    if (leaf >= unit_count_ || position >= replacements_.size()) continue;
    const std::string_view replacement = replacement_at(position);
    if (!wanted(replacement)) continue;
    const bool go_on = for_each_way_to(
        parents, i, steps_left, [&](std::string_view key) { return visit(key, replacement); });
    if (!go_on) return false;
  }
  return true;
}

}  // namespace tokrail
