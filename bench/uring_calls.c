// SPDX-License-Identifier: Apache-2.0
// What an operation of io_uring costs; how it is used says call_costs.h.
//
// Kinds: nop_1, nop_8, nop_32 (NOPs submitted and reaped so many at a time: io_uring_enter(to_submit=N,
// min_complete=N)), echo (a byte goes over loopback TCP and comes back, ns per operation: four of them, in
// two calls, make a round trip). One thread is both ends of the connection, through one ring, so that no
// scheduling is measured: RECV on one end, which has nothing yet and is armed; SEND on the other, which makes
// it ready.
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "call_costs.h"

enum { kEntries = 32 };

static struct io_uring ring;
static int client_fd, server_fd;

// Each of the completions there must say `res`: a cheaper operation that failed would be measured otherwise.
static void reap(unsigned operations, int res)
{
	struct io_uring_cqe *completions[kEntries];

	if (io_uring_submit_and_wait(&ring, operations) != (int)operations ||
	    io_uring_peek_batch_cqe(&ring, completions, operations) != operations)
		abort();
	for (unsigned i = 0; i < operations; i++)
		if (completions[i]->res != res)
			abort();
	io_uring_cq_advance(&ring, operations);
}

static void call_nops(unsigned operations)
{
	for (unsigned i = 0; i < operations; i++)
		io_uring_prep_nop(io_uring_get_sqe(&ring));
	reap(operations, 0);
}

static void call_nop_1(void)
{
	call_nops(1);
}

static void call_nop_8(void)
{
	call_nops(8);
}

static void call_nop_32(void)
{
	call_nops(32);
}

static void pass_on(int from, int to)
{
	char received = 0, sent = 'x';

	io_uring_prep_recv(io_uring_get_sqe(&ring), to, &received, 1, 0);
	io_uring_prep_send(io_uring_get_sqe(&ring), from, &sent, 1, 0);
	reap(2, 1);
	if (received != sent)
		abort();
}

static void call_echo(void)
{
	pass_on(client_fd, server_fd);
	pass_on(server_fd, client_fd);
}

static bool connect_both(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

	client_fd = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || client_fd < 0 || bind(listener, (struct sockaddr *)&address, length) ||
	    listen(listener, 1) || getsockname(listener, (struct sockaddr *)&address, &length) ||
	    connect(client_fd, (struct sockaddr *)&address, length))
		return false;
	server_fd = accept(listener, NULL, NULL);
	return server_fd >= 0 && !close(listener) &&
	       !setsockopt(client_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) &&
	       !setsockopt(server_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static const struct call_kind kinds[] = {
    {"nop_1", call_nop_1, 1},
    {"nop_8", call_nop_8, 8},
    {"nop_32", call_nop_32, 32},
    {"echo", call_echo, 4},
};

int main(void)
{
	int error = io_uring_queue_init(kEntries, &ring, 0);

	if (error) {
		fprintf(stderr, "uring_calls: no ring: %s; see kernel.io_uring_disabled\n", strerror(-error));
		return 1;
	}
	if (!connect_both()) {
		perror("uring_calls");
		return 1;
	}
	return obey(kinds, sizeof(kinds) / sizeof(kinds[0]));
}
