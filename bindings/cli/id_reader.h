// IdReader: sequences of token ids from text, one sequence per line, of any length.
//
// A line is ids with spaces, tabs or commas between them, optionally in brackets, or a JSON object
// with a member "ids" (what `tokrail encode` prints in all its forms but --pieces). Long plain
// lines are handed out in parts, so that memory does not grow with the length of a line; a JSON
// object is read whole.
//
//   IdReader reader(files);
//   while (auto part = reader.next()) {
//     use(part->ids);
//     if (part->ends_sequence) finish();
//   }
//
// Errors: Error(kInvalidFile) with file and line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/spec.h"

namespace tokrail::cli {

struct IdPart {
  std::vector<TokenId> ids;
  bool ends_sequence = false;
  std::string place;  ///< "file: line 3", for messages
};

class IdReader {
 public:
  static constexpr size_t kMaxIds = size_t{1} << 18;  ///< of one part

  explicit IdReader(std::vector<std::string> paths);
  ~IdReader();
  IdReader(const IdReader&) = delete;
  IdReader& operator=(const IdReader&) = delete;

  std::optional<IdPart> next();

 private:
  bool open_next();
  bool fill();
  void read_plain(IdPart& part);
  void read_object(IdPart& part);
  std::string place() const;
  [[noreturn]] void fail(const std::string& message) const;

  std::vector<std::string> paths_;
  size_t next_path_ = 0;
  int descriptor_ = -1;
  std::string name_;
  uint64_t line_ = 0;
  bool in_line_ = false;  ///< a plain line was handed out in part
  std::string block_;
  size_t at_ = 0;
};

}  // namespace tokrail::cli
