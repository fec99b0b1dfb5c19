#include "tokenizers/formats/load.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <string>

#include "base/mapped_file.h"
#include "tests/support/json_lines.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/formats/binary_files.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tests/tokenizers/formats/spec_difference.h"
#include "tokenizers/formats/base64.h"
#include "tokenizers/formats/detect.h"
#include "tokenizers/formats/gzip.h"
#include "tokenizers/formats/vocabulary_files.h"

namespace tokrail {
namespace {

namespace fs = std::filesystem;
using test::expect_error;

constexpr const char* kTokenizerJson = R"({"version": "1.0",
    "added_tokens": [{"id": 3, "content": "<s>", "special": true, "normalized": false},
                     {"id": 4, "content": "</s>", "special": true, "normalized": false}],
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}})";

class LoadTest : public testing::Test {
 protected:
  LoadTest() {
    directory_ =
        fs::temp_directory_path() / ("tokrail_load_" + std::to_string(getpid()) + "_" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  ~LoadTest() override { fs::remove_all(directory_); }

  std::string write(const std::string& name, std::string_view bytes) {
    write_file_atomically(directory_ / name, bytes);
    return (directory_ / name).string();
  }
  TokenizerSpec load() const { return load_spec(directory_.string()); }

  fs::path directory_;
};

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(bytes.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string rank_file() {
  std::string file;
  for (int byte = 0; byte < 256; ++byte) {
    append_as_base64(std::string(1, static_cast<char>(byte)), file);
    file.append(" ").append(std::to_string(byte)).append("\n");
  }
  return file;
}

TEST(DetectFormat, GoesByContent) {
  EXPECT_EQ(detect_format(""), FileFormat::kUnknown);
  EXPECT_EQ(detect_format("hello"), FileFormat::kUnknown);
  EXPECT_EQ(detect_format(kTokenizerJson), FileFormat::kTokenizerJson);
  EXPECT_EQ(detect_format(" {\n \"model\" : {"), FileFormat::kTokenizerJson);
  EXPECT_EQ(detect_format(R"({"model": 5, "a": 1})"), FileFormat::kVocabularyJson);
  EXPECT_EQ(detect_format(R"({"\"": 5})"), FileFormat::kVocabularyJson);
  EXPECT_EQ(detect_format(R"({"config": {}})"), FileFormat::kTekken);
  EXPECT_EQ(detect_format("{\"x"), FileFormat::kUnknown);
  EXPECT_EQ(detect_format("{\"x\\"), FileFormat::kUnknown);
  EXPECT_EQ(detect_format(rank_file()), FileFormat::kTiktoken);
  EXPECT_EQ(detect_format("GGUF...."), FileFormat::kGguf);
  EXPECT_EQ(detect_format("TKZ1"), FileFormat::kTkz);
  EXPECT_EQ(detect_format(gzip("x")), FileFormat::kGzip);
  EXPECT_EQ(detect_format("#version: 0.2\na b\n"), FileFormat::kMerges);
  EXPECT_EQ(detect_format("\u0120 t\n"), FileFormat::kMerges);
  EXPECT_EQ(detect_format("[PAD]\r\n[UNK]\r\n"), FileFormat::kVocabularyText);
  EXPECT_EQ(detect_format(std::string_view("\0\0\0\0", 4)), FileFormat::kUnknown);
}

TEST(Gzip, UnpacksMembersWithABound) {
  const std::string text(300'000, 'x');
  EXPECT_EQ(unpack_gzip(gzip(text) + gzip("y"), 1'000'000, "z"), text + "y");
  EXPECT_EQ(unpack_gzip(gzip(text), text.size(), "z"), text);
  expect_error(ErrorCode::kInvalidFile, "at most 299999",
               [&] { unpack_gzip(gzip(text), text.size() - 1, "z"); });
  const std::string packed = gzip("hello hello hello");
  test::expect_cut_files_refused(packed, packed.size(),
                                 [](std::string_view cut) { unpack_gzip(cut, 1000, "z"); });
  test::read_damaged_files(packed, 5000,
                           [](std::string_view damaged) { unpack_gzip(damaged, 1000, "z"); });
}

TEST_F(LoadTest, ReadsAnyFile) {
  EXPECT_EQ(load_spec(write("a", kTokenizerJson)).vocabulary.size(), 5u);
  EXPECT_EQ(load_spec(write("b", gzip(kTokenizerJson))).vocabulary.size(), 5u);
  EXPECT_EQ(load_spec(write("c", rank_file()), {.pattern = "cl100k"}).vocabulary.size(), 256u);
  expect_error(ErrorCode::kInvalidArgument, "--pattern",
               [&] { load_spec(write("c", rank_file())); });
  expect_error(ErrorCode::kUnsupported, "empty", [&] { load_spec(write("d", "")); });
  expect_error(ErrorCode::kUnsupported, "known formats", [&] { load_spec(write("e", "hello")); });
  expect_error(ErrorCode::kUnsupported, "known formats",
               [&] { load_spec(write("f", gzip(gzip("x")))); });
  expect_error(ErrorCode::kNotFound, "missing",
               [&] { load_spec((directory_ / "missing").string()); });
}

TEST_F(LoadTest, AVocabularyNeedsItsMerges) {
  const std::string vocabulary = write("vocab.json", R"({"a": 0, "b": 1, "ab": 2})");
  expect_error(ErrorCode::kNotFound, "merges.txt", [&] { load_spec(vocabulary); });
  const std::string merges = write("merges.txt", "#version: 0.2\na b\n");
  const TokenizerSpec spec = load_spec(vocabulary);
  EXPECT_EQ(spec.model.merges.size(), 1u);
  EXPECT_EQ(spec.pre_tokenizers.at(0).kind, PreTokenizerStep::Kind::kByteLevel);
  EXPECT_EQ(test::spec_difference(spec, load_spec(merges)), "");
  EXPECT_EQ(test::spec_difference(spec, load()), "");
  write("merges.txt", "a b c\n");
  expect_error(ErrorCode::kInvalidFile, "line 1", [&] { load(); });
}

TEST_F(LoadTest, ClassesOfBytePairVocabularies) {
  write("vocab.json", R"({"<s>": 0, "</s>": 1, "<mask>": 2, "a": 3})");
  write("merges.txt", "");
  write("tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizer"})");
  const TokenizerSpec roberta = load();
  ASSERT_EQ(roberta.post_processors.size(), 1u);
  EXPECT_EQ(roberta.post_processors[0].sep.second, 1u);
  EXPECT_TRUE(roberta.added_tokens.at(2).lstrip);
  write("tokenizer_config.json", R"({"tokenizer_class": "Qwen2TokenizerFast"})");
  const TokenizerSpec qwen = load();
  EXPECT_EQ(qwen.normalizers.size(), 1u);
  EXPECT_EQ(qwen.pre_tokenizers.size(), 2u);
  write("tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})");
  expect_error(ErrorCode::kUnsupported, "'CLIPTokenizer'", [&] { load(); });
}

TEST_F(LoadTest, ReadsWordPieceVocabularies) {
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n");
  const TokenizerSpec uncased = load();
  EXPECT_EQ(uncased.vocabulary.size(), 7u);
  EXPECT_TRUE(uncased.normalizers.at(0).lowercase);
  EXPECT_EQ(uncased.roles.cls, 2u);
  EXPECT_EQ(uncased.post_processors.at(0).pair.size(), 5u);
  write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n\n##b\nB\n");
  const TokenizerSpec cased = load();
  EXPECT_FALSE(cased.normalizers.at(0).lowercase);
  EXPECT_EQ(cased.vocabulary.kinds[6], TokenKind::kUnused);
  write("tokenizer_config.json", R"({"do_lower_case": true, "tokenize_chinese_chars": false})");
  EXPECT_TRUE(load().normalizers.at(0).lowercase);
  EXPECT_FALSE(load().normalizers.at(0).handle_chinese_chars);
  write("vocab.txt", "[PAD]\na\n");
  expect_error(ErrorCode::kInvalidFile, "[UNK]", [&] { load(); });
}

TEST_F(LoadTest, DirectoriesPreferTokenizerJson) {
  write("tokenizer.json", kTokenizerJson);
  write("vocab.txt", "[UNK]\n");
  EXPECT_EQ(load().vocabulary.size(), 5u);
}

TEST_F(LoadTest, DirectoriesWithoutATokenizerAreRefused) {
  expect_error(ErrorCode::kNotFound, "no tokenizer file", [&] { load(); });
  write("a.gguf", "GGUF");
  write("b.gguf", "GGUF");
  expect_error(ErrorCode::kInvalidArgument, "several files *.gguf", [&] { load(); });
}

TEST_F(LoadTest, ConfigurationNamesRoles) {
  write("tokenizer.json", kTokenizerJson);
  write("tokenizer_config.json", R"({
      "bos_token": {"content": "</s>"}, "eos_token": "<s>", "pad_token": null,
      "added_tokens_decoder": {"5": {"content": "<x>", "special": true},
                               "3": {"content": "<renamed>", "special": true}}})");
  write("special_tokens_map.json", R"({"mask_token": "<x>"})");
  write("added_tokens.json", R"({"<y>": 6, "<x>": 5})");
  write("config.json", R"({"eos_token_id": 99})");
  write("generation_config.json", R"({"eos_token_id": [4, 3, 5]})");
  const TokenizerSpec spec = load();
  EXPECT_EQ(spec.vocabulary.size(), 7u);
  EXPECT_EQ(spec.vocabulary.texts[3], "<s>");  // tokenizer.json knows better
  EXPECT_EQ(spec.vocabulary.kinds[5], TokenKind::kControl);
  EXPECT_EQ(spec.vocabulary.kinds[6], TokenKind::kUserDefined);
  EXPECT_EQ(spec.vocabulary.first_added, 3u);
  ASSERT_EQ(spec.added_tokens.size(), 4u);
  EXPECT_EQ(spec.added_tokens[2].content, "<x>");
  EXPECT_EQ(spec.roles.bos, 4u);
  EXPECT_EQ(spec.roles.eos, (std::vector<TokenId>{3, 4, 5}));
  EXPECT_EQ(spec.roles.mask, 5u);
  EXPECT_FALSE(spec.roles.pad.has_value());
}

TEST_F(LoadTest, DamagedConfigurationIsRefused) {
  write("tokenizer.json", kTokenizerJson);
  write("generation_config.json", R"({"eos_token_id": 17})");
  expect_error(ErrorCode::kInvalidFile, "/eos_token_id", [&] { load(); });
  write("generation_config.json", "{");
  expect_error(ErrorCode::kInvalidFile, "generation_config.json", [&] { load(); });
  fs::remove(directory_ / "generation_config.json");
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "y"}}})");
  expect_error(ErrorCode::kInvalidFile, "expected ids as keys", [&] { load(); });
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"0": {"content": "y"}}})");
  expect_error(ErrorCode::kInvalidFile, "expected id 0 to be free", [&] { load(); });
}

