// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM for a thread that sleeps in accept, recv, send or nanosleep, and so cannot wait for a
// descriptor of theirs besides (as loops do, end_signals.h).
//
// The signal handler shuts the sockets it was told of down. That wakes whoever sleeps on them, and makes all
// later calls return at once as well. Merely interrupting the call (EINTR) would not do: a signal that comes
// just before the call interrupts nothing, and the thread falls asleep all the same.
#pragma once

#include <chrono>

namespace loopscope::sample_servers {

// From now on a signal to end shuts `listener_fd`: accept fails with EINVAL. False, with errno, if that
// failed. For the thread that calls this; others have to block both signals and SIGALRM.
[[nodiscard]] bool handle_end_signals(int listener_fd);

[[nodiscard]] bool end_is_wished();

// The connection to shut as well, at once if the signal has come already; -1 before it is closed.
void shut_at_end(int connection_fd);

// nanosleep, cut short by a signal to end.
void sleep_unless_ended(std::chrono::nanoseconds duration);

}  // namespace loopscope::sample_servers
