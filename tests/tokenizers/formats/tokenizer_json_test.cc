#include "tokenizers/formats/tokenizer_json.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "tests/support/json_lines.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tokenizers/formats/json_numbers.h"

namespace tokrail {
namespace {

using test::expect_error;

// A small file of our own; `part` replaces the member that it names.
std::string small_file(const std::string& member = "", const std::string& value = "") {
  std::string text = "{\"version\": \"1.0\"";
  const auto put = [&](const std::string& name, const std::string& standard) {
    text += ", \"" + name + "\": " + (name == member ? value : standard);
  };
  put("truncation", "null");
  put("padding", "null");
  put("added_tokens", R"([{"id": 5, "content": "<s>", "special": true, "normalized": false}])");
  put("normalizer", "null");
  put("pre_tokenizer", "null");
  put("post_processor", "null");
  put("decoder", "null");
  put("model",
      R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4},
          "merges": ["a b", ["ab", "c"]]})");
  return text + "}";
}

std::string model_file(const std::string& model) {
  return small_file("model", model);
}

TEST(TokenizerJson, ReadsVocabularyMergesAndAddedTokens) {
  const TokenizerSpec spec = read_tokenizer_json(small_file());
  EXPECT_EQ(spec.format, SourceFormat::kTokenizerJson);
  EXPECT_EQ(spec.model.kind, ModelSpec::Kind::kMergeBpe);
  ASSERT_EQ(spec.vocabulary.size(), 6u);
  EXPECT_EQ(spec.vocabulary.texts[3], "ab");
  EXPECT_EQ(spec.vocabulary.texts[5], "<s>");
  EXPECT_EQ(spec.vocabulary.kinds[5], TokenKind::kControl);
  EXPECT_EQ(spec.vocabulary.first_added, 5u);
  ASSERT_EQ(spec.model.merges.size(), 2u);
  EXPECT_EQ(spec.model.merges[0].result, 3u);
  EXPECT_EQ(spec.model.merges[1].left, 3u);
  EXPECT_EQ(spec.model.merges[1].right, 2u);
  EXPECT_EQ(spec.model.merges[1].result, 4u);
  EXPECT_EQ(spec.roles.bos, 5u);
}

TEST(TokenizerJson, FindsTheModelTypeOfOldFiles) {
  const auto kind = [](const std::string& model) {
    return read_tokenizer_json(model_file(model)).model.kind;
  };
  EXPECT_EQ(kind(R"({"vocab": {"a": 0}, "merges": []})"), ModelSpec::Kind::kMergeBpe);
  EXPECT_EQ(kind(R"({"unk_id": 0, "vocab": [["a", -1.5]]})"), ModelSpec::Kind::kUnigram);
  EXPECT_EQ(kind(R"({"unk_token": "a", "continuing_subword_prefix": "##",
                     "max_input_chars_per_word": 9, "vocab": {"a": 0}})"),
            ModelSpec::Kind::kWordPiece);
  EXPECT_EQ(kind(R"({"unk_token": "a", "vocab": {"a": 0}})"), ModelSpec::Kind::kWordLevel);
}

