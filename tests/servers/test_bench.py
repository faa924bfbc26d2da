# SPDX-License-Identifier: Apache-2.0
"""`loopscope bench`: the table against theory, its files, and what it says where it cannot measure. The limits are wide:
these tests run on machines that have other things to do."""
import csv
import json
import os
import resource
import socket
import subprocess
import xml.etree.ElementTree as xml

import pytest
from harness.environment import BIN, require_bpf, require_program
from harness.recorder import run
from harness.servers import APPS, PYTHON

HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def bench(*options, **more):
    return run("bench", "-q", *options, limit_s=120, **more)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab's comparison, short."""
    require_bpf()
    require_program("hey")
    folder = tmp_path_factory.mktemp("bench")
    done = bench("--rounds", "1", "--requests", "96", "--csv", folder / "b.csv", "--json", folder / "b.json", "--svg", folder / "b.svg")
    return done.stdout, folder


def test_the_labs_table_is_near_theory(lab):
    text, folder = lab
    rows = {(row["server"][0], row["clients"]): row for row in json.loads((folder / "b.json").read_text())["rows"]}
    assert {key: row["theory_s"] for key, row in rows.items()} == {
        ("A", 4): 0.08, ("A", 16): 0.32, ("B", 4): 0.02, ("B", 16): 0.04, ("C", 4): 0.02, ("C", 16): 0.02}
    for key, row in rows.items():
        assert 0.9 * row["theory_s"] < row["median_s"] < 1.6 * row["theory_s"], (key, row["median_s"])
        assert row["failed"] == 0 and row["answered"] == 96 and len(row["latencies_s"]) == 96
        assert row["calls"] > 1 and row["cpu_s"] > 0, row
    # One loop is told of several requests at once; a server that serves one after the other has no such loop.
    assert rows["C", 16]["wakeups"] <= 2 and rows["C", 16]["cpu_s"] < rows["A", 16]["cpu_s"] * 2
    for word in ("governor:", "mitigations:", "Linux", "THEORY"):
        assert word in text, text


def test_its_files(lab):
    _, folder = lab
    rows = list(csv.DictReader((folder / "b.csv").read_text().splitlines()))
    assert len(rows) == 6 and float(rows[0]["median_s"]) > 0
    svg = xml.parse(folder / "b.svg").getroot()
    lines = svg.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 6 and all(line.get("points").strip() for line in lines)


def test_open_loops_are_near_theory(tmp_path):
    for distribution, least, most in (("fixed", 0.021, 0.045), ("exp", 0.022, 0.060)):
        bench("--model", "A", "--rate", "15", "--rounds", "1", "--requests", "120", "--wait-dist", distribution, "--no-trace",
              "--json", tmp_path / "b.json")
        row, = json.loads((tmp_path / "b.json").read_text())["rows"]
        assert row["failed"] == 0 and row["theory_s"] == pytest.approx(0.02 + 0.3 * 0.02 / 1.4 if distribution == "fixed" else 0.02 / 0.7)
        assert least < row["mean_s"] < most, row["mean_s"]
        assert row["requests_per_s"] == pytest.approx(15, rel=0.1)


def test_any_servers_and_idle_connections(tmp_path):
    require_program("hey")
    command = f"{BIN}/coroutine-server --wait-ms 1 --port {{port}}"
    bench("--exec", command, "--exec", f"{PYTHON} {APPS}/aiohttp_app.py {{port}}", "--concurrency", "4", "--requests", "40", "--rounds",
          "2", "--idle", "50", "--json", tmp_path / "b.json")
    rows = json.loads((tmp_path / "b.json").read_text())["rows"]
    assert [row["server"] for row in rows][0] == command and len(rows) == 2
    assert all(row["answered"] == 80 and row["theory_s"] is None and len(row["medians_s"]) == 2 for row in rows), rows


def test_poll_pays_for_idle_connections_and_epoll_does_not(tmp_path):
    require_bpf()
    require_program("hey")
    # A shell as most are: 1024 descriptors, which may be raised.
    done = bench("--idle", "0,100,1000", "--concurrency", "4", "--requests", "100", "--rounds", "1", "--json", tmp_path / "b.json",
                 "--traces", tmp_path / "runs", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, HARD)))
    rows = {row["server"]: row for row in json.loads((tmp_path / "b.json").read_text())["rows"]}
    assert list(rows) == [f"{name}, {idle} idle" for name in ("poll", "epoll") for idle in (0, 100, 1000)], list(rows)
    assert [row["idle"] for row in rows.values()] == [0, 100, 1000] * 2 and "poll, 1000 idle" in done.stdout
    cpu = {name: row["cpu_s"] for name, row in rows.items()}
    assert cpu["poll, 1000 idle"] > 3 * cpu["epoll, 1000 idle"], cpu
    # The recorded runs are there, and say why: every poll() hands over all of them.
    kept = sorted(path.name for path in (tmp_path / "runs").iterdir())
    assert kept == sorted(f"{name}-server-idle{idle}-c4.loopscope.jsonl" for name in ("poll", "epoll") for idle in (0, 100, 1000))
    for idle, least, most in ((0, 1, 10), (1000, 1001, 1010)):
        calls = run("show", tmp_path / "runs" / f"poll-server-idle{idle}-c4.loopscope.jsonl", "call=poll", "--json").stdout
        largest = max(json.loads(line)["args"]["nfds"] for line in calls.splitlines())
        assert least <= largest <= most, largest


def test_too_few_descriptors_for_idle_connections():
    limits = (300, 300)
    script = [BIN / "loopscope", "bench", "-q", "--model", "poll", "--idle", "1000", "--rounds", "1"]
    if os.getuid() == 0:  # who may raise any limit
        script = [require_program("setpriv"), "--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource", *script]
    done = subprocess.run(script, check=False, capture_output=True, text=True, timeout=30,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
    refused(done, "descriptors are needed", "300", "ulimit -Hn")


def test_a_short_accept_queue_costs_seconds(tmp_path):
    require_program("hey")
    bench("--model", "A", "--backlog", "1,128", "--concurrency", "16", "--requests", "48", "--rounds", "1", "--no-trace", "--json",
          tmp_path / "b.json")
    short, long = json.loads((tmp_path / "b.json").read_text())["rows"]
    assert short["server"].endswith("backlog 1") and short["max_s"] > 0.9 > long["max_s"], (short["max_s"], long["max_s"])


def refused(done, *says, code=1):
    assert done.returncode == code and all(word in done.stderr for word in says), (done.returncode, done.stderr)
    assert code == 2 or len(done.stderr.splitlines()) == 1, done.stderr


def test_hey_is_missing(tmp_path):
    refused(bench("--model", "C", "--rounds", "1", check=False, env={**os.environ, "PATH": str(tmp_path)}), "hey is not installed", "apt")


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(bench("--model", "C", "--port", port, check=False), f"port {port} is in use", "loopscope list")


def test_servers_that_do_not_serve(tmp_path):
    refused(bench("--exec", "/nonexistent {port}", check=False), "cannot run /nonexistent")
    refused(bench("--exec", "false {port}", check=False), "ended before it listened")
    refused(bench("--exec", "true", check=False), "{port}")
    refused(bench("--model", "Z", check=False), "'Z' is not a server model")
    refused(bench("--rate", "0", check=False), "--rate", code=2)
    refused(bench("--concurrency", "4x", check=False), "4x", code=2)
