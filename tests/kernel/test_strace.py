# SPDX-License-Identifier: Apache-2.0
"""strace and loopscope on the same process at the same time: the same calls, each once, none invented. Both attach
while the workload waits for "go" and leave after "done", so that they see the same."""
import tempfile

from harness import oracle
from harness.each import each
from harness.environment import require_bpf
from harness.processes import children_of
from harness.recorder import Recording
from harness.strace import Strace
from harness.workload import Workload

# name → calls of the lab that it makes at least
WORKLOADS = {"accepts": 48, "close_dup_alive": 20, "same_data": 25, "two_numbers": 20, "fork_epoll": 9, "oneshot": 57,
             "scm_rights": 23, "exclusive_workers": 60, "port0": 8, "inet6": 10, "every_call": 20, "clone_files": 6}


@each("name", WORKLOADS)
def test_the_same_calls_as_strace(name):
    compare(WORKLOADS[name], name)


def test_the_same_paths_as_strace():
    with tempfile.TemporaryDirectory() as folder:
        require_bpf()
        compare(10, "paths", folder, skip_cut=True)


def test_the_same_unix_sockets_as_strace():
    with tempfile.TemporaryDirectory() as folder:
        compare(17, "unix_listeners", folder + "/listener.sock")


def test_a_program_from_its_first_call_on():
    compare(20, "launcher", "/usr/bin/python3", "-c", "import json, asyncio; print(); input()")


def compare(at_least, name, *arguments, skip_cut=False):
    require_bpf()
    with tempfile.NamedTemporaryFile() as log, Workload(name, *arguments) as workload:
        with Strace(workload.pid, log.name, children_of(workload.pid)) as strace:
            with Recording("-p", workload.pid) as recording:
                workload.send_line("go")
                assert workload.out.next() is not None
                trace = recording.stop()
            calls = strace.detach()
        workload.send_line("quit")
        workload.wait()
    if skip_cut:  # strace prints no more than PATH_MAX bytes, or a pointer
        trace.records = [r for r in trace.records if not r.get("args", {}).get("pathname_cut")
                         and "pathname" not in r.get("unreadable", [])]
        calls = [c for c in calls if c.name != "openat" or c.args[1].endswith('"')]
    compared = oracle.compare(trace, calls)
    assert compared >= at_least, f"only {compared} calls were compared"
