#include "tokenizers/training/corpus_tokens.h"

#include <memory>
#include <numeric>
#include <vector>

#include "base/parallel.h"
#include "tokenizers/detokenization/hybrid_decode_table.h"
#include "tokenizers/engine/hybrid_encoder.h"
#include "tokenizers/training/training_progress.h"

namespace tokrail {

uint64_t count_corpus_tokens(const TokenizerSpec& spec, const WordCounts& segments, int threads,
                             const std::stop_token& stop) {
  const HybridModel model(std::make_shared<const TokenizerSpec>(spec),
                          compile_hybrid_decode_table(spec));
  std::vector<uint64_t> tokens(segments.words.size());
  const auto count = [&](size_t begin, size_t end) {
    throw_if_stopped(stop);
    const auto scratch = model.make_scratch();
    std::vector<HybridToken> out;
    for (size_t i = begin; i < end; ++i) {
      const bool spaced = segments.words[i].starts_with(' ');
      out.clear();
      model.encode_segment(segments.words[i], spaced ? uint8_t{0} : model.start_entry(), *scratch,
                           out);
      tokens[i] = out.size() * segments.counts[i];
    }
  };
  parallel_for(0, tokens.size(), 4096, count, threads);
  return std::accumulate(tokens.begin(), tokens.end(), uint64_t{0});
}

}  // namespace tokrail
