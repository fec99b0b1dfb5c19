// Trail: a stack whose copies share what they have in common.
//
//   Trail<Place> trail(start);
//   trail.push(next);             // trail.top() is `next`
//   Trail<Place> fork = trail;    // O(1)
//   trail.pop(1);                 // the fork stays where it is
//
// For constraints: a place per token, forks and rollback without copying what was taken. push O(1),
// copy O(1), pop O(1) per element. Thread safety: copies are independent, each belongs to one
// thread at a time; what they share is never written. Errors: push may throw std::bad_alloc and
// then changes nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace tokrail {

template <typename Value>
class Trail {
 public:
  explicit Trail(Value first) : top_(std::make_shared<Link>(std::move(first), nullptr)) {}

  const Value& top() const noexcept { return top_->value; }
  /// Elements above the first.
  size_t size() const noexcept { return top_->number; }
  void push(Value value) { top_ = std::make_shared<Link>(std::move(value), top_); }
  /// Takes `count` elements off; there must be as many above the first.
  void pop(size_t count) noexcept {
    for (; count > 0; --count) {
      auto below = top_->below;
      top_ = std::move(below);
    }
  }

 private:
  struct Link {
    Link(Value v, std::shared_ptr<Link> b)
        : value(std::move(v)), number(b ? b->number + 1 : 0), below(std::move(b)) {}
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() {
      // A long chain is taken apart in a loop, not by recursion.
      auto next = std::move(below);
      while (next && next.use_count() == 1) {
        auto after = std::move(next->below);
        next = std::move(after);
      }
    }
    Value value;
    size_t number;
    std::shared_ptr<Link> below;
  };
  std::shared_ptr<Link> top_;
};

}  // namespace tokrail
