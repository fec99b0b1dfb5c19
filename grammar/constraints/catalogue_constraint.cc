#include "grammar/constraints/catalogue_constraint.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "grammar/constraints/catalogue_tokens.h"

namespace tokrail {

namespace {

constexpr size_t kLongLength = 65535;
constexpr size_t kMostReadings = 1000;

std::shared_ptr<const Catalogue> there(std::shared_ptr<const Catalogue> catalogue) {
  if (!catalogue) throw Error(ErrorCode::kInvalidArgument, "a constraint needs a catalogue");
  return catalogue;
}

Shortest shortest_of(size_t bytes) {
  return {bytes, bytes < kLongLength ? bytes : Shortest::kUnknown};
}

/// The strings of a catalogue. place: first arc and whether the bytes are a string.
class CatalogueLanguage final : public TextLanguage {
 public:
  CatalogueLanguage(std::shared_ptr<const Catalogue> catalogue,
                    std::shared_ptr<const Vocabulary> vocabulary)
      : catalogue_(there(std::move(catalogue))), tokens_(catalogue_, std::move(vocabulary)) {}

  State start() const override { return pack(catalogue_->root()); }
  bool step(State& state, uint8_t byte) const override {
    Catalogue::Place place = unpack(state);
    if (!catalogue_->step(place, byte)) return false;
    state = pack(place);
    return true;
  }
  bool is_complete(const State& state) const override { return unpack(state).is_end; }
  ByteSet next_bytes(const State& state) const override {
    return catalogue_->next_bytes(unpack(state).arcs);
  }
  Shortest shortest(const State& state) const override {
    return shortest_of(catalogue_->shortest(unpack(state)));
  }
  size_t shortest_limit() const override { return catalogue_->longest(); }
  std::optional<size_t> tokens_to_end(const State& state) const override {
    const Catalogue::Place place = unpack(state);
    return tokens_.to_end(place.arcs, place.is_end);
  }

 private:
  static State pack(const Catalogue::Place& place) {
    return {uint64_t{place.arcs} << 1 | (place.is_end ? 1u : 0u), 0, nullptr};
  }
  static Catalogue::Place unpack(const State& state) {
    return {static_cast<uint32_t>(state.place >> 1), 0, 0, (state.place & 1) != 0};
  }

  std::shared_ptr<const Catalogue> catalogue_;
  CatalogueTokens tokens_;
};

/// Indexes of the entries that a list has used, ascending.
using Used = std::vector<uint32_t>;

/// One way to read a list so far.
struct Reading {
  Catalogue::Place place;  ///< in the entry
  size_t separator = 0;    ///< bytes of the separator behind the last entry; then no entry is begun
  std::shared_ptr<const Used> used;

  bool same(const Reading& other) const {
    return place.arcs == other.place.arcs && place.first == other.place.first &&
           place.count == other.place.count && place.is_end == other.place.is_end &&
           separator == other.separator && (used == other.used || *used == *other.used);
  }
};

using Readings = std::vector<Reading>;

/// Lists of distinct entries. kept: the readings; place: whether a byte was taken.
class ListLanguage final : public TextLanguage {
 public:
  ListLanguage(std::shared_ptr<const Catalogue> catalogue,
               std::shared_ptr<const Vocabulary> vocabulary, CatalogueList list)
      : catalogue_(there(std::move(catalogue))),
        list_(std::move(list)),
        tokens_(catalogue_, std::move(vocabulary)) {
    list_.at_most = std::min(list_.at_most, catalogue_->size());
    if (list_.separator.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "a list needs a separator");
    }
    if (list_.at_least > list_.at_most || list_.at_most == 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  "expected bounds that a list of " + std::to_string(catalogue_->size()) +
                      " entries can keep, got at least " + std::to_string(list_.at_least) +
                      " and at most " + std::to_string(list_.at_most));
    }
  }

  State start() const override {
    Readings readings = {{catalogue_->root(), 0, std::make_shared<const Used>()}};
    return {0, 0, std::make_shared<const Readings>(std::move(readings))};
  }

  bool step(State& state, uint8_t byte) const override {
    Readings next;
    for (const Reading& reading : readings(state)) step(reading, byte, next);
    if (next.empty()) return false;
    if (next.size() > kMostReadings) {
      throw Error(ErrorCode::kBudgetExhausted, "the list can be read in more than 1000 ways");
    }
    state = {1, 0, std::make_shared<const Readings>(std::move(next))};
    return true;
  }

  bool is_complete(const State& state) const override {
    if (state.place == 0 && list_.at_least == 0) return true;
    return std::ranges::any_of(readings(state), [&](const Reading& reading) {
      return ends_entry(reading) && reading.used->size() + 1 >= list_.at_least;
    });
  }

