# SPDX-License-Identifier: Apache-2.0
"""What can go wrong is said in one sentence on stderr, with exit code 1; wrong usage is 2."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from harness.each import each
from harness.environment import BIN, LOOPSCOPE, require_bpf, require_program, require_root, skip
from harness.processes import Child
from harness.recorder import Recording, run
from harness.trace import Trace
from harness.workload import Workload


def refused(done, *patterns, code=1):
    """Ended with `code` and one sentence that has all of the patterns."""
    assert done.returncode == code, (done.returncode, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert lines and lines[0].startswith("loopscope: "), done.stderr
    assert len(lines) <= 3, f"more than a sentence: {done.stderr}"
    for pattern in patterns:
        assert re.search(pattern, done.stderr), f"{pattern!r} is not in: {done.stderr}"
    assert "terminate called" not in done.stderr and "Assertion" not in done.stderr, done.stderr


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="loopscope-test-") as name:
        yield pathlib.Path(name)


def unused_pid():
    child = subprocess.Popen(["/bin/true"])
    child.wait()
    return child.pid


def test_no_such_pid():
    require_bpf()
    pid = unused_pid()
    with folder() as there:
        refused(run("record", "-p", pid, check=False, cwd=there), rf"\b{pid}\b", "no (such )?process|does not exist|not running")
        assert not list(there.iterdir()), "something was left behind"


def test_a_kernel_thread():
    require_bpf()
    if "kthreadd" not in pathlib.Path("/proc/2/comm").read_text():
        skip("PID 2 is no kernel thread in this PID namespace")
    with folder() as there:
        refused(run("record", "-p", 2, check=False, cwd=there), r"\b2\b", "kernel thread")
        assert not list(there.iterdir())


def test_a_thread_that_is_no_process():
    """The PID of a thread: taken as its process, or refused by name; never a trace of nothing."""
    require_bpf()
    with Workload("asleep") as workload:
        with folder() as there:
            done = run("record", "-p", workload.truth["poller"], "-d", "0.3", "-o", there / "t", check=False)
            if done.returncode == 0:
                trace = Trace.read(there / "t")
                trace.check()
                assert {r["pid"] for r in trace.of("process")} == {workload.pid}
            else:
                refused(done, str(workload.truth["poller"]), "thread")


@each("milliseconds", [0, 1, 2, 4, 7, 11, 17, 26, 40, 60, 90, 140])
def test_a_pid_that_ends_while_attaching(milliseconds):
    """Whenever it ends: either a sentence, or a trace of a target that exited."""
    require_bpf()
    with folder() as there, Workload("accepts") as workload:
        path = there / "t.loopscope.jsonl"
        with Child([LOOPSCOPE, "record", "-p", workload.pid, "-o", path]) as recorder:
            threading.Event().wait(milliseconds / 1000)  # the moment is the point: no condition stands for it
            workload.process.kill()
            workload.wait()
            code = recorder.wait()
            if code == 0:
                trace = Trace.read(path)
                trace.check()
                assert trace.end["reason"] == "target exited", trace.end
            else:
                done = subprocess.CompletedProcess([], code, "", recorder.err.text())
                refused(done, rf"\b{workload.pid}\b")


def test_itself_as_target():
    require_bpf()
    done = subprocess.run(["/bin/sh", "-c", f'exec "{LOOPSCOPE}" record -p $$'], capture_output=True, text=True,
                          check=False, timeout=20, cwd="/tmp")
    refused(done, "itself|myself|own process")


def test_an_unknown_call():
    with Workload("accepts") as workload:
        refused(run("record", "-p", workload.pid, "--calls", "epoll_wait,epoll_wiat", check=False), "epoll_wiat")


@each("path", ["/nonexistent/folder/t.jsonl", "/", "/proc/t.jsonl", "/dev/full"])
def test_an_output_that_cannot_be_written(path):
    require_bpf()
    with Workload("accepts") as workload:
        refused(run("record", "-p", workload.pid, "-d", "0.2", "-o", path, check=False), re.escape(path),
                "[Nn]o such|directory|[Pp]ermission|[Nn]o space|cannot")
        workload.tell("go")
        workload.finish()


def test_a_full_disk():
    """The recording ends by itself, says why, and what is in the file opens."""
    require_bpf()
    require_root()
    with folder() as there, Workload("burst", "wait", 50021, 1) as workload:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", there], check=True)
        try:
            path = there / "t.loopscope.jsonl"
            with Recording("-p", workload.pid, output=path) as recording:
                workload.tell("go")
                code = recording.wait()
                refused(subprocess.CompletedProcess([], code, "", last_sentence(recording.err.text())),
                        "[Nn]o space|full", re.escape(str(path)))
            assert workload.truth["unharmed"] == 1
            trace = Trace.read(path, cut=True)
            trace.check(complete=False)
            assert len(trace.of("call")) > 100
            assert run("report", path).stdout
        finally:
            subprocess.run(["umount", there], check=True)


def last_sentence(text):
    return [line for line in text.splitlines() if line.startswith("loopscope: ")][-1]


def test_an_ordinary_user_is_told_what_is_missing():
    require_bpf()
    require_root()
    setpriv = require_program("setpriv")
    nobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    with folder() as there:
        os.chmod(there, 0o755)
        program = there / "loopscope"
        shutil.copy(LOOPSCOPE, program)
        with Workload("asleep", prefix=readable_by_nobody(there, nobody)) as workload:
            done = subprocess.run([*nobody, program, "record", "-p", str(workload.pid)], capture_output=True, text=True,
                                  check=False, timeout=20, cwd="/tmp", stdin=subprocess.DEVNULL,
                                  start_new_session=True)  # no terminal that sudo could ask on
    refused(done, "CAP_BPF", "CAP_PERFMON", "sudo setcap cap_bpf,cap_perfmon")


def readable_by_nobody(there, nobody):
    """The build folder may be out of an ordinary user's reach, so the workload is copied as well."""
    copy = there / "asleep"
    shutil.copy(BIN / "tests" / "asleep", copy)
    return [*nobody, "/bin/sh", "-c", f'exec "{copy}"']


