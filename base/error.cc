#include "base/error.h"

#include <utility>

namespace tokrail {

std::string_view error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kInvalidFile: return "invalid_file";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kTextRefused: return "text_refused";
    case ErrorCode::kBudgetExhausted: return "budget_exhausted";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

Error::Error(ErrorCode code, std::string message, std::string where)
    : std::runtime_error(where.empty() ? message : where + ": " + message),
      code_(code),
      message_(std::move(message)),
      where_(std::move(where)) {}

Error Error::within(std::string_view outer) const {
  std::string where(outer);
  if (!where_.empty()) where += ": " + where_;
  return Error(code_, message_, std::move(where));
}

}  // namespace tokrail
