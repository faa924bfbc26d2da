# SPDX-License-Identifier: Apache-2.0
"""More than the buffer holds: what is lost is counted, dated and said, and the state is read again."""
import json
import os
import pathlib
import signal
import tempfile

from harness.each import each
from harness.environment import require_bpf
from harness.identity import check_identities
from harness.model import Report, registered
from harness.overload import doubts, marked, resynced
from harness.processes import until
from harness.recorder import Recording, report, run
from harness.trace import Trace
from harness.workload import Workload

CALLS, THREADS = 200_003, 2


# Kinds whose loss leaves the table of descriptors, or an interest list, in doubt; the others are waits and reads.
TABLE_KINDS = ("ctl", "accept", "reuse")


def record_burst(kind, calls, threads, *options, loses=False):
    require_bpf()
    with Workload("burst", kind, calls, threads) as workload:
        with Recording("-p", workload.pid, *options) as recording:
            workload.tell("go")
            over = dict(workload.truth)
            if loses:
                until(lambda: marked(workload, recording.path), "the recorder has caught up")
            if loses and kind in TABLE_KINDS:
                until(lambda: resynced(recording.path), "the state is read again after the last loss")
            workload.tell("more")
            trace = recording.stop()
        workload.finish()
    assert over["unharmed"] == 1
    return {**workload.truth, "pid": workload.pid}, trace


def calls_of(trace, truth):
    """Recorded calls of the burst's threads: the main thread does something else."""
    return [c for c in trace.of("call") if c["pid"] == truth["pid"] and c["tid"] != truth["pid"]]


def main_thread_calls(truth):
    """Known as well: it reads "go", writes, reads "mark", makes the marker and writes as often as the test wants, reads
    "more", then 3 × (eventfd2, epoll_ctl, write), one epoll_wait, and writes."""
    return 2 + 3 * truth.get("marks", 0) + 1 + 3 * 3 + 2


@each("kind", ["wait", "ctl", "accept", "read", "reuse"])
def test_a_tiny_buffer_recorded_and_lost_are_what_was_done(kind):
    truth, trace = record_burst(kind, CALLS - CALLS % 2, THREADS, "--buffer", "64K", loses=True)
    did = truth["calls"] + main_thread_calls(truth)
    lost, recorded = trace.lost("call", "io"), len(trace.of("call"))
    assert recorded + lost == did, f"recorded {recorded} + lost {lost} is not {did}"
    assert len(trace.of("exit")) + trace.lost("lifecycle") == THREADS, trace.of("lost")
    assert lost > 0, "64 KiB held a burst of 400 000 calls; nothing was tested"
    check_gaps(trace)
    classes = {g["class"] for g in trace.of("lost")} - {"lifecycle", "sched"}
    # The main thread's lines, reads and writes, may be lost as well.
    assert classes in ([{"call"}, {"call", "io"}] if kind in TABLE_KINDS else [{"io"}]), classes
    if kind in TABLE_KINDS:
        again, gaps = trace.of("snapshot_end", origin="resync"), doubts(trace)
        assert again and again[-1]["id"] > gaps[-1]["id"], (again, gaps[-1])
    # After the burst everything is certain again.
    wait = trace.waits(tid=truth["pid"])[-1]
    assert "uncertain" not in wait and sorted(e["fd"] for e in wait["ready"]) == truth["left_open"], wait
    said = trace.stderr
    assert "lost" in said and str(trace.lost()) in said.replace(",", "").replace("\u202f", "").replace(" ", ""), said
    loss = report(trace)["loss"]
    assert loss["count"] == trace.lost() and loss["gaps"], loss
    row = Report(trace).listener(truth["pid"], truth["listener"])
    assert row["inode"] == truth["inode"] and registered(row, "epoll_ctl"), row


def check_gaps(trace):
    """Gaps have a beginning and an end, and no call that was recorded claims that nothing was missed within."""
    end = trace.end["t"]
    for gap in trace.of("lost"):
        assert 0 <= gap["t"] <= gap["until"] <= end and gap["count"] > 0, gap
    assert trace.end["lost"] == trace.lost()


@each("kind", ["wait", "reuse", "read"])
def test_the_default_buffer_loses_nothing_at_full_speed(kind):
    truth, trace = record_burst(kind, CALLS - CALLS % 2, 1)
    trace.check_nothing_lost()
    assert len(trace.of("call")) == truth["calls"] + main_thread_calls(truth)
    assert len(calls_of(trace, truth)) == truth["calls"]


def test_after_the_resync_the_descriptors_are_right():
    truth, trace = record_burst("reuse", CALLS - CALLS % 2, THREADS, "--buffer", "64K", loses=True)
    last = trace.of("snapshot_end", origin="resync")[-1]
    rows = [r for r in trace.of("fd", origin="resync") if last["since"] <= r["t"] <= last["t"]]
    open_then = {r["fd"] for r in rows if r["pid"] == truth["pid"]}
    assert open_then == {0, 1, 2, truth["listener"], truth["epfd"], truth["event"]}, rows
    watches = [w for w in trace.of("watch", origin="resync") if last["since"] <= w["t"] <= last["t"]]
    assert sorted(w["fd"] for w in watches) == sorted([truth["listener"], truth["event"]]), watches


