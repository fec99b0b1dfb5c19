// Catalogues as files: header, targets, counts, labels; little endian, mapped as they are.
#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "grammar/constraints/catalogue.h"

namespace tokrail {

namespace {

static_assert(std::endian::native == std::endian::little, "catalogues are mapped as they are");

struct Header {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t arcs;  ///< entries of each array, the unused first one included
  uint32_t root;
  uint32_t has_empty;
  uint32_t strings;
  uint32_t longest;
};
static_assert(sizeof(Header) == 32);

constexpr std::array<char, 8> kMagic = {'T', 'o', 'k', 'r', 'C', 'a', 't', '\n'};
constexpr uint32_t kVersion = 1;

[[noreturn]] void refuse(const std::string& what, std::string where = {}) {
  throw Error(ErrorCode::kInvalidFile, what, std::move(where));
}

/// What the arcs of a place say together.
struct Sum {
  uint32_t strings = 0;  ///< 0: no place begins here
  uint32_t longest = 0;
};

}  // namespace

bool Catalogue::is_catalogue(std::string_view bytes) noexcept {
  return bytes.starts_with(std::string_view(kMagic.data(), kMagic.size()));
}

std::string Catalogue::to_bytes() const {
  Header header{kMagic,
                kVersion,
                static_cast<uint32_t>(labels_.size()),
                root_.arcs,
                root_.is_end ? 1u : 0u,
                root_.count,
                static_cast<uint32_t>(longest_)};
  std::string bytes;
  bytes.reserve(sizeof(header) + labels_.size() * 9);
  bytes.append(reinterpret_cast<const char*>(&header), sizeof(header));
  bytes.append(reinterpret_cast<const char*>(targets_.data()), targets_.size_bytes());
  bytes.append(reinterpret_cast<const char*>(counts_.data()), counts_.size_bytes());
  bytes.append(reinterpret_cast<const char*>(labels_.data()), labels_.size_bytes());
  return bytes;
}

void Catalogue::save(const std::filesystem::path& path) const {
  write_file_atomically(path, to_bytes());
}

Catalogue Catalogue::open(const std::filesystem::path& path) {
  auto file = std::make_shared<MappedFile>(MappedFile::open(path));
  const std::string_view bytes = file->bytes();
  try {
    return from_bytes(bytes, std::move(file));
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

Catalogue Catalogue::from_bytes(std::string_view bytes, std::shared_ptr<const void> owner) {
  Header header;
  if (bytes.size() < sizeof(header)) refuse("expected a catalogue, got less than its header");
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic) refuse("expected a catalogue; it does not begin like one");
  if (header.version != kVersion) {
    refuse("expected version 1 of the format, got " + std::to_string(header.version));
  }
  const uint64_t arcs = header.arcs;
  if (arcs == 0 || arcs > kTarget || bytes.size() != sizeof(header) + arcs * 9 ||
      header.root >= arcs || header.has_empty > 1) {
    refuse("the header does not fit the size of the file");
  }
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(uint32_t) != 0) {
    throw Error(ErrorCode::kInvalidArgument, "expected memory that is aligned to 4 bytes");
  }
  Catalogue catalogue;
  const char* const data = bytes.data() + sizeof(header);
  catalogue.targets_ = {reinterpret_cast<const uint32_t*>(data), arcs};
  catalogue.counts_ = {reinterpret_cast<const uint32_t*>(data + 4 * arcs), arcs};
  catalogue.labels_ = {reinterpret_cast<const uint8_t*>(data + 8 * arcs), arcs};
  catalogue.root_ = {header.root, 0, header.strings, header.has_empty != 0};
  catalogue.longest_ = header.longest;
  catalogue.owner_ = std::move(owner);
  catalogue.lengths_ = std::make_shared<Lengths>();
  catalogue.check();
  return catalogue;
}

// Every arc leads to a place before it, and so there are no cycles; every place without arcs is the
// end of a string, and so there are no dead ends; the numbers are those that follow.
void Catalogue::check() const {
  std::vector<Sum> sums(labels_.size());
  for (size_t first = 1; first < labels_.size();) {
    uint64_t strings = 0;
    uint32_t longest = 0;
    size_t arc = first;
    for (bool last = false; !last; ++arc) {
      const auto bad = [&](const char* what) { refuse(what, "arc " + std::to_string(arc)); };
      if (arc == labels_.size()) bad("the last place does not end");
      const uint32_t packed = targets_[arc];
      const uint32_t target = packed & kTarget;
      const bool is_end = (packed & kEnd) != 0;
      last = (packed & kLast) != 0;
      if (target >= first || (target != 0 && sums[target].strings == 0)) {
        bad("an arc does not lead to a place before its own");
      }
      if (target == 0 && !is_end) bad("an arc leads to no string");
      if (arc > first && labels_[arc] <= labels_[arc - 1]) bad("arcs are not in order");
      const uint64_t count = uint64_t{sums[target].strings} + (is_end ? 1 : 0);
      if (count != counts_[arc]) bad("a number of strings is wrong");
      strings += count;
      longest = std::max(longest, sums[target].longest + 1);
    }
    if (strings > 0xFFFFFFFF) refuse("there are more strings than a catalogue can hold");
    sums[first] = {static_cast<uint32_t>(strings), longest};
    first = arc;
  }
  const Sum& root = sums[root_.arcs];
  if (root_.arcs != 0 && root.strings == 0) refuse("the first place is none");
  if (uint64_t{root.strings} + (root_.is_end ? 1 : 0) != root_.count || root_.count == 0 ||
      root.longest != longest_) {
    refuse("the numbers in the header are wrong");
  }
}

}  // namespace tokrail
