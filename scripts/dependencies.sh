# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What loopscope needs from Debian 12, by purpose, and how a missing part is installed. To be sourced:
#
#   source scripts/dependencies.sh
#   install_missing build demo
#
# Nothing is asked of the package manager when everything is there, so a second run needs neither root nor network.
# An entry "a|b" is satisfied by either; the first that the machine's package lists know is installed.

packages_build=(build-essential cmake ninja-build pkg-config 'clang-19|clang' bpftool libbpf-dev libelf-dev
  zlib1g-dev nlohmann-json3-dev libcli11-dev libsimdjson-dev libfmt-dev libzstd-dev liburing-dev libgtest-dev libzip-dev nettle-dev)
# What the viewer is built from, the driver that draws where there is no graphics card, and a font that has Chinese
# characters, for the exercises.
packages_viewer=(libimgui-dev libglfw3-dev libgl-dev libgl1-mesa-dri fonts-dejavu-core
  'fonts-wqy-microhei|fonts-noto-cjk')
packages_gui_test=(xvfb xauth xdotool)
packages_demo=('hey|wrk' curl iproute2 procps)
# What the sheet in docs/lab uses beside what loopscope is built from.
packages_lab=(python3 python3-tornado hey curl iproute2 strace)
packages_test=(python3 python3-pytest python3-jsonschema python3-tornado python3-aiohttp python3-waitress
  strace linux-perf jq curl 'nginx-light|nginx|nginx-core' redis-server redis-tools nodejs wrk hey iproute2 util-linux procps
  zstd git chromium)
packages_lint=(clang-format-19 clang-tidy-19 mandoc)
packages_matrix=(qemu-system-x86 cpio busybox-static xz-utils)

# nginx and redis are wanted as programs that the tests start themselves, never as services of this machine.
packaged_services=(nginx redis-server)

is_installed() {
  local name
  for name in ${1//|/ }; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] && return 0
  done
  return 1
}

# Prints the entries of the named groups that no installed package satisfies.
missing_of() {
  local group entry
  for group in "$@"; do
    local -n entries="packages_$group"
    for entry in "${entries[@]}"; do
      is_installed "$entry" || printf '%s\n' "$entry"
    done
  done | sort -u
}

# Prints which package of an entry "a|b" to install.
choose_package() {
  local name
  for name in ${1//|/ }; do
    if [[ -n $(apt-cache madison "$name" 2>/dev/null) ]]; then
      printf '%s\n' "$name"
      return
    fi
  done
  echo "loopscope: no package source of this machine has ${1//|/ or }; loopscope builds on Debian 12 (bookworm)" >&2
  return 1
}

as_root() {
  if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

require_root_or_sudo() {
  ((EUID == 0)) || command -v sudo >/dev/null && return
  echo "loopscope: these packages are missing and installing them needs root or sudo: $*" >&2
  return 1
}

# The script that does the work runs as root in one go, so that sudo asks once at most. invoke-rc.d asks
# /usr/sbin/policy-rc.d whether it may start a service (invoke-rc.d(8)); 101 is "no".
install_as_root='
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap "rm -f $policy" EXIT
  printf "#!/bin/sh\nexit 101\n" >"$policy"
  chmod 755 "$policy"
fi
services=$1
shift
new=
for service in $services; do
  [ -e "/etc/init.d/$service" ] || new="$new $service"
done
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
for service in $new; do
  if [ -e "/etc/init.d/$service" ]; then update-rc.d "$service" disable >/dev/null 2>&1 || true; fi
done
'

install_missing() {
  local missing
  mapfile -t missing < <(missing_of "$@")
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || {
    echo "loopscope: this is not Debian; please install what these Debian 12 packages hold: ${missing[*]}" >&2
    return 1
  }
  require_root_or_sudo "${missing[@]}" || return
  echo "Installing from Debian's packages: ${missing[*]}"
  as_root apt-get update -q || {
    echo "loopscope: apt-get update failed; is there a network?" >&2
    return 1
  }
  local entry chosen=()
  for entry in "${missing[@]}"; do
    chosen+=("$(choose_package "$entry")") || return
  done
  as_root sh -c "$install_as_root" install "${packaged_services[*]}" "${chosen[@]}" </dev/null
}
