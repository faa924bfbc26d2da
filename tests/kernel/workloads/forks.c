// SPDX-License-Identifier: Apache-2.0
// 37 children at full speed, each of which makes 2 eventfds and exits with its own number; the last 5 fork a
// grandchild each, which does the same and exits with 100 + that number. The parent makes no eventfd.
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

enum { kChildren = 37, kParents = 5 };

static void make_eventfds_and_exit(int code) {
  must(eventfd(0, 0));
  must(eventfd(0, 0));
  _exit(code);
}

static void be_a_parent(int number) {
  const pid_t grandchild = (pid_t)must(fork());
  if (grandchild == 0) make_eventfds_and_exit(100 + number);
  wait_for_exit(grandchild, 100 + number);
  make_eventfds_and_exit(number);
}

int main(void) {
  pid_t children[kChildren];
  say("{'state':'ready'}");
  await_line("go");

  for (int i = 0; i < kChildren; ++i) {
    children[i] = (pid_t)must(fork());
    if (children[i] != 0) continue;
    if (i >= kChildren - kParents) be_a_parent(i);
    make_eventfds_and_exit(i);
  }
  for (int i = 0; i < kChildren; ++i) wait_for_exit(children[i], i);
  say_add("{'state':'done','grandchildren':%d,'eventfds':%d,'children':[", kParents,
          2 * (kChildren + kParents));
  for (int i = 0; i < kChildren; ++i) say_add("%s%d", i ? "," : "", children[i]);
  say_add("]}");
  say_send();
  await_line("quit");
}
