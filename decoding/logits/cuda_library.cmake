# libtokrail_cuda.so, where there is a CUDA compiler. The library never links it: it is opened when
# it is first asked for (backend.h), so that one build runs with and without a card.
#
# TOKRAIL_CUDA: AUTO builds it where nvcc is found, ON insists, OFF does not look.
set(TOKRAIL_CUDA AUTO CACHE STRING "Build libtokrail_cuda.so: AUTO, ON or OFF")
set(TOKRAIL_CUDA_SOURCES
  apply_bitmask.cu
  cuda_block_sums.cu
  cuda_operations.cu
  draw_without_replacement.cu
  gather_log_probs.cu
  mask_union.cu
  sample_masked.cu
  top_k.cu
  verify.cu)
list(TRANSFORM TOKRAIL_CUDA_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
# Tests compile them for the host as well.
set_property(GLOBAL PROPERTY TOKRAIL_CUDA_SOURCES ${TOKRAIL_CUDA_SOURCES})

if(TOKRAIL_CUDA)
  include(CheckLanguage)
  if(NOT CMAKE_CUDA_COMPILER)
    find_program(TOKRAIL_NVCC nvcc PATHS /usr/local/cuda/bin)
    if(TOKRAIL_NVCC)
      set(CMAKE_CUDA_COMPILER ${TOKRAIL_NVCC})
    endif()
  endif()
  check_language(CUDA)
  if(NOT CMAKE_CUDA_COMPILER AND NOT TOKRAIL_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "TOKRAIL_CUDA=${TOKRAIL_CUDA}, but no CUDA compiler was found")
  endif()
endif()
if(NOT TOKRAIL_CUDA OR NOT CMAKE_CUDA_COMPILER)
  message(STATUS "CUDA: not built, everything runs on the CPU")
  return()
endif()

# Cubins for the A100 and the H100/H200, and PTX that newer drivers translate for newer cards.
set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
set(CMAKE_CUDA_RUNTIME_LIBRARY Static)
if(TOKRAIL_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${TOKRAIL_CCACHE})
endif()
enable_language(CUDA)
message(STATUS "CUDA: libtokrail_cuda.so by nvcc ${CMAKE_CUDA_COMPILER_VERSION}")

# --fmad=false: the law of logit_math.h writes its fused operations out. C++20 as a plain option,
# since CMake 3.25 does not know that nvcc has it.
set(TOKRAIL_CUDA_OPTIONS
  -std=c++20 -O3 --fmad=false --expt-relaxed-constexpr -Xcompiler=-fvisibility=hidden,-Wall)
add_library(tokrail_cuda SHARED ${TOKRAIL_CUDA_SOURCES}
            ${CMAKE_CURRENT_LIST_DIR}/cuda_library.cu)
target_compile_options(tokrail_cuda PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:${TOKRAIL_CUDA_OPTIONS}>)
target_include_directories(tokrail_cuda PRIVATE ${PROJECT_SOURCE_DIR})
# The runtime stays inside: only the entry is exported.
target_link_options(tokrail_cuda PRIVATE LINKER:--exclude-libs,ALL)
set_target_properties(tokrail_cuda PROPERTIES
  CUDA_STANDARD_REQUIRED OFF
  CUDA_VISIBILITY_PRESET hidden
  LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
install(TARGETS tokrail_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
