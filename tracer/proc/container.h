// SPDX-License-Identifier: Apache-2.0
// Which container a process runs in, by the control group it is in: cgroups(7). Inside a container of one's
// own the path is hidden by the cgroup namespace, and there is nothing to tell apart.
#pragma once

#include <string>
#include <string_view>

namespace loopscope::tracer {

// From the text of /proc/PID/cgroup: the first twelve digits of the id that Docker, containerd, CRI-O and
// Podman give their containers (64 hexadecimal digits), the name of an LXC container or of a systemd-nspawn
// machine; else empty.
[[nodiscard]] std::string container_of_cgroup(std::string_view text);

}  // namespace loopscope::tracer
