#include "tokenizers/formats/tkz_container.h"

#include <bit>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "tokenizers/models/rank_bpe.h"

namespace tokrail::tkz {
namespace {

constexpr char kMagic[4] = {'T', 'K', 'Z', '1'};
constexpr uint32_t kByteOrder = 0x01020304;
constexpr uint32_t kFormatVersion = 1;
constexpr uint32_t kTablesVersion = RankBpe::kTablesVersion;
constexpr uint32_t kUnicodeVersion = 16;

[[noreturn]] void fail(const std::string& expected) {
  throw Error(ErrorCode::kInvalidFile, "expected " + expected);
}

size_t aligned(size_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

/// A running checksum in four lanes, so that the multiplications overlap. Every step is a
/// permutation of its lane, so that a change of any one word changes the sum.
class Checksum {
 public:
  void add(std::string_view bytes) noexcept {
    const size_t whole = bytes.size() / kBlock * kBlock;
    add_blocks(bytes.data(), whole);
    if (whole < bytes.size()) {
      char padded[kBlock] = {};
      bytes.copy(padded, kBlock, whole);
      add_blocks(padded, kBlock);
    }
    size_ += bytes.size();
  }
  uint64_t value() const noexcept {
    uint64_t sum = size_ * kFactor;
    for (const uint64_t lane : lanes_) {
      sum = (std::rotl(sum, 31) ^ lane) * kFactor;
      sum ^= sum >> 29;
    }
    return sum;
  }

 private:
  static constexpr uint64_t kFactor = 0x9E3779B97F4A7C15ull;
  static constexpr size_t kBlock = 32;

  static uint64_t mix(uint64_t lane, const char* p) noexcept {
    uint64_t word;
    std::memcpy(&word, p, sizeof(word));
    return std::rotl(lane ^ word, 29) * kFactor;
  }
  void add_blocks(const char* p, size_t size) noexcept {
    uint64_t a = lanes_[0], b = lanes_[1], c = lanes_[2], d = lanes_[3];  // in registers
    for (const char* const end = p + size; p != end; p += kBlock) {
      a = mix(a, p);
      b = mix(b, p + 8);
      c = mix(c, p + 16);
      d = mix(d, p + 24);
    }
    lanes_[0] = a, lanes_[1] = b, lanes_[2] = c, lanes_[3] = d;
  }

  uint64_t lanes_[4] = {0x243F6A8885A308D3ull, 0x13198A2E03707344ull, 0xA4093822299F31D0ull,
                        0x082EFA98EC4E6C89ull};
  uint64_t size_ = 0;
};

/// What files of other machines and versions are answered.
[[noreturn]] void refuse(const std::string& found) {
  throw Error(ErrorCode::kUnsupported,
              found +
                  "; .tkz files are made for one machine and version, convert again from the "
                  "original file");
}

void check_header(const Header& header, size_t size) {
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0) fail("a file that begins with TKZ1");
  if (header.byte_order != kByteOrder) refuse("expected the byte order of this machine");
  if (header.format_version != kFormatVersion) {
    refuse("expected format version " + std::to_string(kFormatVersion) + ", found " +
           std::to_string(header.format_version));
  }
  if (header.tables_version != kTablesVersion) {
    refuse("expected tables of version " + std::to_string(kTablesVersion) + ", found " +
           std::to_string(header.tables_version));
  }
  if (header.unicode_version != kUnicodeVersion) {
    refuse("expected Unicode " + std::to_string(kUnicodeVersion) + ", found " +
           std::to_string(header.unicode_version));
  }
  if (header.total_size != size) {
    fail(std::to_string(header.total_size) + " bytes, found " + std::to_string(size));
  }
  if (header.header_size != sizeof(Header) || header.section_count > kLastSection) {
    fail("a header of 64 bytes and no more than " + std::to_string(kLastSection) + " sections");
  }
}

}  // namespace

uint64_t file_checksum(std::string_view bytes) noexcept {
  Checksum sum;
  sum.add(bytes.substr(0, offsetof(Header, checksum)));
  sum.add(bytes.substr(sizeof(Header)));
  return sum.value();
}

void SectionWriter::add_bytes(Section kind, uint32_t element_size, std::string_view bytes) {
  parts_.push_back({kind, element_size, std::string(bytes)});
}

std::string SectionWriter::finish() const {
  std::vector<SectionEntry> table;
  size_t end = aligned(sizeof(Header) + parts_.size() * sizeof(SectionEntry));
  for (const Part& part : parts_) {
    table.push_back({static_cast<uint32_t>(part.kind), part.element_size, end, part.bytes.size()});
    end = aligned(end + part.bytes.size());
  }
  std::string file(end, '\0');
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].bytes.copy(file.data() + table[i].offset, table[i].size);
  }
  std::memcpy(file.data() + sizeof(Header), table.data(), table.size() * sizeof(SectionEntry));
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.byte_order = kByteOrder;
  header.format_version = kFormatVersion;
  header.tables_version = kTablesVersion;
  header.unicode_version = kUnicodeVersion;
  header.header_size = sizeof(Header);
  header.section_count = static_cast<uint32_t>(parts_.size());
  header.total_size = file.size();
  std::memcpy(file.data(), &header, sizeof(Header));
  header.checksum = file_checksum(file);
  std::memcpy(file.data(), &header, sizeof(Header));
  return file;
}

SectionReader::SectionReader(std::string_view bytes, std::shared_ptr<const void> owner)
    : owner_(std::move(owner)) {
  Header header;
  if (bytes.size() < sizeof(Header)) fail("a header of 64 bytes");
  std::memcpy(&header, bytes.data(), sizeof(Header));
  check_header(header, bytes.size());
  read_table(bytes, header);
  if (file_checksum(bytes) != header.checksum) fail("bytes that give the checksum in the header");
}

void SectionReader::read_table(std::string_view bytes, const Header& header) {
  const size_t table_end = sizeof(Header) + header.section_count * sizeof(SectionEntry);
  if (table_end > bytes.size()) fail("a whole table of sections");
  for (uint32_t i = 0; i < header.section_count; ++i) {
    SectionEntry entry;
    std::memcpy(&entry, bytes.data() + sizeof(Header) + i * sizeof(entry), sizeof(entry));
    const std::string name = "section " + std::to_string(i + 1);
    if (entry.kind == 0 || entry.kind > kLastSection || parts_[entry.kind].is_there) {
      fail("no " + name + " of kind " + std::to_string(entry.kind));
    }
    if (entry.offset % kAlignment != 0 || entry.offset < table_end || entry.offset > bytes.size() ||
        entry.size > bytes.size() - entry.offset) {
      fail(name + " inside of the file");
    }
    if (entry.element_size == 0 || entry.size % entry.element_size != 0) {
      fail(name + " to hold whole elements");
    }
    parts_[entry.kind] = {true, entry.element_size, bytes.substr(entry.offset, entry.size)};
  }
}

std::string_view SectionReader::section(Section kind, size_t element_size) const {
  const Part& part = parts_[static_cast<size_t>(kind)];
  if (!part.is_there || part.element_size != element_size) {
    fail("a section of kind " + std::to_string(static_cast<uint32_t>(kind)) + " with elements of " +
         std::to_string(element_size) + " bytes");
  }
  return part.bytes;
}

}  // namespace tokrail::tkz
