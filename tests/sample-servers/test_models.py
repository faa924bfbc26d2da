# SPDX-License-Identifier: Apache-2.0
"""What makes a model differ from the others: whom a client holds up, and what becomes of those that are held up."""
import contextlib
import re
import resource
import subprocess
import time

import pytest
from servers_harness import (BLOCKING, BLOCKING_KEEPS, GET, LAST_GET, PATIENCE_S, THREADPOOL, THREADPOOL_KEEPS,
                             eventually, is_silent, log_lines, read_answers, read_to_end, running,
                             send_until_nobody_reads, status_of, statuses)

FOR_EVER = ("--patience-ms", "600000")
CLOSING = [BLOCKING, THREADPOOL]
BLOCKS = [BLOCKING, BLOCKING_KEEPS, THREADPOOL, THREADPOOL_KEEPS]


@contextlib.contextmanager
def clients(server, count):
    with contextlib.ExitStack() as all_of_them:
        yield [all_of_them.enter_context(server.connect()) for _ in range(count)]


def ask(connection):
    """One answered request on a connection that stays: from here on a server that blocks is this client's."""
    connection.sendall(GET)
    assert read_answers(connection, 1)[0][0] == 200


# ---- those that close: what test_any_server.py asks of a connection that stays ----


@pytest.mark.parametrize("program", CLOSING, ids=str)
def test_of_pipelined_requests_the_first_is_answered_and_then_it_closes(server):
    with server.connect() as connection:
        connection.sendall(GET + GET)
        answer = read_to_end(connection)
        assert statuses(answer) == [200] and b"Connection: close\r\n" in answer
    eventually(lambda: server.connections() == 0)


@pytest.mark.parametrize("program", CLOSING, ids=str)
def test_one_byte_at_a_time_until_it_closes(server):
    with server.connect() as connection:
        for byte in b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello":
            connection.send(bytes([byte]))
        assert statuses(read_to_end(connection)) == [405]


# ---- A: one connection at a time ----


def test_blocking_server_leaves_everybody_else_in_the_accept_queue():
    with running(BLOCKING, "--wait-ms", "0", *FOR_EVER) as server, clients(server, 6) as (first, *others):
        eventually(lambda: server.connections() == 1)
        for other in others:
            other.sendall(GET)
        eventually(lambda: server.accept_queue() == 5 and server.is_asleep())
        assert all(is_silent(other) for other in others)
        first.sendall(GET)
        for connection in (first, *others):
            assert status_of(read_to_end(connection)) == 200


def test_blocking_server_waits_for_one_request_after_the_other():
    with running(BLOCKING, "--wait-ms", "20") as server, clients(server, 16) as connections:
        start = time.monotonic()
        for connection in connections:
            connection.sendall(GET)
        for connection in connections:
            assert status_of(read_to_end(connection)) == 200
        assert time.monotonic() - start >= 16 * 0.020


def test_with_keep_alive_one_client_starves_the_rest():
    with running(BLOCKING_KEEPS, "--wait-ms", "0", *FOR_EVER) as server, clients(server, 2) as (first, second):
        ask(first)
        second.sendall(GET)
        for _ in range(100):
            ask(first)
        assert server.accept_queue() == 1 and is_silent(second)
        first.close()
        assert read_answers(second, 1)[0][0] == 200


def test_a_client_that_merely_stays_is_given_up():
    with running(BLOCKING_KEEPS, "--patience-ms", "300") as server, clients(server, 2) as (first, second):
        ask(first)
        ask(second)
        assert first.recv(1) == b""


# ---- A: its accept queue ----


def test_blocking_server_tells_of_an_overflow_and_the_dropped_try_again(tmp_path):
    log = tmp_path / "log"
    with running(BLOCKING, "--backlog", "5", "--wait-ms", "0", "--log", str(log), *FOR_EVER) as server:
        with clients(server, 1) as (first,), contextlib.ExitStack() as waiting:
            eventually(lambda: server.connections() == 1)
            for _ in range(6):  # as many as the kernel lets into a queue of 5
                waiting.enter_context(server.connect()).sendall(GET)
            assert log_lines(log) == []
            hey = subprocess.Popen(["hey", "-n", "4", "-c", "4", server.url()], stdout=subprocess.PIPE, text=True)
            # Nothing says from outside that all four were dropped; /proc knows them as sending their first segment.
            eventually(lambda: len(re.findall(rf" 0100007F:{server.port:04X} 02 ", proc_net_tcp(server))) == 4)
            first.sendall(GET)
            output, _ = hey.communicate(timeout=PATIENCE_S)
        assert "[200]\t4 responses" in output, output
        # A first segment is sent again after 1 s.
        assert float(re.search(r"Fastest:\s+([\d.]+) secs", output)[1]) >= 1.0
        overflow = log_lines(log, "accept queue overflow")[0]
        assert overflow["backlog"] == 5 and overflow["queue"] >= 5 and overflow["dropped"] >= 4
        assert overflow["fd"] == server.listener
        again = log_lines(log, "clients that were dropped try again by themselves")
        assert [line["after_ms"] for line in again] == [1000]


