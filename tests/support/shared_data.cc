#include "tests/support/shared_data.h"

#include <cstdlib>
#include <system_error>

namespace tokrail::test {

std::filesystem::path source_path(std::string_view relative) {
  return std::filesystem::path(TOKRAIL_SOURCE_ROOT) / relative;
}

std::optional<std::filesystem::path> find_shared_data(std::string_view relative) {
  const char* const folder = std::getenv("TOKRAIL_SHARED_DATA");
  const std::filesystem::path root =
      folder != nullptr ? std::filesystem::path(folder) : source_path("../shared/data");
  std::filesystem::path path = (root / relative).lexically_normal();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  return path;
}

}  // namespace tokrail::test
