// SPDX-License-Identifier: Apache-2.0
// Every system call a trace knows, at least once, by its number and with arguments chosen so that each is
// told from the others; those that only end in an error, with that error. Calls that make processes are in
// forks, vfork_exec and thread_exec. The order is the order of the trace.
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static const struct timespec kFiveMs = {.tv_nsec = 5000000};

// Remembers the result in `result` for the lines that follow.
static long result;
#define CALL(name, ...) (result = syscall(SYS_##name, __VA_ARGS__))

static struct sockaddr_in any_loopback_port(void) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void sockets(void) {
  struct sockaddr_in address = any_loopback_port(), peer;
  socklen_t length = sizeof address;
  const int server = (int)CALL(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
  expect("socket", result,
         "'domain':'AF_INET','type':['SOCK_STREAM','SOCK_CLOEXEC','SOCK_NONBLOCK'],'protocol':6");
  CALL(bind, server, &address, length);
  expect("bind", result, "'sockfd':%d,'addr':'127.0.0.1:0'", server);
  CALL(listen, server, 47);
  expect("listen", result, "'sockfd':%d,'backlog':47", server);
  must(getsockname(server, (struct sockaddr*)&address, &length));
  CALL(accept, server, NULL, NULL);
  expect("accept", result, "'sockfd':%d", server);

  const int client = (int)CALL(socket, AF_INET, SOCK_STREAM, 0);
  expect("socket", result, "'domain':'AF_INET','type':['SOCK_STREAM'],'protocol':0");
  CALL(connect, client, &address, length);
  expect("connect", result, "'sockfd':%d,'addr':'127.0.0.1:%d'", client, ntohs(address.sin_port));
  length = sizeof peer;
  const int first = (int)CALL(accept, server, &peer, &length);
  expect("accept", result, "'sockfd':%d", server);
  const int other = (int)CALL(socket, AF_INET, SOCK_STREAM, 0);
  expect("socket", result, "'domain':'AF_INET','type':['SOCK_STREAM'],'protocol':0");
  CALL(connect, other, &address, sizeof address);
  expect("connect", result, "'sockfd':%d,'addr':'127.0.0.1:%d'", other, ntohs(address.sin_port));
  const int second = (int)CALL(accept4, server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  expect("accept4", result, "'sockfd':%d,'flags':['SOCK_CLOEXEC','SOCK_NONBLOCK']", server);

  CALL(sendto, client, "12345", 5, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
  expect("sendto", result, "'sockfd':%d,'len':5,'flags':['MSG_DONTWAIT','MSG_NOSIGNAL']", client);
  char bytes[64];
  CALL(recvfrom, first, bytes, 64, MSG_PEEK, NULL, NULL);
  expect("recvfrom", result, "'sockfd':%d,'len':64,'flags':['MSG_PEEK']", first);
  struct iovec vector = {bytes, 3};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  CALL(recvmsg, first, &message, MSG_DONTWAIT);
  expect("recvmsg", result, "'sockfd':%d,'flags':['MSG_DONTWAIT']", first);
  CALL(sendmsg, client, &message, 0);
  expect("sendmsg", result, "'sockfd':%d,'flags':[]", client);
  struct mmsghdr messages[2] = {{.msg_hdr = message}, {.msg_hdr = message}};
  CALL(sendmmsg, client, messages, 2, 0);
  expect("sendmmsg", result, "'sockfd':%d,'vlen':2,'flags':[]", client);
  CALL(recvmmsg, first, messages, 2, MSG_DONTWAIT, NULL);
  expect("recvmmsg", result, "'sockfd':%d,'vlen':2,'flags':['MSG_DONTWAIT']", first);
  CALL(shutdown, client, SHUT_WR);
  expect("shutdown", result, "'sockfd':%d,'how':'SHUT_WR'", client);

  int pair[2];
  CALL(socketpair, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair);
  expect("socketpair", result,
         "'domain':'AF_UNIX','type':['SOCK_DGRAM','SOCK_NONBLOCK'],'protocol':0,'sv':[%d,%d]", pair[0],
         pair[1]);
  CALL(close_range, pair[0], pair[1], 0);
  expect("close_range", result, "'first':%d,'last':%d,'flags':[]", pair[0], pair[1]);
  const int ends[] = {second, other, first, client, server};
  for (int i = 0; i < 5; ++i) {
    CALL(close, ends[i]);
    expect("close", result, "'fd':%d", ends[i]);
  }
}

static void epolls(void) {
#ifdef SYS_epoll_create
  const int old = (int)CALL(epoll_create, 3);
  expect("epoll_create", result, "'size':3");
  CALL(close, old);
  expect("close", result, "'fd':%d", old);
#endif
  const int epfd = (int)CALL(epoll_create1, EPOLL_CLOEXEC);
  expect("epoll_create1", result, "'flags':['EPOLL_CLOEXEC']");
  const int event_fd = (int)CALL(eventfd2, 5, O_NONBLOCK | O_CLOEXEC);
  expect("eventfd2", result, "'initval':5,'flags':['EFD_CLOEXEC','EFD_NONBLOCK']");
  struct epoll_event event = {.events = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET,
                              .data.u64 = 0xfedcba9876543210ULL};
  CALL(epoll_ctl, epfd, EPOLL_CTL_ADD, event_fd, &event);
  expect("epoll_ctl", result,
         "'epfd':%d,'op':'EPOLL_CTL_ADD','fd':%d,'events':['EPOLLIN','EPOLLPRI','EPOLLRDHUP','EPOLLET'],"
         "'data':'0xfedcba9876543210'",
         epfd, event_fd);
  CALL(epoll_ctl, epfd, EPOLL_CTL_ADD, event_fd, &event);
  expect("epoll_ctl", result,
         "'epfd':%d,'op':'EPOLL_CTL_ADD','fd':%d,'events':['EPOLLIN','EPOLLPRI','EPOLLRDHUP','EPOLLET'],"
         "'data':'0xfedcba9876543210'",
         epfd, event_fd);
  event = (struct epoll_event){.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 0};
  CALL(epoll_ctl, epfd, EPOLL_CTL_MOD, event_fd, &event);
  expect("epoll_ctl", result,
         "'epfd':%d,'op':'EPOLL_CTL_MOD','fd':%d,'events':['EPOLLIN','EPOLLONESHOT'],'data':'0x0'", epfd,
         event_fd);
  struct epoll_event events[8];
#ifdef SYS_epoll_wait
  CALL(epoll_wait, epfd, events, 7, -1);
  expect("epoll_wait", result, "'epfd':%d,'maxevents':7,'timeout':-1", epfd);
#endif
  CALL(epoll_pwait, epfd, events, 5, 1, NULL, 8);
  expect("epoll_pwait", result, "'epfd':%d,'maxevents':5,'timeout':1", epfd);
  CALL(epoll_pwait2, epfd, events, 3, &kFiveMs, NULL, 8);
  expect("epoll_pwait2", result, "'epfd':%d,'maxevents':3,'timeout_ns':5000000", epfd);
  CALL(epoll_pwait, epfd, events, 0, 0, NULL, 8);
  expect("epoll_pwait", result, "'epfd':%d,'maxevents':0,'timeout':0", epfd);
  CALL(epoll_ctl, epfd, EPOLL_CTL_DEL, event_fd, NULL);
  expect("epoll_ctl", result, "'epfd':%d,'op':'EPOLL_CTL_DEL','fd':%d", epfd, event_fd);
  CALL(epoll_ctl, epfd, 99, event_fd, &event);
  expect("epoll_ctl", result,
         "'epfd':%d,'op':'0x63','fd':%d,'events':['EPOLLIN','EPOLLONESHOT'],'data':'0x0'", epfd, event_fd);
  CALL(close, event_fd);
  expect("close", result, "'fd':%d", event_fd);
  CALL(close, epfd);
  expect("close", result, "'fd':%d", epfd);
}

static void polls(void) {
  int ends[2];
  CALL(pipe2, ends, O_CLOEXEC | O_NONBLOCK);
  expect("pipe2", result, "'pipefd':[%d,%d],'flags':['O_CLOEXEC','O_NONBLOCK']", ends[0], ends[1]);
  struct pollfd fds[2] = {{.fd = ends[0], .events = POLLIN | POLLPRI}, {.fd = ends[1], .events = POLLOUT}};
#ifdef SYS_poll
  CALL(poll, fds, 2, 3);
  expect("poll", result,
         "'fds':[{'fd':%d,'events':['POLLIN','POLLPRI']},{'fd':%d,'events':['POLLOUT']}],'nfds':2,"
         "'timeout':3",
         ends[0], ends[1]);
#endif
  struct timespec timeout = kFiveMs;
  CALL(ppoll, fds, 1, &timeout, NULL, 8);
  expect("ppoll", result, "'fds':[{'fd':%d,'events':['POLLIN','POLLPRI']}],'nfds':1,'timeout_ns':5000000",
         ends[0]);
  fd_set readable, writable;
  FD_ZERO(&readable);
  FD_ZERO(&writable);
  FD_SET(ends[0], &readable);
  FD_SET(ends[1], &writable);
#ifdef SYS_select
  struct timeval wait = {.tv_usec = 7000};
  CALL(select, ends[1] + 1, &readable, &writable, NULL, &wait);
  expect("select", result, "'nfds':%d,'readfds':[%d],'writefds':[%d],'timeout_ns':7000000", ends[1] + 1,
         ends[0], ends[1]);
#endif
  FD_ZERO(&readable);
  FD_SET(ends[0], &readable);
  timeout = kFiveMs;
  CALL(pselect6, ends[0] + 1, &readable, NULL, NULL, &timeout, NULL);
  expect("pselect6", result, "'nfds':%d,'readfds':[%d],'timeout_ns':5000000", ends[0] + 1, ends[0]);
  for (int i = 0; i < 2; ++i) {
    CALL(close, ends[i]);
    expect("close", result, "'fd':%d", ends[i]);
  }
}

static void opens(void) {
  const int directory = (int)CALL(openat, AT_FDCWD, "/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  expect("openat", result,
         "'dirfd':'AT_FDCWD','pathname':'/proc/self','flags':['O_RDONLY','O_DIRECTORY','O_CLOEXEC']");
  int fd = (int)CALL(openat, directory, "status", O_RDONLY, 0);
  expect("openat", result, "'dirfd':%d,'pathname':'status','flags':['O_RDONLY']", directory);
  CALL(close, fd);
  expect("close", result, "'fd':%d", fd);
  const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC,
                               .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
  fd = (int)CALL(openat2, directory, "stat", &how, sizeof how);
  expect("openat2", result,
         "'dirfd':%d,'pathname':'stat','flags':['O_RDONLY','O_CLOEXEC'],"
         "'resolve':['RESOLVE_NO_SYMLINKS','RESOLVE_BENEATH']",
         directory);
  CALL(close, fd);
  expect("close", result, "'fd':%d", fd);
  CALL(openat, AT_FDCWD, "/nonexistent/balloons.py", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0604);
  expect("openat", result,
         "'dirfd':'AT_FDCWD','pathname':'/nonexistent/balloons.py',"
         "'flags':['O_WRONLY','O_CREAT','O_TRUNC','O_APPEND'],'mode':'0604'");
#ifdef SYS_open
  fd = (int)CALL(open, "/dev/null", O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
  expect("open", result, "'pathname':'/dev/null','flags':['O_RDWR','O_NOCTTY','O_NONBLOCK']");
  CALL(close, fd);
  expect("close", result, "'fd':%d", fd);
  CALL(creat, "/nonexistent/file", 0751);
  expect("creat", result, "'pathname':'/nonexistent/file','mode':'0751'");
#endif
  CALL(execve, "/nonexistent/program", NULL, NULL);
  expect("execve", result, "'pathname':'/nonexistent/program'");
  CALL(execveat, directory, "nothing-here", NULL, NULL, AT_SYMLINK_NOFOLLOW);
  expect("execveat", result, "'dirfd':%d,'pathname':'nothing-here','flags':['AT_SYMLINK_NOFOLLOW']",
         directory);
  CALL(close, directory);
  expect("close", result, "'fd':%d", directory);
  CALL(close, 999);
  expect("close", result, "'fd':999");
}

static void duplicates(void) {
  int copy = (int)CALL(dup, STDIN_FILENO);
  expect("dup", result, "'oldfd':0");
#ifdef SYS_dup2
  CALL(dup2, copy, 201);
  expect("dup2", result, "'oldfd':%d,'newfd':201", copy);
  CALL(dup2, copy, copy);
  expect("dup2", result, "'oldfd':%d,'newfd':%d", copy, copy);
#endif
  CALL(dup3, copy, 202, O_CLOEXEC);
  expect("dup3", result, "'oldfd':%d,'newfd':202,'flags':['O_CLOEXEC']", copy);
  CALL(dup3, copy, copy, 0);
  expect("dup3", result, "'oldfd':%d,'newfd':%d,'flags':[]", copy, copy);
  CALL(fcntl, copy, F_DUPFD, 210);
  expect("fcntl", result, "'fd':%d,'op':'F_DUPFD','arg':210", copy);
  CALL(fcntl, copy, F_DUPFD_CLOEXEC, 220);
  expect("fcntl", result, "'fd':%d,'op':'F_DUPFD_CLOEXEC','arg':220", copy);
  CALL(fcntl, copy, F_SETFD, FD_CLOEXEC);
  expect("fcntl", result, "'fd':%d,'op':'F_SETFD','arg':1", copy);
  CALL(ioctl, copy, FIONCLEX);
  expect("ioctl", result, "'fd':%d,'op':'FIONCLEX'", copy);
  CALL(ioctl, copy, FIOCLEX);
  expect("ioctl", result, "'fd':%d,'op':'FIOCLEX'", copy);
  CALL(close_range, 200, 230, CLOSE_RANGE_UNSHARE);
  expect("close_range", result, "'first':200,'last':230,'flags':['CLOSE_RANGE_UNSHARE']");
  CALL(close, copy);
  expect("close", result, "'fd':%d", copy);
}

static void notifiers(void) {
  int fds[16], count = 0;
#ifdef SYS_pipe
  CALL(pipe, fds);
  expect("pipe", result, "'pipefd':[%d,%d]", fds[0], fds[1]);
  count = 2;
  const int off = 0, on = 1;
  CALL(ioctl, fds[0], FIONBIO, &on);
  expect("ioctl", result, "'fd':%d,'op':'FIONBIO','arg':1", fds[0]);
  CALL(ioctl, fds[0], FIONBIO, &off);
  expect("ioctl", result, "'fd':%d,'op':'FIONBIO','arg':0", fds[0]);
  CALL(fcntl, fds[0], F_SETFL, O_NONBLOCK);
  expect("fcntl", result, "'fd':%d,'op':'F_SETFL','arg':%d", fds[0], O_NONBLOCK);
  fds[count++] = (int)CALL(eventfd, 9);
  expect("eventfd", result, "'initval':9");
  fds[count++] = (int)CALL(inotify_init, 0);
  expect("inotify_init", result, "%s", "");
#endif
  fds[count++] = (int)CALL(inotify_init1, O_NONBLOCK);
  expect("inotify_init1", result, "'flags':['IN_NONBLOCK']");
  const int timer = fds[count++] = (int)CALL(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  expect("timerfd_create", result, "'clockid':'CLOCK_MONOTONIC','flags':['TFD_CLOEXEC','TFD_NONBLOCK']");
  const struct itimerspec hour = {.it_value = {.tv_sec = 3600, .tv_nsec = 7}};
  CALL(timerfd_settime, timer, TFD_TIMER_ABSTIME, &hour, NULL);
  expect("timerfd_settime", result, "'fd':%d,'flags':['TFD_TIMER_ABSTIME'],'value_ns':3600000000007", timer);
  uint64_t signals = 1ULL << (SIGUSR2 - 1);
#ifdef SYS_signalfd
  const int by_old = fds[count++] = (int)CALL(signalfd, -1, &signals, sizeof signals);
  expect("signalfd", result, "'fd':-1");
  CALL(signalfd4, by_old, &signals, sizeof signals, 0);
  expect("signalfd4", result, "'fd':%d,'flags':[]", by_old);
#endif
  fds[count++] = (int)CALL(signalfd4, -1, &signals, sizeof signals, O_CLOEXEC);
  expect("signalfd4", result, "'fd':-1,'flags':['SFD_CLOEXEC']");
  fds[count++] = (int)CALL(memfd_create, "balloons", 1);
  expect("memfd_create", result, "'name':'balloons','flags':['MFD_CLOEXEC']");
  const int self = fds[count++] = (int)CALL(pidfd_open, getpid(), 0);
  expect("pidfd_open", result, "'pid':%d,'flags':[]", getpid());
  fds[count++] = (int)CALL(pidfd_getfd, self, 0, 0);
  expect("pidfd_getfd", result, "'pidfd':%d,'targetfd':0", self);
  for (int i = 0; i < count; ++i) {
    CALL(close, fds[i]);
    expect("close", result, "'fd':%d", fds[i]);
  }
  CALL(unshare, CLONE_FILES);
  expect("unshare", result, "'flags':['CLONE_FILES']");
}

static void transfers(void) {
  char bytes[32] = {0};
  struct iovec vector[2] = {{bytes, 11}, {bytes, 2}};
  const int memory = (int)CALL(memfd_create, "transfers", 0);
  expect("memfd_create", result, "'name':'transfers','flags':[]");
  int ends[2];
  CALL(pipe2, ends, 0);
  expect("pipe2", result, "'pipefd':[%d,%d],'flags':[]", ends[0], ends[1]);
  CALL(write, memory, bytes, 31);
  expect("write", result, "'fd':%d,'count':31", memory);
  CALL(pwrite64, memory, bytes, 29, 0);
  expect("pwrite64", result, "'fd':%d,'count':29", memory);
  CALL(writev, memory, vector, 2);
  expect("writev", result, "'fd':%d,'iovcnt':2", memory);
  CALL(pwritev, memory, vector, 1, 0, 0);
  expect("pwritev", result, "'fd':%d,'iovcnt':1", memory);
  CALL(pwritev2, memory, vector, 2, 0, 0, 0);
  expect("pwritev2", result, "'fd':%d,'iovcnt':2", memory);
  CALL(read, memory, bytes, 23);
  expect("read", result, "'fd':%d,'count':23", memory);
  CALL(pread64, memory, bytes, 19, 0);
  expect("pread64", result, "'fd':%d,'count':19", memory);
  CALL(readv, memory, vector, 2);
  expect("readv", result, "'fd':%d,'iovcnt':2", memory);
  CALL(preadv, memory, vector, 2, 0, 0);
  expect("preadv", result, "'fd':%d,'iovcnt':2", memory);
  CALL(preadv2, memory, vector, 1, 0, 0, 0);
  expect("preadv2", result, "'fd':%d,'iovcnt':1", memory);
  off_t from = 0;
  CALL(sendfile, ends[1], memory, &from, 17);
  expect("sendfile", result, "'out_fd':%d,'in_fd':%d,'count':17", ends[1], memory);
  loff_t to = 0;
  CALL(splice, ends[0], NULL, memory, &to, 13, 1 | 2);
  expect("splice", result, "'fd_in':%d,'fd_out':%d,'len':13,'flags':['SPLICE_F_MOVE','SPLICE_F_NONBLOCK']",
         ends[0], memory);
  CALL(read, 998, bytes, 1);
  expect("read", result, "'fd':998,'count':1");
  const int all[] = {ends[0], ends[1], memory};
  for (int i = 0; i < 3; ++i) {
    CALL(close, all[i]);
    expect("close", result, "'fd':%d", all[i]);
  }
}

// Where io_uring is switched off, the three fail, and are to be recorded as failing.
static void rings(void) {
  struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE, .cq_entries = 32};
  const int ring = (int)CALL(io_uring_setup, 5, &params);
  if (ring >= 0)
    expect("io_uring_setup", result,
           "'entries':5,'flags':['IORING_SETUP_CQSIZE'],'sq_entries':8,'cq_entries':32");
  else
    expect("io_uring_setup", result, "'entries':5,'flags':['IORING_SETUP_CQSIZE']");
  CALL(io_uring_enter, ring, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
  expect("io_uring_enter", result,
         "'fd':%d,'to_submit':0,'min_complete':0,'flags':['IORING_ENTER_GETEVENTS']", ring);
  CALL(io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0);
  expect("io_uring_register", result, "'fd':%d,'opcode':'IORING_UNREGISTER_FILES','nr_args':0", ring);
  CALL(close, ring);
  expect("close", result, "'fd':%d", ring);
}

int main(void) {
  say("{'state':'ready'}");
  await_line("go");
  sockets();
  epolls();
  polls();
  opens();
  duplicates();
  notifiers();
  transfers();
  rings();
  say_expected("done");
  await_line("quit");
}
