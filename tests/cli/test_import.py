# SPDX-License-Identifier: Apache-2.0
"""`loopscope import strace`: where the trace goes, and what is said of logs that are none."""
import json
import pathlib

import pytest
from harness.recorder import report, run
from harness.trace import Trace

LOG = """\
70 execve("/usr/bin/python3", ["python3", "app.py"], 0x7ffe /* 20 vars */) = 0
70 bind(6, {sa_family=AF_INET, sin_port=htons(8079), sin_addr=inet_addr("0.0.0.0")}, 16) = 0
70 listen(6, 128)                    = 0
70 epoll_ctl(5, EPOLL_CTL_ADD, 6, {events=EPOLLIN, data={u32=6, u64=6}}) = 0
70 epoll_wait(5, [{events=EPOLLIN, data={u32=6, u64=6}}], 1023, -1) = 1
71 openat(AT_FDCWD, "/srv/balloons.py", O_RDONLY|O_CLOEXEC) = 8
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_text(LOG)
    return path


def test_a_log_becomes_a_trace(log):
    trace_path = log.parent / "app.loopscope.jsonl"
    done = run("import", "strace", log, "-o", trace_path)
    assert "6 calls of 1 process" in done.stderr and not done.stdout
    trace = Trace.read(trace_path)
    trace.check()
    assert trace.header["probes"]["calls"].startswith("strace")
    for unknown in ("times", "off-CPU", "io_uring", "queues"):
        assert trace.header["probes"][unknown].startswith("off: "), trace.header["probes"]
    listener, = report(trace_path)["listeners"]
    assert (listener["fd"], listener["address"], listener["wakeups"]) == (6, "0.0.0.0:8079", 1)
    said = run("report", trace_path).stdout
    assert "imported from a log of strace" in said
    # Durations without times would be read as if they were measured; and nothing is known of what was not read.
    assert said.splitlines()[1].startswith("Times are not known: the log has no times"), said
    assert "not touched in the burst" not in said
    opened = json.loads(run("report", trace_path, "--opened", "balloons", "--json").stdout)
    assert opened["files"][0]["tid"] == 71


def test_names_of_the_trace(log):
    run("import", "strace", log, cwd=log.parent)
    assert [p for p in log.parent.iterdir() if p.name.startswith("strace-log-70-") and p.name.endswith(".loopscope.jsonl")]
    to_stdout = run("import", "strace", log, "-o", "-")
    from_stdin = run("import", "strace", "-", "-o", "-", stdin=open(log))
    assert to_stdout.stdout.splitlines()[1:] == from_stdin.stdout.splitlines()[1:]
    packed = log.parent / "x.loopscope.jsonl.zst"
    run("import", "strace", log, "-o", packed)
    assert packed.read_bytes()[:4] == b"\x28\xb5\x2f\xfd" and report(packed)["listeners"]


@pytest.mark.parametrize("text, says", [
    ("", "is empty"),
    ("\n\n", "is empty"),
    ("hello\nworld\n", "not a log of strace: line 1 of 2 is 'hello'"),
    ("\x1b[31m\x00\xff(\n", r"not a log of strace: line 1 of 1 is '\x1b[31m"),
    ('7 futex(0x1, FUTEX_WAKE, 1) = 0\n', "holds 1 call of strace, but none that loopscope knows"),
    ('{"type":"trace","id":1,"format":1}\n', "not a log of strace"),
], ids=range(6))
def test_no_log_of_strace(tmp_path, text, says):
    path = tmp_path / "log"
    path.write_bytes(text.encode("latin-1"))
    done = run("import", "strace", path, "-o", tmp_path / "out", check=False)
    assert done.returncode == 1 and says in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "out").exists()


def test_lines_that_cannot_be_read_are_named(log):
    log.write_text(LOG + "70 listen(6, \"\n" + LOG + "70 listen(six, 1) = 0\n")
    done = run("import", "strace", log, "-o", "-")
    said = done.stderr.splitlines()
    assert "line 7: the arguments of the call do not end; it is left out" in said[0], said
    assert "line 14: an argument of listen cannot be read; it is left out" in said[1], said
    assert '"lines that could not be read":2' in done.stdout


def test_many_damaged_lines_are_not_all_told(log):
    log.write_text(LOG + "70 listen(6\n" * 1000)
    said = run("import", "strace", log, "-o", "-").stderr.splitlines()
    assert len(said) == 7 and "995 more lines that cannot be read" in said[5], said


def test_the_log_is_not_replaced(log):
    done = run("import", "strace", log, "-o", log, check=False)
    assert done.returncode == 1 and "would replace the log" in done.stderr
    assert log.read_text() == LOG


def test_wrong_usage(tmp_path):
    assert run("import", check=False).returncode == 2
    assert run("import", "strace", check=False).returncode == 2
    assert run("import", "perf", "x", check=False).returncode == 2
    done = run("import", "strace", tmp_path / "missing", check=False)
    assert done.returncode == 1 and "missing" in done.stderr
    done = run("import", "strace", pathlib.Path("/dev/null"), check=False)
    assert done.returncode == 1 and "is empty" in done.stderr
