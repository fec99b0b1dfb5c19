#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

namespace fs = std::filesystem;

// A folder of this test's own, removed at the end.
class MappedFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tokrail-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path path(const char* name) const { return folder_ / name; }
  static void put(const fs::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

template <typename Action>
ErrorCode code_of(Action action, const fs::path& where) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.where(), where.string());
    EXPECT_FALSE(error.message().empty());
    return error.code();
  }
  return ErrorCode{};
}

TEST_F(MappedFileTest, MapsBytesWithNulAndMoves) {
  const std::string content("a\0b\xFF", 4);
  put(path("x"), content);
  MappedFile file = MappedFile::open(path("x"));
  EXPECT_EQ(file.bytes(), content);
  const char* const data = file.bytes().data();
  MappedFile moved = std::move(file);
  EXPECT_EQ(moved.bytes().data(), data);
  EXPECT_EQ(file.size(), 0u);
  MappedFile assigned;
  assigned = std::move(moved);
  EXPECT_EQ(assigned.bytes(), content);
  MappedFile& same = assigned;
  assigned = std::move(same);
  EXPECT_EQ(assigned.bytes(), content);
}

TEST_F(MappedFileTest, EmptyFile) {
  put(path("empty"), "");
  EXPECT_EQ(MappedFile::open(path("empty")).size(), 0u);
  EXPECT_EQ(read_file(path("empty")), "");
}

TEST_F(MappedFileTest, RefusesWhatIsNoRegularFile) {
  const fs::path absent = path("absent");
  EXPECT_EQ(code_of([&] { MappedFile::open(absent); }, absent), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { read_file(absent); }, absent), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { MappedFile::open(folder_); }, folder_), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { read_file(folder_); }, folder_), ErrorCode::kInvalidArgument);
  const fs::path pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(code_of([&] { MappedFile::open(pipe); }, pipe), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { write_file_atomically(pipe, "x"); }, pipe), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { write_file_atomically(folder_, "x"); }, folder_),
            ErrorCode::kInvalidArgument);
  const fs::path device = "/dev/null";
  EXPECT_EQ(code_of([&] { MappedFile::open(device); }, device), ErrorCode::kInvalidArgument);
}

TEST_F(MappedFileTest, ReadsPipesToTheirEnd) {
  const fs::path pipe = path("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string content(300000, 'p');
  std::thread writer([&] { put(pipe, content); });
  EXPECT_EQ(read_file(pipe), content);
  writer.join();
}

TEST_F(MappedFileTest, ReadsUpToTheLimit) {
  put(path("x"), std::string(1000, 'x'));
  EXPECT_EQ(read_file(path("x"), 1000).size(), 1000u);
  EXPECT_EQ(code_of([&] { read_file(path("x"), 999); }, path("x")), ErrorCode::kInvalidFile);
  const fs::path endless = "/dev/zero";
  EXPECT_EQ(code_of([&] { read_file(endless, 1 << 20); }, endless), ErrorCode::kInvalidFile);
}

TEST_F(MappedFileTest, WritesAndReplaces) {
  const fs::path target = path("out");
  write_file_atomically(target, "one");
  EXPECT_EQ(read_file(target), "one");
  ASSERT_EQ(::chmod(target.c_str(), 0640), 0);
  const MappedFile old = MappedFile::open(target);
  write_file_atomically(target, std::string(100000, '2'));
  EXPECT_EQ(old.bytes(), "one");  // a reader keeps the content it opened
  EXPECT_EQ(read_file(target).size(), 100000u);
  struct stat status = {};
  ASSERT_EQ(::stat(target.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
  write_file_atomically(target, "");
  EXPECT_EQ(fs::file_size(target), 0u);
  EXPECT_EQ(files(), 1u);  // nothing is left behind
}

TEST_F(MappedFileTest, WritesThroughSymbolicLinks) {
  put(path("real"), "old");
  fs::create_symlink("real", path("link"));
  write_file_atomically(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_file(path("real")), "new");
}

TEST_F(MappedFileTest, FailedWriteLeavesNothing) {
  const fs::path target = path("absent") / "out";
  EXPECT_EQ(code_of([&] { write_file_atomically(target, "x"); }, target), ErrorCode::kNotFound);
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace tokrail
