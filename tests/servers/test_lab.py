# SPDX-License-Identifier: Apache-2.0
"""Every exercise of the lab on real servers: what ss, /proc and the clients say is the right answer, others are refused
with a reason, and what a student handed in is graded to the same marks."""
import contextlib
import csv
import io
import json
import os
import re
import shutil
import socket
import subprocess
import zipfile

import pytest
from harness.desk import Desk, get, listening_fd, solve_part_one
from harness.environment import BIN, ROOT, require_bpf, require_program
from harness.processes import until
from harness.recorder import Recording, run
from harness.servers import APPS, PYTHON, Server, need
from harness.sockets import free_port, is_listening


class Sample(Server):
    def __init__(self, name, *options):
        super().__init__()
        self.words = [BIN / name, "--port", self.port, *options]

    def command(self):
        return list(map(str, self.words))


@contextlib.contextmanager
def launched(command, port):
    """A command under the recorder from its first call. Gives the recording and the server's PID."""
    require_bpf()
    with Recording("--", *map(str, command)) as recording:
        until(lambda: is_listening(port), f"{command[0]} listens")
        yield recording


def hey(port, count, clients):
    said = subprocess.run([require_program("hey"), "-n", str(count), "-c", str(clients), f"http://127.0.0.1:{port}/"],
                          check=True, capture_output=True, text=True).stdout
    return float(re.search(r"50% in ([\d.]+) secs", said)[1])


@pytest.mark.parametrize("options", [(), ("--edge-triggered",)])
def test_part_one_on_epoll_server(options):
    port = free_port()
    with Desk() as desk, launched([BIN / "epoll-server", "--port", port, "--wait-ms", 0, *options], port) as recording:
        fd, pid = listening_fd(port)
        for path in ("/", "/balloons"):
            get(port, path)
        os.kill(pid, 15)
        trace = recording.finished(check=False)
        solve_part_one(desk, trace, fd, port)
        desk.wrong("level-or-edge", trace, "level" if options else "edge", says="No.")
        desk.right("how-many-loops", trace, 1)
        opened, = [c for c in trace.calls("openat") if "balloons" in c["args"]["pathname"]]
        waits = [c for c in trace.waits() if c["t"] + c["dur"] <= opened["t"]]
        desk.wrong("balloons", trace, opened["id"], opened["id"], says="That is the opening itself")
        slept = [c for c in waits if "off" in c]
        if len(slept) > 1:
            desk.wrong("balloons", trace, slept[0]["id"], opened["id"], says="another")
        desk.right("balloons", trace, waits[-1]["id"], opened["id"])
        # Each refusal names what was wrong, and nothing that was solved is lost by it.
        desk.wrong("bind-and-listen", trace, waits[-1]["id"], says=f"Record {waits[-1]['id']} is a call of epoll_wait.")
        desk.wrong("bind-and-listen", trace, 10**9, says="no record 1000000000")
        desk.wrong("listening-fd", trace, 900, says="nothing in this trace is about a descriptor 900")
        desk.wrong("how-many-loops", trace, 3, says="Count threads")
        assert desk.lab().stdout.count("[solved]") == 7, desk.lab().stdout
        assert "solved" in desk.lab().stdout


class HandingOver(Server):
    def command(self):
        need("tornado")
        (self.folder / "balloons.txt").write_text("up they go\n")
        return [PYTHON, str(APPS / "handing_over_app.py"), str(self.port)]


def test_balloons_opened_by_another_thread_of_tornado():
    require_bpf()
    with Desk() as desk, HandingOver() as server:
        with Recording("-p", server.pid) as recording:
            server.ask("/thread")
            trace = recording.stop()
        opened, *_ = [c for c in trace.calls("openat", "open") if c["args"]["pathname"].endswith("balloons.py")
                      and c["ret"] >= 0]
        assert opened["tid"] != server.pid
        created, = [c for c in trace.calls("clone", "clone3") if c["ret"] == opened["tid"]]
        wakeup = [c for c in trace.waits(tid=server.pid) if c["t"] + c["dur"] <= created["t"]][-1]
        desk.right("balloons", trace, wakeup["id"], opened["id"])
        # Attached late: the registration is what was there.
        fd, _ = listening_fd(server.port)
        row, = [r for r in trace.of("watch") if r["fd"] == fd]
        desk.right("registration", trace, row["id"], port=server.port)
        desk.wrong("bind-and-listen", trace, 1, port=server.port, says="before this trace began")


