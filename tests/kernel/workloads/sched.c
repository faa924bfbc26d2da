// SPDX-License-Identifier: Apache-2.0
// A thread that does not run, for reasons that are known: 7 reads from a pipe, each of which another thread
// ends with a write once it has seen the reader asleep; 5 naps of 3 ms, which are no recorded calls; 3 polls
// of nothing for 4 ms. How often it was switched away from is the kernel's own count.
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "workload.h"

enum { kReads = 7, kNaps = 5, kPolls = 3, kNapNs = 3000000, kPollMs = 4 };

static int ends[2];
static sem_t begun, start;
static long waker;

static int sleeps(int stat) {
  char text[256];
  const ssize_t size = must(pread(stat, text, sizeof(text) - 1, 0));
  text[size] = 0;
  const char* const state = strrchr(text, ')');
  return state && state[2] == 'S';
}

static void* wake(void* unused) {
  char path[64];
  waker = syscall(SYS_gettid);
  snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
  const int stat = (int)must(open(path, O_RDONLY));
  must(sem_post(&begun));
  must(sem_wait(&start));
  for (int i = 0; i < kReads; ++i) {
    while (!sleeps(stat)) {
    }
    must_be(write(ends[1], "w", 1) == 1);
  }
  return unused;
}

static long times_switched_away(void) {
  struct rusage usage;
  must(getrusage(RUSAGE_THREAD, &usage));
  return usage.ru_nvcsw + usage.ru_nivcsw;
}

struct moment {
  long switches;
  long long ns;
};

// Both at once: nothing was counted in between.
static struct moment now(void) {
  struct moment read;
  do {
    struct timespec time;
    read.switches = times_switched_away();
    must(clock_gettime(CLOCK_MONOTONIC, &time));
    read.ns = time.tv_sec * 1000000000LL + time.tv_nsec;
  } while (times_switched_away() != read.switches);
  return read;
}

static void nap(int count, long ns) {
  const struct timespec time = {.tv_nsec = ns};
  for (int i = 0; i < count; ++i) must(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL));
}

// sched COUNT: nothing but that many short naps, and a second step, by whose end all is counted.
static int only_naps(int count) {
  say("{'state':'ready'}");
  await_line("go");
  const struct moment before = now();
  nap(count, kNapNs / 100);
  say("{'state':'napped'}");
  await_line("more");
  const struct moment after = now();
  say("{'state':'done','switches':%ld,'from_ns':%lld,'to_ns':%lld}", after.switches - before.switches,
      before.ns, after.ns);
  await_line("quit");
  return 0;
}

int main(int argc, char** argv) {
  if (argc > 1) return only_naps(atoi(argv[1]));
  pthread_t thread;
  char byte;
  must(pipe(ends));
  must(sem_init(&begun, 0, 0));
  must(sem_init(&start, 0, 0));
  must(-pthread_create(&thread, NULL, wake, NULL));
  must(sem_wait(&begun));
  say("{'state':'ready'}");
  await_line("go");

  const struct moment before = now();
  must(sem_post(&start));
  for (int i = 0; i < kReads; ++i) must_be(read(ends[0], &byte, 1) == 1);
  must(-pthread_join(thread, NULL));
  nap(kNaps, kNapNs);
  for (int i = 0; i < kPolls; ++i) must_be(poll(NULL, 0, kPollMs) == 0);
  const struct moment after = now();
  say("{'state':'done','waker':%ld,'from':%d,'reads':%d,'naps':%d,'nap_ns':%d,'polls':%d,'poll_ns':%d,"
      "'switches':%ld,'from_ns':%lld,'to_ns':%lld}",
      waker, ends[0], kReads, kNaps, kNapNs, kPolls, kPollMs * 1000000, after.switches - before.switches,
      before.ns, after.ns);
  await_line("quit");
}