TEST(TokenizerJson, MergesMayComeBeforeTheVocabulary) {
  const TokenizerSpec spec = read_tokenizer_json(
      model_file(R"({"merges": ["#version: 0.2", "a b"], "vocab": {"ab": 2, "b": 1, "a": 0}})"));
  ASSERT_EQ(spec.model.merges.size(), 1u);
  EXPECT_EQ(spec.model.merges[0].result, 2u);
  EXPECT_EQ(spec.vocabulary.texts[0], "a");
}

TEST(TokenizerJson, ContinuingPrefixIsLeftOutOfMergeResults) {
  const TokenizerSpec spec =
      read_tokenizer_json(model_file(R"({"type": "BPE", "continuing_subword_prefix": "##",
                     "vocab": {"a": 0, "##b": 1, "ab": 2}, "merges": [["a", "##b"]]})"));
  EXPECT_EQ(spec.model.merges.at(0).result, 2u);
}

TEST(TokenizerJson, AMergeListedTwiceKeepsItsLaterPlace) {
  const TokenizerSpec spec =
      read_tokenizer_json(model_file(R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "ba": 3},
                     "merges": ["a b", "b a", "a b"]})"));
  ASSERT_EQ(spec.model.merges.size(), 2u);
  EXPECT_EQ(spec.model.merges[0].result, 3u);
  EXPECT_EQ(spec.model.merges[1].result, 2u);
}

TEST(TokenizerJson, HolesInTheIdsAreUnused) {
  const TokenizerSpec spec =
      read_tokenizer_json(R"({"model": {"type": "BPE", "vocab": {"b": 7, "a": 2}, "merges": []}})");
  ASSERT_EQ(spec.vocabulary.size(), 8u);
  EXPECT_EQ(spec.vocabulary.texts[2], "a");
  EXPECT_EQ(spec.vocabulary.kinds[2], TokenKind::kNormal);
  EXPECT_EQ(spec.vocabulary.texts[3], "");
  EXPECT_EQ(spec.vocabulary.kinds[3], TokenKind::kUnused);
}

TEST(TokenizerJson, AddedTokensGetTheIdsThatTheReferenceGivesThem) {
  // Two tokens, so the next free id is 2, whatever the file says.
  const TokenizerSpec spec = read_tokenizer_json(
      R"({"added_tokens": [{"id": 9, "content": "x"}, {"id": 0, "content": "b"}],
          "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}})");
  ASSERT_EQ(spec.added_tokens.size(), 2u);
  EXPECT_EQ(spec.added_tokens[0].content, "b");
  EXPECT_EQ(spec.added_tokens[0].id, 1u);
  EXPECT_EQ(spec.added_tokens[1].id, 2u);
  expect_error(ErrorCode::kInvalidFile, "'a' and '<s>' with id 2", [] {
    read_tokenizer_json(
        small_file("model", R"({"type": "BPE", "vocab": {"b": 7, "a": 2}, "merges": []})"));
  });
}

TEST(TokenizerJson, ReadsScoresAsTheReferenceDoes) {
  const TokenizerSpec spec = read_tokenizer_json(model_file(R"({"type": "Unigram", "unk_id": 0,
                     "vocab": [["<unk>", 0], ["a", -7.312950134277344], ["b", -1e-3],
                               ["c", -3.9131507873535156], ["d", 12345678901234567890123.5]]})"));
  EXPECT_EQ(spec.vocabulary.scores[1], -7.312950134277344);
  EXPECT_EQ(spec.vocabulary.scores[2], -0.001);
  EXPECT_EQ(spec.vocabulary.scores[3], -3.913150787353515);  // two roundings
  EXPECT_EQ(spec.vocabulary.scores[4], 12345678901234567890123.5);
  EXPECT_EQ(spec.vocabulary.kinds[0], TokenKind::kUnknown);
}

TEST(JsonNumbers, TextsReadBackEqual) {
  test::Random random(test::property_seed());
  int moved = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double any = std::bit_cast<double>(random());
    const double score = -20.0 * static_cast<double>(random()) / 1.8e19;
    for (const double exact : {score, any}) {
      if (!(std::abs(exact) > 1e-20 && std::abs(exact) < 1e20)) continue;
      char text[40];
      const char* const end = std::to_chars(text, text + sizeof(text), exact).ptr;
      const double number = reference_double({text, static_cast<size_t>(end - text)});
      moved += number != exact ? 1 : 0;
      ASSERT_NEAR(number / exact, 1.0, 1e-15);
      ASSERT_EQ(reference_double(text_of_reference_double(number)), number) << exact;
    }
  }
  EXPECT_GT(moved, 1000);  // the reference does not round like everybody else
  EXPECT_EQ(text_of_reference_double(0), "0.0");
  EXPECT_EQ(text_of_reference_double(-2.5), "-2.5");
  EXPECT_EQ(reference_double("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(reference_double("-1e-400"), 0);
  EXPECT_EQ(reference_double("0e99999999999999999999"), 0);
}

TEST(TokenizerJson, FlattensNestedSequences) {
  const TokenizerSpec spec = read_tokenizer_json(
      small_file("normalizer", R"({"type": "Sequence", "normalizers": [{"type": "NFD"},
        {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, {"type": "StripAccents"}]},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]})"));
  ASSERT_EQ(spec.normalizers.size(), 4u);
  EXPECT_EQ(spec.normalizers[2].kind, NormalizerStep::Kind::kStripAccents);
  EXPECT_TRUE(spec.normalizers[3].pattern.is_regex);
}

TEST(TokenizerJson, ReadsOldAndNewMetaspace) {
  const auto scheme = [](const std::string& members) {
    return read_tokenizer_json(small_file("pre_tokenizer", R"({"type": "Metaspace",
             "replacement": "_")" + members + "}"))
        .pre_tokenizers.at(0)
        .prepend_scheme;
  };
  EXPECT_EQ(scheme(R"(, "str_rep": "_", "add_prefix_space": true)"), PrependScheme::kAlways);
  EXPECT_EQ(scheme(R"(, "add_prefix_space": false)"), PrependScheme::kNever);
  EXPECT_EQ(scheme(R"(, "prepend_scheme": "first", "split": false)"), PrependScheme::kFirst);
  expect_error(ErrorCode::kInvalidFile, "/pre_tokenizer/prepend_scheme",
               [&] { scheme(R"(, "prepend_scheme": "always", "add_prefix_space": false)"); });
}

