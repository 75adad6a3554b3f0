# The compiler, its warnings, sanitizers and the compile cache.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines (temporaries inside co_await are destroyed twice). "
    "Use clang-19: cmake --preset release")
endif()

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

set(MANTA_SANITIZE "" CACHE STRING "Sanitizers for everything built here, as for -fsanitize=")
if(MANTA_SANITIZE)
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  if(MANTA_SANITIZE MATCHES "address" AND NOT MANTA_FUZZ)
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O0 -g1")  # compiles in half the time, and hides no mistake by optimising it away
  endif()
  add_compile_options(-fsanitize=${MANTA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MANTA_SANITIZE})
endif()
if(MANTA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
add_link_options(-fuse-ld=lld)

add_library(manta_warnings INTERFACE)
target_compile_options(manta_warnings INTERFACE -Wall -Wextra -Wconversion -Werror -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
