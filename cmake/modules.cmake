# manta_module(NAME SOURCES... LIBRARIES...): one folder of src/. Its objects become part of libmanta.so.
# Which folder may include which is checked by tools/check_layout.py.
function(manta_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_SOURCES)
    return()
  endif()
  add_library(manta_${name}_objects OBJECT ${arg_SOURCES})
  target_include_directories(manta_${name}_objects PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(manta_${name}_objects PRIVATE manta_warnings ${arg_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY MANTA_MODULES manta_${name}_objects)
  set_property(GLOBAL APPEND PROPERTY MANTA_MODULE_LIBRARIES ${arg_LIBRARIES})
endfunction()

# manta_test(NAME LABEL label SOURCES...): a GoogleTest executable linked with libmanta.so, one CTest entry per test.
function(manta_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE manta manta_warnings ${arg_LIBRARIES} GTest::gmock_main)
  target_compile_options(${name} PRIVATE -O0)  # a test runs once: half the time of compiling it went into optimising it
  target_compile_definitions(${name} PRIVATE MANTA_SOURCE_DIR="${PROJECT_SOURCE_DIR}" MANTA_BINARY_DIR="${PROJECT_BINARY_DIR}")
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT})
endfunction()