def test_the_report_of_an_ordinary_users_own_process_needs_no_bpf():
    require_root()
    setpriv = require_program("setpriv")
    nobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    with folder() as there:
        os.chmod(there, 0o755)
        shutil.copy(LOOPSCOPE, there / "loopscope")
        with Workload("asleep", prefix=readable_by_nobody(there, nobody)) as workload:
            done = subprocess.run([*nobody, there / "loopscope", "report", "-p", str(workload.pid), "--json"],
                                  capture_output=True, text=True, check=False, timeout=20, cwd="/tmp")
            assert done.returncode == 0, done.stderr
            assert f'127.0.0.1:{workload.truth["port"]}' in done.stdout


@each("words", ["", "record", "record -p", "record -p abc", "record -p -5", "record -p SELF --port 80",
                "record --port 99999999", "record -p SELF --nonsense", "nonsense", "report --nonsense",
                "record -p SELF -d soon", "record -p SELF --buffer much", "record -p SELF --max-size -1 -d 0.1"])
def test_wrong_usage(words):
    with folder() as there:
        done = run(*words.replace("SELF", str(os.getpid())).split(), check=False, cwd=there)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.strip(), "nothing on stderr"


def test_nobody_listens_on_that_port():
    from harness.sockets import free_port
    require_bpf()
    port = free_port()
    refused(run("record", "--port", port, check=False), str(port))


@each("command", ["report", "show"])
def test_files_that_are_no_trace(command):
    with folder() as there:
        cases = {"missing": None, "empty": b"", "binary": bytes(range(256)) * 40, "other": b'{"hello":"world"}\n',
                 "newer": b'{"type":"trace","id":1,"format":2}\n'}
        for name, content in cases.items():
            path = there / name
            if content is not None:
                path.write_bytes(content)
            done = run(command, path, check=False)
            refused(done, re.escape(name))
            assert not done.stdout, done.stdout
        refused(run(command, there / "newer", check=False), "format|newer|version")
        refused(run(command, there, check=False), re.escape(str(there)))


def closed_pipe():
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@each("words", ["report", "report --json", "show", "list"])
def test_a_closed_pipe_on_stdout(words):
    require_bpf()
    with folder() as there:
        path = there / "t.loopscope.jsonl"
        with Workload("accepts") as workload, Recording("-p", workload.pid, output=path) as recording:
            workload.tell("go")
            recording.stop()
        writing = closed_pipe()
        command, *options = words.split()
        file = [] if command == "list" else [path]
        done = run(command, *file, *options, check=False, stdout=writing)
        os.close(writing)
        assert done.returncode == 1, (done.returncode, done.stderr)
        assert len(done.stderr.splitlines()) <= 1, done.stderr


def test_a_recording_whose_stdout_is_closed_is_complete():
    require_bpf()
    writing = closed_pipe()
    with Workload("accepts") as workload, Recording("-p", workload.pid, stdout=writing) as recording:
        os.close(writing)
        workload.tell("go")
        recording.send(2)
        assert recording.wait() in (0, 1)
        trace = Trace.read(recording.path)
        trace.check()
        assert len(trace.accepts()) == 23
