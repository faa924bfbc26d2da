# SPDX-License-Identifier: Apache-2.0
"""Child processes whose output is awaited line by line, with a limit, and that never outlive their test."""
import json
import os
import select
import signal
import subprocess
import threading
import time

LIMIT_S = float(os.environ.get("LOOPSCOPE_TEST_LIMIT_S", "30"))


def until(condition, what, limit_s=LIMIT_S):
    """Asks `condition` until it gives something true, which is returned; for what no descriptor announces."""
    deadline = time.monotonic() + limit_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"after {limit_s} s still not: {what}")
        pause.wait(0.005)


class Lines:
    """The lines of a pipe, read by a thread so that the writer never blocks on us."""

    def __init__(self, pipe):
        self._pipe = pipe
        self._lines = []
        self._next = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for line in self._pipe:
            with self._changed:
                self._lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def next(self, limit_s=LIMIT_S):
        """The next line not yet handed out; None when the pipe has been closed."""
        with self._changed:
            done = self._changed.wait_for(lambda: self._next < len(self._lines) or self._closed, limit_s)
            assert done, f"no line within {limit_s} s after: {self._lines[-3:]}"
            if self._next == len(self._lines):
                return None
            self._next += 1
            return self._lines[self._next - 1]

    def find(self, wanted, limit_s=LIMIT_S):
        """The next line for which `wanted` is true; None when the pipe closes before."""
        deadline = time.monotonic() + limit_s
        while (line := self.next(max(0.0, deadline - time.monotonic()))) is not None:
            if wanted(line):
                return line
        return None

    def text(self):
        """Everything so far; everything there is once the writer has ended."""
        with self._changed:
            return "\n".join(self._lines)

    def join(self):
        self._thread.join(LIMIT_S)


class Child:
    """A process with its streams, stopped at the end of a `with` block in whatever state it is."""

    def __init__(self, command, **options):
        options.setdefault("stdin", subprocess.PIPE)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(self.command, bufsize=0, **options)
        self.out = Lines(self.process.stdout) if self.process.stdout else None
        self.err = Lines(self.process.stderr) if self.process.stderr else None

    @property
    def pid(self):
        return self.process.pid

    def send_line(self, word):
        self.process.stdin.write(word.encode() + b"\n")

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, limit_s=LIMIT_S):
        code = self.process.wait(limit_s)
        for lines in (self.out, self.err):
            if lines:
                lines.join()
        return code

    def end(self, number=signal.SIGTERM):
        """Asks it to end, and insists after five seconds."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.stdin:
            self.process.stdin.close()
        self.end()


def state_of(pid):
    """R, S, T … as proc(5) has it."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def children_of(pid):
    """The direct children of a process, by PID, in order."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as children:
            found += [int(word) for word in children.read().split()]
    return sorted(found)


def parse_line(line, source):
    assert line is not None, f"{source} ended without a word"
    return json.loads(line)


def readable(fd, limit_s=LIMIT_S):
    return bool(select.select([fd], [], [], limit_s)[0])
