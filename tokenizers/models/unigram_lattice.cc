#include "tokenizers/models/unigram_lattice.h"

#include <algorithm>
#include <cmath>

namespace tokrail {
namespace {

// log(exp(x) + exp(y))
double log_sum_exp(double x, double y) {
  const double low = std::min(x, y), high = std::max(x, y);
  return high > low + 50 ? high : high + std::log1p(std::exp(low - high));
}

}  // namespace

template <typename Real>
UnigramLattice<Real>::UnigramLattice(uint32_t size) : size_(size) {
  nodes_.push_back({0, 0, kNoToken, 0});
}

template <typename Real>
void UnigramLattice<Real>::add(uint32_t begin, uint32_t end, TokenId id, Real score) {
  nodes_.push_back({begin, end, id, score});
}

template <typename Real>
void UnigramLattice<Real>::finish() {
  nodes_.push_back({size_, size_, kNoToken, 0});
  ending_starts_.assign(size_t{size_} + 2, 0);
  for (uint32_t i = 0; i < last(); ++i) ++ending_starts_[nodes_[i].end + 1];
  for (size_t i = 1; i < ending_starts_.size(); ++i) ending_starts_[i] += ending_starts_[i - 1];
  std::vector<uint32_t> next(ending_starts_.begin(), ending_starts_.end() - 1);
  ending_.resize(last());
  for (uint32_t i = 0; i < last(); ++i) ending_[next[nodes_[i].end]++] = i;
  for (uint32_t i = 1; i < nodes_.size(); ++i) {
    Node& node = nodes_[i];
    const auto [from, to] = ending_at(node.begin);
    for (uint32_t left = from; left < to; ++left) {
      const Real score = nodes_[ending_[left]].best + node.score;
      if (left == from || score > node.best) node.best = score;
    }
  }
}

// A* from the end of the piece: the best scores up to each node are an exact estimate of what
// stands before it, so hypotheses that reach the start come out best first.
template <typename Real>
class UnigramLattice<Real>::Search {
 public:
  Search(const UnigramLattice& lattice, size_t wanted) : lattice_(lattice), wanted_(wanted) {
    pool_.push_back({lattice.last(), kNone, lattice.nodes_.back().best, 0});
    push(0);
  }

  std::vector<std::pair<std::vector<ModelToken>, Real>> run() {
    std::vector<std::pair<std::vector<ModelToken>, Real>> results;
    while (!agenda_.empty() && results.size() < wanted_) {
      const uint32_t top = pop();
      const uint32_t node = pool_[top].node;
      if (node == kStart) {
        results.emplace_back(path(top), pool_[top].total);
        continue;
      }
      const auto [from, to] = lattice_.ending_at(lattice_.nodes_[node].begin);
      for (uint32_t i = from; i < to; ++i) {
        const Node& left = lattice_.nodes_[lattice_.ending_[i]];
        const Real score = pool_[top].score;
        pool_.push_back({lattice_.ending_[i], top, left.best + score, left.score + score});
        push(static_cast<uint32_t>(pool_.size() - 1));
      }
      if (agenda_.size() >= kMaxAgenda) shrink_agenda();
      if (pool_.size() > collect_at_) collect();
    }
    return results;
  }

 private:
  static constexpr size_t kMaxAgenda = 10'000, kMinAgenda = 512;

  bool worse(uint32_t a, uint32_t b) const { return pool_[a].total < pool_[b].total; }
  void push(uint32_t hypothesis) {
    agenda_.push_back(hypothesis);
    std::push_heap(agenda_.begin(), agenda_.end(), [this](auto a, auto b) { return worse(a, b); });
  }
  uint32_t pop() {
    std::pop_heap(agenda_.begin(), agenda_.end(), [this](auto a, auto b) { return worse(a, b); });
    const uint32_t top = agenda_.back();
    agenda_.pop_back();
    return top;
  }

  std::vector<ModelToken> path(uint32_t hypothesis) const {
    std::vector<ModelToken> tokens;
    for (uint32_t h = pool_[hypothesis].next; pool_[h].next != kNone; h = pool_[h].next) {
      const Node& node = lattice_.nodes_[pool_[h].node];
      tokens.push_back({node.id, node.begin, node.end});
    }
    return tokens;
  }

  void shrink_agenda() {
    std::vector<uint32_t> best;
    for (size_t i = std::min(kMinAgenda, wanted_ * 10); i > 0; --i) best.push_back(pop());
    agenda_.clear();
    for (const uint32_t hypothesis : best) push(hypothesis);
  }

  // Drops hypotheses that no entry of the agenda leads to. A hypothesis comes after its next in
  // the pool, so that order is kept and one pass from the back marks all.
  void collect() {
    std::vector<uint32_t> moved(pool_.size(), 0);
    for (const uint32_t hypothesis : agenda_) moved[hypothesis] = 1;
    for (size_t i = pool_.size(); i-- > 0;) {
      if (moved[i] != 0 && pool_[i].next != kNone) moved[pool_[i].next] = 1;
    }
    uint32_t kept = 0;
    for (size_t i = 0; i < pool_.size(); ++i) {
      if (moved[i] == 0) continue;
      Hypothesis hypothesis = pool_[i];
      if (hypothesis.next != kNone) hypothesis.next = moved[hypothesis.next];
      moved[i] = kept;
      pool_[kept++] = hypothesis;
    }
    pool_.resize(kept);
    for (uint32_t& hypothesis : agenda_) hypothesis = moved[hypothesis];
    collect_at_ = std::max<size_t>(2 * pool_.size(), kFirstCollect);
  }

  static constexpr size_t kFirstCollect = 1'000'000;

  const UnigramLattice& lattice_;
  size_t wanted_;
  std::vector<Hypothesis> pool_;
  std::vector<uint32_t> agenda_;  // a heap, best total first
  size_t collect_at_ = kFirstCollect;
};

template <typename Real>
std::vector<std::pair<std::vector<ModelToken>, Real>> UnigramLattice<Real>::nbest(size_t n) const {
  return Search(*this, n).run();
}

// Forward filtering, backward sampling: `before` sums exp(alpha * score) over all paths up to a
// node's beginning; then nodes are drawn from the end, each in proportion to what lies behind it.
template <typename Real>
std::vector<ModelToken> UnigramLattice<Real>::sample(double alpha,
                                                     const UniformSource& uniform) const {
  std::vector<double> before(nodes_.size(), 0);
  for (uint32_t i = 1; i < nodes_.size(); ++i) {
    const auto [from, to] = ending_at(nodes_[i].begin);
    for (uint32_t k = from; k < to; ++k) {
      const uint32_t left = ending_[k];
      const double weight = before[left] + alpha * static_cast<double>(nodes_[left].score);
      before[i] = k == from ? weight : log_sum_exp(before[i], weight);
    }
  }
  std::vector<ModelToken> tokens;
  uint32_t node = last();
  while (true) {
    const auto [from, to] = ending_at(nodes_[node].begin);
    double rest = uniform();
    uint32_t chosen = ending_[to - 1];
    for (uint32_t k = from; k < to; ++k) {
      const uint32_t left = ending_[k];
      rest -=
          std::exp(before[left] + alpha * static_cast<double>(nodes_[left].score) - before[node]);
      if (rest < 0) {
        chosen = left;
        break;
      }
    }
    if (chosen == kStart) break;
    node = chosen;
    tokens.push_back({nodes_[node].id, nodes_[node].begin, nodes_[node].end});
  }
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

template class UnigramLattice<float>;
template class UnigramLattice<double>;

}  // namespace tokrail
