# SPDX-License-Identifier: Apache-2.0
"""What to record and where to: several PIDs, a port, the default file name, the summary."""
import os
import re
import signal
import tempfile

from harness.environment import LOOPSCOPE, require_bpf
from harness.model import Report
from harness.processes import Child
from harness.recorder import BEGUN, Recording, run
from harness.trace import Trace
from harness.workload import Workload


def test_several_pids():
    require_bpf()
    with Workload("accepts") as one, Workload("oneshot") as other, Workload("accepts") as third:
        with Recording("-p", f"{one.pid},{other.pid}") as recording:
            for workload in (one, other, third):
                workload.tell("go")
            trace = recording.stop()
    assert trace.header["target"] == [one.pid, other.pid], trace.header
    assert {c["pid"] for c in trace.of("call")} == {one.pid, other.pid}
    assert len(trace.accepts(pid=one.pid)) == 23 and len(trace.waits(pid=other.pid)) == 38


def test_by_port():
    require_bpf()
    with Workload("accepts") as workload:
        with Recording("--port", workload.truth["port"]) as recording:
            workload.tell("go")
            trace = recording.stop()
    assert trace.header["target"] == [workload.pid], trace.header
    assert Report(trace).listener(workload.pid, workload.truth["listener"])["accepts"] == 23


def test_two_recorders_at_once_do_not_disturb_each_other():
    require_bpf()
    with Workload("accepts") as workload:
        with Recording("-p", workload.pid) as one, Recording("-p", workload.pid, "--no-io") as other:
            workload.tell("go")
            traces = [one.stop(), other.stop()]
    assert [len(t.accepts()) for t in traces] == [23, 23]


def test_the_recorder_never_records_itself():
    """Its own shell is the target, so it is a child of the target from the start."""
    require_bpf()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.loopscope.jsonl")
        with Child(["/bin/sh", "-c", f'"{LOOPSCOPE}" record -p $$ -d 0.4 -o {path}; exit 0']) as shell:
            assert shell.err.find(lambda line: line.startswith(BEGUN)) is not None, shell.err.text()
            assert shell.wait() == 0
        trace = Trace.read(path)
        trace.check()
    assert {r["pid"] for r in trace.of("process")} == {shell.pid}, trace.of("process")
    assert {c["pid"] for c in trace.of("call")} <= {shell.pid}


def test_the_default_name_and_the_summary():
    require_bpf()
    with tempfile.TemporaryDirectory() as folder, Workload("accepts") as workload:
        with Child([LOOPSCOPE, "record", "-p", workload.pid], cwd=folder) as recorder:
            assert recorder.err.find(lambda line: line.startswith(BEGUN)) is not None, recorder.err.text()
            workload.tell("go")
            recorder.send(signal.SIGINT)
            assert recorder.wait() == 0, recorder.err.text()
        files = os.listdir(folder)
        assert len(files) == 1, files
        assert re.fullmatch(rf"accepts-{workload.pid}-.+\.loopscope\.jsonl", files[0]), files
        trace = Trace.read(os.path.join(folder, files[0]))
        trace.check()
        said = recorder.out.text() + recorder.err.text()
        assert files[0] in said and "23" in said and f"127.0.0.1:{workload.truth['port']}" in said, said
        assert "loopscope report" in said or "loopscope show" in said, said
        # Without a file the newest trace in the folder is meant.
        assert f"127.0.0.1:{workload.truth['port']}" in run("report", cwd=folder).stdout
        assert len(run("show", "call=accept4", cwd=folder).stdout.splitlines()) >= 23


def test_sigterm_ends_a_recording_in_order():
    require_bpf()
    with Workload("accepts") as workload, Recording("-p", workload.pid) as recording:
        workload.tell("go")
        trace = recording.stop(signal.SIGTERM)
    assert trace.end["reason"] == "interrupted" and len(trace.accepts()) == 23


def test_duration():
    require_bpf()
    with Workload("asleep") as workload, Recording("-p", workload.pid, "-d", "0.3") as recording:
        trace = recording.finished()
    assert trace.end["reason"] == "duration" and 0.3e9 <= trace.end["t"] < 3e9, trace.end
