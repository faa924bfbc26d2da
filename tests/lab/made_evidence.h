// SPDX-License-Identifier: Apache-2.0
// Evidence that a test states itself.
#pragma once

#include "lab/selection.h"

namespace loopscope::lab {

struct MadeEvidence : Evidence {
  Json said = Json::parse(R"({
    "listeners": [
      {"pid": 1, "fd": 6, "address": "0.0.0.0:8079",
       "registrations": [{"how": "epoll_ctl", "epfd": 5, "events": ["EPOLLIN"]}], "closed_t": null},
      {"pid": 1, "fd": 9, "address": "127.0.0.1:80", "registrations": []}],
    "requests": [{"per_second": 50.0}, {"per_second": 0}]})");
  std::map<std::string, std::vector<Json>> records;
  Json files = Json::array();

  const Json& report() override { return said; }
  std::expected<const std::vector<Json>*, std::string> find(const std::string& query) override {
    return &records[query];
  }
  std::expected<const Json*, std::string> opened(const std::string&) override { return &files; }
};

}  // namespace loopscope::lab
