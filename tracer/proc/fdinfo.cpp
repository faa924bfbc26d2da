// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/fdinfo.h"

#include <fcntl.h>
#include <sys/epoll.h>

#include "tracer/proc/text_fields.h"

namespace loopscope::tracer {
namespace {

// The value of the next "name: value" or "name:value".
template <typename T>
std::optional<T> next_value(std::string_view& rest, std::string_view name, int base) {
  std::string_view field = next_field(rest);
  if (!field.starts_with(name)) return std::nullopt;
  field.remove_prefix(name.size());
  return number<T>(field.empty() ? next_field(rest) : field, base);
}

std::optional<EpollItem> parse_epoll_item(std::string_view line) {
  const auto fd = next_value<int>(line, "tfd:", 10);
  const auto events = next_value<uint32_t>(line, "events:", 16);
  const auto data = next_value<uint64_t>(line, "data:", 16);
  if (!fd || *fd < 0 || !events || !data) return std::nullopt;
  (void)next_value<int64_t>(line, "pos:", 10);
  return EpollItem{*fd, *events & ~uint32_t(EPOLLERR | EPOLLHUP), *data,
                   next_value<uint64_t>(line, "ino:", 16).value_or(0)};
}

// "SqMask:\t0x7", "CqMask:\t0xf", "SqThread:\t-1", "  op=13, task_works=0"
void parse_ring_line(std::string_view line, std::optional<RingInfo>& ring) {
  std::string_view rest = line;
  if (const auto mask = next_value<uint32_t>(rest, "SqMask:", 16)) ring.emplace().sq_entries = *mask + 1;
  if (!ring) return;
  rest = line;
  if (const auto cq_mask = next_value<uint32_t>(rest, "CqMask:", 16)) ring->cq_entries = *cq_mask + 1;
  rest = line;
  if (const auto thread = next_value<int>(rest, "SqThread:", 10)) ring->sq_thread = *thread > 0 ? *thread : 0;
  std::string_view op = trimmed(line);
  if (!op.starts_with("op=")) return;
  op = op.substr(3, op.find(',') - 3);
  if (const auto value = number<uint8_t>(op)) ++ring->armed[*value];
}

}  // namespace

FdInfo parse_fdinfo(std::string_view text) {
  FdInfo info;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (line.starts_with("tfd:")) {
      if (const auto item = parse_epoll_item(line)) info.epoll_items.push_back(*item);
    } else if (line.starts_with("flags:")) {
      info.flags = next_value<uint64_t>(line, "flags:", 8).value_or(0);
    } else if (line.starts_with("eventfd-id:")) {
      info.eventfd_id = next_value<uint64_t>(line, "eventfd-id:", 10);
    } else {
      parse_ring_line(line, info.ring);
    }
  }
  info.cloexec = info.flags & O_CLOEXEC;
  info.nonblock = info.flags & O_NONBLOCK;
  return info;
}

}  // namespace loopscope::tracer
