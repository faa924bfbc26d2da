// SPDX-License-Identifier: Apache-2.0
// bpf(2) tried, and when it is refused, by whom.
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "tracer/doctor.h"
#include "tracer/proc/access.h"
#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

constexpr unsigned kCapSysAdmin = 21, kCapBpf = 39;  // capabilities(7)

// 0, or what was wrong.
int try_map(bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t max_entries) {
  bpf_attr attributes{};
  attributes.map_type = type;
  attributes.key_size = key_size;
  attributes.value_size = value_size;
  attributes.max_entries = max_entries;
  const UniqueFd map(int(syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes)));
  return map ? 0 : errno;
}

bool in_initial_user_namespace(const SystemFiles& files) {
  const auto map = read_file(AT_FDCWD, (files.proc + "/self/uid_map").c_str());
  if (!map) return true;
  std::string_view rest = *map;
  return next_field(rest) == "0" && next_field(rest) == "0" && next_field(rest) == "4294967295";
}

// EPERM has many fathers.
void explain_refusal(const SystemFiles& files, ProbeResult& result) {
  const auto text = read_file(AT_FDCWD, (files.proc + "/self/status").c_str());
  const auto self = text ? parse_status(*text) : std::nullopt;
  const bool capable =
      self && (self->cap_effective >> kCapBpf & 1 || self->cap_effective >> kCapSysAdmin & 1);
  if (!capable) {
    result.detail = "EPERM: CAP_BPF is missing";
    result.remedy = remedy_for_capabilities();
  } else if (self->seccomp == 2) {
    result.detail =
        "EPERM though CAP_BPF is there: a seccomp filter refuses it, as container runtimes do by default";
    result.remedy = "docker run --security-opt seccomp=unconfined, or --privileged";
  } else if (!in_initial_user_namespace(files)) {
    result.detail = "EPERM: the capabilities are those of a user namespace, where CAP_BPF does not count";
    result.remedy =
        "run loopscope outside of the rootless container, or use a container that is not rootless";
  } else {
    result.detail = "EPERM though CAP_BPF is there: a security module refuses it";
    result.remedy = "look for the denial in `sudo dmesg` or `sudo ausearch -m avc`";
  }
}

ProbeResult bpf_probe(const SystemFiles& files) {
  ProbeResult result{.name = "bpf()", .detail = "works", .remedy = {}};
  const int error = try_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1);
  result.ok = error == 0;
  if (error == EPERM || error == EACCES) {
    explain_refusal(files, result);
  } else if (error == ENOSYS) {
    result.detail = "ENOSYS: the kernel is built without CONFIG_BPF_SYSCALL, or a seccomp filter says so";
    result.remedy = "use a kernel with BPF; in a container, docker run --security-opt seccomp=unconfined";
  } else if (error != 0) {
    result.detail = std::strerror(error);
  }
  return result;
}

ProbeResult map_probe(std::string name, bool ok, int error, std::string_view since) {
  return {
      .name = std::move(name),
      .ok = ok,
      .detail = ok ? "works" : fmt::format("refused: {}", std::strerror(error)),
      .remedy = ok || error == EPERM ? "" : fmt::format("it came with Linux {}: use a newer kernel", since)};
}

}  // namespace

ProbeResults map_probes(const SystemFiles& files) {
  libbpf_set_print(nullptr);  // what fails here is our answer, not a complaint for the terminal
  ProbeResults results{bpf_probe(files)};
  const int ring = try_map(BPF_MAP_TYPE_RINGBUF, 0, 0, uint32_t(sysconf(_SC_PAGESIZE)));
  results.push_back(map_probe("ring buffer", ring == 0, ring, "5.8"));
  return results;
}

}  // namespace loopscope::tracer
