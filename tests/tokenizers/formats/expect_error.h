// Tests of readers: that bad files give an Error, and which.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "tests/support/property.h"

namespace tokrail::test {

/// The Error that `read` throws, if it throws one. Another exception is a test failure.
inline std::optional<Error> error_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& other) {
    ADD_FAILURE() << "expected a tokrail::Error, got: " << other.what();
  }
  return std::nullopt;
}

/// Expects an Error of that code whose text holds `part`.
inline void expect_error(ErrorCode code, std::string_view part, const std::function<void()>& read) {
  const std::optional<Error> error = error_of(read);
  ASSERT_TRUE(error.has_value()) << "no error, expected one about: " << part;
  EXPECT_EQ(error->code(), code) << error->what();
  EXPECT_NE(std::string_view(error->what()).find(part), std::string_view::npos) << error->what();
}

/// Reads every prefix (or `count` of them, evenly) of a file; each must give an Error.
inline void expect_cut_files_refused(std::string_view file, size_t count,
                                     const std::function<void(std::string_view)>& read) {
  const size_t step = file.size() / count + 1;
  for (size_t length = 0; length < file.size(); length += step) {
    const std::string cut(file.substr(0, length));
    EXPECT_TRUE(error_of([&] { read(cut); }).has_value()) << "cut at byte " << length;
  }
}

/// Reads `count` damaged copies; an Error or a result, never anything else.
inline void read_damaged_files(std::string_view file, int count,
                               const std::function<void(std::string_view)>& read) {
  Random random(property_seed());
  for (int i = 0; i < count && !file.empty(); ++i) {
    std::string damaged(file);
    for (size_t edits = 1 + below(random, 4); edits > 0; --edits) {
      damaged[below(random, damaged.size())] = static_cast<char>(random());
    }
    error_of([&] { read(damaged); });
  }
}

}  // namespace tokrail::test