TEST_F(LoadTest, ModelsInDirectoriesTakeNamesFromTheConfiguration) {
  const auto in_model = [](std::string_view text, int type) {
    test::ProtobufWriter piece;
    piece.bytes(1, text).float32(2, 0).number(3, static_cast<uint64_t>(type));
    return test::ProtobufWriter().bytes(1, piece.message()).message();
  };
  write("tokenizer.model", in_model("<unk>", 2) + in_model("<s>", 3) + in_model("</s>", 3) +
                               in_model("a", 1) +
                               test::ProtobufWriter().bytes(2, "").bytes(3, "").message());
  write("tokenizer_config.json", R"({"add_bos_token": true, "add_eos_token": false,
      "added_tokens_decoder": {"2": {"content": "<end>", "special": true},
                               "5": {"content": "<pad>", "special": true}},
      "eos_token": "<end>", "pad_token": "<pad>"})");
  const TokenizerSpec spec = load();
  EXPECT_EQ(spec.format, SourceFormat::kSentencePiece);
  EXPECT_TRUE(spec.add_bos);
  EXPECT_FALSE(spec.add_eos);
  ASSERT_EQ(spec.vocabulary.size(), 6u);
  EXPECT_EQ(spec.vocabulary.kinds[4], TokenKind::kUnused);
  EXPECT_EQ(spec.vocabulary.scores.size(), 6u);
  EXPECT_EQ(spec.vocabulary.texts[2], "<end>");
  EXPECT_EQ(spec.roles.eos, std::vector<TokenId>{2});
  EXPECT_EQ(spec.roles.pad, 5u);
}

