# SPDX-License-Identifier: Apache-2.0
"""The known-workload programs of tests/kernel/workloads, and recording one of them from "ready" to "done"."""
from harness.environment import BIN, lacks, require_bpf
from harness.processes import Child, parse_line
from harness.recorder import Recording


class Workload(Child):
    """A running workload. `truth` gathers all it has said, later words over earlier ones."""

    def __init__(self, name, *arguments, prefix=(), **options):
        super().__init__([*prefix, BIN / "tests" / name, *map(str, arguments)], **options)
        self.name = name
        self.truth = {}
        self.hear()

    def hear(self):
        line = self.out.next()
        if line is None:
            self.wait()
            raise AssertionError(f"{self.name} ended: {self.err.text()}")
        said = parse_line(line, self.name)
        if said.get("state") == "skip" and "since" in said:
            lacks(said["what"], said["since"])
        self.truth.update(said)
        return self.truth

    def tell(self, word):
        """Sends a line and waits for the answer."""
        self.send_line(word)
        return self.hear()

    def finish(self, code=0):
        self.send_line("quit")
        assert self.wait() == code, self.err.text()


def observe(name, *arguments, options=(), steps=("go",)):
    """Attaches to a workload that is ready, lets it do its work, and ends the recording before it ends. Gives what
    the workload says it did, with its `pid`, and the trace, checked."""
    require_bpf()
    with Workload(name, *arguments) as workload:
        with Recording("-p", workload.pid, *options) as recording:
            for step in steps:
                workload.tell(step)
            trace = recording.stop()
        workload.finish()
    return {**workload.truth, "pid": workload.pid}, trace
