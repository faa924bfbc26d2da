# SPDX-License-Identifier: Apache-2.0
"""`loopscope export`: each format read by something that is not ours, parts of a trace, redaction, and bad input."""
import csv
import io
import json
import re

import pytest
from harness import schema
from harness.environment import ROOT
from harness.recorder import report, run
from harness.trace import Trace

HOSTILE = "</script><script>document.title='owned'</script>\u2028<img src=x onerror=alert(1)>\"'&=\x1b[31m"
HEADER = {"type": "trace", "id": 1, "format": 1, "tool": "loopscope 0.1.0", "started": "2026-11-22T10:00:00.5Z",
          "monotonic_ns": 0, "kernel": "6.12.0", "arch": "x86_64", "host_cpus": 2,
          "command": ["loopscope", "record", "--", "/home/you/app.py", HOSTILE], "target": [70],
          "calls": ["accept", "accept4", "bind", "epoll_ctl", "epoll_pwait", "epoll_wait", "listen", "openat"]}


def call(t, name, args, ret, tid=70, **more):
    record = {"type": "call", "t": t, "dur": 1000, "tid": tid, "call": name, "args": args}
    if tid != 70:
        record["pid"] = 70
    return {**record, **more, "ret": ret} if "error" not in more else {**record, **more, "ret": -1}


def records():
    yield {"type": "process", "t": 10, "pid": 70, "ppid": 1, "fdtable": 1, "comm": "python3", "exe": "/usr/bin/python3",
           "cmdline": ["python3", "/home/you/secret/app.py", "--token", "hunter2"],
           "threads": [{"tid": 70, "comm": "python3"}], "origin": "snapshot"}
    yield {"type": "snapshot_end", "t": 20, "since": 5, "pids": [70], "origin": "snapshot"}
    yield call(1_000_000, "bind", {"sockfd": 6, "addr": "0.0.0.0:8079"}, 0, files={"sockfd": 1}, local="0.0.0.0:8079")
    yield call(2_000_000, "listen", {"sockfd": 6, "backlog": 128}, 0, files={"sockfd": 1}, local="0.0.0.0:8079", backlog=128)
    yield call(3_000_000, "epoll_ctl", {"epfd": 5, "op": "EPOLL_CTL_ADD", "fd": 6, "events": ["EPOLLIN"], "data": "0x6"}, 0,
               files={"epfd": 2, "fd": 1})
    yield {**call(4_000_000, "epoll_wait", {"epfd": 5, "maxevents": 1023, "timeout": -1}, 1, files={"epfd": 2},
                  ready=[{"events": ["EPOLLIN"], "data": "0x6", "fd": 6, "file": 1}]), "dur": 5_000_000}
    yield call(10_000_000, "accept4", {"sockfd": 6}, 7, files={"sockfd": 1, "ret": 3}, kind="tcp",
               local="192.0.2.7:8079", peer="203.0.113.9:51124")
    yield call(11_000_000, "openat", {"dirfd": "AT_FDCWD", "pathname": "/home/you/secret/balloons.py", "flags": ["O_RDONLY"]},
               8, files={"ret": 4})
    yield call(12_000_000, "openat", {"dirfd": "AT_FDCWD", "pathname": "=cmd|' /C calc'!A0" + HOSTILE, "flags": ["O_RDONLY"]},
               -1, error="ENOENT")
    yield call(13_000_000, "accept4", {"sockfd": 6}, -1, files={"sockfd": 1}, error="EAGAIN")
    yield {**call(14_000_000, "epoll_wait", {"epfd": 5, "maxevents": 1023, "timeout": 5}, 0, files={"epfd": 2}),
           "dur": 5_000_000}
    yield {"type": "end", "t": 20_000_000, "events": 9, "lost": 0, "reason": "interrupted"}


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "app.loopscope.jsonl"
    lines = [HEADER] + [{"type": r.pop("type"), "id": i, **r} for i, r in enumerate(records(), 2)]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    schema.validate(path.read_text().split("\n")[:-1])
    return path


def export(trace, form, *options):
    return run("export", trace, "--to", form, *options).stdout


