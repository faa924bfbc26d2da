# SPDX-License-Identifier: Apache-2.0
"""The recorded examples in traces/: what the schema and the page beside them say of each, and reports of them."""
import json
import pathlib
import re
import subprocess

import pytest
from harness.environment import ROOT
from harness.recorder import report, run
from harness.trace import Trace

FOLDER = ROOT / "traces"
LISTED = re.findall(r"^\| `([\w.-]+)` \| (.*?) \| `(.*?)` \| (.*?) \|$", (FOLDER / "README.md").read_text(), re.M)
HOW = {"blocking": "blocking_accept", "threadpool": "blocking_accept", "poll": "poll", "io-uring": "io_uring"}


def name_of(file):
    return file.split(".")[0]


def read(path, folder):
    """The trace, unpacked where it is compressed."""
    if path.suffix == ".zst":
        plain = pathlib.Path(folder) / path.stem
        plain.write_bytes(subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout)
        path = plain
    return Trace.read(path)


def test_every_example_is_listed_and_there():
    there = {p.name for p in FOLDER.iterdir() if ".jsonl" in p.name}
    assert there == {file for file, *_ in LISTED} and len(there) >= 10
    assert sum((FOLDER / name).stat().st_size for name in there) < 500_000, "small, for a repository"


@pytest.mark.parametrize("file", [file for file, *_ in LISTED])
def test_an_example(file, tmp_path):
    name, path = name_of(file), FOLDER / file
    trace = read(path, tmp_path)
    trace.check()  # the schema, order, ids, pending calls
    trace.check_nothing_lost()
    asked = next(paths.count("`") // 2 for listed, _, _, paths in LISTED if listed == file)
    rows = [row for row in report(path)["listeners"] if row["accepts"]]
    assert len(rows) == 1 and rows[0]["accepts"] == asked and rows[0]["bind_t"], rows
    ways = {r["how"] for r in rows[0]["registrations"]}
    expected = HOW.get(name, "epoll_ctl")
    assert expected in ways or name == "node" and "io_uring_epoll_ctl" in ways, ways
    assert not re.search(r"/(root|home|work)/", "\n".join(trace.lines)), "a folder of the machine it was recorded on"


@pytest.mark.parametrize("file, where", [("tornado-on-the-loop", "loop"), ("tornado-on-a-thread", "thread"), ("epoll", "loop")])
def test_who_opened_the_balloons(file, where):
    path, = FOLDER.glob(file + ".loopscope.*")
    found = json.loads(run("report", path, "--opened", "balloons", "--json").stdout)["files"]
    opened = [f for f in found if "error" not in f]
    assert opened and all(f["wakeup"] for f in opened), found
    assert all((f["tid"] == f["wakeup"]["tid"]) == (where == "loop") for f in opened), found
