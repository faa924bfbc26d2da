# SPDX-License-Identifier: Apache-2.0
"""`watch`: wakeups as they happen."""
import signal

from harness.environment import LOOPSCOPE, require_bpf
from harness.processes import Child
from harness.recorder import run
from harness.workload import Workload


def watching(*arguments):
    """A watcher that has begun."""
    require_bpf()
    child = Child([LOOPSCOPE, "watch", *map(str, arguments)])
    assert child.err.find(lambda line: "watching" in line) is not None, child.err.text()
    return child


def test_every_wakeup_has_a_line_and_ctrl_c_ends_it():
    with Workload("causes") as workload:
        with watching("-p", workload.pid) as watcher:
            truth = workload.tell("go")
            wakeups = sum(truth[what] for what in ("timeouts", "timers", "events", "pipes", "pairs", "signal_fds",
                                                   "interrupts", "nested"))
            # The last burst lasts until the loop sleeps again: it waits for us outside epoll.
            for _ in range(wakeups - 1):
                assert watcher.out.find(lambda line: line.lstrip().startswith("+")) is not None, watcher.out.text()
            watcher.send(signal.SIGINT)
            assert watcher.wait() == 0, watcher.err.text()
            text = watcher.out.text()
        workload.finish()
    lines = [line for line in text.splitlines() if line.lstrip().startswith("+")]
    for cause, count in (("timeout", "timeouts"), ("timer on fd", "timers"), ("nested epoll on fd", "nested")):
        assert sum(f"  {cause}" in line and "timer:" not in line for line in lines) == truth[count], (cause, text)
    assert "waits in epoll" in text, text  # the summary


def test_only_the_slow_ones():
    with Workload("causes") as workload:
        with watching("-p", workload.pid, "--slower", "10s") as watcher:
            workload.tell("go")
            watcher.send(signal.SIGINT)
            assert watcher.wait() == 0
            assert not any(line.lstrip().startswith("+") for line in watcher.out.text().splitlines()), watcher.out.text()
        workload.finish()


def test_top_has_a_row_for_each_loop():
    with Workload("causes") as workload:
        with watching("-p", workload.pid, "--top") as watcher:
            workload.tell("go")
            assert watcher.out.find(lambda line: line.startswith(f"{workload.pid} causes")) is not None
            watcher.send(signal.SIGINT)
            assert watcher.wait() == 0, watcher.err.text()
            text = watcher.out.text()
        workload.finish()
    assert "WAKEUPS/S" in text and "\x1b" not in text, text


def test_a_command_is_watched_to_its_end():
    require_bpf()
    done = run("watch", "--", "/bin/sh", "-c", "exit 3")
    assert "exited with 3" in done.stderr or "3" in done.stderr, done.stderr


def test_a_duration_ends_it():
    with Workload("asleep") as workload:
        with watching("-p", workload.pid, "-d", "0.3") as watcher:
            assert watcher.wait() == 0, watcher.err.text()
        workload.send(signal.SIGTERM)


def test_who_is_not_there():
    done = run("watch", "-p", "99999999", check=False)
    assert done.returncode != 0 and "99999999" in done.stderr, done.stderr
