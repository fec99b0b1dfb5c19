#include "tokenizers/pretokenization/gguf_pre_patterns.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/utf8.h"
#include "tests/support/property.h"
#include "tokenizers/pretokenization/pretokenizer.h"

namespace tokrail {
namespace {

PreTokenizer compile(const GgufPre& pre) {
  std::vector<PreTokenizerStep> steps;
  for (const std::string_view pattern : pre.patterns) {
    PreTokenizerStep step;
    step.kind = PreTokenizerStep::Kind::kSplit;
    step.pattern = {std::string(pattern), true};
    step.behavior = SplitBehavior::kIsolated;
    steps.push_back(step);
  }
  return PreTokenizer::compile(steps);
}

std::vector<std::string> split(const PreTokenizer& pre_tokenizer, std::string_view text) {
  std::vector<AlignedText> pieces = {AlignedText(text)};
  pre_tokenizer.split(pieces);
  std::vector<std::string> out;
  for (const AlignedText& piece : pieces) out.emplace_back(piece.text());
  return out;
}

std::vector<std::string> split(std::string_view name, std::string_view text) {
  const auto pre = find_gguf_pre(name);
  EXPECT_TRUE(pre.has_value()) << name;
  return pre ? split(compile(*pre), text) : std::vector<std::string>{};
}

using Pieces = std::vector<std::string>;

TEST(GgufPrePatterns, FindsNames) {
  EXPECT_FALSE(find_gguf_pre("").has_value());
  EXPECT_FALSE(find_gguf_pre("qwen").has_value());
  EXPECT_FALSE(find_gguf_pre("zzz").has_value());
  for (const GgufPre& pre : gguf_pre_table()) {
    ASSERT_TRUE(find_gguf_pre(pre.name).has_value()) << pre.name;
    EXPECT_EQ(find_gguf_pre(pre.name)->patterns.data(), pre.patterns.data());
  }
  EXPECT_TRUE(find_gguf_pre("llama-bpe")->ignore_merges);
  EXPECT_TRUE(find_gguf_pre("llama-bpe")->add_bos);
  EXPECT_FALSE(find_gguf_pre("qwen2")->clean_spaces);
  EXPECT_TRUE(find_gguf_pre("gpt-2")->clean_spaces);
  EXPECT_FALSE(find_gguf_pre("gemma4")->byte_encode);
  EXPECT_TRUE(find_gguf_pre("roberta-bpe")->add_sep);
  EXPECT_TRUE(find_gguf_pre("glm4")->no_bos);
}

TEST(GgufPrePatterns, CutWhereLlamaCppCuts) {
  EXPECT_EQ(split("gpt-2", "I'll  go 123!"), (Pieces{"I", "'ll", " ", " go", " 123", "!"}));
  EXPECT_EQ(split("llama-bpe", "I'LL 12345\n\n x"),
            (Pieces{"I", "'LL", " ", "123", "45", "\n\n", " x"}));
  EXPECT_EQ(split("llama-bpe", "'ſx"), (Pieces{"'ſx"}));  // no case folding beyond ASCII
  EXPECT_EQ(split("qwen2", "a12 b"), (Pieces{"a", "1", "2", " b"}));
  EXPECT_EQ(split("falcon", "Hello, 12345 `x`"),
            (Pieces{"Hello", ",", " ", "123", "45", " ", "`", "x", "`"}));
  EXPECT_EQ(split("starcoder", "def f12"), (Pieces{"def", " f", "1", "2"}));
  EXPECT_EQ(split("tekken", "HelloWorld ÀB"), (Pieces{"Hello", "World", " À", "B"}));
  EXPECT_EQ(split("gpt-4o", "HTTPServer's ΑΒγδ"), (Pieces{"HTTPServer's", " ΑΒγδ"}));
  EXPECT_EQ(split("deepseek-v3", "a~~ b~ 1234中文カx"),
            (Pieces{"a", "~~", " b", "~", " ", "123", "4", "中文カ", "x"}));
  EXPECT_EQ(split("deepseek-llm", "Hi  中文 12\n"), (Pieces{"Hi", "  ", "中文", " ", "12", "\n"}));
  EXPECT_EQ(split("kimi-k2", "中文abc de\u0301f"), (Pieces{"中文", "abc", " de", "\u0301f"}));
  EXPECT_EQ(split("superbpe", "ab 1234567 cd"), (Pieces{"ab ", "1", "234", "567", " cd"}));
  EXPECT_EQ(split("afmoe", "x  1234567"), (Pieces{"x", " ", " ", "1", "234", "567"}));
  EXPECT_EQ(split("tiny_aya", "12345 x"), (Pieces{"12", "345", " x"}));
  EXPECT_EQ(split("poro-chat", "Hei, maa ilma."), (Pieces{"Hei", ",", " maa", " ilma", "."}));
  EXPECT_EQ(split("viking", "a12"), (Pieces{"a", "1", "2"}));
  EXPECT_EQ(split("chameleon", "IMGIMGABZ\tx  y1"),
            (Pieces{"IMGIMGABZ", "\t", "x", "  ", "y", "1"}));
  EXPECT_EQ(split("gemma4", "a▁b\n\nc"), (Pieces{"a▁b", "\n\n", "c"}));
  EXPECT_EQ(split("exaone-moe", "ab cd, e"), (Pieces{"ab cd", ",", " e"}));
  EXPECT_EQ(split("jais-2", "a      b"), (Pieces{"a", "    ", " ", " b"}));
  EXPECT_EQ(split("seed-coder", "a!\n"), (Pieces{"a", "!", "\n"}));
  EXPECT_EQ(split("bailingmoe", "a\n\n"), (Pieces{"a", "\n\n"}));
  EXPECT_EQ(split("default", "a, 12345"), (Pieces{"a", ",", " ", "123", "45"}));
}

TEST(GgufPrePatterns, LoseNothing) {
  for (const GgufPre& pre : gguf_pre_table()) {
    const PreTokenizer pre_tokenizer = compile(pre);
    test::check_texts(pre.name, 30, [&](const std::string& text) {
      std::string joined;
      for (const std::string& piece : split(pre_tokenizer, text)) joined += piece;
      return joined == text;
    });
  }
}

TEST(GgufPrePatterns, LongRunsTakeLinearTime) {
  for (const GgufPre& pre : gguf_pre_table()) {
    const PreTokenizer pre_tokenizer = compile(pre);
    for (const std::string_view unit : {"a", " ", "1", "é", "中", "!", "\n", "a b", "aA"}) {
      std::string text;
      while (text.size() < 200'000) text += unit;
      const auto begin = std::chrono::steady_clock::now();
      std::vector<AlignedText> pieces = {AlignedText(text)};
      pre_tokenizer.split(pieces);
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      EXPECT_LT(taken.count(), 5.0) << pre.name << " on " << unit;
    }
  }
}

}  // namespace
}  // namespace tokrail
