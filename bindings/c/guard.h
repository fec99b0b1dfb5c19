// guard: what stands around the body of every C function that can fail. No exception leaves.
//
//   tokrail_status tokrail_x_new(tokrail_x** out, tokrail_error** error) {
//     return guard(error, [&] { *required(out, "out") = new tokrail_x; });
//   }
//
// A body returns nothing or a status. Failure is an Error whose status is not that of its code:
// what C alone tells apart.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "bindings/c/tokrail.h"

namespace tokrail::c {

class Failure : public Error {
 public:
  Failure(tokrail_status status, std::string message, std::string where = {})
      : Error(ErrorCode::kInvalidArgument, std::move(message), std::move(where)), status_(status) {}
  tokrail_status status() const noexcept { return status_; }

 private:
  tokrail_status status_;
};

/// The status of the exception that is being handled, which is made an object of if `error` is
/// given. Only inside a handler.
tokrail_status report(tokrail_error** error) noexcept;

template <typename Body>
tokrail_status guard(tokrail_error** error, Body&& body) noexcept {
  if (error != nullptr) *error = nullptr;
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      body();
      return TOKRAIL_OK;
    } else {
      return body();
    }
  } catch (...) {
    return report(error);
  }
}

/// The pointer, which must not be NULL. `what`: the parameter's name.
template <typename T>
T* required(T* pointer, const char* what) {
  if (pointer == nullptr) {
    throw Error(ErrorCode::kInvalidArgument, std::string(what) + " is NULL");
  }
  return pointer;
}

/// Where an object that is made goes: NULL until it is there.
template <typename T>
T** cleared(T** out) {
  *required(out, "out") = nullptr;
  return out;
}

/// `count` elements; NULL only where there are none.
template <typename T>
std::span<T> array(T* data, size_t count, const char* what) {
  return count == 0 ? std::span<T>() : std::span<T>(required(data, what), count);
}
inline std::string_view text(const char* data, size_t length, const char* what) {
  const auto bytes = array(data, length, what);
  return {bytes.data(), bytes.size()};
}
inline std::string_view text(const tokrail_bytes& bytes, const char* what) {
  return text(bytes.data, bytes.length, what);
}
/// A path: no NUL inside of it, because the operating system would stop there.
std::string path_text(const char* path, size_t length);

/// A result of a size that the caller did not know: see the top of tokrail.h.
tokrail_status write_result(std::string_view bytes, char* out, size_t capacity, size_t* length);
tokrail_status write_result(std::span<const uint32_t> ids, uint32_t* out, size_t capacity,
                            size_t* count);

/// Lends a string or an array: `length` may be NULL.
const char* lend(std::string_view string, size_t* length) noexcept;
template <typename T>
const T* lend(std::span<const T> values, size_t* count) noexcept {
  if (count != nullptr) *count = values.size();
  return values.data();
}
/// NULL and no length: for what is not there.
template <typename T>
const T* lend_nothing(size_t* length) noexcept {
  if (length != nullptr) *length = 0;
  return nullptr;
}

}  // namespace tokrail::c
