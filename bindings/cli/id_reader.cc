#include "bindings/cli/id_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <cerrno>
#include <cstring>

#include "base/ascii.h"
#include "base/error.h"
#include "bindings/cli/json_text.h"
#include "bindings/cli/record_reader.h"

namespace tokrail::cli {

namespace {

constexpr size_t kBlock = size_t{1} << 18;

bool is_separator(char c) {
  return c == ' ' || c == '\t' || c == ',' || c == '\r' || c == '[' || c == ']';
}

std::string quoted_start(std::string_view text) {
  std::string out = "\"";
  append_escaped(text.substr(0, 20), out);
  return out + '"';
}

}  // namespace

IdReader::IdReader(std::vector<std::string> paths) : paths_(std::move(paths)) {
  if (paths_.empty()) paths_.emplace_back("-");
}

IdReader::~IdReader() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

std::string IdReader::place() const {
  return name_ + ": line " + std::to_string(line_);
}

void IdReader::fail(const std::string& message) const {
  throw Error(ErrorCode::kInvalidFile, message, place());
}

bool IdReader::open_next() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  descriptor_ = -1;
  if (next_path_ == paths_.size()) return false;
  const std::string& path = paths_[next_path_++];
  name_ = path == "-" ? std::string(kStandardInput) : path;
  descriptor_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
    throw Error(code, std::string("cannot open: ") + std::strerror(errno), name_);
  }
  line_ = 0;
  return true;
}

// Replaces what was read of the block by what was not, and reads on. False at the end of the file.
bool IdReader::fill() {
  block_.erase(0, at_);
  at_ = 0;
  const size_t old_size = block_.size();
  block_.resize(old_size + kBlock);
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, block_.data() + old_size, kBlock);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    throw Error(ErrorCode::kIo, std::string("cannot read: ") + std::strerror(errno), name_);
  }
  block_.resize(old_size + static_cast<size_t>(got));
  return got > 0;
}

// Ids up to the end of the line, the end of the file or kMaxIds of them.
void IdReader::read_plain(IdPart& part) {
  while (part.ids.size() < kMaxIds) {
    if (at_ == block_.size() && !fill()) {
      part.ends_sequence = true;
      return;
    }
    const char c = block_[at_];
    if (c == '\n') {
      ++at_;
      part.ends_sequence = true;
      return;
    }
    if (is_separator(c)) {
      ++at_;
      continue;
    }
    // An id of at most ten digits. More is read only where the block ends in it, so that a line
    // that somebody types is answered before the next one comes.
    uint64_t id = 0;
    size_t digits = 0;
    do {
      for (; at_ + digits < block_.size() && is_ascii_digit(block_[at_ + digits]) && digits < 11;
           ++digits) {
        id = id * 10 + static_cast<uint64_t>(block_[at_ + digits] - '0');
      }
    } while (at_ + digits == block_.size() && digits < 11 && fill());
    const size_t end = at_ + digits;
    const bool delimited = end == block_.size() || block_[end] == '\n' || is_separator(block_[end]);
    if (end == at_ || !delimited || id >= kNoToken) {
      std::string_view rest = std::string_view(block_).substr(at_, 20);
      fail("expected a token id, found " + quoted_start(rest.substr(0, rest.find('\n'))));
    }
    part.ids.push_back(static_cast<TokenId>(id));
    at_ = end;
  }
}

void IdReader::read_object(IdPart& part) {
  size_t end = block_.find('\n', at_);
  while (end == std::string::npos) {
    const size_t searched = block_.size() - at_;
    if (!fill()) break;
    end = block_.find('\n', at_ + searched);
  }
  if (end == std::string::npos) end = block_.size();
  boost::json::error_code error;
  const auto document = boost::json::parse({block_.data() + at_, end - at_}, error);
  if (error) fail("expected a JSON object: " + error.message());
  const auto* const ids = document.is_object() ? document.get_object().if_contains("ids") : nullptr;
  if (ids == nullptr || !ids->is_array()) fail("expected a member \"ids\" that is a list of ids");
  for (const auto& element : ids->get_array()) {
    const int64_t* const id = element.if_int64();
    if (id == nullptr || *id < 0 || *id >= kNoToken) {
      fail("expected a token id at /ids/" + std::to_string(part.ids.size()));
    }
    part.ids.push_back(static_cast<TokenId>(*id));
  }
  part.ends_sequence = true;
  at_ = end < block_.size() ? end + 1 : end;
}

std::optional<IdPart> IdReader::next() {
  if (!in_line_) {
    while (at_ == block_.size()) {
      if (descriptor_ >= 0 && fill()) break;
      if (!open_next()) return std::nullopt;
    }
    ++line_;
  }
  IdPart part;
  if (!in_line_ && block_[at_] == '{') {
    read_object(part);
  } else {
    read_plain(part);
  }
  in_line_ = !part.ends_sequence;
  part.place = place();
  return part;
}

}  // namespace tokrail::cli
