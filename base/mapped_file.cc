#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* action, int number) {
  const bool absent = number == ENOENT || number == ENOTDIR;
  throw Error(absent ? ErrorCode::kNotFound : ErrorCode::kIo,
              std::string("cannot ") + action + ": " + std::generic_category().message(number),
              path.string());
}

// A file descriptor that closes itself.
class Descriptor {
 public:
  // Opening a pipe nobody writes to would wait for ever, hence O_NONBLOCK.
  static Descriptor open_for_reading(const std::filesystem::path& path) {
    Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (descriptor.get() < 0) fail(path, "open", errno);
    return descriptor;
  }

  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int get() const noexcept { return number_; }
  int close() noexcept { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

struct stat status_of(const Descriptor& descriptor, const std::filesystem::path& path) {
  struct stat status = {};
  if (::fstat(descriptor.get(), &status) != 0) fail(path, "examine", errno);
  return status;
}

const char* kind_name(mode_t mode) noexcept {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "something else";
}

void require_regular(mode_t mode, const std::filesystem::path& path) {
  if (S_ISREG(mode)) return;
  throw Error(ErrorCode::kInvalidArgument,
              std::string("expected a regular file, found ") + kind_name(mode), path.string());
}

void write_all(const Descriptor& descriptor, std::string_view bytes,
               const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const size_t most = std::min(bytes.size(), size_t{1} << 30);
    const ssize_t written = ::write(descriptor.get(), bytes.data(), most);
    if (written < 0) {
      if (errno == EINTR) continue;
      fail(path, "write", errno);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

// A new file beside a path, removed again unless it takes the place of that path.
class Replacement {
 public:
  explicit Replacement(const std::filesystem::path& target)
      : target_(target), descriptor_(create(target, name_)) {}
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  void keep_mode(mode_t mode) noexcept {
    // Best effort: the content matters more than bits the file system may not have.
    static_cast<void>(::fchmod(descriptor_.get(), mode & 07777));
  }

  void write_and_rename(std::string_view bytes) {
    write_all(descriptor_, bytes, target_);
    if (::fsync(descriptor_.get()) != 0) fail(target_, "write", errno);
    if (descriptor_.close() != 0) fail(target_, "write", errno);
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail(target_, "replace", errno);
    name_.clear();
  }

 private:
  static Descriptor create(const std::filesystem::path& target, std::string& name) {
    const std::string stem = target.string() + ".partial-" + std::to_string(::getpid()) + "-";
    for (int attempt = 0;; ++attempt) {
      const std::string candidate = stem + std::to_string(attempt);
      const int number = ::open(candidate.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (number >= 0) {
        name = candidate;
        return Descriptor(number);
      }
      if (errno != EEXIST || attempt == 1000) fail(target, "create", errno);
    }
  }

  std::filesystem::path target_;
  std::string name_;  // before descriptor_, which fills it
  Descriptor descriptor_;
};

}  // namespace

MappedFile MappedFile::open(const std::filesystem::path& path) {
  const Descriptor descriptor = Descriptor::open_for_reading(path);
  const struct stat status = status_of(descriptor, path);
  require_regular(status.st_mode, path);
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) return {};
  void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
  if (data == MAP_FAILED) fail(path, "map", errno);
  return {static_cast<const char*>(data), size};
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    unmap();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

MappedFile::~MappedFile() {
  unmap();
}

void MappedFile::unmap() noexcept {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  data_ = nullptr;
  size_ = 0;
}

std::string read_file(const std::filesystem::path& path, size_t limit) {
  // Opened without O_NONBLOCK: a pipe is waited for.
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) fail(path, "open", errno);
  const struct stat status = status_of(descriptor, path);
  if (S_ISDIR(status.st_mode)) require_regular(status.st_mode, path);
  std::string content;
  if (S_ISREG(status.st_mode)) {
    content.reserve(std::min(limit, static_cast<size_t>(status.st_size)) + 1);
  }
  constexpr size_t kStep = size_t{1} << 16;
  size_t size = 0;
  while (true) {
    if (size == content.size()) content.resize(std::max(size + kStep, content.capacity()));
    const size_t most = std::min(content.size() - size, size_t{1} << 30);
    const ssize_t got = ::read(descriptor.get(), content.data() + size, most);
    if (got < 0) {
      if (errno == EINTR) continue;
      fail(path, "read", errno);
    }
    if (got == 0) break;
    size += static_cast<size_t>(got);
    if (size > limit) {
      throw Error(ErrorCode::kInvalidFile, "expected at most " + std::to_string(limit) + " bytes",
                  path.string());
    }
  }
  content.resize(size);
  return content;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code ignored;
  std::filesystem::path target = path;
  if (std::filesystem::is_symlink(path, ignored)) {
    target = std::filesystem::weakly_canonical(path, ignored);
    if (ignored) fail(path, "follow", ignored.value());
  }
  struct stat status = {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists) require_regular(status.st_mode, path);
  Replacement file(target);
  if (exists) file.keep_mode(status.st_mode);
  file.write_and_rename(bytes);
}

}  // namespace tokrail
