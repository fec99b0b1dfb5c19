#include "decoding/models/context_source.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"

namespace tokrail {
namespace {

void check_ids(std::span<const TokenId> ids, size_t vocab) {
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= vocab) {
      throw Error(ErrorCode::kInvalidArgument,
                  "token " + std::to_string(i) + " of the prompt is " + std::to_string(ids[i]) +
                      "; the source has ids below " + std::to_string(vocab));
    }
  }
}

uint64_t mixed(uint64_t hash, uint64_t value) noexcept {
  hash = (hash + value + 1) * 0x9E3779B97F4A7C15u;
  return hash ^ hash >> 29;
}

}  // namespace

EvalResult LogitSource::eval_canvas(std::span<const TokenId>, std::span<const uint32_t>) noexcept {
  return {.status = SourceStatus::kUnsupported, .logits = {}, .rows = {}};
}

ContextSource::ContextSource(SourceInfo info, size_t order)
    : info_(std::move(info)), order_(order) {
  if (info_.vocab == 0) {
    throw Error(ErrorCode::kInvalidArgument, "a source needs a vocabulary of at least one token");
  }
}

bool ContextSource::known(SequenceId sequence) const noexcept {
  return sequence >= 0 && static_cast<size_t>(sequence) < sequences_.size() &&
         sequences_[static_cast<size_t>(sequence)].open;
}

SequenceId ContextSource::new_sequence(ContextNode tip) {
  if (closed_.empty()) {
    sequences_.push_back({.tip = tip, .open = true});
    closed_.reserve(sequences_.capacity());
    return static_cast<SequenceId>(sequences_.size() - 1);
  }
  const SequenceId sequence = closed_.back();
  closed_.pop_back();
  sequences_[static_cast<size_t>(sequence)] = {.tip = tip, .open = true};
  return sequence;
}

SequenceId ContextSource::open(std::span<const TokenId> prompt) {
  check_ids(prompt, info_.vocab);
  ContextNode tip = tree_.hold(ContextTree::root());
  for (const TokenId id : prompt) {
    tip = tree_.extend(tip, id);
  }
  return new_sequence(tip);
}

bool ContextSource::fork(std::span<const SequenceId> ancestors, std::span<SequenceId> out) {
  if (ancestors.size() != out.size() ||
      !std::ranges::all_of(ancestors, [&](SequenceId id) { return known(id); })) {
    return false;
  }
  // The answers may lie where the questions do.
  for (size_t i = 0; i < ancestors.size(); ++i) {
    const ContextNode tip = sequences_[static_cast<size_t>(ancestors[i])].tip;
    out[i] = new_sequence(tree_.hold(tip));
  }
  return true;
}

void ContextSource::truncate(SequenceId sequence, size_t length) noexcept {
  if (known(sequence)) {
    Sequence& at = sequences_[static_cast<size_t>(sequence)];
    at.tip = tree_.cut(at.tip, length);
    at.nodes = 0;
  }
}

void ContextSource::close(SequenceId sequence) noexcept {
  if (known(sequence)) {
    Sequence& at = sequences_[static_cast<size_t>(sequence)];
    tree_.release(at.tip);
    at = {};
    closed_.push_back(sequence);
  }
}

size_t ContextSource::length(SequenceId sequence) const noexcept {
  return known(sequence) ? tree_.depth(sequences_[static_cast<size_t>(sequence)].tip) : 0;
}

void ContextSource::forget_nodes() noexcept {
  for (const ContextNode node : nodes_) {
    tree_.release(node);
  }
  nodes_.clear();
  parents_.clear();
  for (Sequence& sequence : sequences_) {
    sequence.nodes = 0;
  }
}

EvalResult ContextSource::failed(SourceStatus status, std::string why) {
  failure_ = std::move(why);
  return {.status = status, .logits = {}, .rows = {}};
}

// Makes the nodes of a request. False if one of them is not possible.
bool ContextSource::place_nodes(const EvalRequest& request) {
  Sequence& sequence = sequences_[static_cast<size_t>(request.sequence)];
  sequence.first_node = nodes_.size();
  for (size_t i = 0; i < request.nodes.size(); ++i) {
    const EvalNode& node = request.nodes[i];
    if (node.token >= info_.vocab || node.parent < -1 || node.parent >= static_cast<int32_t>(i)) {
      return false;
    }
    const ContextNode parent = node.parent < 0
                                   ? sequence.tip
                                   : nodes_[sequence.first_node + static_cast<size_t>(node.parent)];
    nodes_.push_back(tree_.child(parent, node.token));
    parents_.push_back(node.parent);
    ++sequence.nodes;
  }
  return true;
}

