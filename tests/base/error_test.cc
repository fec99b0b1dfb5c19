#include "base/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tokrail {
namespace {

TEST(Error, SaysWhatAndWhere) {
  const Error error(ErrorCode::kInvalidFile, "expected a number", "byte 17");
  EXPECT_STREQ(error.what(), "byte 17: expected a number");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
  EXPECT_EQ(error.message(), "expected a number");
  EXPECT_EQ(error.where(), "byte 17");
  EXPECT_STREQ(Error(ErrorCode::kIo, "full").what(), "full");
}

TEST(Error, WithinPutsTheOuterPlaceFirst) {
  const Error inner(ErrorCode::kInvalidFile, "expected a number", "byte 17");
  const Error outer = inner.within("model.json");
  EXPECT_STREQ(outer.what(), "model.json: byte 17: expected a number");
  EXPECT_EQ(outer.code(), ErrorCode::kInvalidFile);
  EXPECT_STREQ(Error(ErrorCode::kIo, "full").within("disk").what(), "disk: full");
}

TEST(Error, CodesHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (int32_t code = 1; code <= 9; ++code) {
    names.insert(error_code_name(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), 9u);
  EXPECT_EQ(names.count("unknown"), 0u);
  EXPECT_EQ(error_code_name(static_cast<ErrorCode>(999)), "unknown");
}

}  // namespace
}  // namespace tokrail
