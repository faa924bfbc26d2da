// SPDX-License-Identifier: Apache-2.0
#include "expect.h"

#include <stdarg.h>
#include <stdio.h>

static char calls[128 * 1024];
static size_t length;

void expect(const char* call, long result, const char* arguments, ...) {
  const int error = result == -1 ? errno : 0;
  va_list list;
  va_start(list, arguments);
  length +=
      (size_t)snprintf(calls + length, sizeof calls - length, "%s{'call':'%s','ret':%ld,'errno':%d,'args':{",
                       length ? "," : "", call, result, error);
  length += (size_t)vsnprintf(calls + length, sizeof calls - length, arguments, list);
  length += (size_t)snprintf(calls + length, sizeof calls - length, "}}");
  must_be(length < sizeof calls - 1);
  va_end(list);
}

void say_expected(const char* state) {
  say_add("{'state':'%s','calls':[%s]}", state, calls);
  say_send();
}
