// SPDX-License-Identifier: Apache-2.0
// Two threads take turns with one ring: 101 submissions by the first, 53 by the second, a READ each, of pipes
// of their own. One more READ is submitted by the first thread and satisfied by the second.
#include <pthread.h>
#include <unistd.h>

#include "uring.h"

enum { kFirst = 101, kSecond = 53 };

static struct ring* ring;
static int pipe_of[2][2];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t begin, end;
static pid_t second;

static void read_one(int which) {
  static char byte;
  pthread_mutex_lock(&turn);
  must_be(write(pipe_of[which][1], "x", 1) == 1);
  const int op = ring->ops;
  io_uring_prep_read(ring_next(ring), pipe_of[which][0], &byte, 1, 0);
  ring_also(ring, "'args':{'count':1}");
  ring_submit(ring, 1);
  ring_expect(ring, op, 1);
  pthread_mutex_unlock(&turn);
}

static void* run_second(void* unused) {
  second = thread_id();
  pthread_barrier_wait(&begin);
  pthread_barrier_wait(&begin);
  for (int i = 0; i < kSecond; ++i) read_one(1);
  pthread_barrier_wait(&end);
  pthread_barrier_wait(&end);
  must_be(write(pipe_of[0][1], "last", 4) == 4);
  pthread_barrier_wait(&end);
  return unused;
}

int main(void) {
  static char bytes[4];
  pthread_t thread;
  ring = ring_open(8, 0, 0);
  for (int i = 0; i < 2; ++i) must(pipe(pipe_of[i]));
  must(-pthread_barrier_init(&begin, NULL, 2));
  must(-pthread_barrier_init(&end, NULL, 2));
  must(-pthread_create(&thread, NULL, run_second, NULL));
  pthread_barrier_wait(&begin);
  say("{'state':'ready','second':%d}", second);
  await_line("go");

  pthread_barrier_wait(&begin);
  for (int i = 0; i < kFirst; ++i) read_one(0);
  pthread_barrier_wait(&end);
  // Both are done, and the pipe is empty: this one waits for the second thread.
  io_uring_prep_read(ring_next(ring), pipe_of[0][0], bytes, 4, 0);
  ring_also(ring, "'args':{'count':4}");
  const int op = ring->ops - 1;
  ring_submit(ring, 0);
  pthread_barrier_wait(&end);
  ring_expect(ring, op, 4);
  say_add("{'state':'done','first':%d,'by_second':%d,'ring':", kFirst, kSecond);
  ring_say(ring);
  say_add("}");
  say_send();
  await_line("quit");
  pthread_barrier_wait(&end);
  must(-pthread_join(thread, NULL));
}
