// Catalogue: a set of up to 2^32 - 1 byte strings as a minimal acyclic automaton: product names,
// addresses, identifiers that an output may be.
//
// Strings share beginnings and ends, so a million of them take 5 to 40 bytes each. Every string has
// an index, its rank in byte order (the automaton is a minimal perfect hash), and every place in it
// knows how many strings go on from there.
//
//   const Catalogue streets = Catalogue::from_lines(text);        // in any order
//   streets.save("streets.tkc");
//   const Catalogue same = Catalogue::open("streets.tkc");        // mapped, checked
//   streets.index("north/oslo/street-0007");
//
//   CatalogueBuilder builder;                                     // streaming, in byte order
//   while (next(line)) builder.add(line);
//   const Catalogue catalogue = builder.finish();
//
// Layout: arcs in three arrays (target and two flags, number of strings, byte: 9 bytes an arc), the
// arcs of a place beside each other by byte; places come behind those that they lead to. Building
// O(bytes), with a table of 4 to 16 bytes per place; unsorted input is sorted first, O(n log n).
// step O(arcs of the place). Opening a file reads all of it once: whatever a file holds, what is
// opened is a catalogue without cycles or dead ends, with right counts. Immutable, thread safe;
// copies share. Errors: Error kInvalidArgument (no string, strings out of order), kUnsupported (too
// many), kInvalidFile, and those of base/mapped_file.h.
//
// J. Daciuk, S. Mihov, B. Watson, R. Watson, "Incremental construction of minimal acyclic
// finite-state automata", 2000; C. Lucchesi, T. Kowaltowski, "Applications of finite automata
// representing large vocabularies", 1993 (the indexes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/regex/byte_set.h"

namespace tokrail {

class Catalogue {
 public:
  /// Strings in any order; equal ones count once; views are not kept.
  static Catalogue build(std::span<const std::string_view> strings);
  /// One string a line; ends of lines are LF or CRLF; empty lines are left out.
  static Catalogue from_lines(std::string_view text);
  /// A file written by save(), mapped.
  static Catalogue open(const std::filesystem::path& path);
  /// What save() writes, from memory that `owner` keeps and that begins at a multiple of 4.
  static Catalogue from_bytes(std::string_view bytes, std::shared_ptr<const void> owner);
  /// Whether bytes begin like a file written by save().
  static bool is_catalogue(std::string_view bytes) noexcept;
  void save(const std::filesystem::path& path) const;
  std::string to_bytes() const;

  size_t size() const noexcept { return root_.count; }
  /// Bytes of the longest string.
  size_t longest() const noexcept { return longest_; }
  size_t arc_count() const noexcept { return labels_.size(); }
  /// Of the automaton; in memory, or in the file that is mapped.
  size_t memory() const noexcept { return labels_.size() * 9; }

  bool contains(std::string_view string) const noexcept { return index(string).has_value(); }
  std::optional<size_t> index(std::string_view string) const noexcept;
  /// The string with this index, which must be below size().
  std::string string(size_t index) const;

  /// Behind some bytes.
  struct Place {
    uint32_t arcs = 0;    ///< the first arc; 0: there is none
    uint32_t first = 0;   ///< index of the first string that begins with the bytes
    uint32_t count = 0;   ///< how many do
    bool is_end = false;  ///< the bytes are a string, the one with index `first`
  };
  Place root() const noexcept { return root_; }
  /// False, and nothing changed, if no string goes on so.
  bool step(Place& place, uint8_t byte) const noexcept;
  ByteSet next_bytes(uint32_t arcs) const noexcept;
  /// An arc by its number; 0 < at < arc_count(). The arcs of a place follow each other by label,
  /// and places come behind those that they lead to.
  struct Arc {
    uint8_t label = 0;
    bool is_end = false;   ///< a string ends behind it
    bool is_last = false;  ///< of its place
    uint32_t target = 0;   ///< the first arc of the place behind; 0: there is none
  };
  Arc arc(uint32_t at) const noexcept {
    const uint32_t packed = targets_[at];
    return {labels_[at], (packed & kEnd) != 0, (packed & kLast) != 0, packed & kTarget};
  }
  /// Bytes to the nearest end of a string; 65535 for that and more.
  size_t shortest(const Place& place) const { return place.is_end ? 0 : shortest_from(place.arcs); }

 private:
  friend class CatalogueBuilder;
  struct Arrays;
  /// By first arc of a place: bytes to the nearest end of a string.
  struct Lengths {
    std::once_flag found;
    std::vector<uint16_t> shortest;
  };
  Catalogue() = default;
  void check() const;
  size_t shortest_from(uint32_t arcs) const;

  // One entry per arc. Arc 0 is none.
  std::span<const uint32_t> targets_;  ///< first arc of the place behind, and the flags below
  std::span<const uint32_t> counts_;   ///< strings that begin with what leads through the arc
  std::span<const uint8_t> labels_;
  static constexpr uint32_t kEnd = uint32_t{1} << 30;   ///< a string ends behind the arc
  static constexpr uint32_t kLast = uint32_t{1} << 31;  ///< the last arc of its place
  static constexpr uint32_t kTarget = kEnd - 1;
  Place root_;
  size_t longest_ = 0;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<Lengths> lengths_;  ///< found on first use
};

/// Takes strings in byte order, one by one, and keeps nothing but the automaton.
class CatalogueBuilder {
 public:
  CatalogueBuilder();
  ~CatalogueBuilder();
  CatalogueBuilder(CatalogueBuilder&&) noexcept;
  CatalogueBuilder& operator=(CatalogueBuilder&&) noexcept;

  /// Not before the last one in byte order; one that is equal to it is left out.
  void add(std::string_view string);
  size_t size() const noexcept;
  /// The builder is empty afterwards.
  Catalogue finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokrail
