// Compiled languages that are damaged, cut short, or of another version.
#include "tokenizers/morphology/language_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "base/mapped_file.h"
#include "tests/support/property.h"
#include "tests/tokenizers/morphology/language_packs.h"
#include "tests/tokenizers/morphology/language_walk.h"
#include "tokenizers/morphology/language_compiler.h"

namespace tokrail {
namespace {

std::string small_file() {
  return compile_language(parse_language(test::kSmallTurkish, "p.lang"));
}

ErrorCode code_of(const std::string& bytes) {
  try {
    (void)Language::from_bytes(bytes, nullptr, "x.tkl");
  } catch (const Error& error) {
    EXPECT_TRUE(error.where().starts_with("x.tkl"));
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(LanguageFile, OpensFromDisk) {
  const std::string bytes = small_file();
  const auto path = std::filesystem::temp_directory_path() / "tokrail_language_file_test.tkl";
  write_file_atomically(path, bytes);
  const auto mapped = Language::load(path);
  EXPECT_EQ(mapped->bytes(), bytes);
  const auto in_memory = Language::from_bytes(bytes, nullptr);
  EXPECT_EQ(mapped->hash(), in_memory->hash());
  EXPECT_EQ(test::walk_language(*mapped), test::walk_language(*in_memory));
  std::filesystem::remove(path);
  EXPECT_THROW((void)Language::load(path), Error);
}

TEST(LanguageFile, NoticesEveryChangedByte) {
  const std::string bytes = small_file();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    const ErrorCode code = code_of(damaged);
    ASSERT_TRUE(code == ErrorCode::kInvalidFile || code == ErrorCode::kUnsupported) << i;
  }
  std::string other = bytes;
  other[8] = 2;
  EXPECT_EQ(code_of(other), ErrorCode::kUnsupported);
}

TEST(LanguageFile, NoticesCutFiles) {
  const std::string bytes = small_file();
  for (size_t size = 0; size < bytes.size(); size += size < 500 ? 1 : 97) {
    ASSERT_EQ(code_of(bytes.substr(0, size)), ErrorCode::kInvalidFile) << size;
  }
  EXPECT_EQ(code_of(bytes + '\0'), ErrorCode::kInvalidFile);
}

TEST(LanguageFile, HostileFilesAreRefusedOrHarmless) {
  const std::string bytes = small_file();
  test::Random random(test::property_seed());
  size_t opened = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string damaged = bytes;
    for (size_t n = 1 + test::below(random, 4); n > 0; --n) {
      const size_t at = 64 + test::below(random, damaged.size() - 64);
      const size_t kind = test::below(random, 3);
      damaged[at] = kind == 0   ? static_cast<char>(random())
                    : kind == 1 ? '\xff'
                                : static_cast<char>(damaged[at] + 1);
    }
    damaged = with_language_hash(std::move(damaged));
    try {
      const auto language = Language::from_bytes(damaged, nullptr);
      ++opened;
      (void)test::walk_language(*language);
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::kInvalidFile) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(opened, 100u);
  EXPECT_GT(refused, 100u);
}

}  // namespace
}  // namespace tokrail
