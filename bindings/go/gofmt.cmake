# Fails if gofmt would change a file of the folders: cmake -DGOFMT=… -DFOLDERS=… -P gofmt.cmake
execute_process(COMMAND "${GOFMT}" -l ${FOLDERS} OUTPUT_VARIABLE _files RESULT_VARIABLE _result)
if(_files OR NOT _result EQUAL 0)
  message(FATAL_ERROR "Not formatted: ${_files}")
endif()