def test_io_uring_registers_by_an_accept():
    require_bpf()
    with Desk() as desk, Sample("io-uring-server", "--wait-ms", "0") as server:
        with Recording("-p", server.pid) as recording:
            hey(server.port, 100, 4)
            trace = recording.stop()
        fd, _ = listening_fd(server.port)
        armed, *_ = [s for s in trace.of("sqe") if s["op"] == "ACCEPT"]
        desk.right("registration", trace, armed["id"], port=server.port)
        first, *_ = [c for c in trace.of("cqe") if c["sqe"] == armed["id"] and c["res"] >= 0]
        desk.right("first-connection", trace, first["res"], first["id"], port=server.port)
        desk.right("listening-fd", trace, fd, [r for r in trace.of("fd") if r["fd"] == fd][0]["id"], port=server.port)
        desk.lab("calls-io-uring", "--predict", "2")
        desk.right("calls-io-uring", trace, round(len(trace.of("call")) / 100, 2))
        desk.lab("calls-epoll", "--predict", "3")
        desk.wrong("calls-epoll", trace, 2, says="no trace of epoll-server")


def test_poll_names_all_of_them_every_time():
    require_bpf()
    with Desk() as desk, Sample("poll-server", "--wait-ms", "0") as server, contextlib.ExitStack() as idle:
        for _ in range(60):
            idle.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        with Recording("-p", server.pid) as recording:
            server.ask()
            trace = recording.stop()
        calls = trace.calls("poll", "ppoll")
        largest = max(calls, key=lambda call: call["args"]["nfds"])
        assert largest["args"]["nfds"] >= 61
        desk.right("poll-or-epoll", trace, largest["args"]["nfds"], largest["id"])
        desk.wrong("registration", trace, 1, port=server.port, says="registered nowhere")


def test_computing_on_the_loop():
    require_bpf()
    with Desk() as desk, Sample("epoll-server", "--wait-ms", "0") as server:
        with Recording("-p", server.pid) as recording:
            get(server.port)
            get(server.port, "/cpu?ms=200")
            get(server.port)
            trace = recording.stop()
        waits = trace.waits(tid=server.pid)
        after = max(range(len(waits) - 1), key=lambda i: waits[i + 1]["t"] - waits[i]["t"] - waits[i]["dur"])
        desk.right("cpu-in-a-handler", trace, waits[after]["id"])
        desk.wrong("cpu-in-a-handler", trace, waits[0]["id"], says="over soon")


@pytest.mark.parametrize("letter, name, clients, expected", [
    ("a", "blocking-server", 4, 80), ("b", "threadpool-server", 16, 40), ("c", "epoll-server", 16, 20)])
def test_latencies_are_those_of_hey(letter, name, clients, expected):
    require_bpf()
    with Desk() as desk, Sample(name) as server:
        with Recording("-p", server.pid) as recording:
            median_ms = hey(server.port, 160, clients) * 1000
            trace = recording.stop()
        done = desk.lab(f"latency-{letter}", "--trace", trace.path, "--answer", "1", check=False)
        assert "--predict" in done.stderr, done.stderr
        desk.lab(f"latency-{letter}", "--predict", str(expected))
        desk.wrong(f"latency-{letter}", trace, round(median_ms / 1000, 4), clients=clients, says="in seconds")
        desk.wrong(f"latency-{letter}", trace, 5000, says=f"not what {clients} clients saw")
        desk.right(f"latency-{letter}", trace, f"{median_ms:.1f} ms", clients=clients)
        desk.wrong("accept-queue", trace, 0, says="Nothing was dropped in this trace")


def test_a_queue_that_overflows():
    require_bpf()
    with Desk() as desk, Sample("blocking-server", "--backlog", "5") as server:
        with Recording("-p", server.pid) as recording:
            hey(server.port, 48, 16)
            trace = recording.stop()
        desk.wrong("accept-queue", trace, 0, says="Some were dropped")
        drops = [row["drops"] for row in trace.of("queue")] + [c["drops"] for c in trace.of("call") if "drops" in c]
        desk.right("accept-queue", trace, max(drops))


