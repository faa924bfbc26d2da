# SPDX-License-Identifier: Apache-2.0
"""One run of a server, recorded by us and by strace at the same time: the imported log says the same."""
import os
import signal

import pytest
from harness import schema
from harness.environment import BIN, require_bpf, require_program
from harness.processes import children_of, until
from harness.recorder import Recording, report, run
from harness.servers import Aiohttp, Server, Tornado
from harness.trace import Trace

LAB = "trace=epoll_wait,epoll_ctl,openat,listen,accept,bind"
MORE = LAB + (",epoll_pwait,epoll_pwait2,epoll_create1,accept4,socket,socketpair,close,dup,dup2,dup3,fcntl,pipe2,eventfd2,"
              "timerfd_create,signalfd4,clone,clone3,poll,ppoll,select,pselect6,execve,ioctl,read,write,recvfrom,sendto")
REQUESTS = 7


class Epoll(Server):
    """The sample server of model C."""

    def command(self):
        return [BIN / "epoll-server", "--port", str(self.port), "--wait-ms", "3"]


class Threadpool(Server):
    """Model B: its listener is accepted from without epoll."""

    how, wait = "blocking_accept", "blocking_accept"

    def command(self):
        return [BIN / "threadpool-server", "--port", str(self.port), "--wait-ms", "3"]


def record_both(kind, *options):
    """Our report, and that of strace's log, of the same run; and the PID of the server."""
    require_bpf()
    server = kind()
    log = server.folder / "log"
    traced = [require_program("strace"), "-f", "-o", log, *options, *server.command()]
    with Recording("--", *traced, cwd=server.folder) as recording:
        server.child = recording
        server.port and until(lambda: listens(recording, server.port), "the server listens")
        strace, = children_of(recording.pid)
        pid, = children_of(strace)
        for _ in range(REQUESTS):
            server.ask()
        os.kill(pid, signal.SIGINT)
        ours = recording.finished()
    imported = server.folder / "imported.loopscope.jsonl"
    run("import", "strace", log, "-o", imported)
    trace = Trace.read(imported)
    schema.validate(trace.lines)
    trace.check()
    found = report(ours), report(imported), pid
    server.child = None
    server.__exit__()
    return found


def listens(recording, port):
    from harness.sockets import is_listening
    assert recording.process.poll() is None, recording.err.text()
    return is_listening(port)


def listeners(said, pid, accepts):
    rows = [row for row in said["listeners"] if row["pid"] == pid]
    return sorted((row["fd"], row["address"], row["kind"], row["backlog"], row["wakeups"], row["accepts"] if accepts else None,
                   [(r["how"], r.get("epfd"), r.get("events"), r.get("data"), r["origin"]) for r in row["registrations"]])
                  for row in rows)


def loops(said, pid):
    return {row["wait"]: row for row in said["loops"] if row["pid"] == pid and row["tid"] == pid}


def check_same(ours, imported, pid, accepts=True):
    expected = listeners(ours, pid, accepts)
    assert expected and all(row[4] for row in expected), expected
    assert listeners(imported, pid, accepts) == expected
    assert loops(imported, pid).keys() == loops(ours, pid).keys()


@pytest.mark.parametrize("times", [["-ttt", "-T"], ["-tt"], ["-r", "-yy"], []], ids=" ".join)
@pytest.mark.parametrize("kind", [Epoll, Tornado, Aiohttp], ids=lambda kind: kind.__name__)
def test_all_that_a_loop_does(kind, times):
    ours, imported, pid = record_both(kind, *times, "-e", MORE)
    check_same(ours, imported, pid)
    for wait, loop in loops(ours, pid).items():
        assert loops(imported, pid)[wait]["iterations"] == loop["iterations"]
        assert loops(imported, pid)[wait]["returned"] == loop["returned"]
    assert imported["complete"] == ours["complete"]


@pytest.mark.parametrize("kind", [Epoll, Tornado], ids=lambda kind: kind.__name__)
def test_the_labs_own_command(kind):
    """No times, no accept4, no socket, no close: what it asks for is there all the same."""
    ours, imported, pid = record_both(kind, "-e", LAB)
    check_same(ours, imported, pid, accepts=False)
    (wait, loop), = loops(ours, pid).items()
    theirs = loops(imported, pid)[wait]
    assert theirs["iterations"] == loop["iterations"]
    # What the log does not show being made (asyncio's own pair of sockets) has no kind.
    data = theirs["returned"].get("data", 0) + theirs["returned"].get("unknown", 0)
    assert data == loop["returned"].get("data", 0) + loop["returned"].get("notification", 0), (theirs, loop)
    for cause in ("new connection", "timeout"):
        assert theirs["returned"].get(cause, 0) == loop["returned"].get(cause, 0), (cause, theirs, loop)


def test_a_pool_of_threads_that_accept():
    ours, imported, pid = record_both(Threadpool, "-ttt", "-T", "-e", MORE)
    check_same(ours, imported, pid)
