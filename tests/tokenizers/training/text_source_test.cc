#include "tokenizers/training/text_source.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "tests/support/property.h"
#include "tests/tokenizers/training/temporary_files.h"

namespace tokrail {
namespace {

std::string gzipped(const std::string& bytes) {
  test::TemporaryFiles files;
  const std::string path = files.path("packed.gz");
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return test::read_all(path);
}

std::vector<std::string> chunks_of(TextSource& source) {
  std::vector<std::string> chunks;
  for (std::string chunk; source.next(chunk);) chunks.push_back(chunk);
  return chunks;
}

std::string joined(const std::vector<std::string>& chunks) {
  std::string all;
  for (const std::string& chunk : chunks) all += chunk;
  return all;
}

ErrorCode code_of(const std::vector<std::string>& paths, size_t chunk_bytes = kDefaultChunkBytes) {
  try {
    auto source = open_text_files(paths, chunk_bytes);
    chunks_of(*source);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode{};
}

TEST(TextSource, KeepsEveryByteOfEveryFile) {
  test::Random random(test::property_seed());
  for (int i = 0; i < 50; ++i) {
    test::TemporaryFiles files;
    const std::string a = test::random_text(random, 20000), b = test::random_text(random, 5000);
    auto source = open_text_files({files.write("a", a), files.write("b", b)}, 4096);
    const std::vector<std::string> chunks = chunks_of(*source);
    EXPECT_EQ(joined(chunks), a + b);
    EXPECT_EQ(source->bytes_total(), a.size() + b.size());
    EXPECT_EQ(source->bytes_done(), a.size() + b.size());
    for (const std::string& chunk : chunks) {
      EXPECT_FALSE(chunk.empty());
      EXPECT_LE(chunk.size(), 4096u);
    }
  }
}

TEST(TextSource, CutsBetweenLinesWherePatternsCutAnyway) {
  test::TemporaryFiles files;
  std::string text;
  for (int i = 0; text.size() < 50000; ++i) {
    text += "line " + std::to_string(i) + (i % 3 == 0 ? " \n" : ".\n") + (i % 2 == 0 ? "  in" : "");
  }
  auto source = open_text_files({files.write("a", text)}, 4096);
  const std::vector<std::string> chunks = chunks_of(*source);
  ASSERT_GT(chunks.size(), 10u);
  for (size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_TRUE(chunks[i].ends_with(".\n"));
    EXPECT_TRUE(chunks[i + 1].starts_with("line"));
  }
  EXPECT_EQ(source->lines_cut(), 0u);
}

TEST(TextSource, CutsLongLinesBetweenCharactersAndCountsThem) {
  test::TemporaryFiles files;
  std::string text = "short\n";
  for (int i = 0; i < 10000; ++i) text += "日";
  text += "\nlast";
  auto source = open_text_files({files.write("a", text)}, 4096);
  const std::vector<std::string> chunks = chunks_of(*source);
  EXPECT_EQ(joined(chunks), text);
  EXPECT_EQ(source->lines_cut(), 1u);
  EXPECT_EQ(chunks[0], "short\n");
  for (size_t i = 1; i + 1 < chunks.size(); ++i) EXPECT_EQ(chunks[i].size() % 3, 0u);
  // Continuation bytes alone are no characters, and must not stop the cutting.
  auto broken = open_text_files({files.write("b", std::string(20000, '\x80'))}, 4096);
  EXPECT_EQ(joined(chunks_of(*broken)), std::string(20000, '\x80'));
}

TEST(TextSource, UnpacksGzip) {
  test::TemporaryFiles files;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "packed line " + std::to_string(i) + "\n";
  const std::string packed = gzipped(text);
  ASSERT_LT(packed.size(), text.size());
  // Two members, one after the other, and a plain file.
  auto source = open_text_files({files.write("a.gz", packed + packed), files.write("b", text)});
  EXPECT_EQ(joined(chunks_of(*source)), text + text + text);
  EXPECT_EQ(source->bytes_total(), packed.size() * 2 + text.size());
  EXPECT_EQ(source->bytes_done(), source->bytes_total());
}

TEST(TextSource, DamagedFilesAreErrors) {
  test::TemporaryFiles files;
  test::Random random(3);
  const std::string packed = gzipped(test::random_bytes(random, 100000));
  const std::string cut = packed.substr(0, packed.size() / 2);
  EXPECT_EQ(code_of({files.write("cut.gz", cut)}), ErrorCode::kInvalidFile);
  std::string damaged = packed;
  damaged[damaged.size() / 2] ^= 0x55;
  EXPECT_EQ(code_of({files.write("damaged.gz", damaged)}), ErrorCode::kInvalidFile);
  EXPECT_EQ(code_of({files.path("none")}), ErrorCode::kNotFound);
  EXPECT_EQ(code_of({files.folder()}), ErrorCode::kInvalidArgument);
  const std::string good = files.write("good", "text");
  EXPECT_EQ(code_of({good}, 100), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of({good}, size_t{1} << 40), ErrorCode::kInvalidArgument);
}

TEST(TextSource, EmptyFilesGiveNothing) {
  test::TemporaryFiles files;
  auto source =
      open_text_files({files.write("a", ""), files.write("b", "x"), files.write("c", "")});
  EXPECT_EQ(chunks_of(*source), std::vector<std::string>{"x"});
  auto none = open_text_files({});
  EXPECT_TRUE(chunks_of(*none).empty());
}

TEST(TextSource, TextsInMemoryAreChunks) {
  const std::vector<std::string_view> texts = {"one", "", "three"};
  auto source = texts_in_memory(texts);
  EXPECT_EQ(chunks_of(*source), (std::vector<std::string>{"one", "", "three"}));
  EXPECT_EQ(source->bytes_done(), 8u);
}

}  // namespace
}  // namespace tokrail
