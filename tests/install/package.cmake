# Installs the build into a folder of its own, moves that folder, and builds a C program against it
# as a user would: with find_package, and with pkg-config where there is one.

file(REMOVE_RECURSE "${WORK_DIR}")
execute_process(COMMAND ${CMAKE_COMMAND} --install "${BUILD_DIR}" --prefix "${WORK_DIR}/first"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${WORK_DIR}/first" "${WORK_DIR}/prefix")  # nothing installed may name its own folder

# The program in README.md is built too, so that it stays true.
file(READ "${README}" readme)
string(FIND "${readme}" "\n```c\n" begin)
math(EXPR begin "${begin} + 6")
string(SUBSTRING "${readme}" ${begin} -1 program)
string(FIND "${program}" "\n```" end)
string(SUBSTRING "${program}" 0 ${end} program)
file(WRITE "${WORK_DIR}/smallest.c" "${program}\n")

execute_process(
  COMMAND ${CMAKE_COMMAND} -S "${CONSUMER_DIR}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix" "-DCMAKE_C_COMPILER=${C_COMPILER}"
    "-DREADME_PROGRAM=${WORK_DIR}/smallest.c"
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build "${WORK_DIR}/build" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK_DIR}/build/print_version" COMMAND_ERROR_IS_FATAL ANY)

find_program(pkg_config NAMES pkg-config pkgconf)
if(pkg_config)
  set(ENV{PKG_CONFIG_PATH} "${WORK_DIR}/prefix/${LIBDIR}/pkgconfig")
  execute_process(COMMAND "${pkg_config}" --cflags --libs gemma4
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  execute_process(
    COMMAND "${C_COMPILER}" "${CONSUMER_DIR}/print_version.c" ${flags}
      "-Wl,-rpath,${WORK_DIR}/prefix/${LIBDIR}" -o "${WORK_DIR}/print_version"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${WORK_DIR}/print_version" COMMAND_ERROR_IS_FATAL ANY)
endif()

# The installed command finds the library beside it.
if(EXISTS "${WORK_DIR}/prefix/bin/gemma4")
  execute_process(COMMAND "${WORK_DIR}/prefix/bin/gemma4" --help
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()
