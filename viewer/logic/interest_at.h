// SPDX-License-Identifier: Apache-2.0
// What every epoll instance watched at some moment, in words.
#pragma once

#include <string>
#include <vector>

#include "viewer/logic/timeline.h"

namespace loopscope::viewer {

struct WatchedFile {
  WatchedItem item;
  std::string what;  // "tcp 127.0.0.1:8080 listen"
  bool listening = false;
};

struct WatchingInstance {
  InterestLog::Instance instance;
  std::vector<WatchedFile> files;  // listening ones first, then by number
  size_t more = 0;                 // beyond those
};

struct InterestAnswer {
  Ns t = 0;
  std::vector<WatchingInstance> instances;
  size_t more = 0;  // beyond those
};

[[nodiscard]] InterestAnswer interest_at(const Timeline& timeline, Ns t);

}  // namespace loopscope::viewer
