# SPDX-License-Identifier: Apache-2.0
"""SIGTERM ends a server at once and cleanly, wherever it sleeps: `running` looks at its status and its last words.

Where it waits for a client or for a request it would go on for a minute or more; the tests wait a third of one.
"""
import contextlib
import pathlib
import re
import signal

import pytest
from servers_harness import (BLOCKING, BLOCKING_KEEPS, GET, KEEPING, PATIENCE_S, SEVERAL, THREADPOOL, THREADPOOL_KEEPS,
                             eventually, log_lines, read_answers, read_to_end, running, send_until_nobody_reads,
                             status_of)

BLOCKS = [BLOCKING, BLOCKING_KEEPS, THREADPOOL, THREADPOOL_KEEPS]


@contextlib.contextmanager
def patient(program, *options, **more):
    """A server that would wait for its clients longer than we for the server."""
    if program in BLOCKS:
        options = ("--patience-ms", "600000", *options)
    with running(program, *options, **more) as server:
        yield server


def connected(server):
    connection = server.connect()
    eventually(lambda: server.connections() == 1 and server.is_asleep())
    return connection


def refused(server):
    try:
        server.connect().close()
    except ConnectionError:
        return True
    return False


def ends(server, signals=1):
    """To be asked while the clients are still there."""
    for _ in range(signals):
        server.process.send_signal(signal.SIGTERM)
    return server.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("signals", [1, 2])
def test_without_a_client(program, signals):
    with patient(program) as server:
        eventually(server.is_asleep)
        assert ends(server, signals)


@pytest.mark.parametrize("part", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"])
def test_while_a_request_is_not_complete(program, part):
    with patient(program) as server, connected(server) as connection:
        connection.sendall(part)
        eventually(lambda: server.unread_bytes() == 0 and server.is_asleep())
        assert ends(server)


def test_while_a_request_waits(program):
    with patient(program, "--wait-ms", "60000") as server, connected(server) as connection:
        connection.sendall(GET)
        eventually(lambda: server.unread_bytes() == 0 and server.is_asleep())
        assert ends(server)


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_between_two_requests(program):
    with patient(program, "--wait-ms", "0") as server, connected(server) as connection:
        connection.sendall(GET)
        assert read_answers(connection, 1)[0][0] == 200
        eventually(server.is_asleep)
        assert ends(server)


@pytest.mark.parametrize("program", KEEPING, ids=str)
def test_while_an_answer_is_not_taken(program):
    with patient(program, "--wait-ms", "0") as server, connected(server) as connection:
        send_until_nobody_reads(connection)
        eventually(server.is_at_rest)
        assert ends(server)


def test_while_a_refused_client_has_not_closed(program):
    with patient(program) as server, connected(server) as connection:
        connection.sendall(b"\xff")
        assert status_of(read_to_end(connection)) == 400
        assert ends(server)


def test_with_connections_not_accepted():
    with patient(BLOCKING) as server, connected(server), server.connect(), server.connect():
        eventually(lambda: server.accept_queue() == 2)
        assert ends(server)


def test_with_connections_in_the_queue_of_the_pool_and_one_refused():
    with patient(THREADPOOL_KEEPS, "--threads", "1", "--queue", "1", "--wait-ms", "0") as server, \
            server.connect() as first:
        first.sendall(GET)
        assert read_answers(first, 1)[0][0] == 200
        with server.connect(), server.connect() as refused:
            refused.sendall(b"\xff")
            assert status_of(read_to_end(refused)) == 400
            assert ends(server)


@pytest.mark.parametrize("program", [BLOCKING, THREADPOOL], ids=str)
def test_while_it_computes_nobody_new_is_let_in(program):
    """The listening socket is shut by the signal itself, not once the server gets round to it."""
    with patient(program, "--wait-ms", "0") as server, server.connect() as connection:
        connection.sendall(b"GET /cpu?ms=700 HTTP/1.1\r\n\r\n")
        eventually(lambda: server.connections() == 1 and server.unread_bytes() == 0)
        server.process.send_signal(signal.SIGTERM)
        # Seldom enough that those let in before the signal is handled leave room in the accept queue: where it is full,
        # connecting takes a second and more.
        eventually(lambda: refused(server))
        assert server.process.poll() is None
        assert ends(server)


def test_workers_leave_signals_to_the_main_thread():
    with running(THREADPOOL, "--threads", "3") as server:
        blocked = {}
        for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
            mask = int(re.search(r"^SigBlk:\s+(\w+)", (task / "status").read_text(), re.M)[1], 16)
            blocked[int(task.name)] = [bool(mask >> (number - 1) & 1) for number in (signal.SIGTERM, signal.SIGINT)]
        assert blocked.pop(server.pid) == [False, False]
        assert list(blocked.values()) == [[True, True]] * 4  # and the one for those refused


@pytest.mark.parametrize("program", SEVERAL, ids=str)
def test_while_out_of_descriptors(program, tmp_path):
    log = tmp_path / "log"
    with patient(program, "--log", str(log), descriptors=16) as server, contextlib.ExitStack() as held:
        for _ in range(40):
            held.enter_context(server.connect())
        eventually(lambda: log_lines(log, "cannot accept, pausing"))
        assert ends(server)
