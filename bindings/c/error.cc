// Errors as objects, versions, and the flag that stops work.
#include <charconv>
#include <new>

#include "base/bitset.h"
#include "bindings/c/guard.h"
#include "bindings/c/handles.h"

namespace tokrail::c {

namespace {

tokrail_status status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument: return TOKRAIL_INVALID_ARGUMENT;
    case ErrorCode::kInvalidFile: return TOKRAIL_INVALID_FILE;
    case ErrorCode::kUnsupported: return TOKRAIL_UNSUPPORTED;
    case ErrorCode::kNotFound: return TOKRAIL_NOT_FOUND;
    case ErrorCode::kIo: return TOKRAIL_IO;
    case ErrorCode::kTextRefused: return TOKRAIL_TEXT_REFUSED;
    case ErrorCode::kBudgetExhausted: return TOKRAIL_BUDGET_EXHAUSTED;
    case ErrorCode::kCancelled: return TOKRAIL_CANCELLED;
    case ErrorCode::kInternal: return TOKRAIL_INTERNAL;
  }
  return TOKRAIL_INTERNAL;
}

tokrail_status make_error(tokrail_error** error, tokrail_status status, std::string_view message,
                          std::string_view where) noexcept {
  if (error != nullptr) {
    try {
      *error = new tokrail_error{status, std::string(message), std::string(where)};
    } catch (...) {
      *error = nullptr;  // no memory to say so; the status does
    }
  }
  return status;
}

// Reads "12" up to `end` of `text`; false unless all of it is a number.
bool read_number(std::string_view text, size_t& number) noexcept {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size();
}

}  // namespace

tokrail_status report(tokrail_error** error) noexcept {
  try {
    throw;
  } catch (const Failure& failure) {
    return make_error(error, failure.status(), failure.message(), failure.where());
  } catch (const Error& failure) {
    return make_error(error, status_of(failure.code()), failure.message(), failure.where());
  } catch (const std::bad_alloc&) {
    return make_error(error, TOKRAIL_OUT_OF_MEMORY, "there is not enough memory", "");
  } catch (const std::length_error&) {
    return make_error(error, TOKRAIL_OUT_OF_MEMORY, "a size is beyond what memory can hold", "");
  } catch (const std::exception& failure) {
    return make_error(error, TOKRAIL_INTERNAL, failure.what(), "");
  } catch (...) {
    return make_error(error, TOKRAIL_INTERNAL, "an exception of an unknown type", "");
  }
}

std::string path_text(const char* path, size_t length) {
  const std::string_view name = text(path, length, "path");
  if (name.find('\0') != std::string_view::npos) {
    throw Error(ErrorCode::kInvalidArgument, "the path holds a NUL byte");
  }
  return std::string(name);
}

namespace {

template <typename T>
tokrail_status write_elements(std::span<const T> from, T* out, size_t capacity, size_t* count) {
  *required(count, "the pointer to the length") = from.size();
  const size_t written = std::min(from.size(), capacity);
  if (capacity > 0) std::copy_n(from.data(), written, required(out, "the buffer"));
  if (capacity > 0 && capacity < from.size()) {
    throw Failure(TOKRAIL_BUFFER_TOO_SMALL, "the buffer has room for " + std::to_string(capacity) +
                                                ", the result has " + std::to_string(from.size()));
  }
  return TOKRAIL_OK;
}

}  // namespace

tokrail_status write_result(std::string_view bytes, char* out, size_t capacity, size_t* length) {
  return write_elements(std::span<const char>(bytes), out, capacity, length);
}
tokrail_status write_result(std::span<const uint32_t> ids, uint32_t* out, size_t capacity,
                            size_t* count) {
  return write_elements(ids, out, capacity, count);
}

const char* lend(std::string_view string, size_t* length) noexcept {
  if (length != nullptr) *length = string.size();
  return string.data() == nullptr ? "" : string.data();
}

}  // namespace tokrail::c

using namespace tokrail::c;

extern "C" {

#define TOKRAIL_TEXT(x) #x
#define TOKRAIL_VERSION_TEXT(major, minor, patch) \
  TOKRAIL_TEXT(major) "." TOKRAIL_TEXT(minor) "." TOKRAIL_TEXT(patch)

const char* tokrail_version(void) {
  return TOKRAIL_VERSION_TEXT(TOKRAIL_VERSION_MAJOR, TOKRAIL_VERSION_MINOR, TOKRAIL_VERSION_PATCH);
}

uint32_t tokrail_version_number(void) {
  return TOKRAIL_VERSION_MAJOR * 1000000 + TOKRAIL_VERSION_MINOR * 1000 + TOKRAIL_VERSION_PATCH;
}

const char* tokrail_status_name(tokrail_status status) {
  switch (status) {
    case TOKRAIL_OK: return "ok";
    case TOKRAIL_INVALID_ARGUMENT: return "invalid_argument";
    case TOKRAIL_INVALID_FILE: return "invalid_file";
    case TOKRAIL_UNSUPPORTED: return "unsupported";
    case TOKRAIL_NOT_FOUND: return "not_found";
    case TOKRAIL_IO: return "io";
    case TOKRAIL_TEXT_REFUSED: return "text_refused";
    case TOKRAIL_BUDGET_EXHAUSTED: return "budget_exhausted";
    case TOKRAIL_CANCELLED: return "cancelled";
    case TOKRAIL_INTERNAL: return "internal";
    case TOKRAIL_OUT_OF_MEMORY: return "out_of_memory";
    case TOKRAIL_INVALID_GRAMMAR: return "invalid_grammar";
    case TOKRAIL_TOKEN_REFUSED: return "token_refused";
    case TOKRAIL_DEAD_END: return "dead_end";
    case TOKRAIL_BUFFER_TOO_SMALL: return "buffer_too_small";
    case TOKRAIL_CALLBACK_FAILED: return "callback_failed";
    default: return "unknown";
  }
}

tokrail_status tokrail_error_code(const tokrail_error* error) {
  return error == nullptr ? TOKRAIL_OK : error->code;
}
const char* tokrail_error_message(const tokrail_error* error, size_t* length) {
  return lend(error == nullptr ? std::string_view() : error->message, length);
}
const char* tokrail_error_where(const tokrail_error* error, size_t* length) {
  return lend(error == nullptr ? std::string_view() : error->where, length);
}

bool tokrail_error_line_column(const tokrail_error* error, size_t* line, size_t* column) {
  const std::string_view where = error == nullptr ? std::string_view() : error->where;
  const size_t colon = where.find(':');
  size_t numbers[2];
  if (colon == std::string_view::npos || !read_number(where.substr(0, colon), numbers[0]) ||
      !read_number(where.substr(colon + 1), numbers[1])) {
    return false;
  }
  if (line != nullptr) *line = numbers[0];
  if (column != nullptr) *column = numbers[1];
  return true;
}

void tokrail_error_free(tokrail_error* error) {
  delete error;
}

size_t tokrail_mask_words(size_t width) {
  return tokrail::mask_words(width);
}

tokrail_status tokrail_cancel_new(tokrail_cancel** out, tokrail_error** error) {
  return guard(error, [&] { *cleared(out) = new tokrail_cancel; });
}
void tokrail_cancel_set(tokrail_cancel* cancel, bool cancelled) {
  if (cancel != nullptr) cancel->flag.store(cancelled, std::memory_order_relaxed);
}
void tokrail_cancel_free(tokrail_cancel* cancel) {
  delete cancel;
}

}  // extern "C"