def test_handed_in_and_graded():
    port = free_port()
    with Desk() as desk:
        with launched([BIN / "epoll-server", "--port", port, "--wait-ms", 0], port) as recording:
            fd, pid = listening_fd(port)
            get(port)
            os.kill(pid, 15)
            trace = recording.finished(check=False)
        assert "--name" in desk.lab("submit", check=False).stderr
        assert "no answer yet" in desk.lab("submit", "--name", "B1", check=False).stderr
        solve_part_one(desk, trace, fd, port)
        desk.lab("thousand-chats", "--answer", "an event loop, as idle connections cost it an entry in a list and no thread",
                 "--trace", trace.path)
        desk.lab("submit", "--name", "B12345678", "-o", "one.zip")
        folder = desk.folder / "handed-in"
        folder.mkdir()
        shutil.copy(desk.folder / "one.zip", folder / "a.zip")
        (folder / "broken.zip").write_bytes((folder / "a.zip").read_bytes()[:1000])
        # Somebody who claims to have solved it with a trace that does not hold it.
        with zipfile.ZipFile(folder / "a.zip") as archive:
            answers = json.loads(archive.read("submission.json"))
            name = next(n for n in archive.namelist() if n.startswith("traces/"))
            lines = archive.read(name)
        for attempt in answers["exercises"].values():
            attempt["answer"], attempt["outcome"] = "3", "right"
        with zipfile.ZipFile(folder / "cheat.zip", "w") as archive:
            archive.writestr("submission.json", json.dumps(answers))
            archive.writestr(name, lines)
        done = desk.lab("grade", folder, "--json", desk.folder / "results.json")
        rows = {row["file"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
        assert rows["a.zip"]["right"] == "5" and rows["a.zip"]["listening-fd"] == "1", rows["a.zip"]
        assert rows["a.zip"]["thousand-chats"] == "read" and rows["a.zip"]["name"] == "B12345678"
        assert rows["broken.zip"]["problem"] and rows["broken.zip"]["right"] == "0"
        assert rows["cheat.zip"]["right"] == "0" and rows["cheat.zip"]["same traces as"] == "a.zip", rows["cheat.zip"]
        results = json.loads((desk.folder / "results.json").read_text())["submissions"]
        assert "event loop" in results[0]["exercises"]["thousand-chats"]["answer"], results[0]


def test_bad_input_is_refused_in_a_sentence():
    with Desk() as desk:
        (desk.folder / "mine.json").write_text("{")
        (desk.folder / "empty.loopscope.jsonl").write_text("")
        assert "is it listening-fd?" in desk.lab("listening", check=False).stderr
        for words in (["nonsense"], ["grade"], ["grade", "nowhere"], ["new"], ["validate"], ["validate", "mine.json"],
                      ["validate", "nowhere.json"], ["listening-fd", "--set", "port"], ["listening-fd", "--set", "x=1"],
                      ["listening-fd", "--answer", "6"], ["listening-fd", "--answer", "6", "--trace", "nowhere"],
                      ["listening-fd", "--answer", "6", "--trace", "empty.loopscope.jsonl"],
                      ["listening-fd", "--answer", "6", "--evidence", "x"], ["listening-fd", "submit"]):
            done = desk.lab(*words, check=False)
            assert done.returncode in (1, 2), words
            assert len(done.stderr.strip().splitlines()) == 1, (words, done.stderr)
        for name, text, says in (("empty", "", "empty.loopscope.jsonl is empty: it holds no trace"),
                                 ("foreign", "a diary\n", "is not a loopscope trace: line 1: the line is not a JSON object\n"),
                                 ("other", '{"a": 1}\n', "is not a loopscope trace: line 1: member type is missing\n")):
            (desk.folder / f"{name}.loopscope.jsonl").write_text(text)
            for words in (["listening-fd", "--answer", "6"], ["balloons"]):
                done = desk.lab(*words, "--trace", f"{name}.loopscope.jsonl", check=False)
                assert done.returncode == 1 and says in done.stderr and not done.stdout, (words, done.stdout, done.stderr)
            # One that nobody named keeps no question from being asked: a recording may just have begun.
            for other in desk.folder.glob("*.loopscope.jsonl"):
                os.utime(other, (0, 0) if other.name != f"{name}.loopscope.jsonl" else None)
            done = desk.lab("balloons")
            assert "Your trace: " + name in done.stdout and says in done.stdout, done.stdout
        (desk.folder / "loopscope-lab.json").write_text("{}")
        assert "loopscope-lab.json" in desk.lab(check=False).stderr
        desk.lab("new", "own.json")
        assert desk.lab("validate", "own.json").stdout == ""


def test_the_app_says_what_it_lacks():
    app = str(ROOT / "lab" / "app" / "app.py")

    def refused(*command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr
        return done.stderr

    need("tornado")
    assert "apt install python3-tornado" in refused(PYTHON, "-S", app)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"port {port} cannot be listened on" in refused(PYTHON, app, "--port", port)


def test_hints_come_one_by_one_and_in_both_languages():
    with Desk() as desk:
        assert "Hint" not in desk.lab("listening-fd", "--lang", "en").stdout
        assert desk.lab("listening-fd", "--lang", "en", "--hint").stdout.count("Hint") == 1
        said = desk.lab("listening-fd", "--lang", "zh-Hant", "--hint").stdout
        assert said.count("提示 ") == 2 and "監聽" in said, said


def test_an_open_exercise_is_not_given_away():
    port = free_port()
    with Desk() as desk, launched([BIN / "epoll-server", "--port", port, "--wait-ms", 0], port) as recording:
        fd, pid = listening_fd(port)
        os.kill(pid, 15)
        trace = recording.finished(check=False)
        told = run("report", trace.path, cwd=desk.folder)
        assert f"fd {fd} was a listening socket" in told.stdout, told.stdout
        desk.lab("listening-fd", "--set", f"port={port}")
        told = run("report", trace.path, cwd=desk.folder)
        assert "listening socket" not in told.stdout and "left out" in told.stderr, told.stdout
        assert run("report", trace.path, "--section", "listeners", cwd=desk.folder, check=False).returncode == 1
        desk.lab("listening-fd", "--close")
        assert f"fd {fd} was a listening socket" in run("report", trace.path, cwd=desk.folder).stdout
