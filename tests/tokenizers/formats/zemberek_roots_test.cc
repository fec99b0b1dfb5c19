#include "tokenizers/formats/zemberek_roots.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tokenizers/formats/expect_error.h"

namespace tokrail {
namespace {

using test::expect_error;

std::string big_endian(uint32_t value, int width) {
  std::string out;
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xFF);
  }
  return out;
}

std::string little_endian(size_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

std::string java_string(std::string_view text) {
  return big_endian(static_cast<uint32_t>(text.size()), 2) + std::string(text);
}

std::string record(std::string_view root, std::string_view original, uint32_t pos, char32_t letter,
                   std::string_view flags) {
  return java_string(root) + java_string(original) + big_endian(pos, 1) + big_endian(letter, 2) +
         big_endian(static_cast<uint32_t>(flags.size()), 1) + std::string(flags) + big_endian(0, 4);
}

std::string small_lexicon() {
  return record("kitap", "", 0, U'#', std::string_view("\0", 1)) + record("gel", "", 1, U'#', "") +
         record("ağız", "", 0, U'#', "\2") + record("abana", "", 11, U'#', "") +
         record("tl", "TL", 13, U'e', "\x18\x15") + record("dr", "Dr.", 13, U'o', "\x19\x15");
}

std::string deflated(std::string_view text) {
  std::string out(compressBound(static_cast<uLong>(text.size())) + 64, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Member {
  std::string name, content;
  bool deflate = true;
};

// A zip file; every field that the reader looks at can be damaged by the tests afterwards.
std::string zip(const std::vector<Member>& members) {
  std::string out, directory;
  for (const Member& member : members) {
    const std::string packed = member.deflate ? deflated(member.content) : member.content;
    const auto* bytes = reinterpret_cast<const Bytef*>(member.content.data());
    const std::string fields =
        little_endian(20, 2) + little_endian(0, 2) + little_endian(member.deflate ? 8 : 0, 2) +
        little_endian(0, 4) + little_endian(crc32_z(0, bytes, member.content.size()), 4) +
        little_endian(packed.size(), 4) + little_endian(member.content.size(), 4) +
        little_endian(member.name.size(), 2) + little_endian(0, 2);
    directory += "PK\1\2" + little_endian(20, 2) + fields + little_endian(0, 2 + 2 + 2 + 4) +
                 little_endian(out.size(), 4) + member.name;
    out += "PK\3\4" + fields + member.name + packed;
  }
  const size_t offset = out.size();
  return out + directory + "PK\5\6" + little_endian(0, 4) + little_endian(members.size(), 2) +
         little_endian(members.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(offset, 4) + little_endian(0, 2);
}

std::string small_jar() {
  return zip({{"kaynaklar/tr/bilgi/kokler_tr.bin", small_lexicon()},
              {"kaynaklar/tr/bilgi/kelime_cebi_tr.txt", "\xEF\xBB\xBFkitap\r\nağız\n", false},
              {"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n"}});
}

bool has_code(const LexiconEntry& entry, std::string_view code) {
  return std::find(entry.codes.begin(), entry.codes.end(), code) != entry.codes.end();
}

void expect_small_lexicon(const std::vector<LexiconEntry>& entries) {
  ASSERT_EQ(entries.size(), 6u);
  EXPECT_EQ(entries[0].text, "kitap");
  for (const char* code :
       {"pos:0", "flag:0", "word:kitap", "syllables:2", "syllables:many", "ends:p"}) {
    EXPECT_TRUE(has_code(entries[0], code)) << code;
  }
  EXPECT_EQ(entries[1].codes,
            (std::vector<std::string>{"pos:1", "syllables:1", "ends:l", "word:gel"}));
  EXPECT_TRUE(has_code(entries[2], "ends:z"));
  EXPECT_EQ(entries[2].place.line, 3u);
  EXPECT_FALSE(entries[0].capital);
  EXPECT_TRUE(entries[3].capital);
  EXPECT_EQ(entries[4].reading, "e");
  EXPECT_TRUE(has_code(entries[4], "upper"));
  EXPECT_FALSE(has_code(entries[4], "dotted"));
  EXPECT_EQ(entries[5].reading, "or");
  EXPECT_TRUE(has_code(entries[5], "dotted"));
  EXPECT_FALSE(has_code(entries[5], "upper"));
}

TEST(ZemberekRoots, ReadsPlainRecords) {
  expect_small_lexicon(parse_zemberek_roots(small_lexicon(), "small.bin"));
}

TEST(ZemberekRoots, ReadsTheJarAndItsFrequentWords) {
  const auto entries = parse_zemberek_roots(small_jar(), "small.jar");
  ASSERT_EQ(entries.size(), 6u);
  EXPECT_TRUE(has_code(entries[0], "common"));
  EXPECT_FALSE(has_code(entries[1], "common"));
  EXPECT_TRUE(has_code(entries[2], "common"));
}

TEST(ZemberekRoots, RefusesRecordsThatAreCut) {
  const std::string whole = small_lexicon();
  const std::string first = record("kitap", "", 0, U'#', std::string_view("\0", 1));
  for (size_t length = 1; length < first.size(); ++length) {
    EXPECT_TRUE(test::error_of([&] { parse_zemberek_roots(whole.substr(0, length), "cut"); }))
        << length;
  }
  expect_error(ErrorCode::kInvalidFile, "cut: byte",
               [&] { parse_zemberek_roots(whole.substr(0, whole.size() - 1), "cut"); });
}

TEST(ZemberekRoots, RefusesTextThatIsNotUtf8AndEmptyRoots) {
  expect_error(ErrorCode::kInvalidFile, "UTF-8",
               [] { parse_zemberek_roots(record("a\xC0\x80", "", 0, U'#', ""), "x"); });
  expect_error(ErrorCode::kInvalidFile, "not empty",
               [] { parse_zemberek_roots(record("", "", 0, U'#', ""), "x"); });
}

TEST(ZemberekRoots, RefusesDamagedJars) {
  const std::string jar = small_jar();
  test::expect_cut_files_refused(jar, jar.size(), [](std::string_view bytes) {
    if (bytes.empty()) throw Error(ErrorCode::kInvalidFile, "no records, but no damage either");
    parse_zemberek_roots(bytes, "cut.jar");
  });
  test::read_damaged_files(
      jar, 2000, [](std::string_view bytes) { parse_zemberek_roots(bytes, "damaged.jar"); });
  expect_error(ErrorCode::kInvalidFile, "kokler_", [] {
    parse_zemberek_roots(zip({{"a.txt", "a"}}), "other.jar");
  });
}

TEST(ZemberekRoots, RefusesJarsThatUnpackToTooMuch) {
  std::string jar = small_jar();
  const size_t entry = jar.find("PK\1\2");
  ASSERT_NE(entry, std::string::npos);
  jar.replace(entry + 24, 4, "\xFF\xFF\xFF\x7F");
  expect_error(ErrorCode::kInvalidFile, "at most", [&] { parse_zemberek_roots(jar, "huge.jar"); });
}

TEST(ZemberekRoots, ReadsDebiansLexicon) {
  const std::filesystem::path path = "/usr/share/java/zemberek-tr.jar";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "libzemberek-tr-java is not installed";
  const auto entries = read_zemberek_roots(path);
  EXPECT_EQ(entries.size(), 31505u);
  const auto count = [&](std::string_view code) {
    return std::count_if(entries.begin(), entries.end(),
                         [&](const LexiconEntry& entry) { return has_code(entry, code); });
  };
  EXPECT_EQ(count("pos:1"), 2662);
  EXPECT_EQ(count("flag:0"), 2787);
  EXPECT_GT(count("common"), 900);
}

TEST(ZemberekRoots, NamesAFileThatIsNotThere) {
  expect_error(ErrorCode::kNotFound, "missing.jar", [] { read_zemberek_roots("missing.jar"); });
}

}  // namespace
}  // namespace tokrail
