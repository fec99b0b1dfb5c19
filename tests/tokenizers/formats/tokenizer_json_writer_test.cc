#include <gtest/gtest.h>

#include <string>

#include "tests/support/json_lines.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tests/tokenizers/formats/spec_difference.h"
#include "tokenizers/formats/derive_merges.h"
#include "tokenizers/formats/tokenizer_json.h"

namespace tokrail {
namespace {

using test::spec_difference;

void expect_round_trip(const TokenizerSpec& spec) {
  const std::string text = write_tokenizer_json(spec);
  EXPECT_EQ(spec_difference(spec, read_tokenizer_json(text)), "");
  EXPECT_EQ(write_tokenizer_json(read_tokenizer_json(text)), text);
}

// One of everything the format has.
constexpr const char* kEveryStep = R"({
  "version": "1.0",
  "truncation": {"direction": "Right", "max_length": 9, "strategy": "OnlySecond", "stride": 1},
  "padding": {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": 8,
              "pad_id": 0, "pad_type_id": 1, "pad_token": "<unk>"},
  "added_tokens": [
    {"id": 0, "content": "<unk>", "single_word": false, "lstrip": false, "rstrip": false,
     "normalized": false, "special": true},
    {"id": 4, "content": "x\n\"\\\u0001", "single_word": true, "lstrip": true, "rstrip": true,
     "normalized": true, "special": false}],
  "normalizer": {"type": "Sequence", "normalizers": [
    {"type": "NFC"}, {"type": "NFD"}, {"type": "NFKC"}, {"type": "NFKD"}, {"type": "Lowercase"},
    {"type": "Strip", "strip_left": true, "strip_right": false}, {"type": "StripAccents"},
    {"type": "Replace", "pattern": {"String": "a"}, "content": "b"},
    {"type": "Prepend", "prepend": "_"}, {"type": "Nmt"}, {"type": "ByteLevel"},
    {"type": "Precompiled", "precompiled_charsmap": "AAECAw=="},
    {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false,
     "strip_accents": true, "lowercase": false}]},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
    {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
    {"type": "Split", "pattern": {"Regex": "\\s+"}, "behavior": "MergedWithNext", "invert": true},
    {"type": "Whitespace"}, {"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"},
    {"type": "Punctuation", "behavior": "Contiguous"}, {"type": "UnicodeScripts"},
    {"type": "Digits", "individual_digits": true}, {"type": "FixedLength", "length": 3},
    {"type": "CharDelimiterSplit", "delimiter": "|"},
    {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first", "split": false}]},
  "post_processor": {"type": "Sequence", "processors": [
    {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
    {"type": "BertProcessing", "sep": ["a", 1], "cls": ["b", 2]},
    {"type": "RobertaProcessing", "sep": ["a", 1], "cls": ["b", 2], "trim_offsets": false,
     "add_prefix_space": true},
    {"type": "TemplateProcessing",
     "single": [{"SpecialToken": {"id": "S", "type_id": 2}}, {"Sequence": {"id": "A", "type_id": 0}}],
     "pair": [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "R", "type_id": 0}}],
     "special_tokens": {"S": {"id": "S", "ids": [1, 2], "tokens": ["a", "b"]},
                        "R": {"id": "R", "ids": [0], "tokens": ["<unk>"]}}}]},
  "decoder": {"type": "Sequence", "decoders": [
    {"type": "BPEDecoder", "suffix": "</w>"}, {"type": "Fuse"}, {"type": "ByteFallback"},
    {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
    {"type": "WordPiece", "prefix": "##", "cleanup": false},
    {"type": "Metaspace", "replacement": "_", "prepend_scheme": "never", "split": true},
    {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": true},
    {"type": "Replace", "pattern": {"String": "_"}, "content": " "},
    {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
  "model": )";

TEST(TokenizerJsonWriter, RoundTripsEveryStep) {
  for (const std::string model :
       {R"({"type": "BPE", "dropout": 0.1, "unk_token": "<unk>", "fuse_unk": true,
            "end_of_word_suffix": "</w>", "ignore_merges": true, "byte_fallback": true,
            "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3}, "merges": [["a", "b"]]})",
        R"({"type": "Unigram", "unk_id": 0, "byte_fallback": false,
            "vocab": [["<unk>", 0.0], ["a", -2.5], ["b", -3.25e-9], ["a", -1]]})",
        R"({"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 7, "vocab": {"<unk>": 0, "a": 1, "b": 2, "##c": 3}})",
        R"({"type": "WordLevel", "unk_token": "<unk>",
            "vocab": {"<unk>": 0, "a": 1, "b": 2, "0xE9\u00e9": 3}})"}) {
    expect_round_trip(read_tokenizer_json(kEveryStep + model + "}"));
  }
}

TEST(TokenizerJsonWriter, RoundTripsHolesAndRefusesWhatGetsLost) {
  expect_round_trip(read_tokenizer_json(
      R"({"model": {"type": "BPE", "vocab": {"a": 3, "b": 9}, "merges": []}})"));
}

class SharedRoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(SharedRoundTrip, ReadsBackEqual) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, std::string("tokenizers/vocab/") + GetParam());
  expect_round_trip(read_tokenizer_json(test::read_bytes(path)));
}

