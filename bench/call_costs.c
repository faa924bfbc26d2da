// SPDX-License-Identifier: Apache-2.0
#include "call_costs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t); // vDSO: no system call, so no tracer sees it
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct call_kind *kind, int batch, int batches)
{
	double *costs_ns = calloc((size_t)batches, sizeof(double));

	if (!costs_ns)
		abort();
	for (int b = 0; b < batches; b++) {
		uint64_t start = now_ns();

		for (int i = 0; i < batch; i += kind->operations)
			kind->call();
		costs_ns[b] = (double)(now_ns() - start) / batch;
	}
	qsort(costs_ns, (size_t)batches, sizeof(double), compare_doubles);
	printf("%s %.1f %.1f\n", kind->name, costs_ns[0], costs_ns[batches / 2]);
	free(costs_ns);
}

static bool divides(const struct call_kind *kinds, int count, int batch)
{
	for (int k = 0; k < count; k++)
		if (batch % kinds[k].operations)
			return false;
	return true;
}

int obey(const struct call_kind *kinds, int count)
{
	char line[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("pid %d\n", getpid());
	while (fgets(line, sizeof(line), stdin)) {
		int batch, batches;

		if (sscanf(line, "go %d %d", &batch, &batches) != 2 || batch < 1 || batches < 1 ||
		    !divides(kinds, count, batch)) {
			fprintf(stderr, "expected 'go BATCH BATCHES', got: %s", line);
			return 2;
		}
		for (int k = 0; k < count; k++)
			measure(&kinds[k], batch, batches);
		printf("done\n");
	}
	return 0;
}
