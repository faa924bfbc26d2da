// SPDX-License-Identifier: Apache-2.0
// Attaches one of the minimal tracers of bpf/floors*.bpf.c and stays until SIGTERM or SIGINT.
//
//   floors VARIANT [-p PID]… [-c CALL,…] [-r]     -r: also write a record per call, and read it away
//
// Prints "ready: attached in N us" when everything is attached. CALL is NAME:NUMBER, because the tracepoints
// go by name and the filter by number; the per-call variants need tracefs mounted at /sys/kernel/tracing.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>
#include "bench/bpf/floors.h"
#include "floors_bpf.skel.h"

enum { kMaxCalls = 512, kMaxTargets = 64 };

struct variant {
	const char *name;
	const char *whole[2];	  // programs on the tracepoints of all calls
	const char *enter, *exit; // programs on the tracepoints of each wanted call
	const char *const *uring; // programs on the tracepoints of io_uring
};

static const char *const uring_empty[] = {
    "empty_create",   "empty_submit_req",	"empty_submit_sqe", "empty_req_failed",	  "empty_poll_arm",
    "empty_task_add", "empty_queue_async_work", "empty_complete",   "empty_cqe_overflow", NULL};
static const char *const uring_record[] = {"record_taken", "record_completed", NULL};

static const struct variant variants[] = {
    {"empty-enter-exit", {"empty_enter", "empty_exit"}, NULL, NULL, NULL},
    {"empty-exit", {"empty_exit"}, NULL, NULL, NULL},
    {"empty-percall-enter+exit", {"empty_exit"}, "empty_percall_enter", NULL, NULL},
    {"empty-percall-both", {NULL}, "empty_percall_enter", "empty_percall_exit", NULL},
    {"nostart", {"nostart_exit"}, NULL, NULL, NULL},
    {"storage", {"storage_enter", "storage_exit"}, NULL, NULL, NULL},
    {"hash", {"hash_enter", "hash_exit"}, NULL, NULL, NULL},
    {"lookup", {"lookup_enter", "lookup_exit"}, NULL, NULL, NULL},
    {"slot", {"slot_enter", "slot_exit"}, NULL, NULL, NULL},
    {"percall-slot", {"slot_exit"}, "percall_slot_enter", NULL, NULL},
    {"percall-storage", {"storage_exit"}, "percall_storage_enter", NULL, NULL},
    {"percall-both-slot", {NULL}, "percall_slot_enter", "percall_slot_exit", NULL},
    {"percall-both-storage", {NULL}, "percall_storage_enter", "percall_storage_exit", NULL},
    {"empty-uring", {"empty_enter", "empty_exit"}, NULL, NULL, uring_empty},
    {"storage-uring", {"storage_enter", "storage_exit"}, NULL, NULL, uring_record},
};

struct options {
	const struct variant *variant;
	int pids[kMaxTargets], pid_count;
	struct {
		char name[64];
		int number;
	} calls[kMaxCalls];
	int call_count;
	bool record;
};

static volatile sig_atomic_t stop_asked;
static uint64_t records_read;

static void on_signal(int signal_number)
{
	(void)signal_number;
	stop_asked = 1;
}

