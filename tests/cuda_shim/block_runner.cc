#include "tests/cuda_shim/block_runner.h"

#include <boost/context/detail/fcontext.hpp>
#include <cstring>
#include <exception>
#include <new>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define TOKRAIL_FIBERS_FOR_ASAN 1
#endif

namespace tokrail::cuda_shim {

thread_local ThreadView current;

namespace {

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

constexpr unsigned kWarp = 32;
constexpr unsigned kMostThreads = 1024;
constexpr size_t kStackBytes = size_t{64} << 10;

/// Thrown in fibers that can never go on, to unwind them.
struct Cancelled {};

enum class State : uint8_t { kReady, kWaiting, kDone };

struct Fiber {
  fcontext_t context = nullptr;
  State state = State::kDone;
  Meeting waits_for = Meeting::kBarrier;
  bool waits_for_block = false;
  Dim3 index;
  const void* stack_bottom = nullptr;
  size_t stack_size = 0;
  void* fake_stack = nullptr;
};

// Where threads meet. Values are kept twice, so that a thread that is already at the next meeting
// does not overwrite what a slower one still reads.
struct Meeting2 {
  unsigned arrived = 0;
  unsigned generation = 0;
  Meeting kind = Meeting::kBarrier;
  unsigned trues[2] = {0, 0};
};

struct Warp {
  Meeting2 meeting;
  uint64_t values[2][kWarp] = {};
};

class Runner {
 public:
  ~Runner() { ::operator delete (stacks_, std::align_val_t{4096}); }

  void run_grid(Dim3 grid, Dim3 block, const std::function<void()>& body);
  unsigned meet_block(Meeting kind, bool predicate);
  const uint64_t* meet_warp(Meeting kind, uint32_t mask, uint64_t value);
  void maybe_yield();
  void spoil_shared(void* memory, size_t bytes);
  unsigned lane() const { return running_ % kWarp; }
  void set_seed(uint64_t seed) { random_ = seed * 0x9E3779B97F4A7C15 + 1; }
  uint64_t threads_run() const { return threads_run_; }

 private:
  static void enter(transfer_t transfer);
  void fiber_loop();
  void ensure_fibers(unsigned count);
  void run_block();
  void wait(Meeting kind, bool for_block);
  void switch_to(unsigned next);
  void leave_to_main();
  void next_or_main();
  void arrive(Meeting2& meeting, Meeting kind);
  void release(unsigned first, unsigned last);
  void describe_divergence();
  void fail(std::string text);
  uint32_t random(uint32_t bound);
  void jump(fcontext_t to, fcontext_t* save);
  void before_jump(void** fake_stack, const void* bottom, size_t size);
  void after_jump(void* fake_stack);

