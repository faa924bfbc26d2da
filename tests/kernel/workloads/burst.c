// SPDX-License-Identifier: Apache-2.0
// argv: KIND CALLS THREADS. After "go" each thread makes exactly CALLS calls of one kind at full speed:
//   wait    epoll_wait(…, 0)              ctl     epoll_ctl(MOD)
//   accept  accept4 that finds nothing    read    read of an eventfd that is 0, EAGAIN
//   reuse   eventfd2 and close, CALLS/2 of each: every number names a new file, so a lost call makes the
//   descriptor
//           table wrong until the recorder reads it again. After the burst 3 eventfds stay open and are
//           reported.
// A thread makes no other call that is recorded, so recorded + lost has to be CALLS × THREADS, plus the main
// thread's read and write of a line. `unharmed` is 1 unless a call gave another result than it must.
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

enum { kMostThreads = 8, kLeftOpen = 3 };

static long calls;
static int epfd, event_fd, listener;
static bool harmed;
static pthread_barrier_t start, finish;
static int left_open[kLeftOpen];

static void check(bool as_expected) {
  if (!as_expected) harmed = true;
}

static void burst_wait(void) {
  struct epoll_event event;
  for (long i = 0; i < calls; ++i) check(epoll_wait(epfd, &event, 1, 0) == 0);
}

static void burst_ctl(void) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};
  for (long i = 0; i < calls; ++i) {
    event.data.u64 = (uint64_t)i;
    check(epoll_ctl(epfd, EPOLL_CTL_MOD, event_fd, &event) == 0);
  }
}

static void burst_accept(void) {
  for (long i = 0; i < calls; ++i) check(accept4(listener, NULL, NULL, 0) == -1 && errno == EAGAIN);
}

static void burst_read(void) {
  uint64_t value;
  for (long i = 0; i < calls; ++i) check(read(event_fd, &value, sizeof value) == -1 && errno == EAGAIN);
}

static void burst_reuse(void) {
  for (long i = 0; i < calls / 2; ++i) {
    const int fd = eventfd(0, EFD_CLOEXEC);
    check(fd >= 0 && close(fd) == 0);
  }
}

static const struct {
  const char* name;
  void (*run)(void);
} kKinds[] = {{"wait", burst_wait},
              {"ctl", burst_ctl},
              {"accept", burst_accept},
              {"read", burst_read},
              {"reuse", burst_reuse}};

static void* run_thread(void* run) {
  pthread_barrier_wait(&start);
  ((void (*)(void))run)();
  pthread_barrier_wait(&finish);
  return NULL;
}

int main(int argc, char** argv) {
  must_be(argc == 4);
  calls = atol(argv[2]);
  const int threads = atoi(argv[3]);
  must_be(threads >= 1 && threads <= kMostThreads);
  void (*run)(void) = NULL;
  for (size_t i = 0; i < sizeof kKinds / sizeof kKinds[0]; ++i)
    if (strcmp(argv[1], kKinds[i].name) == 0) run = kKinds[i].run;
  must_be(run != NULL);

  uint16_t port;
  listener = tcp_listener(3, &port);
  epfd = (int)must(epoll_create1(0));
  event_fd = (int)must(eventfd(0, EFD_NONBLOCK));
  watch(epfd, listener, EPOLLIN);
  watch(epfd, event_fd, EPOLLIN);
  must(-pthread_barrier_init(&start, NULL, (unsigned)threads + 1));
  must(-pthread_barrier_init(&finish, NULL, (unsigned)threads + 1));
  for (int i = 0; i < threads; ++i) {
    pthread_t thread;
    must(-pthread_create(&thread, NULL, run_thread, (void*)run));
    must(-pthread_detach(thread));
  }
  say("{'state':'ready','listener':%d,'inode':%lu,'port':%d,'epfd':%d,'event':%d}", listener,
      inode_of(listener), port, epfd, event_fd);
  await_line("go");
  pthread_barrier_wait(&start);
  pthread_barrier_wait(&finish);
  say("{'state':'burst over','calls':%ld,'unharmed':%d}", calls * threads, !harmed);
  // Quiet but for marker calls, one a "mark": in the meantime the recorder may catch up and read the state
  // again. Then three more descriptors.
  int marks = 0;
  while (next_line_is("mark")) {
    char byte;
    must_be(read(event_fd, &byte, 1) == -1 && errno == EINVAL);
    say("{'state':'marked','marks':%d}", ++marks);
  }
  for (int i = 0; i < kLeftOpen; ++i) {
    left_open[i] = (int)must(eventfd(0, EFD_NONBLOCK));
    watch(epfd, left_open[i], EPOLLIN);
    eventfd_add(left_open[i]);
  }
  struct epoll_event events[8];
  must_be(epoll_wait(epfd, events, 8, -1) == kLeftOpen);
  say("{'state':'done','left_open':[%d,%d,%d]}", left_open[0], left_open[1], left_open[2]);
  await_line("quit");
}
