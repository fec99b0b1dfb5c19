#include "grammar/constraints/catalogue.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace tokrail {

namespace {

constexpr uint32_t kMostArcs = (uint32_t{1} << 30) - 1;
constexpr uint16_t kLongLength = 0xFFFF;

}  // namespace

/// The arrays of a catalogue that was built here.
struct Catalogue::Arrays {
  std::vector<uint32_t> targets = {kLast};
  std::vector<uint32_t> counts = {0};
  std::vector<uint8_t> labels = {0};

  size_t size() const noexcept { return labels.size(); }
};

struct CatalogueBuilder::State {
  struct Arc {
    uint8_t label;
    bool is_end;
    uint32_t target, count;
  };
  using Node = std::vector<Arc>;

  std::shared_ptr<Catalogue::Arrays> arrays = std::make_shared<Catalogue::Arrays>();
  /// The places along the last string; node i is behind i of its bytes. Those beyond `depth` are
  /// kept for their memory.
  std::vector<Node> path = std::vector<Node>(1);
  std::string last;
  uint64_t strings = 0;
  size_t longest = 0;
  bool has_empty = false;
  /// First arcs of places by their content: open addressing, 0 is free.
  std::vector<uint32_t> table = std::vector<uint32_t>(1024, 0);
  size_t places = 0;

  uint32_t freeze(Node& node);
  void freeze_behind(size_t depth);
  bool equals(uint32_t at, const Node& node) const noexcept;
  uint64_t hash(uint32_t at) const noexcept;
  void grow();

  static uint64_t mix(uint64_t hash, uint8_t label, bool is_end, uint32_t target) noexcept {
    hash ^= (uint64_t{target} << 9 | uint64_t{label} << 1 | (is_end ? 1u : 0u));
    hash *= 0x9E3779B97F4A7C15u;
    return hash ^ (hash >> 32);
  }
};

bool CatalogueBuilder::State::equals(uint32_t at, const Node& node) const noexcept {
  for (size_t i = 0; i < node.size(); ++i, ++at) {
    const uint32_t packed = arrays->targets[at];
    if (arrays->labels[at] != node[i].label || (packed & Catalogue::kTarget) != node[i].target ||
        ((packed & Catalogue::kEnd) != 0) != node[i].is_end ||
        ((packed & Catalogue::kLast) != 0) != (i + 1 == node.size())) {
      return false;
    }
  }
  return true;
}

uint64_t CatalogueBuilder::State::hash(uint32_t at) const noexcept {
  uint64_t hash = 0;
  for (;; ++at) {
    const uint32_t packed = arrays->targets[at];
    hash =
        mix(hash, arrays->labels[at], (packed & Catalogue::kEnd) != 0, packed & Catalogue::kTarget);
    if ((packed & Catalogue::kLast) != 0) return hash;
  }
}

void CatalogueBuilder::State::grow() {
  std::vector<uint32_t> larger(table.size() * 2, 0);
  const size_t mask = larger.size() - 1;
  for (const uint32_t at : table) {
    if (at == 0) continue;
    size_t slot = hash(at) & mask;
    while (larger[slot] != 0) slot = (slot + 1) & mask;
    larger[slot] = at;
  }
  table.swap(larger);
}

/// The first arc of the place with these arcs: one that is there already, or a new one.
uint32_t CatalogueBuilder::State::freeze(Node& node) {
  if (node.empty()) return 0;
  if (places * 10 >= table.size() * 7) grow();
  uint64_t hash = 0;
  for (const Arc& arc : node) hash = mix(hash, arc.label, arc.is_end, arc.target);
  const size_t mask = table.size() - 1;
  size_t slot = hash & mask;
  for (; table[slot] != 0; slot = (slot + 1) & mask) {
    if (equals(table[slot], node)) {
      node.clear();
      return table[slot];
    }
  }
  const auto first = static_cast<uint32_t>(arrays->size());
  if (node.size() > kMostArcs - arrays->size()) {
    throw Error(ErrorCode::kUnsupported, "a catalogue holds at most 2^30 - 1 arcs");
  }
  for (const Arc& arc : node) {
    arrays->labels.push_back(arc.label);
    arrays->counts.push_back(arc.count);
    arrays->targets.push_back(arc.target | (arc.is_end ? Catalogue::kEnd : 0) |
                              (&arc == &node.back() ? Catalogue::kLast : 0));
  }
  table[slot] = first;
  ++places;
  node.clear();
  return first;
}

/// Freezes the places behind the first `depth` bytes of the last string.
void CatalogueBuilder::State::freeze_behind(size_t depth) {
  for (size_t i = last.size(); i > depth; --i) {
    uint64_t count = 0;
    for (const Arc& arc : path[i]) count += arc.count;
    Arc& arc = path[i - 1].back();
    arc.count = static_cast<uint32_t>(count + (arc.is_end ? 1 : 0));
    arc.target = freeze(path[i]);
  }
}

CatalogueBuilder::CatalogueBuilder() : state_(std::make_unique<State>()) {}
CatalogueBuilder::~CatalogueBuilder() = default;
CatalogueBuilder::CatalogueBuilder(CatalogueBuilder&&) noexcept = default;
CatalogueBuilder& CatalogueBuilder::operator=(CatalogueBuilder&&) noexcept = default;

size_t CatalogueBuilder::size() const noexcept {
  return state_->strings;
}

