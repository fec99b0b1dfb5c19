// The grammars in data/grammars against their examples and their long texts.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "grammar/frontends/gbnf.h"
#include "grammar/frontends/lark.h"
#include "tests/grammar/acceptor.h"
#include "tests/support/json_lines.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"

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

TEST(DataGrammars, TakeTheirLongTexts) {
  int texts = 0;
  const auto files = grammar_files();
  for (const auto& entry : fs::directory_iterator(folder())) {
    const std::string file = entry.path().filename();
    const size_t mark = file.find(".text.");
    if (mark == std::string::npos) continue;
    ++texts;
    const std::string name = file.substr(0, mark);
    ASSERT_TRUE(files.contains(name)) << file;
    const std::string text = read_bytes(entry.path());
    EXPECT_GT(text.size(), 15000u) << file;
    EXPECT_TRUE(Acceptor(read(files.at(name))).accepts(text)) << file;
  }
  EXPECT_GE(texts, 4);
}

}  // namespace
}  // namespace tokrail::test