TEST(TokenizerJson, ReadsStepsWithoutTypeByTheirMembers) {
  const TokenizerSpec spec = read_tokenizer_json(small_file(
      "normalizer", R"({"clean_text": false, "handle_chinese_chars": true, "lowercase": false})"));
  ASSERT_EQ(spec.normalizers.size(), 1u);
  EXPECT_EQ(spec.normalizers[0].kind, NormalizerStep::Kind::kBert);
  EXPECT_FALSE(spec.normalizers[0].clean_text);
  EXPECT_FALSE(spec.normalizers[0].strip_accents.has_value());
}

TEST(TokenizerJson, ReadsTemplatesTruncationAndPadding) {
  const TokenizerSpec spec = read_tokenizer_json(small_file("post_processor", R"(
      {"type": "Sequence", "processors": [
        {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
        {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}}]})"));
  ASSERT_EQ(spec.post_processors.size(), 2u);
  ASSERT_EQ(spec.post_processors[1].single.size(), 2u);
  EXPECT_EQ(spec.post_processors[1].single[0].ids, std::vector<TokenId>{5});
  EXPECT_EQ(spec.post_processors[1].pair[1].type_id, 1u);

  const TokenizerSpec cut = read_tokenizer_json(small_file(
      "truncation",
      R"({"max_length": 8, "strategy": "OnlyFirst", "stride": 2, "direction": "Left"})"));
  EXPECT_EQ(cut.truncation->max_length, 8u);
  EXPECT_EQ(cut.truncation->direction, TruncationSpec::Direction::kLeft);
  const TokenizerSpec padded = read_tokenizer_json(small_file(
      "padding", R"({"strategy": {"Fixed": 16}, "direction": "Left", "pad_to_multiple_of": null,
                     "pad_id": 3, "pad_type_id": 0, "pad_token": "ab"})"));
  EXPECT_EQ(padded.padding->fixed_length, 16u);
  EXPECT_EQ(padded.roles.pad, 3u);
}

TEST(TokenizerJson, RefusesDamage) {
  const auto refuse = [](const std::string& file, const char* part,
                         ErrorCode code = ErrorCode::kInvalidFile) {
    expect_error(code, part, [&] { read_tokenizer_json(file, "x.json"); });
  };
  refuse("", "byte 0");
  refuse("{}", "'model'");
  refuse("[1]", "expected an object");
  refuse(small_file() + "x", "expected the end");
  refuse("{\"model\": \"\\ud800\"}", "byte");
  refuse("{\"model\": \"\xFF\"}", "byte 11");
  refuse(model_file(R"({"vocab": {"a": 0, "b": 0}, "merges": []})"), "'a' and 'b' with id 0");
  refuse(model_file(R"({"vocab": {"a": -1}, "merges": []})"), "/model/vocab/a");
  refuse(model_file(R"({"vocab": {"a": 4000000000}, "merges": []})"), "expected an id from 0");
  refuse(model_file(R"({"vocab": {"a": [0]}, "merges": []})"), "/model/vocab/a");
  refuse(model_file(R"({"vocab": {"a": 0, "b": 1}, "merges": ["a b"]})"), "'ab' is none");
  refuse(model_file(R"({"vocab": {"a": 0}, "merges": ["a q"]})"), "'q' is none");
  refuse(model_file(R"({"vocab": {"a": 0}, "merges": ["a  b"]})"), "/model/merges/0");
  refuse(model_file(R"({"vocab": {"a": 0}, "merges": ["a"]})"), "/model/merges/0");
  refuse(model_file(R"({"vocab": {"a": 0}, "merges": [["a"]]})"), "/model/merges/0");
  refuse(model_file(R"({"vocab": {"a": 0}, "merges": [7]})"), "/model/merges/0");
  refuse(model_file(R"({"type": "BPE", "vocab": {"a": 0}})"), "'merges'");
  refuse(model_file(R"({"type": "BPE", "merges": []})"), "'vocab'");
  refuse(model_file(R"({"type": "Unigram", "vocab": {"a": 0}})"), "[token, score]");
  refuse(model_file(R"({"type": "Unigram", "unk_id": 1, "vocab": [["a", 0]]})"), "/model/unk_id");
  refuse(model_file(R"({"type": "Unigram", "vocab": [["a"]]})"), "/model/vocab/0");
  refuse(model_file(R"({"type": "Unigram", "vocab": [["a", "b"]]})"), "/model/vocab/0");
  refuse(model_file(R"({"type": "WordLevel", "unk_token": "u", "vocab": {"a": 0}})"), "'u'");
  refuse(model_file(R"({"type": "BPE", "dropout": 2, "vocab": {}, "merges": []})"), "dropout");
  refuse(small_file("decoder", R"({"type": "Strip", "content": "ab", "start": 0, "stop": 0})"),
         "/decoder/content");
  refuse(small_file("normalizer", R"({"type": "Precompiled", "precompiled_charsmap": "?"})"),
         "base64");
  refuse(small_file("post_processor", R"({"type": "TemplateProcessing", "pair": [],
           "single": [{"SpecialToken": {"id": "x", "type_id": 0}}], "special_tokens": {}})"),
         "/post_processor/special_tokens");
}

