// SPDX-License-Identifier: Apache-2.0
#include "trace_maker.h"

namespace loopscope::trace_model {
namespace {

TEST(Descriptors, DupAndCloseLeaveTheOther) {
  TraceMaker trace;
  trace.listening_socket(6, 1);
  trace.dup(6, 7, 1);
  trace.close(6, 1);
  EXPECT_EQ(trace.file_at(kServer, 6), 0u);
  EXPECT_EQ(trace.file_at(kServer, 7), 1u);
  ASSERT_NE(trace.holder(kServer, 6), nullptr);
  EXPECT_TRUE(trace.holder(kServer, 6)->closed_t.has_value());
  ASSERT_NE(trace.holder(kServer, 7), nullptr);
  EXPECT_FALSE(trace.holder(kServer, 7)->closed_t.has_value());
  EXPECT_EQ(trace.holder(kServer, 7)->origin, ListenerOrigin::Bind);
}

TEST(Descriptors, Dup2ReplacesWhatTheNumberNamed) {
  TraceMaker trace;
  trace.socket(4, 1);
  trace.socket(5, 2);
  Call made = trace.call("dup2", {{"oldfd", 4}, {"newfd", 5}}, 5);
  made.ret_file = 1;
  trace.apply(made);
  EXPECT_EQ(trace.file_at(kServer, 5), 1u);
  EXPECT_TRUE(trace.state().files.find(2)->places.empty());
  // To itself: nothing changes, close-on-exec included.
  trace.apply(trace.call("fcntl", {{"fd", 5}, {"op", 2}, {"arg", 1}}));
  Call same = trace.call("dup2", {{"oldfd", 5}, {"newfd", 5}}, 5);
  same.ret_file = 1;
  trace.apply(same);
  EXPECT_TRUE(trace.state().processes.find(kServer)->table->find(5)->cloexec);
}

TEST(Descriptors, FcntlDuplicates) {
  TraceMaker trace;
  trace.socket(4, 1);
  Call made = trace.call("fcntl", {{"fd", 4}, {"op", 1030}, {"arg", 10}}, 10);
  made.ret_file = 1;
  trace.apply(made);
  EXPECT_EQ(trace.file_at(kServer, 10), 1u);
  EXPECT_TRUE(trace.state().processes.find(kServer)->table->find(10)->cloexec);
}

TEST(Descriptors, ANumberUsedAgainIsAnotherFile) {
  TraceMaker trace;
  trace.socket(4, 1);
  trace.close(4, 1);
  trace.socket(4, 2);
  EXPECT_EQ(trace.file_at(kServer, 4), 2u);
}

// Thread A's close frees the number, thread B is given it and returns first.
TEST(Descriptors, ALateCloseDoesNotRemoveTheNewerFile) {
  TraceMaker trace;
  trace.listening_socket(3, 9);
  trace.accept(3, 4, 1);
  Call closing = trace.call("close", {{"fd", 4}});
  closing.files[0] = 1;
  closing.dur = 5'000'000;
  trace.tid = 101;
  trace.accept(3, 4, 2);
  trace.apply(closing);
  EXPECT_EQ(trace.file_at(kServer, 4), 2u);
}

// A read that began before the number was closed must not bring the file back.
TEST(Descriptors, ACallThatBeganBeforeTheCloseDoesNotRestoreTheFile) {
  TraceMaker trace;
  trace.socket(4, 1);
  Call reading = trace.call("read", {{"fd", 4}, {"count", 10}});
  reading.files[0] = 1;
  reading.dur = 5'000'000;
  trace.close(4, 1);
  trace.apply(reading);
  EXPECT_EQ(trace.file_at(kServer, 4), 0u);
}

TEST(Descriptors, ACallShowsAFileThatWasMissed) {
  TraceMaker trace;
  Call reading = trace.call("read", {{"fd", 4}, {"count", 10}}, 3);
  reading.files[0] = 1;
  trace.apply(reading);
  EXPECT_EQ(trace.file_at(kServer, 4), 1u);
}

TEST(Descriptors, CloseOfABadNumberChangesNothing) {
  TraceMaker trace;
  trace.socket(4, 1);
  trace.apply(trace.call("close", {{"fd", 4}}, -9));
  EXPECT_EQ(trace.file_at(kServer, 4), 1u);
  trace.apply(trace.call("close", {{"fd", 4}}, -4));  // EINTR: closed all the same
  EXPECT_EQ(trace.file_at(kServer, 4), 0u);
}

TEST(Descriptors, CloseRange) {
  TraceMaker trace;
  for (int i = 3; i < 9; ++i) trace.socket(i, FileId(i));
  trace.apply(trace.call("close_range", {{"first", 5}, {"last", 6}, {"flags", 0}}));
  EXPECT_EQ(trace.file_at(kServer, 4), 4u);
  EXPECT_EQ(trace.file_at(kServer, 5), 0u);
  EXPECT_EQ(trace.file_at(kServer, 6), 0u);
  EXPECT_EQ(trace.file_at(kServer, 7), 7u);
  trace.apply(trace.call("close_range", {{"first", 7}, {"last", 0xffffffff}, {"flags", 4}}));
  EXPECT_EQ(trace.file_at(kServer, 8), 8u);
  trace.exec(0);
  EXPECT_EQ(trace.file_at(kServer, 8), 0u);
  EXPECT_EQ(trace.file_at(kServer, 4), 4u);
}

TEST(Descriptors, CloseRangeUnsharesFirst) {
  TraceMaker trace;
  trace.process(kServer, 1);
  trace.socket(5, 1);
  trace.fork(200, 1, 0x400);  // CLONE_FILES
  trace.pid = 200;
  trace.apply(trace.call("close_range", {{"first", 3}, {"last", 0xffffffff}, {"flags", 2}}));
  EXPECT_EQ(trace.file_at(200, 5), 0u);
  EXPECT_EQ(trace.file_at(kServer, 5), 1u);
  Unshare record;
  record.pid = record.tid = 200;
  record.t = trace.now;
  record.fdtable = 2;
  record.from = 1;
  trace.apply(record);
  EXPECT_EQ(trace.state().processes.find(200)->table->id(), 2u);
  EXPECT_EQ(trace.file_at(200, 5), 0u);
}

TEST(Descriptors, CloexecByFcntlAndIoctl) {
  TraceMaker trace;
  for (int i = 3; i < 6; ++i) trace.socket(i, FileId(i), 1 | kCloexecFlag);
  trace.apply(trace.call("fcntl", {{"fd", 3}, {"op", 2}, {"arg", 0}}));
  trace.apply(trace.call("ioctl", {{"fd", 4}, {"op", 0x5450}}));  // FIONCLEX
  trace.exec(0);
  EXPECT_EQ(trace.file_at(kServer, 3), 3u);
  EXPECT_EQ(trace.file_at(kServer, 4), 4u);
  EXPECT_EQ(trace.file_at(kServer, 5), 0u);
}

TEST(Descriptors, PipesSocketpairsAndFriends) {
  TraceMaker trace;
  Call made = trace.call("pipe2", {{"flags", kCloexecFlag}});
  made.pair = {3, 4};
  made.pair_files = {1, 2};
  trace.apply(made);
  EXPECT_EQ(trace.state().files.find(1)->kind, FileKind::Pipe);
  EXPECT_EQ(trace.file_at(kServer, 4), 2u);
  Call timer = trace.call("timerfd_create", {{"clockid", 1}, {"flags", 0}}, 5);
  timer.ret_file = 3;
  trace.apply(timer);
  EXPECT_EQ(trace.state().files.find(3)->kind, FileKind::Timerfd);
  Call opened = trace.call("openat", {{"dirfd", -100}, {"flags", 0}}, 6);
  opened.ret_file = 4;
  opened.text = "/srv/balloons.py";
  trace.apply(opened);
  EXPECT_EQ(trace.state().files.find(4)->path, "/srv/balloons.py");
}

// Traces of older recorders give the number of a file that is closed to the signalfd made at its place.
TEST(Descriptors, AFileThatIsMadeHasNothingOfOneThatIsClosed) {
  TraceMaker trace;
  Call opened = trace.call("openat", {{"dirfd", -100}, {"flags", 0}}, 3);
  opened.ret_file = 9;
  opened.text = "/etc/ld.so.cache";
  trace.apply(opened);
  trace.close(3, 9);
  Call made = trace.call("signalfd4", {{"fd", -1}, {"flags", kCloexecFlag}}, 3);
  made.ret_file = 9;
  trace.apply(made);
  EXPECT_EQ(trace.state().files.find(9)->kind, FileKind::Signalfd);
  EXPECT_EQ(trace.state().files.find(9)->path, "");
  trace.close(3, 9);
  trace.listening_socket(3, 9);
  trace.close(3, 9);
  Call pipe = trace.call("pipe2", {{"flags", 0}});
  pipe.pair = {3, 4};
  pipe.pair_files = {9, 10};
  trace.apply(pipe);
  const OpenFile& file = *trace.state().files.find(9);
  EXPECT_EQ(file.kind, FileKind::Pipe);
  EXPECT_EQ(file.local, "");
  EXPECT_FALSE(file.bind_t);
  // Given one, signalfd(2) changes it.
  made = trace.call("signalfd4", {{"fd", 3}, {"flags", 0}}, 3);
  made.ret_file = 9;
  trace.apply(made);
  EXPECT_EQ(trace.file_at(kServer, 3), 9u);
}

TEST(Descriptors, AcceptedConnectionsAreCountedExactly) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  for (int i = 0; i < 23; ++i) {
    trace.accept(3, 4, FileId(10 + i));
    trace.close(4, FileId(10 + i));
  }
  trace.apply(trace.call("accept4", {{"sockfd", 3}, {"flags", 0}}, -11));
  EXPECT_EQ(trace.holder(kServer, 3)->accepts, 23u);
}

TEST(Descriptors, HugeAndNegativeNumbersCostNothing) {
  TraceMaker trace;
  trace.socket(INT32_MAX, 1);
  EXPECT_EQ(trace.file_at(kServer, INT32_MAX), 1u);
  trace.socket(-1, 2);
  trace.close(INT32_MAX, 1);
  EXPECT_EQ(trace.file_at(kServer, INT32_MAX), 0u);
}

TEST(Descriptors, MemoryFollowsWhatIsOpen) {
  TraceMaker trace;
  trace.listening_socket(3, 1);
  trace.epoll_create(5, 2);
  for (FileId i = 10; i < 30'000; ++i) {
    trace.accept(3, 6, i);
    trace.epoll_ctl(5, kCtlAdd, 6, kEpollIn, i);
    trace.close(6, i);
  }
  EXPECT_EQ(trace.interest_size(2), 0u);
  EXPECT_LE(trace.state().files.size(), kKeptClosed + 8);
}

}  // namespace
}  // namespace loopscope::trace_model