INSTANTIATE_TEST_SUITE_P(Files, SharedRoundTrip,
                         testing::Values("gpt2.json", "gpt_neox.json", "bert_base_cased.json",
                                         "mistral01.json", "xlnet_base_cased.json"));

TokenizerSpec rank_spec(const std::vector<std::string>& tokens) {
  TokenizerSpec spec;
  spec.format = SourceFormat::kTiktoken;
  spec.model.kind = ModelSpec::Kind::kRankBpe;
  spec.model.raw_bytes = true;
  spec.special_text = SpecialTextDefault::kAsText;
  for (const std::string& token : tokens) spec.vocabulary.texts.push_back(token);
  spec.vocabulary.kinds.assign(tokens.size(), TokenKind::kNormal);
  return spec;
}

TEST(TokenizerJsonWriter, DerivesOneMergePerToken) {
  const TokenizerSpec spec = rank_spec({"a", "b", " ", "ab", " a", " ab", "aba", "bab"});
  const std::vector<Merge> merges = derive_merges(spec.vocabulary);
  ASSERT_EQ(merges.size(), 5u);
  EXPECT_EQ(merges[0].result, 3u);
  EXPECT_EQ(merges[2].left, 2u);  // " " + "ab": "ab" is the lower rank
  EXPECT_EQ(merges[2].right, 3u);
  EXPECT_EQ(merges[3].left, 3u);  // "ab" + "a"
  EXPECT_EQ(merges[4].left, 1u);  // "b" + "ab"
  EXPECT_EQ(merges[4].right, 3u);
}

TEST(TokenizerJsonWriter, WritesRanksAsMerges) {
  TokenizerSpec spec = rank_spec({"a", " ", "\xC3", "\xA9", "\xC3\xA9", " a"});
  PreTokenizerStep split;
  split.kind = PreTokenizerStep::Kind::kSplit;
  split.pattern = {R"(\S+|\s+)", true};
  split.invert = true;
  spec.pre_tokenizers.push_back(split);
  EXPECT_TRUE(tokenizer_json_cannot_express(spec).empty());
  const TokenizerSpec read = read_tokenizer_json(write_tokenizer_json(spec));
  EXPECT_EQ(read.model.kind, ModelSpec::Kind::kMergeBpe);
  EXPECT_TRUE(read.model.ignore_merges);
  EXPECT_EQ(read.vocabulary.texts[1], "\u0120");
  EXPECT_EQ(read.vocabulary.texts[4], "\u00C3\u00A9");
  EXPECT_EQ(read.model.merges.size(), 2u);
  ASSERT_EQ(read.pre_tokenizers.size(), 2u);
  EXPECT_FALSE(read.pre_tokenizers[1].use_regex);
  EXPECT_EQ(read.decoders.size(), 1u);
}

TEST(TokenizerJsonWriter, RefusesByName) {
  TokenizerSpec spec = rank_spec({"a"});
  spec.model.kind = ModelSpec::Kind::kScoreBpe;
  spec.normalizers.emplace_back().kind = NormalizerStep::Kind::kSentencePiece;
  EXPECT_EQ(tokenizer_json_cannot_express(spec).size(), 2u);
  test::expect_error(ErrorCode::kUnsupported, "sentencepiece", [&] { write_tokenizer_json(spec); });

  TokenizerSpec llama = rank_spec({"a"});
  llama.format = SourceFormat::kGguf;
  EXPECT_TRUE(tokenizer_json_cannot_express(llama).empty());
  llama.decoders.emplace_back().kind = DecoderStep::Kind::kWordPiece;
  test::expect_error(ErrorCode::kUnsupported, "clean-up", [&] { write_tokenizer_json(llama); });

  TokenizerSpec same = rank_spec({"a", "b"});
  same.model.kind = ModelSpec::Kind::kMergeBpe;
  same.model.raw_bytes = false;
  same.vocabulary.texts = ByteStrings();
  same.vocabulary.texts.push_back("x");
  same.vocabulary.texts.push_back("x");
  test::expect_error(ErrorCode::kUnsupported, "same text 'x'", [&] { write_tokenizer_json(same); });
}

}  // namespace
}  // namespace tokrail
