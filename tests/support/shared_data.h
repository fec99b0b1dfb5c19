// Finds verification data that lies beside the project and is never part of it.
//
// The folder is $TOKRAIL_SHARED_DATA, or ../shared/data seen from the root of the source tree.
// Tests that need a file skip, visibly, where it is absent:
//
//   TEST(Bpe, MatchesReference) {
//     TOKRAIL_REQUIRE_SHARED_DATA(vocabulary, "tokenizers/vocab/gpt2.json");
//     load(vocabulary);   // a std::filesystem::path
//   }
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace tokrail::test {

/// The path of a file or folder under the data folder, if it exists there.
std::optional<std::filesystem::path> find_shared_data(std::string_view relative);

/// The same for files that are part of the source tree ("data/...", "tests/golden/...").
std::filesystem::path source_path(std::string_view relative);

}  // namespace tokrail::test

/// Declares `const std::filesystem::path name`, or skips the test.
#define TOKRAIL_REQUIRE_SHARED_DATA(name, relative)                             \
  const auto name##_found = ::tokrail::test::find_shared_data(relative);        \
  if (!name##_found) GTEST_SKIP() << "needs verification data: " << (relative); \
  const std::filesystem::path name = *name##_found
