// The CUDA backend on a card: equal to the CPU first, then how fast.
//
//   gpu_bench [--quick]
//
// Sweeps operation x rows x vocabulary x number format x share of allowed tokens. A time is that of
// a CUDA graph with many launches over buffers that together are larger than the second-level
// cache, divided by their number; the median of several replays. Prints one table; exit code 1
// where an answer is not that of the CPU, 2 where there is no card.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/bitset.h"
#include "decoding/logits/backend.h"
#include "tests/decoding/cuda_cases.h"

namespace tokrail {
namespace {

using test::CudaCase;
using test::CudaCases;

void must(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
  std::exit(3);
}

// Memory of the device.
template <typename T>
class Buffer {
 public:
  explicit Buffer(size_t count) : count_(count) {
    must(cudaMalloc(&data_, std::max<size_t>(count, 1) * sizeof(T)), "cudaMalloc");
  }
  Buffer(const T* from, size_t count) : Buffer(count) {
    if (count > 0) {
      must(cudaMemcpy(data_, from, count * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
    }
  }
  explicit Buffer(const std::vector<T>& from) : Buffer(from.data(), from.size()) {}
  ~Buffer() { cudaFree(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* get() const { return static_cast<T*>(data_); }
  std::vector<T> read() const {
    std::vector<T> out(count_);
    must(cudaMemcpy(out.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
    return out;
  }

 private:
  void* data_ = nullptr;
  size_t count_;
};

// A batch on the device, from one on the host.
struct DeviceCase {
  explicit DeviceCase(const CudaCase& c)
      : storage(logits_bytes(c)),
        masks(c.mask_storage),
        row_index(c.row_index),
        adjustments(c.adjustments),
        offsets(c.adjustment_offsets),
        parameters(c.parameters),
        batch(c.batch) {
    batch.logits.data = storage.get();
    batch.logits.device = DeviceKind::kCuda;
    if (batch.masks.words != nullptr) batch.masks.words = masks.get();
    if (batch.masks.row_index != nullptr) batch.masks.row_index = row_index.get();
    if (batch.adjustments.entries != nullptr) {
      batch.adjustments = {.entries = adjustments.get(), .offsets = offsets.get()};
    }
    batch.parameters = parameters.get();
  }

  static std::vector<unsigned char> logits_bytes(const CudaCase& c) {
    const LogitsView& logits = c.batch.logits;
    const auto* from = static_cast<const unsigned char*>(logits.data);
    const size_t count = ((logits.rows - 1) * logits.row_stride + logits.vocab);
    return {from, from + count * bytes_per_logit(logits.type)};
  }

  Buffer<unsigned char> storage;
  Buffer<uint32_t> masks;
  Buffer<int32_t> row_index;
  Buffer<Adjustment> adjustments;
  Buffer<uint32_t> offsets;
  Buffer<RowParameters> parameters;
  SampleBatch batch;
};

// Tokens that differ from the CPU's, over random batches of every kind.
size_t count_differences(Backend& gpu, size_t batches) {
  size_t different = 0;
  size_t rows_seen = 0;
  for (size_t i = 0; i < batches; ++i) {
    CudaCases cases(20260000 + i);
    constexpr size_t kVocabs[] = {300, 1024, 5000, 32000, 131072};
    const size_t vocab = kVocabs[i % 5] + cases.below(3);
    const size_t rows = 1 + cases.below(i % 7 == 0 ? 300 : 6);
    CudaCase c = cases.next(rows, vocab);
    c.batch.outputs = kWithLogSumAll;
    const DeviceCase on_gpu(c);
    const size_t bytes = gpu.workspace_bytes(rows, vocab);
    Buffer<unsigned char> workspace(bytes);
    std::vector<RowResult> want(rows);
    sample_masked(c.batch, want);
    Buffer<RowResult> results(rows);
    gpu.sample_masked(on_gpu.batch, results.get(), {workspace.get(), bytes}, nullptr);
    constexpr uint32_t kDraws = 4;
    std::vector<Draw> want_draws(rows * kDraws);
    draw_without_replacement(c.batch, kDraws, want_draws);
    Buffer<Draw> draws(rows * kDraws);
    gpu.draw_without_replacement(on_gpu.batch, kDraws, draws.get(), {workspace.get(), bytes},
                                 nullptr);
    must(cudaDeviceSynchronize(), "running the kernels");
    const std::vector<RowResult> got = results.read();
    const std::vector<Draw> got_draws = draws.read();
    for (size_t row = 0; row < rows; ++row) {
      different += got[row].token != want[row].token || got[row].flags != want[row].flags ? 1 : 0;
    }
    for (size_t at = 0; at < got_draws.size(); ++at) {
      different += got_draws[at].token != want_draws[at].token ? 1 : 0;
    }
    rows_seen += rows;
  }
  std::printf("%zu random rows: %zu answers differ from the CPU's\n", rows_seen, different);
  return different;
}

struct Point {
  const char* operation;
  size_t rows, vocab;
  LogitsType type;
  double allowed;
};

RowParameters parameters_of(const std::string& operation, size_t row) {
  RowParameters p;
  p.seed = 7;
  p.stream = row;
  p.inverse_temperature = 1 / 0.8f;
  if (operation == "sample_minp") p.min_p = 0.05f;
  if (operation == "sample_topp") p.top_p = 0.95f;
  if (operation == "sample_topk") p.top_k = 40;
  if (operation == "greedy") p.inverse_temperature = kGreedy;
  return p;
}

// Buffers that are used in turn, so that no launch finds its logits in the cache.
class Timed {
 public:
  Timed(Backend& gpu, const Point& point, size_t cache_bytes) : gpu_(gpu), point_(point) {
    std::mt19937_64 random(1);
    std::normal_distribution<float> normal(0, 3);
    const size_t count = point.rows * point.vocab;
    const size_t width = bytes_per_logit(point.type);
    std::vector<unsigned char> bytes(count * width);
    for (size_t i = 0; i < count; ++i) {
      const float value = i < (1u << 22) ? normal(random) : 0;
      uint32_t bits;
      std::memcpy(&bits, &value, 4);
      const uint16_t half = static_cast<uint16_t>(bits >> 16);
      if (i >= (1u << 22)) {
        std::memcpy(&bytes[i * width], &bytes[(i - (1u << 22)) * width], width);
      } else if (width == 4) {
        std::memcpy(&bytes[i * 4], &value, 4);
      } else {
        std::memcpy(&bytes[i * 2], &half, 2);
      }
    }
    const size_t copies = std::clamp<size_t>(3 * cache_bytes / bytes.size(), 2, 64);
    for (size_t i = 0; i < copies; ++i) {
      logits_.push_back(std::make_unique<Buffer<unsigned char>>(bytes));
    }
    words_ = mask_words(point.vocab);
    std::vector<uint32_t> mask(point.rows * words_);
    const auto limit = static_cast<uint64_t>(point.allowed * 0x1p32);
    for (size_t i = 0; i < mask.size(); ++i) {
      for (unsigned bit = 0; bit < 32; ++bit) {
        mask[i] |= static_cast<uint32_t>((random() >> 32) < limit ? 1 : 0) << bit;
      }
    }
    masks_ = std::make_unique<Buffer<uint32_t>>(mask);
    std::vector<RowParameters> parameters;
    for (size_t row = 0; row < point.rows; ++row) {
      parameters.push_back(parameters_of(point.operation, row));
    }
    parameters_ = std::make_unique<Buffer<RowParameters>>(parameters);
    results_ = std::make_unique<Buffer<RowResult>>(point.rows);
    workspace_bytes_ = gpu.workspace_bytes(point.rows, point.vocab);
    workspace_ = std::make_unique<Buffer<unsigned char>>(workspace_bytes_);
  }

  double median_us() {
    cudaStream_t stream = nullptr;
    must(cudaStreamCreate(&stream), "cudaStreamCreate");
    const size_t launches = std::max<size_t>(logits_.size(), 16);
    must(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "capture");
    for (size_t i = 0; i < launches; ++i) launch(i % logits_.size(), stream);
    cudaGraph_t graph = nullptr;
    must(cudaStreamEndCapture(stream, &graph), "capture");
    cudaGraphExec_t executable = nullptr;
    must(cudaGraphInstantiate(&executable, graph, 0), "cudaGraphInstantiate");
    cudaEvent_t begin = nullptr;
    cudaEvent_t end = nullptr;
    must(cudaEventCreate(&begin), "cudaEventCreate");
    must(cudaEventCreate(&end), "cudaEventCreate");
    std::vector<double> times;
    for (int repeat = 0; repeat < 13; ++repeat) {
      must(cudaEventRecord(begin, stream), "cudaEventRecord");
      must(cudaGraphLaunch(executable, stream), "cudaGraphLaunch");
      must(cudaEventRecord(end, stream), "cudaEventRecord");
      must(cudaEventSynchronize(end), "cudaEventSynchronize");
      float ms = 0;
      must(cudaEventElapsedTime(&ms, begin, end), "cudaEventElapsedTime");
      if (repeat >= 3) times.push_back(static_cast<double>(ms) * 1000);
    }
    std::nth_element(times.begin(), times.begin() + 5, times.end());
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    cudaGraphExecDestroy(executable);
    cudaGraphDestroy(graph);
    cudaStreamDestroy(stream);
    return times[5] / static_cast<double>(launches);
  }

 private:
  void launch(size_t copy, cudaStream_t stream) {
    const LogitsView logits{.data = logits_[copy]->get(),
                            .type = point_.type,
                            .device = DeviceKind::kCuda,
                            .rows = point_.rows,
                            .vocab = point_.vocab,
                            .row_stride = point_.vocab};
    const MaskView masks{.words = point_.allowed < 1 ? masks_->get() : nullptr,
                         .row_words = words_};
    if (std::strcmp(point_.operation, "apply_bitmask") == 0) {
      gpu_.apply_bitmask({.data = logits_[copy]->get(),
                          .type = logits.type,
                          .device = DeviceKind::kCuda,
                          .rows = logits.rows,
                          .vocab = logits.vocab,
                          .row_stride = logits.row_stride},
                         masks, stream);
      return;
    }
    const bool all = std::strcmp(point_.operation, "sample_masked") == 0;
    const bool greedy = std::strcmp(point_.operation, "greedy") == 0;
    gpu_.sample_masked({.logits = logits,
                        .masks = masks,
                        .parameters = parameters_->get(),
                        .outputs = all      ? uint32_t{kWithLogSumAll}
                                   : greedy ? uint32_t{kTokenOnly}
                                            : uint32_t{kMaskedOnly}},
                       results_->get(), {workspace_->get(), workspace_bytes_}, stream);
  }

  Backend& gpu_;
  Point point_;
  std::vector<std::unique_ptr<Buffer<unsigned char>>> logits_;
  std::unique_ptr<Buffer<uint32_t>> masks_;
  std::unique_ptr<Buffer<RowParameters>> parameters_;
  std::unique_ptr<Buffer<RowResult>> results_;
  std::unique_ptr<Buffer<unsigned char>> workspace_;
  size_t workspace_bytes_ = 0;
  size_t words_ = 0;
};

const char* name_of(LogitsType type) {
  return type == LogitsType::kF32 ? "f32" : type == LogitsType::kBf16 ? "bf16" : "f16";
}

void print_table(Backend& gpu, bool quick) {
  cudaDeviceProp properties{};
  must(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
  const size_t cache = static_cast<size_t>(properties.l2CacheSize);
  std::printf("%-15s %5s %7s %5s %8s %10s %8s\n", "op", "rows", "vocab", "type", "allowed", "us",
              "GB/s");
  for (const char* operation :
       {"sample_masked", "sample_minp", "sample_topp", "sample_topk", "greedy", "apply_bitmask"}) {
    for (const size_t vocab : {size_t{32768}, size_t{131072}, size_t{262144}}) {
      for (const size_t rows : {1, 8, 64, 512}) {
        for (const LogitsType type : {LogitsType::kF32, LogitsType::kBf16}) {
          for (const double allowed : {1.0, 0.5, 0.001}) {
            if (quick && (vocab != 131072 || allowed != 0.5)) continue;
            const Point point{operation, rows, vocab, type, allowed};
            const double us = Timed(gpu, point, cache).median_us();
            const double bytes = static_cast<double>(rows * vocab) *
                                 (static_cast<double>(bytes_per_logit(type)) + 0.125);
            std::printf("%-15s %5zu %7zu %5s %8g %10.2f %8.0f\n", operation, rows, vocab,
                        name_of(type), allowed, us, bytes / us / 1000);
            std::fflush(stdout);
          }
        }
      }
    }
  }
}

int run(bool quick) {
  std::string why;
  Backend* const gpu = Backend::cuda(&why);
  if (gpu == nullptr) {
    std::printf("no card: %s\n", why.c_str());
    return 2;
  }
  std::printf("%s beside %s\n", gpu->name().c_str(), Backend::cpu().name().c_str());
  if (count_differences(*gpu, quick ? 100 : 1000) > 0) return 1;
  print_table(*gpu, quick);
  return 0;
}

}  // namespace
}  // namespace tokrail

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
  return tokrail::run(quick);
}
