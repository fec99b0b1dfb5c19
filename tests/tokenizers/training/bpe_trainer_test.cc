#include "tokenizers/training/bpe_trainer.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "tests/oracle/slow_bpe.h"
#include "tests/support/property.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/formats/tokenizer_json.h"
#include "tokenizers/tokenizer.h"
#include "tokenizers/training/piece_splitter.h"

namespace tokrail {
namespace {

std::vector<std::string> corpus() {
  test::Random random(21);
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) texts.push_back(test::random_text(random, 400));
  for (int i = 0; i < 50; ++i) {
    texts.push_back(
        "The newest lowest widest tokens of 2024, 12345 and 678: don't they'll we've\n");
  }
  return texts;
}

BpeTraining train(const BpeTrainerOptions& options,
                  const std::vector<std::string>& texts = corpus()) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  auto source = texts_in_memory(views);
  return train_bpe(*source, options);
}

BpeTrainerOptions small(size_t vocab_size = 1000) {
  BpeTrainerOptions options;
  options.vocab_size = vocab_size;
  return options;
}

ErrorCode code_of(const BpeTrainerOptions& options) {
  try {
    train(options);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode{};
}

std::string bytes_of(const TokenizerSpec& spec, TokenId id) {
  std::string bytes;
  EXPECT_TRUE(append_alphabet_bytes(spec.vocabulary.texts[id], bytes));
  return bytes;
}

std::vector<std::string> texts_of(const TokenizerSpec& spec) {
  std::vector<std::string> texts;
  for (size_t id = 0; id < spec.vocabulary.size(); ++id) {
    texts.emplace_back(spec.vocabulary.texts[id]);
  }
  return texts;
}

/// tiktoken's rule: of all neighbours whose concatenation is a token, the lowest id, leftmost.
std::vector<TokenId> encode_by_rank(const std::map<std::string, TokenId>& ids,
                                    const std::string& piece) {
  std::vector<std::string> parts;
  for (const char c : piece) parts.push_back(std::string(1, c));
  while (true) {
    size_t best = parts.size();
    TokenId best_id = kNoToken;
    for (size_t i = 0; i + 1 < parts.size(); ++i) {
      const auto found = ids.find(parts[i] + parts[i + 1]);
      if (found != ids.end() && found->second < best_id) {
        best = i;
        best_id = found->second;
      }
    }
    if (best == parts.size()) break;
    parts[best] += parts[best + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  std::vector<TokenId> result;
  for (const std::string& part : parts) result.push_back(ids.at(part));
  return result;
}

std::vector<TokenId> encode_by_merges(const TokenizerSpec& spec, const std::string& piece) {
  std::string text;
  for (const char c : piece) append_utf8(byte_to_alphabet(static_cast<uint8_t>(c)), text);
  std::vector<TokenId> ids;
  for (const ModelToken& token : test::slow_merge_bpe(spec.vocabulary, spec.model, text)) {
    ids.push_back(token.id);
  }
  return ids;
}

TEST(BpeTrainer, MergesAndRanksGiveTheSameIds) {
  for (const bool likelihood : {false, true}) {
    BpeTrainerOptions options = small();
    if (likelihood) options.objective = BpeObjective::kLikelihood;
    const TokenizerSpec spec = train(options).spec;
    std::map<std::string, TokenId> ids;
    for (TokenId id = 0; id < spec.vocabulary.size(); ++id) ids[bytes_of(spec, id)] = id;
    EXPECT_EQ(ids.size(), spec.vocabulary.size());
    test::check_texts("ids by merges and by ranks", 400, [&](const std::string& text) {
      return encode_by_merges(spec, text) == encode_by_rank(ids, text);
    });
    // Every token is reached from its own bytes.
    for (const auto& [bytes, id] : ids) {
      EXPECT_EQ(encode_by_merges(spec, bytes), std::vector<TokenId>{id});
    }
  }
}

TEST(BpeTrainer, TheSpecIsATokenizerThatCutsAsTheTrainingDid) {
  BpeTrainerOptions options = small();
  options.special_tokens = {"<|endoftext|>"};
  options.eos_token = "<|endoftext|>";
  EncodeOptions as_text;
  as_text.special_text = SpecialText::as_text();
  for (const char* pattern : {"cl100k", "o200k", "gpt2", R"(\w+|\s+)"}) {
    options.pattern = pattern;
    const TokenizerSpec spec = train(options).spec;
    const auto splitter = split_by_regex(split_pattern(pattern, options.digits));
    // The file format hands over what the training decided.
    const Tokenizer tokenizer =
        Tokenizer::from_spec(read_tokenizer_json(write_tokenizer_json(spec), pattern));
    EXPECT_EQ(tokenizer.size(), spec.vocabulary.size());
    EXPECT_EQ(tokenizer.encode("<|endoftext|>"), spec.roles.eos);
    test::check_texts("ids of a trained tokenizer", 200, [&](const std::string& text) {
      std::vector<TokenId> expected;
      std::vector<uint32_t> ends;
      splitter->split(text, ends);
      uint32_t begin = 0;
      for (const uint32_t end : ends) {
        const auto ids = encode_by_merges(spec, text.substr(begin, end - begin));
        expected.insert(expected.end(), ids.begin(), ids.end());
        begin = end;
      }
      const auto ids = tokenizer.encode(text, as_text);
      return ids == expected && tokenizer.decode_bytes(ids) == text;
    });
  }
}

TEST(BpeTrainer, IdsFollowTheLayoutOfTheHeader) {
  BpeTrainerOptions options = small(600);
  options.special_tokens = {"<|endoftext|>", "<|pad|>"};
  options.eos_token = "<|endoftext|>";
  options.pad_token = "<|pad|>";
  for (const bool first : {false, true}) {
    options.special_tokens_first = first;
    const BpeTraining trained = train(options);
    const TokenizerSpec& spec = trained.spec;
    ASSERT_EQ(spec.vocabulary.size(), 600u);
    EXPECT_EQ(trained.stop_reason, BpeStopReason::kVocabularyFull);
    const TokenId special = first ? 0 : 598, bytes = first ? 2 : 0;
    EXPECT_EQ(spec.vocabulary.texts[special], "<|endoftext|>");
    EXPECT_EQ(spec.vocabulary.kinds[special], TokenKind::kControl);
    EXPECT_EQ(spec.roles.eos, std::vector<TokenId>{special});
    EXPECT_EQ(spec.roles.pad, special + 1);
    EXPECT_FALSE(spec.roles.bos.has_value());
    ASSERT_EQ(spec.added_tokens.size(), 2u);
    EXPECT_EQ(spec.added_tokens[1].content, "<|pad|>");
    for (TokenId i = 0; i < 256; ++i) {
      EXPECT_EQ(bytes_of(spec, bytes + i),
                std::string(1, static_cast<char>(byte_of_initial_id(i))));
    }
    ASSERT_EQ(spec.model.merges.size(), 600u - 258u);
    for (size_t i = 0; i < spec.model.merges.size(); ++i) {
      const Merge& merge = spec.model.merges[i];
      EXPECT_EQ(merge.result, bytes + 256 + i);
      EXPECT_EQ(bytes_of(spec, merge.left) + bytes_of(spec, merge.right),
                bytes_of(spec, merge.result));
    }
  }
}

TEST(BpeTrainer, PadsToAMultiple) {
  BpeTrainerOptions options = small(601);
  options.pad_to_multiple = 64;
  options.special_tokens = {"<|reserved_0|>"};
  const BpeTraining full = train(options);
  EXPECT_EQ(full.spec.vocabulary.size(), 640u);  // more merges rather than filling
  EXPECT_EQ(full.reserved_tokens, 0u);
  const BpeTraining poor = train(options, {"low low low"});
  EXPECT_EQ(poor.spec.vocabulary.size() % 64, 0u);
  EXPECT_EQ(poor.stop_reason, BpeStopReason::kNoPairLeft);
  EXPECT_GT(poor.reserved_tokens, 0u);
  const std::vector<std::string> texts = texts_of(poor.spec);
  EXPECT_EQ(std::set<std::string>(texts.begin(), texts.end()).size(), texts.size());
}

TEST(BpeTrainer, DigitPolicies) {
  const auto longest_number = [](const BpeTrainerOptions& options) {
    size_t longest = 0;
    const TokenizerSpec spec = train(options, {"1234567890 1234567890 1234567890 1234567890"}).spec;
    for (TokenId id = 0; id < spec.vocabulary.size(); ++id) {
      const std::string bytes = bytes_of(spec, id);
      if (bytes.find_first_not_of("0123456789") == std::string::npos) {
        longest = std::max(longest, bytes.size());
      }
    }
    return longest;
  };
  for (const char* pattern : {"cl100k", "o200k", "gpt2"}) {
    BpeTrainerOptions options = small();
    options.pattern = pattern;
    EXPECT_EQ(longest_number(options), options.pattern == "gpt2" ? 10u : 3u) << pattern;
    options.digits = DigitPolicy::kSingle;
    EXPECT_EQ(longest_number(options), 1u) << pattern;
    options.digits = DigitPolicy::kUpToThree;
    EXPECT_EQ(longest_number(options), 3u) << pattern;
  }
  BpeTrainerOptions options = small();
  options.pattern = R"(\S+|\s+)";
  options.digits = DigitPolicy::kSingle;
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
}

TEST(BpeTrainer, PatternsBecomePreTokenizers) {
  BpeTrainerOptions options = small(300);
  options.pattern = "gpt2";
  TokenizerSpec spec = train(options).spec;
  ASSERT_EQ(spec.pre_tokenizers.size(), 1u);
  EXPECT_EQ(spec.pre_tokenizers[0].kind, PreTokenizerStep::Kind::kByteLevel);
  EXPECT_TRUE(spec.pre_tokenizers[0].use_regex);
  EXPECT_FALSE(spec.pre_tokenizers[0].add_prefix_space);
  options.pattern = R"(\w+|\W+)";
  spec = train(options).spec;
  ASSERT_EQ(spec.pre_tokenizers.size(), 2u);
  EXPECT_EQ(spec.pre_tokenizers[0].kind, PreTokenizerStep::Kind::kSplit);
  EXPECT_EQ(spec.pre_tokenizers[0].pattern, (Pattern{options.pattern, true}));
  EXPECT_FALSE(spec.pre_tokenizers[1].use_regex);
  ASSERT_EQ(spec.decoders.size(), 1u);
  EXPECT_EQ(spec.decoders[0].kind, DecoderStep::Kind::kByteLevel);
}

TEST(BpeTrainer, ForcedTokensAreTokensUnlessThePatternCutsThem) {
  BpeTrainerOptions options = small(400);
  options.forced_tokens = {" zebra", "\xF0\x9F\xA6\x93"};
  const TokenizerSpec spec = train(options).spec;
  EXPECT_EQ(spec.vocabulary.size(), 400u);
  for (const std::string& token : options.forced_tokens) {
    EXPECT_EQ(encode_by_merges(spec, token).size(), 1u);
  }
  options.forced_tokens = {"two words"};
  EXPECT_EQ(code_of(options), ErrorCode::kInvalidArgument);
}

TEST(BpeTrainer, ThreadsDoNotChangeTheResult) {
  BpeTrainerOptions options = small(2000);
  options.threads = 1;
  const TokenizerSpec expected = train(options).spec;
  for (const int threads : {2, 4}) {
    options.threads = threads;
    EXPECT_EQ(texts_of(train(options).spec), texts_of(expected));
  }
}

TEST(BpeTrainer, NothingToLearnFromGivesTheBytes) {
  const BpeTraining trained = train(small(), {});
  EXPECT_EQ(trained.spec.vocabulary.size(), 256u);
  EXPECT_EQ(trained.stop_reason, BpeStopReason::kNoPairLeft);
  EXPECT_EQ(trained.bytes, 0u);
}

TEST(BpeTrainer, BadOptionsAreRefused) {
  const auto refused = [](auto change) {
    BpeTrainerOptions options = small(300);
    change(options);
    return code_of(options) == ErrorCode::kInvalidArgument;
  };
  EXPECT_TRUE(refused([](auto& o) { o.vocab_size = 200; }));
  EXPECT_TRUE(refused([](auto& o) { o.vocab_size = size_t{1} << 60; }));
  EXPECT_TRUE(refused([](auto& o) { o.pad_to_multiple = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.special_tokens = {"a b", "a b"}; }));
  EXPECT_TRUE(refused([](auto& o) { o.special_tokens = {""}; }));
  EXPECT_TRUE(refused([](auto& o) { o.special_tokens = {"\xFF"}; }));
  EXPECT_TRUE(refused([](auto& o) { o.special_tokens = {"!"}; }));
  EXPECT_TRUE(refused([](auto& o) { o.special_tokens.assign(50, "x"); }));
  EXPECT_TRUE(refused([](auto& o) { o.eos_token = "<|none|>"; }));
  EXPECT_TRUE(refused([](auto& o) { o.max_token_bytes = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.pattern = "(unclosed"; }));
}

}  // namespace
}  // namespace tokrail
