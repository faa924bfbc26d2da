// SPDX-License-Identifier: Apache-2.0
// A trace file as evidence: what its report says, and its records.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lab/selection.h"

namespace loopscope::lab {

class TraceEvidence : public Evidence {
 public:
  // Reads the trace once; the error is a sentence.
  [[nodiscard]] static std::expected<std::unique_ptr<TraceEvidence>, std::string> open(
      const std::string& path);

  [[nodiscard]] const Json& report() override { return report_; }
  [[nodiscard]] std::expected<const std::vector<Json>*, std::string> find(const std::string& query) override;
  [[nodiscard]] std::expected<const Json*, std::string> opened(const std::string& path) override;

 private:
  explicit TraceEvidence(std::string path) : path_(std::move(path)) {}

  std::string path_;
  Json report_;
  std::map<std::string, std::vector<Json>> found_;  // by query
  std::map<std::string, Json> opened_;              // by what paths contain
};

// SHA-256 of a file, in hexadecimal digits; the error is a sentence.
[[nodiscard]] std::expected<std::string, std::string> digest_of(const std::string& path);

}  // namespace loopscope::lab