static int on_record(void *context, void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	records_read++;
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void usage(void)
{
	fprintf(stderr, "usage: floors VARIANT [-p PID]... [-c NAME:NUMBER,...] [-r]\nvariants:");
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		fprintf(stderr, " %s", variants[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

static void parse_calls(struct options *options, char *list)
{
	for (char *call = strtok(list, ","); call; call = strtok(NULL, ",")) {
		if (options->call_count == kMaxCalls ||
		    sscanf(call, "%63[a-z0-9_]:%d", options->calls[options->call_count].name,
			   &options->calls[options->call_count].number) != 2 ||
		    options->calls[options->call_count].number >= 512)
			usage();
		options->call_count++;
	}
}

static struct options parse(int argc, char **argv)
{
	struct options options = {0};
	int option;

	if (argc < 2)
		usage();
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
		if (!strcmp(argv[1], variants[i].name))
			options.variant = &variants[i];
	if (!options.variant)
		usage();
	optind = 2;
	while ((option = getopt(argc, argv, "p:c:r")) != -1) {
		if (option == 'p' && options.pid_count < kMaxTargets)
			options.pids[options.pid_count++] = atoi(optarg);
		else if (option == 'c')
			parse_calls(&options, optarg);
		else if (option == 'r')
			options.record = true;
		else
			usage();
	}
	return options;
}

static bool is_used(const struct variant *variant, const char *program)
{
	for (int i = 0; i < 2; i++)
		if (variant->whole[i] && !strcmp(program, variant->whole[i]))
			return true;
	for (int i = 0; variant->uring && variant->uring[i]; i++)
		if (!strcmp(program, variant->uring[i]))
			return true;
	return (variant->enter && !strcmp(program, variant->enter)) ||
	       (variant->exit && !strcmp(program, variant->exit));
}

static int load(struct floors_bpf *floors, const struct options *options)
{
	struct bpf_program *program;

	for (int i = 0; i < options->call_count; i++) {
		int number = options->calls[i].number;

		((uint64_t *)floors->rodata->wanted)[number / 64] |= 1ull << (number % 64);
	}
	*(bool *)&floors->rodata->with_record = options->record;
	bpf_object__for_each_program(program, floors->obj)
	    bpf_program__set_autoload(program, is_used(options->variant, bpf_program__name(program)));
	return floors_bpf__load(floors);
}

static int name_targets(struct floors_bpf *floors, const struct options *options)
{
	for (int i = 0; i < options->pid_count; i++) {
		uint32_t tgid = (uint32_t)options->pids[i];
		uint8_t yes = 1;
		uint64_t no_start = 0;
		int pidfd = (int)syscall(SYS_pidfd_open, tgid, 0);

		floors->bss->maybe_traced[tgid & (FLOORS_SLOTS - 1)] = 1;
		if (pidfd < 0 ||
		    bpf_map_update_elem(bpf_map__fd(floors->maps.traced_groups), &tgid, &yes, BPF_ANY) ||
		    // The leader's number is the group's; the benchmarks trace single-threaded programs.
		    bpf_map_update_elem(bpf_map__fd(floors->maps.start_by_tid), &tgid, &no_start, BPF_ANY) ||
		    bpf_map_update_elem(bpf_map__fd(floors->maps.start_by_task), &pidfd, &no_start, BPF_ANY))
			return -errno;
		close(pidfd);
	}
	return 0;
}

static int attach_per_call(struct floors_bpf *floors, const struct options *options, const char *program_name,
			   const char *side)
{
	struct bpf_program *program = bpf_object__find_program_by_name(floors->obj, program_name);

	for (int i = 0; i < options->call_count; i++) {
		char name[96];

		snprintf(name, sizeof(name), "sys_%s_%s", side, options->calls[i].name);
		// The link is meant to live until the process ends.
		if (!bpf_program__attach_tracepoint(program, "syscalls", name))
			return -errno;
	}
	return 0;
}

// No kernel has both names of the tracepoint for submissions; without a single one there is no io_uring.
static int attach_uring(struct floors_bpf *floors, const char *const *programs)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL); // it would say that the other name is not there
	int attached = 0, error = 0;

	for (int i = 0; programs[i]; i++)
		if (bpf_program__attach(bpf_object__find_program_by_name(floors->obj, programs[i])))
			attached++;
		else if (errno != ENOENT)
			error = errno;
	libbpf_set_print(print);
	errno = error || attached ? error : ENOENT;
	return -errno;
}

static int attach(struct floors_bpf *floors, const struct options *options)
{
	const struct variant *variant = options->variant;
	int error = 0;

	for (int i = 0; i < 2; i++)
		if (variant->whole[i] &&
		    !bpf_program__attach(bpf_object__find_program_by_name(floors->obj, variant->whole[i])))
			return -errno;
	if (variant->enter)
		error = attach_per_call(floors, options, variant->enter, "enter");
	if (!error && variant->exit)
		error = attach_per_call(floors, options, variant->exit, "exit");
	if (!error && variant->uring)
		error = attach_uring(floors, variant->uring);
	return error;
}

int main(int argc, char **argv)
{
	struct options options = parse(argc, argv);
	struct sigaction action = {.sa_handler = on_signal};
	struct floors_bpf *floors = floors_bpf__open();
	uint64_t start_ns = now_ns();
	struct ring_buffer *ring;

	if (!floors || load(floors, &options) || name_targets(floors, &options) || attach(floors, &options)) {
		fprintf(stderr, "floors: %s could not be loaded and attached: %s\n", options.variant->name,
			strerror(errno));
		return 1;
	}
	ring = ring_buffer__new(bpf_map__fd(floors->maps.ring), on_record, NULL, NULL);
	if (!ring)
		return 1;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	printf("ready: attached in %llu us\n", (unsigned long long)((now_ns() - start_ns) / 1000));
	fflush(stdout);
	while (!stop_asked)
		ring_buffer__poll(ring, options.record ? 20 : 1000);
	ring_buffer__consume(ring);
	printf("records %llu lost %llu\n", (unsigned long long)records_read,
	       (unsigned long long)floors->bss->records_lost);
	return 0;
}
