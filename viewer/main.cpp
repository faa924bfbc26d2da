// SPDX-License-Identifier: Apache-2.0
// The window on the screen, its events, and when to draw. What is drawn is panels/window.h.
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <expected>
#include <memory>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"
#include "viewer/options.h"
#include "viewer/panels/imgui_compat.h"
#include "viewer/png.h"

namespace loopscope::viewer {
namespace {

constexpr int kFramesAfterInput = 6;  // a panel that comes up, and then its table, take some to settle
constexpr int kFirstWidth = 1280, kFirstHeight = 720;
constexpr float kFontPx = 14;
constexpr Ns kApplyBudget = 4'000'000, kScreenshotBudget = 1'000'000'000;
constexpr double kCursorBlinkS = 0.25, kLiveFrameS = 0.04;

int fail(const std::string& sentence) {
  fmt::print(stderr, "loopscope-viewer: {}\n", trace_model::terminal_text(sentence));
  return 1;
}

struct Ender {
  void operator()(GLFWwindow* window) const { glfwDestroyWindow(window); }
};

class Viewer {
 public:
  explicit Viewer(const Options& options)
      : options_(options), workspace_({}, [] { glfwPostEmptyEvent(); }, options.session) {}
  ~Viewer();
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  [[nodiscard]] int run();

 private:
  [[nodiscard]] bool open_window();
  [[nodiscard]] int lines_to_fill() const;
  void use_fonts(bool again);
  void frame();
  void begin_as_asked();
  [[nodiscard]] bool all_loaded() const;
  [[nodiscard]] int run_until_closed();
  void wait_for_events(int& frames);
  [[nodiscard]] int take_screenshot();
  [[nodiscard]] std::expected<void, std::string> write_picture(const std::string& path);
  void collect_texts();
  void show_title();
  void keep_settings();
  [[nodiscard]] bool pictures_only() const { return !options_.screenshot.empty(); }

