// libtokrail_cuda.so: the operations behind one exported function, and what is known of the card.
// Compiled by nvcc alone; the operations themselves also compile for the host (tests/cuda_shim).
#include <cuda_runtime.h>

#include <cstdio>

#include "decoding/logits/cuda_operations.h"

namespace tokrail::cuda {

namespace {

const char* describe(int error) {
  return cudaGetErrorString(static_cast<cudaError_t>(error));
}

// Compiled for compute capability 8.0 and up.
constexpr int kLeastMajor = 8;

const char* device_name(const char** why) {
  static thread_local char text[320];
  int count = 0;  // not written by the runtime when there is no driver
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorInsufficientDriver) {
    int driver = 0;
    cudaDriverGetVersion(&driver);
    if (driver == 0) {
      *why = "no NVIDIA driver is installed";
    } else {
      std::snprintf(
          text, sizeof text, "the NVIDIA driver is too old: it knows CUDA %d.%d, %d.%d is needed",
          driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
      *why = text;
    }
    return "";
  }
  if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0)) {
    *why = "the NVIDIA driver finds no card";
    return "";
  }
  if (error != cudaSuccess) {
    *why = describe(error);
    return "";
  }
  int device = 0;
  cudaDeviceProp properties{};
  cudaError_t failed = cudaGetDevice(&device);
  if (failed == cudaSuccess) failed = cudaGetDeviceProperties(&properties, device);
  if (failed != cudaSuccess) {
    *why = describe(failed);
    return "";
  }
  if (properties.major < kLeastMajor) {
    std::snprintf(text, sizeof text, "%s has compute capability %d.%d, %d.0 is needed",
                  properties.name, properties.major, properties.minor, kLeastMajor);
    *why = text;
    return "";
  }
  std::snprintf(text, sizeof text, "%s, sm_%d%d", properties.name, properties.major,
                properties.minor);
  return text;
}

}  // namespace

}  // namespace tokrail::cuda

extern "C" __attribute__((visibility("default"))) const tokrail::cuda::CudaTable*
tokrail_cuda_table(unsigned version) {
  static const tokrail::cuda::CudaTable table = [] {
    tokrail::cuda::CudaTable all = tokrail::cuda::operations();
    all.describe = &tokrail::cuda::describe;
    all.device_name = &tokrail::cuda::device_name;
    return all;
  }();
  return version == tokrail::cuda::kTableVersion ? &table : nullptr;
}