  ByteSet next_bytes(const State& state) const override {
    ByteSet bytes;
    Readings behind;
    for (const Reading& reading : readings(state)) {
      if (reading.separator > 0) {
        bytes.add(static_cast<uint8_t>(list_.separator[reading.separator]));
        continue;
      }
      if (can_separate(reading)) bytes.add(static_cast<uint8_t>(list_.separator[0]));
      const ByteSet arcs = catalogue_->next_bytes(reading.place.arcs);
      if (used_in(reading, reading.place) == 0) {
        bytes |= arcs;
        continue;
      }
      arcs.for_each([&](uint8_t byte) {
        Catalogue::Place place = reading.place;
        if (catalogue_->step(place, byte) && used_in(reading, place) < place.count) bytes.add(byte);
      });
    }
    return bytes;
  }

  Shortest shortest(const State& state) const override {
    if (is_complete(state)) return {0, 0};
    Shortest nearest{Shortest::kUnknown, Shortest::kUnknown};
    for (const Reading& reading : readings(state)) {
      const Shortest one = shortest(reading);
      nearest.at_least = std::min(nearest.at_least, one.at_least);
      nearest.at_most = std::min(nearest.at_most, one.at_most);
    }
    return nearest;
  }

  /// Of one reading in an entry that no used one is in the way of.
  std::optional<size_t> tokens_to_end(const State& state) const override {
    if (is_complete(state)) return 0;
    const Readings& all = readings(state);
    if (all.size() != 1 || all[0].separator > 0 || all[0].used->size() + 1 < list_.at_least ||
        used_in(all[0], all[0].place) > 0) {
      return std::nullopt;
    }
    return tokens_.to_end(all[0].place.arcs, all[0].place.is_end);
  }

 private:
  static const Readings& readings(const State& state) {
    return *static_cast<const Readings*>(state.kept.get());
  }
  /// How many of the strings behind the place are used up.
  static size_t used_in(const Reading& reading, const Catalogue::Place& place) {
    const auto low = std::ranges::lower_bound(*reading.used, place.first);
    const auto high =
        std::lower_bound(low, reading.used->end(), uint64_t{place.first} + place.count);
    return static_cast<size_t>(high - low);
  }
  static bool ends_entry(const Reading& reading) {
    return reading.separator == 0 && reading.place.is_end &&
           !std::ranges::binary_search(*reading.used, reading.place.first);
  }
  bool can_separate(const Reading& reading) const {
    return ends_entry(reading) && reading.used->size() + 1 < list_.at_most;
  }
  static void add(Reading reading, Readings& to) {
    if (std::ranges::none_of(to, [&](const Reading& other) { return other.same(reading); })) {
      to.push_back(std::move(reading));
    }
  }
  /// One more byte of the separator; the next entry begins behind the last.
  void step_separator(const Reading& reading, uint8_t byte, Readings& next) const {
    if (static_cast<uint8_t>(list_.separator[reading.separator]) != byte) return;
    Reading behind = reading;
    if (++behind.separator == list_.separator.size()) {
      behind.separator = 0;
      behind.place = catalogue_->root();
    }
    add(std::move(behind), next);
  }
  void step(const Reading& reading, uint8_t byte, Readings& next) const {
    if (reading.separator > 0) return step_separator(reading, byte, next);
    Reading behind = reading;
    if (catalogue_->step(behind.place, byte) &&
        used_in(behind, behind.place) < behind.place.count) {
      add(std::move(behind), next);
    }
    if (!can_separate(reading) || static_cast<uint8_t>(list_.separator[0]) != byte) return;
    auto used = std::make_shared<Used>(*reading.used);
    used->insert(std::ranges::lower_bound(*used, reading.place.first), reading.place.first);
    step_separator({{}, 0, std::move(used)}, byte, next);
  }
  /// At least: used entries might not be in the way, and the others that are missing are short.
  Shortest shortest(const Reading& reading) const {
    const size_t separator = list_.separator.size();
    const Catalogue::Place root = catalogue_->root();
    const bool between = reading.separator > 0;
    const Catalogue::Place& place = between ? root : reading.place;
    const size_t bytes =
        (between ? separator - reading.separator : 0) + catalogue_->shortest(place);
    const size_t entries = reading.used->size() + 1;
    if (entries >= list_.at_least) {
      return used_in(reading, place) == 0 ? shortest_of(bytes)
                                          : Shortest{bytes, Shortest::kUnknown};
    }
    const size_t each = separator + catalogue_->shortest(root);
    return {bytes + (list_.at_least - entries) * each, Shortest::kUnknown};
  }

  std::shared_ptr<const Catalogue> catalogue_;
  CatalogueList list_;
  CatalogueTokens tokens_;
};

}  // namespace

CatalogueConstraint::CatalogueConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                                         std::shared_ptr<const Catalogue> catalogue,
                                         TextConstraintOptions options)
    : TextConstraint(vocabulary,
                     std::make_shared<CatalogueLanguage>(std::move(catalogue), vocabulary),
                     std::move(options)) {}

CatalogueConstraint::CatalogueConstraint(std::shared_ptr<const Vocabulary> vocabulary,
                                         std::shared_ptr<const Catalogue> catalogue,
                                         CatalogueList list, TextConstraintOptions options)
    : TextConstraint(
          vocabulary,
          std::make_shared<ListLanguage>(std::move(catalogue), vocabulary, std::move(list)),
          std::move(options)) {}

}  // namespace tokrail
