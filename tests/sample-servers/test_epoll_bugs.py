# SPDX-License-Identifier: Apache-2.0
"""epoll-server --bug=NAME: each fault happens, and the log says so, where and when."""
import contextlib
import os
import re
import socket
import time

import pytest
from servers_harness import GET, LAST_GET, Program, eventually, log_lines, read_answers, running

EPOLL_SERVER = Program("epoll-server")


@contextlib.contextmanager
def faulty(bug, tmp_path, *options, **limits):
    log = tmp_path / "log.jsonl"
    start_ns = time.monotonic_ns()
    with running(EPOLL_SERVER, "--wait-ms", "0", "--bug", bug, "--log", str(log), *options, **limits) as server:
        yield server, lambda event=bug: log_lines(log, event) if log.exists() else []
    for line in log_lines(log):
        assert start_ns <= line["t"] <= time.monotonic_ns()


def threads(server):
    return {int(tid) for tid in os.listdir(f"/proc/{server.pid}/task")}


def test_et_no_drain(tmp_path):
    request = GET[:-2] + b"X-Filling: " + b"x" * 100 + b"\r\n\r\n"
    with faulty("et-no-drain", tmp_path) as (server, log), server.connect() as connection:
        connection.sendall(request)
        eventually(log)
        (fd,) = {line["fd"] for line in log()}
        assert log()[0]["left_bytes"] == len(request) - 64
        assert re.search(rf"tfd:\s+{fd} events: 8000201d", server.loop_info())  # EPOLLET, IN, OUT, RDHUP (ERR, HUP)
        # Each further byte is an edge, after which another 64 are read.
        connection.settimeout(0.2)
        while True:
            with contextlib.suppress(socket.timeout):
                assert read_answers(connection, 1)[0][0] in (200, 400)
                break
            connection.send(b"G")


def test_stale_registration(tmp_path):
    with faulty("stale-registration", tmp_path) as (server, log):
        with server.connect() as connection:
            connection.sendall(LAST_GET)
            assert read_answers(connection, 1)[0][0] == 200
            eventually(log)
        (line,) = log()
        # The client has closed, which is news for a registration whose number is closed here.
        eventually(lambda: log("stale-registration, first event"))
        assert log("stale-registration, first event")[0]["fd"] == line["fd"]
        links = server.fd_links()
        assert line["fd"] not in links and links[line["dup_fd"]].startswith("socket:")
        assert re.search(rf"tfd:\s+{line['fd']} ", server.loop_info())
    assert log("stale-registration, in all")[0]["events"] > 1


def test_herd(tmp_path):
    with faulty("herd", tmp_path) as (server, log):
        eventually(lambda: len(threads(server)) == 4)

        def woken_for_nothing():
            with server.connect() as connection:
                connection.sendall(LAST_GET)
                assert read_answers(connection, 1)[0][0] == 200
            return log()

        eventually(woken_for_nothing)
        assert {line["tid"] for line in log()} <= threads(server)
        assert {line["fd"] for line in log()} == {server.listener}


@pytest.mark.parametrize("bug", ["blocking-sleep", "blocking-fifo", "long-cpu"])
def test_a_handler_that_holds_up_the_loop(bug, tmp_path):
    with faulty(bug, tmp_path) as (server, log), contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(4)]
        for connection in connections:
            connection.sendall(GET)
        for connection in connections:
            assert read_answers(connection, 1)[0][0] == 200
        lines = log()
    assert len(lines) == 4 and len({line["fd"] for line in lines}) == 4
    assert all(line["end_t"] - line["t"] >= 50_000_000 for line in lines)
    assert all(before["end_t"] <= after["t"] for before, after in zip(lines, lines[1:])), "one after the other"


def test_busy_poll(tmp_path):
    with faulty("busy-poll", tmp_path) as (server, log):
        before = server.cpu_s()
        eventually(lambda: server.cpu_s() - before > 0.3)
        assert log() == [dict(log()[0], timeout_ms=0)]


def test_epollout_armed(tmp_path):
    with faulty("epollout-armed", tmp_path) as (server, log):
        with server.connect() as connection:
            connection.sendall(GET)
            assert read_answers(connection, 1)[0][0] == 200
            eventually(log)
            (fd,) = {line["fd"] for line in log()}
            assert re.search(rf"tfd:\s+{fd} events: +1d", server.loop_info())  # EPOLLOUT with EPOLLIN (ERR, HUP)
            before = server.cpu_s()
            eventually(lambda: server.cpu_s() - before > 0.1)
        eventually(lambda: log("epollout-armed, closed"))
        assert log("epollout-armed, closed")[0]["wakeups"] > 1


def test_accept_storm(tmp_path):
    with faulty("accept-storm", tmp_path) as (server, log), contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(40)]
        eventually(lambda: len(log()) > 1)
        assert {line["fd"] for line in log()} == {server.listener}
        assert log()[0]["error"] == "Too many open files" and log()[-1]["failures"] > 100
        assert len(server.fd_links()) == 32
        for connection in connections:
            connection.sendall(LAST_GET)
        for connection in connections:
            assert read_answers(connection, 1)[0][0] == 200
            connection.close()


def test_without_a_bug_the_log_is_silent(tmp_path):
    with faulty("none", tmp_path) as (server, log), server.connect() as connection:
        connection.sendall(GET)
        assert read_answers(connection, 1)[0][0] == 200
    assert log(None) == []
