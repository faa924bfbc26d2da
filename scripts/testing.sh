# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# Runs ctest by tiers and adds up what it said. To be sourced from the root of the tree.
#
# Tiers are ctest labels: kernel and servers load BPF programs and run as root; matrix boots other kernels in QEMU;
# gui drives the real window under Xvfb; lint is clang-format and clang-tidy; hygiene looks at the sources alone. The
# rest (unit, cli) runs anywhere.

root_tiers='^(kernel|servers)$'
not_quick='^(kernel|servers|matrix|gui|lint)$'
not_sanitized='^(kernel|servers|matrix|gui|lint|hygiene)$'
not_plain='^(kernel|servers|matrix)$'

total_passed=0 total_failed=0 total_skipped=0
skipped_names=()

attribute() {  # NAME JUNIT_FILE: of its first <testsuite>
  grep -m1 -o "\b$1=\"[0-9]*\"" "$2" | tr -dc 0-9
}

# ctest returns 8 when a test failed, which is ours to count; a result file that is not there is an error of its own.
count_results() {  # JUNIT_FILE
  local tests failed skipped disabled
  tests=$(attribute tests "$1") failed=$(attribute failures "$1")
  skipped=$(attribute skipped "$1") disabled=$(attribute disabled "$1")
  total_failed=$((total_failed + failed))
  total_skipped=$((total_skipped + skipped + disabled))
  total_passed=$((total_passed + tests - failed - skipped - disabled))
  local name
  while IFS= read -r name; do skipped_names+=("$name"); done < <(
    grep -E '<testcase .*status="(notrun|disabled)"' "$1" | sed -E 's/.*<testcase name="([^"]*)".*/\1/')
}

run_ctest() {  # TITLE BUILD_FOLDER PREFIX… -- CTEST_ARGUMENTS…
  local title=$1 folder=$2 prefix=()
  shift 2
  while [[ $1 != -- ]]; do prefix+=("$1") && shift; done
  shift
  local junit=$PWD/$folder/Testing/results.xml
  echo "== test: $title"
  mkdir -p "$folder/Testing"
  rm -f "$junit"
  "${prefix[@]}" ctest --test-dir "$folder" --output-on-failure --no-tests=error --output-junit "$junit" "$@" ||
    (($? == 8)) || { echo "check: ctest itself failed for: $title" >&2 && return 1; }
  count_results "$junit"
}

run_tests() {  # TITLE BUILD_FOLDER CTEST_ARGUMENTS…
  local title=$1 folder=$2
  shift 2
  run_ctest "$title" "$folder" -- -j "$jobs" "$@"
}

# One at a time: these tests count what the kernel did, some of them at full load.
run_tests_as_root() {
  local title=$1 folder=$2
  shift 2
  if ((EUID == 0)); then
    run_ctest "$title" "$folder" -- "$@"
    return
  fi
  if ! command -v sudo >/dev/null; then
    echo "check: the tests of the tier '$title' need root, and there is no sudo here" >&2
    total_failed=$((total_failed + 1))
    return
  fi
  local status=0
  run_ctest "$title" "$folder" sudo env "PATH=$PATH" "HOME=$HOME" ${CI:+"CI=$CI"} -- "$@" || status=$?
  sudo chown -R "$(id -u):$(id -g)" "$folder"
  return "$status"
}

# The last line on stdout is always "N passed, N failed".
summarise() {
  if ((total_skipped)); then
    echo "skipped: ${skipped_names[*]:-}"
    if [[ ${CI:-} == true ]]; then
      echo "On CI everything must run: what was skipped counts as failed."
      total_failed=$((total_failed + total_skipped))
    else
      echo "$total_skipped skipped (the reasons are in the test output above)"
    fi
  fi
  echo "$total_passed passed, $total_failed failed"
  ((total_failed == 0))
}
