#include "tokenizers/morphology/language_file.h"

#include <cstddef>
#include <cstring>

#include "base/error.h"

namespace tokrail {
namespace {

constexpr char kMagic[4] = {'T', 'K', 'L', '1'};
constexpr uint32_t kByteOrder = 0x01020304;
constexpr uint32_t kFormatVersion = 1;

struct Header {
  char magic[4];
  uint32_t byte_order;
  uint32_t format_version;
  uint32_t section_count;
  uint64_t total_size;
  uint64_t hash_high, hash_low;  ///< of all that follows the header
  uint64_t unused[3];
};
static_assert(sizeof(Header) == 64);

struct SectionEntry {
  uint64_t offset;
  uint64_t size;
};

constexpr size_t kDataBegin = sizeof(Header) + kLanguageSections * sizeof(SectionEntry);

size_t aligned(size_t size) {
  return (size + 7) / 8 * 8;
}

/// Four hashes side by side, so that their multiplications overlap, then one of them all.
Hash128 hash_behind_header(std::string_view bytes) {
  bytes.remove_prefix(sizeof(Header));
  StableHash lanes[4], all;
  constexpr size_t kStride = 32;
  size_t at = 0;
  for (; at + kStride <= bytes.size(); at += kStride) {
    uint64_t words[4];
    std::memcpy(words, bytes.data() + at, kStride);
    for (size_t i = 0; i < 4; ++i) lanes[i].add(words[i]);
  }
  for (const StableHash& lane : lanes) {
    all.add(lane.value().high);
    all.add(lane.value().low);
  }
  all.add(bytes.substr(at));
  all.add(uint64_t{bytes.size()});
  return all.value();
}

[[noreturn]] void fail(const std::string& expected) {
  throw Error(ErrorCode::kInvalidFile, "expected " + expected);
}

}  // namespace

std::string LanguageFileWriter::finish() const {
  SectionEntry table[kLanguageSections];
  size_t end = aligned(kDataBegin);
  for (size_t i = 0; i < kLanguageSections; ++i) {
    table[i] = {end, parts_[i].size()};
    end = aligned(end + parts_[i].size());
  }
  std::string file(end, '\0');
  std::memcpy(file.data() + sizeof(Header), table, sizeof(table));
  for (size_t i = 0; i < kLanguageSections; ++i) {
    parts_[i].copy(file.data() + table[i].offset, parts_[i].size());
  }
  Header header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.byte_order = kByteOrder;
  header.format_version = kFormatVersion;
  header.section_count = kLanguageSections;
  header.total_size = file.size();
  std::memcpy(file.data(), &header, sizeof(header));
  return with_language_hash(std::move(file));
}

std::string with_language_hash(std::string bytes) {
  const Hash128 hash = hash_behind_header(bytes);
  std::memcpy(bytes.data() + offsetof(Header, hash_high), &hash.high, sizeof(hash.high));
  std::memcpy(bytes.data() + offsetof(Header, hash_low), &hash.low, sizeof(hash.low));
  return bytes;
}

LanguageFile::LanguageFile(std::string_view bytes) {
  if (bytes.size() < kDataBegin) {
    fail("a language file of at least " + std::to_string(kDataBegin) + " bytes, found " +
         std::to_string(bytes.size()));
  }
  Header header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0) fail("a file that begins with TKL1");
  if (header.byte_order != kByteOrder || header.format_version != kFormatVersion ||
      header.section_count != kLanguageSections) {
    throw Error(ErrorCode::kUnsupported,
                "expected a language file of version " + std::to_string(kFormatVersion) +
                    " in the byte order of this machine; compile its pack again");
  }
  if (header.total_size != bytes.size()) {
    fail(std::to_string(header.total_size) + " bytes, found " + std::to_string(bytes.size()));
  }
  if ((header.unused[0] | header.unused[1] | header.unused[2]) != 0) fail("zeros in the header");
  hash_ = hash_behind_header(bytes);
  if (hash_.high != header.hash_high || hash_.low != header.hash_low)
    fail("bytes that fit their checksum");
  size_t end = kDataBegin;
  for (size_t i = 0; i < kLanguageSections; ++i) {
    SectionEntry entry;
    std::memcpy(&entry, bytes.data() + sizeof(Header) + i * sizeof(entry), sizeof(entry));
    if (entry.offset % 8 != 0 || entry.offset < end || entry.offset > bytes.size() ||
        entry.size > bytes.size() - entry.offset) {
      fail("section " + std::to_string(i) + " inside the file and behind the one before");
    }
    parts_[i] = bytes.substr(entry.offset, entry.size);
    end = entry.offset + entry.size;
  }
}

std::string_view LanguageFile::whole(LanguageSection section, size_t element_size) const {
  const std::string_view bytes = parts_[static_cast<size_t>(section)];
  if (bytes.size() % element_size != 0) {
    fail("whole records of " + std::to_string(element_size) + " bytes in section " +
         std::to_string(static_cast<size_t>(section)));
  }
  return bytes;
}

}  // namespace tokrail
