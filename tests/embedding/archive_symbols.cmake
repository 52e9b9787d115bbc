# Fails when libgemma4.a offers the linker anything but gemma4_*: global, weak or unique.

execute_process(COMMAND "${NM}" --defined-only --format=posix "${ARCHIVE}"
  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n]+ [A-ZuvwVW] [^\n]*" lines "${output}")
list(FILTER lines EXCLUDE REGEX "^gemma4_[a-z0-9_]+ T ")
foreach(line IN LISTS lines)
  message(SEND_ERROR "offers ${line}")
endforeach()
if(NOT output MATCHES "\ngemma4_model_load T ")
  message(SEND_ERROR "does not offer gemma4_model_load")
endif()