TEST(TokenizerJson, NamesWhatItDoesNotKnow) {
  const auto unsupported = [](const std::string& file, const char* part) {
    expect_error(ErrorCode::kUnsupported, part, [&] { read_tokenizer_json(file); });
  };
  unsupported(small_file("normalizer", R"({"type": "Klingon"})"), "'Klingon'");
  unsupported(small_file("pre_tokenizer", R"({"type": "Klingon"})"), "'Klingon'");
  unsupported(small_file("post_processor", R"({"type": "Klingon"})"), "'Klingon'");
  unsupported(small_file("decoder", R"({"type": "Klingon"})"), "'Klingon'");
  unsupported(model_file(R"({"type": "Rwkv", "vocab": {}})"), "'Rwkv'");
  unsupported(R"({"version": "2.0", "model": {"vocab": {}, "merges": []}})", "'2.0'");
}

TEST(TokenizerJson, RefusesDeepNesting) {
  for (const char* const member : {"normalizer", "model", "padding"}) {
    const std::string deep = small_file(member, std::string(1'000'000, '['));
    expect_error(ErrorCode::kInvalidFile, "deep", [&] { read_tokenizer_json(deep); });
  }
  const std::string objects = small_file("decoder", [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "{\"decoders\": [";
    return text;
  }());
  expect_error(ErrorCode::kInvalidFile, "deep", [&] { read_tokenizer_json(objects); });
}

TEST(TokenizerJson, RefusesEveryCutFile) {
  const std::string file = small_file();
  test::expect_cut_files_refused(file, file.size(),
                                 [](std::string_view cut) { read_tokenizer_json(cut); });
}

TEST(TokenizerJson, SurvivesDamagedFiles) {
  test::read_damaged_files(small_file(), 20'000,
                           [](std::string_view file) { read_tokenizer_json(file); });
}

struct SharedFile {
  const char* name;
  size_t size, merges, added;
  ModelSpec::Kind kind;
};

class SharedTokenizerJson : public testing::TestWithParam<SharedFile> {};

TEST_P(SharedTokenizerJson, ReadsRealFiles) {
  const SharedFile& expected = GetParam();
  TOKRAIL_REQUIRE_SHARED_DATA(path, std::string("tokenizers/vocab/") + expected.name);
  const std::string bytes = test::read_bytes(path);
  const TokenizerSpec spec = read_tokenizer_json(bytes, expected.name);
  EXPECT_EQ(spec.vocabulary.size(), expected.size);
  EXPECT_EQ(spec.model.merges.size(), expected.merges);
  EXPECT_EQ(spec.added_tokens.size(), expected.added);
  EXPECT_EQ(spec.model.kind, expected.kind);
  test::expect_cut_files_refused(bytes, 60, [](std::string_view cut) { read_tokenizer_json(cut); });
}

INSTANTIATE_TEST_SUITE_P(
    Files, SharedTokenizerJson,
    testing::Values(SharedFile{"gpt2.json", 50257, 50000, 1, ModelSpec::Kind::kMergeBpe},
                    SharedFile{"gpt_neox.json", 50277, 50009, 25, ModelSpec::Kind::kMergeBpe},
                    SharedFile{"bert_base_cased.json", 28996, 0, 5, ModelSpec::Kind::kWordPiece},
                    SharedFile{"mistral01.json", 32000, 58980, 3, ModelSpec::Kind::kMergeBpe},
                    SharedFile{"xlnet_base_cased.json", 32000, 0, 9, ModelSpec::Kind::kUnigram}),
    [](const auto& file) {
      const std::string name = file.param.name;
      return name.substr(0, name.find('.'));
    });

TEST(TokenizerJson, FindsRolesInRealFiles) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, "tokenizers/vocab/bert_base_cased.json");
  const TokenizerSpec spec = read_tokenizer_json(test::read_bytes(path));
  EXPECT_EQ(spec.roles.unk, 100u);
  EXPECT_EQ(spec.roles.cls, 101u);
  EXPECT_EQ(spec.roles.sep, 102u);
  EXPECT_EQ(spec.roles.mask, 103u);
  EXPECT_EQ(spec.roles.pad, 0u);
}

}  // namespace
}  // namespace tokrail
