# SPDX-License-Identifier: Apache-2.0
"""Which wakeup opened a file, on the loop, on a thread made for it and on one of a pool; and what is said then."""
import json
import time

from harness.environment import require_bpf
from harness.processes import Child
from harness.recorder import Recording, run
from harness.servers import APPS, PYTHON, Server, need


class HandingOver(Server):
    def command(self):
        need("tornado")
        (self.folder / "balloons.txt").write_text("up they go\n")
        return [PYTHON, APPS / "handing_over_app.py", str(self.port)]


def asked(trace, *options):
    return json.loads(run("report", trace.path, "--json", *options).stdout)


def record(*paths):
    require_bpf()
    with HandingOver() as server:
        with Recording("-p", server.pid) as recording:
            for path in paths:
                server.ask(path)
                time.sleep(0.05)  # a thread of a pool has gone back to sleep before the next request
            trace = recording.stop()
    trace.check_nothing_lost()
    return trace, server.pid


def check_wakeup(trace, found, pid):
    """It is a wait of the loop that returned before the file was opened."""
    wait, = [c for c in trace.waits(tid=pid) if c["id"] == found["wakeup"]["id"]]
    assert wait["t"] + wait["dur"] <= found["t"], (wait, found)


def test_a_file_opened_on_the_loop():
    trace, pid = record("/loop")
    said = asked(trace, "--opened", "balloons.txt")
    found, = said["files"]
    assert found["tid"] == pid and not found["links"] and found["sure"] == "certain", found
    check_wakeup(trace, found, pid)
    assert [o["path"] for o in asked(trace)["opened"]] == [found["path"]]


def test_a_thread_per_click_that_imports_once():
    trace, pid = record("/thread", "/thread")
    said = asked(trace, "--opened", "balloons.py")
    found, = [f for f in said["files"] if "error" not in f]
    assert found["tid"] != pid and found["sure"] == "certain", found
    assert [link["how"] for link in found["links"]] == ["created"], found
    check_wakeup(trace, found, pid)
    explained = asked(trace, "--explain", found["id"])
    assert explained["burst"]["id"] == found["wakeup"]["id"]
    assert found["tid"] in [thread["tid"] for thread in explained["threads"]]
    # The second click opened nothing: Python has the module already.
    second, = [c for c in trace.calls("clone", "clone3") if c["id"] > found["id"]]
    text = run("report", trace.path, "--explain", second["id"]).stdout
    assert "Python keeps the modules it has imported" in text, text


def test_a_pool_that_reads_it_each_time():
    trace, pid = record("/executor", "/executor", "/executor")
    said = asked(trace, "--opened", "balloons.txt")
    assert said["opened"] == 3 and all(f["tid"] != pid for f in said["files"]), said
    assert all(f["wakeup"] for f in said["files"]), said
    wakeups = {f["wakeup"]["id"] for f in said["files"]}
    assert len(wakeups) == 3, wakeups
    for found in said["files"]:
        check_wakeup(trace, found, pid)


def test_figures_agree_with_one_another():
    trace, pid = record(*["/loop"] * 23)
    loop, = [row for row in asked(trace)["loops"] if row["tid"] == pid and row["bursts"]]
    bursts = loop["bursts"]
    assert sum(loop["returned"].values()) == loop["iterations"]
    assert loop["wakeups"].get("already ready", 0) == bursts["already_ready"]
    assert sum(bursts["causes"].values()) + bursts["already_ready"] + bursts["looked_again"] == loop["iterations"]
    assert 0 < bursts["load"] <= 1 and loop["cpu_ns"] > 0
    text = run("report", trace.path, "--section", "slow").stdout
    assert "The slowest bursts" in text and "listening socket" not in text


def test_watch_shows_the_wakeups_and_ends_with_the_summary():
    require_bpf()
    with HandingOver() as server:
        with Child(watch_command("-p", server.pid)) as watch:
            assert watch.err.find(lambda line: "watching" in line), watch.err.text()
            server.ask("/loop")
            line = watch.out.find(lambda line: "new connection" in line)
            assert line and f"127.0.0.1:{server.port} listen" in line, watch.out.text()
            watch.send(2)
            assert watch.wait() == 0, watch.err.text()
            assert "is the listening socket" in watch.out.text(), watch.out.text()


def watch_command(*words):
    from harness.environment import LOOPSCOPE
    return [LOOPSCOPE, "watch", *map(str, words)]
