# SPDX-License-Identifier: Apache-2.0
"""The real window on a screen of its own (Xvfb), with a real mouse and keyboard (xdotool)."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import time

import pytest

VIEWER = pathlib.Path(os.environ.get("LOOPSCOPE_BIN", "build/bin")) / "loopscope-viewer"
TRACE = pathlib.Path(__file__).parent / "starts.jsonl"
# Where things stand in a window of 1280x720: viewer/panels/window.cpp.
LISTENER_Y, FIRST_MARK_X, SEARCH = 139, 220, (600, 16)

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


@contextlib.contextmanager
def viewing(display, *words):
    viewer = subprocess.Popen([VIEWER, *words], env={**os.environ, "DISPLAY": display})
    try:
        yield Screen(display, viewer)
    finally:
        viewer.terminate()
        viewer.wait()


@pytest.fixture
def screen(display):
    with viewing(display, TRACE) as shown:
        shown.titled("starts.jsonl")
        time.sleep(0.5)
        yield shown


def test_the_listening_fd_and_its_registration_are_found_with_the_mouse(screen):
    screen.click(FIRST_MARK_X, LISTENER_Y)
    screen.titled("epoll_ctl ADD fd 4", "record 14")


def test_the_wakeup_and_what_it_opened_are_found_with_keys(screen):
    screen.combine("ctrl", "Right")
    screen.titled("epoll_wait", "record 15")
    screen.key("bracketright")
    screen.titled("accept4", "record 16")
    screen.click(*SEARCH)
    screen.xdotool("type", "--delay", "60", "path~balloons")
    screen.key("Return")
    screen.titled("openat balloons.txt", "record 18")


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
    done = subprocess.run([VIEWER, TRACE, "--screenshot", picture, "--size", "800x500", "--select", "18", "--theme", "projector"],
                          env={**os.environ, "DISPLAY": display}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    header = picture.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")) == (800, 500)


def test_without_a_display_one_sentence_says_what_else_there_is():
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run([VIEWER, TRACE], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "loopscope report --timeline" in done.stderr and "xvfb-run" in done.stderr
    assert done.stderr.count("\n") == 1
