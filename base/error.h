// tokrail::Error: the one exception the library throws.
//
// Input that may be bad (files, grammars, schemas, options, ids given by a user) is answered by
// throwing Error with a stable code, what was expected, and where. Per-token calls never throw;
// they answer by value. Broken invariants of our own are assertions, not Errors.
//
//   try {
//     auto tokenizer = tokrail::Tokenizer::load("model.json");
//   } catch (const tokrail::Error& error) {
//     std::cerr << error.what() << '\n';   // "model.json: byte 1042: expected ..."
//   }
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tokrail {

enum class ErrorCode : int32_t {
  kInvalidArgument = 1,  ///< an option, id or parameter outside its documented range
  kInvalidFile = 2,      ///< a file that is damaged or not of the format it claims
  kUnsupported = 3,      ///< well-formed, but names something this library does not do
  kNotFound = 4,         ///< a file or a named thing that does not exist
  kIo = 5,               ///< the operating system refused a read or a write
  kTextRefused = 6,      ///< the caller's policy forbids this text (a special token, say)
  kBudgetExhausted = 7,  ///< a bounded job reached its bound before it had an answer
  kCancelled = 8,        ///< the caller asked for the job to stop
  kInternal = 9,         ///< a fault of this library; please report it
};

/// The stable lower-case name of a code, e.g. "invalid_file".
std::string_view error_code_name(ErrorCode code) noexcept;

/// what() is "<where>: <message>" or just the message when there is no place.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, std::string message, std::string where = {});

  ErrorCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  /// File, "file: byte N", "line:column" or a JSON pointer; empty when there is no place.
  const std::string& where() const noexcept { return where_; }

  /// The same error seen from further out: `outer` (a file name, say) is put before where().
  Error within(std::string_view outer) const;

 private:
  ErrorCode code_;
  std::string message_;
  std::string where_;
};

}  // namespace tokrail
