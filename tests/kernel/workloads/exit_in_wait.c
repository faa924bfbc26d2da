// SPDX-License-Identifier: Apache-2.0
// exit_group(41) while another thread sleeps in epoll_wait: that call never returns.
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include "workload.h"

static int epfd;
static pid_t sleeper;
static sem_t begun;

static void* sleep_forever(void* unused) {
  struct epoll_event event;
  sleeper = thread_id();
  must(sem_post(&begun));
  must(epoll_wait(epfd, &event, 1, -1));
  return unused;
}

int main(void) {
  pthread_t thread;
  epfd = (int)must(epoll_create1(0));
  must(sem_init(&begun, 0, 0));
  must(-pthread_create(&thread, NULL, sleep_forever, NULL));
  must(sem_wait(&begun));
  say("{'state':'ready','epfd':%d,'sleeper':%d}", epfd, sleeper);
  await_line("go");
  _exit(41);
}
