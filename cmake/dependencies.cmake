# SPDX-License-Identifier: Apache-2.0
# Every outside library in one place; docs/architecture.md says why each is here.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
find_package(CLI11 REQUIRED)
if(LOOPSCOPE_TRACER)
  pkg_check_modules(libbpf REQUIRED IMPORTED_TARGET libbpf>=1.1)
endif()
