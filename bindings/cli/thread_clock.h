// Processor time of the calling thread, in microseconds.
//
//   const ThreadClock clock;                       // measures what asking costs
//   const double begin = clock.now();
//   work();
//   const double spent = clock.since(begin);       // less that cost, at least 0
#pragma once

#include <algorithm>
#include <array>
#include <ctime>

namespace tokrail::cli {

class ThreadClock {
 public:
  ThreadClock() {
    std::array<double, 1001> costs{};
    for (double& cost : costs) {
      const double begin = now();
      cost = now() - begin;
    }
    std::nth_element(costs.begin(), costs.begin() + costs.size() / 2, costs.end());
    cost_ = costs[costs.size() / 2];
  }

  double now() const noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
  }
  double since(double begin) const noexcept { return std::max(0.0, now() - begin - cost_); }

 private:
  double cost_ = 0;
};

}  // namespace tokrail::cli
