# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Configures and builds one preset. To be sourced from the root of the tree.

build() {  # PRESET JOBS TARGET… (default: all)
  local launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  echo "== build: $1"
  cmake --preset "$1" --log-level=WARNING "${launcher[@]}" >/dev/null
  local preset=$1 jobs=$2
  shift 2
  cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"}
}
