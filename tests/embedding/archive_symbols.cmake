# Fails when libgemma4.a offers the linker anything but gemma4_*: global, weak or unique. And when it
# asks for something of the C++ runtime by a weak name, which would not be taken from an archive.

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

execute_process(COMMAND "${NM}" --undefined-only --format=posix "${ARCHIVE}"
  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "_ZN?K?S[^\n ]+ [wv]" lines "${output}")
foreach(line IN LISTS lines)
  message(SEND_ERROR "asks for ${line}")
endforeach()
if(NOT output MATCHES "_ZN?K?S[^\n ]+ U")
  message(SEND_ERROR "asks for nothing of the C++ runtime")
endif()
