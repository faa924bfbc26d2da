// SPDX-License-Identifier: Apache-2.0
// exec by a thread that is not the leader, while the leader sleeps in epoll_wait and a third thread in read:
// the calling thread takes over the leader's number and the others are gone. The program executed is this one
// again; it makes 3 eventfds.
//
// Conversation: ready, "go", (exec), done, "quit". The leader never returns to read "go": the thread does.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

static int epfd, never;

static void* execute(void* name) {
  say("{'state':'ready','thread':%d,'epfd':%d}", thread_id(), epfd);
  await_line("go");
  must(execl("/proc/self/exe", (const char*)name, "after-exec", (char*)NULL));
  return NULL;
}

static void* sleep_in_read(void* unused) {
  uint64_t value;
  must(read(never, &value, sizeof value));
  return unused;
}

int main(int argc, char** argv) {
  if (argc == 2) {
    for (int i = 0; i < 3; ++i) must(eventfd(0, 0));
    say("{'state':'done','tid':%d,'eventfds':3}", thread_id());
    await_line("quit");
    return 0;
  }
  pthread_t thread;
  struct epoll_event event;
  epfd = (int)must(epoll_create1(EPOLL_CLOEXEC));
  never = (int)must(eventfd(0, EFD_CLOEXEC));
  must(-pthread_create(&thread, NULL, sleep_in_read, NULL));
  must(-pthread_create(&thread, NULL, execute, argv[0]));
  must(epoll_wait(epfd, &event, 1, -1));
}
