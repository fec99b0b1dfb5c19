#include "tokenizers/formats/gguf.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/json_lines.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/formats/binary_files.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tokenizers/formats/gguf_metadata.h"

namespace tokrail {
namespace {

using test::expect_error;
using test::GgufWriter;

GgufWriter gpt2() {
  GgufWriter file;
  file.text("general.name", "small")
      .text("tokenizer.ggml.model", "gpt2")
      .text("tokenizer.ggml.pre", "gpt-2")
      .texts("tokenizer.ggml.tokens", {"a", "b", "ab", "<|endoftext|>", "", "<|im_end|>"})
      .integers("tokenizer.ggml.token_type", {1, 1, 1, 1, 5, 4})
      .texts("tokenizer.ggml.merges", {"a b", "a b"})
      .number("tokenizer.ggml.bos_token_id", 3)
      .number("tokenizer.ggml.eos_token_id", 3);
  return file;
}

TEST(Gguf, ReadsGpt2Vocabularies) {
  const TokenizerSpec spec = read_gguf(gpt2().file());
  EXPECT_EQ(spec.format, SourceFormat::kGguf);
  EXPECT_EQ(spec.name, "small");
  EXPECT_EQ(spec.model.kind, ModelSpec::Kind::kMergeBpe);
  ASSERT_EQ(spec.model.merges.size(), 1u);
  EXPECT_EQ(spec.model.merges[0].result, 2u);
  EXPECT_EQ(spec.vocabulary.texts[4], "[EMPTY_4]");
  EXPECT_EQ(spec.vocabulary.kinds[4], TokenKind::kUnused);
  ASSERT_EQ(spec.pre_tokenizers.size(), 2u);
  EXPECT_EQ(spec.pre_tokenizers[0].behavior, SplitBehavior::kIsolated);
  EXPECT_FALSE(spec.pre_tokenizers[0].invert);
  EXPECT_EQ(spec.pre_tokenizers[1].kind, PreTokenizerStep::Kind::kByteLevel);
  EXPECT_FALSE(spec.pre_tokenizers[1].use_regex);
  EXPECT_EQ(spec.decoders.size(), 1u);
  EXPECT_FALSE(spec.add_bos);
  // Texts that end a generation are control tokens, whatever the file says.
  EXPECT_EQ(spec.vocabulary.kinds[3], TokenKind::kControl);
  EXPECT_EQ(spec.vocabulary.kinds[5], TokenKind::kControl);
  EXPECT_EQ(spec.roles.bos, 3u);
  EXPECT_EQ(spec.roles.eos, (std::vector<TokenId>{3, 5}));
  ASSERT_EQ(spec.added_tokens.size(), 2u);
  EXPECT_TRUE(spec.added_tokens[0].special);
}

TEST(Gguf, ReadsLlamaVocabularies) {
  GgufWriter file;
  file.text("tokenizer.ggml.model", "llama")
      .texts("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "<0x41>", "\u2581a", "user"})
      .floats("tokenizer.ggml.scores", {0, 0, 0, 0, -1.25f, 0})
      .integers("tokenizer.ggml.token_type", {2, 3, 3, 6, 1, 4})
      .boolean("tokenizer.ggml.add_eos_token", true)
      .boolean("tokenizer.ggml.add_space_prefix", false);
  const TokenizerSpec spec = read_gguf(file.file());
  EXPECT_EQ(spec.model.kind, ModelSpec::Kind::kScoreBpe);
  EXPECT_TRUE(spec.model.byte_fallback);
  EXPECT_EQ(spec.vocabulary.scores[4], -1.25);
  EXPECT_EQ(spec.vocabulary.kinds[3], TokenKind::kByte);
  ASSERT_EQ(spec.normalizers.size(), 1u);
  EXPECT_EQ(spec.normalizers[0].kind, NormalizerStep::Kind::kLlamaSpm);
  EXPECT_FALSE(spec.normalizers[0].add_dummy_prefix);
  EXPECT_TRUE(spec.add_bos);
  EXPECT_TRUE(spec.add_eos);
  EXPECT_EQ(spec.roles.unk, 0u);
  EXPECT_EQ(spec.added_tokens.size(), 4u);
  EXPECT_FALSE(spec.added_tokens[3].special);
}

TEST(Gguf, ReadsBertAndT5Vocabularies) {
  std::vector<std::string> tokens;
  for (int i = 0; i < 110; ++i) tokens.push_back(std::string("t").append(std::to_string(i)));
  GgufWriter bert;
  bert.text("tokenizer.ggml.model", "bert").texts("tokenizer.ggml.tokens", tokens);
  const TokenizerSpec words = read_gguf(bert.file());
  EXPECT_TRUE(words.model.llama_wordpiece);
  EXPECT_EQ(words.model.unk_id, 100u);
  EXPECT_EQ(words.post_processors.at(0).cls.second, 101u);
  EXPECT_EQ(words.post_processors.at(0).sep.second, 102u);
  EXPECT_EQ(words.pre_tokenizers.at(0).kind, PreTokenizerStep::Kind::kLlamaWpm);
  EXPECT_TRUE(words.roles.eos.empty());

  GgufWriter t5;
  t5.text("tokenizer.ggml.model", "t5")
      .texts("tokenizer.ggml.tokens", {"<pad>", "</s>", "<unk>", "\u2581a"})
      .floats("tokenizer.ggml.scores", {0, 0, 0, -1})
      .boolean("tokenizer.ggml.add_space_prefix", true)
      .raw_bytes("tokenizer.ggml.precompiled_charsmap", "map");
  const TokenizerSpec unigram = read_gguf(t5.file());
  EXPECT_EQ(unigram.model.kind, ModelSpec::Kind::kUnigram);
  EXPECT_EQ(unigram.normalizers.at(0).charsmap, "map");
  EXPECT_TRUE(unigram.normalizers.at(0).add_dummy_prefix);
  EXPECT_FALSE(unigram.normalizers.at(0).remove_extra_whitespaces);
  EXPECT_TRUE(unigram.add_eos);
  EXPECT_EQ(unigram.roles.eos.front(), 1u);
}

TEST(Gguf, HarmonyTokensArePrintedAndEndIsNoEnd) {
  GgufWriter file;
  file.text("tokenizer.ggml.model", "gpt2")
      .texts("tokenizer.ggml.tokens", {"<|return|>", "<|call|>", "<|end|>", "<|start|>"})
      .integers("tokenizer.ggml.token_type", {3, 3, 3, 3})
      .texts("tokenizer.ggml.merges", {});
  const TokenizerSpec spec = read_gguf(file.file());
  EXPECT_EQ(spec.vocabulary.kinds[2], TokenKind::kUserDefined);
  EXPECT_EQ(spec.vocabulary.kinds[3], TokenKind::kUserDefined);
  EXPECT_EQ(spec.roles.eos, (std::vector<TokenId>{0, 1}));
}

TEST(Gguf, RefusesByName) {
  const auto refuse = [](const GgufWriter& file, const char* part,
                         ErrorCode code = ErrorCode::kUnsupported) {
    expect_error(code, part, [&] { read_gguf(file.file(), "x.gguf"); });
  };
  for (const char* const model : {"rwkv", "plamo2", "none", "gemma4"}) {
    GgufWriter file;
    file.text("tokenizer.ggml.model", model).texts("tokenizer.ggml.tokens", {"a"});
    refuse(file, model);
  }
  GgufWriter pre;
  pre.text("tokenizer.ggml.model", "gpt2")
      .text("tokenizer.ggml.pre", "klingon")
      .texts("tokenizer.ggml.tokens", {"a"});
  refuse(pre, "'klingon'");
  GgufWriter old(1);
  refuse(old, "version 1");
  GgufWriter big(0x03000000);
  refuse(big, "big-endian");
}

TEST(Gguf, RefusesDamage) {
  const auto refuse = [](const std::string& file, const char* part) {
    expect_error(ErrorCode::kInvalidFile, part, [&] { read_gguf(file, "x.gguf"); });
  };
  refuse("", "GGUF");
  refuse("GGML", "GGUF");
  refuse("GGUF", "the file is cut");
  refuse(GgufWriter().file(), "tokenizer.ggml.model");
  refuse(GgufWriter().text("tokenizer.ggml.model", "llama").file(), "tokenizer.ggml.tokens");
  refuse(GgufWriter().text("a", "b").text("a", "c").file(), "each key once");
  refuse(gpt2().text("tokenizer.ggml.add_bos_token", "yes").file(), "expected true or false");
  const auto gpt2_with = [](const std::vector<std::string>& tokens,
                            const std::vector<std::string>& merges) {
    GgufWriter file;
    file.text("tokenizer.ggml.model", "gpt2")
        .texts("tokenizer.ggml.tokens", tokens)
        .texts("tokenizer.ggml.merges", merges);
    return file.file();
  };
  refuse(gpt2_with({"a", "a"}, {}), "'a' has ids 0 and 1");
  refuse(gpt2_with({"a"}, {"a q"}), "'q' is none");
  refuse(gpt2_with({"a", "b"}, {"a b"}), "'ab' is none");
  refuse(gpt2_with({"a"}, {"a"}), "two texts");
  refuse(gpt2_with({"a"}, {""}), "two texts");
  GgufWriter types;
  types.text("tokenizer.ggml.model", "llama")
      .texts("tokenizer.ggml.tokens", {"a", "b"})
      .integers("tokenizer.ggml.token_type", {1});
  refuse(types.file(), "a type for every token");
}

TEST(Gguf, HugeCountsAllocateNothing) {
  std::string file = gpt2().file();
  // The number of keys, then the length of the first key.
  for (const size_t at : {size_t{16}, size_t{24}}) {
    std::string huge = file;
    for (size_t i = at; i < at + 7; ++i) huge[i] = '\xFF';
    EXPECT_TRUE(test::error_of([&] { read_gguf(huge); }).has_value());
  }
  const size_t list = file.find("tokenizer.ggml.tokens") + 21 + 4 + 4;
  for (size_t i = list; i < list + 8; ++i) file[i] = '\xFF';
  EXPECT_TRUE(test::error_of([&] { read_gguf(file); }).has_value());
}

TEST(Gguf, CutAndDamagedFilesNeverCrash) {
  const std::string file = gpt2().file();
  test::expect_cut_files_refused(file, file.size(), [](std::string_view cut) { read_gguf(cut); });
  test::read_damaged_files(file, 20'000, [](std::string_view damaged) { read_gguf(damaged); });
}

struct SharedGguf {
  const char* name;
  size_t size, merges;
  ModelSpec::Kind kind;
  size_t splits;
};

class SharedGgufFiles : public testing::TestWithParam<SharedGguf> {};

TEST_P(SharedGgufFiles, ReadsRealFiles) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, std::string("tokenizers/gguf/") + GetParam().name);
  const std::string bytes = test::read_bytes(path);
  const TokenizerSpec spec = read_gguf(bytes, GetParam().name);
  EXPECT_EQ(spec.vocabulary.size(), GetParam().size);
  EXPECT_EQ(spec.model.merges.size(), GetParam().merges);
  EXPECT_EQ(spec.model.kind, GetParam().kind);
  EXPECT_EQ(spec.pre_tokenizers.size(), GetParam().splits);
  test::expect_cut_files_refused(std::string_view(bytes).substr(0, bytes.size() - 64), 100,
                                 [](std::string_view cut) { read_gguf(cut); });
}

INSTANTIATE_TEST_SUITE_P(Files, SharedGgufFiles,
                         testing::Values(SharedGguf{"ggml-vocab-gpt-2.gguf", 50257, 50000,
                                                    ModelSpec::Kind::kMergeBpe, 2},
                                         SharedGguf{"ggml-vocab-falcon.gguf", 65024, 64784,
                                                    ModelSpec::Kind::kMergeBpe, 4},
                                         SharedGguf{"ggml-vocab-bert-bge.gguf", 30522, 0,
                                                    ModelSpec::Kind::kWordPiece, 1}));

}  // namespace
}  // namespace tokrail
