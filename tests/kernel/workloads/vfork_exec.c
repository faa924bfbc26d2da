// SPDX-License-Identifier: Apache-2.0
// vfork and exec of /bin/true, 5 times, then once vfork and _exit(3) without exec.
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

enum { kRounds = 5 };

int main(void) {
  say("{'state':'ready'}");
  await_line("go");

  pid_t children[kRounds + 1];
  for (int i = 0; i <= kRounds; ++i) {
    const pid_t pid = vfork();
    if (pid == 0) {
      if (i == kRounds) _exit(3);
      execl("/bin/true", "true", (char*)NULL);
      _exit(127);
    }
    children[i] = (pid_t)must(pid);
    wait_for_exit(children[i], i == kRounds ? 3 : 0);
  }
  say("{'state':'done','rounds':%d,'children':[%d,%d,%d,%d,%d],'without_exec':%d}", kRounds, children[0],
      children[1], children[2], children[3], children[4], children[5]);
  await_line("quit");
}
