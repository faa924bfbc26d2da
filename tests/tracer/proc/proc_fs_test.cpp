// SPDX-License-Identifier: Apache-2.0
#include "tracer/proc/proc_fs.h"

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/tracer/proc/fake_proc.h"

namespace loopscope::tracer {
namespace {

using Strings = std::vector<std::string>;

TEST(ProcFs, Status) {
  const FakeProc fake;
  fake.process(7, 3, "a\nb", "Kthread:\t0\nCapEff:\t000000c000000000\nSeccomp:\t2\n");
  const auto status = fake.proc().open(7)->status();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->comm, "a\nb");
  EXPECT_EQ(status->ppid, 3);
  EXPECT_EQ(status->uid, 1000u);
  EXPECT_EQ(status->euid, 1001u);
  EXPECT_EQ(status->nspid, std::vector<Pid>{7});
  EXPECT_EQ(status->cap_effective, 0xc000000000u);
  EXPECT_EQ(status->seccomp, 2);
  EXPECT_FALSE(status->kernel_thread);
}

TEST(ProcFs, KernelThreadsByStatusOrByStat) {
  const FakeProc fake;
  fake.process(2, 0, "kthreadd", "Kthread:\t1\n");
  fake.process(3, 2, "kworker", "");
  fake.file("3/stat", "3 (kw) ork) er) I 2 0 0 0 -1 2129984 0 0");
  fake.process(4, 1, "sh", "");
  fake.file("4/stat", "4 (sh) S 1 4 4 0 -1 4194560 0 0");
  EXPECT_TRUE(fake.proc().open(2)->status()->kernel_thread);
  EXPECT_TRUE(fake.proc().open(3)->status()->kernel_thread);
  EXPECT_FALSE(fake.proc().open(4)->status()->kernel_thread);
}

TEST(ProcFs, HostileStatus) {
  EXPECT_FALSE(parse_status(""));
  EXPECT_FALSE(parse_status("Tgid:\nPid:\n"));
  EXPECT_FALSE(parse_status("Tgid:\t99999999999999999999\nPid:\t1\n"));
  EXPECT_FALSE(parse_status(std::string_view("\0\0:\n:\n", 6)));
  EXPECT_TRUE(parse_status("Tgid: 1\nPid: 1\nNSpid:\tx y\nUid:\nCapEff: zz\n"));
}

TEST(ProcFs, CommandLine) {
  EXPECT_EQ(split_cmdline(std::string_view("python3\0app.py\0", 15)), (Strings{"python3", "app.py"}));
  EXPECT_EQ(split_cmdline(std::string_view("sh\0-c\0\0", 7)), (Strings{"sh", "-c", ""}))
      << "an empty argument";
  EXPECT_EQ(split_cmdline(std::string_view("nginx: master\0\0\0\0\0", 18)), Strings{"nginx: master"});
  EXPECT_EQ(split_cmdline("no end"), Strings{"no end"});
  EXPECT_EQ(split_cmdline("\xff\xfe"), Strings{"\xff\xfe"});
  EXPECT_TRUE(split_cmdline("").empty());
}

TEST(ProcFs, WhatIsNotThere) {
  const FakeProc fake;
  fake.process(7, 1, "x");
  EXPECT_EQ(fake.proc().open(8).error(), ENOENT);
  const auto process = fake.proc().open(7);
  EXPECT_EQ(process->exe().error(), ENOENT);
  EXPECT_EQ(process->namespace_inode("net").error(), ENOENT);
  fake.link("7/ns/net", "net:[4026531840]");
  EXPECT_EQ(process->namespace_inode("net"), 4026531840u);
  fake.link("7/ns/pid", "pid:[");
  EXPECT_EQ(process->namespace_inode("pid").error(), EINVAL);
}

TEST(ProcFs, Descendants) {
  const FakeProc fake;
  for (const Pid pid : {10, 11, 12, 13, 20}) fake.process(pid, 1, "x");
  fake.file("10/task/10/children", "11 12 ");
  fake.file("10/task/15/children", "13");
  fake.file("12/task/12/children", "10 77 x ");
  EXPECT_EQ(fake.proc().with_descendants({10, 10}), (std::vector<Pid>{10, 11, 12, 13, 77}));
  EXPECT_EQ(fake.proc().pids(), (std::vector<Pid>{10, 11, 12, 13, 20}));
}

TEST(ProcFs, Myself) {
  const auto me = ProcFs().open(getpid());
  ASSERT_TRUE(me);
  const auto status = me->status();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->tgid, getpid());
  EXPECT_EQ(status->ppid, getppid());
  EXPECT_EQ(status->uid, getuid());
  EXPECT_FALSE(status->kernel_thread);
  EXPECT_TRUE(me->namespace_inode("net"));
  EXPECT_EQ(me->comm()->substr(0, 10), "proc_tests");
  EXPECT_TRUE(me->exe()->ends_with("proc_tests"));
}

TEST(ProcFs, AProcessThatEndedIsGoneThoughItsFolderIsOpen) {
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  const Pid child = fork();
  if (child == 0) {
    close(gate[1]);
    char byte;
    _exit(read(gate[0], &byte, 1) != 0);
  }
  const auto process = ProcFs().open(child);
  ASSERT_TRUE(process);
  EXPECT_EQ(ProcFs().children(getpid()), std::vector<Pid>{child});
  close(gate[0]);
  close(gate[1]);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  const auto status = process->status();
  ASSERT_FALSE(status);
  EXPECT_TRUE(vanished(status.error()));
}

}  // namespace
}  // namespace loopscope::tracer
