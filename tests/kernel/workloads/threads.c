// SPDX-License-Identifier: Apache-2.0
// 31 threads, created and joined one after the other, each of which writes to an eventfd 3 times and exits;
// then 13 at the same time, held together by a barrier.
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "workload.h"

enum { kOneByOne = 31, kTogether = 13, kWrites = 3 };

static int event_fd;
static pid_t tids[kOneByOne + kTogether];
static pthread_barrier_t together;

static void* write_events(void* tid) {
  *(pid_t*)tid = thread_id();
  for (int i = 0; i < kWrites; ++i) eventfd_add(event_fd);
  return NULL;
}

static void* write_together(void* tid) {
  pthread_barrier_wait(&together);
  write_events(tid);
  pthread_barrier_wait(&together);
  return NULL;
}

// pthread_join(3) returns when the thread has given up its stack, which may be before the kernel has ended
// it.
static void await_ends(void) {
  struct stat tasks;  // a folder has as many links as it has folders in it, and two
  do must(sched_yield() || stat("/proc/self/task", &tasks));
  while (tasks.st_nlink > 2 + 1);
}

int main(void) {
  pthread_t threads[kTogether];
  event_fd = (int)must(eventfd(0, 0));
  say("{'state':'ready','event':%d}", event_fd);
  await_line("go");

  for (int i = 0; i < kOneByOne; ++i) {
    must(-pthread_create(&threads[0], NULL, write_events, &tids[i]));
    must(-pthread_join(threads[0], NULL));
  }
  must(-pthread_barrier_init(&together, NULL, kTogether));
  for (int i = 0; i < kTogether; ++i)
    must(-pthread_create(&threads[i], NULL, write_together, &tids[kOneByOne + i]));
  for (int i = 0; i < kTogether; ++i) must(-pthread_join(threads[i], NULL));
  await_ends();
  say_add("{'state':'done','threads':%d,'writes_each':%d,'tids':[", kOneByOne + kTogether, kWrites);
  for (int i = 0; i < kOneByOne + kTogether; ++i) say_add("%s%d", i ? "," : "", tids[i]);
  say_add("]}");
  say_send();
  await_line("quit");
}
