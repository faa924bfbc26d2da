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
#include <memory>

#include <fmt/format.h>

#include "trace-model/terminal_text.h"
#include "viewer/options.h"
#include "viewer/panels/imgui_compat.h"
#include "viewer/png.h"

namespace loopscope::viewer {
namespace {

constexpr int kFramesAfterInput = 3;  // some widgets take a second frame to settle
constexpr float kFontPx = 14;
constexpr Ns kApplyBudget = 4'000'000, kScreenshotBudget = 1'000'000'000;
constexpr double kCursorBlinkS = 0.25;

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
      : options_(options), session_(options.file, [] { glfwPostEmptyEvent(); }) {}
  ~Viewer();
  Viewer(const Viewer&) = delete;
  Viewer& operator=(const Viewer&) = delete;

  [[nodiscard]] int run();

 private:
  [[nodiscard]] bool open_window();
  void use_fonts(bool again);
  void frame();
  void begin_as_asked();
  [[nodiscard]] int run_until_closed();
  [[nodiscard]] int take_screenshot();
  void collect_texts();
  void show_title();

  Options options_;
  Session session_;
  std::unique_ptr<GLFWwindow, Ender> handle_;
  std::unique_ptr<Window> window_;
  float scale_ = 0;
  std::vector<std::string> used_texts_;
  uint32_t titled_row_ = kNone;
  bool imgui_ = false, fonts_stale_ = false, begun_ = false;
};

Viewer::~Viewer() {
  if (!imgui_) return;
  ImGui_ImplOpenGL3_Shutdown();
  ImGui_ImplGlfw_Shutdown();
  ImGui::DestroyContext();
}

bool Viewer::open_window() {
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  if (!options_.screenshot.empty()) glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
  const std::string title = "loopscope  " + trace_model::terminal_text(options_.file);
  handle_.reset(glfwCreateWindow(options_.width, options_.height, title.c_str(), nullptr, nullptr));
  if (!handle_) return false;
  glfwMakeContextCurrent(handle_.get());
  glfwSwapInterval(options_.screenshot.empty() ? 1 : 0);
  ImGui::CreateContext();
  imgui_ = true;
  ImGui::GetIO().IniFilename = nullptr;
  ImGui_ImplGlfw_InitForOpenGL(handle_.get(), true);
  ImGui_ImplOpenGL3_Init("#version 330 core");
  window_ = std::make_unique<Window>(session_, options_.theme);
  use_fonts(true);
  if (options_.panel) window_->show(*options_.panel);
  session_.help_open = options_.keys;
  if (!options_.filter.empty()) session_.set_filter(options_.filter);
  return true;
}

// Fonts are made for a size: again when it changes, or when a trace has characters that were not needed
// before.
void Viewer::use_fonts(bool again) {
  float of_screen = 1, unused = 1;
  glfwGetWindowContentScale(handle_.get(), &of_screen, &unused);
  const float scale = (options_.scale > 0 ? float(options_.scale) : of_screen) * window_->theme().text_scale *
                      session_.text_scale;
  if (scale == scale_ && !again) return;
  scale_ = scale;
  ImGui::GetStyle() = ImGuiStyle();
  apply_style(window_->theme(), options_.theme);
  ImGui::GetStyle().ScaleAllSizes(scale);
  window_->use(load_fonts(std::round(kFontPx * scale), options_.font, used_texts_), scale);
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
}

void Viewer::collect_texts() {
  std::vector<std::string> used;
  const auto take = [&](const std::string& text) {
    if (needs_more(text)) used.push_back(text);
  };
  for (const ProcessName& process : session_.timeline.processes) take(process.name);
  for (const Track& track : session_.timeline.tracks) take(track.name);
  session_.timeline.each_text(take);
  if (used.size() != used_texts_.size()) fonts_stale_ = true;
  used_texts_ = std::move(used);
}

// What is selected stands in the title as well, for those who cannot see the window.
void Viewer::show_title() {
  const Selection& selection = session_.selection();
  if (selection.row == titled_row_) return;
  titled_row_ = selection.row;
  std::string title = "loopscope  " + trace_model::terminal_text(options_.file);
  if (selection.any())
    title = fmt::format("{}, record {}: {}", session_.texts.label(selection.row),
                        session_.timeline.records.id(selection.row), title);
  glfwSetWindowTitle(handle_.get(), title.c_str());
}

void Viewer::frame() {
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

// Once the trace is there: what the command line asks for.
void Viewer::begin_as_asked() {
  begun_ = true;
  collect_texts();
  if (!options_.search.empty()) session_.start_search(options_.search);
  if (options_.select != 0) {
    if (const auto row = session_.timeline.records.row_of(options_.select)) {
      session_.go_to_row(*row);
      if (!options_.view) session_.perform(Action::Focus);
    } else {
      fmt::print(stderr, "loopscope-viewer: the trace has no record {}\n", options_.select);
    }
  }
  if (options_.view) session_.show(options_.view->first, options_.view->second);
}

int Viewer::run_until_closed() {
  int frames = kFramesAfterInput;
  while (!glfwWindowShouldClose(handle_.get())) {
    if (frames > 0)
      glfwPollEvents();
    else if (ImGui::GetIO().WantTextInput)
      glfwWaitEventsTimeout(kCursorBlinkS), frames = 1;
    else
      glfwWaitEvents(), frames = kFramesAfterInput;
    if (session_.take_loaded(kApplyBudget)) frames = kFramesAfterInput;
    if (session_.loaded && !begun_ && session_.loaded->error.empty()) begin_as_asked();
    frame();
    glfwSwapBuffers(handle_.get());
    --frames;
    if (window_->wants_another_frame()) frames = std::max(frames, 1);
    if (session_.loader.waiting()) frames = std::max(frames, 1);
  }
  return 0;
}

int Viewer::take_screenshot() {
  while (!session_.loaded) {
    (void)session_.take_loaded(kScreenshotBudget);
    if (!session_.loaded) glfwWaitEventsTimeout(0.02);
  }
  if (!session_.loaded->error.empty()) return fail(session_.loaded->error);
  session_.show_all();
  frame();  // so that the sizes of everything are known
  begin_as_asked();
  while (session_.search.running()) glfwWaitEventsTimeout(0.02);
  (void)session_.take_loaded(0);
  for (int i = 0; i < kFramesAfterInput || window_->wants_another_frame(); ++i) frame();
  int width = 0, height = 0;
  glfwGetFramebufferSize(handle_.get(), &width, &height);
  std::vector<uint8_t> rgb(size_t(width) * size_t(height) * 3);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, rgb.data());
  const auto written = write_png(options_.screenshot, width, height, rgb);
  return written ? 0 : fail(written.error());
}

int Viewer::run() {
  if (!open_window())
    return fail(
        "this display has no OpenGL 3.3, which the viewer draws with; `loopscope report --timeline` needs "
        "none");
  return options_.screenshot.empty() ? run_until_closed() : take_screenshot();
}

int run(int argc, char** argv) {
  Options options;
  if (const auto ended = parse_options(argc, argv, options)) return *ended;
  if (!glfwInit())
    return fail(
        "there is no display to open a window on; `loopscope report --timeline FILE` prints the timeline as "
        "text, "
        "and `xvfb-run -a loopscope-viewer FILE --screenshot timeline.png` draws it without a display");
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
