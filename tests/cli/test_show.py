# SPDX-License-Identifier: Apache-2.0
"""`loopscope show`: the lines, the query, what it reads and how it ends."""
import contextlib
import json
import pathlib
import re
import tempfile

from harness.environment import require_bpf
from harness.recorder import Recording, run
from harness.workload import Workload


@contextlib.contextmanager
def recorded_accepts():
    """A folder with a trace of 23 accepts; the trace, and its path."""
    require_bpf()
    with tempfile.TemporaryDirectory(prefix="loopscope-test-") as folder:
        path = pathlib.Path(folder) / "accepts.loopscope.jsonl"
        with Workload("accepts") as workload, Recording("-p", workload.pid, output=path) as recording:
            workload.tell("go")
            trace = recording.stop()
        yield trace, path


def test_lines_queries_and_records():
    with recorded_accepts() as (trace, path):
        every = run("show", path)
        assert len(every.stdout.splitlines()) == len(trace.records) and not every.stderr, every.stderr
        accepted = run("show", path, "call~accept ret>=0").stdout.splitlines()
        assert len(accepted) == 23
        line = re.compile(r"^ *\d+\.\d{6}  [\d.]+ +accept4?\(\d+<tcp \S+ listen>, 127\.0\.0\.1:\d+.*\) = \d+<tcp \S+->\S+>"
                          r".* <[\d.]+[num]?s>$")
        for each in accepted:
            assert line.match(each), each
        # A query in one word or in several, before or after the file.
        assert run("show", "call~accept", path, "ret>=0").stdout.splitlines() == accepted
        records = [json.loads(line) for line in run("show", "--json", path, "call~accept ret>=0").stdout.splitlines()]
        assert [r["id"] for r in records] == [r["id"] for r in trace.accepts()]
        # Without a file, the newest in the folder; from standard input by its name.
        assert run("show", "call~accept", "ret>=0", cwd=path.parent).stdout.splitlines() == accepted
        with open(path, "rb") as file:
            assert run("show", "-", "call~accept ret>=0", stdin=file).stdout.splitlines() == accepted


def test_nothing_found_is_said():
    with recorded_accepts() as (trace, path):
        done = run("show", path, "dur>1000s")
        assert not done.stdout and f"none of the {len(trace.records)} records" in done.stderr


def test_a_query_that_cannot_be_understood():
    with tempfile.TemporaryDirectory() as folder:
        for query, says in {"foo=1": "no field", "dur>10x": "not a time", "call=acept": "no call", "fd~6": "number"}.items():
            done = run("show", query, check=False, cwd=folder)
            assert done.returncode == 2 and not done.stdout, done
            assert len(done.stderr.splitlines()) == 1 and query in done.stderr and says in done.stderr, done.stderr


def test_a_damaged_trace_is_shown_as_far_as_it_goes():
    with recorded_accepts() as (trace, path):
        lines = path.read_bytes().splitlines(keepends=True)
        damaged = path.with_name("damaged.jsonl")
        damaged.write_bytes(b"".join(lines[:5] + [b'{"type":"call",\n'] + lines[5:-1]) + lines[-1][:-9])
        done = run("show", damaged, "call~accept ret>=0")
        assert len(done.stdout.splitlines()) == 23
        assert re.search(r"line 6\b", done.stderr) and len(done.stderr.splitlines()) == 2, done.stderr


def test_a_full_disk():
    with recorded_accepts() as (_, path), open("/dev/full", "wb") as full:
        done = run("show", path, stdout=full, check=False)
        assert done.returncode == 1 and "No space left" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
