#include "tokenizers/training/word_counts.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "tokenizers/training/word_table.h"

namespace tokrail {
namespace {

constexpr size_t kShards = 16;       // tables by the top bits of the hash, to add up in parallel
constexpr size_t kRoundChunks = 64;  // fixed: pruning happens between rounds

using Shards = std::array<WordTable, kShards>;

size_t shard_of(uint64_t hash) noexcept {
  return hash >> 60;
}

struct LocalCounts {
  Shards shards;
  std::vector<uint32_t> ends;
  uint64_t occurrences = 0;
};

/// Most frequent first, then by bytes, of which the first eight are compared as a number.
struct SortedWord {
  SortedWord(std::string_view word, uint64_t times) : bytes(word), count(times) {
    for (size_t i = 0; i < 8; ++i) {
      head = head << 8 | (i < word.size() ? static_cast<uint8_t>(word[i]) : 0u);
    }
  }
  bool operator<(const SortedWord& other) const noexcept {
    if (count != other.count) return count > other.count;
    if (head != other.head) return head < other.head;
    return bytes < other.bytes;
  }

  std::string_view bytes;
  uint64_t count;
  uint64_t head = 0;
};

class Counter {
 public:
  Counter(TextSource& source, const PieceSplitter& splitter, const WordCountOptions& options)
      : source_(source),
        splitter_(splitter),
        options_(options),
        locals_(worker_count(options.threads)) {}

  WordCounts run() {
    std::vector<std::string> chunks;
    while (read_round(chunks)) {
      const auto count_one = [&](size_t i, size_t, size_t worker) {
        count(chunks[i], locals_[worker]);
      };
      parallel_for_workers(0, chunks.size(), 1, count_one, options_.threads);
      add_up();
      bound_memory();
    }
    return result();
  }

 private:
  bool read_round(std::vector<std::string>& chunks) {
    chunks.resize(kRoundChunks);
    size_t n = 0;
    while (n < kRoundChunks && source_.next(chunks[n])) {
      counts_.bytes += chunks[n++].size();
      throw_if_stopped(options_.stop);
      if (options_.progress) {
        options_.progress({TrainingStage::kReading, source_.bytes_done(), source_.bytes_total()});
      }
    }
    chunks.resize(n);
    return n != 0;
  }

  void count(std::string_view chunk, LocalCounts& local) const {
    throw_if_stopped(options_.stop);
    splitter_.split(chunk, local.ends);
    uint32_t begin = 0;
    for (const uint32_t end : local.ends) {
      const std::string_view word = chunk.substr(begin, end - begin);
      const uint64_t hash = hash_word(word);
      local.shards[shard_of(hash)].add(word, hash, 1);
      begin = end;
    }
    local.occurrences += local.ends.size();
  }

  /// Adds the tables of all threads to the one of all rounds.
  void add_up() {
    const auto add_up_shard = [&](size_t s, size_t) {
      for (LocalCounts& local : locals_) {
        WordTable& from = local.shards[s];
        if (total_[s].entries().empty()) {
          std::swap(total_[s], from);
          continue;
        }
        for (const WordTable::Entry& entry : from.entries()) {
          total_[s].add(from.view(entry), entry.hash, entry.count);
        }
        from = WordTable();
      }
    };
    parallel_for(0, kShards, 1, add_up_shard, options_.threads);
    for (LocalCounts& local : locals_) {
      counts_.occurrences += local.occurrences;
      local.occurrences = 0;
    }
  }

  uint64_t memory() const {
    uint64_t sum = 0;
    for (const WordTable& table : total_) sum += table.memory();
    return sum;
  }

  void bound_memory() {
    if (options_.max_memory == 0 || memory() <= options_.max_memory) return;
    if (!options_.prune_rare) {
      throw Error(ErrorCode::kBudgetExhausted,
                  "the distinct pieces of the corpus need more than max_memory = " +
                      std::to_string(options_.max_memory) +
                      " bytes; raise it, or allow rare pieces to be pruned");
    }
    // Down to half, so that the next rounds have room; rarest first, up to 1, 2, 4, ... times seen.
    for (uint64_t threshold = 1; memory() > options_.max_memory / 2; threshold *= 2) {
      for (WordTable& table : total_) {
        table.remove_up_to(threshold, counts_.pruned_words, counts_.pruned_occurrences);
      }
    }
  }

  WordCounts result() {
    uint64_t words = 0, bytes = 0;
    for (const WordTable& table : total_) {
      words += table.entries().size();
      bytes += table.bytes();
    }
    if (bytes > std::numeric_limits<uint32_t>::max()) {
      throw Error(ErrorCode::kUnsupported, "expected less than 4 GiB of distinct pieces, found " +
                                               std::to_string(bytes) +
                                               " bytes; allow rare pieces to be pruned");
    }
    counts_.words.reserve(words, bytes);
    counts_.counts.reserve(words);
    for_words_in_order([&](const SortedWord& word) {
      counts_.words.push_back(word.bytes);
      counts_.counts.push_back(word.count);
    });
    counts_.lines_cut = source_.lines_cut();
    return std::move(counts_);
  }

  /// Sorts every shard by itself, then merges the sorted shards.
  template <typename Take>
  void for_words_in_order(const Take& take) const {
    std::array<std::vector<SortedWord>, kShards> sorted;
    const auto sort_shard = [&](size_t s, size_t) {
      for (const WordTable::Entry& entry : total_[s].entries()) {
        sorted[s].push_back(SortedWord(total_[s].view(entry), entry.count));
      }
      std::sort(sorted[s].begin(), sorted[s].end());
    };
    parallel_for(0, kShards, 1, sort_shard, options_.threads);
    std::array<size_t, kShards> next{};
    const auto head_is_later = [&](size_t a, size_t b) {
      return sorted[b][next[b]] < sorted[a][next[a]];
    };
    std::vector<size_t> heads;
    for (size_t s = 0; s < kShards; ++s) {
      if (!sorted[s].empty()) heads.push_back(s);
    }
    std::make_heap(heads.begin(), heads.end(), head_is_later);
    while (!heads.empty()) {
      std::pop_heap(heads.begin(), heads.end(), head_is_later);
      const size_t s = heads.back();
      take(sorted[s][next[s]]);
      if (++next[s] == sorted[s].size()) {
        heads.pop_back();
      } else {
        std::push_heap(heads.begin(), heads.end(), head_is_later);
      }
    }
  }

  TextSource& source_;
  const PieceSplitter& splitter_;
  const WordCountOptions& options_;
  std::vector<LocalCounts> locals_;  // by worker
  Shards total_;
  WordCounts counts_;
};

}  // namespace

WordCounts count_words(TextSource& source, const PieceSplitter& splitter,
                       const WordCountOptions& options) {
  return Counter(source, splitter, options).run();
}

}  // namespace tokrail
