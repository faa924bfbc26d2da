// SPDX-License-Identifier: Apache-2.0
// A process with a large epoll instance that times its own epoll_ctl calls: what it suffers while somebody
// else reads the state of that instance.
//
//   snapshot_stall ITEMS   prints "pid N epfd N", then obeys lines on standard input:
//   go MILLISECONDS        calls epoll_ctl without pause for so long, prints "worst NS median NS preempted N"
//
// A call during which the scheduler took the CPU away is no stall of epoll's making: such calls are counted
// as preempted and left out of the worst. Waiting for a lock is a voluntary switch and stays in.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { kMaxCalls = 8 << 20, kSuspicious_ns = 3000 };

static uint32_t durations_ns[kMaxCalls];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static long preemptions(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nivcsw;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void go(int epoll_fd, int item, uint64_t for_ns)
{
	struct epoll_event watch = {.events = EPOLLIN};
	uint64_t end = now_ns() + for_ns, before = now_ns();
	long preempted_before = preemptions(), preempted = preempted_before;
	size_t calls = 0;

	watch.data.fd = item;
	while (before < end && calls < kMaxCalls) {
		if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, item, &watch))
			abort();
		uint64_t after = now_ns(), duration_ns = after - before;

		if (duration_ns > kSuspicious_ns) {
			long now_preempted = preemptions();

			if (now_preempted != preempted)
				duration_ns = 0;
			preempted = now_preempted;
			after = now_ns();
		}
		durations_ns[calls++] = (uint32_t)duration_ns;
		before = after;
	}
	qsort(durations_ns, calls, sizeof(durations_ns[0]), compare);
	printf("worst %u median %u preempted %ld\n", durations_ns[calls - 1], durations_ns[calls / 2],
	       preempted - preempted_before);
}

int main(int argc, char **argv)
{
	int items = argc == 2 ? atoi(argv[1]) : 0, last = -1, milliseconds;
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct rlimit limit = {.rlim_cur = (rlim_t)items + 64, .rlim_max = (rlim_t)items + 64};
	char line[64];

	if (items < 1 || setrlimit(RLIMIT_NOFILE, &limit)) {
		fprintf(stderr,
			"usage: snapshot_stall ITEMS (as root, where the limit of descriptors is lower)\n");
		return 2;
	}
	for (int i = 0; i < items; i++) {
		struct epoll_event watch = {.events = EPOLLIN};

		last = watch.data.fd = eventfd(0, EFD_CLOEXEC);
		if (last < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, last, &watch)) {
			perror("snapshot_stall");
			return 1;
		}
	}
	// Touched now, so that no page fault is taken for a stall.
	memset(durations_ns, 0, sizeof(durations_ns));
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("pid %d epfd %d\n", getpid(), epoll_fd);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "go %d", &milliseconds) != 1)
			return 2;
		go(epoll_fd, last, (uint64_t)milliseconds * 1000000u);
	}
	return 0;
}