def test_a_loss_just_before_the_end_is_made_good_by_a_last_reading():
    """The state is read at most twice a second; what was lost since is not left in doubt when the recording ends."""
    require_bpf()
    with Workload("burst", "reuse", CALLS - CALLS % 2, THREADS) as workload:
        with Recording("-p", workload.pid, "--buffer", "64K") as recording:
            workload.tell("go")
            trace = recording.stop()
        workload.tell("more")
        workload.finish()
    truth, gaps = workload.truth, doubts(trace)
    assert gaps, "64 KiB held a burst of 400 000 calls; nothing was tested"
    last = trace.of("snapshot_end")[-1]
    assert last["origin"] == "resync" and last["id"] > gaps[-1]["id"], (last, gaps[-1])
    rows = [r for r in trace.of("fd", origin="resync") if last["since"] <= r["t"] <= last["t"]]
    assert {r["fd"] for r in rows} == {0, 1, 2, truth["listener"], truth["epfd"], truth["event"]}, rows


def test_a_killed_recorder_leaves_a_target_that_lives_and_a_file_that_opens():
    require_bpf()
    with tempfile.TemporaryDirectory() as folder, Workload("burst", "wait", CALLS, 1) as workload:
        path = pathlib.Path(folder) / "killed.loopscope.jsonl"
        with Recording("-p", workload.pid, output=path) as recording:
            workload.tell("go")
            until(lambda: path.stat().st_size > 1_000_000, "a megabyte in the file")
            recording.send(signal.SIGKILL)
            assert recording.wait() == -signal.SIGKILL
        assert workload.truth["unharmed"] == 1
        workload.tell("more")
        workload.finish()
        trace = Trace.read(path, cut=True)
        trace.check(complete=False)
        assert trace.end["type"] != "end" and len(trace.of("call")) > 1000
        told = json.loads(run("report", path, "--json").stdout)
        assert told["complete"] is False, told["complete"]
        assert [r["fd"] for r in told["listeners"]] == [workload.truth["listener"]], told["listeners"]


def test_a_killed_recorder_that_kept_the_last_seconds_leaves_its_header():
    """The limit that the man page states; and no temporary file."""
    require_bpf()
    with tempfile.TemporaryDirectory() as folder, Workload("accepts") as workload:
        path, environment = pathlib.Path(folder) / "t.loopscope.jsonl", {**os.environ, "TMPDIR": folder}
        with Recording("-p", workload.pid, "--last", "60", output=path, env=environment) as recording:
            workload.tell("go")
            until(lambda: path.stat().st_size > 0, "the header is in the file")
            recording.send(signal.SIGKILL)
            assert recording.wait() == -signal.SIGKILL
        workload.finish()
        assert os.listdir(folder) == [path.name]
        trace = Trace.read(path)
        assert [r["type"] for r in trace.records] == ["trace"], trace.records
        assert "cut short" in run("report", path).stdout


def test_max_size_ends_the_recording_in_order():
    require_bpf()
    with Workload("burst", "wait", CALLS, 1) as workload:
        with Recording("-p", workload.pid, "--max-size", "2M") as recording:
            workload.tell("go")
            trace = recording.finished()
            size = os.path.getsize(recording.path)
        assert workload.truth["unharmed"] == 1
        workload.tell("more")
        workload.finish()
    assert trace.end["reason"] == "max-size", trace.end
    assert 1_500_000 < size <= 2 * 1024 * 1024 + 4096, size


def test_last_keeps_the_newest_seconds():
    require_bpf()
    with Workload("burst", "wait", 5003, 1) as workload:
        with Recording("-p", workload.pid, "--last", "60") as recording:
            workload.tell("go")
            workload.tell("more")
            trace = recording.stop()
        workload.finish()
    assert trace.header["last_s"] == 60, trace.header
    check_identities(trace)
    assert len(calls_of(trace, {"pid": workload.pid})) == 5003


def test_compressed_is_the_same_trace():
    require_bpf()
    import subprocess
    from harness.environment import require_program
    unpack = require_program("zstd")
    with tempfile.TemporaryDirectory() as folder, Workload("accepts") as workload:
        path = pathlib.Path(folder) / "packed.loopscope.jsonl.zst"
        with Recording("-p", workload.pid, output=path) as recording:
            workload.tell("go")
            recording.send(signal.SIGINT)
            assert recording.wait() == 0, recording.err.text()
        workload.finish()
        plain = path.with_suffix("")
        subprocess.run([unpack, "-dqf", path, "-o", plain], check=True)
        trace = Trace.read(plain)
        trace.check()
        assert len(trace.accepts()) == 23
        assert report(path)["listeners"][0]["accepts"] == 23