def page_data(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def test_a_table_for_spreadsheets(trace):
    rows = list(csv.DictReader(io.StringIO(export(trace, "csv"), newline="")))
    assert len(rows) == 9 and [r["call"] for r in rows][:3] == ["bind", "listen", "epoll_ctl"]
    registration = rows[2]
    assert (registration["fd"], registration["kind"], registration["op"], registration["events"], registration["data"]) == (
        "6", "listener", "EPOLL_CTL_ADD", "EPOLLIN", "0x6")
    wakeup = rows[3]
    assert (wakeup["t_ns"], wakeup["dur_ns"], wakeup["ready"]) == ("4000000", "5000000", "6:EPOLLIN")
    assert rows[4]["peer"] == "203.0.113.9:51124" and rows[7]["error"] == "EAGAIN" and rows[7]["ret"] == "-1"
    assert rows[6]["path"].startswith("'=cmd"), "a spreadsheet would take it for a formula"


def test_perfetto_gets_slices_and_arrows_from_the_registration(trace):
    events = json.loads(export(trace, "chrome"))["traceEvents"]
    slices = [e for e in events if e["ph"] == "X" and e["cat"] in ("call", "wait")]
    assert len(slices) == 9 and all(e["dur"] >= 0 and e["pid"] == 70 for e in slices)
    bursts = [e for e in events if e.get("cat") == "burst"]
    assert any(e["name"] == "woken by new connection on fd 6" for e in bursts), bursts
    start, = [e for e in events if e["ph"] == "s"]
    end, = [e for e in events if e["ph"] == "f"]
    assert start["id"] == end["id"] and start["ts"] == 3000.0 and end["ts"] == 9000.0 and end["bp"] == "e"
    within = [e for e in slices if e["ts"] <= start["ts"] <= e["ts"] + e["dur"]]
    assert [e["name"] for e in within] == ["epoll_ctl fd 6 (0.0.0.0:8079)"]
    names = [e["args"]["name"] for e in events if e["ph"] == "M" and e["name"] == "process_name"]
    assert names == ["python3 /home/you/secret/app.py --token hunter2"]


def test_lines_of_strace(trace):
    lines = export(trace, "strace").splitlines()
    assert lines[0] == ('70    1795341600.501000 bind(6, {sa_family=AF_INET, sin_port=htons(8079), '
                        'sin_addr=inet_addr("0.0.0.0")}, 16) = 0 <0.000001>')
    assert lines[3].endswith("epoll_wait(5, [{events=EPOLLIN, data={u32=6, u64=6}}], 1023, -1) = 1 <0.005000>")
    assert lines[6].endswith("= -1 ENOENT (No such file or directory) <0.000001>") and "\\33[31m" in lines[6]
    assert all("\x1b" not in line for line in lines)


def test_a_whole_trace_stays_as_it_is(trace):
    said = export(trace, "jsonl").rstrip("\n").split("\n")
    assert [json.loads(line) for line in said] == [json.loads(line) for line in trace.read_text().rstrip("\n").split("\n")]


def test_a_part_of_a_trace_is_a_trace(trace, tmp_path):
    part = tmp_path / "part.loopscope.jsonl"
    run("export", trace, "--to", "jsonl", "--from", "9500us", "--to-time", "12ms", "-o", part)
    read = Trace.read(part)
    schema.validate(read.lines)
    read.check()
    assert [c["call"] for c in read.calls()] == ["accept4", "openat"]
    listener, = report(part)["listeners"]
    assert listener["fd"] == 6 and listener["registrations"][0]["epfd"] == 5 and listener["accepts"] == 1


@pytest.mark.parametrize("form", ["csv", "strace", "chrome", "html"])
def test_parts_in_every_format(trace, form):
    said = export(trace, form, "--from", "id=8", "--to-time", "id=9")
    calls = {"csv": lambda: len(said.splitlines()) - 1, "strace": lambda: len(said.splitlines()),
             "chrome": lambda: sum(e.get("cat") == "call" for e in json.loads(said)["traceEvents"]),
             "html": lambda: page_data(said)["shown"]["calls"]}[form]()
    assert calls == 2 or form == "chrome" and calls == 1, said[:2000]


SECRETS = {"args": ["hunter2", "--token"], "paths": ["/home/you", "secret", "balloons"], "peers": ["203.0.113.9"]}


@pytest.mark.parametrize("form", ["csv", "strace", "chrome", "html", "jsonl"])
def test_nothing_that_was_to_be_left_out_is_left_in(trace, form):
    whole = export(trace, form, "--redact", "args,paths,peers")
    for secret in (word for words in SECRETS.values() for word in words):
        # The page itself speaks of balloons.
        said = json.dumps(page_data(whole)) if form == "html" else whole
        assert secret not in said, (secret, said[:3000])
    assert "8079" in whole


@pytest.mark.parametrize("kind", SECRETS)
def test_only_what_was_asked_for_is_left_out(trace, kind):
    said = export(trace, "jsonl", "--redact", kind)
    schema.validate(said.split("\n")[:-1])
    for other, secrets in SECRETS.items():
        if other != kind and not (kind == "args" and other == "paths") and not (kind == "paths" and other == "args"):
            assert secrets[0] in said, (kind, other)
        if other == kind:
            assert not [s for s in secrets if s in said]
    if kind == "paths":
        assert "/redacted/" in said and ".py" in said


def test_a_page_holds_the_trace_and_no_markup_of_it(trace):
    page = export(trace, "html")
    data = page_data(page)
    assert data["shown"] == {"from": 1_000_000, "to": 19_000_000, "calls": 9, "of": 9, "until": 19_000_000,
                             "bursts": len(data["bursts"]), "bursts_of": len(data["bursts"])}
    assert data["report"]["listeners"][0]["address"] == "0.0.0.0:8079"
    assert any("balloons.py" in b["did"] and b["cause"] == "new connection on fd 6" for b in data["bursts"])
    assert page.count("</script>") == 2 and "<img" not in page and HOSTILE not in page
    assert data["header"]["command"][-1] == HOSTILE
    ours = re.sub(r'id="data">.*?</script>', "", page, flags=re.S)
    for address in re.findall(r'(?:src|href)\s*=|https?://[^\s"\']+', ours):
        raise AssertionError(f"the page would fetch something: {address}")


def test_a_page_of_a_long_trace_says_what_it_holds(trace):
    lines = trace.read_text().rstrip("\n").split("\n")
    calls = [json.dumps({"type": "call", "id": 100 + i, "t": 20_000_000 + i * 1000, "dur": 100, "tid": 70, "call": "listen",
                         "args": {"sockfd": 6, "backlog": 128}, "files": {"sockfd": 1}, "ret": 0}) for i in range(40_100)]
    trace.write_text("\n".join(lines[:-1] + calls) + "\n")
    page = export(trace, "html")
    shown = page_data(page)["shown"]
    assert shown["calls"] == 40_000 and shown["of"] == 40_109 and len(page) < 8_000_000, shown
    assert page_data(page)["bytes"] == len(page.encode())
    assert shown["to"] == 59_990_100 and shown["until"] == 60_099_100, shown
    # As much is said where it is made; whoever wants the rest is told how.
    done = run("export", trace, "--to", "html", "-o", trace.parent / "page.html")
    assert "the first 40 000 of 40 109 calls" in done.stderr and "--from 0.059990s" in done.stderr, done.stderr
    for limit, calls in (("5", 5), ("50000", 40_109)):
        done = run("export", trace, "--to", "html", "--limit", limit)
        assert page_data(done.stdout)["shown"]["calls"] == calls
        assert ("--limit" in done.stderr) == (calls == 5), done.stderr
    assert page_data(export(trace, "html", "--limit", "1"))["shown"]["bursts"] == 1
    later = page_data(export(trace, "html", "--from", "59ms"))["shown"]
    assert later["calls"] == later["of"] < 2000 and later["from"] >= 58_999_000, later


def test_bad_input(trace, tmp_path):
    assert run("export", trace, check=False).returncode == 2
    assert run("export", trace, "--to", "pdf", check=False).returncode == 2
    assert run("export", trace, "--to", "html", "--limit", "0", check=False).returncode == 2
    done = run("export", trace, "--to", "csv", "--limit", "5", check=False)
    assert done.returncode == 2 and "--limit is of a page" in done.stderr
    for options, says in ((["--redact", "names"], "is not args, paths or peers"), (["--from", "noon"], "is not a time")):
        done = run("export", trace, "--to", "csv", *options, check=False)
        assert done.returncode == 2 and says in done.stderr and not done.stdout, done
    done = run("export", ROOT / "README.md", "--to", "html", "-o", tmp_path / "page.html", check=False)
    assert done.returncode == 1 and "README.md" in done.stderr and not (tmp_path / "page.html").exists()
    done = run("export", "--to", "csv", check=False, cwd=tmp_path / "..")
    assert done.returncode == 1 and "no trace is named" in done.stderr
    before = trace.read_text()
    done = run("export", trace, "--to", "csv", "-o", trace, check=False)
    assert done.returncode == 1 and "would replace the trace" in done.stderr and trace.read_text() == before
    (tmp_path / "empty").write_text("")
    assert run("export", tmp_path / "empty", "--to", "chrome", check=False).returncode == 1
    done = run("export", trace, "--to", "csv", "-o", "/dev/full", check=False)
    assert done.returncode == 1 and "No space left" in done.stderr


def test_damaged_lines_are_told_and_the_rest_is_exported(trace):
    lines = trace.read_text().split("\n")
    lines[5] = "{broken"
    trace.write_text("\n".join(lines))
    done = run("export", trace, "--to", "csv")
    assert len(done.stdout.rstrip().split("\r\n")) == 9 and "line 6" in done.stderr
