# SPDX-License-Identifier: Apache-2.0
"""What a loop hands to other threads, and how it refuses more than it can do: every server that has one loop."""
import os
import platform
import re
import select
import subprocess

import pytest
from servers_harness import GET, POOLED, eventually, read_answers, running

OPENAT = {"x86_64": 257, "aarch64": 56}.get(platform.machine())
BALLOONS = b"GET /balloons HTTP/1.1\r\n\r\n"


@pytest.fixture(params=POOLED, ids=str)
def program(request):
    return request.param


@pytest.fixture
def slow_balloons(tmp_path):
    """A folder in which balloons.txt is a FIFO: who opens it sleeps until release() opens the other end."""
    path = tmp_path / "balloons.txt"
    os.mkfifo(path)

    def release(text=b"red"):
        with open(path, "wb") as writer:
            writer.write(text)

    return tmp_path, release


def threads_opening(server):
    count = 0
    for tid in os.listdir(f"/proc/{server.pid}/task"):
        with open(f"/proc/{server.pid}/task/{tid}/syscall") as call:
            count += call.read().startswith(f"{OPENAT} ")
    return count


def test_handed_over_the_file_is_opened_by_another_thread_and_the_loop_goes_on(program, slow_balloons):
    folder, release = slow_balloons
    with running(program, "--wait-ms", "0", "--root", str(folder), "--hand-over") as server, \
            server.connect() as slow, server.connect() as quick:
        slow.sendall(BALLOONS)
        eventually(lambda: threads_opening(server) == 1)
        quick.sendall(GET)
        assert read_answers(quick, 1)[0][0] == 200
        release()
        assert read_answers(slow, 1) == [(200, b"red")]


def test_opened_on_the_loop_the_file_holds_up_everybody(program, slow_balloons):
    folder, release = slow_balloons
    with running(program, "--wait-ms", "0", "--root", str(folder)) as server, \
            server.connect() as slow, server.connect() as quick:
        slow.sendall(BALLOONS)
        eventually(lambda: threads_opening(server) == 1)
        quick.sendall(GET)
        assert not select.select([quick], [], [], 0.2)[0]  # long enough to see an answer that should not come
        release()
        assert read_answers(quick, 1)[0][0] == 200
        assert read_answers(slow, 1) == [(200, b"red")]


@pytest.mark.parametrize("options, first", [((), "cpu"), (("--offload",), "page")])
def test_computing_holds_up_everybody_unless_it_is_offloaded(program, options, first):
    with running(program, "--wait-ms", "0", *options) as server, server.connect() as slow, server.connect() as quick:
        slow.sendall(b"GET /cpu?ms=700 HTTP/1.1\r\n\r\n")
        eventually(lambda: server.cpu_s() > 0.05)  # it has begun
        quick.sendall(GET)
        assert read_answers(quick, 1)[0][0] == 200
        has_computed = bool(select.select([slow], [], [], 0)[0])
        assert has_computed == (first == "cpu")
        assert read_answers(slow, 1) == [(200, b"computed for 700 ms\n")]


@pytest.mark.parametrize("target, status", [("/cpu", 400), ("/cpu?ms=", 400), ("/cpu?ms=-1", 400), ("/cpu?ms=x", 400),
                                            ("/cpu?ms=10001", 400), ("/cpu?ms=0", 200)])
def test_how_long_to_compute_is_checked(program, target, status):
    with running(program, "--wait-ms", "0", "--offload") as server, server.connect() as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\n\r\n".encode())
        assert read_answers(connection, 1)[0][0] == status


def test_a_full_queue_is_answered_503_at_once(program, slow_balloons):
    folder, release = slow_balloons
    with running(program, "--wait-ms", "0", "--root", str(folder), "--hand-over", "--threads", "1",
                 "--queue", "1") as server, \
            server.connect() as opening, server.connect() as queued, server.connect() as refused:
        opening.sendall(BALLOONS)
        eventually(lambda: threads_opening(server) == 1)
        queued.sendall(BALLOONS)
        # The next may reach the loop before `queued` does, so ask until it is refused: one place, one waiting.
        answers = []

        def is_refused():
            refused.sendall(BALLOONS)
            if not select.select([refused], [], [], 0.1)[0] and select.select([queued], [], [], 0)[0]:
                answers.append(read_answers(queued, 1)[0][0])  # it was `queued` then
                return True
            answers.append(read_answers(refused, 1)[0][0])
            return answers[-1] == 503

        eventually(is_refused)
        assert answers[-1] == 503
        release()
        assert read_answers(opening, 1) == [(200, b"red")]
        eventually(lambda: threads_opening(server) == 1)
        release(b"blue")


def test_a_client_that_leaves_while_the_pool_works_for_it(program, slow_balloons):
    folder, release = slow_balloons
    with running(program, "--wait-ms", "0", "--root", str(folder), "--hand-over") as server:
        with server.connect() as leaving:
            leaving.sendall(BALLOONS)
            eventually(lambda: threads_opening(server) == 1)
        # A new one, perhaps with the number of the one that left, must not get its answer.
        with server.connect() as coming:
            coming.sendall(GET)
            assert b"Balloons!" in read_answers(coming, 1)[0][1]
            release()
            coming.sendall(GET)
            assert b"Balloons!" in read_answers(coming, 1)[0][1]
        eventually(lambda: server.connections() == 0)


def test_above_the_rate_limit_requests_are_answered_503(program):
    with running(program, "--wait-ms", "0", "--rate-limit", "1") as server, server.connect() as connection:
        connection.sendall(GET * 5)
        statuses = [status for status, _ in read_answers(connection, 5)]
    # One a second, and they came at once; a machine that stalls for a second may let another one through.
    assert statuses[0] == 200 and statuses.count(503) >= 3


def test_exponential_waits_differ(program):
    def waits(*options):
        with running(program, "--wait-ms", "30", *options) as server:
            result = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{time_total} ",
                                     *(f"{server.url()}?{i}" for i in range(12))], capture_output=True, check=True,
                                    text=True, timeout=20)
        # curl prints the time of each, and the page of all but the first on the same stream.
        return [float(time) for time in re.findall(r"(\d+\.\d{6}) ", result.stdout)]

    exponential = waits("--wait-dist", "exp")
    assert len(exponential) == 12
    assert min(waits()) >= 0.03  # fixed: never less
    assert min(exponential) < 0.03 < max(exponential)
