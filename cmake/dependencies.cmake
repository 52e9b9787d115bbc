# Where every dependency comes from. The only file that names versions.
#
# Defines the targets
#   gemma4_xnnpack        XNNPACK, pthreadpool, cpuinfo
#   gemma4_sentencepiece  sentencepiece with its own protobuf-lite and abseil
#   gemma4_highway        Highway
#   gemma4_json           nlohmann/json (headers)
#   gemma4_cli11          CLI11 (headers), for the command
#   gemma4_libedit        libedit, for the command; nothing where the system has none
#   GTest::gtest, GTest::gtest_main   when GEMMA4_BUILD_TESTS
#
# libgemma4 carries the first three inside itself, hidden, so that a host program with its own
# XNNPACK or protobuf is safe. Each is had from the first of:
#   a static library of the system that is new enough;
#   the source folder in GEMMA4_<NAME>_SOURCE_DIR;
#   Debian's source archive, where apt can reach one;
#   the upstream git repository.
# The last three are built once by tools/build-dependency and kept in a cache outside the build
# tree. GEMMA4_USE_SYSTEM_DEPS=ON links the system's libraries, shared ones too, and builds nothing:
# for distribution packages.

include_guard(GLOBAL)
include(CheckCXXSourceCompiles)
include(CMakePushCheckState)
find_package(Threads REQUIRED)

option(GEMMA4_USE_SYSTEM_DEPS "Link the system's libraries, shared ones too; build none" OFF)

# What is pinned: NAME,MATCH,SUITES,GIT_URL,GIT_REF. tools/build-dependency explains the fields.
# This XNNPACK is the one of Debian 13, so that a distribution package can link the system's; the
# others are what Debian 13 built it with. cpuinfo may be newer: it identifies CPUs and computes
# nothing.
set(_gemma4_xnnpack_pins
  "xnnpack,4ea82e5,trixie,https://github.com/google/XNNPACK.git,4ea82e595b36106653175dcb04b2aa532660d0d8"
  "pthreadpool,560c60d,trixie,https://github.com/Maratyszcza/pthreadpool.git,560c60d342a76076f0557a3946924c6478470044"
  "cpuinfo,,trixie forky sid,https://github.com/pytorch/cpuinfo.git,39ea79a3c132f4e678695c579ea9353d2bd29968"
  "fxdiv,b408327,trixie forky sid,https://github.com/Maratyszcza/FXdiv.git,b408327ac2a15ec3e43352421954f5b1967701d1")
set(_gemma4_sentencepiece_pins
  "sentencepiece,0.1.97,bookworm,https://github.com/google/sentencepiece.git,v0.1.97")
set(_gemma4_highway_pins
  "highway,1.0.3,bookworm,https://github.com/google/highway.git,1.0.3")
# Raise when tools/build-dependency, or a patch beside it, makes something else of the same sources.
set(_gemma4_xnnpack_recipe 5)
set(_gemma4_sentencepiece_recipe 5)
set(_gemma4_highway_recipe 3)

set(_gemma4_json_min_version 3.11)
set(_gemma4_cli11_min_version 2.1)
set(_gemma4_gtest_min_version 1.12)

if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(_gemma4_cache "$ENV{XDG_CACHE_HOME}/gemma4-deps")
elseif(DEFINED ENV{HOME} AND NOT "$ENV{HOME}" STREQUAL "")
  set(_gemma4_cache "$ENV{HOME}/.cache/gemma4-deps")
else()
  set(_gemma4_cache "${PROJECT_BINARY_DIR}/deps")
endif()
set(GEMMA4_DEPS_CACHE_DIR "${_gemma4_cache}" CACHE PATH
  "Where dependencies built from source are kept between builds")
foreach(_name IN ITEMS XNNPACK PTHREADPOOL CPUINFO FXDIV SENTENCEPIECE HIGHWAY)
  set(GEMMA4_${_name}_SOURCE_DIR "" CACHE PATH "Source of ${_name} to build instead of the pinned one")
endforeach()

