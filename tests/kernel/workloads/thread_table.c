// SPDX-License-Identifier: Apache-2.0
// A thread with a descriptor table of its own (unshare(2), CLONE_FILES) since before the recording. The
// number `fd` is one eventfd in the process's table and another in the thread's; both are written to 3 times,
// and the thread's epoll instance, which only it has, returns its own 3 times.
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "workload.h"

static int fd, epfd;
static pid_t tid;
static sem_t ready, go, done;

static void* live_apart(void* unused) {
  tid = thread_id();
  must(unshare(CLONE_FILES));
  must(close(fd));
  must_be(eventfd(0, EFD_NONBLOCK) == fd);
  epfd = (int)must(epoll_create1(0));
  watch(epfd, fd, EPOLLIN);
  must(sem_post(&ready));
  must(sem_wait(&go));
  for (int i = 0; i < 3; ++i) {
    struct epoll_event event;
    eventfd_add(fd);
    must_be(epoll_wait(epfd, &event, 1, -1) == 1);
  }
  must(sem_post(&done));
  must(sem_wait(&go));
  return unused;
}

int main(void) {
  pthread_t thread;
  must(sem_init(&ready, 0, 0));
  must(sem_init(&go, 0, 0));
  must(sem_init(&done, 0, 0));
  fd = (int)must(eventfd(0, EFD_NONBLOCK));
  must(-pthread_create(&thread, NULL, live_apart, NULL));
  must(sem_wait(&ready));
  say("{'state':'ready','fd':%d,'thread':%d,'epfd':%d}", fd, tid, epfd);
  await_line("go");

  for (int i = 0; i < 3; ++i) eventfd_add(fd);
  must(sem_post(&go));
  must(sem_wait(&done));
  say("{'state':'done','writes':3,'reports':3}");
  await_line("quit");
  _exit(0);
}
