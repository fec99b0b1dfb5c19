// Schemas with instances that they accept and refuse: MaskBench, the JSON-Schema-Test-Suite, and
// cases of other engines. Nothing may be accepted wrongly, and most must be right.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "grammar/frontends/json_schema.h"
#include "grammar/frontends/json_schema/schema_document.h"
#include "tests/grammar/acceptor.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"

namespace tokrail::test {
namespace {

struct Instance {
  bool valid;
  std::string text;
};
struct SchemaCase {
  std::string id, kind, schema;
  bool optional = false;
  std::vector<Instance> instances;
};

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (byte >= 0x20) {
      out += c;
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    }
  }
  return out + '"';
}

// The value as JSON, numbers as they were written.
std::string written(const SchemaDocument& document, JsonId id) {
  switch (document.kind(id)) {
    case JsonKind::kNull: return "null";
    case JsonKind::kFalse: return "false";
    case JsonKind::kTrue: return "true";
    case JsonKind::kNumber: return std::string(document.text(id));
    case JsonKind::kString: return quoted(document.text(id));
    default: break;
  }
  const bool is_object = document.is_object(id);
  std::string out(1, is_object ? '{' : '[');
  for (const JsonId child : document.children(id)) {
    if (out.size() > 1) out += ", ";
    if (is_object) out += quoted(document.key(child)) + ": ";
    out += written(document, child);
  }
  return out + (is_object ? '}' : ']');
}

SchemaCase read_case(const std::string& line) {
  const SchemaDocument document = SchemaDocument::read(line, 4000);
  const JsonId root = document.root();
  const auto text_of = [&](JsonId id) {
    return document.is_string(id) ? std::string(document.text(id)) : written(document, id);
  };
  const auto has = [&](const char* key) {
    return document.find(root, key) != SchemaDocument::kNone;
  };
  SchemaCase one;
  one.id = text_of(document.find(root, "id"));
  if (has("kind")) one.kind = text_of(document.find(root, "kind"));
  if (has("optional")) {
    one.optional = document.kind(document.find(root, "optional")) == JsonKind::kTrue;
  }
  one.schema = text_of(document.find(root, has("schema") ? "schema" : "grammar"));
  if (has("tests")) {
    for (const JsonId test : document.children(document.find(root, "tests"))) {
      const bool valid = document.kind(document.find(test, "valid")) == JsonKind::kTrue;
      const JsonId text = document.find(test, "text");
      one.instances.push_back({valid, text != SchemaDocument::kNone
                                          ? std::string(document.text(text))
                                          : written(document, document.find(test, "data"))});
    }
    return one;
  }
  for (const bool valid : {true, false}) {
    for (const JsonId text : document.children(document.find(root, valid ? "valid" : "invalid"))) {
      one.instances.push_back({valid, std::string(document.text(text))});
    }
  }
  return one;
}

struct Counts {
  int schemas = 0, right = 0, refused = 0, over = 0, under = 0;
  std::map<std::string, int> refused_by = {};

  double right_share() const { return 100.0 * right / schemas; }
  void print(const char* name) const {
    std::printf(
        "[ COUNT    ] %s: %d schemas, %d right (%.2f %%), %d refused, %d wrongly accept, "
        "%d wrongly refuse\n",
        name, schemas, right, right_share(), refused, over, under);
    for (const auto& [message, count] : refused_by) {
      std::printf("[ REFUSED  ] %5d %s\n", count, message.c_str());
    }
  }
};

void run(const SchemaCase& one, const JsonSchemaOptions& options, Counts& counts) {
  if (one.instances.empty()) return;
  ++counts.schemas;
  try {
    const Acceptor acceptor(read_json_schema(one.schema, options).grammar);
    bool over = false, under = false;
    for (const Instance& instance : one.instances) {
      const bool accepted = acceptor.accepts(instance.text);
      EXPECT_FALSE(accepted && !instance.valid) << one.id << " accepts " << escaped(instance.text);
      over = over || (accepted && !instance.valid);
      under = under || (!accepted && instance.valid);
    }
    counts.over += over ? 1 : 0;
    counts.under += under ? 1 : 0;
    counts.right += over || under ? 0 : 1;
  } catch (const Error& error) {
    ++counts.refused;
    ++counts
          .refused_by[error.message().substr(0, std::min(error.message().find('\n'), size_t{70}))];
  }
}

template <typename Visit>
void for_each_case(const std::filesystem::path& path, Visit visit) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) visit(read_case(line));
  }
}

TEST(JsonSchemaCases, MaskBenchInAnyOrder) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "grammar/maskbench_quick.jsonl");
  Counts counts;
  for_each_case(path,
                [&](const SchemaCase& one) { run(one, {.key_order = KeyOrder::kAny}, counts); });
  counts.print("MaskBench, quick");
  EXPECT_EQ(counts.over, 0);
  EXPECT_GE(counts.right_share(), 97.0);
}

TEST(JsonSchemaCases, TestSuiteRequired) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "grammar/json_schema_test_suite.jsonl");
  Counts counts;
  for_each_case(path, [&](const SchemaCase& one) {
    if (one.optional) return;
    run(one, {.key_order = KeyOrder::kAny, .assert_formats = false}, counts);
  });
  counts.print("JSON-Schema-Test-Suite, required");
  EXPECT_EQ(counts.over, 0);
  EXPECT_GE(counts.right_share(), 85.0);
}

TEST(JsonSchemaCases, TestSuiteOptional) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "grammar/json_schema_test_suite.jsonl");
  Counts counts;
  for_each_case(path, [&](const SchemaCase& one) {
    if (one.optional) run(one, {.key_order = KeyOrder::kAny}, counts);
  });
  counts.print("JSON-Schema-Test-Suite, optional");
}

TEST(JsonSchemaCases, EngineCasesInSchemaOrder) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "grammar/engine_cases.jsonl");
  TOKRAIL_REQUIRE_SHARED_DATA(overrides, "grammar/engine_cases.overrides.jsonl");
  std::set<std::string> skipped;
  std::ifstream in(overrides);
  for (std::string line; std::getline(in, line);) {
    const SchemaDocument document = SchemaDocument::read(line, 100);
    skipped.emplace(document.text(document.find(document.root(), "id")));
  }
  Counts counts;
  for_each_case(path, [&](const SchemaCase& one) {
    if (one.kind == "json_schema" && !skipped.contains(one.id)) run(one, {}, counts);
  });
  counts.print("engine cases");
  EXPECT_EQ(counts.right, counts.schemas);
}

}  // namespace
}  // namespace tokrail::test
