# Checks that includes point one way only. Run by CTest:
#
#   cmake -DROOT=<source root> -DPUBLIC_HEADERS=<comma separated list> -P cmake/layering.cmake
#
# 1. base <- tokenizers <- grammar <- decoding <- bindings: a file includes its own folder and
#    folders to the left of it.
# 2. Inside tokenizers, formats/, training/ and evaluation/ are leaves: what stands beside them knows
#    none, and they do not know each other. The folders of the pipeline are ordered too:
#    normalization <- pretokenization <- models <- morphology <- detokenization <- engine, and inside
#    decoding logits <- models <- samplers <- rejection <- smc, which the files beside them put together.
# 3. A public header includes the standard library and other public headers, nothing else.
# 4. Every header starts with #pragma once (but the one in C); quoted includes are written from the
#    root.
cmake_minimum_required(VERSION 3.25)

set(order base tokenizers grammar decoding bindings)
string(REPLACE "," ";" PUBLIC_HEADERS "${PUBLIC_HEADERS}")
set(problems "")

macro(report message)
  list(APPEND problems "${file}: ${message}")
endmacro()

set(tokenizers_stages normalization pretokenization models morphology detokenization engine)
set(decoding_stages logits models samplers rejection smc)

# The place of a folder in the pipeline, or -1. Stages of a later module come behind all of an
# earlier one; files of decoding beside the folders come last.
function(stage_of path result)
  set(rank -1)
  if(path MATCHES "^tokenizers/([a-z]+)/")
    list(FIND tokenizers_stages "${CMAKE_MATCH_1}" rank)
  elseif(path MATCHES "^decoding/([a-z]+)/")
    list(FIND decoding_stages "${CMAKE_MATCH_1}" rank)
    math(EXPR rank "${rank} + 100")
  elseif(path MATCHES "^decoding/")
    set(rank 200)
  endif()
  set(${result} ${rank} PARENT_SCOPE)
endfunction()

# The folder that counts as a layer of its own inside tokenizers, or "".
function(leaf_of path result)
  if(path MATCHES "^tokenizers/(formats|training|evaluation)/")
    set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
  else()
    set(${result} "" PARENT_SCOPE)
  endif()
endfunction()

# Looks at `included`, a path in quotes.
macro(check_own_include)
  if(NOT EXISTS "${ROOT}/${included}")
    report("includes \"${included}\", which is no path from the source root")
  else()
    string(REGEX REPLACE "/.*" "" target "${included}")
    list(FIND order "${target}" target_rank)
    if(target_rank GREATER own_rank)
      report("includes \"${included}\", which points to the right (${own} is below ${target})")
    endif()
    leaf_of("${included}" target_leaf)
    if(own STREQUAL "tokenizers" AND NOT target_leaf STREQUAL "" AND NOT target_leaf STREQUAL own_leaf)
      report("includes \"${included}\": only bindings may know ${target_leaf}/")
    endif()
    stage_of("${file}" own_stage)
    stage_of("${included}" target_stage)
    if(own_stage GREATER -1 AND target_stage GREATER own_stage)
      report("includes \"${included}\", a later stage of the pipeline")
    endif()
    if(is_public AND NOT included IN_LIST PUBLIC_HEADERS)
      report("is public but includes \"${included}\", which is not")
    endif()
  endif()
endmacro()

foreach(own IN LISTS order)
  list(FIND order "${own}" own_rank)
  file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/${own}/*.h" "${ROOT}/${own}/*.cc"
       "${ROOT}/${own}/*.cu" "${ROOT}/${own}/*.cuh")
  foreach(file IN LISTS files)
    leaf_of("${file}" own_leaf)
    set(is_public FALSE)
    if(file IN_LIST PUBLIC_HEADERS)
      set(is_public TRUE)
    endif()
    file(STRINGS "${ROOT}/${file}" lines REGEX "^ *# *(include|pragma once)")
    set(has_pragma FALSE)
    foreach(line IN LISTS lines)
      if(line MATCHES "pragma once")
        set(has_pragma TRUE)
      elseif(line MATCHES "include +\"([^\"]+)\"")
        set(included "${CMAKE_MATCH_1}")
        check_own_include()
      elseif(is_public AND line MATCHES "include +<([^>]+)>")
        set(system_header "${CMAKE_MATCH_1}")
        if(NOT system_header MATCHES "^[a-z_]+$")
          report("is public but includes <${system_header}>, which is not the standard library's")
        endif()
      endif()
    endforeach()
    if(file MATCHES "\\.(h|cuh)$" AND NOT has_pragma AND NOT file STREQUAL "bindings/c/tokrail.h")
      report("has no #pragma once")
    endif()
  endforeach()
endforeach()

foreach(header IN LISTS PUBLIC_HEADERS)
  if(NOT EXISTS "${ROOT}/${header}")
    list(APPEND problems "${header}: listed as a public header but does not exist")
  endif()
endforeach()

if(problems)
  list(JOIN problems "\n  " text)
  message(FATAL_ERROR "the layers are crossed:\n  ${text}")
endif()
message(STATUS "includes point one way only")
