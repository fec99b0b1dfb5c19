#include "tokenizers/morphology/double_array.h"

#include <algorithm>
#include <bitset>

namespace tokrail {
namespace {

constexpr size_t kBlock = 256;
/// Blocks that are still looked at for free slots; older ones are full enough.
constexpr size_t kOpenBlocks = 8;

/// Keys [begin, end) share `depth` bytes; `node` stands behind them.
struct Range {
  size_t begin, end, depth;
  uint32_t node;
};

struct Child {
  uint8_t byte;
  size_t begin, end;
};

class Builder {
 public:
  explicit Builder(const std::vector<std::string>& keys) : keys_(keys) {}

  DoubleArray build() {
    result_.nodes.resize(keys_.size());
    add_block();
    used_[0].set(0);
    std::vector<Range> open{{0, keys_.size(), 0, 0}};
    while (!open.empty()) {
      Range range = open.back();
      open.pop_back();
      if (range.begin < range.end && keys_[range.begin].size() == range.depth) {
        result_.nodes[range.begin++] = range.node;
      }
      if (range.begin == range.end) continue;
      const std::vector<Child> children = children_of(range);
      const uint32_t base = place(children);
      result_.units[range.node].base = base;
      for (size_t i = children.size(); i-- > 0;) {
        const uint32_t slot = base ^ children[i].byte;
        used_[slot / kBlock].set(slot % kBlock);
        result_.units[slot].check = range.node;
        open.push_back({children[i].begin, children[i].end, range.depth + 1, slot});
      }
    }
    return std::move(result_);
  }

 private:
  void add_block() {
    result_.units.resize(result_.units.size() + kBlock);
    used_.emplace_back();
  }

  std::vector<Child> children_of(const Range& range) const {
    std::vector<Child> children;
    for (size_t i = range.begin; i < range.end; ++i) {
      const auto byte = static_cast<uint8_t>(keys_[i][range.depth]);
      if (children.empty() || children.back().byte != byte) children.push_back({byte, i, i});
      children.back().end = i + 1;
    }
    return children;
  }

  /// A base whose slots for all children are free.
  uint32_t place(const std::vector<Child>& children) {
    const size_t first = used_.size() > kOpenBlocks ? used_.size() - kOpenBlocks : 0;
    for (size_t block = first; block < used_.size(); ++block) {
      if (used_[block].all()) continue;
      for (uint32_t base = 0; base < kBlock; ++base) {
        const bool fits = std::none_of(children.begin(), children.end(), [&](const Child& child) {
          return used_[block].test(base ^ child.byte);
        });
        if (fits) return static_cast<uint32_t>(block * kBlock + base);
      }
    }
    add_block();
    return static_cast<uint32_t>((used_.size() - 1) * kBlock);
  }

  const std::vector<std::string>& keys_;
  DoubleArray result_;
  std::vector<std::bitset<kBlock>> used_;
};

}  // namespace

DoubleArray build_double_array(const std::vector<std::string>& keys) {
  return Builder(keys).build();
}

}  // namespace tokrail
