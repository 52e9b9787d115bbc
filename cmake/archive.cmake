# libgemma4.a: the archive that users link.
#
# One object: the library and what it is made of, linked with each other (-r) and then made local,
# all but gemma4_*. So a program may have an XNNPACK, a protobuf or an abseil of its own beside it,
# as with the shared library.
#
# --force-group-allocation dissolves the groups in which a compiler puts inline functions. The host
# has groups of the same names (std::vector's functions, say); the linker would keep the host's and
# drop ours, which our local symbols still point at.
#
# Sets GEMMA4_ARCHIVE to the file, made by the target gemma4_archive; to "" where it cannot be made.

include(CheckLinkerFlag)

set(GEMMA4_ARCHIVE "")
set(_archives "")
foreach(_dependency IN ITEMS gemma4_xnnpack gemma4_sentencepiece gemma4_highway)
  get_target_property(_items ${_dependency} INTERFACE_LINK_LIBRARIES)
  foreach(_item IN LISTS _items)
    if(_item MATCHES "\\.a$|group$")
      list(APPEND _archives "${_item}")
    elseif(_item MATCHES "\\.so(\\.|$)")
      message(STATUS "No libgemma4.a: ${_item} is a shared library")
      return()
    endif()
  endforeach()
endforeach()
check_linker_flag(CXX "-Wl,--force-group-allocation" GEMMA4_LINKER_DISSOLVES_GROUPS)
if(NOT GEMMA4_LINKER_DISSOLVES_GROUPS OR NOT CMAKE_OBJCOPY)
  message(STATUS "No libgemma4.a: needs a linker with --force-group-allocation, and objcopy")
  return()
endif()

set(_object "${PROJECT_BINARY_DIR}/archive/gemma4.o")
set(GEMMA4_ARCHIVE "${PROJECT_BINARY_DIR}/archive/libgemma4.a")
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/archive")
# The list of objects is too long for some command lines, and the linker reads it from a file.
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/archive/objects.rsp"
  CONTENT "$<JOIN:$<TARGET_OBJECTS:gemma4_core>,\n>\n")
add_custom_command(OUTPUT "${GEMMA4_ARCHIVE}"
  COMMAND "${CMAKE_CXX_COMPILER}" -r -nostdlib -Wl,--force-group-allocation
    "@${PROJECT_BINARY_DIR}/archive/objects.rsp" ${_archives} -o "${_object}"
  COMMAND "${CMAKE_COMMAND}" -D "OBJECT=${_object}" -D "NM=${CMAKE_NM}" -D "OBJCOPY=${CMAKE_OBJCOPY}"
    -P "${PROJECT_SOURCE_DIR}/cmake/hide_symbols.cmake"
  COMMAND "${CMAKE_COMMAND}" -E rm -f "${GEMMA4_ARCHIVE}"
  COMMAND "${CMAKE_AR}" qcsD "${GEMMA4_ARCHIVE}" "${_object}"
  COMMAND "${CMAKE_COMMAND}" -E rm -f "${_object}"
  DEPENDS gemma4_core $<TARGET_OBJECTS:gemma4_core> "${PROJECT_SOURCE_DIR}/cmake/hide_symbols.cmake"
  COMMENT "Linking archive/libgemma4.a"
  COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(gemma4_archive ALL DEPENDS "${GEMMA4_ARCHIVE}")

# What a C program must link besides: the C++ runtime, whichever the compiler used, and -lm.
set(GEMMA4_ARCHIVE_LIBRARIES "")
foreach(_library IN LISTS CMAKE_CXX_IMPLICIT_LINK_LIBRARIES)
  if(_library MATCHES "^(stdc\\+\\+|c\\+\\+|c\\+\\+abi)$")
    list(APPEND GEMMA4_ARCHIVE_LIBRARIES "${_library}")
  endif()
endforeach()
list(APPEND GEMMA4_ARCHIVE_LIBRARIES m)
if(CMAKE_THREAD_LIBS_INIT)
  string(REGEX REPLACE "^-l" "" _threads "${CMAKE_THREAD_LIBS_INIT}")
  list(APPEND GEMMA4_ARCHIVE_LIBRARIES "${_threads}")
endif()
list(JOIN GEMMA4_ARCHIVE_LIBRARIES " -l" GEMMA4_PC_LIBS_PRIVATE)
set(GEMMA4_PC_LIBS_PRIVATE "-l${GEMMA4_PC_LIBS_PRIVATE}")
