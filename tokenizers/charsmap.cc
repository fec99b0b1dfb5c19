#include "tokenizers/charsmap.h"

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

bool Charsmap::for_each(
    const std::function<bool(std::string_view key, std::string_view replacement)>& visit) const {
  if (unit_count_ == 0) return true;
  struct Step {
    size_t base;    // of the children
    unsigned byte;  // next child to look for
  };
  std::vector<Step> path = {{offset(units_[0]), 1}};
  std::vector<bool> seen(unit_count_, false);
  std::string key;
  while (!path.empty()) {
    Step& step = path.back();
    unsigned byte = step.byte;
    while (byte < 256 && label(unit(step.base ^ byte)) != byte) ++byte;
    step.byte = byte + 1;
    if (byte >= 256) {
      path.pop_back();
      if (!key.empty()) key.pop_back();
      continue;
    }
    const size_t node = step.base ^ byte;
    if (seen[node]) return false;  // two ways to one node: not a trie
    seen[node] = true;
    const size_t base = node ^ offset(units_[node]);
    key.push_back(static_cast<char>(byte));
    path.push_back({base, 1});
    if (!ends_key(units_[node])) continue;
    const size_t position = value(unit(base));
    if (base >= unit_count_ || position >= replacements_.size()) continue;
    if (!visit(key, replacement_at(position))) return false;
  }
  return true;
}

}  // namespace tokrail
