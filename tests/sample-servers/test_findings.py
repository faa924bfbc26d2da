# SPDX-License-Identifier: Apache-2.0
"""Every mistake that a sample server makes on purpose is found, on the right thread and descriptor, when it was made;
and in the servers that make none nothing is warned of."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
from servers_harness import BIN, GET, IO_URING_REFUSED, LAST_GET, Program, eventually, log_lines, read_answers, running

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from harness.environment import require_bpf  # noqa: E402
from harness.recorder import Recording, report, run  # noqa: E402

EPOLL, URING, BLOCKING = Program("epoll-server"), Program("io-uring-server"), Program("blocking-server")
SLACK_NS = 50_000_000
LOADED = {"no CPU for the loop"}  # of the machine, not of the server


class Found:
    """What was recorded of a server while `load` ran, and what the server logged."""

    def __init__(self, tmp_path, program, *options, load, record=(), **limits):
        require_bpf()
        if program.name == URING.name and IO_URING_REFUSED:
            pytest.skip(IO_URING_REFUSED)
        log = tmp_path / "log.jsonl"
        with running(program, "--log", str(log), *options, **limits) as server:
            self.server = server
            with Recording("-p", server.pid, *record) as recording:
                load(server, lambda event: log_lines(log, event) if log.exists() else [])
                self.trace = recording.stop(check=False)
        self.log = log_lines(log) if log.exists() else []
        self.json = report(self.trace)

    def of(self, kind):
        return [finding for finding in self.json["findings"] if finding["kind"] == kind]

    def one(self, kind):
        found = self.of(kind)
        assert found, [finding["text"] for finding in self.json["findings"]]
        return found[0]

    def logged(self, event):
        """(t, tid, fd) of a line, with t as the trace has it."""
        return [(line["t"] - self.trace.header["monotonic_ns"], line["tid"], line.get("fd"), line.get("end_t", 0)
                 - self.trace.header["monotonic_ns"]) for line in self.log if line["event"] == event]

    def warnings(self):
        return [finding for finding in self.json["findings"] if finding["severity"] == "warning"]


def hey(count, clients):
    def load(server, _):
        subprocess.run(["hey", "-n", str(count), "-c", str(clients), server.url()], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)
    return load


def four_at_once(server, _):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect()) for _ in range(4)]
        for _ in range(3):
            for connection in connections:
                connection.sendall(GET)
            for connection in connections:
                assert read_answers(connection, 1)[0][0] == 200


@pytest.mark.parametrize("program", [EPOLL, URING], ids=str)
@pytest.mark.parametrize("bug, kind, words", [
    ("blocking-sleep", "blocking call", "outside recorded calls"),
    ("blocking-fifo", "blocking call", "in read of"),
    ("long-cpu", "long iteration", "on the CPU"),
])
def test_a_handler_that_holds_up_the_loop(program, bug, kind, words, tmp_path):
    found = Found(tmp_path, program, "--wait-ms", "0", "--bug", bug, load=four_at_once)
    finding = found.one(kind)
    assert finding["severity"] == "warning" and finding["tid"] == found.server.pid and words in finding["text"], finding
    made = found.logged(bug)
    assert any(t - SLACK_NS <= finding["t"] <= end + SLACK_NS for t, _, _, end in made), (finding, made)
    assert {tid for _, tid, _, _ in made} == {finding["tid"]}
    assert finding["hurt_ns"] >= 50_000_000 and "waited meanwhile" in finding["text"], finding
    if bug == "blocking-fifo":
        assert ".fifo" in finding["text"]


@pytest.mark.parametrize("program", [EPOLL, URING], ids=str)
def test_busy_poll(program, tmp_path):
    found = Found(tmp_path, program, "--bug", "busy-poll", record=("-d", "1"), load=lambda *_: time.sleep(0.8))
    finding = found.one("busy loop")
    assert finding["severity"] == "warning" and finding["tid"] == found.server.pid
    assert finding["fd"] == found.server.loop_fd


def test_et_no_drain(tmp_path):
    held = []

    def load(server, logged):
        held.append(server.connect())
        held[0].sendall(GET[:-2] + b"X-Filling: " + b"x" * 300 + b"\r\n\r\n")
        eventually(lambda: logged("et-no-drain"))
        time.sleep(0.3)  # in which nobody reads on

    found = Found(tmp_path, EPOLL, "--wait-ms", "0", "--bug", "et-no-drain", load=load)
    held[0].close()
    finding = found.one("edge-triggered fd not drained")
    (t, tid, fd, _), *_ = found.logged("et-no-drain")
    assert (finding["tid"], finding["fd"]) == (tid, fd) and abs(finding["t"] - t) < SLACK_NS
    assert "64 bytes" in finding["text"] and finding["sure"] == "likely"


def test_stale_registration(tmp_path):
    def load(server, logged):
        with server.connect() as connection:
            connection.sendall(LAST_GET)
            assert read_answers(connection, 1)[0][0] == 200
            eventually(lambda: logged("stale-registration"))
        eventually(lambda: logged("stale-registration, first event"))
        time.sleep(0.1)

    found = Found(tmp_path, EPOLL, "--wait-ms", "0", "--bug", "stale-registration", load=load)
    finding = found.one("closed fd still registered")
    (t, tid, fd, _), *_ = found.logged("stale-registration, first event")
    assert (finding["tid"], finding["fd"]) == (tid, fd) and abs(finding["t"] - t) < SLACK_NS
    assert finding["sure"] == "certain"


def test_herd(tmp_path):
    # Several at once, and a CPU for each thread: on a busy machine all may be put on one, and then the first has
    # accepted everything before the next runs.
    def load(server, logged):
        cpus = sorted(os.sched_getaffinity(0))
        for i, task in enumerate(sorted(pathlib.Path(f"/proc/{server.pid}/task").iterdir())):
            os.sched_setaffinity(int(task.name), {cpus[i % len(cpus)]})

        def some():
            for _ in range(10):
                with contextlib.ExitStack() as stack:
                    connections = [stack.enter_context(server.connect()) for _ in range(4)]
                    for connection in connections:
                        connection.sendall(LAST_GET)
                    for connection in connections:
                        assert read_answers(connection, 1)[0][0] == 200
            return len(logged("herd")) >= 10
        eventually(some)

    found = Found(tmp_path, EPOLL, "--wait-ms", "0", "--bug", "herd", load=load)
    finding = found.one("thundering herd")
    made = found.logged("herd")
    assert finding["fd"] == found.server.listener and finding["tid"] in {tid for _, tid, _, _ in made}
    assert made[0][0] - SLACK_NS <= finding["t"] <= made[-1][0]


def test_epollout_armed(tmp_path):
    def load(server, logged):
        with server.connect() as connection:
            connection.sendall(GET)
            assert read_answers(connection, 1)[0][0] == 200
            eventually(lambda: logged("epollout-armed"))
            time.sleep(0.05)

    found = Found(tmp_path, EPOLL, "--wait-ms", "0", "--bug", "epollout-armed", load=load)
    finding = found.one("EPOLLOUT left armed")
    (t, tid, fd, _), *_ = found.logged("epollout-armed")
    assert (finding["tid"], finding["fd"]) == (tid, fd) and abs(finding["t"] - t) < SLACK_NS


def test_accept_storm(tmp_path):
    def load(server, logged):
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(server.connect())
            eventually(lambda: logged("accept-storm"))
            time.sleep(0.05)

    found = Found(tmp_path, EPOLL, "--wait-ms", "0", "--bug", "accept-storm", load=load)
    finding = found.one("EMFILE storm")
    (t, tid, fd, _), *_ = found.logged("accept-storm")
    assert (finding["tid"], finding["fd"]) == (tid, fd) and abs(finding["t"] - t) < SLACK_NS


def test_out_of_descriptors_but_coping(tmp_path):
    def load(server, logged):
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(server.connect())
            eventually(lambda: len(logged("cannot accept, pausing")) > 3)

    found = Found(tmp_path, EPOLL, "--wait-ms", "0", load=load, descriptors=32)
    assert found.one("out of descriptors")["severity"] == "note"
    assert not found.of("EMFILE storm")


def test_a_backlog_that_is_too_small(tmp_path):
    found = Found(tmp_path, BLOCKING, "--backlog", "5", load=hey(48, 16))
    finding = found.one("accept queue full")
    assert finding["fd"] == found.server.listener and finding["tid"] == found.server.pid
    assert "were dropped by the kernel" in finding["text"] and "up to 6 waited where the backlog is 5" in finding["text"]
    assert finding["sure"] == "certain"


def test_accept_not_rearmed(tmp_path):
    def load(server, logged):
        with contextlib.ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(server.connect())
            eventually(lambda: logged("accept-not-rearmed"))
            time.sleep(0.05)

    found = Found(tmp_path, URING, "--bug", "accept-not-rearmed", load=load)
    assert found.one("multishot ended")["severity"] == "warning"


def test_cq_overflow(tmp_path):
    found = Found(tmp_path, URING, "--wait-ms", "0", "--bug", "cq-overflow", load=hey(400, 32))
    assert found.one("completion queue overflow")["tid"] == found.server.pid


@pytest.mark.parametrize("program", [
    EPOLL, Program("epoll-server", ("--edge-triggered",)), Program("epoll-server", ("--workers", "2")),
    Program("epoll-server", ("--workers", "2", "--share", "exclusive")), Program("coroutine-server"), URING,
    Program("poll-server"), BLOCKING, Program("threadpool-server")], ids=str)
def test_nothing_is_wrong(program, tmp_path):
    found = Found(tmp_path, program, load=hey(100, 4))
    assert found.trace.accepts() or program.name == URING.name
    assert not found.warnings(), [finding["text"] for finding in found.warnings()]
    assert found.json["not_checked"] == []


def test_what_was_not_recorded_is_said(tmp_path):
    found = Found(tmp_path, EPOLL, load=hey(8, 4), record=("--no-io", "--no-sched"))
    why = {each["kind"]: each["why"] for each in found.json["not_checked"]}
    assert why["edge-triggered fd not drained"] == "reads and writes were not recorded"
    assert why["blocking call"] == "when threads did not run was not recorded"
    assert not found.warnings()
    text = subprocess.run([BIN / "loopscope", "report", found.trace.path], check=True, capture_output=True, text=True)
    assert text.stdout.count("Not checked:") == 2


@pytest.mark.parametrize("options, chain", [((), []), (("--hand-over",), ["woken"])])
def test_the_wakeup_that_opened_balloons_is_found_where_another_thread_opens_them(tmp_path, options, chain):
    def click(server, _):
        with server.connect() as client:
            client.sendall(b"GET /balloons HTTP/1.1\r\n\r\n")
            assert read_answers(client, 1)[0][0] == 200
    found = Found(tmp_path, EPOLL, "--wait-ms", "0", *options, load=click, record=("--peek", "64"))
    said = json.loads(run("report", found.trace.path, "--json", "--opened", "balloons").stdout)
    opened, = said["files"]
    assert (opened["tid"] != found.server.pid) == bool(options), opened
    assert [link["how"] for link in opened["links"]] == chain, opened
    wait, = [call for call in found.trace.waits(tid=found.server.pid) if call["id"] == opened["wakeup"]["id"]]
    assert wait["t"] + wait["dur"] <= opened["t"], (wait, opened)
    assert opened["wakeup"]["cause"] in ("data", "new connection"), opened
    # Back: the thread of the pool wakes the loop, which then answers.
    if options:
        woken = [burst for loop in found.json["loops"] if loop["bursts"] for burst in loop["bursts"]["slowest"]
                 if burst.get("caused_by", {}).get("from_tid") == opened["tid"]]
        assert woken and woken[0]["root"] == opened["wakeup"]["id"], found.json["loops"]
    slowest = [request for figures in found.json["requests"] for request in figures["slowest"]]
    assert [request["label"] for request in slowest] == ["GET /balloons"], slowest
    assert any("balloons" in file["path"] for file in slowest[0]["opened"]), slowest
