#include "tokenizers/vocabulary.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "tests/support/property.h"
#include "tests/tokenizers/decode_specs.h"
#include "tokenizers/detokenization/decode_table_builder.h"

namespace tokrail {
namespace {

using test::NamedSpec;

TEST(Vocabulary, ContextsSpellWhatDecodingGives) {
  test::Random random(test::property_seed());
  for (const NamedSpec& named : test::decode_specs()) {
    const Detokenizer detokenizer = Detokenizer::compile(named.spec);
    const auto vocabulary = Vocabulary::build(named.spec, detokenizer);
    if (!vocabulary->exact()) continue;
    for (int round = 0; round < 2000; ++round) {
      const auto ids = test::random_ids(random, named.spec, 12);
      std::string bytes;
      DecodeContext context = vocabulary->start_context();
      for (const TokenId id : ids) {
        vocabulary->bytes(context, id).append_to(bytes);
        context = vocabulary->next_context(context, id);
      }
      bytes += vocabulary->final_bytes(context);
      ASSERT_EQ(bytes, detokenizer.decode_bytes(ids))
          << named.name << " ids " << test::show_ids(ids) << " seed " << test::property_seed();
    }
  }
}

TEST(Vocabulary, TriesHoldEveryTextIdOnce) {
  for (const NamedSpec& named : test::decode_specs()) {
    const auto vocabulary = Vocabulary::build(named.spec);
    for (DecodeContext c = 0; c < vocabulary->context_count(); ++c) {
      const ContextTries& tries = vocabulary->tries(c);
      for (TokenId id = 0; id < vocabulary->size(); ++id) {
        const SpelledBytes bytes = vocabulary->bytes(c, id);
        const bool shared = tries.shared->rank(id) != TokenTrie::kNoRank;
        const bool own = tries.own->rank(id) != TokenTrie::kNoRank;
        ASSERT_EQ(shared || own, vocabulary->is_text(id) && bytes.size() > 0)
            << named.name << " " << id;
        ASSERT_FALSE(shared && own);
        if (own) {
          const auto node = tries.own->find(bytes.str());
          ASSERT_TRUE(node);
          const auto ids = tries.own->tokens(*node);
          ASSERT_TRUE(std::find(ids.begin(), ids.end(), id) != ids.end());
        }
      }
    }
  }
}

TEST(Vocabulary, IdsByBytesAndPiece) {
  const auto spec = test::metaspace_vocabulary(SourceFormat::kSentencePiece);
  const auto vocabulary = Vocabulary::build(spec);
  EXPECT_EQ(vocabulary->ids(" a"), (std::vector<TokenId>{12}));
  EXPECT_EQ(vocabulary->ids("A"), (std::vector<TokenId>{7}));
  EXPECT_EQ(vocabulary->ids(" "), (std::vector<TokenId>{8, 10}));
  EXPECT_TRUE(vocabulary->ids("nothing").empty());
  EXPECT_EQ(vocabulary->id_of_piece("\xE2\x96\x81"
                                    "a"),
            std::optional<TokenId>(12));
  EXPECT_EQ(vocabulary->id_of_piece("<0x41>"), std::optional<TokenId>(7));
  EXPECT_EQ(vocabulary->id_of_piece(""), std::nullopt);
  EXPECT_EQ(vocabulary->kind(1), TokenKind::kControl);
  EXPECT_FALSE(vocabulary->is_text(1));
}

TEST(Vocabulary, IdsByBytesAgreeWithASearch) {
  for (const NamedSpec& named : test::decode_specs()) {
    const auto vocabulary = Vocabulary::build(named.spec);
    std::map<std::string, std::vector<TokenId>> expected;
    for (TokenId id = 0; id < vocabulary->size(); ++id) {
      if (vocabulary->is_text(id)) expected[std::string(vocabulary->bytes(id))].push_back(id);
    }
    for (const auto& [bytes, ids] : expected) EXPECT_EQ(vocabulary->ids(bytes), ids) << named.name;
  }
}

TEST(Vocabulary, FingerprintsTellVocabulariesApart) {
  for (const NamedSpec& named : test::decode_specs()) {
    const Hash128 print = Vocabulary::build(named.spec)->fingerprint();
    EXPECT_EQ(Vocabulary::build(named.spec)->fingerprint(), print);
    EXPECT_NE(print, Hash128());
    const auto expect_other = [&](const TokenizerSpec& spec, const char* what) {
      EXPECT_NE(Vocabulary::build(spec)->fingerprint(), print) << named.name << ": " << what;
    };
    TokenizerSpec spec = named.spec;
    spec.roles.eos.push_back(0);
    expect_other(spec, "another end id");
    spec = named.spec;
    spec.roles.mask = 1;
    expect_other(spec, "another mask id");
    spec = named.spec;
    spec.vocabulary.texts.push_back("one more");
    spec.vocabulary.kinds.push_back(TokenKind::kNormal);
    if (!spec.vocabulary.scores.empty()) spec.vocabulary.scores.push_back(0);
    expect_other(spec, "one more id");
  }
}

TEST(Vocabulary, Roles) {
  TokenizerSpec spec = test::metaspace_vocabulary(SourceFormat::kSentencePiece);
  spec.roles.bos = 1;
  spec.roles.eos = {5, 2, 9999};
  const auto vocabulary = Vocabulary::build(spec);
  EXPECT_EQ(vocabulary->roles().bos, std::optional<TokenId>(1));
  EXPECT_TRUE(vocabulary->is_eos(2));
  EXPECT_TRUE(vocabulary->is_eos(5));
  EXPECT_FALSE(vocabulary->is_eos(1));
}

TEST(Vocabulary, WordEndsAreHeldBack) {
  for (const NamedSpec& named : test::decode_specs()) {
    if (named.name != "word ends") continue;
    const auto vocabulary = Vocabulary::build(named.spec);
    const DecodeContext held = vocabulary->next_context(vocabulary->start_context(), 0);  // a</w>
    EXPECT_EQ(vocabulary->pending(held), (std::vector<std::string>{" "}));
    EXPECT_EQ(vocabulary->final_bytes(held), "");
    EXPECT_EQ(vocabulary->bytes(held, 1).str(), " b");
    EXPECT_TRUE(vocabulary->pending(vocabulary->start_context()).empty());
  }
}

/// A table as a vocabulary with many contexts has it: each context respells a few ids.
TEST(Vocabulary, ManyContexts) {
  const size_t size = 2000;
  const size_t contexts = 200;
  DecodeTableBuilder builder(size);
  for (TokenId id = 0; id < size; ++id) builder.add_shared("t" + std::to_string(id));
  for (size_t c = 1; c < contexts; ++c) {
    const DecodeContext context = builder.add_context(c % 3 == 0 ? "p" : "", c % 3 == 0 ? "b" : "");
    for (TokenId id = 0; id < 10; ++id) {
      builder.overlay(context, id, std::to_string(c) + "x" + std::to_string(id),
                      static_cast<DecodeContext>((c + id) % contexts));
    }
  }
  for (TokenId id = 0; id < size; ++id) {
    builder.set_shared_next(id, static_cast<DecodeContext>(id % contexts));
  }
  const auto table = builder.finish(1);
  EXPECT_EQ(table->bytes(3, 5).str(), "3x5");
  EXPECT_EQ(table->next_context(3, 5), 8);
  EXPECT_EQ(table->bytes(3, 50).str(), "pt50");
  EXPECT_EQ(table->next_context(3, 250), 50);
  EXPECT_EQ(table->final_bytes(3), "b");
  EXPECT_EQ(table->bytes(4, 50).str(), "t50");
}

TEST(Vocabulary, TriesAreBuiltOnceUnderManyThreads) {
  const auto spec = test::metaspace_vocabulary(SourceFormat::kSentencePiece);
  const auto vocabulary = Vocabulary::build(spec);
  std::vector<std::thread> threads;
  std::atomic<size_t> nodes = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (DecodeContext c = 0; c < vocabulary->context_count(); ++c) {
        nodes += vocabulary->tries(c).own->size();
      }
      nodes += vocabulary->ids(" a").size();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(nodes % 8, 0U);
}

}  // namespace
}  // namespace tokrail
