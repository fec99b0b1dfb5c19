// What a writer wrote, read again, tokenises as before.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/property.h"
#include "tests/support/shared_data.h"
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

}  // namespace
}  // namespace tokrail