# Builds `recipe` from its pins, or finds it built, and sets `out_prefix` to its folder;
# to "" when it cannot be built.
function(_gemma4_built_dependency recipe out_prefix)
  set(arguments "")
  set(inputs "${_gemma4_${recipe}_recipe};${CMAKE_TOOLCHAIN_FILE};${CMAKE_SYSTEM_NAME}")
  foreach(pin IN LISTS _gemma4_${recipe}_pins)
    string(REGEX MATCH "^[^,]*" name "${pin}")
    string(TOUPPER "${name}" upper)
    list(APPEND arguments --project "${pin},${GEMMA4_${upper}_SOURCE_DIR}")
    list(APPEND inputs "${pin}" "${GEMMA4_${upper}_SOURCE_DIR}")
  endforeach()
  if(CMAKE_TOOLCHAIN_FILE)
    list(APPEND arguments --toolchain "${CMAKE_TOOLCHAIN_FILE}")
  endif()
  list(GET _gemma4_${recipe}_pins 0 pin)
  string(REGEX REPLACE "^[^,]*,([^,]*),.*" "\\1" version "${pin}")
  string(SHA256 hash "${inputs}")
  string(SUBSTRING "${hash}" 0 8 hash)
  string(TOLOWER
    "${recipe}-${version}-${CMAKE_CXX_COMPILER_ID}-${CMAKE_CXX_COMPILER_VERSION}-${CMAKE_SYSTEM_PROCESSOR}-${hash}"
    key)
  set(prefix "${GEMMA4_DEPS_CACHE_DIR}/${key}")

  # Two configures may want the same key at once: the second waits and finds it made.
  file(MAKE_DIRECTORY "${GEMMA4_DEPS_CACHE_DIR}")
  file(LOCK "${prefix}.lock" GUARD FUNCTION TIMEOUT 3600)
  if(NOT EXISTS "${prefix}/SOURCES")
    message(STATUS "Building ${recipe} into ${prefix}, once for all builds")
    execute_process(
      COMMAND "${PROJECT_SOURCE_DIR}/tools/build-dependency" ${recipe} --prefix "${prefix}"
              --cc "${CMAKE_C_COMPILER}" --cxx "${CMAKE_CXX_COMPILER}" ${arguments}
      RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
      set(prefix "")
    endif()
  endif()
  set(${out_prefix} "${prefix}" PARENT_SCOPE)
endfunction()

# Sets `out_library` to the system's library `name`: a static archive, or with
# GEMMA4_USE_SYSTEM_DEPS (or when `allow_shared`) any; to "" when there is none.
function(_gemma4_find_library name allow_shared out_library)
  if(NOT GEMMA4_USE_SYSTEM_DEPS AND NOT allow_shared)
    set(CMAKE_FIND_LIBRARY_SUFFIXES .a .lib)
  endif()
  find_library(_library NAMES ${name} NO_CACHE)
  if(NOT _library)
    set(_library "")
  endif()
  set(${out_library} "${_library}" PARENT_SCOPE)
endfunction()

# ---- XNNPACK ------------------------------------------------------------------------------------

function(_gemma4_add_xnnpack)
  add_library(gemma4_xnnpack INTERFACE)

  find_path(include_dir NAMES xnnpack.h NO_CACHE)
  _gemma4_find_library(XNNPACK FALSE xnnpack)
  _gemma4_find_library(pthreadpool FALSE pthreadpool)
  _gemma4_find_library(cpuinfo FALSE cpuinfo)
  if(include_dir AND xnnpack AND pthreadpool)
    set(libraries "${xnnpack}")
    foreach(name IN ITEMS microkernels-prod xnnpack-microkernels-prod)
      _gemma4_find_library(${name} FALSE microkernels)
      if(microkernels)
        list(APPEND libraries "${microkernels}")
        break()
      endif()
    endforeach()
    list(APPEND libraries "${pthreadpool}")
    if(cpuinfo)
      list(APPEND libraries "${cpuinfo}")
    endif()
    list(APPEND libraries Threads::Threads m)
    # What the older releases in distributions lack: 4-bit blockwise weights under int8
    # activations, and a weights cache that several operators share.
    cmake_push_check_state(RESET)
    set(CMAKE_REQUIRED_INCLUDES "${include_dir}")
    set(CMAKE_REQUIRED_LIBRARIES ${libraries})
    check_cxx_source_compiles("
      #include <stdint.h>
      #include <xnnpack.h>
      int main() {
        xnn_weights_cache_provider provider{};
        return xnn_initialize(nullptr) + (&xnn_create_fully_connected_nc_qd8_f32_qb4w == nullptr) +
               (provider.look_up != nullptr);
      }" GEMMA4_SYSTEM_XNNPACK_WILL_DO)
    cmake_pop_check_state()
    if(GEMMA4_SYSTEM_XNNPACK_WILL_DO)
      message(STATUS "XNNPACK: the system's, ${xnnpack}")
      target_include_directories(gemma4_xnnpack SYSTEM INTERFACE "${include_dir}")
      target_link_libraries(gemma4_xnnpack INTERFACE ${libraries})
      return()
    endif()
  endif()
  if(GEMMA4_USE_SYSTEM_DEPS)
    message(FATAL_ERROR "GEMMA4_USE_SYSTEM_DEPS is on, and the system has no XNNPACK that knows "
      "xnn_create_fully_connected_nc_qd8_f32_qb4w (libxnnpack-dev of Debian 13 or newer).")
  endif()

  _gemma4_built_dependency(xnnpack prefix)
  if(NOT prefix)
    message(FATAL_ERROR "XNNPACK could not be built; the lines above say why.")
  endif()
  message(STATUS "XNNPACK: ${prefix}")
  target_include_directories(gemma4_xnnpack SYSTEM INTERFACE "${prefix}/include")
  # XNNPACK and its kernels call each other.
  target_link_libraries(gemma4_xnnpack INTERFACE
    -Wl,--start-group "${prefix}/lib/libXNNPACK.a" "${prefix}/lib/libmicrokernels-prod.a"
    -Wl,--end-group "${prefix}/lib/libpthreadpool.a")
  if(EXISTS "${prefix}/lib/libcpuinfo.a")
    target_link_libraries(gemma4_xnnpack INTERFACE "${prefix}/lib/libcpuinfo.a")
  else()
    # No mirror had cpuinfo's source: the shared library travels with ours.
    target_link_libraries(gemma4_xnnpack INTERFACE "${prefix}/lib/libcpuinfo.so.0")
    set(GEMMA4_BUNDLED_SHARED_LIBRARIES "${prefix}/lib/libcpuinfo.so.0" PARENT_SCOPE)
  endif()
  target_link_libraries(gemma4_xnnpack INTERFACE Threads::Threads m)
  # tools/xnnpack.patch
  target_compile_definitions(gemma4_xnnpack INTERFACE GEMMA4_XNNPACK_TRUSTS_PACKED_SCALES)
endfunction()

set(GEMMA4_BUNDLED_SHARED_LIBRARIES "")
_gemma4_add_xnnpack()

# ---- sentencepiece, Highway ---------------------------------------------------------------------

# Makes target gemma4_<recipe> of library `library` and header `header`.
function(_gemma4_add_simple_dependency recipe library header debian_package)
  add_library(gemma4_${recipe} INTERFACE)
  target_link_libraries(gemma4_${recipe} INTERFACE Threads::Threads)
  find_path(include_dir NAMES ${header} NO_CACHE)
  _gemma4_find_library(${library} FALSE found)
  if(NOT (include_dir AND found) AND NOT GEMMA4_USE_SYSTEM_DEPS)
    _gemma4_built_dependency(${recipe} prefix)
    if(prefix)
      set(include_dir "${prefix}/include")
      set(found "${prefix}/lib/lib${library}.a")
    else()
      # A library that works beats none: unlike XNNPACK, the distributions' is new enough.
      _gemma4_find_library(${library} TRUE found)
      if(include_dir AND found)
        message(WARNING "${recipe} could not be built from source. libgemma4 will need ${found} at "
          "run time, and a host program with another version of it may clash.")
      endif()
    endif()
  endif()
  if(NOT (include_dir AND found))
    message(FATAL_ERROR "No ${recipe}: install ${debian_package}, or give its source with "
      "-DGEMMA4_<NAME>_SOURCE_DIR=….")
  endif()
  message(STATUS "${recipe}: ${found}")
  target_include_directories(gemma4_${recipe} SYSTEM INTERFACE "${include_dir}")
  target_link_libraries(gemma4_${recipe} INTERFACE "${found}")
endfunction()

_gemma4_add_simple_dependency(sentencepiece sentencepiece sentencepiece_processor.h
  libsentencepiece-dev)
_gemma4_add_simple_dependency(highway hwy hwy/highway.h libhwy-dev)

# ---- CLI11, libedit (the command) ------------------------------------------------------------------------

if(GEMMA4_BUILD_TOOLS)
  find_package(CLI11 ${_gemma4_cli11_min_version} REQUIRED)
  add_library(gemma4_cli11 INTERFACE)
  target_link_libraries(gemma4_cli11 INTERFACE CLI11::CLI11)

  # Shared: a static one would need its terminal library named, too. Found as pkg-config would, but
  # there is no need of pkg-config to build.
  add_library(gemma4_libedit INTERFACE)
  find_path(_libedit_include_dir NAMES histedit.h NO_CACHE)
  _gemma4_find_library(edit TRUE _libedit)
  if(_libedit_include_dir AND _libedit)
    message(STATUS "libedit: ${_libedit}")
    target_include_directories(gemma4_libedit SYSTEM INTERFACE "${_libedit_include_dir}")
    target_link_libraries(gemma4_libedit INTERFACE "${_libedit}")
    target_compile_definitions(gemma4_libedit INTERFACE GEMMA4_HAS_LIBEDIT)
  else()
    message(STATUS "libedit: none, so gemma4 chat reads plain lines (libedit-dev has it)")
  endif()
endif()

# ---- nlohmann/json, GoogleTest ------------------------------------------------------------------

find_package(nlohmann_json ${_gemma4_json_min_version} REQUIRED)
add_library(gemma4_json INTERFACE)
target_link_libraries(gemma4_json INTERFACE nlohmann_json::nlohmann_json)

if(GEMMA4_BUILD_TESTS)
  find_package(GTest ${_gemma4_gtest_min_version} REQUIRED)
endif()
