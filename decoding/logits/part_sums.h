// The sums of a row's blocks, folded to the row's total, and the way from a uniform to a block.
// The order of all sums is the law of logit_math.h. Not a public header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "decoding/logits/logit_math.h"

namespace tokrail::logit_math {

/// A block that takes part.
struct Part {
  uint32_t block = 0;
  float max = -kInfinity;  ///< largest a; finite where sum > 0
  float sum = 0;           ///< weights relative to `reference`
  uint32_t first = 0;      ///< where the entries of a list begin; not used otherwise
  double reference = 0;
};

class PartSums {
 public:
  /// In rising order of block. After a change fold() has to be called.
  std::vector<Part> parts;

  void clear() noexcept;
  /// Sets the part's maximum and sum and, from them, its reference.
  static void set(Part& part, float max, float sum, float c) noexcept;
  /// Adds everything up.
  void fold();
  /// Adds up again after part `index` alone has changed.
  void refold(size_t index);

  double top() const noexcept { return top_; }
  double total() const noexcept { return total_; }
  bool empty() const noexcept { return !(total_ > 0); }
  /// Natural logarithm of the sum.
  double log_sum() const noexcept;

  /// The part where the running sum passes u * total; `target` is what is left of it there, in
  /// units of the part's weights. parts.size() where there is no mass.
  size_t pick(double u, double& target) const noexcept;

 private:
  struct Group {
    size_t begin = 0;
    size_t end = 0;
    double total = 0;
  };
  double add_group(const Group& group) const noexcept;

  std::vector<Group> groups_;
  double top_ = 0;
  double total_ = 0;
};

}  // namespace tokrail::logit_math
