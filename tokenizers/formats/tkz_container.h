// The outer form of a .tkz file: a header, a table of sections, and sections that are arrays.
//
//   header 64 B | table: 24 B per section | section | section | ...      all at multiples of 64
//
// SectionWriter collects arrays and makes the file; SectionReader checks a file and hands out its
// arrays where they lie. What is checked: magic, byte order, versions, sizes, that every section
// lies inside and behind the table, and a checksum over all bytes. What the arrays hold is for
// others to check. Complexity: O(bytes), about 10 GB/s. Errors: Error(kInvalidFile) for a damaged
// file, Error(kUnsupported) for one of another version or byte order. Internal to .tkz files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tokrail::tkz {

enum class Section : uint32_t {
  kSpec = 1,   ///< the fields of the TokenizerSpec but what follows
  kTextBytes,  ///< VocabularySpec::texts
  kTextOffsets,
  kKinds,
  kScores,
  kMerges,    ///< ModelSpec::merges
  kCompiled,  ///< numbers and contexts of the compiled tables
  kTrie,      ///< RankBpe::Tables
  kTokens,
  kIds,
  kRanks,
  kPairs,
  kCuts,           ///< CertainCuts
  kDecodeEntries,  ///< DecodeTable
  kDecodeArena,
  kDecodeFlags,
  kHybrid,       ///< the fields of the HybridSpec but what follows
  kLanguage,     ///< the bytes of its Language
  kLexemeCosts,  ///< MorphCosts
  kStepCosts,
  kStems,  ///< HybridSpec::stem_tokens, form * 4 + case
};
inline constexpr uint32_t kLastSection = static_cast<uint32_t>(Section::kStems);

/// The header of this version, as bytes of the machine.
struct Header {
  char magic[4];
  uint32_t byte_order;
  uint32_t format_version;
  uint32_t tables_version;  ///< of the layout of the compiled tables
  uint32_t unicode_version;
  uint32_t header_size;
  uint32_t section_count;
  uint32_t reserved;
  uint64_t total_size;
  uint64_t unused[2];
  uint64_t checksum;  ///< of all other bytes of the file
};
static_assert(sizeof(Header) == 64);

struct SectionEntry {
  uint32_t kind;
  uint32_t element_size;
  uint64_t offset;
  uint64_t size;  ///< bytes
};
static_assert(sizeof(SectionEntry) == 24);

inline constexpr size_t kAlignment = 64;

/// The checksum that the header of these bytes should hold; for tests. Needs a whole header.
uint64_t file_checksum(std::string_view bytes) noexcept;

class SectionWriter {
 public:
  template <typename Element>
  void add(Section kind, std::span<const Element> elements) {
    static_assert(std::is_trivially_copyable_v<Element>);
    add_bytes(kind, sizeof(Element),
              {reinterpret_cast<const char*>(elements.data()), elements.size_bytes()});
  }
  void add(Section kind, std::string_view bytes) { add_bytes(kind, 1, bytes); }

  /// The file.
  std::string finish() const;

 private:
  struct Part {
    Section kind;
    uint32_t element_size;
    std::string bytes;
  };
  void add_bytes(Section kind, uint32_t element_size, std::string_view bytes);

  std::vector<Part> parts_;
};

class SectionReader {
 public:
  /// `bytes` begin at a multiple of 8 and live as long as `owner`.
  SectionReader(std::string_view bytes, std::shared_ptr<const void> owner);

  bool has(Section kind) const noexcept { return parts_[static_cast<size_t>(kind)].is_there; }
  /// The elements of a section; throws if it is missing or has elements of another size.
  template <typename Element>
  std::span<const Element> array(Section kind) const {
    static_assert(std::is_trivially_copyable_v<Element> && alignof(Element) <= 8);
    const std::string_view bytes = section(kind, sizeof(Element));
    return {reinterpret_cast<const Element*>(bytes.data()), bytes.size() / sizeof(Element)};
  }
  std::string_view bytes(Section kind) const { return section(kind, 1); }

  const std::shared_ptr<const void>& owner() const noexcept { return owner_; }

 private:
  struct Part {
    bool is_there = false;
    uint32_t element_size = 0;
    std::string_view bytes;
  };
  std::string_view section(Section kind, size_t element_size) const;
  void read_table(std::string_view bytes, const Header& header);

  Part parts_[kLastSection + 1];
  std::shared_ptr<const void> owner_;
};

}  // namespace tokrail::tkz
