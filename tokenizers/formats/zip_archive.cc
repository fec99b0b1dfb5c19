#include "tokenizers/formats/zip_archive.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace tokrail {
namespace {

constexpr size_t kEndBytes = 22;    // of the end of the directory, without its comment
constexpr size_t kEntryBytes = 46;  // of an entry of the directory, without its texts
constexpr size_t kLocalBytes = 30;  // of a header before a member's data, without its texts
constexpr size_t kMaxComment = 65535;
constexpr uint16_t kStored = 0;
constexpr uint16_t kDeflated = 8;

class Zip {
 public:
  Zip(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  uint32_t number(size_t at, size_t width) const {
    if (at > bytes_.size() || bytes_.size() - at < width) fail(at, "expected more bytes");
    uint32_t value = 0;
    for (size_t i = width; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at + i]);
    }
    return value;
  }
  uint16_t u16(size_t at) const { return static_cast<uint16_t>(number(at, 2)); }
  uint32_t u32(size_t at) const { return number(at, 4); }
  std::string_view text(size_t at, size_t count) const {
    if (at > bytes_.size() || bytes_.size() - at < count) fail(at, "expected more bytes");
    return bytes_.substr(at, count);
  }
  void expect_signature(size_t at, std::string_view signature, const char* what) const {
    if (text(at, signature.size()) != signature) fail(at, std::string("expected ") + what);
  }
  [[noreturn]] void fail(size_t at, const std::string& message,
                         ErrorCode code = ErrorCode::kInvalidFile) const {
    throw Error(code, message, std::string(name_) + ": byte " + std::to_string(at));
  }

  // Where the end of the directory begins: the last place whose comment ends with the file.
  size_t find_end() const {
    if (bytes_.size() >= kEndBytes) {
      const size_t last = bytes_.size() - kEndBytes;
      const size_t first = last > kMaxComment ? last - kMaxComment : 0;
      for (size_t at = last + 1; at-- > first;) {
        if (bytes_.substr(at, 4) == "PK\5\6" && u16(at + 20) == last - at) return at;
      }
    }
    fail(0, "expected a zip file (with the end of a directory)");
  }

 private:
  std::string_view bytes_, name_;
};

std::string inflate_exactly(std::string_view packed, size_t unpacked_bytes, const Zip& zip,
                            size_t at) {
  std::string out(unpacked_bytes, '\0');
  z_stream stream{};
  constexpr int kRawDeflate = -15;
  if (inflateInit2(&stream, kRawDeflate) != Z_OK) zip.fail(at, "expected deflated data");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  Bytef nothing = 0;
  stream.next_out = out.empty() ? &nothing : reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (inflate(&stream, Z_FINISH) != Z_STREAM_END || stream.avail_out != 0) {
    zip.fail(at, "expected deflated data of " + std::to_string(unpacked_bytes) + " bytes");
  }
  return out;
}

}  // namespace

std::vector<ZipMember> zip_members(std::string_view archive, std::string_view name) {
  const Zip zip(archive, name);
  const size_t end = zip.find_end();
  const uint16_t count = zip.u16(end + 10);
  if (zip.u16(end + 4) != 0 || zip.u16(end + 8) != count) {
    zip.fail(end, "expected an archive in one part", ErrorCode::kUnsupported);
  }
  if (count == 0xFFFF || zip.u32(end + 16) == 0xFFFFFFFF) {
    zip.fail(end, "expected an archive without zip64 fields", ErrorCode::kUnsupported);
  }
  std::vector<ZipMember> members;  // grows as entries are found: `count` may lie
  size_t at = zip.u32(end + 16);
  for (uint16_t i = 0; i < count; ++i) {
    zip.expect_signature(at, "PK\1\2", "an entry of the zip directory");
    ZipMember member;
    member.flags = zip.u16(at + 8);
    member.method = zip.u16(at + 10);
    member.checksum = zip.u32(at + 16);
    member.packed_bytes = zip.u32(at + 20);
    member.unpacked_bytes = zip.u32(at + 24);
    member.offset = zip.u32(at + 42);
    member.name = zip.text(at + kEntryBytes, zip.u16(at + 28));
    at += kEntryBytes + zip.u16(at + 28) + size_t{zip.u16(at + 30)} + zip.u16(at + 32);
    members.push_back(member);
  }
  return members;
}

std::string unpack_zip_member(std::string_view archive, const ZipMember& member, size_t limit,
                              std::string_view name) {
  const Zip zip(archive, name);
  const size_t at = member.offset;
  zip.expect_signature(at, "PK\3\4", "the header of a zip member");
  constexpr uint16_t kEncrypted = 1;
  if ((member.flags & kEncrypted) != 0) {
    zip.fail(at, "expected a member that is not encrypted", ErrorCode::kUnsupported);
  }
  if (member.unpacked_bytes > limit) {
    zip.fail(at, "expected at most " + std::to_string(limit) + " bytes unpacked");
  }
  const size_t data = at + kLocalBytes + zip.u16(at + 26) + size_t{zip.u16(at + 28)};
  const std::string_view packed = zip.text(data, member.packed_bytes);
  std::string out;
  if (member.method == kStored) {
    if (member.packed_bytes != member.unpacked_bytes) zip.fail(at, "expected equal sizes");
    out = packed;
  } else if (member.method == kDeflated) {
    out = inflate_exactly(packed, member.unpacked_bytes, zip, data);
  } else {
    zip.fail(at, "expected a member stored or deflated", ErrorCode::kUnsupported);
  }
  if (crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size()) != member.checksum) {
    zip.fail(at, "expected data with the checksum of the directory");
  }
  return out;
}

}  // namespace tokrail
