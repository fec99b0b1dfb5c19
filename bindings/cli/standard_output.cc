#include "bindings/cli/standard_output.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace tokrail::cli {

namespace {

void write_all(const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(STDOUT_FILENO, data, size);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EPIPE) throw BrokenPipe();
      throw Error(ErrorCode::kIo, std::string("cannot write: ") + std::strerror(errno),
                  "standard output");
    }
    data += written;
    size -= static_cast<size_t>(written);
  }
}

}  // namespace

StandardOutput::StandardOutput() : is_terminal_(::isatty(STDOUT_FILENO) != 0) {}

void StandardOutput::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() <= kBlock) {
    buffer_.append(bytes);
  } else {
    flush();
    if (bytes.size() >= kBlock) {
      write_all(bytes.data(), bytes.size());
    } else {
      buffer_.append(bytes);
    }
  }
  if (is_terminal_ && bytes.ends_with('\n')) flush();
}

void StandardOutput::flush() {
  write_all(buffer_.data(), buffer_.size());
  buffer_.clear();
}

bool wants_colour(int file_descriptor) {
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* const terminal = std::getenv("TERM");
  if (terminal != nullptr && std::strcmp(terminal, "dumb") == 0) return false;
  return ::isatty(file_descriptor) != 0;
}

}  // namespace tokrail::cli
