# gemma4_warnings: the warnings of our own code. Link it PRIVATE to our targets only, so that a
# project that includes this one with add_subdirectory does not inherit them.

add_library(gemma4_warnings INTERFACE)
target_compile_options(gemma4_warnings INTERFACE -Wall -Wextra -Wshadow -Wundef)
if(GEMMA4_WARNINGS_AS_ERRORS)
  target_compile_options(gemma4_warnings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlapping copies inside std::string's own operator+ (GCC bug 105651).
  target_compile_options(gemma4_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
