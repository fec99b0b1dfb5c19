#include "tokenizers/training/text_source.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

constexpr size_t kMinChunkBytes = 4096;
constexpr size_t kMaxChunkBytes = size_t{1} << 30;

bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_ascii_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Where to cut a full buffer of which more follows; never 0. Sets `in_line` if inside a line.
size_t cut_place(std::string_view buffer, bool& in_line) {
  in_line = false;
  size_t line_end = 0;
  for (size_t at = buffer.size() - 1; at > 0;) {
    const void* found = memrchr(buffer.data(), '\n', at);
    if (found == nullptr) break;
    at = static_cast<size_t>(static_cast<const char*>(found) - buffer.data());
    if (line_end == 0) line_end = at + 1;
    if (at > 0 && !is_space(buffer[at - 1]) && is_ascii_alphanumeric(buffer[at + 1])) return at + 1;
  }
  if (line_end != 0) return line_end;
  in_line = true;
  // Before the last character: continuation bytes of UTF-8 are 10xxxxxx, at most three of them.
  size_t cut = buffer.size() - 1;
  for (int back = 0; back < 3 && cut > 1 && (buffer[cut] & 0xC0) == 0x80; ++back) --cut;
  return cut;
}

/// One file, plain or gzip.
class InputFile {
 public:
  explicit InputFile(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "rb")) {
    if (file_ == nullptr) {
      throw Error(ErrorCode::kIo, std::string("cannot be opened: ") + std::strerror(errno), path);
    }
    gzbuffer(file_, 1u << 18);
  }
  ~InputFile() { gzclose(file_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Fewer bytes than asked for only at the end of the file.
  size_t read(char* to, size_t bytes) {
    const int got = gzread(file_, to, static_cast<unsigned>(bytes));
    if (got < 0 || static_cast<size_t>(got) < bytes) check();
    return static_cast<size_t>(std::max(got, 0));
  }
  uint64_t offset() const { return static_cast<uint64_t>(std::max<z_off_t>(gzoffset(file_), 0)); }

 private:
  void check() const {
    int code = Z_OK;
    const char* message = gzerror(file_, &code);
    if (code == Z_OK || code == Z_STREAM_END) return;
    if (code == Z_ERRNO) throw Error(ErrorCode::kIo, std::strerror(errno), path_);
    if (code == Z_BUF_ERROR) {
      throw Error(ErrorCode::kInvalidFile, "the gzip stream ends too early", path_);
    }
    throw Error(ErrorCode::kInvalidFile, std::string("damaged gzip stream: ") + message, path_);
  }

  const std::string& path_;
  gzFile file_;
};

class FileSource final : public TextSource {
 public:
  FileSource(std::vector<std::string> paths, size_t chunk_bytes)
      : paths_(std::move(paths)), chunk_bytes_(chunk_bytes) {
    if (chunk_bytes < kMinChunkBytes || chunk_bytes > kMaxChunkBytes) {
      throw Error(ErrorCode::kInvalidArgument, "chunk_bytes must be 4 KiB to 1 GiB");
    }
    for (const std::string& path : paths_) {
      std::error_code error;
      const auto status = std::filesystem::status(path, error);
      if (!std::filesystem::exists(status)) {
        throw Error(ErrorCode::kNotFound, "there is no such file", path);
      }
      if (std::filesystem::is_directory(status)) {
        throw Error(ErrorCode::kInvalidArgument, "expected a file, found a folder", path);
      }
      if (std::filesystem::is_regular_file(status)) {
        bytes_total_ += std::filesystem::file_size(path, error);
      }
    }
  }

  bool next(std::string& chunk) override {
    while (true) {
      if (!file_) {
        if (next_path_ == paths_.size()) return false;
        file_ = std::make_unique<InputFile>(paths_[next_path_++]);
      }
      if (fill(chunk)) return true;
    }
  }
  uint64_t bytes_done() const override { return bytes_before_ + (file_ ? file_->offset() : 0); }
  uint64_t bytes_total() const override { return bytes_total_; }
  uint64_t lines_cut() const override { return lines_cut_; }

 private:
  /// One chunk of the open file; false (and the file closed) where nothing was left.
  bool fill(std::string& chunk) {
    chunk.swap(rest_);
    rest_.clear();
    // One byte more than a chunk, to know what follows a line end at its very end.
    const size_t kept = chunk.size();
    chunk.resize(chunk_bytes_ + 1);
    const size_t filled = kept + file_->read(chunk.data() + kept, chunk.size() - kept);
    if (filled <= chunk_bytes_) {
      chunk.resize(filled);
      bytes_before_ += file_->offset();
      file_.reset();
      in_long_line_ = false;
      return filled != 0;
    }
    bool in_line = false;
    const size_t cut = cut_place(chunk, in_line);
    if (in_line && !in_long_line_) ++lines_cut_;
    in_long_line_ = in_line;
    rest_.assign(chunk, cut, std::string::npos);
    chunk.resize(cut);
    return true;
  }

  std::vector<std::string> paths_;
  size_t chunk_bytes_;
  size_t next_path_ = 0;
  std::unique_ptr<InputFile> file_;
  std::string rest_;  // read, but behind the cut
  uint64_t bytes_before_ = 0;
  uint64_t bytes_total_ = 0;
  uint64_t lines_cut_ = 0;
  bool in_long_line_ = false;
};

class MemorySource final : public TextSource {
 public:
  explicit MemorySource(std::span<const std::string_view> texts) : texts_(texts) {
    for (const std::string_view text : texts) bytes_total_ += text.size();
  }
  bool next(std::string& chunk) override {
    if (next_ == texts_.size()) return false;
    chunk.assign(texts_[next_++]);
    bytes_done_ += chunk.size();
    return true;
  }
  uint64_t bytes_done() const override { return bytes_done_; }
  uint64_t bytes_total() const override { return bytes_total_; }

 private:
  std::span<const std::string_view> texts_;
  size_t next_ = 0;
  uint64_t bytes_done_ = 0;
  uint64_t bytes_total_ = 0;
};

}  // namespace

std::unique_ptr<TextSource> open_text_files(std::vector<std::string> paths, size_t chunk_bytes) {
  return std::make_unique<FileSource>(std::move(paths), chunk_bytes);
}

std::unique_ptr<TextSource> texts_in_memory(std::span<const std::string_view> texts) {
  return std::make_unique<MemorySource>(texts);
}

}  // namespace tokrail
