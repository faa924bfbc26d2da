// SPDX-License-Identifier: Apache-2.0
// Measures what one system call costs this process, on command, so that the same process can be measured
// again and again while tracers come and go around it.
//
//   micro_calls            prints "pid N", then obeys lines on standard input:
//   go BATCH BATCHES       measures each kind of call BATCHES times, BATCH calls at a time, and prints
//                          "KIND MIN MEDIAN" (ns per call) for each, then "done"
//
// Kinds: epoll_wait (one ready eventfd, returns at once), getppid (a call nobody asks a tracer for),
// read_write (one write and one read of an eventfd: the pair).
// The minimum is the cost when nothing else wanted the machine; the median shows how much did.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int epoll_fd, ready_fd, pair_fd;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t); // vDSO: no system call, so no tracer sees it
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

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

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *kind, void (*call)(void), int batch, int batches)
{
	double *costs_ns = calloc((size_t)batches, sizeof(double));

	if (!costs_ns)
		abort();
	for (int b = 0; b < batches; b++) {
		uint64_t start = now_ns();

		for (int i = 0; i < batch; i++)
			call();
		costs_ns[b] = (double)(now_ns() - start) / batch;
	}
	qsort(costs_ns, (size_t)batches, sizeof(double), compare_doubles);
	printf("%s %.1f %.1f\n", kind, costs_ns[0], costs_ns[batches / 2]);
	free(costs_ns);
}

int main(void)
{
	struct epoll_event watch = {.events = EPOLLIN};
	char line[128];

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ready_fd = eventfd(1, EFD_CLOEXEC); // never read: always ready
	pair_fd = eventfd(0, EFD_CLOEXEC);
	if (epoll_fd < 0 || ready_fd < 0 || pair_fd < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ready_fd, &watch)) {
		perror("micro_calls");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("pid %d\n", getpid());
	while (fgets(line, sizeof(line), stdin)) {
		int batch, batches;

		if (sscanf(line, "go %d %d", &batch, &batches) != 2 || batch < 1 || batches < 1) {
			fprintf(stderr, "micro_calls: expected 'go BATCH BATCHES', got: %s", line);
			return 2;
		}
		measure("epoll_wait", call_epoll_wait, batch, batches);
		measure("getppid", call_getppid, batch, batches);
		measure("read_write", call_read_write, batch, batches);
		printf("done\n");
	}
	return 0;
}