def proc_net_tcp(server):
    with open(f"/proc/{server.pid}/net/tcp") as sockets:
        return sockets.read()


def test_a_backlog_of_5_under_16_clients_shows_in_the_log_and_in_their_tail(tmp_path):
    log = tmp_path / "log"
    with running(BLOCKING, "--backlog", "5", "--log", str(log)) as server:
        output = subprocess.run(["hey", "-n", "64", "-c", "16", server.url()], capture_output=True, text=True,
                                timeout=PATIENCE_S, check=True).stdout
    assert "[200]\t64 responses" in output, output
    assert float(re.search(r"Slowest:\s+([\d.]+) secs", output)[1]) >= 1.0
    assert sum(line["dropped"] for line in log_lines(log, "accept queue overflow")) > 0


def test_a_backlog_of_128_is_enough_for_16_clients(tmp_path):
    log = tmp_path / "log"
    with running(BLOCKING, "--wait-ms", "1", "--log", str(log)) as server:
        subprocess.run(["hey", "-n", "64", "-c", "16", server.url()], stdout=subprocess.DEVNULL, timeout=PATIENCE_S,
                       check=True)
    assert log_lines(log) == []


# ---- B: eight at a time, and a queue ----


def test_eight_clients_hold_eight_workers_and_the_ninth_waits():
    with running(THREADPOOL_KEEPS, "--wait-ms", "0", *FOR_EVER) as server, clients(server, 9) as (*eight, ninth):
        for connection in eight:
            ask(connection)
        ninth.sendall(GET)
        for connection in eight:
            ask(connection)
        assert server.connections() == 9 and is_silent(ninth)
        eight[3].close()
        assert read_answers(ninth, 1)[0][0] == 200


def test_eight_requests_wait_at_once():
    with running(THREADPOOL, "--wait-ms", "300") as server, clients(server, 16) as connections:
        start = time.monotonic()
        for connection in connections:
            connection.sendall(GET)
        for connection in connections:
            assert status_of(read_to_end(connection)) == 200
        assert 2 * 0.3 <= time.monotonic() - start < 8 * 0.3  # one after the other: 16 times


@contextlib.contextmanager
def the_worker(server):
    """A client that holds the only worker. Others may connect only then, lest they find this one in the queue still."""
    with server.connect() as connection:
        ask(connection)
        yield connection


def test_a_full_queue_is_answered_503_at_once():
    options = ("--threads", "1", "--queue", "2", "--wait-ms", "0", *FOR_EVER)
    with running(THREADPOOL_KEEPS, *options) as server, the_worker(server) as first, clients(server, 2) as queued:
        for connection in queued:
            connection.sendall(GET)
        with server.connect() as refused:
            refused.sendall(GET)
            assert status_of(read_to_end(refused)) == 503
        with server.connect() as still_sending:
            still_sending.sendall(GET + b"x" * (1 << 20))
            assert status_of(read_to_end(still_sending)) == 503
        assert all(is_silent(connection) for connection in queued)
        first.close()
        for connection in queued:
            assert read_answers(connection, 1)[0][0] == 200
            connection.close()


def test_refused_clients_that_do_not_leave_are_closed_all_the_same():
    options = ("--threads", "1", "--queue", "1", *FOR_EVER)
    with running(THREADPOOL_KEEPS, *options) as server, the_worker(server), clients(server, 1) as (queued,):
        with clients(server, 100) as refused:
            for connection in refused[:50]:  # 50 that do not even ask, of whom each is waited for
                connection.sendall(GET + b"and more")
            for connection in refused[:50]:
                assert status_of(read_to_end(connection)) == 503
            eventually(lambda: server.connections() == 2)
        assert is_silent(queued)


