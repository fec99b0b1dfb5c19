// StandardOutput: the data stream of the command, buffered, with errors that are noticed.
//
//   StandardOutput out;
//   out.write("1 2 3\n");
//   out.flush();               // always at the end: the destructor writes nothing
//
// A reader that goes away (`tokrail encode ... | head`) is no error: write throws BrokenPipe, which
// main() turns into a quiet end. Any other failure is Error(kIo). One thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tokrail::cli {

struct BrokenPipe {};

class StandardOutput {
 public:
  /// Lines appear at once on a terminal; otherwise output is collected into large blocks.
  StandardOutput();

  void write(std::string_view bytes);
  void flush();
  bool is_terminal() const noexcept { return is_terminal_; }

 private:
  static constexpr size_t kBlock = size_t{1} << 18;

  std::string buffer_;
  bool is_terminal_;
};

/// Colour is for people: on a terminal, unless NO_COLOR is set.
bool wants_colour(int file_descriptor);

}  // namespace tokrail::cli