uint32_t ContextSource::row_of(ContextNode node) {
  uint64_t key = node;
  if (order_ != kWholeContext) {
    // The last tokens decide. A hash of 64 bits stands for them; the same hash with other tokens
    // is noticed, and gets a row of its own.
    ContextNode at = node;
    key = std::min<uint64_t>(tree_.depth(node), order_);
    for (size_t i = 0; i < order_ && at != ContextTree::root(); ++i, at = tree_.parent(at)) {
      key = mixed(key, tree_.token(at));
    }
  }
  const auto [found, added] = row_numbers_.try_emplace(key, static_cast<uint32_t>(sources_.size()));
  if (!added && order_ != kWholeContext) {
    ContextNode a = node;
    ContextNode b = sources_[found->second];
    for (size_t i = 0; i < order_ && a != b; ++i, a = tree_.parent(a), b = tree_.parent(b)) {
      if (a == ContextTree::root() || b == ContextTree::root() ||
          tree_.token(a) != tree_.token(b)) {
        sources_.push_back(node);
        return static_cast<uint32_t>(sources_.size() - 1);
      }
    }
  }
  if (added) {
    sources_.push_back(node);
  }
  return found->second;
}

void ContextSource::assign_rows(std::span<const EvalRequest> requests) {
  rows_.clear();
  sources_.clear();
  row_numbers_.clear();
  for (const EvalRequest& request : requests) {
    const Sequence& sequence = sequences_[static_cast<size_t>(request.sequence)];
    if (request.nodes.empty()) {
      rows_.push_back(row_of(sequence.tip));
    }
    for (size_t i = 0; i < request.nodes.size(); ++i) {
      rows_.push_back(row_of(nodes_[sequence.first_node + i]));
    }
  }
  // Contexts side by side in one array; it does not move while spans into it are made.
  size_t total = 0;
  const size_t limit = order_ == kWholeContext ? std::numeric_limits<size_t>::max() : order_;
  for (const ContextNode node : sources_) {
    total += std::min(limit, tree_.depth(node));
  }
  context_tokens_.resize(total);
  contexts_.clear();
  size_t begin = 0;
  for (const ContextNode node : sources_) {
    const std::span<TokenId> context(context_tokens_.data() + begin,
                                     std::min(limit, tree_.depth(node)));
    tree_.last(node, context);
    contexts_.push_back(context);
    begin += context.size();
  }
}

EvalResult ContextSource::evaluate(std::span<const EvalRequest> requests) {
  forget_nodes();
  failure_.clear();
  for (const EvalRequest& request : requests) {
    if (!known(request.sequence)) {
      return failed(SourceStatus::kFailed,
                    "sequence " + std::to_string(request.sequence) + " is not open");
    }
    if (info_.context_limit != 0 &&
        length(request.sequence) + request.nodes.size() > info_.context_limit) {
      return failed(SourceStatus::kContextFull,
                    "the context of " + std::to_string(info_.context_limit) + " tokens is full");
    }
    if (!place_nodes(request)) {
      return failed(SourceStatus::kFailed, "a node has a token or a parent out of range");
    }
  }
  assign_rows(requests);
  logits_.resize(sources_.size() * info_.vocab);
  if (!sources_.empty() && !fill(contexts_, logits_)) {
    if (failure_.empty()) {
      failure_ = "the source gave no logits";
    }
    return {.status = SourceStatus::kFailed, .logits = {}, .rows = {}};
  }
  EvalResult result;
  result.logits = {.data = logits_.data(),
                   .type = LogitsType::kF32,
                   .device = DeviceKind::kHost,
                   .rows = sources_.size(),
                   .vocab = info_.vocab,
                   .row_stride = info_.vocab};
  result.rows = rows_;
  return result;
}

EvalResult ContextSource::eval(std::span<const EvalRequest> requests) noexcept {
  try {
    return evaluate(requests);
  } catch (const std::exception& error) {
    try {
      failure_ = error.what();
    } catch (...) {
      failure_.clear();
    }
  } catch (...) {
    failure_.clear();
  }
  if (failure_.empty()) {
    failure_.assign("unknown error");  // short enough to need no memory
  }
  return {.status = SourceStatus::kFailed, .logits = {}, .rows = {}};
}

bool ContextSource::commit(SequenceId sequence, std::span<const int32_t> path) noexcept {
  if (!known(sequence)) {
    return false;
  }
  Sequence& at = sequences_[static_cast<size_t>(sequence)];
  int32_t before = -1;
  for (const int32_t node : path) {
    if (node < 0 || static_cast<size_t>(node) >= at.nodes ||
        parents_[at.first_node + static_cast<size_t>(node)] != before) {
      return false;
    }
    before = node;
  }
  if (before >= 0) {
    const ContextNode tip = tree_.hold(nodes_[at.first_node + static_cast<size_t>(before)]);
    tree_.release(at.tip);
    at.tip = tip;
  }
  at.nodes = 0;
  return true;
}

}  // namespace tokrail
