#include "bindings/cli/grammar_cases.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/mapped_file.h"
#include "grammar/frontends/json_schema/schema_document.h"
#include "grammar/frontends/json_text.h"
#include "tokenizers/formats/gzip.h"

namespace tokrail::cli {

namespace {

constexpr size_t kLargestFile = size_t{4} << 30;
constexpr uint32_t kDeepest = 20000;
constexpr std::string_view kPrefixMark = "FINAL_REJECT:";

// One line of a file.
class Record {
 public:
  explicit Record(std::string_view line) : document_(SchemaDocument::read(line, kDeepest)) {
    if (!document_.is_object(document_.root())) fail("expected a JSON object");
  }

  bool has(std::string_view key) const {
    return document_.find(document_.root(), key) != SchemaDocument::kNone;
  }
  JsonId member(JsonId of, std::string_view key) const {
    const JsonId id = document_.find(of, key);
    if (id == SchemaDocument::kNone) fail("expected a member \"" + std::string(key) + '"');
    return id;
  }
  JsonId member(std::string_view key) const { return member(document_.root(), key); }
  std::string string(JsonId id) const {
    if (!document_.is_string(id)) fail("expected a string", id);
    return std::string(document_.text(id));
  }
  bool boolean(JsonId id) const {
    if (!document_.is_boolean(id)) fail("expected true or false", id);
    return document_.kind(id) == JsonKind::kTrue;
  }
  std::span<const JsonId> items(JsonId id) const {
    if (!document_.is_array(id)) fail("expected an array", id);
    return document_.children(id);
  }
  // A string as it is, another value as JSON text.
  std::string text(JsonId id) const {
    return document_.is_string(id) ? std::string(document_.text(id)) : json_text(document_, id);
  }
  std::vector<TokenId> ids(JsonId list) const {
    std::vector<TokenId> all;
    for (const JsonId id : items(list)) {
      const std::string_view digits = document_.text(id);
      TokenId value = 0;
      const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
      if (error != std::errc() || end != digits.end()) fail("expected an id", id);
      all.push_back(value);
    }
    return all;
  }
  const SchemaDocument& document() const { return document_; }

  [[noreturn]] void fail(const std::string& message, JsonId at = SchemaDocument::kNone) const {
    throw Error(ErrorCode::kInvalidFile, message,
                at == SchemaDocument::kNone ? std::string() : document_.pointer(at));
  }

 private:
  SchemaDocument document_;
};

template <typename Use>
void for_each_line(const std::string& path, Use&& use) {
  std::string bytes = read_file(path, kLargestFile);
  if (bytes.starts_with("\x1f\x8b")) bytes = unpack_gzip(bytes, kLargestFile, path);
  size_t number = 0;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    const std::string_view line = std::string_view(bytes).substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      use(Record(line));
    } catch (const Error& error) {
      throw Error(ErrorCode::kInvalidFile, error.what(), path + ": line " + std::to_string(number));
    }
  }
}

// The ids that X.overrides.jsonl takes out of X.jsonl or X.jsonl.gz, each with whether it was met.
std::map<std::string, bool> read_overrides(const std::string& path) {
  std::string stem = path;
  for (const std::string_view ending : {".gz", ".jsonl"}) {
    if (stem.ends_with(ending)) stem.resize(stem.size() - ending.size());
  }
  const std::string overrides = stem + ".overrides.jsonl";
  std::map<std::string, bool> skipped;
  if (!std::filesystem::exists(overrides)) return skipped;
  for_each_line(overrides, [&](const Record& record) {
    if (!record.has("skip") || !record.boolean(record.member("skip"))) {
      record.fail("expected \"skip\": true");
    }
    skipped.emplace(record.string(record.member("id")), false);
  });
  return skipped;
}

std::vector<GrammarInstance> read_tests(const Record& record) {
  std::vector<GrammarInstance> instances;
  if (!record.has("tests")) return instances;
  for (const JsonId test : record.items(record.member("tests"))) {
    GrammarInstance one;
    one.valid = record.boolean(record.member(test, "valid"));
    const JsonId text = record.document().find(test, "text");
    one.text = text != SchemaDocument::kNone
                   ? record.string(text)
                   : json_text(record.document(), record.member(test, "data"));
    const JsonId ids = record.document().find(test, "tokens");
    if (ids != SchemaDocument::kNone) one.ids = record.ids(ids);
    instances.push_back(std::move(one));
  }
  return instances;
}

SchemaDraft draft_of(const Record& record) {
  const std::string name = record.string(record.member("draft"));
  if (name == "draft4") return SchemaDraft::k4;
  if (name == "draft6") return SchemaDraft::k6;
  if (name == "draft7") return SchemaDraft::k7;
  if (name == "draft2019-09") return SchemaDraft::k2019;
  if (name == "draft2020-12") return SchemaDraft::k2020;
  record.fail("unknown draft " + name);
}

