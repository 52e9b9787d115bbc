# `cpack` makes Debian packages of the install components: libgemma4-0, libgemma4-dev, gemma4-tools.
# tools/package builds, checks and tries them; the preset debian has the prefix they want.

set(GEMMA4_PACKAGE_CONTACT "libgemma4 maintainers <libgemma4@packages.invalid>" CACHE STRING
  "Maintainer field of packages: NAME <ADDRESS>")
set(GEMMA4_PACKAGE_HOMEPAGE "" CACHE STRING "Homepage field of packages")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME gemma4)
set(CPACK_PACKAGE_CONTACT "${GEMMA4_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_HOMEPAGE_URL "${GEMMA4_PACKAGE_HOMEPAGE}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# Empty, so that the first line of each description below is its package's synopsis.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_COMPONENTS_ALL runtime development)
if(TARGET gemma4_command)
  list(APPEND CPACK_COMPONENTS_ALL tools)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(_library libgemma4-${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${_library})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
  "Gemma 4 inference on CPUs - shared library
libgemma4 runs Gemma 4 language models inside other programs: a stable C
interface, no global state, no threads left behind. It reads GGUF files and
folders of safetensors.
.
This package has the shared library.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libgemma4-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "${_library} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "Gemma 4 inference on CPUs - development files
libgemma4 runs Gemma 4 language models inside other programs: a stable C
interface, no global state, no threads left behind. It reads GGUF files and
folders of safetensors.
.
This package has the headers, the archive, and what pkg-config and CMake need.")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME gemma4-tools)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
# Where dpkg-shlibdeps finds libgemma4, whose package is named by hand.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}")
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS
  "${_library} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_COMPONENT_TOOLS_DESCRIPTION
  "Gemma 4 inference on CPUs - command
The gemma4 command asks Gemma 4 models from the shell, inspects and packs their
files, and measures speed and what a weight format costs. A small demo model is
part of it.")

# The loader's cache is refreshed by a trigger; what needs libgemma4 learns from the symbols file
# which version had the newest function it calls.
foreach(_file IN ITEMS shlibs triggers)
  configure_file(packaging/debian/${_file}.in "${PROJECT_BINARY_DIR}/debian/${_file}" @ONLY)
endforeach()
configure_file(packaging/debian/libgemma4.symbols "${PROJECT_BINARY_DIR}/debian/symbols" COPYONLY)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA
  "${PROJECT_BINARY_DIR}/debian/shlibs;${PROJECT_BINARY_DIR}/debian/symbols;${PROJECT_BINARY_DIR}/debian/triggers")

# Writes copyright and changelog into each package.
configure_file(packaging/debian/documents.cmake.in
  "${PROJECT_BINARY_DIR}/debian/documents.cmake" @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_BINARY_DIR}/debian/documents.cmake")
include(CPack)
