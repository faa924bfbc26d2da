// SPDX-License-Identifier: Apache-2.0
// Measuring what a call costs this process, on command, so that the same process can be measured again and
// again while tracers come and go around it.
//
// The program prints "pid N", then obeys lines on standard input:
//   go BATCH BATCHES       measures each kind of call BATCHES times, BATCH operations at a time, and prints
//                          "KIND MIN MEDIAN" (ns per operation) for each, then "done"
//
// The minimum is the cost when nothing else wanted the machine; the median shows how much did.
#ifndef LOOPSCOPE_BENCH_CALL_COSTS_H
#define LOOPSCOPE_BENCH_CALL_COSTS_H

struct call_kind {
	const char *name;
	void (*call)(void);
	int operations; // in one call; BATCH is a multiple of it
};

// Until standard input ends. Returns the exit status of the program.
int obey(const struct call_kind *kinds, int count);

#endif
