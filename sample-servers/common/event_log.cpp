// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/event_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

namespace loopscope::sample_servers {

int64_t monotonic_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
}

std::expected<EventLog, std::string> EventLog::open(const std::string& path) {
  EventLog log;
  if (path == "-") return log;
  log.file_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!log.file_) return std::unexpected(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  return log;
}

void EventLog::write(std::string_view event, std::initializer_list<Field> fields) const {
  write_at(monotonic_ns(), event, fields);
}

void EventLog::write_at(int64_t t_ns, std::string_view event, std::initializer_list<Field> fields) const {
  nlohmann::ordered_json line{{"t", t_ns}, {"tid", ::gettid()}, {"event", event}};
  for (const Field& field : fields)
    std::visit([&](const auto& value) { line[std::string(field.name)] = value; }, field.value);
  const std::string text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  (void)!::write(file_ ? file_.get() : STDERR_FILENO, text.data(), text.size());
}

}  // namespace loopscope::sample_servers
