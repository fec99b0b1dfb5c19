#include "bindings/cli/record_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace tokrail::cli {

namespace {

[[noreturn]] void fail(int error, const std::string& name, const char* what) {
  const ErrorCode code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  throw Error(code, std::string(what) + ": " + std::strerror(error), name);
}

}  // namespace

std::string RecordBatch::place(size_t i) const {
  if (records_ == Records::kWhole) return file_;
  const char* const unit = records_ == Records::kLines ? ": line " : ": record ";
  return file_ + unit + std::to_string(number(i));
}

RecordReader::RecordReader(std::vector<std::string> paths, Records records)
    : paths_(std::move(paths)), records_(records) {
  if (paths_.empty()) paths_.emplace_back("-");
  bool all_have_sizes = true;
  for (const std::string& path : paths_) {
    struct stat status {};
    const int result = path == "-" ? ::fstat(STDIN_FILENO, &status) : ::stat(path.c_str(), &status);
    if (result != 0) fail(errno, path == "-" ? std::string(kStandardInput) : path, "cannot open");
    if (S_ISDIR(status.st_mode)) fail(EISDIR, path, "cannot read");
    all_have_sizes = all_have_sizes && S_ISREG(status.st_mode);
    total_bytes_ += static_cast<uint64_t>(std::max<off_t>(status.st_size, 0));
  }
  if (!all_have_sizes) total_bytes_ = 0;
}

RecordReader::~RecordReader() {
  close_file();
}

void RecordReader::close_file() noexcept {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  descriptor_ = -1;
}

bool RecordReader::open_next() {
  close_file();
  if (next_path_ == paths_.size()) return false;
  const std::string& path = paths_[next_path_++];
  const bool standard_input = path == "-";
  name_ = standard_input ? std::string(kStandardInput) : path;
  descriptor_ = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail(errno, name_, "cannot open");
  at_end_ = false;
  number_ = 1;
  pending_.clear();
  searched_ = 0;
  return true;
}

// Reads one block behind pending_; false at the end of the file.
bool RecordReader::fill(size_t block) {
  const size_t old_size = pending_.size();
  pending_.resize(old_size + block);
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, pending_.data() + old_size, pending_.size() - old_size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) fail(errno, name_, "cannot read");
  pending_.resize(old_size + static_cast<size_t>(got));
  return got > 0;
}

std::optional<RecordBatch> RecordReader::take_whole() {
  if (!open_next()) return std::nullopt;
  // Room for all of a file at once, and for a byte more, which is not there: nothing is moved.
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    pending_.reserve(std::max(kBatchBytes, static_cast<size_t>(status.st_size) + 1));
  }
  const auto room = [this] {
    const size_t size = pending_.size(), left = pending_.capacity() - size;
    return left > 0 && size + left >= kBatchBytes ? left : std::max(kBatchBytes, size / 4);
  };
  while (fill(room())) {
  }
  at_end_ = true;
  RecordBatch batch;
  batch.file_ = name_;
  batch.records_ = records_;
  batch.ends_.push_back(pending_.size());
  batch.bytes_ = std::move(pending_);
  pending_.clear();
  return batch;
}

std::optional<RecordBatch> RecordReader::next() {
  if (records_ == Records::kWhole) return take_whole();
  const char mark = records_ == Records::kLines ? '\n' : '\0';
  // Until there is an end mark, or the end of a file that has bytes left.
  size_t last_mark = std::string::npos;
  for (;;) {
    if (at_end_ && pending_.empty()) {
      if (!open_next()) return std::nullopt;
    }
    if (pending_.size() > searched_) {
      const std::string_view fresh = std::string_view(pending_).substr(searched_);
      const size_t found = fresh.rfind(mark);
      if (found != std::string_view::npos) last_mark = searched_ + found;
      searched_ = pending_.size();
    }
    if (last_mark != std::string::npos || (at_end_ && !pending_.empty())) break;
    if (!at_end_ && !fill(std::max(kBatchBytes, pending_.size() / 4))) at_end_ = true;
  }
  RecordBatch batch;
  batch.file_ = name_;
  batch.records_ = records_;
  batch.first_number_ = number_;
  const size_t taken = last_mark == std::string::npos ? pending_.size() : last_mark + 1;
  batch.bytes_ = std::move(pending_);
  pending_ = batch.bytes_.substr(taken);
  batch.bytes_.resize(taken);
  // What is left has no mark before its end; at the end of a file it is looked at once more.
  searched_ = pending_.size();
  for (size_t at = 0; at < taken;) {
    const size_t end = batch.bytes_.find(mark, at);
    batch.ends_.push_back(std::min(end, taken));
    at = end == std::string::npos ? taken : end + 1;
  }
  number_ += batch.ends_.size();
  return batch;
}

}  // namespace tokrail::cli
