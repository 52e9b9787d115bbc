# How tests are declared; used by tests/*/CMakeLists.txt.

# Data too large for the repository, used by extra tests where it is at hand.
set(_shared_dir "$ENV{GEMMA4_SHARED_DIR}")
if(NOT _shared_dir)
  set(_shared_dir "${PROJECT_SOURCE_DIR}/../shared")
endif()
get_filename_component(_shared_dir "${_shared_dir}" ABSOLUTE)
set(GEMMA4_SHARED_DIR "${_shared_dir}" CACHE PATH "Folder of extra golden data; need not exist")

set(GEMMA4_TEST_LABEL "" CACHE STRING "Build only the tests that have this label; empty: all")

# What every test is compiled with.
add_library(gemma4_test_settings INTERFACE)
target_link_libraries(gemma4_test_settings INTERFACE gemma4_warnings)
target_compile_definitions(gemma4_test_settings INTERFACE
  GEMMA4_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
  GEMMA4_TEST_DATA_DIR="${PROJECT_SOURCE_DIR}/tests")
if(IS_DIRECTORY "${GEMMA4_SHARED_DIR}")
  target_compile_definitions(gemma4_test_settings INTERFACE
    GEMMA4_SHARED_DIR="${GEMMA4_SHARED_DIR}")
endif()

function(_gemma4_register_test name labels working_directory)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  if(NOT working_directory)
    set(working_directory "${PROJECT_SOURCE_DIR}")
  endif()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${working_directory}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS "${labels}")
endfunction()

# gemma4_add_test(NAME SOURCES … [LIBRARIES …] [LABELS …] [WORKING_DIRECTORY …])
#
# One GoogleTest program that reaches the library's C++, run as one test. Labels with a meaning:
#   slow     not run under the sanitizers;
#   threads  run under the thread sanitizer.
function(gemma4_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "WORKING_DIRECTORY" "SOURCES;LIBRARIES;LABELS")
  if(GEMMA4_TEST_LABEL AND NOT GEMMA4_TEST_LABEL IN_LIST arg_LABELS)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    gemma4_static ${arg_LIBRARIES} GTest::gtest GTest::gtest_main gemma4_test_settings)
  target_compile_options(${name} PRIVATE -ffp-contract=off)
  _gemma4_register_test(${name} "${arg_LABELS}" "${arg_WORKING_DIRECTORY}")
endfunction()

# gemma4_add_c_test(NAME SOURCES … [LIBRARIES …] [LABELS …] [WORKING_DIRECTORY …])
#
# A C99 program that sees what a user sees: the shared library and include/, nothing else. It
# returns 0 for success.
function(gemma4_add_c_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "WORKING_DIRECTORY" "SOURCES;LIBRARIES;LABELS")
  if(GEMMA4_TEST_LABEL AND NOT GEMMA4_TEST_LABEL IN_LIST arg_LABELS)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE gemma4::gemma4 ${arg_LIBRARIES} gemma4_test_settings)
  target_compile_options(${name} PRIVATE -pedantic)
  set_target_properties(${name} PROPERTIES
    C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  _gemma4_register_test(${name} "${arg_LABELS}" "${arg_WORKING_DIRECTORY}")
endfunction()

# gemma4_add_fuzzer(NAME SOURCES …): a libFuzzer program, built by the preset fuzz only.
function(gemma4_add_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  if(NOT GEMMA4_BUILD_FUZZERS)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE gemma4_static gemma4_test_settings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
endfunction()
