# What `cmake --install` writes, in three components: runtime, development, tools.

include(cmake/archive.cmake)

set(_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/gemma4")
install(TARGETS gemma4 EXPORT gemma4Targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
if(GEMMA4_BUNDLED_SHARED_LIBRARIES)
  install(FILES ${GEMMA4_BUNDLED_SHARED_LIBRARIES}
    DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime)
endif()

install(DIRECTORY include/gemma4 DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
  FILES_MATCHING PATTERN "*.h")
if(GEMMA4_ARCHIVE)
  install(FILES "${GEMMA4_ARCHIVE}" DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  # CMake strips its own targets only.
  install(CODE "
    if(CMAKE_INSTALL_DO_STRIP)
      execute_process(COMMAND \"${CMAKE_STRIP}\" --strip-debug --enable-deterministic-archives
        \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libgemma4.a\")
    endif()" COMPONENT development)
endif()

install(EXPORT gemma4Targets NAMESPACE gemma4:: DESTINATION ${_cmake_dir} COMPONENT development)
configure_package_config_file(cmake/gemma4Config.cmake.in
  "${PROJECT_BINARY_DIR}/gemma4Config.cmake" INSTALL_DESTINATION ${_cmake_dir}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
# Before 1.0 a minor release may change the ABI.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/gemma4ConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/gemma4Config.cmake"
              "${PROJECT_BINARY_DIR}/gemma4ConfigVersion.cmake"
  DESTINATION ${_cmake_dir} COMPONENT development)

# The prefix is written relative to the file, so that an installation can be moved.
file(RELATIVE_PATH GEMMA4_PC_PREFIX
  "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" GEMMA4_PC_PREFIX "${GEMMA4_PC_PREFIX}")
configure_file(pkgconfig/gemma4.pc.in "${PROJECT_BINARY_DIR}/gemma4.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/gemma4.pc"
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# Debian's packages carry these under other names.
install(FILES LICENSE THIRD_PARTY_NOTICES DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT notices)

if(TARGET gemma4_command)
  install(TARGETS gemma4_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
  if(GEMMA4_COMMAND_DOCUMENTS)
    install(FILES "${GEMMA4_COMMAND_DOCUMENTS}/gemma4.1"
      DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
    install(FILES "${GEMMA4_COMMAND_DOCUMENTS}/gemma4"
      DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
    install(FILES "${GEMMA4_COMMAND_DOCUMENTS}/_gemma4"
      DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT tools)
  endif()
  # An installed command finds the library beside it, wherever the two were moved. In /usr the
  # loader looks by itself, and a path in the file would only stand in its way.
  install(CODE "
    if(CMAKE_INSTALL_PREFIX MATCHES \"^/usr/?$\")
      file(RPATH_REMOVE FILE
        \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/gemma4\")
    endif()" COMPONENT tools)
endif()
