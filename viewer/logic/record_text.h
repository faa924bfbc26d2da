// SPDX-License-Identifier: Apache-2.0
// A record in words, read again from its line. What its descriptors were is told by the Timeline's files, so
// that it reads as `loopscope show` prints it.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "trace-model/record_parser.h"
#include "viewer/logic/timeline.h"
#include "viewer/logic/trace_text.h"

namespace loopscope::viewer {

class RecordText {
 public:
  RecordText(const Timeline& timeline, std::shared_ptr<const TraceText> text)
      : timeline_(timeline), text_(std::move(text)) {}

  // One line, as show_line.h describes it, kept for the next frame.
  [[nodiscard]] const std::string& line(uint32_t row);
  // What fits on a box: "openat balloons.txt", "accept4 = 12". Only when few have been made since
  // new_frame(); else, and when the line cannot be read, the name alone.
  [[nodiscard]] const std::string& label(uint32_t row);
  void new_frame() { made_ = 0; }
  [[nodiscard]] bool wants_another_frame() const { return made_ >= kMostAFrame; }

  // The record; nullptr where its line is not to be had. Valid until the next call of any member.
  [[nodiscard]] trace_model::Event* read(uint32_t row);
  [[nodiscard]] std::string raw(uint32_t row) const;

 private:
  static constexpr size_t kMostKept = 4096;
  static constexpr int kMostAFrame = 200;

  [[nodiscard]] std::string make_line(uint32_t row);
  [[nodiscard]] std::string make_label(uint32_t row);

  const Timeline& timeline_;
  std::shared_ptr<const TraceText> text_;
  trace_model::RecordParser parser_;
  std::string line_;
  std::unordered_map<uint32_t, std::string> lines_, labels_;
  int made_ = 0;
};

// "epoll_ctl(2)", "io_uring ACCEPT", "fork": the page of the manual that tells of it, where there is one.
[[nodiscard]] std::string manual_name(uint16_t what);

}  // namespace loopscope::viewer
