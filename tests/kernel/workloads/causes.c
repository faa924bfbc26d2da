// SPDX-License-Identifier: Apache-2.0
// A loop that is woken by everything there is, each a known number of times, and each time asleep: 5
// timeouts, 6 timers, 7 eventfds, 4 bytes in a pipe and 8 in a socket pair that another thread writes, 3
// signals through a signalfd, 2 that interrupt the wait, 3 times an epoll instance that has something ready
// itself.
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "workload.h"

enum {
  kTimeouts = 5,
  kTimers = 6,
  kEvents = 7,
  kPipes = 4,
  kPairs = 8,
  kSignals = 3,
  kInterrupts = 2,
  kNested = 3
};
enum { kSleepNs = 3000000 };

static int outer, inner, event_fd, inner_event_fd, ends[2], pair[2];
static sem_t begun, asked, answered;
static long waker;
static void (*errand)(void);

static void put_event(void) {
  eventfd_add(event_fd);
}
static void put_inner(void) {
  eventfd_add(inner_event_fd);
}
static void put_byte(void) {
  must_be(write(ends[1], "w", 1) == 1);
}
static void put_in_pair(void) {
  must_be(write(pair[1], "w", 1) == 1);
}
static void send_signal(void) {
  must(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
}
static void interrupt_it(void) {
  must(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR2));
}
static void on_signal(int unused) {
  (void)unused;
}

static int sleeps(int stat) {
  char text[256];
  const ssize_t size = must(pread(stat, text, sizeof(text) - 1, 0));
  text[size] = 0;
  const char* const state = strrchr(text, ')');
  return state && state[2] == 'S';
}

// Runs each errand once the loop is asleep.
static void* run_errands(void* unused) {
  char path[64];
  waker = syscall(SYS_gettid);
  snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
  const int stat = (int)must(open(path, O_RDONLY));
  must(sem_post(&begun));
  for (;;) {
    while (sem_wait(&asked) != 0) {
    }
    if (!errand) return unused;
    while (!sleeps(stat)) {
    }
    errand();
    must(sem_post(&answered));
  }
}

static void have_done(void (*what)(void)) {
  errand = what;
  must(sem_post(&asked));
}

// The wait returns `fd`, and the errand is over before the next one.
static void wait_for(int fd) {
  struct epoll_event event;
  must_be(epoll_wait(outer, &event, 1, -1) == 1 && event.data.fd == fd);
}

static void settle(void) {
  while (sem_wait(&answered) != 0) {
  }
}

static void take(int fd, size_t size) {
  char bytes[128];
  must_be(read(fd, bytes, size) == (ssize_t)size);
}

int main(void) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  must(pthread_sigmask(SIG_BLOCK, &blocked, NULL));
  const struct sigaction action = {.sa_handler = on_signal};
  must(sigaction(SIGUSR2, &action, NULL));

  outer = (int)must(epoll_create1(0));
  inner = (int)must(epoll_create1(0));
  event_fd = (int)must(eventfd(0, EFD_NONBLOCK));
  inner_event_fd = (int)must(eventfd(0, EFD_NONBLOCK));
  must(pipe(ends));
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  const int timer = (int)must(timerfd_create(CLOCK_MONOTONIC, 0));
  const int signals = (int)must(signalfd(-1, &blocked, 0));
  watch(outer, event_fd, EPOLLIN);
  watch(outer, ends[0], EPOLLIN);
  watch(outer, pair[0], EPOLLIN);
  watch(outer, timer, EPOLLIN);
  watch(outer, signals, EPOLLIN);
  watch(outer, inner, EPOLLIN);
  watch(inner, inner_event_fd, EPOLLIN);
  must(sem_init(&begun, 0, 0));
  must(sem_init(&asked, 0, 0));
  must(sem_init(&answered, 0, 0));
  pthread_t thread;
  must_be(pthread_create(&thread, NULL, run_errands, NULL) == 0);
  must(sem_wait(&begun));
  say("{'state':'ready','outer':%d,'inner':%d,'event':%d,'pipe':%d,'timer':%d,'signals':%d,'waker':%ld}",
      outer, inner, event_fd, ends[0], timer, signals, waker);
  await_line("go");

  struct epoll_event event;
  for (int i = 0; i < kTimeouts; ++i) must_be(epoll_wait(outer, &event, 1, kSleepNs / 1000000) == 0);
  for (int i = 0; i < kTimers; ++i) {
    const struct itimerspec in = {.it_value = {.tv_nsec = kSleepNs}};
    must(timerfd_settime(timer, 0, &in, NULL));
    wait_for(timer);
    take(timer, 8);
  }
  for (int i = 0; i < kEvents; ++i) {
    have_done(put_event);
    wait_for(event_fd);
    eventfd_take(event_fd);
    settle();
  }
  for (int i = 0; i < kPipes; ++i) {
    have_done(put_byte);
    wait_for(ends[0]);
    take(ends[0], 1);
    settle();
  }
  for (int i = 0; i < kPairs; ++i) {
    have_done(put_in_pair);
    wait_for(pair[0]);
    take(pair[0], 1);
    settle();
  }
  for (int i = 0; i < kSignals; ++i) {
    have_done(send_signal);
    wait_for(signals);
    take(signals, sizeof(struct signalfd_siginfo));
    settle();
  }
  for (int i = 0; i < kInterrupts; ++i) {
    have_done(interrupt_it);
    must_be(epoll_wait(outer, &event, 1, -1) == -1);
    settle();
  }
  for (int i = 0; i < kNested; ++i) {
    have_done(put_inner);
    wait_for(inner);
    must_be(epoll_wait(inner, &event, 1, 0) == 1 && event.data.fd == inner_event_fd);
    eventfd_take(inner_event_fd);
    settle();
  }
  have_done(NULL);
  must_be(pthread_join(thread, NULL) == 0);
  say("{'state':'done','timeouts':%d,'timers':%d,'events':%d,'pipes':%d,'pairs':%d,'signal_fds':%d,'"
      "interrupts':%d,"
      "'nested':%d}",
      kTimeouts, kTimers, kEvents, kPipes, kPairs, kSignals, kInterrupts, kNested);
  await_line("quit");
}