  std::vector<Fiber> fibers_;
  std::vector<Warp> warps_;
  std::vector<unsigned> ready_;
  std::vector<const void*> spoiled_;
  std::byte* stacks_ = nullptr;
  Meeting2 block_meeting_;
  const std::function<void()>* body_ = nullptr;
  fcontext_t main_ = nullptr;
  void* main_fake_stack_ = nullptr;
  const void* main_bottom_ = nullptr;
  size_t main_size_ = 0;
  unsigned threads_ = 0;
  unsigned running_ = 0;
  unsigned unfinished_ = 0;
  bool cancelling_ = false;
  bool in_block_ = false;
  std::string failure_;
  uint64_t random_ = 0x9E3779B97F4A7C15;
  uint64_t threads_run_ = 0;
};

Runner& runner() {
  thread_local Runner instance;
  return instance;
}

const char* name(Meeting kind) {
  switch (kind) {
    case Meeting::kBarrier: return "__syncthreads";
    case Meeting::kCount: return "__syncthreads_count";
    case Meeting::kOr: return "__syncthreads_or";
    case Meeting::kAnd: return "__syncthreads_and";
    case Meeting::kWarp: return "__syncwarp";
    case Meeting::kShuffle: return "a shuffle";
    case Meeting::kBallot: return "a vote";
    case Meeting::kReduce: return "a warp reduction";
  }
  return "?";
}

uint32_t Runner::random(uint32_t bound) {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return static_cast<uint32_t>(((random_ >> 32) * bound) >> 32);
}

void Runner::before_jump([[maybe_unused]] void** fake_stack, [[maybe_unused]] const void* bottom,
                         [[maybe_unused]] size_t size) {
#ifdef TOKRAIL_FIBERS_FOR_ASAN
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#endif
}

void Runner::after_jump([[maybe_unused]] void* fake_stack) {
#ifdef TOKRAIL_FIBERS_FOR_ASAN
  // Whoever jumped here for the first time was the host thread: that is where its stack becomes
  // known.
  const void* bottom = nullptr;
  size_t size = 0;
  __sanitizer_finish_switch_fiber(fake_stack, &bottom, &size);
  if (main_bottom_ == nullptr) {
    main_bottom_ = bottom;
    main_size_ = size;
  }
#endif
}

// Whoever arrives stores where the one who left stopped.
void Runner::jump(fcontext_t to, fcontext_t* save) {
  const transfer_t from = jump_fcontext(to, save);
  *static_cast<fcontext_t*>(from.data) = from.fctx;
}

void Runner::enter(transfer_t from) {
  *static_cast<fcontext_t*>(from.data) = from.fctx;
  Runner& self = runner();
  self.after_jump(nullptr);
  self.fiber_loop();
}

// A fiber lives as long as its host thread and runs one CUDA thread of each block.
void Runner::fiber_loop() {
  for (;;) {
    try {
      if (!cancelling_) (*body_)();
    } catch (const Cancelled&) {
    } catch (const std::exception& error) {
      fail(std::string("a kernel threw: ") + error.what());
    }
    fibers_[running_].state = State::kDone;
    --unfinished_;
    next_or_main();
  }
}

void Runner::ensure_fibers(unsigned count) {
  if (count > kMostThreads) throw std::runtime_error("a block has at most 1024 threads");
  if (stacks_ == nullptr) {
    stacks_ =
        static_cast<std::byte*>(::operator new (kMostThreads* kStackBytes, std::align_val_t{4096}));
    fibers_.reserve(kMostThreads);  // fibers that wait keep their address
  }
  while (fibers_.size() < count) {
    const size_t number = fibers_.size();
    // Stacks begin at different lines of a page, else all of them fight for the same cache sets.
    std::byte* bottom = stacks_ + number * kStackBytes;
    const size_t size = kStackBytes - (number % 61) * 192;
    Fiber fiber;
    fiber.context = make_fcontext(bottom + size, size, &Runner::enter);
    fiber.stack_bottom = bottom;
    fiber.stack_size = size;
    fibers_.push_back(fiber);
  }
}

void Runner::switch_to(unsigned next) {
  Fiber& from = fibers_[running_];
  running_ = next;
  current.thread_index = fibers_[next].index;
  before_jump(&from.fake_stack, fibers_[next].stack_bottom, fibers_[next].stack_size);
  jump(fibers_[next].context, &from.context);
  after_jump(from.fake_stack);
}

void Runner::leave_to_main() {
  Fiber& from = fibers_[running_];
  before_jump(&from.fake_stack, main_bottom_, main_size_);
  jump(main_, &from.context);
  after_jump(from.fake_stack);
}

// Gives way to a thread that can go on; with none left, the block is done or stuck.
void Runner::next_or_main() {
  if (ready_.empty() && unfinished_ > 0) {
    describe_divergence();
    release(0, threads_);
  }
  if (ready_.empty()) {
    leave_to_main();
    return;
  }
  const uint32_t chosen = random(static_cast<uint32_t>(ready_.size()));
  const unsigned next = ready_[chosen];
  ready_[chosen] = ready_.back();
  ready_.pop_back();
  if (next != running_) switch_to(next);
}

void Runner::release(unsigned first, unsigned last) {
  for (unsigned i = first; i < last; ++i) {
    if (fibers_[i].state != State::kWaiting) continue;
    fibers_[i].state = State::kReady;
    ready_.push_back(i);
  }
}

void Runner::fail(std::string text) {
  if (failure_.empty()) failure_ = std::move(text);
  cancelling_ = true;
}

void Runner::describe_divergence() {
  if (cancelling_) return;
  std::string text = "divergence in block (" + std::to_string(current.block_index.x) + ", " +
                     std::to_string(current.block_index.y) + "): of " + std::to_string(threads_) +
                     " threads " + std::to_string(threads_ - unfinished_) + " have returned";
  for (unsigned i = 0; i < threads_; ++i) {
    if (fibers_[i].state != State::kWaiting) continue;
    text += "; thread " + std::to_string(i) + " waits at " + name(fibers_[i].waits_for) +
            (fibers_[i].waits_for_block ? " of the block" : " of its warp");
    break;
  }
  fail(std::move(text));
}

void Runner::wait(Meeting kind, bool for_block) {
  Fiber& self = fibers_[running_];
  self.state = State::kWaiting;
  self.waits_for = kind;
  self.waits_for_block = for_block;
  next_or_main();
  if (cancelling_) throw Cancelled{};
}

void Runner::arrive(Meeting2& meeting, Meeting kind) {
  if (meeting.arrived == 0) meeting.kind = kind;
  if (meeting.kind != kind) {
    fail(std::string("threads meet at ") + name(meeting.kind) + " and at " + name(kind));
    throw Cancelled{};
  }
  ++meeting.arrived;
}

unsigned Runner::meet_block(Meeting kind, bool predicate) {
  if (cancelling_) throw Cancelled{};
  Meeting2& meeting = block_meeting_;
  const unsigned side = meeting.generation & 1;
  arrive(meeting, kind);
  meeting.trues[side] += predicate ? 1 : 0;
  if (meeting.arrived < threads_) {
    wait(kind, true);
  } else {
    meeting.arrived = 0;
    meeting.trues[side ^ 1] = 0;
    ++meeting.generation;
    release(0, threads_);
    // The last to come is not always the first to go.
    ready_.push_back(running_);
    next_or_main();
    if (cancelling_) throw Cancelled{};
  }
  return meeting.trues[side];
}

const uint64_t* Runner::meet_warp(Meeting kind, uint32_t mask, uint64_t value) {
  if (cancelling_) throw Cancelled{};
  if (mask != 0xFFFFFFFF) {
    fail("a warp operation with a mask other than all lanes");
    throw Cancelled{};
  }
  const unsigned number = running_ / kWarp;
  Warp& warp = warps_[number];
  const unsigned side = warp.meeting.generation & 1;
  arrive(warp.meeting, kind);
  warp.values[side][running_ % kWarp] = value;
  if (warp.meeting.arrived < kWarp) {
    wait(kind, false);
  } else {
    warp.meeting.arrived = 0;
    ++warp.meeting.generation;
    release(number * kWarp, number * kWarp + kWarp);
  }
  return warps_[number].values[side];
}

void Runner::maybe_yield() {
  if (ready_.empty() || random(8) != 0) return;
  ready_.push_back(running_);
  next_or_main();
  if (cancelling_) throw Cancelled{};
}

void Runner::spoil_shared(void* memory, size_t bytes) {
  for (const void* seen : spoiled_) {
    if (seen == memory) return;
  }
  spoiled_.push_back(memory);
  // NaN as float and as double, large as a number.
  std::memset(memory, 0xFF, bytes);
}

void Runner::run_block() {
  spoiled_.clear();
  block_meeting_ = {};
  for (Warp& warp : warps_) warp.meeting = {};
  ready_.resize(threads_);
  std::iota(ready_.begin(), ready_.end(), 0U);
  const Dim3 size = current.block_size;
  for (unsigned i = 0; i < threads_; ++i) {
    fibers_[i].state = State::kReady;
    fibers_[i].index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
  }
  unfinished_ = threads_;
  threads_run_ += threads_;
  const uint32_t chosen = random(threads_);
  running_ = ready_[chosen];
  ready_[chosen] = ready_.back();
  ready_.pop_back();
  current.thread_index = fibers_[running_].index;
  before_jump(&main_fake_stack_, fibers_[running_].stack_bottom, fibers_[running_].stack_size);
  jump(fibers_[running_].context, &main_);
  after_jump(main_fake_stack_);
}

void Runner::run_grid(Dim3 grid, Dim3 block, const std::function<void()>& body) {
  if (in_block_) throw std::runtime_error("a kernel cannot launch a kernel");
  threads_ = block.x * block.y * block.z;
  if (threads_ == 0 || threads_ % kWarp != 0) {
    throw std::runtime_error("blocks are whole warps, not " + std::to_string(threads_) +
                             " threads");
  }
  ensure_fibers(threads_);
  warps_.resize(threads_ / kWarp);
  body_ = &body;
  current.block_size = block;
  current.grid_size = grid;
  in_block_ = true;
  std::vector<unsigned> order(size_t{grid.x} * grid.y * grid.z);
  std::iota(order.begin(), order.end(), 0U);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random(static_cast<uint32_t>(i))]);
  }
  for (const unsigned number : order) {
    current.block_index = {number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
    run_block();
    if (!failure_.empty()) break;
  }
  in_block_ = false;
  cancelling_ = false;
  if (!failure_.empty()) throw std::runtime_error(std::exchange(failure_, {}));
}

}  // namespace

unsigned meet_block(Meeting kind, bool predicate) {
  return runner().meet_block(kind, predicate);
}
const uint64_t* meet_warp(Meeting kind, uint32_t mask, uint64_t value) {
  return runner().meet_warp(kind, mask, value);
}
void spoil_shared(void* memory, size_t bytes) {
  runner().spoil_shared(memory, bytes);
}
void maybe_yield() {
  runner().maybe_yield();
}
unsigned lane() {
  return runner().lane();
}
void set_seed(uint64_t seed) {
  runner().set_seed(seed);
}
uint64_t threads_run() {
  return runner().threads_run();
}
void run_grid(Dim3 grid, Dim3 block, const std::function<void()>& body) {
  runner().run_grid(grid, block, body);
}

}  // namespace tokrail::cuda_shim
