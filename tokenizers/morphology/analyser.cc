#include "tokenizers/morphology/analyser.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"

namespace tokrail {

namespace {

using Edge = MorphLattice::Edge;

constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();
constexpr unsigned kCountBits = 16;

// Order of readings with equal cost and as many morphs, at the first edge that tells them apart.
int compare(const Edge& a, const Edge& b) noexcept {
  const auto key = [](const Edge& e) {
    return std::tuple(e.to == MorphLattice::kEndNode, e.kind, e.index, e.tag, e.begin,
                      e.characters);
  };
  return key(a) < key(b) ? -1 : key(b) < key(a) ? 1 : 0;
}

// Cost and number of morphs as one number. A word has no more morphs than bytes.
uint64_t extended(uint64_t left, MorphCost cost, bool is_end) noexcept {
  return left + (uint64_t{cost} << kCountBits) + (is_end ? 0 : 1);
}

// Whether the path that ends in edge `a` comes before the one that ends in edge `b`; both are
// equally long and lead to one node, and `via` is the last edge of the best path to each node.
bool comes_first(std::span<const Edge> edges, std::span<const uint32_t> via, uint32_t a,
                 uint32_t b) noexcept {
  int order = 0;
  for (;;) {
    if (const int here = compare(edges[a], edges[b]); here != 0) order = here;
    if (edges[a].from == edges[b].from) return order < 0;
    a = via[edges[a].from];
    b = via[edges[b].from];
  }
}

Morph whole_word(const Language& language, std::string_view word) {
  return {.kind = Morph::Kind::kUnknown,
          .tag = 0,
          .index = language.unknown_states().empty() ? kNoIndex : 0,
          .begin = 0,
          .end = static_cast<uint32_t>(word.size())};
}

// The best readings of a lattice, each node's best prefixes in their order. Prefixes that are equal
// as morphs (through other states) are one.
class BestPaths {
 public:
  BestPaths(const MorphLattice& lattice, const MorphCosts& costs, size_t limit)
      : lattice_(lattice), edges_(lattice.edges()), limit_(limit) {
    lists_.resize(lattice.node_count() + 1);
    if (edges_.empty() || limit == 0) return;
    paths_.push_back({.score = 0, .edge = kNoIndex, .before = kNoIndex});
    lists_[0] = {0, 1};
    group_by_target();
    for (size_t node = 1; node < lists_.size(); ++node) collect(node, costs);
  }

  std::vector<Analysis> analyses() const {
    std::vector<Analysis> out;
    std::vector<uint32_t> path;
    const List& last = lists_.back();
    for (uint32_t i = last.begin; i != last.end; ++i) {
      path.clear();
      for (uint32_t p = i; paths_[p].before != kNoIndex; p = paths_[p].before) {
        path.push_back(paths_[p].edge);
      }
      std::reverse(path.begin(), path.end());
      Analysis& analysis = out.emplace_back();
      lattice_.path_morphs(path, analysis.morphs);
      analysis.cost = static_cast<MorphCost>(paths_[i].score >> kCountBits);
    }
    return out;
  }

 private:
  struct Path {
    uint64_t score;
    uint32_t edge, before;
  };
  struct List {
    uint32_t begin = 0, end = 0;
  };