// A case of another engine's tests.
GrammarCase read_engine_case(const Record& record) {
  GrammarCase one;
  const std::string kind = record.string(record.member("kind"));
  if (kind == "gbnf" || kind == "ebnf") {
    one.notation = Notation::kGbnf;
  } else if (kind == "regex") {
    one.notation = Notation::kRegex;
  } else if (kind == "lark" || kind == "lark_error" || kind == "lark_compiles") {
    one.notation = Notation::kLark;
    if (kind == "lark_error") one.wanted = GrammarCase::Wanted::kRefused;
    if (kind == "lark_compiles") one.wanted = GrammarCase::Wanted::kCompiles;
  } else if (kind != "json_schema") {
    record.fail("unknown kind " + kind);
  }
  one.text = record.text(record.member("grammar"));
  for (const char* key : {"valid", "invalid"}) {
    if (!record.has(key)) continue;
    for (const JsonId item : record.items(record.member(key))) {
      GrammarInstance instance{.text = record.string(item), .valid = key[0] == 'v'};
      if (!instance.valid && instance.text.starts_with(kPrefixMark)) {
        instance.text.erase(0, kPrefixMark.size());
        instance.prefix_is_valid = true;
      }
      one.instances.push_back(std::move(instance));
    }
  }
  return one;
}

// The cases of a line, without their ids.
std::vector<GrammarCase> read_cases(const Record& record, std::optional<KeyOrder> key_order) {
  std::vector<GrammarCase> cases;
  if (record.has("kind")) {
    cases.push_back(read_engine_case(record));
    cases[0].json.key_order = key_order.value_or(KeyOrder::kSchema);
    return cases;
  }
  const std::vector<GrammarInstance> instances = read_tests(record);
  const auto add = [&](Notation notation, const char* key) {
    if (!record.has(key)) return;
    GrammarCase one;
    one.notation = notation;
    one.text = record.text(record.member(key));
    one.json.key_order = key_order.value_or(KeyOrder::kAny);
    one.instances = instances;
    if (notation == Notation::kJsonSchema && record.has("keyword")) {
      one.json.draft = draft_of(record);
      one.json.assert_formats = record.boolean(record.member("optional"));
    }
    cases.push_back(std::move(one));
  };
  add(Notation::kJsonSchema, "schema");
  add(Notation::kGbnf, "gbnf");
  add(Notation::kLark, "lark");
  add(Notation::kRegex, "regex");
  if (cases.empty()) record.fail("expected a schema, gbnf, lark, regex or grammar");
  return cases;
}

const char* suffix_of(Notation notation) {
  switch (notation) {
    case Notation::kGbnf: return "/gbnf";
    case Notation::kLark: return "/lark";
    case Notation::kRegex: return "/regex";
    case Notation::kJsonSchema: return "/schema";
  }
  return "";
}

}  // namespace

namespace {

/// The texts that lie beside a grammar's own file.
std::vector<GrammarInstance> texts_beside(const std::filesystem::path& grammar) {
  std::vector<std::filesystem::path> files;
  const std::string stem = grammar.stem().string();
  const auto folder = grammar.has_parent_path() ? grammar.parent_path() : ".";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(stem + ".text.") || name.starts_with(stem + ".lines.")) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  std::vector<GrammarInstance> texts;
  for (const auto& file : files) {
    const std::string content = read_file(file, kLargestFile);
    std::string_view left = content;
    if (file.filename().string().starts_with(stem + ".text.")) {
      texts.push_back({.text = std::string(left)});
      continue;
    }
    while (!left.empty()) {
      const size_t end = std::min(left.find('\n'), left.size());
      texts.push_back({.text = std::string(left.substr(0, end))});
      left.remove_prefix(std::min(end + 1, left.size()));
    }
  }
  return texts;
}

/// A file NAME.gbnf or NAME.lark is one case.
std::optional<GrammarCase> case_of_grammar(const std::string& path) {
  const std::filesystem::path file(path);
  const bool is_gbnf = file.extension() == ".gbnf";
  if (!is_gbnf && file.extension() != ".lark") return std::nullopt;
  GrammarCase one;
  one.id = file.stem().string();
  one.notation = is_gbnf ? Notation::kGbnf : Notation::kLark;
  one.text = read_file(file, kLargestFile);
  one.instances = texts_beside(file);
  return one;
}

}  // namespace

GrammarCases read_grammar_cases(const std::vector<std::string>& paths,
                                std::optional<KeyOrder> key_order) {
  GrammarCases all;
  for (const std::string& path : paths) {
    if (std::optional<GrammarCase> one = case_of_grammar(path)) {
      all.cases.push_back(std::move(*one));
      continue;
    }
    std::map<std::string, bool> skipped = read_overrides(path);
    for_each_line(path, [&](const Record& record) {
      const std::string id = record.string(record.member("id"));
      const auto found = skipped.find(id);
      if (found != skipped.end()) {
        found->second = true;
        ++all.skipped;
        return;
      }
      std::vector<GrammarCase> cases = read_cases(record, key_order);
      for (GrammarCase& one : cases) {
        one.id = cases.size() == 1 ? id : id + suffix_of(one.notation);
        all.cases.push_back(std::move(one));
      }
    });
    for (const auto& [id, met] : skipped) {
      if (met) continue;
      throw Error(ErrorCode::kInvalidFile, "the overrides name " + id + ", which is not there",
                  path);
    }
  }
  return all;
}

}  // namespace tokrail::cli
