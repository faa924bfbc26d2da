// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/pages.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <optional>
#include <system_error>

#include "sample-servers/common/unique_fd.h"

namespace loopscope::sample_servers {
namespace {

Response balloons(const std::string& root) {
  // A regular file is always "ready": epoll refuses it (EPERM), and open and read may make the whole loop
  // wait for the disk. For a small file in the page cache that is microseconds.
  const UniqueFd file(::open((root + "/balloons.txt").c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return status_response(404);
  Response response;
  std::array<char, 4096> piece{};
  ssize_t size = 0;
  while ((size = ::read(file.get(), piece.data(), piece.size())) > 0)
    response.body.append(piece.data(), static_cast<size_t>(size));
  return size < 0 ? status_response(500) : response;
}

// "ms=50", alone.
std::optional<std::chrono::milliseconds> cpu_time(std::string_view query) {
  if (!query.starts_with("ms=")) return std::nullopt;
  query.remove_prefix(3);
  int64_t count = 0;
  const auto [end, error] = std::from_chars(query.begin(), query.end(), count);
  if (error != std::errc() || end != query.end() || count < 0 || count > kMostCpu.count())
    return std::nullopt;
  return std::chrono::milliseconds(count);
}

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Page page_of(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD")
    return {.kind = Page::Kind::Refusal, .status = 405};
  if (request.path == "/") return {};
  if (request.path == "/balloons") return {.kind = Page::Kind::Balloons};
  if (request.path == "/cpu") {
    const auto time = cpu_time(request.query);
    return time ? Page{.kind = Page::Kind::Cpu, .cpu = *time}
                : Page{.kind = Page::Kind::Refusal, .status = 400};
  }
  return {.kind = Page::Kind::Refusal, .status = 404};
}

Response render(const Page& page, const std::string& root) {
  switch (page.kind) {
    case Page::Kind::Index:
      return {.content_type = "text/html; charset=utf-8",
              .body =
                  "<!doctype html><title>loopscope</title><p>One loop, many connections. "
                  "<a href=\"/balloons\">Balloons!</a></p>\n"};
    case Page::Kind::Balloons:
      return balloons(root);
    case Page::Kind::Cpu:
      burn_cpu(page.cpu);
      return {.body = fmt::format("computed for {} ms\n", page.cpu.count())};
    case Page::Kind::Refusal:
      break;
  }
  return status_response(page.status);
}

void burn_cpu(std::chrono::nanoseconds duration) {
  const auto end = thread_cpu_time() + duration;
  volatile uint64_t work = 1;
  // The thread's CPU clock is a system call on most machines: asked rarely, lest a trace be full of it.
  while (thread_cpu_time() < end)
    for (int i = 0; i < 50'000; ++i) work = work * 6364136223846793005u + 1442695040888963407u;
}

std::string program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : program.parent_path().string();
}

}  // namespace loopscope::sample_servers
