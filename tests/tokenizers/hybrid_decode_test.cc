// The contexts of hybrid vocabularies spell what the rules say, however ids are strung together.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/utf8.h"
#include "tests/oracle/slow_hybrid.h"
#include "tests/support/property.h"
#include "tests/tokenizers/decode_specs.h"
#include "tests/tokenizers/hybrid_specs.h"
#include "tokenizers/detokenization/detokenizer.h"
#include "tokenizers/detokenization/hybrid_decode_table.h"
#include "tokenizers/stream_decoder.h"
#include "tokenizers/vocabulary.h"

namespace tokrail {
namespace {

using test::below;
using test::Random;

/// Ids that often do what words do: marks, stems, suffixes, numbers.
std::vector<TokenId> random_hybrid_ids(Random& random, const HybridSpec& hybrid, size_t count) {
  const IdRange ranges[] = {hybrid.specials, hybrid.bytes,  hybrid.marks,    hybrid.suffixes,
                            hybrid.suffixes, hybrid.chains, hybrid.numerals, hybrid.numerals,
                            hybrid.stems,    hybrid.stems,  hybrid.pieces};
  std::vector<TokenId> ids;
  while (ids.size() < count) {
    const IdRange range = ranges[below(random, std::size(ranges))];
    if (range.size() == 0) continue;
    for (size_t n = 1 + below(random, 3); n > 0; --n) {
      ids.push_back(range.begin + static_cast<TokenId>(below(random, range.size())));
    }
    if (below(random, 12) == 0) ids.push_back(hybrid.bytes.begin + ",.\"' -"[below(random, 6)]);
  }
  return ids;
}

void expect_decodes(const TokenizerSpec& spec, Random& random, size_t sequences, size_t length) {
  const Detokenizer detokenizer = Detokenizer::compile(spec);
  const DecodeTable& table = detokenizer.table();
  ASSERT_FALSE(table.rows().empty());
  ASSERT_TRUE(detokenizer.exact());
  for (size_t i = 0; i < sequences; ++i) {
    const auto ids = random_hybrid_ids(random, *spec.hybrid, 1 + below(random, length));
    for (const bool skip : {false, true}) {
      const std::string expected = test::slow_hybrid_decode(spec, ids, skip);
      const std::string bytes = detokenizer.decode_bytes(ids, skip);
      if (bytes != expected) {
        const auto small =
            test::shrink<std::vector<TokenId>>(ids, [&](const std::vector<TokenId>& some) {
              return detokenizer.decode_bytes(some, skip) ==
                     test::slow_hybrid_decode(spec, some, skip);
            });
        std::string names;
        for (const TokenId id : small) names += " [" + std::string(spec.vocabulary.texts[id]) + "]";
        FAIL() << "seed " << test::property_seed() << ":" << names << "\n decoded  "
               << detokenizer.decode_bytes(small, skip) << "\n expected "
               << test::slow_hybrid_decode(spec, small, skip);
      }
      ASSERT_EQ(detokenizer.decode_text(ids, {skip}), replace_invalid_utf8(expected));
      StreamDecoder stream(detokenizer, {skip});
      std::string streamed;
      for (const TokenId id : ids) streamed += stream.push(id);
      streamed += stream.finish();
      ASSERT_EQ(streamed, replace_invalid_utf8(expected));
    }
    // Context by context, as grammars walk.
    DecodeContext context = table.start_context();
    std::string walked;
    for (const TokenId id : ids) {
      table.bytes(context, id).append_to(walked);
      context = table.next_context(context, id);
    }
    walked += table.final_bytes(context);
    ASSERT_EQ(walked, test::slow_hybrid_decode(spec, ids));
  }
}

TEST(HybridDecodeTable, SpellsWhatTheRulesSay) {
  Random random(test::property_seed());
  for (const std::string_view pack : {test::kToyTurkish, test::kToyTails}) {
    const auto language = test::compile_pack(pack);
    for (const NumberChunks numbers :
         {NumberChunks::kPieces, NumberChunks::kSingle, NumberChunks::kThreeFromLeft}) {
      for (int round = 0; round < 6; ++round) {
        test::HybridSizes sizes{below(random, 150), below(random, 40), 60, numbers};
        const TokenizerSpec spec = test::hybrid_spec(language, random, sizes);
        ASSERT_NO_FATAL_FAILURE(expect_decodes(spec, random, 400, 60));
      }
    }
  }
}

}  // namespace
}  // namespace tokrail
