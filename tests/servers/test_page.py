# SPDX-License-Identifier: Apache-2.0
"""`export --to html` in a real browser, without a display: what is in the document after its script has run, what of the
timeline is drawn, and that nothing of a trace becomes markup."""
import contextlib
import html
import os
import pathlib
import re
import subprocess

import pytest
from harness.environment import BIN, require_bpf, require_program
from harness.recorder import Recording, run
from harness.servers import APPS, PYTHON, Server, need


class HandingOver(Server):
    def command(self):
        need("tornado")
        (self.folder / "balloons.txt").write_text("up they go\n")
        return [PYTHON, APPS / "handing_over_app.py", str(self.port)]


class Busy(Server):
    def command(self):
        return [BIN / "epoll-server", "--port", str(self.port), "--wait-ms", "0"]


def browser(folder, *arguments):
    """Chromium with a profile of its own. It insists on a sandbox that root cannot have."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run([require_program("chromium"), "--headless", "--disable-gpu", "--disable-dev-shm-usage", *sandbox,
                           f"--user-data-dir={folder}/profile", "--window-size=1280,1400", *arguments],
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode()


def document(page):
    """The document as it is once the page's script has run."""
    return browser(page.parent, "--virtual-time-budget=3000", "--dump-dom", page.as_uri())


def section(dom, name):
    return html.unescape(re.search(rf'<section id="{name}">(.*?)</section>', dom, re.S)[1])


@pytest.fixture(scope="module")
def clicked(tmp_path_factory):
    """A page of a server that opened balloons on its loop and on another thread, and the server's port."""
    require_bpf()
    folder = tmp_path_factory.mktemp("page")
    with HandingOver() as server, Recording("-p", server.pid, output=folder / "t.loopscope.jsonl") as recording:
        server.ask("/loop")
        server.ask("/thread")
        for _ in range(20):  # a click is a small part of the whole
            with contextlib.suppress(AssertionError):  # 404
                server.ask("/nothing")
        recording.stop()
        page = folder / "page.html"
        run("export", recording.path, "--to", "html", "-o", page)
        return page, server.port


def test_the_listener_and_the_balloons_are_in_the_document(clicked):
    page, port = clicked
    dom = document(page)
    listeners = section(dom, "listeners")
    assert f"127.0.0.1:{port}" in listeners and "epoll_ctl ADD, EPOLLIN" in listeners, listeners
    rows = re.findall(r"<tr.*?</tr>", section(dom, "wakeups"), re.S)
    on_loop, = [row for row in rows if "balloons.txt" in row]
    on_thread, = [row for row in rows if "balloons.py" in row]
    # One row, where the second click came before the loop slept again.
    cause = re.compile("(new connection|data) on fd")
    assert cause.search(on_loop) and re.search(r"balloons\.txt(?! \(on thread)", on_loop), on_loop
    assert cause.search(on_thread) and re.search(r"balloons\.py \(on thread", on_thread), on_thread
    assert "epoll" in section(dom, "loops") and "python3" in section(dom, "loops")
    assert re.search(r'id="range"[^>]*>\+[\d.]+ s to \+[\d.]+ s', section(dom, "timeline")), "the timeline did not draw"
    assert "This page holds all of them" in dom


# Draws the page's own canvas once more and says how many of its points have which colour.
PROBE = """
<script>
const points = canvas => {
  const {data, width} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height), found = {};
  for (let i = 0; i < data.length; i += 4) {
    if (i / 4 % width < LABELS_PX + 2) continue;
    const key = [data[i], data[i + 1], data[i + 2]].join(',');
    found[key] = (found[key] || 0) + 1;
  }
  return Object.keys(found).length;
};
const before = points(timeline.canvas), wide = timeline.span;
timeline.reveal(data.bursts.find(b => b.did.includes('balloons.txt')));
const closer = timeline.span < wide;
document.querySelector('#wakeups tr.link').click();
document.getElementById('filter').value = 'balloons.py';
document.getElementById('filter').oninput();
const probe = document.createElement('p');
probe.id = 'probe';
probe.textContent = JSON.stringify({before, after: points(timeline.canvas), closer, lanes: timeline.lanes.length,
  details: !document.getElementById('details').hidden, left: document.querySelectorAll('#wakeups tbody tr').length});
document.body.append(probe);
</script>
"""


def test_the_timeline_is_drawn_and_answers(clicked):
    import json
    page, _ = clicked
    probed = page.parent / "probed.html"
    probed.write_text(page.read_text() + PROBE)
    said = re.search(r'<p id="probe">(.*?)</p>', document(probed))
    assert said, "the page's script ended with an error"
    found = json.loads(html.unescape(said[1]))
    assert found["before"] > 4 and found["after"] > 4, "a canvas of few colours: lanes, wakeups and calls are not drawn"
    assert found["closer"] and found["details"] and found["left"] == 1 and found["lanes"] >= 3, found


# How long a drawing takes, and what stands where calls were left out.
SPEED = """
<script>
const began = performance.now();
for (let i = 0; i < 5; ++i) timeline.draw();
const ms = (performance.now() - began) / 5;
const said = document.createElement('p');
said.id = 'probe';
said.textContent = JSON.stringify({ms, calls: data.calls.length, width: timeline.width,
  gap: timeline.x(data.shown.to), hidden: document.getElementById('left').hidden});
document.body.append(said);
</script>
"""


def test_a_busy_trace_says_what_is_left_out_and_draws_quickly(tmp_path):
    import json
    require_bpf()
    hey = require_program("hey")
    with Busy() as server, Recording("-p", server.pid, output=tmp_path / "t.loopscope.jsonl") as recording:
        subprocess.run([hey, "-n", "8000", "-c", "8", "-disable-keepalive", f"http://127.0.0.1:{server.port}/balloons"], check=True,
                       capture_output=True)
        recording.stop()
    page = tmp_path / "page.html"
    done = run("export", recording.path, "--to", "html", "-o", page)
    assert "the first 40 000 of" in done.stderr, done.stderr
    page.write_text(page.read_text() + SPEED)
    dom = document(page)
    found = json.loads(html.unescape(re.search(r'<p id="probe">(.*?)</p>', dom)[1]))
    # A tenth of a second would be felt; mostly it is some milliseconds.
    assert found["calls"] == 40_000 and found["ms"] < 100 and not found["hidden"], found
    assert 236 < found["gap"] < 236 + found["width"], "the timeline ends with the calls: nothing shows that others follow"
    left = html.unescape(re.sub("<[^>]*>", "", re.search(r'<p id="left".*?</p>', dom, re.S)[0]))
    assert re.match(r"Left out here: [\d ]+ calls after \+[\d.]+ s, until \+[\d.]+ s", left) and "--from" in left, left
    assert "balloons.txt" in section(dom, "wakeups")


def test_nothing_of_a_trace_becomes_markup(clicked):
    page, _ = clicked
    hostile = page.parent / "hostile.loopscope.jsonl"
    bad = "</script><script>document.title='owned'</script><img src=x onerror=document.title='owned'>"
    trace = (page.parent / "t.loopscope.jsonl").read_text()
    assert "balloons.txt" in trace
    hostile.write_text(trace.replace("balloons.txt", bad))
    hostile_page = pathlib.Path(page.parent / "hostile.html")
    run("export", hostile, "--to", "html", "-o", hostile_page)
    dom = document(hostile_page)
    assert "<title>loopscope: 127.0.0.1" in dom and "<img" not in dom
    assert bad in section(dom, "wakeups")
