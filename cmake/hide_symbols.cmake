# Makes every symbol that an object defines local, all but gemma4_*:
#   cmake -D OBJECT=… -D NM=… -D OBJCOPY=… -P hide_symbols.cmake

# Static variables of inline functions are "unique" across a process, and objcopy makes those local only
# once they are weak. Only these: a weak reference to the C++ runtime would find nothing in its archive.
execute_process(COMMAND "${NM}" --defined-only --format=posix "${OBJECT}"
  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n ]+ u " unique "${output}")
list(TRANSFORM unique REPLACE " u $" "")
list(JOIN unique "\n" unique)
file(WRITE "${OBJECT}.unique" "${unique}\n")
execute_process(COMMAND "${OBJCOPY}" "--weaken-symbols=${OBJECT}.unique" "${OBJECT}"
  COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE "${OBJECT}.unique")
execute_process(COMMAND "${OBJCOPY}" --wildcard "--keep-global-symbol=gemma4_*" "${OBJECT}"
  COMMAND_ERROR_IS_FATAL ANY)
