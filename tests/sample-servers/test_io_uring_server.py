# SPDX-License-Identifier: Apache-2.0
"""What only io-uring-server has: its ring as the kernel shows it, what it does without, and its faults on purpose."""
import contextlib
import ctypes
import os
import pathlib
import re
import signal
import struct
import subprocess
import time

import pytest
from servers_harness import (GET, IO_URING_REFUSED, LAST_GET, PATIENCE_S, Program, eventually, log_lines, read_answers, read_to_end,
                             running, status_of, statuses)

RING = Program("io-uring-server")
pytestmark = pytest.mark.skipif(bool(IO_URING_REFUSED), reason=IO_URING_REFUSED)
ACCEPT, READ = "op=13", "op=22"  # as the ring's PollList names what it waits for
IO_URING_SETUP, IO_URING_REGISTER = 425, 427
REGISTER_BUFFERS, REGISTER_FILES2, REGISTER_RING_FDS, REGISTER_PBUF_RING = 0, 13, 20, 22
ENOSYS, EPERM, EINVAL, ENOMEM = 38, 1, 22, 12


@pytest.fixture
def program():
    return RING


def refusing(call, error, operation=None):
    """For `prepare`: the call fails, or only with this second argument, as if the kernel knew no better: seccomp(2)."""
    def prepare():
        load, equal, back = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
        code = [(load, 0, 0, 0), (equal, 0, 1 if operation is None else 3, call)]  # seccomp_data.nr
        if operation is not None:
            code += [(load, 0, 0, 24), (equal, 0, 1, operation)]  # the low half of seccomp_data.args[1]
        code += [(back, 0, 0, 0x00050000 | error), (back, 0, 0, 0x7FFF0000)]  # SECCOMP_RET_ERRNO, _ALLOW
        filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in code))
        filter_program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(filters)))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
        assert libc.prctl(22, 2, filter_program, 0, 0) == 0  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    return prepare


def threads(server):
    return [pathlib.Path(f"/proc/{server.pid}/task/{tid}/comm").read_text().strip()
            for tid in os.listdir(f"/proc/{server.pid}/task")]


def accepts(server):
    """Whether an accept is armed."""
    return ACCEPT in server.loop_info().partition("PollList:")[2]


def accept_queue(server):
    """How many connections wait to be accepted: proc(5), net/tcp, the rx_queue of a listening socket."""
    with open(f"/proc/{server.pid}/net/tcp") as table:
        for row in table:
            if row.split()[1].endswith(f":{server.port:04X}") and row.split()[3] == "0A":
                return int(row.split()[4].partition(":")[2], 16)
    raise AssertionError("it does not listen")


# ---- the ring, as the kernel shows it ----


def test_the_ready_line_names_the_ring_which_has_an_accept_armed(server):
    assert server.fd_links()[server.loop_fd] == "anon_inode:[io_uring]"
    eventually(lambda: accepts(server))


@pytest.mark.parametrize("version", ["6.13", "6.1"])
def test_with_fixed_files_connections_have_no_descriptors(version):
    with running(RING, "--fixed-files", "--as-linux", version) as server:
        connections = [server.connect() for _ in range(5)]
        eventually(lambda: server.connections() == 5)
        assert sum(link.startswith("socket:") for link in server.fd_links().values()) == 1
        for connection in connections:
            connection.sendall(LAST_GET)
            assert status_of(read_to_end(connection)) == 200
            connection.close()
        eventually(lambda: server.connections() == 0)


