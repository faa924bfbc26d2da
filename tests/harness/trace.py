# SPDX-License-Identifier: Apache-2.0
"""A trace as the tests see it: read without any of loopscope's own code, checked against docs/trace-format.md."""
import collections
import json
import pathlib

from harness import schema, uring

# Records that carry `tid` leave `pid` out where it is the same. Of a ring and what goes through it, who is not always
# known: then they have neither.
THREAD_RECORDS = {"call", "pending", "off", "fork", "exec", "unshare", "exit", "ring", "sqe", "cqe"}


def completion(record):
    """The time that file order is sorted by."""
    if record["type"] == "lost":
        return record["until"]
    if record["type"] == "pending":
        return record["seen"]
    return record.get("t", 0) + record.get("dur", 0)


class Trace:
    def __init__(self, path, lines):
        self.path = path
        self.lines = lines
        self.records = [json.loads(line) for line in lines]
        self.folder = None  # keeps the file for as long as it may be asked about
        self.stderr = ""
        for record in self.records:
            if record["type"] in THREAD_RECORDS and "tid" in record:
                record.setdefault("pid", record["tid"])

    @classmethod
    def read(cls, path, cut=False):
        """Reads a plain trace. `cut`: the recorder was killed, so the last line may be half a line."""
        data = pathlib.Path(path).read_bytes()
        lines = data.decode("utf-8").split("\n")  # strict: every line has to be UTF-8
        last = lines.pop()
        assert cut or last == "", f"the last line is not complete: {last[-80:]!r}"
        return cls(path, lines)

    # ---- asking -----------------------------------------------------------------------------------------------

    @property
    def header(self):
        return self.records[0]

    @property
    def end(self):
        return self.records[-1]

    def of(self, kind, **members):
        """Records of a type, with the given members, in order."""
        return [r for r in self.records if r["type"] == kind and all(r.get(k) == v for k, v in members.items())]

    def calls(self, *names, pid=None, tid=None, **arguments):
        """Calls by name (any, when none is given), caller and arguments, in order."""
        return [c for c in self.of("call")
                if (not names or c["call"] in names) and pid in (None, c["pid"]) and tid in (None, c["tid"])
                and all(c.get("args", {}).get(k) == v for k, v in arguments.items())]

    def waits(self, **who):
        """epoll waits of any kind; which one the C library uses is its affair."""
        return self.calls("epoll_wait", "epoll_pwait", "epoll_pwait2", **who)

    def accepts(self, **who):
        """Accepts that gave a connection."""
        return [c for c in self.calls("accept", "accept4", **who) if c["ret"] >= 0]

    def lost(self, *classes):
        """Of these classes; of all when none is named."""
        return sum(r["count"] for r in self.of("lost") if not classes or r["class"] in classes)

    # ---- checking ---------------------------------------------------------------------------------------------

    def check(self, complete=True):
        """What holds for every trace whatever was recorded."""
        schema.validate(self.lines)
        self._check_order()
        self._check_pending()
        self._check_threads()
        uring.check_operations(self)
        if complete:
            self._check_end()

    def _check_order(self):
        assert self.header["type"] == "trace" and self.header["format"] == 1, self.header
        before = self.records[0]
        for record in self.records[1:]:
            assert record["id"] > before["id"], f"ids do not rise: {before} then {record}"
            if before is not self.records[0]:
                assert completion(record) >= completion(before), f"out of order: {before} then {record}"
            before = record

    def _check_pending(self):
        """A call names the pending record it completes; that one is earlier and says the same."""
        open_calls = {}
        for record in self.records:
            if record["type"] == "pending":
                open_calls[record["id"]] = record
            elif record["type"] == "call" and "pending" in record:
                pending = open_calls.pop(record["pending"], None)
                assert pending, f"names a pending record that is not there or was completed before: {record}"
                for member in ("tid", "pid", "call", "args"):
                    assert pending.get(member) == record.get(member), f"{pending} became {record}"
                assert pending["t"] == record["t"], f"{pending} became {record}"

    def _check_threads(self):
        """Calls of one thread do not overlap, except where `late` lengthened one."""
        last = {}
        # The execve of a thread that is not the leader began under another number, while the leader was still there.
        taken_over = {r["tid"] for r in self.of("exec") if "old_tid" in r}
        for call in self.of("call"):
            before = last.get(call["tid"])
            renamed = call["call"] in ("execve", "execveat") and call["tid"] in taken_over
            if before and not renamed and "late" not in before and "late" not in call:
                assert call["t"] >= before["t"] + before["dur"], f"calls of a thread overlap: {before} and {call}"
            last[call["tid"]] = call
        unlisted = {c["call"] for c in self.of("call")} - set(self.header["calls"])
        assert not unlisted, f"recorded but not in the header's list: {unlisted}"

    def _check_end(self):
        assert self.end["type"] == "end", f"no end record but {self.end}"
        assert self.end["events"] == len(self.of("call")), self.end
        assert self.end["lost"] == self.lost(), self.end

    def check_nothing_lost(self):
        assert self.end["lost"] == 0 and not self.of("lost"), (self.end, self.of("lost"))

    def counts(self, **who):
        return collections.Counter(c["call"] for c in self.calls(**who))
