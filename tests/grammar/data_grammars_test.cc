// The grammars in data/grammars against their examples and their long texts.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/lark.h"
#include "tests/grammar/acceptor.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tokenizers/tokenizer.h"

namespace tokrail::test {
namespace {

namespace fs = std::filesystem;

fs::path folder() {
  return source_path("data/grammars");
}

// Grammar files by their names without extension.
std::map<std::string, fs::path> grammar_files() {
  std::map<std::string, fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder())) {
    const std::string extension = entry.path().extension();
    if (extension == ".gbnf" || extension == ".lark") files[entry.path().stem()] = entry.path();
  }
  return files;
}

Grammar read(const fs::path& path) {
  const std::string text = read_bytes(path);
  return path.extension() == ".gbnf" ? read_gbnf(text) : read_lark(text);
}

// Each line has a text and `valid`: it is in the language or not; or `prefix`: some text of the
// language begins with it or none does.
void check_examples(const std::string& name, const Acceptor& acceptor) {
  int counts[4] = {};
  for (const auto& object : read_json_lines(folder() / (name + ".examples.jsonl"))) {
    const std::string text = string_member(object, "text");
    if (const auto* valid = object.if_contains("valid")) {
      EXPECT_EQ(acceptor.accepts(text), valid->as_bool()) << name << ": " << escaped(text);
      ++counts[valid->as_bool() ? 0 : 1];
    }
    if (const auto* prefix = object.if_contains("prefix")) {
      EXPECT_EQ(acceptor.accepts_prefix(text), prefix->as_bool()) << name << ": " << escaped(text);
      ++counts[prefix->as_bool() ? 2 : 3];
    }
  }
  EXPECT_GE(counts[0], 8) << name;
  EXPECT_GE(counts[1], 8) << name;
  EXPECT_GE(counts[2], 3) << name;
  EXPECT_GE(counts[3], 3) << name;
}

TEST(DataGrammars, TakeAndRefuseTheirExamples) {
  const auto files = grammar_files();
  EXPECT_GE(files.size(), 11u);
  for (const auto& [name, path] : files) check_examples(name, Acceptor(read(path)));
}

// NAME.text.*: one long text; NAME.lines.*: a text a line.
std::vector<std::string> texts_of(const fs::path& path) {
  const std::string all = read_bytes(path);
  if (path.filename().string().find(".lines.") == std::string::npos) return {all};
  std::vector<std::string> lines;
  std::istringstream stream(all);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(DataGrammars, TakeTheirLongTexts) {
  const auto vocabulary = find_shared_data("tokenizers/vocab/cl100k_base.tiktoken");
  std::optional<Tokenizer> tokenizer;
  if (vocabulary) tokenizer = Tokenizer::load(vocabulary->string());
  const auto files = grammar_files();
  std::set<std::string> with_text;
  for (const auto& entry : fs::directory_iterator(folder())) {
    const std::string file = entry.path().filename();
    const size_t mark = std::min(file.find(".text."), file.find(".lines."));
    if (mark == std::string::npos) continue;
    const std::string name = file.substr(0, mark);
    ASSERT_TRUE(files.contains(name)) << file;
    with_text.insert(name);
    const Acceptor acceptor(read(files.at(name)));
    size_t bytes = 0, tokens = 0;
    std::set<std::string> different;
    const std::vector<std::string> texts = texts_of(entry.path());
    for (const std::string& text : texts) {
      EXPECT_TRUE(acceptor.accepts(text)) << file << ": " << escaped(text.substr(0, 100));
      bytes += text.size();
      different.insert(text);
      if (tokenizer) tokens += tokenizer->encode(text).size();
    }
    EXPECT_GT(bytes, 13000u) << file;
    EXPECT_LT(bytes, 60000u) << file;
    EXPECT_GE(different.size() * 10, texts.size() * 9) << file;
    if (tokenizer) {
      EXPECT_GE(tokens, 5000u) << file;
    }
  }
  EXPECT_EQ(with_text.size(), files.size());
}

}  // namespace
}  // namespace tokrail::test
