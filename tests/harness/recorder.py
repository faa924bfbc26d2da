# SPDX-License-Identifier: Apache-2.0
"""Running `loopscope`: a recording that is known to have begun before the test goes on, reports, one-off commands."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import weakref

from harness.environment import LOOPSCOPE
from harness.processes import LIMIT_S, Child
from harness.trace import Trace

# What `record` prints on stderr once the state of the target has been read.
BEGUN = "loopscope: recording"


def run(*arguments, check=True, limit_s=LIMIT_S, **options):
    """Runs a loopscope command to its end. Gives the finished process, with text."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run([LOOPSCOPE, *map(str, arguments)], timeout=limit_s, check=False, **options)
    done.stdout, done.stderr = ((text or b"").decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    assert not check or done.returncode == 0, f"{done.args} gave {done.returncode}: {done.stderr}"
    return done


def report(trace_or_path):
    """`report --json` of a trace."""
    path = getattr(trace_or_path, "path", trace_or_path)
    return json.loads(run("report", path, "--json").stdout)


class Folder:
    """A folder that goes when nobody refers to it any more: a trace outlives the recording that made it."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="loopscope-test-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


class Recording(Child):
    """`loopscope record` with the given arguments, into a file of its own. The object exists once the recorder says
    that it records."""

    def __init__(self, *arguments, prefix=(), output=None, **options):
        self._folder = Folder()
        self.path = pathlib.Path(output or self._folder.path / "test.loopscope.jsonl")
        words = [str(word) for word in arguments]
        at = words.index("--") if "--" in words else len(words)
        words[at:at] = ["-o", os.fspath(self.path)]
        super().__init__([*prefix, LOOPSCOPE, "record", *words], **options)
        if self.err.find(lambda line: line.startswith(BEGUN)) is None:
            raise AssertionError(f"the recorder ended with {self.wait()} before it recorded: {self.err.text()}")

    def stop(self, number=signal.SIGINT, code=0, check=True):
        """Ends the recording as Ctrl+C does and gives the trace, read and checked."""
        if self.process.poll() is None:
            self.send(number)
        return self.finished(code, check)

    def finished(self, code=0, check=True):
        """The trace of a recording that ends by itself."""
        got = self.wait()
        assert got == code, f"the recorder gave {got}, not {code}: {self.err.text()}"
        trace = Trace.read(self.path)
        trace.folder, trace.stderr = self._folder, self.err.text()
        if check:
            trace.check()
        return trace

    def __exit__(self, kind, *_):
        if kind is not None:
            keep = os.environ.get("LOOPSCOPE_KEEP")
            if keep and self.path.exists():
                shutil.copy(self.path, keep)
            print("recorder said:", self.err.text())
        super().__exit__(kind, *_)
