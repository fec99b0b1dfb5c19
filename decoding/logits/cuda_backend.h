// The CUDA backend over a table of operations, and the way to the table. Not a public header.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "decoding/logits/backend.h"
#include "decoding/logits/cuda_operations.h"

namespace tokrail {

/// Checks shapes, starts operations and turns what the runtime answers into errors. The table must
/// outlive it.
std::unique_ptr<Backend> make_cuda_backend(const cuda::CudaTable& table, std::string device_name);

struct OpenedCuda {
  std::unique_ptr<Backend> backend;  ///< null: `why` says why not
  std::string why;
};

/// Where libtokrail_cuda.so is looked for, in order: beside the program or library that holds this
/// code, in ../lib and in the installation's folder for libraries, then wherever the system looks.
std::vector<std::string> cuda_library_places();
/// Opens the first library there is.
OpenedCuda open_cuda(const std::vector<std::string>& places);

}  // namespace tokrail
