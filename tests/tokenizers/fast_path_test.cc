// The fast encoders, for ids and for tokens with spans, against the pipeline step by step in its
// reference form: general models, the byte-level alphabet as the file says, no cache, no cuts.
// Texts are kept going until the bytes asked for are compared (TOKRAIL_PROPERTY_BYTES, else one
// million for each model).
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "tests/support/property.h"
#include "tests/support/shared_data.h"
#include "tests/tokenizers/fast_path_specs.h"
#include "tokenizers/engine/tokenizer_engine.h"
#include "tokenizers/tokenizer.h"

namespace tokrail {
namespace {

size_t bytes_to_compare() {
  const char* wanted = std::getenv("TOKRAIL_PROPERTY_BYTES");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 1'000'000;
}

std::vector<TokenId> ids_of(const std::vector<PipelineToken>& tokens) {
  std::vector<TokenId> ids;
  ids.reserve(tokens.size());
  for (const PipelineToken& token : tokens) ids.push_back(token.id);
  return ids;
}

void compare_with_reference(const Tokenizer& tokenizer, const std::string& own_text,
                            size_t bytes = bytes_to_compare()) {
  const TextPipeline reference = tokenizer.engine().reference_pipeline();
  const SpecialText& policy = tokenizer.engine().default_special_text();
  EncodeOptions plain;
  plain.add_special_tokens = false;
  size_t compared = 0;
  const auto same = [&](const std::string& text) {
    compared += text.size();
    const std::vector<TokenId> ids = tokenizer.encode(text, plain);
    std::vector<PipelineToken> expected, tokens;
    reference.encode(text, policy, expected);
    if (ids != ids_of(expected)) return false;
    TokenVectorSink sink(tokens);
    tokenizer.engine().encode(text, policy, sink);
    if (tokens != expected) return false;  // ids, words and spans
    if (tokenizer.encode_with_offsets(text, plain).ids != ids) return false;
    return tokenizer.count(text, plain) == ids.size();
  };
  while (compared < bytes) {
    if (!test::check_texts("fast path equals the reference", 200, same)) return;
    const auto mixed = [&](test::Random& random, size_t size) {
      // Real text with random text in it, so that words repeat and the cache is used.
      std::string text;
      while (text.size() < size * 4) {
        const size_t at = random() % own_text.size();
        text += own_text.substr(at, 1 + random() % 60);
        if (random() % 3 == 0) text += test::random_text(random, 8);
      }
      return text;
    };
    if (!test::check_texts("fast path equals the reference on real words", 200, same, mixed)) {
      return;
    }
  }
}

std::string own_texts() {
  std::string text;
  for (const char* language : {"en", "de", "tr", "ru", "el", "ar", "ja", "zh"}) {
    text += read_file(
        test::source_path("data/texts/railways." + std::string(language) + ".txt").string());
  }
  return text +
         read_file(test::source_path("tokenizers/pretokenization/splitter_simd.cc").string());
}

/// Several tokenizers share what one has elsewhere.
void compare_small(TokenizerSpec spec, const std::string& own_text) {
  const Tokenizer tokenizer = Tokenizer::from_spec(std::move(spec));
  EXPECT_TRUE(tokenizer.properties().fast_path);
  compare_with_reference(tokenizer, own_text, bytes_to_compare() / 2);
}

class OwnTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(OwnTokenizer, FastPathEqualsReference) {
  const auto path = test::source_path(std::string("data/tokenizers/") + GetParam());
  compare_with_reference(Tokenizer::load(path.string()), own_texts());
}

INSTANTIATE_TEST_SUITE_P(All, OwnTokenizer,
                         testing::Values("english-code-8k.json", "multilingual-32k.json"),
                         [](const auto& parameter) {
                           return "n" + std::to_string(parameter.index);
                         });

TEST(SmallTokenizer, BertFastPathEqualsReference) {
  const std::string text = own_texts();
  for (const bool uncased : {false, true}) {
    for (const bool spaces_out : {false, true}) {
      SCOPED_TRACE(testing::Message() << "uncased " << uncased << ", ideographs " << spaces_out);
      compare_small(test::small_bert(text, uncased, spaces_out), text);
    }
  }
}

TEST(SmallTokenizer, UnigramFastPathEqualsReference) {
  const std::string text = own_texts();
  for (const bool splits : {false, true}) {
    SCOPED_TRACE(testing::Message() << "splits at white space " << splits);
    compare_small(test::small_unigram(text, splits), text);
  }
}

TEST(SmallTokenizer, MergesFastPathEqualsReference) {
  const std::string text = own_texts();
  for (const PrependScheme scheme :
       {PrependScheme::kFirst, PrependScheme::kNever, PrependScheme::kAlways}) {
    for (const bool split : {false, true}) {
      for (const bool bytes : {false, true}) {
        SCOPED_TRACE(testing::Message() << "scheme " << static_cast<int>(scheme) << ", split "
                                        << split << ", bytes " << bytes);
        compare_small(test::small_merges(text, scheme, split, bytes), text);
      }
    }
  }
}

class SharedTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(SharedTokenizer, FastPathEqualsReference) {
  TOKRAIL_REQUIRE_SHARED_DATA(path, std::string("tokenizers/") + GetParam());
  compare_with_reference(Tokenizer::load(path.string()), own_texts());
}

INSTANTIATE_TEST_SUITE_P(
    All, SharedTokenizer,
    testing::Values("vocab/cl100k_base.tiktoken", "vocab/o200k_base.tiktoken", "vocab/gpt2.json",
                    "vocab/gpt_neox.json", "vocab/bert_base_cased.json",
                    "vocab/xlnet_base_cased.json", "vocab/mistral01.json", "vocab/mistral01.model",
                    "vocab/xlnet_base_cased.model", "gguf/ggml-vocab-gpt-2.gguf",
                    "gguf/ggml-vocab-falcon.gguf", "gguf/ggml-vocab-bert-bge.gguf"),
    [](const auto& parameter) { return "n" + std::to_string(parameter.index); });

}  // namespace
}  // namespace tokrail
