// SPDX-License-Identifier: Apache-2.0
// What one system call costs; how it is used says call_costs.h.
//
// Kinds: epoll_wait (one ready eventfd, returns at once), getppid (a call nobody asks a tracer for),
// read_write (one write and one read of an eventfd: the pair).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call_costs.h"

static int epoll_fd, ready_fd, pair_fd;

static void call_epoll_wait(void)
{
	struct epoll_event event;

	if (epoll_wait(epoll_fd, &event, 1, -1) != 1)
		abort();
}

static void call_getppid(void)
{
	syscall(SYS_getppid);
}

static void call_read_write(void)
{
	uint64_t one = 1;

	if (write(pair_fd, &one, sizeof(one)) != sizeof(one) ||
	    read(pair_fd, &one, sizeof(one)) != sizeof(one))
		abort();
}

static const struct call_kind kinds[] = {
    {"epoll_wait", call_epoll_wait, 1},
    {"getppid", call_getppid, 1},
    {"read_write", call_read_write, 1},
};

int main(void)
{
	struct epoll_event watch = {.events = EPOLLIN};

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ready_fd = eventfd(1, EFD_CLOEXEC); // never read: always ready
	pair_fd = eventfd(0, EFD_CLOEXEC);
	if (epoll_fd < 0 || ready_fd < 0 || pair_fd < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ready_fd, &watch)) {
		perror("micro_calls");
		return 1;
	}
	return obey(kinds, sizeof(kinds) / sizeof(kinds[0]));
}
