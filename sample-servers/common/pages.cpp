// SPDX-License-Identifier: Apache-2.0
#include "sample-servers/common/pages.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
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

}  // namespace

Response page_for(const Request& request, const std::string& root) {
  if (request.method != "GET" && request.method != "HEAD") return status_response(405);
  if (request.path == "/")
    return {.content_type = "text/html; charset=utf-8",
            .body =
                "<!doctype html><title>loopscope</title><p>One loop, many connections. "
                "<a href=\"/balloons\">Balloons!</a></p>\n"};
  if (request.path == "/balloons") return balloons(root);
  return status_response(404);
}

std::string program_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : program.parent_path().string();
}

}  // namespace loopscope::sample_servers
