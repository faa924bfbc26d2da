// SPDX-License-Identifier: Apache-2.0
// What is saved of a trace finds no room, or holds what was made to harm whoever opens it: each is a
// sentence, and nothing is left behind.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/viewer/trace_file.h"
#include "viewer/logic/export.h"
#include "viewer/png.h"

namespace loopscope::viewer {
namespace {

namespace fs = std::filesystem;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class HostileExports : public testing::Test {
 protected:
  HostileExports() : file_(small_trace()), session_(file_.path(), [] {}) {
    load_all(session_);
    fs::create_directories(folder_);
  }
  ~HostileExports() override { fs::remove_all(folder_); }

  // Each way of saving, to this path: what it says.
  [[nodiscard]] std::vector<std::string> errors(const std::string& path) const {
    std::vector<std::string> said;
    const TraceText& text = *session_.loader.text();
    for (const Exported& each :
         {write_table(text, {}, path, false), write_range(text, 0, 1'000'000, path, false)})
      said.push_back(each ? "written" : each.error());
    const auto picture = write_png(path, 400, 300, picture_);
    said.push_back(picture ? "written" : picture.error());
    return said;
  }
  [[nodiscard]] size_t files() const {
    return size_t(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const std::string folder_ = testing::TempDir() + fmt::format("viewer-exports-{}", getpid());
  const std::vector<uint8_t> picture_ = std::vector<uint8_t>(400 * 300 * 3);
  TraceOnDisk file_;
  Session session_;
};

TEST_F(HostileExports, AFolderThatIsNotThereOrTakesNothing) {
  for (const std::string& each : errors("/proc/nobody\x1b[31m/at-all.csv")) {
    EXPECT_TRUE(each.starts_with("cannot write /proc/nobody")) << each;
    EXPECT_TRUE(each.ends_with(": No such file or directory")) << each;
    EXPECT_EQ(each.find('\x1b'), each.npos);
  }
}

TEST_F(HostileExports, APathThatIsAFolder) {
  const std::string path = folder_ + "/a.csv";
  fs::create_directory(path);
  for (const std::string& each : errors(path)) EXPECT_TRUE(each.ends_with(": Is a directory")) << each;
  EXPECT_EQ(files(), 1u);
}

TEST_F(HostileExports, ADiskThatIsFull) {
  const std::string path = folder_ + "/a.csv";
  // What is being written has a name of its own until it is complete.
  const auto fill = [](const std::string& name) {
    std::error_code none;
    fs::remove(name, none);
    fs::create_symlink("/dev/full", name);
  };
  const TraceText& text = *session_.loader.text();
  for (int way = 0; way < 3; ++way) {
    fill(way == 2 ? path : path + fmt::format(".{}", getpid()));
    const std::string said = way == 2   ? write_png(path, 400, 300, picture_).error()
                             : way == 1 ? write_range(text, 0, 1'000'000, path, false).error()
                                        : write_table(text, {}, path, false).error();
    EXPECT_TRUE(said.ends_with(": No space left on device")) << said;
  }
  fs::remove(path);
  EXPECT_EQ(files(), 0u);
  struct stat status{};
  ASSERT_EQ(stat("/dev/full", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

// Cells of a line as a spreadsheet reads them.
std::vector<std::string> cells_of(const std::string& text) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"')
      quoted = !quoted;
    else if ((c == ',' || c == '\n') && !quoted)
      cells.emplace_back();
    else if (c != '\r' || quoted)
      cells.back() += c;
  }
  return cells;
}

TEST(HostileTable, NoCellIsAFormulaOrSpeaksToTheTerminal) {
  std::string text = kHeader;
  uint64_t id = 10;
  for (const char* name :
       {"=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\\tx", "a,b", "c\\r\\nd", "\\u001b[2Jx"})
    text += fmt::format(
        R"({{"type":"call","id":{},"t":{},"dur":5,"tid":7,"call":"{}","args":{{}},"ret":-1,"error":"EPERM"}})"
        "\n",
        id, 1000 * id++, name);
  text +=
      R"({"type":"call","id":30,"t":90000,"dur":5,"tid":7,"call":"openat","args":{"dirfd":"AT_FDCWD","pathname":"=1\u001b]0;x\u0007\r\n\",=2","flags":["O_RDONLY"]},"ret":3})"
      "\n";
  const TraceOnDisk file(text);
  Session session(file.path(), [] {});
  load_all(session);
  const std::string path = file.path() + ".csv";
  const auto written = write_table(*session.loader.text(), {}, path, false);
  ASSERT_TRUE(written) << written.error();
  const std::string table = contents(path);
  std::remove(path.c_str());
  EXPECT_EQ(table.find('\x1b'), table.npos);
  EXPECT_EQ(table.find('\x07'), table.npos);
  const std::vector<std::string> cells = cells_of(table);
  constexpr size_t kColumns = 9, kRecords = 11;
  ASSERT_EQ(cells.size(), (kRecords + 1) * kColumns + 1) << table;
  for (size_t i = 0; i + 1 < cells.size(); ++i) {
    const std::string& cell = cells[i];
    const bool number = cell.find_first_not_of("-0123456789") == cell.npos;
    EXPECT_TRUE(number || std::string_view("=+-@\t\r").find(cell[0]) == std::string_view::npos) << cell;
  }
  EXPECT_EQ(cells[kColumns * 3 + 5], "'=cmd|' /C calc'!A0");
}

TEST(Exports, AreNotBusyOnceTheirOutcomeIsKnown) {
  Exporting exporting([] {});
  for (int i = 0; i < 2000; ++i) {
    exporting.start([](const std::atomic<bool>&) { return Exported("x"); });
    while (exporting.take_outcome().empty()) std::this_thread::yield();
    ASSERT_FALSE(exporting.busy()) << i;
  }
}

}  // namespace
}  // namespace loopscope::viewer