def test_with_a_full_table_of_files_it_pauses_and_recovers(tmp_path):
    """The kernel accepts before it looks for a slot: one connection is lost for each accept that was asked for."""
    log = tmp_path / "log"
    with running(RING, "--fixed-files", "--wait-ms", "0", "--log", str(log), descriptors=16) as server:
        held = [server.connect() for _ in range(40)]
        eventually(lambda: log_lines(log, "cannot accept, pausing"))
        time.sleep(0.3)  # an interval to look at, not a wait for anything
        assert server.connections() == 16 and len(log_lines(log, "cannot accept, pausing")) == 1
        assert accept_queue(server) == 40 - 16 - 1
        answers = []
        for connection in held:
            with contextlib.suppress(ConnectionError):
                connection.sendall(LAST_GET)
        for connection in held:
            with contextlib.suppress(ConnectionError):
                answers.append(read_to_end(connection))
            connection.close()
        lost = len(held) - sum(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
        assert lost == len(log_lines(log, "cannot accept, pausing"))
        with server.connect() as late:
            late.sendall(LAST_GET)
            assert status_of(read_to_end(late)) == 200


def test_with_sqpoll_a_thread_of_the_kernel_submits_and_sleeps_when_idle():
    with running(RING, "--sqpoll", "--wait-ms", "0") as server, server.connect() as connection:
        eventually(lambda: any(name.startswith("iou-sqp-") for name in threads(server)))  # it names itself
        connection.sendall(GET)
        assert read_answers(connection, 1)[0][0] == 200

        def at_rest():
            used = server.cpu_s()
            time.sleep(0.2)  # an interval to measure over, not a wait for anything
            return server.cpu_s() == used

        eventually(at_rest)
        connection.sendall(GET)
        assert read_answers(connection, 1)[0][0] == 200


def test_with_fixed_buffers_one_is_registered():
    with running(RING, "--fixed-buffers") as server:
        assert re.search(r"^UserBufs:\t1$", server.loop_info(), re.M)


def test_the_pool_is_heard_of_through_the_ring():
    with running(RING, "--offload") as server:
        eventually(lambda: READ in server.loop_info().partition("PollList:")[2])


def test_a_turn_of_the_loop_is_one_system_call(program):
    """Of 64 connections that ask while it is stopped, all are received from, and answered, in a few turns."""
    with running(program, "--wait-ms", "0") as server, contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(64)]
        eventually(lambda: server.connections() == 64)
        with traced(server) as calls:
            with stopped(server):
                for connection in connections:
                    connection.sendall(GET)
            for connection in connections:
                assert read_answers(connection, 1)[0][0] == 200
        assert calls.count("io_uring_enter") <= 16, calls
        assert not set(calls) & {"recvfrom", "recvmsg", "read", "sendto", "sendmsg", "write", "accept4"}, calls


@contextlib.contextmanager
def stopped(server):
    """The server finds all at once what others do in the block."""
    def is_stopped():
        return pathlib.Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    server.process.send_signal(signal.SIGSTOP)
    eventually(is_stopped)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def traced(server):
    """The system calls of the server, by name, in a list that is complete when the block has ended."""
    calls = []
    strace = subprocess.Popen(["strace", "-p", str(server.pid)], stderr=subprocess.PIPE, text=True)
    assert "attached" in strace.stderr.readline()
    try:
        yield calls
    finally:
        strace.send_signal(signal.SIGINT)
        log = strace.communicate(timeout=PATIENCE_S)[1]
        calls += re.findall(r"^(\w+)\(", log, re.M)


# ---- what it can do without ----


@pytest.mark.parametrize("version, missing", [
    ("6.13", []),
    ("6.1", []),
    ("6.0", ["IORING_SETUP_DEFER_TASKRUN"]),
    ("5.19", ["IORING_SETUP_DEFER_TASKRUN", "IORING_RECV_MULTISHOT"]),
    ("5.17", ["IORING_SETUP_DEFER_TASKRUN", "IORING_ACCEPT_MULTISHOT", "IORING_RECV_MULTISHOT",
              "IORING_REGISTER_RING_FDS"]),
    ("5.11", ["IORING_SETUP_DEFER_TASKRUN", "IOSQE_CQE_SKIP_SUCCESS", "IORING_ACCEPT_MULTISHOT",
              "IORING_RECV_MULTISHOT", "IORING_REGISTER_RING_FDS"]),
])
def test_what_an_older_kernel_has_not_is_named_and_replaced(version, missing, tmp_path):
    log = tmp_path / "log"
    with running(RING, "--wait-ms", "1", "--as-linux", version, "--log", str(log)) as server:
        lines = log_lines(log, "missing here")
        assert [line["missing"] for line in lines] == missing and all(line["instead"] for line in lines)
        for _ in range(3):
            with server.connect() as connection:
                connection.sendall(GET + LAST_GET)
                assert statuses(read_to_end(connection)) == [200, 200]
        eventually(lambda: server.connections() == 0)


@pytest.mark.parametrize("operation, error, options, missing", [
    (REGISTER_PBUF_RING, EINVAL, [], "IORING_REGISTER_PBUF_RING"),
    (REGISTER_RING_FDS, EINVAL, [], "IORING_REGISTER_RING_FDS"),
    (REGISTER_FILES2, EINVAL, ["--fixed-files"], "accept into a table of files"),
    (REGISTER_BUFFERS, ENOMEM, ["--fixed-buffers"], "IORING_REGISTER_BUFFERS"),
])
def test_what_cannot_be_registered_is_named_and_replaced(operation, error, options, missing, tmp_path):
    log = tmp_path / "log"
    with running(RING, "--wait-ms", "1", "--log", str(log), *options,
                 prepare=refusing(IO_URING_REGISTER, error, operation)) as server:
        assert [line["missing"] for line in log_lines(log, "missing here")] == [missing]
        with server.connect() as connection:
            connection.sendall(GET + LAST_GET)
            assert statuses(read_to_end(connection)) == [200, 200]