  // Edges by the node they lead to; the end is the last node.
  void group_by_target() {
    first_.assign(lists_.size() + 1, 0);
    for (const Edge& edge : edges_) ++first_[target(edge) + 1];
    for (size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    into_.resize(edges_.size());
    std::vector<uint32_t> next = first_;
    for (uint32_t i = 0; i < edges_.size(); ++i) into_[next[target(edges_[i])]++] = i;
  }
  size_t target(const Edge& edge) const noexcept {
    return edge.to == MorphLattice::kEndNode ? lists_.size() - 1 : edge.to;
  }

  void collect(size_t node, const MorphCosts& costs) {
    candidates_.clear();
    for (uint32_t i = first_[node]; i < first_[node + 1]; ++i) {
      const Edge& edge = edges_[into_[i]];
      const MorphCost cost = lattice_.cost(edge, costs);
      const List& from = lists_[edge.from];
      for (uint32_t p = from.begin; p != from.end; ++p) {
        candidates_.push_back(
            {extended(paths_[p].score, cost, edge.to == MorphLattice::kEndNode), into_[i], p});
      }
    }
    std::sort(candidates_.begin(), candidates_.end(),
              [this](const Path& a, const Path& b) { return order(a, b) < 0; });
    List& list = lists_[node];
    list.begin = static_cast<uint32_t>(paths_.size());
    for (const Path& path : candidates_) {
      if (paths_.size() - list.begin == limit_) break;
      if (paths_.size() > list.begin && order(paths_.back(), path) == 0) continue;
      paths_.push_back(path);
    }
    list.end = static_cast<uint32_t>(paths_.size());
  }

  // Equal scores have as many morphs, so both are followed back to one place.
  int order(const Path& a, const Path& b) const noexcept {
    if (a.score != b.score) return a.score < b.score ? -1 : 1;
    int found = 0;
    for (const Path *x = &a, *y = &b;;) {
      if (const int here = compare(edges_[x->edge], edges_[y->edge]); here != 0) found = here;
      if (x->before == y->before) return found;
      x = &paths_[x->before];
      y = &paths_[y->before];
    }
  }

  const MorphLattice& lattice_;
  std::span<const Edge> edges_;
  size_t limit_;
  std::vector<Path> paths_, candidates_;
  std::vector<List> lists_;  // by node, then the end
  std::vector<uint32_t> first_, into_;
};

}  // namespace

Analyser::Analyser(std::shared_ptr<const Language> language,
                   std::shared_ptr<const MorphCosts> costs, MorphLattice::Options options)
    : language_(std::move(language)),
      index_(std::make_shared<const SuffixIndex>(language_)),
      costs_(std::move(costs)),
      options_(options) {
  const std::string_view misfit = costs_->misfit(*language_);
  if (!misfit.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "expected " + std::string(misfit));
  }
}

Analyser::Scratch::Scratch(const Analyser& analyser)
    : lattice(analyser.index_, analyser.options_) {}

void Analyser::best(std::string_view word, Scratch& scratch, std::vector<Morph>& out) const {
  out.clear();
  scratch.lattice.build(word);
  const std::span<const Edge> edges = scratch.lattice.edges();
  if (edges.empty()) {
    if (!word.empty()) out.push_back(whole_word(*language_, word));
    return;
  }
  const auto end = static_cast<uint32_t>(scratch.lattice.node_count());
  scratch.best.assign(end + 1, kNone);
  scratch.via.resize(end + 1);
  scratch.best[0] = 0;
  for (uint32_t i = 0; i < edges.size(); ++i) {
    const Edge& edge = edges[i];
    const bool is_end = edge.to == MorphLattice::kEndNode;
    const uint32_t to = is_end ? end : edge.to;
    const uint64_t score =
        extended(scratch.best[edge.from], scratch.lattice.cost(edge, *costs_), is_end);
    if (score > scratch.best[to]) continue;
    if (score == scratch.best[to] && !comes_first(edges, scratch.via, i, scratch.via[to])) continue;
    scratch.best[to] = score;
    scratch.via[to] = i;
  }
  scratch.path.clear();
  for (uint32_t node = end;;) {
    scratch.path.push_back(scratch.via[node]);
    node = edges[scratch.via[node]].from;
    if (node == 0) break;
  }
  std::reverse(scratch.path.begin(), scratch.path.end());
  scratch.lattice.path_morphs(scratch.path, out);
}

std::vector<Analysis> Analyser::all(std::string_view word, size_t limit, bool with_unknown) const {
  MorphLattice::Options options = options_;
  options.unknown_stems = with_unknown && options_.unknown_stems;
  MorphLattice lattice(index_, options);
  lattice.build(word);
  if (lattice.edges().empty() && options_.unknown_stems && !with_unknown) {
    lattice = MorphLattice(index_, options_);
    lattice.build(word);
  }
  return BestPaths(lattice, *costs_, limit).analyses();
}

}  // namespace tokrail
