# Fails when libgemma4.so exports anything but gemma4_*, or needs a library that a plain Linux
# system does not have. Either would let it clash with the program that hosts it.

execute_process(COMMAND "${NM}" -D --defined-only --format=posix "${LIBRARY}"
  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+" lines "${output}")
set(num_symbols 0)
foreach(line IN LISTS lines)
  string(REGEX REPLACE "[ @].*" "" symbol "${line}")
  if(symbol STREQUAL "GEMMA4_0.1")
    continue()  # the version node itself
  endif()
  if(NOT symbol MATCHES "^gemma4_[a-z0-9_]+$")
    message(SEND_ERROR "exports ${symbol}")
  endif()
  math(EXPR num_symbols "${num_symbols} + 1")
endforeach()
if(num_symbols EQUAL 0)
  message(SEND_ERROR "exports no function")
endif()
message("${num_symbols} exported symbols")

if(CHECK_NEEDED)
  execute_process(COMMAND "${READELF}" -d "${LIBRARY}"
    OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "\\(NEEDED\\)[^\n]*" lines "${output}")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE ".*\\[(.*)\\].*" "\\1" library "${line}")
    message("needs ${library}")
    if(NOT library MATCHES "^(libc|libm|libstdc\\+\\+|libgcc_s|libpthread|libdl|ld-linux[a-z0-9-]*)\\.so")
      message(SEND_ERROR "needs ${library}")
    endif()
  endforeach()
endif()
