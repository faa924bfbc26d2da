# SPDX-License-Identifier: Apache-2.0
"""SIGTERM ends a server at once and cleanly, wherever it sleeps: `running` looks at its status and its last words.

Every test would take a minute or more if the server finished its sleep first, and fail for that.
"""
import contextlib
import signal

import pytest
from servers_harness import (BLOCKING, BLOCKING_KEEPS, GET, KEEPING, PATIENCE_S, SEVERAL, THREADPOOL, THREADPOOL_KEEPS,
                             eventually, log_lines, read_answers, read_to_end, running, send_until_nobody_reads,
                             status_of)

BLOCKS = [BLOCKING, BLOCKING_KEEPS, THREADPOOL, THREADPOOL_KEEPS]


@contextlib.contextmanager
def ended_by_a_signal(program, *options, **more):
    if program in BLOCKS:
        options = ("--patience-ms", "600000", *options)
    with running(program, *options, **more) as server:
        yield server
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_S) == 0


def connected(server):
    connection = server.connect()
    eventually(lambda: server.connections() == 1 and server.is_asleep())
    return connection


def test_without_a_client(program):
    with ended_by_a_signal(program) as server:
        eventually(server.is_asleep)


def test_twice_is_once(program):
    with ended_by_a_signal(program) as server:
        server.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("part", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"])
def test_while_a_request_is_not_complete(program, part):
    with ended_by_a_signal(program) as server, connected(server) as connection:
        connection.sendall(part)


def test_while_a_request_waits(program):
    with ended_by_a_signal(program, "--wait-ms", "60000") as server, connected(server) as connection:
        connection.sendall(GET)
        eventually(lambda: server.unread_bytes() == 0 and server.is_asleep())


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_between_two_requests(program):
    with ended_by_a_signal(program, "--wait-ms", "0") as server, connected(server) as connection:
        connection.sendall(GET)
        assert read_answers(connection, 1)[0][0] == 200
        eventually(server.is_asleep)


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_while_an_answer_is_not_taken(program):
    with ended_by_a_signal(program, "--wait-ms", "0") as server, connected(server) as connection:
        send_until_nobody_reads(connection)
        eventually(server.is_at_rest)


def test_while_a_refused_client_has_not_closed(program):
    with ended_by_a_signal(program) as server, connected(server) as connection:
        connection.sendall(b"\xff")
        assert status_of(read_to_end(connection)) == 400


def test_with_connections_not_accepted():
    with ended_by_a_signal(BLOCKING) as server, connected(server), server.connect(), server.connect():
        eventually(lambda: server.accept_queue() == 2)


def test_with_connections_in_the_queue_of_the_pool_and_one_refused():
    with ended_by_a_signal(THREADPOOL_KEEPS, "--threads", "1", "--queue", "1", "--wait-ms", "0") as server, \
            server.connect() as first:
        first.sendall(GET)
        assert read_answers(first, 1)[0][0] == 200
        with server.connect(), server.connect() as refused:
            assert status_of(read_to_end(refused)) == 503


@pytest.mark.parametrize("program", SEVERAL, ids=str)
def test_while_out_of_descriptors(program, tmp_path):
    log = tmp_path / "log"
    with ended_by_a_signal(program, "--log", str(log), descriptors=16) as server, contextlib.ExitStack() as held:
        for _ in range(40):
            held.enter_context(server.connect())
        eventually(lambda: log_lines(log, "cannot accept, pausing"))
