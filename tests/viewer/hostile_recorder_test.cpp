// SPDX-License-Identifier: Apache-2.0
// Recorders that fail in every way there is: the viewer says what happened, and goes on.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "tests/viewer/trace_file.h"
#include "viewer/logic/recording.h"

namespace loopscope::viewer {
namespace {

class HostileRecorder : public testing::Test {
 protected:
  HostileRecorder() {
    std::filesystem::create_directories(folder_);
    setenv("PATH", folder_.c_str(), 1);  // no sudo, no pkexec
  }
  ~HostileRecorder() override {
    setenv("PATH", path_before_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }

  // A program in place of `loopscope`: its words are in $@, the file it is to write in $out.
  std::string program(const std::string& script) const {
    const std::string path = folder_ + "/loopscope";
    std::ofstream(path) << "#!/bin/sh\nwhile [ \"$1\" ]; do [ \"$1\" = -o ] && out=$2; shift; done\n"
                        << script << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }
  [[nodiscard]] std::string trace() const { return folder_ + "/trace.jsonl"; }

  // Runs it to its end: what it says is the trouble.
  [[nodiscard]] std::string trouble_of(const std::string& recorder) {
    Recording recording({4711}, trace(), [] {}, recorder);
    while (recording.running()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    readable_ = recording.readable();
    return recording.trouble();
  }

  bool readable_ = false;

 private:
  const std::string folder_ = testing::TempDir() + fmt::format("viewer-recorders-{}", getpid());
  const std::string path_before_ = std::getenv("PATH") ? std::getenv("PATH") : "";
};

TEST_F(HostileRecorder, IsNotThere) {
  EXPECT_EQ(trouble_of("/nowhere/at/all"), "cannot start /nowhere/at/all: No such file or directory");
  EXPECT_FALSE(readable_);
}

TEST_F(HostileRecorder, EndsAtOnce) {
  EXPECT_EQ(trouble_of(program("exit 0")), "the recorder ended without a word or a record");
  EXPECT_EQ(trouble_of(program("exit 3")), "the recorder ended with code 3, and did not say why");
}

TEST_F(HostileRecorder, IsKilled) {
  EXPECT_EQ(trouble_of(program("kill -KILL $$")), "the recorder was ended by Killed");
  const std::string kept = trouble_of(program("echo half >$out; kill -SEGV $$"));
  EXPECT_NE(kept.find("Segmentation fault; what it wrote until then is in "), kept.npos) << kept;
  EXPECT_TRUE(readable_);
}

TEST_F(HostileRecorder, ItsTargetIsGone) {
  EXPECT_EQ(trouble_of(program("echo first >&2; echo \"loopscope: there is no process 4711\" >&2; exit 1")),
            "there is no process 4711");
}

TEST_F(HostileRecorder, MayNotAndThereIsNobodyToAsk) {
  const std::string said =
      trouble_of(program("echo 'loopscope: sudo could not start the recorder: no tty present' >&2; exit 1"));
  EXPECT_EQ(said, "sudo could not start the recorder: no tty present");
}

TEST_F(HostileRecorder, SpeaksToTheTerminal) {
  const std::string said = trouble_of(program(R"(printf 'bad \033]0;owned\007 \377\n' >&2; exit 1)"));
  EXPECT_TRUE(said.starts_with("bad "));
  EXPECT_EQ(said.find('\x1b'), said.npos);
  EXPECT_EQ(said.find('\x07'), said.npos);
}

TEST_F(HostileRecorder, WritesNoTrace) {
  EXPECT_EQ(trouble_of(program(R"(printf '\000\377{"type":"call"\n[[[[\n' >$out; exit 0)")), "");
  EXPECT_TRUE(readable_);
  Session session(trace(), [] {}, {.follow = Follow::Never});
  load_all(session);
  EXPECT_NE(session.error(), "");
  EXPECT_TRUE(session.timeline.empty());
}

TEST_F(HostileRecorder, RunsUntilItIsStopped) {
  Recording recording(
      {4711}, trace(), [] {}, program("trap 'exit 0' INT; echo x >$out; while :; do :; done"));
  while (!recording.readable()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_TRUE(recording.running());
  recording.stop();
  while (recording.running()) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  EXPECT_EQ(recording.trouble(), "");
}

}  // namespace
}  // namespace loopscope::viewer