class SharedFormats : public testing::TestWithParam<std::pair<const char*, FileFormat>> {};

TEST_P(SharedFormats, AreFoundByContent) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, std::string("tokenizers/") + GetParam().first);
  EXPECT_EQ(detect_format(test::read_bytes(path)), GetParam().second);
  EXPECT_GT(load_spec(path.string()).vocabulary.size(), 25'000u);
}

INSTANTIATE_TEST_SUITE_P(
    Files, SharedFormats,
    testing::Values(std::pair("vocab/bert_base_cased.json", FileFormat::kTokenizerJson),
                    std::pair("vocab/gpt2.json", FileFormat::kTokenizerJson),
                    std::pair("vocab/gpt_neox.json", FileFormat::kTokenizerJson),
                    std::pair("vocab/mistral01.json", FileFormat::kTokenizerJson),
                    std::pair("vocab/xlnet_base_cased.json", FileFormat::kTokenizerJson),
                    std::pair("vocab/mistral01.model", FileFormat::kSentencePiece),
                    std::pair("vocab/xlnet_base_cased.model", FileFormat::kSentencePiece),
                    std::pair("vocab/cl100k_base.tiktoken", FileFormat::kTiktoken),
                    std::pair("vocab/o200k_base.tiktoken", FileFormat::kTiktoken),
                    std::pair("gguf/ggml-vocab-gpt-2.gguf", FileFormat::kGguf),
                    std::pair("gguf/ggml-vocab-falcon.gguf", FileFormat::kGguf),
                    std::pair("gguf/ggml-vocab-bert-bge.gguf", FileFormat::kGguf)));

}  // namespace
}  // namespace tokrail
