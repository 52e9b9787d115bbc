# Installs the build into a folder of its own, moves that folder, and builds C and C++ programs against
# it as users would: with find_package, and with pkg-config where there is one, against the shared
# library and the archive. The program in README.md must answer.

file(REMOVE_RECURSE "${WORK_DIR}")
execute_process(COMMAND ${CMAKE_COMMAND} --install "${BUILD_DIR}" --prefix "${WORK_DIR}/first"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${WORK_DIR}/first" "${WORK_DIR}/prefix")  # nothing installed may name its own folder

# The program in README.md, so that it stays true.
file(READ "${README}" readme)
string(FIND "${readme}" "\n```c\n" begin)
math(EXPR begin "${begin} + 6")
string(SUBSTRING "${readme}" ${begin} -1 program)
string(FIND "${program}" "\n```" end)
string(SUBSTRING "${program}" 0 ${end} program)
file(WRITE "${WORK_DIR}/smallest.c" "${program}\n")

# Runs a program on the demo model, and fails unless it answers.
function(expect_answer program)
  execute_process(COMMAND "${program}" "${DEMO_MODEL}" "What is the capital of France?"
    OUTPUT_VARIABLE answer COMMAND_ERROR_IS_FATAL ANY)
  message("${program}: ${answer}")
  if(NOT answer MATCHES "Paris")
    message(SEND_ERROR "${program} answers: ${answer}")
  endif()
endfunction()

set(prefix "${WORK_DIR}/prefix")
set(with_archive OFF)
if(EXISTS "${prefix}/${LIBDIR}/libgemma4.a")
  set(with_archive ON)
endif()

# ---- CMake --------------------------------------------------------------------------------------

execute_process(
  COMMAND ${CMAKE_COMMAND} -S "${CONSUMER_DIR}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_C_COMPILER=${C_COMPILER}"
    "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}"
    "-DREADME_PROGRAM=${WORK_DIR}/smallest.c" "-DWITH_ARCHIVE=${with_archive}"
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build "${WORK_DIR}/build" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK_DIR}/build/print_version" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${WORK_DIR}/build/load_nothing" COMMAND_ERROR_IS_FATAL ANY)
expect_answer("${WORK_DIR}/build/smallest")
if(with_archive)
  expect_answer("${WORK_DIR}/build/smallest_static")
endif()

# ---- pkg-config ---------------------------------------------------------------------------------

find_program(pkg_config NAMES pkg-config pkgconf)
if(pkg_config)
  set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig")
  execute_process(COMMAND "${pkg_config}" --cflags --libs gemma4
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  set(rpath "-Wl,-rpath,${prefix}/${LIBDIR}")
  execute_process(
    COMMAND "${C_COMPILER}" "${CONSUMER_DIR}/print_version.c" ${flags} ${rpath}
      -o "${WORK_DIR}/print_version"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${WORK_DIR}/print_version" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(
    COMMAND "${CXX_COMPILER}" "${CONSUMER_DIR}/load_nothing.cc" ${flags} ${rpath}
      -o "${WORK_DIR}/load_nothing"
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "${WORK_DIR}/load_nothing" COMMAND_ERROR_IS_FATAL ANY)
  if(with_archive)
    execute_process(COMMAND "${pkg_config}" --static --cflags --libs gemma4
      OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    string(REPLACE "-lgemma4" "-l:libgemma4.a" flags "${flags}")
    separate_arguments(flags UNIX_COMMAND "${flags}")
    execute_process(
      COMMAND "${C_COMPILER}" "${WORK_DIR}/smallest.c" ${flags} -o "${WORK_DIR}/smallest_static"
      COMMAND_ERROR_IS_FATAL ANY)
    expect_answer("${WORK_DIR}/smallest_static")
  endif()
endif()

# ---- The command --------------------------------------------------------------------------------

# The installed command finds the library beside it.
if(EXISTS "${WORK_DIR}/prefix/bin/gemma4")
  execute_process(COMMAND "${WORK_DIR}/prefix/bin/gemma4" --help
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()
