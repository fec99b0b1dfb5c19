// Files as bytes: a read-only mapping, and whole-file reading and writing with clear errors.
//
//   const MappedFile file = MappedFile::open("model.bin");
//   parse(file.bytes());                                   // valid while `file` lives
//   write_file_atomically("out.tkz", bytes);               // the old file or the new, never half
//
// Complexity: mapping is O(1), pages are read when they are touched. Ownership: a MappedFile owns
// its mapping and may be moved; the bytes stay where they are. Thread safety: immutable.
// Errors: Error kNotFound, kIo, or kInvalidArgument for what is not a regular file; where() is the
// path. The file must not be cut short by others while it is mapped: the operating system would
// end the process at a page that is gone.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace tokrail {

class MappedFile {
 public:
  /// An empty file, mapped.
  MappedFile() noexcept = default;
  /// Maps a regular file (of any size, also 0). Directories, pipes and devices are refused.
  static MappedFile open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const noexcept { return {data_, size_}; }
  size_t size() const noexcept { return size_; }

 private:
  MappedFile(const char* data, size_t size) noexcept : data_(data), size_(size) {}
  void unmap() noexcept;

  const char* data_ = nullptr;
  size_t size_ = 0;
};

/// The whole content of a file; pipes and devices are read to their end. More than `limit` bytes
/// is Error kInvalidFile, found before more than that is read.
std::string read_file(const std::filesystem::path& path, size_t limit = static_cast<size_t>(-1));

/// Writes a new file beside `path`, forces it to disk and renames it to `path`, so that a reader
/// or a crash sees the old content or the new. A symbolic link is followed; the permissions of an
/// existing file are kept.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace tokrail
