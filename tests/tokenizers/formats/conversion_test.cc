// What a writer wrote, read again, tokenises as before.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/formats/expect_error.h"
#include "tests/tokenizers/hybrid_specs.h"
#include "tokenizers/formats/load.h"
#include "tokenizers/formats/tiktoken.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

class Conversion : public testing::TestWithParam<const char*> {};

TEST_P(Conversion, TokenizerJsonGivesTheSameIds) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, std::string("tokenizers/vocab/") + GetParam());
  const TokenizerSpec spec = load_spec(path.string());
  const Tokenizer before = Tokenizer::from_spec(spec);
  const Tokenizer after = Tokenizer::from_spec(read_tokenizer_json(write_tokenizer_json(spec)));
  // tokenizer.json matches special tokens by default, rank files do not.
  EncodeOptions options;
  options.special_text = SpecialText::as_text();
  test::check_texts(GetParam(), 1500, [&](const std::string& text) {
    return before.encode(text, options) == after.encode(text, options);
  });
}

INSTANTIATE_TEST_SUITE_P(Files, Conversion,
                         testing::Values("cl100k_base.tiktoken", "o200k_base.tiktoken", "gpt2.json",
                                         "gpt_neox.json", "bert_base_cased.json", "mistral01.json",
                                         "xlnet_base_cased.json"));

/// Its spelling depends on what stands before, and there are no merges.
TEST(HybridConversion, IsRefusedWithTheReason) {
  test::Random random(test::property_seed());
  const TokenizerSpec spec = test::hybrid_spec(test::compile_pack(test::kToyTurkish), random);
  test::expect_error(ErrorCode::kUnsupported, "tokenizer.json cannot express: a hybrid tokenizer",
                     [&] { write_tokenizer_json(spec); });
  test::expect_error(ErrorCode::kUnsupported, "a rank file cannot express a hybrid tokenizer",
                     [&] { write_tiktoken(spec); });
  EXPECT_EQ(tokenizer_json_cannot_express(spec).size(), 1u);
  EXPECT_EQ(tiktoken_cannot_express(spec).size(), 1u);
}

}  // namespace
}  // namespace tokrail
