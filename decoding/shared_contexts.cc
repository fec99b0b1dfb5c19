#include "decoding/shared_contexts.h"

#include <algorithm>
#include <numeric>

namespace tokrail {

SharedContexts::SharedContexts(LogitSource& source, std::span<const TokenId> prompt, size_t lanes)
    : source_(source), root_(source.open(prompt)), lane_context_(lanes, kNowhere), steps_(lanes) {
  for (size_t lane = 0; lane < lanes; ++lane) {
    restart(lane);
  }
}

SharedContexts::~SharedContexts() {
  for (const Context& context : contexts_) {
    source_.close(context.sequence);
  }
  source_.close(root_);
}

void SharedContexts::extend(size_t lane, std::span<const TokenId> tokens) {
  steps_[lane].from = lane_context_[lane];
  steps_[lane].tokens.assign(tokens.begin(), tokens.end());
}

void SharedContexts::leave(size_t lane) noexcept {
  lane_context_[lane] = kNowhere;
  steps_[lane].tokens.clear();
}

void SharedContexts::restart(size_t lane) {
  lane_context_[lane] = 0;  // anywhere: the step says where it comes from
  steps_[lane].from = kNowhere;
  steps_[lane].tokens.clear();
}

void SharedContexts::resample(std::span<const uint32_t> ancestors) {
  const std::vector<uint32_t> old_context = lane_context_;
  const std::vector<Step> old_steps = steps_;
  for (size_t lane = 0; lane < ancestors.size(); ++lane) {
    lane_context_[lane] = old_context[ancestors[lane]];
    steps_[lane] = old_steps[ancestors[lane]];
  }
}

// Rows are valid until here: what was evaluated is kept by the source before it is asked to fork.
bool SharedContexts::commit_all() {
  for (Context& context : contexts_) {
    path_.resize(context.pending.size());
    std::iota(path_.begin(), path_.end(), 0);
    if (!path_.empty() && !source_.commit(context.sequence, path_)) {
      return false;
    }
    context.pending.clear();
  }
  return true;
}

bool SharedContexts::move_on() {
  if (!commit_all()) {
    return false;
  }
  // Lanes in the order of their steps, so that equal steps are neighbours; ties by lane keep it the
  // same on every run.
  std::vector<uint32_t> order;
  for (uint32_t lane = 0; lane < lane_context_.size(); ++lane) {
    if (lane_context_[lane] != kNowhere) {
      order.push_back(lane);
    }
  }
  const auto before = [&](uint32_t a, uint32_t b) {
    const Step& x = steps_[a];
    const Step& y = steps_[b];
    return x.from != y.from ? x.from < y.from : x.tokens < y.tokens;
  };
  std::stable_sort(order.begin(), order.end(), before);
  std::vector<Context> next;
  std::vector<uint32_t> origins;  // of each of them
  for (size_t i = 0; i < order.size(); ++i) {
    const Step& step = steps_[order[i]];
    if (i == 0 || step != steps_[order[i - 1]]) {
      next.push_back({.sequence = -1, .pending = step.tokens});
      origins.push_back(step.from);
    }
    lane_context_[order[i]] = static_cast<uint32_t>(next.size() - 1);
  }
  // The first that goes on from a context keeps its sequence; the others are forks of it.
  std::vector<SequenceId> ancestors;
  std::vector<size_t> forked;
  std::vector<uint8_t> kept(contexts_.size(), 0);
  for (size_t i = 0; i < next.size(); ++i) {
    if (origins[i] != kNowhere && kept[origins[i]] == 0) {
      kept[origins[i]] = 1;
      next[i].sequence = contexts_[origins[i]].sequence;
    } else {
      ancestors.push_back(origins[i] == kNowhere ? root_ : contexts_[origins[i]].sequence);
      forked.push_back(i);
    }
  }
  std::vector<SequenceId> forks(ancestors.size());
  if (!ancestors.empty() && !source_.fork(ancestors, forks)) {
    return false;
  }
  for (size_t i = 0; i < forked.size(); ++i) {
    next[forked[i]].sequence = forks[i];
  }
  for (size_t i = 0; i < contexts_.size(); ++i) {
    if (kept[i] == 0) {
      source_.close(contexts_[i].sequence);
    }
  }
  contexts_ = std::move(next);
  return true;
}

EvalResult SharedContexts::eval() {
  nodes_.resize(contexts_.size());
  requests_.clear();
  for (size_t i = 0; i < contexts_.size(); ++i) {
    nodes_[i].clear();
    int32_t parent = -1;
    for (const TokenId token : contexts_[i].pending) {
      nodes_[i].push_back({.token = token, .parent = parent});
      ++parent;
    }
    requests_.push_back({.sequence = contexts_[i].sequence, .nodes = nodes_[i]});
  }
  const EvalResult result = source_.eval(requests_);
  if (result.status != SourceStatus::kOk) {
    return result;
  }
  rows_.assign(result.rows.begin(), result.rows.end());
  size_t answer = 0;
  for (size_t i = 0; i < contexts_.size(); ++i) {
    contexts_[i].first_row = answer;
    contexts_[i].rows = std::max<size_t>(nodes_[i].size(), 1);
    answer += contexts_[i].rows;
  }
  return result;
}

}  // namespace tokrail
