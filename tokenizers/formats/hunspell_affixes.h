// The parts of a hunspell .aff file that a .dic file needs to be read: encoding, type of flags,
// aliases. Internal to formats; hunspell_dictionary.h says what of it reaches callers.
//
// Errors: Error(kInvalidFile, kUnsupported) with file:line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tokrail {

/// Lines of a text, with their numbers from 1; "\r" at an end is no part of a line.
class NumberedLines {
 public:
  NumberedLines(std::string_view text, std::string file) : rest_(text), file_(std::move(file)) {}
  /// The next line; false at the end.
  bool next(std::string_view& line) noexcept;
  uint32_t number() const noexcept { return number_; }
  const std::string& file() const noexcept { return file_; }
  std::string where() const { return file_ + ":" + std::to_string(number_); }
  [[noreturn]] void fail(const std::string& message) const;

 private:
  std::string_view rest_;
  std::string file_;
  uint32_t number_ = 0;
};

/// Text of an 8-bit encoding or UTF-8 to UTF-8.
class DictionaryEncoding {
 public:
  /// `name` as SET has it ("ISO8859-2", "microsoft-cp1251", "UTF-8"); throws kUnsupported.
  DictionaryEncoding(std::string_view name, const NumberedLines& at);
  ~DictionaryEncoding();
  /// Throws kInvalidFile at the line where the bytes are not in this encoding.
  std::string to_utf8(std::string_view bytes, const NumberedLines& at) const;

 private:
  struct Converter;
  std::string name_;
  std::unique_ptr<Converter> converter_;  // null: UTF-8
};

enum class FlagKind : uint8_t { kByte, kCharacter, kPair, kNumber };

struct HunspellAffixes {
  std::unique_ptr<DictionaryEncoding> encoding;
  FlagKind flags = FlagKind::kByte;
  std::vector<std::string> flag_aliases;   ///< bytes, as in the file
  std::vector<std::string> field_aliases;  ///< UTF-8
};

HunspellAffixes read_hunspell_affixes(const std::filesystem::path& aff);

/// A number without sign that ends the text; false for anything else or what exceeds `limit`.
bool read_count(std::string_view digits, size_t limit, size_t& count) noexcept;

}  // namespace tokrail