  Options options_;
  Workspace workspace_;
  std::unique_ptr<GLFWwindow, Ender> handle_;
  std::unique_ptr<Window> window_;
  float scale_ = 0;
  std::vector<std::string> used_texts_;
  uint64_t collected_shape_ = UINT64_MAX;
  std::string title_;
  bool imgui_ = false, fonts_stale_ = false, begun_ = false;
};

Viewer::~Viewer() {
  if (!imgui_) return;
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
}

// Files dropped onto the window: one in place of what is there, or two.
void dropped(GLFWwindow* window, int count, const char** paths) {
  auto* workspace = static_cast<Workspace*>(glfwGetWindowUserPointer(window));
  const bool beside = glfwGetKey(window, GLFW_KEY_LEFT_SHIFT) == GLFW_PRESS && !workspace->empty();
  for (int i = 0; i < std::min(count, 2); ++i) workspace->open(paths[i], beside || i > 0);
}

bool Viewer::open_window() {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  if (!pictures_only()) workspace_.settings = read_settings(settings_path());
  Settings& settings = workspace_.settings;
  const bool sized = options_.width > 0;
  const int width = sized ? options_.width : pictures_only() ? kFirstWidth : settings.width;
  const int height = sized ? options_.height : pictures_only() ? kFirstHeight : settings.height;
  if (pictures_only()) glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
  if (!sized && settings.maximized) glfwWindowHint(GLFW_MAXIMIZED, GLFW_TRUE);
  handle_.reset(glfwCreateWindow(width, height, "loopscope", nullptr, nullptr));
  if (!handle_) return false;
  glfwMakeContextCurrent(handle_.get());
  glfwSwapInterval(pictures_only() ? 0 : 1);
  glfwSetWindowUserPointer(handle_.get(), &workspace_);
  glfwSetDropCallback(handle_.get(), dropped);
  ImGui::CreateContext();
  imgui_ = true;
  ImGui::GetIO().IniFilename = nullptr;
  ImGui_ImplGlfw_InitForOpenGL(handle_.get(), true);
  ImGui_ImplOpenGL3_Init("#version 330 core");
  const ThemeName theme = options_.theme.value_or(theme_of(settings.theme).value_or(ThemeName::Dark));
  window_ = std::make_unique<Window>(workspace_, theme);
  for (const std::string& file : options_.files) workspace_.open(file, true);
  Request first;
  first.kind = Request::Kind::Activate;
  first.a = 0;
  workspace_.handle(first, 0);
  use_fonts(true);
  if (!options_.panel.empty()) (void)window_->panels().show(options_.panel);
  workspace_.help_open = options_.keys;
  if (!options_.filter.empty() && !workspace_.empty()) workspace_.active().set_filter(options_.filter);
  return true;
}

// Of a picture, or of the screen.
int Viewer::lines_to_fill() const {
  int width = 0, height = 0;
  glfwGetFramebufferSize(handle_.get(), &width, &height);
  if (pictures_only()) return height;
  GLFWmonitor* monitor = glfwGetPrimaryMonitor();
  const GLFWvidmode* mode = monitor ? glfwGetVideoMode(monitor) : nullptr;
  return mode ? mode->height : height;
}

// Fonts are made for a size: again when it changes, or when a trace has characters that were not needed
// before.
void Viewer::use_fonts(bool again) {
  float of_screen = 1, unused = 1;
  glfwGetWindowContentScale(handle_.get(), &of_screen, &unused);
  const float chosen = options_.scale > 0 ? float(options_.scale) : scale_for(of_screen, lines_to_fill());
  const float scale = chosen * window_->theme().text_scale * float(workspace_.settings.text_scale);
  if (scale == scale_ && !again) return;
  scale_ = scale;
  ImGui::GetStyle() = ImGuiStyle();
  apply_style(window_->theme(), window_->theme_name());
  ImGui::GetStyle().ScaleAllSizes(scale);
  window_->use(load_fonts(std::round(kFontPx * scale), options_.font, used_texts_), scale);
  compat::take_built_fonts();
}

// Characters that the fonts were not loaded with.
void Viewer::collect_texts() {
  uint64_t shape = 0;
  for (size_t i = 0; i < workspace_.count(); ++i)
    shape = shape * 31 + workspace_.trace(i).timeline.shape * 2 + workspace_.trace(i).loaded.has_value();
  shape = shape * 31 + window_->rare_texts().size();
  if (shape == collected_shape_) return;
  collected_shape_ = shape;
  std::vector<std::string> used;
  const auto take = [&](const std::string& text) {
    if (needs_more(text)) used.push_back(text);
  };
  used.assign(window_->rare_texts().begin(), window_->rare_texts().end());
  for (size_t i = 0; i < workspace_.count(); ++i) {
    const Session& session = workspace_.trace(i);
    take(session.loader.path());
    for (const ProcessName& process : session.timeline.processes) take(process.name);
    for (const Track& track : session.timeline.tracks) take(track.name);
    for (const Note& note : session.notes.all()) take(note.text);
    session.timeline.each_text(take);
  }
  if (used.size() != used_texts_.size()) fonts_stale_ = true;
  used_texts_ = std::move(used);
}

// What is selected, or was said last, stands in the title as well, for those who cannot see the window.
void Viewer::show_title() {
  std::string title = "loopscope";
  if (!workspace_.empty()) {
    Session& session = workspace_.active();
    title += "  " + trace_model::terminal_text(session.loader.path());
    const Selection& selection = session.selection();
    if (selection.any() && session.timeline.records.has(selection.row))
      title = fmt::format("{}, record {}: {}", session.texts.label(selection.row),
                          session.timeline.records.id(selection.row), title);
    else if (!workspace_.status().empty())
      title = workspace_.status() + ": " + title;
  }
  if (title == title_) return;
  title_ = title;
  glfwSetWindowTitle(handle_.get(), title.c_str());
}

void Viewer::frame() {
  collect_texts();
  use_fonts(std::exchange(fonts_stale_, false));
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  ImGui::NewFrame();
  window_->draw();
  ImGui::Render();
  show_title();
  int width = 0, height = 0;
  glfwGetFramebufferSize(handle_.get(), &width, &height);
  glViewport(0, 0, width, height);
  glClearColor(0, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

bool Viewer::all_loaded() const {
  for (size_t i = 0; i < workspace_.count(); ++i)
    if (!workspace_.trace(i).loaded) return false;
  return true;
}

// Once the trace is there: what the command line asks for.
void Viewer::begin_as_asked() {
  begun_ = true;
  if (workspace_.empty() || !workspace_.active().error().empty()) return;
  Session& session = workspace_.active();
  if (!options_.search.empty()) session.start_search(options_.search);
  if (options_.select != 0) {
    if (const auto row = session.timeline.records.row_of(options_.select)) {
      session.go_to_row(*row);
      if (!options_.view) session.perform(Action::Focus);
    } else {
      fmt::print(stderr, "loopscope-viewer: the trace has no record {}\n", options_.select);
    }
  }
  if (options_.view)
    for (size_t i = 0; i < workspace_.count(); ++i)
      if (i == workspace_.active_number() || workspace_.linked())
        workspace_.trace(i).show(options_.view->first, options_.view->second);
  if (options_.panel == "compare") workspace_.perform(Action::ShowCompare);
}

void Viewer::wait_for_events(int& frames) {
  if (frames > 0) return glfwPollEvents();
  if (workspace_.live()) {
    glfwWaitEventsTimeout(kLiveFrameS), frames = 1;
  } else if (ImGui::GetIO().WantTextInput) {
    glfwWaitEventsTimeout(kCursorBlinkS), frames = 1;
  } else {
    glfwWaitEvents(), frames = kFramesAfterInput;
  }
}

int Viewer::run_until_closed() {
  int frames = kFramesAfterInput;
  while (!glfwWindowShouldClose(handle_.get()) && !workspace_.quit) {
    wait_for_events(frames);
    if (workspace_.take_loaded(kApplyBudget)) frames = kFramesAfterInput;
    if (!begun_ && all_loaded()) begin_as_asked();
    frame();
    if (std::exchange(workspace_.picture_wanted, false)) {
      const auto written = write_picture(workspace_.picture_path);
      workspace_.say(written ? "Saved " + trace_model::terminal_text(workspace_.picture_path)
                             : written.error());
      frames = kFramesAfterInput;
    }
    glfwSwapBuffers(handle_.get());
    --frames;
    if (window_->wants_another_frame() || workspace_.waiting()) frames = std::max(frames, 1);
  }
  keep_settings();
  return 0;
}

void Viewer::keep_settings() {
  Settings& settings = workspace_.settings;
  settings.maximized = glfwGetWindowAttrib(handle_.get(), GLFW_MAXIMIZED) == GLFW_TRUE;
  if (!settings.maximized) glfwGetWindowSize(handle_.get(), &settings.width, &settings.height);
  constexpr const char* kNames[] = {"dark", "light", "projector"};
  settings.theme = kNames[size_t(window_->theme_name())];
  write_settings(settings_path(), settings);
}

std::expected<void, std::string> Viewer::write_picture(const std::string& path) {
  int width = 0, height = 0;
  glfwGetFramebufferSize(handle_.get(), &width, &height);
  std::vector<uint8_t> rgb(size_t(width) * size_t(height) * 3);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, rgb.data());
  return write_png(path, width, height, rgb);
}

int Viewer::take_screenshot() {
  const auto settle = [this](auto&& busy) {
    while (busy()) {
      (void)workspace_.take_loaded(kScreenshotBudget);
      if (busy()) glfwWaitEventsTimeout(0.02);
    }
  };
  settle([this] { return !all_loaded(); });
  if (const std::string error = workspace_.active().error(); !error.empty()) return fail(error);
  (void)workspace_.take_loaded(0);
  frame();  // so that the sizes of everything are known
  begin_as_asked();
  (void)workspace_.take_loaded(0);
  const auto draw = [this] {
    for (int i = 0; i < kFramesAfterInput || window_->wants_another_frame(); ++i) frame();
  };
  draw();  // panels ask for what they show
  settle([this] {
    const Session& session = workspace_.active();
    return session.search.running() || workspace_.comparing.busy() || workspace_.servers.busy();
  });
  (void)workspace_.take_loaded(0);
  // The search has gone to what it found.
  if (options_.view) workspace_.active().show(options_.view->first, options_.view->second);
  draw();
  const auto written = write_picture(options_.screenshot);
  return written ? 0 : fail(written.error());
}

int Viewer::run() {
  if (!open_window())
    return fail(
        "this display has no OpenGL 3.3, which the viewer draws with; `loopscope report --timeline FILE` "
        "prints the "
        "timeline as text, and `loopscope export FILE --to html` makes a page of it");
  return pictures_only() ? take_screenshot() : run_until_closed();
}

int run(int argc, char** argv) {
  Options options;
  if (const auto ended = parse_options(argc, argv, options)) return *ended;
  if (!glfwInit())
    return fail(
        "there is no display to open a window on: `loopscope export FILE --to html` makes a page of the "
        "trace, "
        "`loopscope report --timeline FILE` prints its timeline as text, and `xvfb-run -a loopscope-viewer "
        "FILE "
        "--screenshot timeline.png` draws it without a display");
  const int status = Viewer(options).run();
  glfwTerminate();
  return status;
}

}  // namespace
}  // namespace loopscope::viewer

int main(int argc, char** argv) {
  try {
    return loopscope::viewer::run(argc, argv);
  } catch (const std::exception& error) {
    return loopscope::viewer::fail(error.what());
  }
}