def test_a_refused_client_hears_of_it_when_it_has_asked():
    options = ("--threads", "1", "--queue", "1", *FOR_EVER)
    with running(THREADPOOL_KEEPS, *options) as server, the_worker(server), clients(server, 2) as (_, refused):
        eventually(lambda: server.connections() == 3 and server.accept_queue() == 0)
        assert is_silent(refused)
        refused.sendall(GET)
        assert status_of(read_to_end(refused)) == 503


# ---- both: clients that would keep a thread for ever ----


def is_given_up(connection):
    with contextlib.suppress(ConnectionError):
        return connection.recv(1) == b""
    return True


@pytest.mark.parametrize("program", BLOCKS, ids=str)
@pytest.mark.parametrize("part", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"])
def test_a_client_that_falls_silent_is_given_up(program, part, tmp_path):
    log = tmp_path / "log"
    with running(program, "--patience-ms", "200", "--log", str(log)) as server, clients(server, 1) as (silent,):
        silent.sendall(part)
        assert is_given_up(silent)
        given_up, = log_lines(log, "gave up on a slow client")
        assert given_up["waited_ms"] >= 200
        with server.connect() as next_one:
            next_one.sendall(LAST_GET)
            assert status_of(read_to_end(next_one)) == 200


@pytest.mark.parametrize("program", BLOCKS, ids=str)
def test_a_client_that_sends_a_byte_now_and_then_is_given_up(program, tmp_path):
    log = tmp_path / "log"
    with running(program, "--patience-ms", "300", "--log", str(log)) as server, clients(server, 1) as (slow,):
        slow.sendall(b"GET /")
        deadline = time.monotonic() + PATIENCE_S
        with pytest.raises(ConnectionError):
            while time.monotonic() < deadline:
                slow.send(b"x")
                time.sleep(0.01)  # sooner than patience ends, or it would be the test of a silent client
        assert log_lines(log, "gave up on a slow client")


@pytest.mark.parametrize("program", [BLOCKING_KEEPS, THREADPOOL_KEEPS], ids=str)
def test_a_client_that_never_reads_is_given_up(program, tmp_path):
    log = tmp_path / "log"
    options = ("--wait-ms", "0", "--patience-ms", "1000", "--log", str(log))
    with running(program, *options) as server, clients(server, 1) as (greedy,):
        with contextlib.suppress(ConnectionError):  # given up already
            send_until_nobody_reads(greedy)
        with server.connect() as next_one:
            next_one.sendall(LAST_GET)
            assert status_of(read_to_end(next_one)) == 200
        eventually(lambda: server.connections() == 0)
        assert log_lines(log, "gave up on a slow client")


@pytest.mark.parametrize("program", BLOCKS, ids=str)
def test_a_refused_client_that_goes_on_sending_is_closed(program):
    with running(program, *FOR_EVER) as server, clients(server, 1) as (endless,):
        endless.sendall(b"\xff")
        assert status_of(read_to_end(endless)) == 400
        deadline = time.monotonic() + PATIENCE_S
        with pytest.raises(ConnectionError):
            while time.monotonic() < deadline:
                endless.send(b"x" * 1000)
        eventually(lambda: server.connections() == 0)


# ---- limits ----


@pytest.mark.parametrize("program", BLOCKS, ids=str)
def test_above_the_rate_limit_the_answer_is_503(program):
    with running(program, "--rate-limit", "1", "--wait-ms", "0") as server:
        start, answered = time.monotonic(), []
        for _ in range(20):
            with server.connect() as connection:
                connection.sendall(LAST_GET)
                answered.append(status_of(read_to_end(connection)))
        elapsed_s = time.monotonic() - start
    assert answered[0] == 200 and set(answered) <= {200, 503}
    assert answered.count(200) <= 1 + elapsed_s


@pytest.mark.parametrize("program", [BLOCKING, BLOCKING_KEEPS], ids=str)
def test_blocking_server_out_of_descriptors_pauses_and_recovers(program, tmp_path):
    """It never holds more than one connection: its limit has to fall while it runs."""
    log = tmp_path / "log"
    with running(program, "--wait-ms", "0", "--log", str(log)) as server, clients(server, 2) as (first, second):
        soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        eventually(lambda: server.connections() == 1)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (server.listener + 1, hard))
        first.sendall(LAST_GET)
        assert status_of(read_to_end(first)) == 200
        second.sendall(LAST_GET)
        eventually(lambda: log_lines(log, "cannot accept, pausing"))
        before = server.cpu_s()
        time.sleep(0.5)  # an interval to measure over, not a wait for anything
        assert server.cpu_s() - before < 0.2, "it spins"
        assert is_silent(second)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
        assert status_of(read_to_end(second)) == 200
