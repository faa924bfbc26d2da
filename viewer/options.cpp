// SPDX-License-Identifier: Apache-2.0
#include "viewer/options.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <cstdio>

namespace loopscope::viewer {
namespace {

std::optional<Ns> parse_time(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.empty()) return std::nullopt;
  const std::string_view unit(end, size_t(text.data() + text.size() - end));
  const double factor = unit.empty() || unit == "s" ? 1e9
                        : unit == "ms"              ? 1e6
                        : unit == "us"              ? 1e3
                        : unit == "ns"              ? 1
                                                    : 0;
  const double ns = value * factor;
  if (factor == 0 || !(ns > -9e18 && ns < 9e18)) return std::nullopt;
  return Ns(ns);
}

std::string parse_size(const std::string& text, Options& options) {
  char rest = 0;
  int width = 0, height = 0;
  if (std::sscanf(text.c_str(), "%5dx%5d%c", &width, &height, &rest) != 2 || width < 320 || height < 240 ||
      width > 16384 || height > 16384)
    return "a size is WIDTHxHEIGHT, at least 320x240: 1280x720";
  options.width = width, options.height = height;
  return {};
}

}  // namespace

std::optional<std::pair<Ns, Ns>> parse_view(const std::string& text) {
  const size_t dots = text.find("..");
  if (dots == text.npos) return std::nullopt;
  const auto from = parse_time(std::string_view(text).substr(0, dots)),
             to = parse_time(std::string_view(text).substr(dots + 2));
  if (!from || !to || *from >= *to) return std::nullopt;
  return std::pair(*from, *to);
}

std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App app{"The timeline of a loopscope trace", "loopscope-viewer"};
  std::string theme, size, view;
  uint64_t memory_mb = 0;
  app.add_option("file", options.files,
                 "The trace; - is standard input. A second one is shown below it, to be compared")
      ->expected(0, 2)
      ->type_name("FILE");
  app.add_flag_callback(
      "--follow", [&] { options.session.follow = Follow::Always; },
      "Go on where the file ends until it has an end record (without: while it is being written)");
  app.add_option("--memory", memory_mb,
                 "Of a trace that is being recorded keep this many megabytes, the newest (default: 1024)")
      ->check(CLI::Range(16, 1 << 20))
      ->type_name("MB");
  app.add_option("--view", view,
                 "Begin with this stretch of time: A..B, in seconds, or with a unit: 120ms..130ms")
      ->type_name("A..B");
  app.add_option("--select", options.select, "Select the record with this id, and show it")->type_name("ID");
  app.add_option("--panel", options.panel,
                 "Open this panel: listeners, watched, loops, findings, events, range, notes, lab, record, "
                 "compare, or\n"
                 "keys for the help sheet")
      ->type_name("NAME");
  app.add_option("--search", options.search, "Search, in the language of `loopscope show`")
      ->type_name("QUERY");
  app.add_option("--lanes", options.filter, "Show only lanes that have one of these names")
      ->type_name("NAME,...");
  app.add_option("--theme", theme, "dark, light, or projector")
      ->check(CLI::IsMember({"dark", "light", "projector"}));
  app.add_option("--size", size, "Size of the window in pixels (default: 1280x720)")->type_name("WxH");
  app.add_option("--scale", options.scale, "Size of text and lanes (default: as the screen asks for)")
      ->check(CLI::Range(0.5, 4.0));
  app.add_option("--font", options.font, "A TrueType font for texts")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  app.add_option("--screenshot", options.screenshot, "Write one picture, as PNG, and end")->type_name("FILE");
  try {
    app.parse(argc, argv);
    options.theme = theme_of(theme);
    if (memory_mb > 0) options.session.most_bytes = memory_mb << 20;
    if (const std::string wrong = size.empty() ? "" : parse_size(size, options); !wrong.empty())
      throw CLI::ValidationError("--size", wrong);
    if (!view.empty()) options.view = parse_view(view);
    if (!view.empty() && !options.view)
      throw CLI::ValidationError("--view", "a view is A..B, A before B: 1.2..1.3 or 120ms..130ms");
    options.keys = options.panel == "keys";
    if (!options.panel.empty() && !options.keys && !PanelList().show(options.panel))
      throw CLI::ValidationError("--panel", "there is no panel " + options.panel);
    if (options.files.size() == 2 && options.files[0] == "-" && options.files[1] == "-")
      throw CLI::ValidationError("file", "only one of the two can come from standard input");
    if (!options.screenshot.empty() && options.files.empty())
      throw CLI::ValidationError("--screenshot", "name the trace that it is of");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace loopscope::viewer
