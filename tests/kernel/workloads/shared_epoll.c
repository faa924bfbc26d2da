// SPDX-License-Identifier: Apache-2.0
// Three threads that wait on one epoll instance, as Go's and Java's do: 24 eventfds, edge-triggered and
// one-shot, become ready one by one, each once all three are asleep; whoever is told arms it again.
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

enum { kThreads = 3, kRounds = 24 };

static int epfd, fd, stop_fd;
static sem_t begun, served;
static long tids[kThreads];
static int stats[kThreads], served_by[kThreads];

static int sleeps(int stat) {
  char text[256];
  const ssize_t size = must(pread(stat, text, sizeof(text) - 1, 0));
  text[size] = 0;
  const char* const state = strrchr(text, ')');
  return state && state[2] == 'S';
}

static void* serve(void* argument) {
  const long mine = (long)argument;
  char path[64];
  tids[mine] = syscall(SYS_gettid);
  snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", tids[mine]);
  stats[mine] = (int)must(open(path, O_RDONLY));
  must(sem_post(&begun));
  for (;;) {
    struct epoll_event event;
    must_be(epoll_wait(epfd, &event, 1, -1) == 1);
    if (event.data.fd == stop_fd) return NULL;
    eventfd_take(fd);
    ++served_by[mine];
    struct epoll_event again = {.events = EPOLLIN | EPOLLET | EPOLLONESHOT, .data.fd = fd};
    must(epoll_ctl(epfd, EPOLL_CTL_MOD, fd, &again));
    must(sem_post(&served));
  }
}

static void until_all_sleep(void) {
  for (int i = 0; i < kThreads; ++i)
    while (!sleeps(stats[i])) {
    }
}

int main(void) {
  epfd = (int)must(epoll_create1(0));
  fd = (int)must(eventfd(0, EFD_NONBLOCK));
  stop_fd = (int)must(eventfd(0, EFD_NONBLOCK));
  watch(epfd, fd, EPOLLIN | EPOLLET | EPOLLONESHOT);
  watch(epfd, stop_fd, EPOLLIN);
  must(sem_init(&begun, 0, 0));
  must(sem_init(&served, 0, 0));
  pthread_t threads[kThreads];
  for (long i = 0; i < kThreads; ++i)
    must_be(pthread_create(&threads[i], NULL, serve, (void*)i) == 0);  // NOLINT: a number
  for (int i = 0; i < kThreads; ++i) must(sem_wait(&begun));
  until_all_sleep();
  say("{'state':'ready','epfd':%d,'fd':%d}", epfd, fd);
  await_line("go");

  for (int i = 0; i < kRounds; ++i) {
    until_all_sleep();
    eventfd_add(fd);
    must(sem_wait(&served));
  }
  until_all_sleep();
  say("{'state':'done','tids':[%ld,%ld,%ld],'served':[%d,%d,%d],'rounds':%d}", tids[0], tids[1], tids[2],
      served_by[0], served_by[1], served_by[2], kRounds);
  await_line("more");
  eventfd_add(stop_fd);
  for (int i = 0; i < kThreads; ++i) must_be(pthread_join(threads[i], NULL) == 0);
  say("{'state':'stopped'}");
  await_line("quit");
}
