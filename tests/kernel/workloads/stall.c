// SPDX-License-Identifier: Apache-2.0
// What does reading the state cost the one whose state is read? An epoll instance with 10 000 items (argv[1]
// for another number); a thread does epoll_ctl(MOD) without pause and keeps the longest. Time the thread
// spent ready but waiting for a CPU (/proc/thread-self/schedstat, second number) is taken off, because on a
// busy machine it is longer than what is measured. Each "go" prints the worst since the one before, in
// nanoseconds.
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

enum { kLookEvery = 64, kWorthALookNs = 20000 };

static int epfd, items, first_item;
static atomic_long worst_ns, calls;
static sem_t begun;

static long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

static long run_delay_ns(int schedstat) {
  char text[96];
  long on_cpu = 0, waited = 0;
  const ssize_t length = pread(schedstat, text, sizeof text - 1, 0);
  must_be(length > 0);
  text[length] = 0;
  must_be(sscanf(text, "%ld %ld", &on_cpu, &waited) == 2);
  return waited;
}

static void* modify(void* unused) {
  const int schedstat = (int)must(open("/proc/thread-self/schedstat", O_RDONLY));
  long waited = run_delay_ns(schedstat);
  must(sem_post(&begun));
  for (long i = 0;; ++i) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)i};
    const long before = now_ns();
    must(epoll_ctl(epfd, EPOLL_CTL_MOD, first_item + (int)(i % items), &event));
    long took = now_ns() - before;
    if (took > kWorthALookNs || i % kLookEvery == 0) {
      const long waited_now = run_delay_ns(schedstat);
      took -= waited_now - waited;
      waited = waited_now;
    }
    if (took > atomic_load(&worst_ns)) atomic_store(&worst_ns, took);
    atomic_fetch_add(&calls, 1);
  }
  return unused;
}

int main(int argc, char** argv) {
  pthread_t thread;
  items = argc > 1 ? atoi(argv[1]) : 10000;
  struct rlimit room;
  must(getrlimit(RLIMIT_NOFILE, &room));
  room.rlim_cur = (rlim_t)items + 64;  // it is 1024 in many a shell; nobody may exceed rlim_max
  must(setrlimit(RLIMIT_NOFILE, &room));
  epfd = (int)must(epoll_create1(0));
  for (int i = 0; i < items; ++i) {
    const int fd = (int)must(eventfd(0, 0));
    if (i == 0) first_item = fd;
    must_be(fd == first_item + i);
    watch(epfd, fd, EPOLLIN);
  }
  must(sem_init(&begun, 0, 0));
  must(-pthread_create(&thread, NULL, modify, NULL));
  must(sem_wait(&begun));
  say("{'state':'ready','epfd':%d,'items':%d,'first_item':%d}", epfd, items, first_item);
  for (;;) {
    await_line("go");
    say("{'state':'counted','worst_ns':%ld,'calls':%ld}", atomic_exchange(&worst_ns, 0),
        atomic_exchange(&calls, 0));
  }
}