void CatalogueBuilder::add(std::string_view string) {
  State& state = *state_;
  if (state.strings > 0) {
    if (string == state.last) return;
    if (string < state.last) {
      throw Error(ErrorCode::kInvalidArgument,
                  "expected strings in byte order (Catalogue::build takes them in any)",
                  "string " + std::to_string(state.strings + 1));
    }
  }
  if (state.strings == std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorCode::kUnsupported, "a catalogue holds at most 2^32 - 1 strings");
  }
  if (string.size() > kMostArcs) {
    throw Error(ErrorCode::kUnsupported, "a catalogue's string has at most 2^30 - 1 bytes");
  }
  const auto shared = static_cast<size_t>(
      std::mismatch(state.last.begin(), state.last.end(), string.begin(), string.end()).first -
      state.last.begin());
  state.freeze_behind(shared);
  if (state.path.size() <= string.size()) state.path.resize(string.size() + 1);
  for (size_t i = shared; i < string.size(); ++i) {
    state.path[i].push_back({static_cast<uint8_t>(string[i]), i + 1 == string.size(), 0, 0});
  }
  if (string.empty()) state.has_empty = true;
  state.last = string;
  state.longest = std::max(state.longest, string.size());
  ++state.strings;
}

Catalogue CatalogueBuilder::finish() {
  State& state = *state_;
  if (state.strings == 0) {
    throw Error(ErrorCode::kInvalidArgument, "a catalogue needs at least one string");
  }
  state.freeze_behind(0);
  Catalogue catalogue;
  catalogue.root_ = {state.freeze(state.path[0]), 0, static_cast<uint32_t>(state.strings),
                     state.has_empty};
  catalogue.longest_ = state.longest;
  const auto arrays = state.arrays;
  arrays->targets.shrink_to_fit();
  arrays->counts.shrink_to_fit();
  arrays->labels.shrink_to_fit();
  catalogue.targets_ = arrays->targets;
  catalogue.counts_ = arrays->counts;
  catalogue.labels_ = arrays->labels;
  catalogue.owner_ = arrays;
  catalogue.lengths_ = std::make_shared<Catalogue::Lengths>();
  *this = CatalogueBuilder();
  return catalogue;
}

Catalogue Catalogue::build(std::span<const std::string_view> strings) {
  CatalogueBuilder builder;
  if (std::ranges::is_sorted(strings)) {
    for (const std::string_view string : strings) builder.add(string);
    return builder.finish();
  }
  std::vector<std::string_view> sorted(strings.begin(), strings.end());
  std::ranges::sort(sorted);
  for (const std::string_view string : sorted) builder.add(string);
  return builder.finish();
}

Catalogue Catalogue::from_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return build(lines);
}

bool Catalogue::step(Place& place, uint8_t byte) const noexcept {
  if (place.arcs == 0) return false;
  uint32_t first = place.first + (place.is_end ? 1 : 0);
  for (uint32_t arc = place.arcs;; ++arc) {
    const uint32_t packed = targets_[arc];
    if (labels_[arc] == byte) {
      place = {packed & kTarget, first, counts_[arc], (packed & kEnd) != 0};
      return true;
    }
    if (labels_[arc] > byte || (packed & kLast) != 0) return false;
    first += counts_[arc];
  }
}

ByteSet Catalogue::next_bytes(uint32_t arcs) const noexcept {
  ByteSet bytes;
  if (arcs == 0) return bytes;
  for (uint32_t arc = arcs;; ++arc) {
    bytes.add(labels_[arc]);
    if ((targets_[arc] & kLast) != 0) return bytes;
  }
}

std::optional<size_t> Catalogue::index(std::string_view string) const noexcept {
  Place place = root_;
  for (const char byte : string) {
    if (!step(place, static_cast<uint8_t>(byte))) return std::nullopt;
  }
  return place.is_end ? std::optional<size_t>(place.first) : std::nullopt;
}

std::string Catalogue::string(size_t index) const {
  if (index >= size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the catalogue has no string " + std::to_string(index));
  }
  std::string string;
  size_t left = index;
  for (Place place = root_; !(place.is_end && left == 0);) {
    if (place.is_end) --left;
    uint32_t arc = place.arcs;
    for (; left >= counts_[arc]; ++arc) left -= counts_[arc];
    string.push_back(static_cast<char>(labels_[arc]));
    place = {targets_[arc] & kTarget, 0, counts_[arc], (targets_[arc] & kEnd) != 0};
  }
  return string;
}

size_t Catalogue::shortest_from(uint32_t arcs) const {
  std::call_once(lengths_->found, [&] {
    // Places come behind those that they lead to.
    std::vector<uint16_t> shortest(labels_.size(), kLongLength);
    for (uint32_t first = 1; first < labels_.size();) {
      uint32_t arc = first;
      uint16_t best = kLongLength;
      do {
        const uint16_t behind =
            (targets_[arc] & kEnd) != 0 ? uint16_t{0} : shortest[targets_[arc] & kTarget];
        if (behind < best) best = static_cast<uint16_t>(behind + 1);
      } while ((targets_[arc++] & kLast) == 0);
      shortest[first] = best;
      first = arc;
    }
    lengths_->shortest = std::move(shortest);
  });
  return lengths_->shortest[arcs];
}

}  // namespace tokrail
