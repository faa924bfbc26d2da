// SPDX-License-Identifier: Apache-2.0
// System calls of the 32-bit kind from a 64-bit program (int 0x80, x86-64 only): their numbers mean something
// else. 7 × number 41, which is dup there and socket here; each copy is closed by the 64-bit close. `skip`
// where the machine or the kernel has no such calls.
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "workload.h"

enum { kRounds = 7, kCompatDup = 41 };

#ifdef __x86_64__
static sigjmp_buf no_such_calls;

static void give_up(int number) {
  siglongjmp(no_such_calls, number);
}

static long compat_call(long number, long argument) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(argument)
                   : "memory", "r8", "r9", "r10", "r11");
  return (int)result;
}
#endif

int main(void) {
#ifdef __x86_64__
  const struct sigaction action = {.sa_handler = give_up};
  must(sigaction(SIGSEGV, &action, NULL));
  if (sigsetjmp(no_such_calls, 1) == 0 && close((int)compat_call(kCompatDup, 0)) == 0) {
    say("{'state':'ready'}");
    await_line("go");
    for (int i = 0; i < kRounds; ++i) must(close((int)must(compat_call(kCompatDup, 0))));
    say("{'state':'done','calls':%d}", kRounds);
    await_line("quit");
    return 0;
  }
#endif
  say("{'state':'skip','why':'there are no 32-bit calls here'}");
}
