# SPDX-License-Identifier: Apache-2.0
# bpf_skeleton(TARGET SOURCES…): compiles each *.bpf.c for the BPF machine, links them into one object and
# generates TARGET.skel.h. Neither the running kernel nor its BTF is looked at, and no flag of the host
# compiler reaches clang: a distribution's CFLAGS (-fcf-protection, -O0, -m64 …) break BPF objects.
find_program(BPF_CLANG NAMES clang-19 clang-18 clang-17 clang-16 clang-15 clang-14 clang REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  set(bpf_arch x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(bpf_arch arm64)
else()
  message(FATAL_ERROR "loopscope traces x86-64 and arm64, not ${CMAKE_SYSTEM_PROCESSOR}; "
                      "configure with -DLOOPSCOPE_TRACER=OFF to build the rest")
endif()

function(bpf_skeleton name)
  get_target_property(libbpf_include PkgConfig::libbpf INTERFACE_INCLUDE_DIRECTORIES)
  if(NOT libbpf_include)
    set(libbpf_include /usr/include)
  endif()
  set(objects)
  foreach(source ${ARGN})
    cmake_path(GET source STEM LAST_ONLY stem)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${stem}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E env --unset=CFLAGS --unset=CPPFLAGS
        ${BPF_CLANG} -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_${bpf_arch}
        -Wall -Werror -I${PROJECT_SOURCE_DIR} -isystem ${libbpf_include}
        -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
        -MD -MF ${object}.d -MT ${object}
        -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${source}
      DEPFILE ${object}.d
      COMMENT "BPF ${source}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.linked.o)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(OUTPUT ${linked} ${header}
    COMMAND ${BPFTOOL} gen object ${linked} ${objects}
    COMMAND ${BPFTOOL} gen skeleton ${linked} name ${name} > ${header}
    DEPENDS ${objects} COMMENT "BPF skeleton ${name}" VERBATIM)
  add_custom_target(${name}_generated DEPENDS ${header})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_generated)
  target_include_directories(${name} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(${name} INTERFACE PkgConfig::libbpf)
endfunction()