@pytest.mark.parametrize("error, what", [(ENOSYS, "Linux 5.11"), (EPERM, "seccomp"), (ENOMEM, "ulimit -l")])
def test_without_io_uring_it_ends_with_a_sentence(error, what):
    result = subprocess.run([RING.path, "--port", "0"], capture_output=True, text=True, timeout=PATIENCE_S,
                            preexec_fn=refusing(IO_URING_SETUP, error))
    assert result.returncode == 1 and what in result.stderr and "io_uring" in result.stderr
    assert result.stdout == ""


def test_out_of_receive_buffers_it_asks_again(tmp_path):
    """One buffer for three connections, all of which have sent something when the server looks."""
    log = tmp_path / "log"
    with running(RING, "--buffers", "1", "--wait-ms", "0", "--log", str(log)) as server:
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(server.connect()) for _ in range(3)]
            eventually(lambda: server.connections() == 3)
            with stopped(server):
                for connection in connections:
                    connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20000 + GET)
            for connection in connections:
                assert [status for status, _ in read_answers(connection, 2)] == [405, 200]
        assert log_lines(log, "no receive buffer left")


# ---- faults on purpose: what the log says against what is so ----


@pytest.mark.parametrize("bug", ["blocking-sleep", "blocking-fifo", "long-cpu"])
def test_a_handler_that_holds_up_the_loop_says_from_when_to_when(bug, tmp_path):
    log = tmp_path / "log"
    with running(RING, "--bug", bug, "--wait-ms", "0", "--log", str(log)) as server, server.connect() as connection:
        begin_ns = time.monotonic_ns()
        connection.sendall(GET)
        assert read_answers(connection, 1)[0][0] == 200
        line, = log_lines(log, bug)
        assert begin_ns < line["t"] and line["end_t"] < time.monotonic_ns()
        assert line["end_t"] - line["t"] >= 49_000_000 and line["tid"] == server.pid
        assert server.fd_links()[line["fd"]].startswith("socket:")


def test_busy_poll_never_sleeps(tmp_path):
    log = tmp_path / "log"

    def sleeps():
        return int(re.search(r"^voluntary_ctxt_switches:\t(\d+)$",
                             pathlib.Path(f"/proc/{server.pid}/status").read_text(), re.M)[1])

    with running(RING, "--bug", "busy-poll", "--log", str(log)) as server:
        assert log_lines(log, "busy-poll")[0]["min_complete"] == 0
        slept, used_s = sleeps(), server.cpu_s()
        eventually(lambda: server.cpu_s() - used_s >= 0.2)
        assert sleeps() == slept
        with server.connect() as connection:
            connection.sendall(LAST_GET)
            assert status_of(read_to_end(connection)) == 200


def test_accept_not_rearmed_is_deaf_after_it_was_out_of_descriptors(tmp_path):
    log = tmp_path / "log"
    with running(RING, "--bug", "accept-not-rearmed", "--wait-ms", "0", "--log", str(log)) as server:
        eventually(lambda: accepts(server))
        held = [server.connect() for _ in range(40)]
        eventually(lambda: log_lines(log, "accept-not-rearmed"))
        line, = log_lines(log, "accept-not-rearmed")
        assert line["fd"] == server.listener and line["error"] == "Too many open files"
        served, waiting = server.connections(), accept_queue(server)
        assert served + waiting == 40 and waiting > 0
        for connection in held[:served]:  # these it still serves
            connection.sendall(LAST_GET)
            assert status_of(read_to_end(connection)) == 200
        eventually(lambda: server.connections() == 0)
        assert not accepts(server) and accept_queue(server) == waiting
        for connection in held:
            connection.close()


def overflow_list(server):
    return server.loop_info().partition("CqOverflowList:")[2].partition("NAPI:")[0].strip()


@pytest.mark.parametrize("bug, overflows", [("cq-overflow", True), ("none", False)])
def test_cq_overflow_shows_and_everybody_is_answered(bug, overflows, tmp_path):
    log = tmp_path / "log"
    with running(RING, "--bug", bug, "--wait-ms", "0", "--log", str(log)) as server:
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(server.connect()) for _ in range(32)]
            for connection in connections:
                connection.sendall(GET * 3)
            if overflows:
                eventually(lambda: overflow_list(server))
            for connection in connections:
                assert [status for status, _ in read_answers(connection, 3)] == [200] * 3
    assert bool(log_lines(log, "cq-overflow")) == overflows


def test_without_a_bug_nothing_is_logged(tmp_path):
    log = tmp_path / "log"
    with running(RING, "--wait-ms", "0", "--log", str(log)) as server, server.connect() as connection:
        connection.sendall(GET * 100 + LAST_GET)
        assert len(statuses(read_to_end(connection))) == 101
    assert log.read_text() == ""
