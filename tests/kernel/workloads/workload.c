// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char line[256 * 1024];
static size_t line_length;

long must_at(long result, const char* what, const char* file, int number) {
  if (result >= 0) return result;
  fprintf(stderr, "%s:%d: %s: %s\n", file, number, what, strerror(errno));
  _exit(1);
}

static void add(const char* format, va_list arguments) {
  char* const start = line + line_length;
  line_length += (size_t)vsnprintf(start, sizeof line - line_length, format, arguments);
  must_be(line_length < sizeof line - 1);
  for (char* c = start; *c; ++c)
    if (*c == '\'') *c = '"';
}

void say_add(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add(format, arguments);
  va_end(arguments);
}

void say_send(void) {
  line[line_length++] = '\n';
  must_be(write(STDOUT_FILENO, line, line_length) == (ssize_t)line_length);
  line_length = 0;
}

void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  add(format, arguments);
  va_end(arguments);
  say_send();
}

bool next_line_is(const char* word) {
  char got[64];
  const ssize_t length = must(read(STDIN_FILENO, got, sizeof got - 1));
  if (length == 0) _exit(0);
  got[length] = 0;
  return strncmp(got, word, strlen(word)) == 0 && got[strlen(word)] == '\n';
}

void await_line(const char* word) {
  must_be(next_line_is(word));
}

pid_t thread_id(void) {
  return (pid_t)syscall(SYS_gettid);
}

unsigned long inode_of(int fd) {
  struct stat status;
  must(fstat(fd, &status));
  return status.st_ino;
}

static struct sockaddr_in loopback(uint16_t port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int tcp_listener(int backlog, uint16_t* port) {
  struct sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  const int fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  must(bind(fd, (struct sockaddr*)&address, length));
  must(listen(fd, backlog));
  must(getsockname(fd, (struct sockaddr*)&address, &length));
  *port = ntohs(address.sin_port);
  return fd;
}

void make_blocking(int fd) {
  must(fcntl(fd, F_SETFL, must(fcntl(fd, F_GETFL)) & ~O_NONBLOCK));
}

int connect_to(uint16_t port) {
  const struct sockaddr_in address = loopback(port);
  const int fd = (int)must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  must(connect(fd, (const struct sockaddr*)&address, sizeof address));
  return fd;
}

void watch_data(int epfd, int fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  must(epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event));
}

void watch(int epfd, int fd, uint32_t events) {
  watch_data(epfd, fd, events, (uint64_t)fd);
}

void wait_for_exit(pid_t child, int expected_code) {
  int status;
  must_be(waitpid(child, &status, __WALL) == child);
  must_be(WIFEXITED(status) && WEXITSTATUS(status) == expected_code);
}

void eventfd_add(int fd) {
  const uint64_t one = 1;
  must_be(write(fd, &one, sizeof one) == sizeof one);
}

void eventfd_take(int fd) {
  uint64_t value;
  must_be(read(fd, &value, sizeof value) == sizeof value);
}
