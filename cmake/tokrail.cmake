# The one helper file of the build: declares modules, tests, fuzzers and benchmarks in one line each.

# tokrail_module(NAME [DEPENDS module...] [PUBLIC_HEADERS file...] [SOURCES file...] [LIBRARIES target...])
#
# Adds the sources of one folder to the library. A module is an object library, so that the one
# installed library holds all of them and a test can still link a single module and what it needs.
# DEPENDS names modules to the left of this one (base <- tokenizers <- grammar <- decoding);
# LIBRARIES are third-party targets and stay private to the sources.
function(tokrail_module name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PUBLIC_HEADERS;SOURCES;LIBRARIES" ${ARGN})
  set(target tokrail_${name})
  add_library(${target} OBJECT ${ARG_SOURCES} ${ARG_PUBLIC_HEADERS})
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${ARG_LIBRARIES} PRIVATE tokrail_warnings)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  set_property(GLOBAL APPEND PROPERTY TOKRAIL_MODULES ${target})
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} PUBLIC tokrail_${dependency})
  endforeach()
  foreach(header IN LISTS ARG_PUBLIC_HEADERS)
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${header})
    set_property(GLOBAL APPEND PROPERTY TOKRAIL_PUBLIC_HEADERS ${path})
  endforeach()
endfunction()

# tokrail_test(MODULE NAME [LABELS quick|long...] [SOURCES extra...] [LIBRARIES target...])
#
# One GoogleTest program from tests/MODULE/NAME.cc, registered as one CTest entry that prints how
# many cases passed, failed and were skipped.
function(tokrail_test module name)
  cmake_parse_arguments(ARG "" "" "LABELS;SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS quick)
  endif()
  set(target ${module}_${name})
  add_executable(${target} ${name}.cc ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE tokrail tokrail_test_support tokrail_warnings
                                          GTest::gtest GTest::gtest_main ${ARG_LIBRARIES})
  add_test(NAME ${module}.${name} COMMAND ${target})
  set_tests_properties(${module}.${name} PROPERTIES
    LABELS "${ARG_LABELS}" TIMEOUT 900
    ENVIRONMENT "GTEST_OUTPUT=xml:${PROJECT_BINARY_DIR}/test-results/${module}.${name}.xml")
endfunction()

# tokrail_script_test(NAME SCRIPT [argument...])
#
# A bash script as one CTest entry. Scripts that count cases of their own leave "passed failed
# skipped" in the file that TOKRAIL_TEST_RESULT names; exit status 77 means skipped.
function(tokrail_script_test name script)
  add_test(NAME ${name} COMMAND bash ${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES
    LABELS "quick" TIMEOUT 900 SKIP_RETURN_CODE 77
    ENVIRONMENT "TOKRAIL_TEST_RESULT=${PROJECT_BINARY_DIR}/test-results/${name}.count")
endfunction()

# tokrail_fuzzer(NAME): tests/fuzz/NAME.cc defines LLVMFuzzerTestOneInput.
#
# With TOKRAIL_FUZZ (clang) it becomes a libFuzzer program, and a test of TOKRAIL_FUZZ_SECONDS that
# starts with the seed and regression inputs and keeps what it finds in fuzz-corpus/NAME. Otherwise
# it is linked with a driver that replays the seed and regression inputs and a fixed number of
# mutations of them, so that every build runs the fuzz targets. The target tokrail_fuzzers builds
# all of them. Targets link what reads and matches, not decoding: half of the time is building.
function(tokrail_fuzzer name)
  if(NOT TARGET tokrail_fuzzed)
    get_property(modules GLOBAL PROPERTY TOKRAIL_MODULES)
    list(REMOVE_ITEM modules tokrail_decoding)
    add_library(tokrail_fuzzed STATIC)
    foreach(module IN LISTS modules)
      target_sources(tokrail_fuzzed PRIVATE $<TARGET_OBJECTS:${module}>)
    endforeach()
    target_include_directories(tokrail_fuzzed PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(tokrail_fuzzed PUBLIC TBB::tbb Boost::json ZLIB::ZLIB PkgConfig::ICU
                                                PkgConfig::SENTENCEPIECE PkgConfig::HIGHWAY)
  endif()
  set(target fuzz_${name})
  if(TOKRAIL_FUZZ)
    add_executable(${target} ${name}.cc)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(inputs ${PROJECT_BINARY_DIR}/fuzz-corpus/${name})
    file(MAKE_DIRECTORY ${inputs})
    foreach(folder seeds regressions)
      if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/fuzz/${folder}/${name})
        list(APPEND inputs ${PROJECT_SOURCE_DIR}/tests/fuzz/${folder}/${name})
      endif()
    endforeach()
    add_test(NAME fuzz.${name}
      COMMAND ${target} -max_total_time=${TOKRAIL_FUZZ_SECONDS} -timeout=20 -rss_limit_mb=3000
              -seed=1 -verbosity=0 -print_final_stats=1
              -artifact_prefix=${PROJECT_BINARY_DIR}/fuzz-${name}- ${inputs})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS "quick" TIMEOUT 300)
  else()
    add_executable(${target} ${name}.cc ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_driver.cc)
    add_test(NAME fuzz.${name} COMMAND ${target} ${PROJECT_SOURCE_DIR}/tests/fuzz/seeds/${name}
                                       ${PROJECT_SOURCE_DIR}/tests/fuzz/regressions/${name})
    set_tests_properties(fuzz.${name} PROPERTIES LABELS "quick" TIMEOUT 300)
  endif()
  target_link_libraries(${target} PRIVATE tokrail_fuzzed tokrail_warnings)
  if(NOT TARGET tokrail_fuzzers)
    add_custom_target(tokrail_fuzzers)
  endif()
  add_dependencies(tokrail_fuzzers ${target})
endfunction()

# tokrail_benchmark(NAME): tests/bench/NAME.cc, a Google Benchmark program that checks equality
# with the oracle before it times.
function(tokrail_benchmark name)
  add_executable(${name} ${name}.cc)
  target_link_libraries(${name} PRIVATE tokrail tokrail_test_support benchmark::benchmark)
endfunction()
