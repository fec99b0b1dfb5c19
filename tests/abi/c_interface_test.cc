// The C interface as C++ programs may misuse it: functions that throw, sizes that are wrong,
// handles freed in any order; and a loop of one's own held against tokrail_generate.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bindings/c/tokrail.h"

namespace {

constexpr size_t kVocab = 8192;

tokrail_tokenizer* load_tokenizer() {
  const std::string path =
      std::string(TOKRAIL_SOURCE_ROOT) + "/data/tokenizers/english-code-8k.json";
  tokrail_tokenizer* tokenizer = nullptr;
  EXPECT_EQ(tokrail_tokenizer_load(path.data(), path.size(), nullptr, &tokenizer, nullptr), 0);
  return tokenizer;
}

struct Message {
  tokrail_status status;
  std::string text;
};
Message take(tokrail_status status, tokrail_error* error) {
  Message message{status, tokrail_error_message(error, nullptr)};
  tokrail_error_free(error);
  return message;
}

int32_t flat(void*, const tokrail_ids* contexts, size_t count, float* rows, size_t vocab) {
  for (size_t i = 0; i < count; ++i) {
    for (size_t id = 0; id < vocab; ++id) {
      rows[i * vocab + id] =
          static_cast<float>((id * 40503 + contexts[i].count * 9973) % 1021) / 256;
    }
  }
  return 0;
}
int32_t throwing(void*, const tokrail_ids*, size_t, float*, size_t) {
  throw std::runtime_error("the weights are gone");
}
int32_t throwing_number(void*, const tokrail_ids*, size_t, float*, size_t) {
  throw 7;
}
int32_t no_numbers(void*, const tokrail_ids*, size_t count, float* rows, size_t vocab) {
  std::fill_n(rows, count * vocab, std::numeric_limits<float>::quiet_NaN());
  return 0;
}

class CInterface : public testing::Test {
 protected:
  void SetUp() override {
    tokenizer_ = load_tokenizer();
    ASSERT_EQ(tokrail_mask_tables_new(tokenizer_, 0, &tables_, nullptr), 0);
    const std::string pattern = "[a-z]{2,8}( [a-z]{2,8}){2}";
    ASSERT_EQ(tokrail_grammar_from_regex(tables_, pattern.data(), pattern.size(), nullptr, nullptr,
                                         &grammar_, nullptr),
              0);
    options_.grammar = grammar_;
    options_.seed = 3;
    options_.max_tokens = 30;
  }
  void TearDown() override {
    tokrail_grammar_free(grammar_);
    tokrail_mask_tables_free(tables_);
    tokrail_tokenizer_free(tokenizer_);
  }

  tokrail_source* source(tokrail_logits_function function) {
    tokrail_source* made = nullptr;
    EXPECT_EQ(tokrail_source_from_function(kVocab, function, nullptr, nullptr, &made, nullptr), 0);
    return made;
  }
  /// Status and error of the one output.
  Message run(tokrail_logits_function function) {
    tokrail_source* from = source(function);
    tokrail_outputs* outputs = nullptr;
    EXPECT_EQ(tokrail_generate(from, tokenizer_, "a", 1, &options_, &outputs, nullptr), 0);
    Message message{tokrail_outputs_status(outputs, 0), tokrail_outputs_error(outputs, 0, nullptr)};
    tokrail_outputs_free(outputs);
    tokrail_source_free(from);
    return message;
  }

