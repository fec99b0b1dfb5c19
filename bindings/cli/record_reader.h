// RecordReader: records (lines, NUL-ended parts, or whole files) from files and standard input.
//
//   RecordReader reader({"a.txt", "-"}, Records::kLines);
//   while (auto batch = reader.next()) {
//     for (size_t i = 0; i < batch->size(); ++i) use((*batch)[i], batch->place(i));
//   }
//
// A batch holds as many whole records as fit into about kBatchBytes, at least one; memory is that
// of the batches in use and of the longest record, whatever the size of the input. The end mark is
// not part of a record; what stands behind the last mark is a record unless it is empty. Records do
// not reach over the end of a file. Errors: Error(kNotFound) or Error(kIo) with the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail::cli {

enum class Records : uint8_t {
  kLines,  ///< end at a line feed
  kNull,   ///< end at a NUL byte
  kWhole,  ///< a file is one record, also an empty one
};

class RecordBatch {
 public:
  size_t size() const noexcept { return ends_.size(); }
  std::string_view operator[](size_t i) const noexcept {
    const size_t begin = i == 0 ? 0 : ends_[i - 1] + 1;
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  /// Where record i comes from, for messages: "file: line 12".
  std::string place(size_t i) const;
  const std::string& file() const noexcept { return file_; }
  uint64_t number(size_t i) const noexcept { return first_number_ + i; }
  /// Bytes of input, end marks included.
  size_t input_bytes() const noexcept { return bytes_.size(); }

 private:
  friend class RecordReader;
  std::string file_;
  Records records_ = Records::kLines;
  uint64_t first_number_ = 1;  ///< of record 0 in its file, from 1
  std::string bytes_;          ///< records, each followed by one byte (the last one perhaps not)
  std::vector<size_t> ends_;   ///< of the records in bytes_
};

class RecordReader {
 public:
  static constexpr size_t kBatchBytes = size_t{1} << 18;

  /// No paths, or "-": standard input.
  RecordReader(std::vector<std::string> paths, Records records);
  ~RecordReader();
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  std::optional<RecordBatch> next();
  /// Sum of the sizes of all files; 0 where one has no size (a pipe).
  uint64_t total_bytes() const noexcept { return total_bytes_; }

 private:
  bool open_next();
  bool fill(size_t block);
  void close_file() noexcept;
  std::optional<RecordBatch> take_whole();

  std::vector<std::string> paths_;
  Records records_;
  size_t next_path_ = 0;
  uint64_t total_bytes_ = 0;
  int descriptor_ = -1;
  bool at_end_ = true;
  std::string name_;
  uint64_t number_ = 1;
  std::string pending_;  ///< read but not given out
  size_t searched_ = 0;  ///< no end mark in pending_ before this
};

/// How standard input is called in messages.
inline constexpr std::string_view kStandardInput = "standard input";

}  // namespace tokrail::cli
