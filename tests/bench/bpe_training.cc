// How long a byte-level BPE vocabulary of 16,000 ids takes, on one thread.
//
//   tests/bench/make_corpus.sh texts
//   TOKRAIL_BENCH_TEXT=texts/en.txt bpe_training        # 21.6 MB of it are used
//
// The peer is spm_train --model_type=bpe --num_threads=1 --vocab_size=16000 on the same bytes.
// Before anything is timed, the merges of the first 16 KB are held equal to the slow trainer's.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/oracle/slow_bpe_trainer.h"
#include "tokenizers/training/bpe_learner.h"
#include "tokenizers/training/piece_splitter.h"
#include "tokenizers/training/split_pattern.h"
#include "tokenizers/training/text_source.h"
#include "tokenizers/training/word_counts.h"

namespace {

using namespace tokrail;

constexpr size_t kTextBytes = 21600000;
constexpr size_t kCheckedBytes = 16384;

std::string read_text() {
  const char* path = std::getenv("TOKRAIL_BENCH_TEXT");
  if (path == nullptr) return {};
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > kTextBytes) text.resize(kTextBytes);
  return text;
}

WordCounts count(std::string_view text, const PieceSplitter& splitter) {
  // Chunks as a file would give them.
  std::vector<std::string_view> chunks;
  for (size_t at = 0; at < text.size(); at += kDefaultChunkBytes) {
    chunks.push_back(text.substr(at, kDefaultChunkBytes));
  }
  const auto source = texts_in_memory(chunks);
  WordCountOptions options;
  options.threads = 1;
  return count_words(*source, splitter, options);
}

LearnedBpe learn(const WordCounts& words, size_t vocab_size) {
  BpeLearnerOptions options;
  options.vocab_size = vocab_size;
  options.threads = 1;
  return learn_bpe(words, options);
}

bool equals_slow_trainer(std::string_view text, const PieceSplitter& splitter) {
  const WordCounts words = count(text.substr(0, kCheckedBytes), splitter);
  std::vector<std::pair<std::string, uint64_t>> counted;
  for (size_t i = 0; i < words.words.size(); ++i) {
    counted.emplace_back(words.words[i], words.counts[i]);
  }
  test::SlowBpeOptions options;
  options.vocab_size = 600;
  const auto slow = test::slow_bpe(counted, options).merges;
  const LearnedBpe fast = learn(words, options.vocab_size);
  if (slow.size() != fast.merges.size()) return false;
  for (size_t i = 0; i < slow.size(); ++i) {
    if (slow[i].left != fast.tokens[fast.merges[i].left]) return false;
    if (slow[i].right != fast.tokens[fast.merges[i].right]) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string text = read_text();
  if (text.empty()) {
    std::fputs("expected a text in TOKRAIL_BENCH_TEXT, see tests/bench/make_corpus.sh\n", stderr);
    return 1;
  }
  const auto splitter = split_by_regex(split_pattern("cl100k", DigitPolicy::kAsPattern));
  if (!equals_slow_trainer(text, *splitter)) {
    std::fputs("the merges differ from the slow trainer's\n", stderr);
    return 1;
  }
  const WordCounts words = count(text, *splitter);
  const auto per_second = [&](benchmark::State& state) {
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
  };
  benchmark::RegisterBenchmark("count_words", [&](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(count(text, *splitter));
    per_second(state);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("learn_bpe/16000", [&](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(learn(words, 16000));
    per_second(state);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("both/16000", [&](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(learn(count(text, *splitter), 16000));
    per_second(state);
  })->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