  tokrail_tokenizer* tokenizer_ = nullptr;
  tokrail_mask_tables* tables_ = nullptr;
  tokrail_grammar* grammar_ = nullptr;
  tokrail_generate_options options_ = TOKRAIL_GENERATE_OPTIONS_INIT;
};

TEST_F(CInterface, WhatALogitsFunctionThrowsIsTheErrorOfTheOutput) {
  EXPECT_EQ(run(flat).status, TOKRAIL_GENERATION_COMPLETE);
  const Message message = run(throwing);
  EXPECT_EQ(message.status, TOKRAIL_GENERATION_ERROR);
  EXPECT_NE(message.text.find("the weights are gone"), std::string::npos);
  EXPECT_EQ(run(throwing_number).status, TOKRAIL_GENERATION_ERROR);
  EXPECT_EQ(run(no_numbers).status, TOKRAIL_GENERATION_ERROR);
}

TEST_F(CInterface, OtherFunctionsThatThrowFailTheCall) {
  tokrail_source* from = source(flat);
  tokrail_outputs* outputs = nullptr;
  tokrail_error* error = nullptr;
  options_.on_text = [](void*, const char*, size_t) { throw std::runtime_error("no"); };
  tokrail_status status = tokrail_generate(from, tokenizer_, "a", 1, &options_, &outputs, &error);
  EXPECT_EQ(take(status, error).status, TOKRAIL_CALLBACK_FAILED);
  EXPECT_EQ(outputs, nullptr);
  options_.on_text = nullptr;
  options_.critic = [](void*, const tokrail_bytes*, const uint8_t*, size_t, double*) -> int32_t {
    throw std::runtime_error("no opinion");
  };
  tokrail_posterior* posterior = nullptr;
  status = tokrail_generate_posterior(from, tokenizer_, "a", 1, &options_, &posterior, &error);
  EXPECT_EQ(status, TOKRAIL_OK);
  EXPECT_EQ(tokrail_posterior_status(posterior, 0), TOKRAIL_GENERATION_ERROR);
  tokrail_posterior_free(posterior);
  tokrail_source_free(from);

  tokrail_lark_options lark = TOKRAIL_LARK_OPTIONS_INIT;
  lark.loader = [](void*, const char*, size_t, const char**, size_t*) -> int32_t { throw 1; };
  tokrail_grammar* grammar = nullptr;
  status = tokrail_grammar_from_lark(tables_, "start: @a", 9, &lark, nullptr, &grammar, &error);
  EXPECT_EQ(take(status, error).status, TOKRAIL_CALLBACK_FAILED);
}

TEST_F(CInterface, ALoopOfOnesOwnDrawsWhatGenerateDraws) {
  tokrail_sampling_options sampling = TOKRAIL_SAMPLING_OPTIONS_INIT;
  sampling.temperature = 0.7f;
  options_.sampling = &sampling;
  options_.mode = TOKRAIL_MODE_MASK;
  tokrail_source* from = source(flat);
  tokrail_outputs* outputs = nullptr;
  const uint32_t prompt = 64;
  ASSERT_EQ(tokrail_generate_from_ids(from, tokenizer_, &prompt, 1, &options_, &outputs, nullptr),
            0);
  size_t count = 0;
  const uint32_t* ids = tokrail_outputs_ids(outputs, 0, &count);
  const std::vector<uint32_t> expected(ids, ids + count);
  tokrail_outputs_free(outputs);
  tokrail_source_free(from);

  tokrail_matcher* matcher = nullptr;
  tokrail_sampler* sampler = nullptr;
  ASSERT_EQ(tokrail_matcher_new(grammar_, &matcher, nullptr), 0);
  ASSERT_EQ(tokrail_sampler_new(&sampling, &sampler, nullptr), 0);
  std::vector<uint32_t> all{prompt}, mask(tokrail_mask_words(kVocab));
  std::vector<float> row(kVocab);
  while (!tokrail_matcher_is_finished(matcher) && !tokrail_matcher_is_ended(matcher)) {
    const tokrail_ids context{all.data(), all.size()};
    flat(nullptr, &context, 1, row.data(), kVocab);
    ASSERT_EQ(tokrail_matcher_fill_mask(matcher, mask.data(), mask.size(), 0, nullptr), 0);
    tokrail_sampler_row request = TOKRAIL_SAMPLER_ROW_INIT;
    request.logits = row.data();
    request.vocab = kVocab;
    request.mask = mask.data();
    request.prompt = {all.data(), 1};
    request.output = {all.data() + 1, all.size() - 1};
    request.seed = options_.seed;
    tokrail_row_result drawn;
    ASSERT_EQ(tokrail_sampler_sample(sampler, &request, &drawn, nullptr), 0);
    ASSERT_EQ(tokrail_matcher_accept(matcher, drawn.id), 0);
    tokrail_sampler_accept(sampler, drawn.id);
    all.push_back(drawn.id);
  }
  EXPECT_EQ(std::vector<uint32_t>(all.begin() + 1, all.end()), expected);
  tokrail_sampler_free(sampler);
  tokrail_matcher_free(matcher);
}

TEST_F(CInterface, HandlesMayBeFreedInAnyOrder) {
  tokrail_tokenizer* tokenizer = load_tokenizer();
  tokrail_mask_tables* tables = nullptr;
  tokrail_grammar* grammar = nullptr;
  tokrail_matcher* matcher = nullptr;
  tokrail_stream_decoder* stream = nullptr;
  ASSERT_EQ(tokrail_mask_tables_new(tokenizer, 1 << 20, &tables, nullptr), 0);
  ASSERT_EQ(tokrail_stream_decoder_new(tokenizer, nullptr, &stream, nullptr), 0);
  tokrail_tokenizer_free(tokenizer);
  ASSERT_EQ(tokrail_grammar_from_gbnf(tables, "root ::= \"ab\"", 13, nullptr, &grammar, nullptr),
            0);
  tokrail_mask_tables_free(tables);
  ASSERT_EQ(tokrail_matcher_new(grammar, &matcher, nullptr), 0);
  tokrail_grammar_free(grammar);
  std::vector<uint32_t> mask(tokrail_mask_words(kVocab));
  EXPECT_EQ(tokrail_matcher_fill_mask(matcher, mask.data(), mask.size(), 0, nullptr), 0);
  size_t count = 0;
  EXPECT_EQ(tokrail_matcher_forced_tokens(matcher, 0, nullptr, 0, &count, nullptr), 0);
  tokrail_matcher_free(matcher);
  EXPECT_NE(tokrail_stream_decoder_push(stream, 64, nullptr), nullptr);
  tokrail_stream_decoder_free(stream);
}

TEST_F(CInterface, StructuresOfAnotherSizeAreRefused) {
  const auto refused = [&](uint32_t right, auto&& call) {
    for (const uint32_t size : {0u, 1u, 4u, right - 1, right + 1, 0xFFFFFFFFu}) {
      EXPECT_EQ(call(size), TOKRAIL_INVALID_ARGUMENT) << size << " of " << right;
    }
    EXPECT_EQ(call(right), TOKRAIL_OK);
  };
  size_t count = 0;
  refused(sizeof(tokrail_encode_options), [&](uint32_t size) {
    tokrail_encode_options options{};
    options.struct_size = size;
    return tokrail_tokenizer_encode(tokenizer_, "a", 1, &options, nullptr, 0, &count, nullptr);
  });
  refused(sizeof(tokrail_compile_options), [&](uint32_t size) {
    tokrail_compile_options options{};
    options.struct_size = size;
    tokrail_grammar* grammar = nullptr;
    const tokrail_status status =
        tokrail_grammar_from_gbnf(tables_, "root ::= \"a\"", 12, &options, &grammar, nullptr);
    tokrail_grammar_free(grammar);
    return status;
  });
  refused(sizeof(tokrail_sampling_options), [&](uint32_t size) {
    tokrail_sampling_options options{};
    options.struct_size = size;
    tokrail_sampler* sampler = nullptr;
    const tokrail_status status = tokrail_sampler_new(&options, &sampler, nullptr);
    tokrail_sampler_free(sampler);
    return status;
  });
  tokrail_source* from = source(flat);
  refused(sizeof(tokrail_generate_options), [&](uint32_t size) {
    options_.struct_size = size;
    tokrail_outputs* outputs = nullptr;
    const tokrail_status status =
        tokrail_generate(from, tokenizer_, "a", 1, &options_, &outputs, nullptr);
    tokrail_outputs_free(outputs);
    return status;
  });
  tokrail_source_free(from);
}

TEST_F(CInterface, GrammarsOfAnotherTokenizerAreRefused) {
  const std::string path =
      std::string(TOKRAIL_SOURCE_ROOT) + "/data/tokenizers/multilingual-32k.json";
  tokrail_tokenizer* other = nullptr;
  ASSERT_EQ(tokrail_tokenizer_load(path.data(), path.size(), nullptr, &other, nullptr), 0);
  tokrail_source* from = nullptr;
  ASSERT_EQ(tokrail_source_from_function(tokrail_tokenizer_vocab_size(other), flat, nullptr,
                                         nullptr, &from, nullptr),
            0);
  tokrail_outputs* outputs = nullptr;
  tokrail_error* error = nullptr;
  const tokrail_status status = tokrail_generate(from, other, "a", 1, &options_, &outputs, &error);
  const Message message = take(status, error);
  EXPECT_EQ(message.status, TOKRAIL_INVALID_ARGUMENT);
  EXPECT_NE(message.text.find("another tokenizer"), std::string::npos) << message.text;
  tokrail_source_free(from);
  tokrail_tokenizer_free(other);
}

// A hybrid vocabulary: what a token spells depends on what stands before it.
TEST_F(CInterface, HybridTokenizersReturnTextAndMatchersGoOnBehindPrompts) {
  const std::string path =
      std::string(TOKRAIL_SOURCE_ROOT) + "/data/tokenizers/turkish-hybrid-32k.tkz";
  tokrail_tokenizer* hybrid = nullptr;
  ASSERT_EQ(tokrail_tokenizer_load(path.data(), path.size(), nullptr, &hybrid, nullptr), 0);
  const auto encode = [&](std::string_view text) {
    std::vector<uint32_t> ids(4 * text.size() + 4);
    size_t count = 0;
    EXPECT_EQ(tokrail_tokenizer_encode(hybrid, text.data(), text.size(), nullptr, ids.data(),
                                       ids.size(), &count, nullptr),
              0);
    ids.resize(count);
    return ids;
  };
  const std::string text = "İSTANBUL'DAKİLER kitabımı 1990'da okudu.\n";
  const std::vector<uint32_t> ids = encode(text);
  tokrail_stream_decoder* stream = nullptr;
  ASSERT_EQ(tokrail_stream_decoder_new(hybrid, nullptr, &stream, nullptr), 0);
  std::string streamed;
  size_t length = 0;
  for (const uint32_t id : ids) {
    const char* const piece = tokrail_stream_decoder_push(stream, id, &length);
    streamed.append(piece, length);
  }
  const char* const rest = tokrail_stream_decoder_finish(stream, &length);
  EXPECT_EQ(streamed.append(rest, length), text);
  tokrail_stream_decoder_free(stream);

  tokrail_mask_tables* tables = nullptr;
  tokrail_grammar* grammar = nullptr;
  ASSERT_EQ(tokrail_mask_tables_new(hybrid, 0, &tables, nullptr), 0);
  ASSERT_EQ(tokrail_grammar_from_gbnf(tables, "root ::= \"ev\"", 13, nullptr, &grammar, nullptr),
            0);
  // "ev" is one token at the start of a text, and " ev" inside of one.
  const std::vector<uint32_t> house = encode("ev");
  ASSERT_EQ(house.size(), 1u);
  tokrail_matcher *start = nullptr, *inside = nullptr, *none = nullptr;
  ASSERT_EQ(tokrail_matcher_new_behind(grammar, nullptr, 0, &start, nullptr), 0);
  ASSERT_EQ(tokrail_matcher_new_behind(grammar, house.data(), 1, &inside, nullptr), 0);
  EXPECT_TRUE(tokrail_matcher_allows(start, house[0]));
  EXPECT_FALSE(tokrail_matcher_allows(inside, house[0]));
  const uint32_t beyond = 1u << 30;
  EXPECT_EQ(tokrail_matcher_new_behind(grammar, &beyond, 1, &none, nullptr),
            TOKRAIL_INVALID_ARGUMENT);
  EXPECT_EQ(none, nullptr);
  tokrail_matcher_free(start);
  tokrail_matcher_free(inside);
  tokrail_grammar_free(grammar);
  tokrail_mask_tables_free(tables);
  tokrail_tokenizer_free(hybrid);
}

TEST_F(CInterface, GrammarsBeginBehindAMarker) {
  for (const std::string marker : {"</think>", "<|endoftext|>"}) {
    const bool is_text = marker == "</think>";
    tokrail_compile_options compile = TOKRAIL_COMPILE_OPTIONS_INIT;
    compile.begin_behind = {marker.data(), marker.size()};
    tokrail_grammar* grammar = nullptr;
    tokrail_matcher* matcher = nullptr;
    ASSERT_EQ(
        tokrail_grammar_from_gbnf(tables_, "root ::= \"ab\"", 13, &compile, &grammar, nullptr), 0);
    ASSERT_EQ(tokrail_matcher_new(grammar, &matcher, nullptr), 0);
    // Before a token there are tokens; before a text there is text.
    EXPECT_EQ(is_text ? tokrail_matcher_accept_bytes(matcher, "hm, x.", 6)
                      : tokrail_matcher_accept(matcher, 64),
              TOKRAIL_OK);
    EXPECT_FALSE(tokrail_matcher_is_complete(matcher));
    if (is_text) {
      EXPECT_EQ(tokrail_matcher_accept_bytes(matcher, marker.data(), marker.size()), TOKRAIL_OK);
    } else {
      EXPECT_EQ(tokrail_matcher_accept(matcher, tokrail_tokenizer_find_piece(
                                                    tokenizer_, marker.data(), marker.size())),
                TOKRAIL_OK);
    }
    EXPECT_EQ(tokrail_matcher_accept_bytes(matcher, "x", 1), TOKRAIL_TOKEN_REFUSED);
    EXPECT_EQ(tokrail_matcher_accept_bytes(matcher, "ab", 2), TOKRAIL_OK);
    EXPECT_TRUE(tokrail_matcher_is_complete(matcher));
    tokrail_matcher_free(matcher);
    tokrail_grammar_free(grammar);
  }
}

TEST_F(CInterface, RowsThatMakeNoSenseAreFlagsAndNoCrash) {
  std::vector<float> row(kVocab, -std::numeric_limits<float>::infinity());
  tokrail_sampling_options options = TOKRAIL_SAMPLING_OPTIONS_INIT;
  options.repetition_penalty = 1.5f;
  options.presence_penalty = 0.5f;
  options.no_repeat_ngram = 2;
  options.dry_multiplier = 1;
  tokrail_sampler* sampler = nullptr;
  ASSERT_EQ(tokrail_sampler_new(&options, &sampler, nullptr), 0);
  const std::vector<uint32_t> strange = {5, 0xFFFFFFFF, 5, kVocab, 5, 0x80000000, 5};
  tokrail_sampler_row request = TOKRAIL_SAMPLER_ROW_INIT;
  request.logits = row.data();
  request.vocab = kVocab;
  request.prompt = {strange.data(), strange.size()};
  request.output = request.prompt;
  tokrail_row_result result;
  ASSERT_EQ(tokrail_sampler_sample(sampler, &request, &result, nullptr), 0);
  EXPECT_EQ(result.id, TOKRAIL_NO_TOKEN);
  EXPECT_NE(result.flags & TOKRAIL_ROW_NOTHING_ALLOWED, 0u);
  row[9] = std::nanf("");
  row[11] = 1;
  ASSERT_EQ(tokrail_sampler_sample(sampler, &request, &result, nullptr), 0);
  EXPECT_EQ(result.id, 11u);
  tokrail_sampler_accept(sampler, 0xFFFFFFFF);
  tokrail_sampler_free(sampler);
}

TEST_F(CInterface, WhatIsImmutableServesManyThreads) {
  std::vector<std::thread> threads;
  std::vector<size_t> sums(4);
  for (size_t t = 0; t < sums.size(); ++t) {
    threads.emplace_back([&, t] {
      tokrail_matcher* matcher = nullptr;
      std::vector<uint32_t> mask(tokrail_mask_words(kVocab));
      for (int i = 0; i < 20; ++i) {
        if (tokrail_matcher_new(grammar_, &matcher, nullptr) != 0) return;
        tokrail_matcher_accept_bytes(matcher, "abc", 3);
        tokrail_matcher_fill_mask(matcher, mask.data(), mask.size(), 0, nullptr);
        for (const uint32_t word : mask) sums[t] += static_cast<size_t>(__builtin_popcount(word));
        tokrail_matcher_free(matcher);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(sums[0], 0u);
  for (const size_t sum : sums) EXPECT_EQ(sum, sums[0]);
}

}  // namespace
