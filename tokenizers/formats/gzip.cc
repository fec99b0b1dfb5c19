#include "tokenizers/formats/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "tokenizers/formats/json_document.h"

namespace tokrail {
namespace {

constexpr size_t kBlock = size_t{1} << 18;

// Unpacks one member; `bytes` becomes what follows it.
void unpack_member(std::string_view& bytes, size_t limit, std::string_view name, std::string& out) {
  z_stream stream{};
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorCode::kInvalidFile, message, std::string(name));
  };
  constexpr int kGzipOnly = 15 + 16;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) fail("expected gzip");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    const size_t available = std::min<size_t>(bytes.size(), 1u << 30);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(available);
    const size_t before = out.size();
    const size_t room = std::min(kBlock, limit - before + 1);
    out.resize(before + room);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream.avail_out = static_cast<uInt>(room);
    status = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + room - stream.avail_out);
    bytes.remove_prefix(available - stream.avail_in);
    if (out.size() > limit) fail("expected at most " + std::to_string(limit) + " bytes unpacked");
    if (status == Z_BUF_ERROR || (status == Z_OK && bytes.empty() && stream.avail_out > 0)) {
      fail("expected more bytes: the gzip file is cut");
    }
    if (status != Z_OK && status != Z_STREAM_END) fail("expected gzip, found damaged bytes");
  }
}

}  // namespace

std::string unpack_gzip(std::string_view bytes, size_t limit, std::string_view name) {
  std::string out;
  do {
    unpack_member(bytes, limit, name, out);
  } while (bytes.starts_with("\x1F\x8B"));
  const size_t rest = bytes.find_first_not_of('\0');
  if (rest != std::string_view::npos) {
    throw Error(ErrorCode::kInvalidFile, "expected the end of the file after the gzip data",
                std::string(name));
  }
  return out;
}

}  // namespace tokrail
