# SPDX-License-Identifier: Apache-2.0
# One interface target that every C++ target of ours links: warnings, sanitizers, include root.
add_library(loopscope_options INTERFACE)
target_include_directories(loopscope_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(loopscope_options INTERFACE
  -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -Wcast-align -Wformat=2 -Wimplicit-fallthrough)
if(LOOPSCOPE_SANITIZE)
  # vptr is off: to see whether memory is readable it opens a pipe, and in a process that is out of descriptors, as
  # some tests make them be, it reports an error where there is none.
  target_compile_options(loopscope_options INTERFACE
    -O1 -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(loopscope_options INTERFACE -fsanitize=address,undefined)
endif()
if(LOOPSCOPE_SANITIZE_THREADS)
  target_compile_options(loopscope_options INTERFACE -O1 -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(loopscope_options INTERFACE -fsanitize=thread)
endif()
if(LOOPSCOPE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "LOOPSCOPE_FUZZ needs clang: configure with -DCMAKE_CXX_COMPILER=clang++-19")
  endif()
  target_compile_options(loopscope_options INTERFACE -O1 -fsanitize=fuzzer-no-link,address,undefined)
  target_link_options(loopscope_options INTERFACE -fsanitize=address,undefined)
endif()
