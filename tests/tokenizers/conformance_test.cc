// Every id, offset and decoded text of the verification data, against the system that owns each
// file format. The same comparisons as `tokrail verify tokenizer`, plus the line-by-line files, the
// GGUF cases and the hashes over whole texts.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

using test::find_shared_data;

EncodeOptions without_template() {
  EncodeOptions options;
  options.add_special_tokens = false;
  return options;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<TokenId> ids_of_line(std::string line) {
  for (char& c : line) {
    if (c == ',') c = ' ';
  }
  std::istringstream stream(line);
  std::vector<TokenId> ids;
  for (TokenId id; stream >> id;) ids.push_back(id);
  return ids;
}

// ---------------------------------------------------------------- expected/*.jsonl

struct ExpectedFile {
  const char* tokenizer;
  const char* expected;
};

class ExpectedIds : public testing::TestWithParam<ExpectedFile> {};

TEST_P(ExpectedIds, AreOurs) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "tokenizers");
  const Tokenizer tokenizer = Tokenizer::load((folder / GetParam().tokenizer).string());
  const auto cases = test::read_json_lines(folder / "cases/cases.jsonl");
  const auto expected = test::read_json_lines(folder / GetParam().expected);
  ASSERT_EQ(cases.size(), expected.size());
  const bool tiktoken = expected.front().contains("ordinary");
  for (size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    const std::string text = test::string_member(cases[i], "text");
    if (tiktoken) {
      EncodeOptions special;
      special.special_text = SpecialText::allow_all();
      ASSERT_EQ(tokenizer.encode(text), test::ids_member(expected[i], "ordinary"));
      ASSERT_EQ(tokenizer.encode(text, special), test::ids_member(expected[i], "special"));
      continue;
    }
    const std::vector<TokenId> ids = test::ids_member(expected[i], "ids");
    ASSERT_EQ(tokenizer.encode(text, without_template()), ids);
    if (expected[i].contains("ids_special")) {
      ASSERT_EQ(tokenizer.encode(text), test::ids_member(expected[i], "ids_special"));
    }
    if (expected[i].contains("decoded")) {
      ASSERT_EQ(tokenizer.decode_text(ids), test::string_member(expected[i], "decoded"));
    }
    if (expected[i].contains("offsets")) {
      EncodeOptions options = without_template();
      options.offset_unit = OffsetUnit::kCodePoint;
      const Encoding encoding = tokenizer.encode_with_offsets(text, options);
      ASSERT_EQ(encoding.ids, ids);
      const auto offsets = test::offsets_member(expected[i], "offsets");
      ASSERT_EQ(encoding.offsets.size(), offsets.size());
      for (size_t t = 0; t < offsets.size(); ++t) {
        ASSERT_EQ(encoding.offsets[t].begin, offsets[t].first);
        ASSERT_EQ(encoding.offsets[t].end, offsets[t].second);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ExpectedIds,
    testing::Values(
        ExpectedFile{"vocab/cl100k_base.tiktoken", "expected/tiktoken__cl100k_base.jsonl"},
        ExpectedFile{"vocab/o200k_base.tiktoken", "expected/tiktoken__o200k_base.jsonl"},
        ExpectedFile{"vocab/gpt2.json", "expected/hf__gpt2.jsonl"},
        ExpectedFile{"vocab/gpt_neox.json", "expected/hf__gpt_neox.jsonl"},
        ExpectedFile{"vocab/bert_base_cased.json", "expected/hf__bert_base_cased.jsonl"},
        ExpectedFile{"vocab/xlnet_base_cased.json", "expected/hf__xlnet_base_cased.jsonl"},
        ExpectedFile{"vocab/mistral01.json", "expected/hf__mistral01.jsonl"},
        ExpectedFile{"vocab/mistral01.model", "expected/spm__mistral01.jsonl"},
        ExpectedFile{"vocab/xlnet_base_cased.model", "expected/spm__xlnet_base_cased.jsonl"},
        ExpectedFile{"gguf/ggml-vocab-gpt-2.gguf", "expected/llamacpp__ggml-vocab-gpt-2.jsonl"},
        ExpectedFile{"gguf/ggml-vocab-falcon.gguf", "expected/llamacpp__ggml-vocab-falcon.jsonl"},
        ExpectedFile{"gguf/ggml-vocab-bert-bge.gguf",
                     "expected/llamacpp__ggml-vocab-bert-bge.jsonl"}),
    [](const auto& parameter) {
      std::string name = parameter.param.tokenizer;
      for (char& c : name) {
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      }
      return name;
    });

// ---------------------------------------------------------------- gguf/*.inp and *.out

class GgufCases : public testing::TestWithParam<const char*> {};

TEST_P(GgufCases, AreOurs) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "tokenizers/gguf");
  const std::string stem = (folder / GetParam()).string() + ".gguf";
  const Tokenizer tokenizer = Tokenizer::load(stem);
  const std::string inputs = read_file(stem + ".inp");
  const std::vector<std::string> outputs = lines_of(read_file(stem + ".out"));
  constexpr std::string_view kEnd = "\n__ggml_vocab_test__\n";
  size_t at = 0;
  size_t number = 0;
  while (at < inputs.size()) {
    const size_t end = inputs.find(kEnd, at);
    ASSERT_NE(end, std::string::npos);
    ASSERT_LT(number, outputs.size());
    EXPECT_EQ(tokenizer.encode(inputs.substr(at, end - at), without_template()),
              ids_of_line(outputs[number]))
        << "case " << number;
    ++number;
    at = end + kEnd.size();
  }
  EXPECT_EQ(number, 46u);
}

