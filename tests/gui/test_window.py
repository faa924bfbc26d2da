# SPDX-License-Identifier: Apache-2.0
"""The real window on a screen of its own (Xvfb), with a real mouse and keyboard (xdotool)."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

VIEWER = pathlib.Path(os.environ.get("LOOPSCOPE_BIN", "build/bin")).absolute() / "loopscope-viewer"
TRACE = pathlib.Path(__file__).parent / "starts.jsonl"
# Where things stand in a window of 1280x720: viewer/panels/window.cpp.
LISTENER_Y, FIRST_MARK_X, SEARCH = 139, 220, (600, 16)
SHOW_REGISTRATION, NEXT_WAKEUP = (775, 532), (886, 532)
RECORD, RECORD_DEMO = (1187, 16), (640, 482)
# Exercises, the third of them, and on its page: a hint, what is selected, the reason, answer.
EXERCISES, THIRD, PORT, HINT, SELECTED, BECAUSE, ANSWER = (1078, 458), (600, 555), (600, 531), (680, 478), (810, 578), (700, 602), (575, 626)
RELATED_X, COMPARE_TAB, COMPARE_BUTTON = 130, (1066, 458), (640, 479)

for program in ("Xvfb", "xdotool"):
    if not shutil.which(program):
        pytest.skip(f"there is no {program} here", allow_module_level=True)


@pytest.fixture(scope="module")
def display():
    read, write = os.pipe()
    # Without -noreset it starts anew when a viewer ends, and the next one may come at that moment.
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24", "-nolisten", "tcp",
                               "-noreset"], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as numbers:
        number = numbers.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


class Screen:
    def __init__(self, display, viewer):
        self.environment = {**os.environ, "DISPLAY": display}
        self.viewer = viewer
        self.window = None
        self.window = self.until(lambda: self.xdotool("search", "--pid", str(viewer.pid)).split())[-1]
        self.xdotool("windowmove", self.window, "0", "0", "windowfocus", self.window)

    def xdotool(self, *words):
        return subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True,
                              check=False).stdout

    def title(self):
        return self.window and self.xdotool("getwindowname", self.window).strip()

    def until(self, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if said := what():
                return said
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s; the window's title is {self.title()!r}, the viewer has "
                             f"{'ended' if self.viewer.poll() is not None else 'not ended'}")

    def titled(self, *words):
        self.until(lambda: all(word in self.title() for word in words))

    # The program looks at the mouse once a frame, as a person's mouse gives it time to.
    def click(self, x, y):
        self.xdotool("mousemove", str(x), str(y), "sleep", "0.2", "mousedown", "1", "sleep", "0.15", "mouseup", "1",
                     "sleep", "0.2")

    def key(self, *names):
        for name in names:
            self.xdotool("keydown", name, "sleep", "0.12", "keyup", name, "sleep", "0.1")

    def combine(self, modifier, name):
        self.xdotool("keydown", modifier, "sleep", "0.1", "keydown", name, "sleep", "0.1", "keyup", name, "keyup",
                     modifier, "sleep", "0.1")


def environment(display, state):
    return {**os.environ, "DISPLAY": display, "XDG_STATE_HOME": str(state)}


@contextlib.contextmanager
def viewing(display, state, *words, **how):
    viewer = subprocess.Popen([VIEWER, "--size", "1280x720", *words], env=environment(display, state), **how)
    try:
        yield Screen(display, viewer)
    finally:
        viewer.terminate()
        viewer.wait()


@pytest.fixture
def screen(display, tmp_path):
    with viewing(display, tmp_path, TRACE) as shown:
        shown.titled("starts.jsonl")
        time.sleep(0.5)
        yield shown


def test_a_mark_of_the_listening_socket_can_be_clicked(screen):
    screen.click(FIRST_MARK_X, LISTENER_Y)
    screen.titled("epoll_ctl ADD fd 4", "record 14")


def test_the_listening_fd_and_its_registration_are_found_with_the_mouse(screen):
    screen.click(*SHOW_REGISTRATION)
    screen.titled("epoll_ctl ADD fd 4", "record 14")


def test_the_listening_fd_and_its_registration_are_found_with_keys(screen):
    screen.key("g")
    screen.titled("epoll_ctl ADD fd 4", "record 14")


def test_the_wakeup_and_what_it_opened_are_found_with_the_mouse(screen):
    screen.click(*NEXT_WAKEUP)
    screen.titled("epoll_wait", "record 15")
    # What is related stands below the record in words, a line each; the first leads to the wakeup.
    for y, record in ((545, "record 15"), (581, "record 18")):
        screen.click(RELATED_X, y)
        screen.titled(record)
    screen.titled("openat balloons.txt")


def test_the_wakeup_and_what_it_opened_are_found_with_keys(screen):
    screen.combine("ctrl", "Right")
    screen.titled("epoll_wait", "record 15")
    screen.key("bracketright")
    screen.titled("accept4", "record 16")
    screen.key("slash")
    screen.xdotool("type", "--delay", "60", "path~balloons")
    screen.key("Return")
    screen.titled("openat balloons.txt", "record 18")
    screen.key("bracketleft")
    screen.titled("epoll_wait", "record 15")


def test_two_traces_are_compared_with_the_mouse(display, tmp_path):
    with viewing(display, tmp_path, TRACE, TRACE) as screen:
        screen.titled("starts.jsonl")
        time.sleep(0.5)
        screen.click(*COMPARE_TAB)
        screen.click(*COMPARE_BUTTON)
        screen.titled("Compared per request")


def test_two_traces_are_compared_with_keys(display, tmp_path):
    with viewing(display, tmp_path, TRACE, TRACE) as screen:
        screen.titled("starts.jsonl")
        time.sleep(0.5)
        screen.combine("ctrl", "p")
        screen.xdotool("type", "--delay", "60", "compare")
        screen.key("Return")
        screen.titled("Compared per request")


def test_an_exercise_is_solved_with_the_mouse(display, tmp_path):
    """The third: how was the listening socket registered."""
    progress = tmp_path / "loopscope-lab.json"

    def attempt():
        return progress.exists() and json.loads(progress.read_text())["exercises"].get("registration", {})

    with viewing(display, tmp_path, TRACE.absolute(), cwd=tmp_path) as screen:
        screen.titled("starts.jsonl")
        time.sleep(0.5)
        screen.click(*EXERCISES)
        screen.click(*THIRD)
        screen.until(attempt)
        screen.key("g")
        screen.titled("give away")
        screen.click(*HINT)
        screen.until(lambda: attempt()["hints"] == 1)
        screen.click(*PORT)
        screen.combine("ctrl", "a")
        screen.xdotool("type", "--delay", "60", "8080")
        screen.key("Return")
        screen.click(FIRST_MARK_X, LISTENER_Y)
        screen.titled("epoll_ctl ADD fd 4", "record 14")
        screen.click(*SELECTED)
        screen.click(*BECAUSE)
        screen.xdotool("type", "--delay", "60", "it adds fd 4")
        screen.click(*ANSWER)
        screen.until(lambda: attempt().get("tries"))
        assert (attempt()["outcome"], attempt()["answer"], attempt()["because"]) == ("right", "14", "it adds fd 4")
        screen.key("Escape")
        screen.key("g")
        screen.titled("epoll_ctl ADD fd 4")


def test_a_trace_is_followed_through_a_pipe(display, tmp_path):
    lines = TRACE.read_text().splitlines(keepends=True)
    with viewing(display, tmp_path, "-", stdin=subprocess.PIPE, text=True) as screen:
        screen.viewer.stdin.write("".join(lines[:7]))
        screen.viewer.stdin.flush()
        screen.titled("-")
        time.sleep(0.5)
        screen.key("g")
        screen.titled("epoll_ctl ADD fd 4", "record 14")
        screen.viewer.stdin.write("".join(lines[7:]))
        screen.viewer.stdin.close()
        time.sleep(0.5)
        screen.combine("ctrl", "Right")
        screen.titled("epoll_wait", "record 15")


def test_the_window_is_as_it_was_left(display, tmp_path):
    with viewing(display, tmp_path, TRACE) as screen:
        screen.titled("starts.jsonl")
        screen.combine("ctrl", "equal")
        screen.combine("ctrl", "q")
        screen.until(lambda: screen.viewer.poll() is not None)
    state = json.loads((tmp_path / "loopscope/viewer.json").read_text())
    assert (state["width"], state["height"], state["recent"]) == (1280, 720, [str(TRACE)])
    assert state["text_scale"] > 1


def can_record():
    done = subprocess.run([VIEWER.with_name("loopscope"), "doctor"], capture_output=True, check=False)
    return done.returncode == 0 and os.geteuid() == 0 and VIEWER.with_name("io-uring-server").exists()


def test_both_demo_servers_are_recorded_and_watched(display, tmp_path):
    if not can_record():
        pytest.skip("nothing can be recorded here")
    with viewing(display, tmp_path, TRACE.absolute(), cwd=tmp_path) as screen:
        screen.titled("starts.jsonl")
        time.sleep(0.5)
        screen.click(*RECORD)
        time.sleep(0.5)
        screen.click(*RECORD_DEMO)
        screen.titled("Recording both demo servers")
        screen.titled("Saved", "epoll-server")
    for server in ("epoll-server", "io-uring-server"):
        (trace,) = tmp_path.glob(f"{server}-*.loopscope.jsonl")
        last = json.loads(trace.read_text().splitlines()[-1])
        assert (last["type"], last["lost"]) == ("end", 0)


def cpu_ticks(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_a_window_nobody_touches_uses_no_cpu(screen):
    time.sleep(1)
    before = cpu_ticks(screen.viewer.pid)
    time.sleep(3)
    assert cpu_ticks(screen.viewer.pid) - before <= 1


def test_a_picture_is_drawn_without_a_user(display, tmp_path):
    picture = tmp_path / "picture.png"
    done = subprocess.run([VIEWER, TRACE, "--screenshot", picture, "--size", "800x500", "--select", "18",
                           "--theme", "projector"], env=environment(display, tmp_path), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    header = picture.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")) == (800, 500)


def test_without_a_display_one_sentence_says_what_else_there_is():
    bare = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run([VIEWER, TRACE], env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for instead in ("loopscope export FILE --to html", "loopscope report --timeline FILE", "xvfb-run"):
        assert instead in done.stderr
    assert done.stderr.count("\n") == 1
