// Members of a zip file (a .jar is one), unpacked in memory with a bound.
//
// Read by the central directory at the end of the file; members stored or deflated. Zip64,
// encryption and archives in several parts are refused.
//
// Complexity: listing is linear in the directory, unpacking in the unpacked bytes. Pure functions
// over bytes that the caller keeps. Errors: Error(kInvalidFile, kUnsupported) with a byte offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

struct ZipMember {
  std::string_view name;
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t checksum = 0;
  uint32_t packed_bytes = 0;
  uint32_t unpacked_bytes = 0;
  uint32_t offset = 0;  ///< of the local header
};

/// In the order of the directory. `name` is put into errors.
std::vector<ZipMember> zip_members(std::string_view archive, std::string_view name);

/// The content of a member; more than `limit` bytes is an error found before they are unpacked.
std::string unpack_zip_member(std::string_view archive, const ZipMember& member, size_t limit,
                              std::string_view name);

}  // namespace tokrail