INSTANTIATE_TEST_SUITE_P(
    All, GgufCases, testing::Values("ggml-vocab-gpt-2", "ggml-vocab-falcon", "ggml-vocab-bert-bge"),
    [](const auto& parameter) { return "n" + std::to_string(parameter.index); });

// ---------------------------------------------------------------- kitoken/*

struct LineFiles {
  const char* tokenizer;
  const char* prefix;  // of the files
  const char* suffix;
};

class LineByLine : public testing::TestWithParam<LineFiles> {};

/// Records of an input file: lines, or the whole file; "\n" and "\s" are written out in small ones.
std::vector<std::string> records_of(const std::string& kind, const std::string& text) {
  if (kind == "utf8") return {text};
  std::vector<std::string> records = lines_of(text);
  if (kind == "mixed") return records;
  for (std::string& record : records) {
    std::string decoded;
    for (size_t i = 0; i < record.size(); ++i) {
      const bool escape = record[i] == '\\' && i + 1 < record.size();
      if (escape && record[i + 1] == 'n') {
        decoded += '\n';
        ++i;
      } else if (escape && record[i + 1] == 's') {
        decoded += ' ';
        ++i;
      } else {
        decoded += record[i];
      }
    }
    record = decoded;
  }
  return records;
}

TEST_P(LineByLine, IdsAreOurs) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "tokenizers");
  const Tokenizer tokenizer = Tokenizer::load((folder / GetParam().tokenizer).string());
  EncodeOptions options = without_template();
  const bool tiktoken = tokenizer.spec().format == SourceFormat::kTiktoken;
  if (tiktoken) options.special_text = SpecialText::allow_all();
  for (const std::string kind : {"small", "mixed", "utf8"}) {
    const auto inputs =
        records_of(kind, read_file((folder / "kitoken" / (kind + "_input.txt")).string()));
    const auto path =
        folder / "kitoken" / (GetParam().prefix + kind + "_tokens_" + GetParam().suffix + ".txt");
    const auto outputs = lines_of(read_file(path.string()));
    ASSERT_EQ(inputs.size(), outputs.size()) << path;
    for (size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(tokenizer.encode(inputs[i], options), ids_of_line(outputs[i]))
          << path << " line " << i + 1;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LineByLine,
    testing::Values(LineFiles{"vocab/cl100k_base.tiktoken", "", "cl100k_base"},
                    LineFiles{"vocab/o200k_base.tiktoken", "", "o200k_base"},
                    LineFiles{"vocab/gpt2.json", "hf_", "gpt2"},
                    LineFiles{"vocab/gpt_neox.json", "hf_", "gpt_neox"},
                    LineFiles{"vocab/bert_base_cased.json", "hf_", "bert_base_cased"},
                    LineFiles{"vocab/xlnet_base_cased.json", "hf_", "xlnet_base_cased"},
                    LineFiles{"vocab/mistral01.json", "hf_", "mistral01"},
                    LineFiles{"vocab/mistral01.model", "spm_", "mistral01"},
                    LineFiles{"vocab/xlnet_base_cased.model", "spm_", "xlnet_base_cased"}),
    [](const auto& parameter) { return "n" + std::to_string(parameter.index); });

// ---------------------------------------------------------------- text_hashes.txt

TEST(WholeTexts, HaveTheHashesOfTheReference) {
  TOKRAIL_REQUIRE_SHARED_DATA(folder, "tokenizers");
  std::ifstream hashes(folder / "expected/text_hashes.txt");
  std::map<std::string, std::shared_ptr<Tokenizer>> tokenizers;
  std::string encoding, group, text, hash;
  size_t count = 0, checked = 0;
  while (hashes >> encoding >> group >> text >> count >> hash) {
    auto& tokenizer = tokenizers[encoding];
    if (!tokenizer) {
      tokenizer = std::make_shared<Tokenizer>(
          Tokenizer::load((folder / "vocab" / (encoding + ".tiktoken")).string()));
    }
    const std::string bytes = read_file((folder / "text" / (text + ".txt")).string());
    const std::vector<TokenId> ids = tokenizer->encode(bytes);
    uint64_t h = 1469598103934665603ull;
    for (const TokenId id : ids) {
      h ^= id;
      h *= 1099511628211ull;
    }
    EXPECT_EQ(ids.size(), count) << encoding << ' ' << text;
    EXPECT_EQ(h, std::stoull(hash, nullptr, 16)) << encoding << ' ' << text;
    EXPECT_EQ(tokenizer->decode_bytes(ids), bytes);
    EXPECT_EQ(tokenizer->count(bytes), count);
    ++checked;
  }
  EXPECT_EQ(checked, 6u);
}

}  // namespace
}  // namespace tokrail
