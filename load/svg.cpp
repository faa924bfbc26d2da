// SPDX-License-Identifier: Apache-2.0
// Of each load a panel, of each server a line: what share of requests was answered within a time. Time is
// logarithmic, for latencies of 20 ms stand beside seconds.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "load/output.h"

namespace loopscope::load {
namespace {

constexpr double kWidth = 860, kPanel = 272, kLeft = 60, kRight = 220, kTop = 44, kBottom = 66;
constexpr size_t kMostPoints = 400;
constexpr std::array<std::string_view, 7> kColors{"#0b6e75", "#c2377c", "#c98a00", "#5a4fb5",
                                                  "#3f8f3a", "#a0522d", "#5b6770"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
  }
  return out;
}

struct Axis {
  double least = 1e-3, greatest = 1;
  [[nodiscard]] double x(double seconds) const {
    const double share = std::log(std::max(seconds, least) / least) / std::log(greatest / least);
    return kLeft + std::min(share, 1.0) * (kWidth - kLeft - kRight);
  }
};

Axis axis_of(const BenchResult& result) {
  Axis axis{1e9, 0};
  for (const BenchRow& row : result.rows) {
    if (row.measured.latencies_s.empty()) continue;
    axis.least = std::min(axis.least, row.measured.latencies_s.front());
    axis.greatest = std::max(axis.greatest, row.measured.latencies_s.back());
  }
  if (axis.greatest == 0) return {};
  axis.least = std::pow(10, std::floor(std::log10(std::max(axis.least, 1e-6))));
  axis.greatest = std::max(std::pow(10, std::ceil(std::log10(axis.greatest))), axis.least * 10);
  return axis;
}

std::string time_label(double seconds) {
  if (seconds >= 1) return fmt::format("{:g} s", seconds);
  return seconds >= 1e-3 ? fmt::format("{:g} ms", seconds * 1e3) : fmt::format("{:g} us", seconds * 1e6);
}

std::string grid(const Axis& axis, double top, const std::string& title) {
  const double bottom = top + kPanel - kBottom;
  std::string out =
      fmt::format(R"(<text x="{}" y="{}" class="title">{}</text>)", kLeft, top - 12, escaped(title));
  for (double decade = axis.least; decade <= axis.greatest * 1.001; decade *= 10)
    for (const double step : {1.0, 2.0, 5.0}) {
      if (decade * step > axis.greatest * 1.001) break;
      const double x = axis.x(decade * step);
      out +=
          fmt::format(R"(<line x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}" class="grid"/>)", x, top, bottom);
      if (step == 1 || axis.greatest / axis.least <= 1000)
        out += fmt::format(R"(<text x="{:.1f}" y="{}" class="x">{}</text>)", x, bottom + 16,
                           time_label(decade * step));
    }
  for (const int share : {0, 50, 90, 100}) {
    const double y = bottom - share / 100.0 * (bottom - top);
    out += fmt::format(R"(<line x1="{0}" y1="{1:.1f}" x2="{2}" y2="{1:.1f}" class="grid"/>)", kLeft, y,
                       kWidth - kRight);
    out += fmt::format(R"(<text x="{}" y="{:.1f}" class="y">{} %</text>)", kLeft - 8, y + 4, share);
  }
  return out + "\n";
}

std::string line(const BenchRow& row, const Axis& axis, double top, size_t index) {
  const double bottom = top + kPanel - kBottom;
  const std::vector<double>& all = row.measured.latencies_s;
  std::string points;
  const size_t step = std::max<size_t>(1, all.size() / kMostPoints);
  for (size_t i = 0; i < all.size(); i += step)
    points += fmt::format("{:.1f},{:.1f} ", axis.x(all[i]),
                          bottom - double(i + 1) / double(all.size()) * (bottom - top));
  const std::string_view color = kColors[index % kColors.size()];
  std::string out = fmt::format(R"(<polyline points="{}" stroke="{}"/>)", points, color);
  if (row.theory_s)
    out += fmt::format(R"(<line x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}" stroke="{3}" class="theory"/>)",
                       axis.x(*row.theory_s), top, bottom, color);
  const double y = top + 14 + double(index) * 20;
  out += fmt::format(R"(<rect x="{}" y="{}" width="12" height="12" rx="3" fill="{}"/>)", kWidth - kRight + 16,
                     y - 10, color);
  out += fmt::format(R"(<text x="{}" y="{}">{}</text>)", kWidth - kRight + 34, y,
                     escaped(row.server.name.substr(0, 28)));
  return out + "\n";
}

}  // namespace

std::string bench_svg(const BenchResult& result) {
  std::vector<std::string> loads;
  for (const BenchRow& row : result.rows)
    if (std::ranges::find(loads, row.load.name()) == loads.end()) loads.push_back(row.load.name());
  const double height = kTop + kPanel * double(loads.size()) + 10;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\">\n"
      "<style>text{{font:13px sans-serif;fill:#1d2328}} .title{{font-weight:600}} "
      ".x{{text-anchor:middle;font-size:11px}} "
      ".y{{text-anchor:end;font-size:11px}} .grid{{stroke:#e0e3e1}} polyline{{fill:none;stroke-width:2}} "
      ".theory{{stroke-dasharray:4 4}}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      kWidth, height);
  const Axis axis = axis_of(result);
  for (size_t l = 0; l < loads.size(); ++l) {
    const double top = kTop + kPanel * double(l);
    out += grid(axis, top,
                fmt::format("{}: share of requests answered within a time; dashed: theory", loads[l]));
    size_t index = 0;
    for (const BenchRow& row : result.rows)
      if (row.load.name() == loads[l]) out += line(row, axis, top, index++);
  }
  return out + "</svg>\n";
}

}  // namespace loopscope::load
