// SPDX-License-Identifier: Apache-2.0
// Becomes another program when told to: prints {"state":"ready"}, reads "go", executes argv[1…]. Tools that
// attach by PID then see that program from its first system call on.
#include <unistd.h>

#include "workload.h"

int main(int argc, char** argv) {
  must_be(argc > 1);
  say("{'state':'ready'}");
  await_line("go");
  must(execvp(argv[1], argv + 1));
}
