#include "tokenizers/training/chain_selection.h"

#include <algorithm>
#include <map>
#include <utility>

namespace tokrail {
namespace {

using Chain = std::vector<SuffixId>;

class Chooser {
 public:
  Chooser(std::span<const SuffixRun> runs, const ChainOptions& options) : options_(options) {
    std::map<Chain, uint64_t> distinct;
    for (const SuffixRun& run : runs) {
      if (run.suffixes.size() > 1) distinct[run.suffixes] += run.weight;
    }
    for (const auto& [suffixes, weight] : distinct) add_run(suffixes, weight);
    for (const auto& [chain, index] : indices_) {
      candidates_[index].chain = &chain;
    }
    for (Run& run : runs_) add_savings(run);
  }

  std::vector<Chain> choose() {
    while (chosen_ < options_.limit) {
      throw_if_stopped(options_.stop);
      if (options_.progress && chosen_ % 16 == 0) {
        options_.progress({TrainingStage::kChoosing, chosen_, options_.limit});
      }
      const size_t best = best_candidate();
      if (best == candidates_.size()) break;
      set_chosen(best, true);
      if (chosen_ == options_.limit) drop_useless();
    }
    return result();
  }

 private:
  struct Run {
    size_t length;
    uint64_t weight;
    // parts[begin * (max_length - 1) + length - 2]: candidate, for lengths from 2.
    std::vector<uint32_t> parts;
    std::vector<uint32_t> different;  // its candidates, each once
    std::vector<uint64_t> savings;    // of them, over this run
  };
  struct Candidate {
    const Chain* chain = nullptr;
    std::vector<uint32_t> runs;
    uint64_t saving = 0;
    bool chosen = false;
    bool useless = false;  // was chosen and dropped
  };

  void add_run(const Chain& suffixes, uint64_t weight) {
    Run run{suffixes.size(), weight, {}, {}, {}};
    run.parts.resize(suffixes.size() * (options_.max_length - 1));
    for (size_t begin = 0; begin < suffixes.size(); ++begin) {
      for (size_t length = 2; length <= options_.max_length; ++length) {
        if (begin + length > suffixes.size()) break;
        const auto from = suffixes.begin() + static_cast<ptrdiff_t>(begin);
        const auto [it, is_new] = indices_.try_emplace(
            Chain(from, from + static_cast<ptrdiff_t>(length)), candidates_.size());
        if (is_new) candidates_.emplace_back();
        run.parts[begin * (options_.max_length - 1) + length - 2] = it->second;
        run.different.push_back(it->second);
      }
    }
    std::sort(run.different.begin(), run.different.end());
    run.different.erase(std::unique(run.different.begin(), run.different.end()),
                        run.different.end());
    for (const uint32_t candidate : run.different) {
      candidates_[candidate].runs.push_back(static_cast<uint32_t>(runs_.size()));
    }
    runs_.push_back(std::move(run));
  }

  /// Fewest ids of a run, with `extra` taken as chosen or, if `without`, as not.
  size_t ids_of(const Run& run, uint32_t extra, bool without = false) {
    best_.assign(run.length + 1, 0);
    for (size_t end = 1; end <= run.length; ++end) {
      best_[end] = best_[end - 1] + 1;
      for (size_t length = 2; length <= std::min(end, options_.max_length); ++length) {
        const uint32_t part = run.parts[(end - length) * (options_.max_length - 1) + length - 2];
        const bool usable = part == extra ? !without : candidates_[part].chosen;
        if (usable) best_[end] = std::min(best_[end], best_[end - length] + 1);
      }
    }
    return best_[run.length];
  }

  static constexpr uint32_t kNoCandidate = 0xFFFFFFFF;

  void add_savings(Run& run) {
    const size_t now = ids_of(run, kNoCandidate);
    run.savings.clear();
    for (const uint32_t candidate : run.different) {
      // Of a chosen chain: what it saves already.
      const bool chosen = candidates_[candidate].chosen;
      const size_t other = ids_of(run, candidate, chosen);
      run.savings.push_back(run.weight * (chosen ? other - now : now - other));
      candidates_[candidate].saving += run.savings.back();
    }
  }

  void set_chosen(size_t index, bool chosen) {
    Candidate& changed = candidates_[index];
    for (const uint32_t r : changed.runs) {
      for (size_t i = 0; i < runs_[r].different.size(); ++i) {
        candidates_[runs_[r].different[i]].saving -= runs_[r].savings[i];
      }
    }
    changed.chosen = chosen;
    chosen_ += chosen ? 1 : size_t{0} - 1;
    for (const uint32_t r : changed.runs) add_savings(runs_[r]);
    if (chosen) {
      order_.push_back(index);
    } else {
      std::erase(order_, index);
    }
  }

  size_t best_candidate() const {
    size_t best = candidates_.size();
    uint64_t most = std::max<uint64_t>(options_.min_saving, 1);
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const Candidate& candidate = candidates_[i];
      if (candidate.chosen || candidate.useless || candidate.saving < most) continue;
      if (candidate.saving > most || best == candidates_.size() ||
          before(*candidate.chain, *candidates_[best].chain)) {
        best = i;
        most = candidate.saving;
      }
    }
    return best;
  }

  static bool before(const Chain& a, const Chain& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }

  /// Takes back chosen chains that save less than the best that is not chosen would.
  void drop_useless() {
    const size_t next = best_candidate();
    if (next == candidates_.size()) return;
    for (const size_t index : std::vector<size_t>(order_)) {
      if (candidates_[index].saving < candidates_[next].saving) {
        candidates_[index].useless = true;
        set_chosen(index, false);
        return;
      }
    }
  }

  std::vector<Chain> result() const {
    std::vector<Chain> chains;
    for (const size_t index : order_) chains.push_back(*candidates_[index].chain);
    return chains;
  }

  const ChainOptions& options_;
  std::map<Chain, uint32_t> indices_;
  std::vector<Candidate> candidates_;
  std::vector<Run> runs_;
  std::vector<size_t> order_;
  std::vector<size_t> best_;
  size_t chosen_ = 0;
};

}  // namespace

std::vector<std::vector<SuffixId>> choose_chains(std::span<const SuffixRun> runs,
                                                 const ChainOptions& options) {
  if (options.limit == 0 || options.max_length < 2) return {};
  return Chooser(runs, options).choose();
}

}  // namespace tokrail
