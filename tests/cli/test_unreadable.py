# SPDX-License-Identifier: Apache-2.0
"""Processes that are there but cannot be looked into: what is said is true, and says what helps."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness.each import each
from harness.environment import LOOPSCOPE, require_bpf, require_program, require_root
from harness.processes import LIMIT_S
from harness.trace import Trace
from harness.workload import Workload

NOBODY = ("--reuid=65534", "--regid=65534", "--clear-groups")


@contextlib.contextmanager
def folder_for_all():
    with tempfile.TemporaryDirectory(prefix="loopscope-test-") as name:
        there = pathlib.Path(name)
        there.chmod(0o777)
        shutil.copy(LOOPSCOPE, there / "loopscope")
        yield there


def run_there(there, prefix, *words):
    return subprocess.run([*prefix, there / "loopscope", *map(str, words)], cwd=there, capture_output=True, text=True,
                          check=False, timeout=LIMIT_S, stdin=subprocess.DEVNULL, start_new_session=True)


def sentence(done):
    assert done.returncode == 1, (done.returncode, done.stderr)
    said, = done.stderr.splitlines()
    assert said.startswith("loopscope: "), said
    return said


@each("hidepid", [1, 2])
@each("command", ["record", "report"])
def test_a_proc_that_hides_what_others_run(command, hidepid):
    require_root()
    setpriv, unshare = require_program("setpriv"), require_program("unshare")
    behind = [unshare, "-m", "sh", "-c", f'mount -t proc -o hidepid={hidepid} proc /proc && exec "$@"', "sh"]
    with folder_for_all() as there, Workload("asleep") as workload:
        done = run_there(there, [*behind, setpriv, *NOBODY], command, "-p", workload.pid)
    said = sentence(done)
    assert f"process {workload.pid} is there" in said and "hidepid" in said and "sudo" in said, said


@each("words", ["-p PID", "-- /bin/true"])
def test_a_proc_of_another_pid_namespace(words):
    """Its numbers are those of other processes than the recorder's."""
    require_root()
    unshare = require_program("unshare")
    with folder_for_all() as there, Workload("asleep") as workload:
        done = run_there(there, [unshare, "-p", "-f", "--kill-child"], "record", *words.replace(
            "PID", str(workload.pid)).split())
        assert [entry.name for entry in there.iterdir()] == ["loopscope"]
    said = sentence(done)
    assert "PID namespace" in said and "mount -t proc proc /proc" in said and "ended" not in said, said


def test_a_process_that_may_be_recorded_but_not_read():
    """CAP_BPF and CAP_PERFMON are enough for the calls; what the program and its files are called takes more."""
    require_bpf()
    require_root()
    may_record = [require_program("setpriv"), *NOBODY, "--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon"]
    with folder_for_all() as there, Workload("asleep") as workload:
        done = run_there(there, may_record, "record", "-p", workload.pid, "-d", "0.2", "-o", "t")
        assert done.returncode == 0, done.stderr
        trace = Trace.read(there / "t")
    trace.check()
    line, = [line for line in done.stderr.splitlines() if "CAP_SYS_PTRACE" in line]
    assert f"(pid {workload.pid})" in line and "file names" in line, line
    assert trace.header["probes"]["names"].startswith("off: "), trace.header["probes"]
    assert not any("path" in row for row in trace.of("fd")), "a path was read after all"


def test_who_may_read_is_told_nothing():
    require_bpf()
    require_root()
    with folder_for_all() as there, Workload("asleep") as workload:
        done = run_there(there, [], "record", "-p", workload.pid, "-d", "0.2", "-o", "t")
        trace = Trace.read(there / "t")
    assert done.returncode == 0 and "CAP_" not in done.stderr, done.stderr
    assert trace.header["probes"]["names"] == "/proc", trace.header["probes"]
    assert os.path.basename(trace.of("process", pid=workload.pid)[0]["exe"]) == "asleep"
