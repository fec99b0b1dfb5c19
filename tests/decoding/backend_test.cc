// Backends: the CPU behind the interface, and what a machine without a GPU answers.
#include "decoding/logits/backend.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "base/error.h"
#include "decoding/logits/cuda_backend.h"

namespace tokrail {
namespace {

TEST(Backend, CpuSamples) {
  const std::vector<float> logits{0, 3, 1, -2, 5, 1};
  const std::vector<uint32_t> mask{0b101111};
  RowParameters parameters;
  parameters.inverse_temperature = kGreedy;
  const SampleBatch batch{.logits = {.data = logits.data(), .rows = 1, .vocab = 6, .row_stride = 6},
                          .masks = {.words = mask.data(), .row_words = 1},
                          .parameters = &parameters};
  Backend& cpu = Backend::cpu();
  EXPECT_EQ(cpu.device(), DeviceKind::kHost);
  EXPECT_EQ(cpu.name().substr(0, 5), "cpu (");
  RowResult result;
  cpu.sample_masked(batch, &result, {}, nullptr);
  EXPECT_EQ(result.token, 1u);
  TokenId ids[2];
  float values[2];
  cpu.top_k(batch.logits, {}, 2, ids, values, {}, nullptr);
  EXPECT_EQ(ids[0], 4u);
  EXPECT_EQ(ids[1], 1u);
  const uint32_t offsets[] = {0, 1};
  float log_prob = 0;
  cpu.gather_log_probs(batch, ids, offsets, &log_prob, nullptr, {}, nullptr);
  EXPECT_TRUE(std::isinf(log_prob));
  Draw draws[3];
  cpu.draw_without_replacement(batch, 3, draws, {}, nullptr);
  EXPECT_EQ(draws[0].token, 1u);
  EXPECT_EQ(draws[1].token, 2u);
  const uint32_t rows[] = {1, 2, 4};
  const uint32_t list[] = {0, 2};
  const uint32_t list_offsets[] = {0, 2};
  uint32_t united = 0;
  cpu.mask_union({rows, 3, 1}, {list, list_offsets, 1}, &united, nullptr);
  EXPECT_EQ(united, 5u);
}

TEST(Backend, ThereIsAlwaysOne) {
  std::string why;
  Backend* const cuda = Backend::cuda(&why);
  EXPECT_EQ(cuda == nullptr, !why.empty()) << why;
  EXPECT_EQ(&Backend::best(), cuda == nullptr ? &Backend::cpu() : cuda);
}

TEST(Backend, ManyThreadsMayAskAtOnce) {
  std::vector<Backend*> seen(8);
  std::vector<std::thread> threads;
  for (Backend*& backend : seen) threads.emplace_back([&backend] { backend = &Backend::best(); });
  for (std::thread& thread : threads) thread.join();
  for (const Backend* backend : seen) EXPECT_EQ(backend, seen[0]);
}

TEST(Backend, WithoutTheLibraryTheReasonIsNamed) {
  const OpenedCuda opened = open_cuda({"/nowhere/libtokrail_cuda.so"});
  EXPECT_EQ(opened.backend, nullptr);
  EXPECT_NE(opened.why.find("libtokrail_cuda.so is not installed"), std::string::npos)
      << opened.why;
}

TEST(Backend, AFileThatIsNoLibraryIsNamed) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("no_library_" + std::to_string(getpid()) + ".so");
  std::ofstream(file) << "not a library";
  const OpenedCuda opened = open_cuda({file});
  std::filesystem::remove(file);
  EXPECT_EQ(opened.backend, nullptr);
  EXPECT_NE(opened.why.find(file.filename()), std::string::npos) << opened.why;
}

TEST(Backend, AnotherLibraryIsRefused) {
  const OpenedCuda opened = open_cuda({"libm.so.6"});
  EXPECT_EQ(opened.backend, nullptr);
  EXPECT_NE(opened.why.find("another version"), std::string::npos) << opened.why;
}

TEST(Backend, AMachineWithoutADriverAnswersAtOnce) {
  if (std::filesystem::exists("/proc/driver/nvidia/version")) {
    GTEST_SKIP() << "this machine has an NVIDIA driver";
  }
  // A first call loads the file from disk; what is bounded is the answer of the library itself.
  (void)open_cuda(cuda_library_places());
  const auto start = std::chrono::steady_clock::now();
  const OpenedCuda opened = open_cuda(cuda_library_places());
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(opened.backend, nullptr);
  EXPECT_FALSE(opened.why.empty());
  EXPECT_LT(spent.count(), 10) << opened.why;
}

// A table that refuses everything, to see what the backend makes of it.
size_t few_bytes(size_t, size_t) {
  return 64;
}
int refuse(const SampleBatch&, RowResult*, void*, void*) {
  return 35;
}
const char* words(int) {
  return "in words";
}

TEST(Backend, CudaChecksShapesAndReportsRefusals) {
  cuda::CudaTable table;
  table.workspace_bytes = few_bytes;
  table.sample_masked = refuse;
  table.describe = words;
  const auto backend = make_cuda_backend(table, "test");
  EXPECT_EQ(backend->name(), "cuda (test)");
  EXPECT_EQ(backend->device(), DeviceKind::kCuda);
  const std::vector<float> logits(8);
  const RowParameters parameters;
  RowResult result;
  alignas(256) unsigned char memory[256];
  const auto code_of = [&](const SampleBatch& batch, Workspace workspace) {
    try {
      backend->sample_masked(batch, &result, workspace, nullptr);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  SampleBatch batch{.logits = {.data = logits.data(),
                               .device = DeviceKind::kCuda,
                               .rows = 1,
                               .vocab = 8,
                               .row_stride = 8},
                    .parameters = &parameters};
  EXPECT_EQ(code_of(batch, {memory, 256}), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of(batch, {memory, 32}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(batch, {memory + 8, 128}), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(batch, {}), ErrorCode::kInvalidArgument);
  batch.logits.row_stride = 7;
  EXPECT_EQ(code_of(batch, {memory, 256}), ErrorCode::kInvalidArgument);
  batch.logits.row_stride = 8;
  batch.logits.device = DeviceKind::kHost;
  EXPECT_EQ(code_of(batch, {memory, 256}), ErrorCode::kInvalidArgument);
  batch.logits.device = DeviceKind::kCuda;
  batch.parameters = nullptr;
  EXPECT_EQ(code_of(batch, {memory, 256}), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tokrail
