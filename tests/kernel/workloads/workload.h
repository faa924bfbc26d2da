// SPDX-License-Identifier: Apache-2.0
// What the known-workload programs share: talking to the test that drives them, and the few sockets they all
// need.
//
// The conversation is always the same, and nobody ever sleeps in it:
//   workload  prints one line of JSON, {"state":"ready", …}, when everything that shall predate the recording
//   exists test      attaches the recorder, waits until it records, writes "go\n" workload  does its exactly
//   known work and prints {"state":"done", …} with what it really did test      stops the recorder, writes
//   "quit\n"
// A line is one read(0) and one write(1), so both ends of the recording are quiet and known as well.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

// Ends the program, saying what failed and why, unless `result` is at least 0. Hands the result back.
long must_at(long result, const char* what, const char* file, int line);
#define must(call) must_at((long)(call), #call, __FILE__, __LINE__)
// The same for something that has to be true.
#define must_be(condition) must_at((condition) ? 0 : -1, #condition, __FILE__, __LINE__)

// Prints one line with a single write(1). Apostrophes come out as quotation marks: {'state':'ready'}.
void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

// The same in pieces, for lists: add as often as needed, then send.
void say_add(const char* format, ...) __attribute__((format(printf, 1, 2)));
void say_send(void);

// Reads the next line of stdin, a single read(0), and insists that it is `word`. End of file ends the
// program.
void await_line(const char* word);

// The same with a choice: whether the line is `word`. It is up to the caller to insist on the other.
bool next_line_is(const char* word);

pid_t thread_id(void);
unsigned long inode_of(int fd);

// A listening TCP socket on 127.0.0.1 and a port of the kernel's choice.
int tcp_listener(int backlog, uint16_t* port);
void make_blocking(int fd);  // tcp_listener() makes non-blocking ones
int connect_to(uint16_t port);

void watch_data(int epfd, int fd, uint32_t events, uint64_t data);  // EPOLL_CTL_ADD
void watch(int epfd, int fd, uint32_t events);                      // data: the number itself
void wait_for_exit(pid_t child, int expected_code);

void eventfd_add(int fd);   // write(8): readable
void eventfd_take(int fd);  // read(8): not readable any more
