// SPDX-License-Identifier: Apache-2.0
// What a workload that calls every system call once keeps for its test: a list of the calls it made with what
// the trace has to say about each.
#pragma once

#include <errno.h>

#include "workload.h"

// To be called right after the system call, before errno changes: its name, what it returned, and its
// arguments as members of a JSON object with apostrophes for quotation marks.
void expect(const char* call, long result, const char* arguments, ...) __attribute__((format(printf, 3, 4)));

// Prints everything expected so far as one line, {"state":…, "calls":[…]}.
void say_expected(const char* state);
