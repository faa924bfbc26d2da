# SPDX-License-Identifier: Apache-2.0
"""strace's log of the lab's calls, as calls with arguments, to compare with a trace of the same process.

strace is run with -f -ttt -T -v -xx: every thread, absolute times, durations, nothing abbreviated, and all strings in
hexadecimal, so that a line can be taken apart without guessing. What is compared is the call, its arguments as far as
both tools show them, the result and the error.
"""
import os
import re

from harness.environment import require_program
from harness.processes import Child

CALLS = ("epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "openat", "open",
         "openat2", "creat", "listen", "accept", "accept4", "bind")

LINE = re.compile(r"^(?:\[pid +)?(\d+)?\]? *(\d+\.\d+) (.*)$")
RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$", re.S)
UNFINISHED = " <unfinished ...>"
FINISHED = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+|\?)(?: ([A-Z]\w+))?(?: \([^)]*\))?(?: <(\d+\.\d+)>)?$", re.S)


class Strace(Child):
    """strace attached to a process and all its threads and children; ready when it says so."""

    def __init__(self, pid, log, others=(), calls=CALLS):
        self.log = log
        targets = [word for each in (pid, *others) for word in ("-p", str(each))]
        super().__init__([require_program("strace"), "-f", "-ttt", "-T", "-v", "-xx", "-s", "8192", "-e",
                          "trace=" + ",".join(calls), "-o", os.fspath(log), *targets])
        for _ in (pid, *others):
            assert self.err.find(lambda line: "attached" in line), self.err.text()

    def detach(self):
        self.end(2)
        with open(self.log, encoding="utf-8", errors="surrogateescape") as log:
            return parse(log)


class Call:
    """One call as strace printed it. `args` is a list of texts, `start` and `end` wall-clock nanoseconds."""

    def __init__(self, tid, start, text):
        match = FINISHED.match(text)
        assert match, f"not a call: {text!r}"
        self.tid, self.start, self.text = tid, start, text
        self.name, arguments, result, error, took = match.groups()
        self.args = split(arguments)
        self.ret = None if result == "?" else int(result, 0)
        self.error = error
        self.end = start + int(float(took or 0) * 1e9)

    def __repr__(self):
        return f"{self.tid} {self.text}"


def nanoseconds(text):
    seconds, fraction = text.split(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0"))


def parse(lines):
    """Finished calls in the order in which strace saw them end. Calls that never finished are left out, and so are the
    lines about signals and exits."""
    calls, open_calls = [], {}
    for line in lines:
        match = LINE.match(line.rstrip("\n"))
        if not match:
            continue
        tid, at, rest = int(match[1] or 0), nanoseconds(match[2]), match[3]
        if rest.startswith(("---", "+++")) or rest.startswith("restart_syscall("):
            continue
        if rest.endswith(UNFINISHED):
            open_calls[tid] = (at, rest[:-len(UNFINISHED)])
            continue
        resumed = RESUMED.match(rest)
        if resumed:
            if tid not in open_calls:
                continue  # in progress when strace came
            at, beginning = open_calls.pop(tid)
            rest = beginning + resumed[2]
        if rest.endswith("<detached ...>"):
            continue
        calls.append(Call(tid, at, rest))
    return calls


def split(text):
    """The arguments of a call: at commas that are in no bracket and no string."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted  # -xx: a quotation mark within a string is \x22
        elif quoted:
            continue
        elif letter in "[{(":
            depth += 1
        elif letter in "]})":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return parts + [last] if last else parts


def flags(text):
    """Names and numbers joined by |, as a set; 0 is none."""
    return frozenset(word for word in text.split("|") if word != "0")


def string(text):
    """The bytes of a string in hexadecimal escapes."""
    match = re.match(r'^"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?$', text)
    assert match, text
    return bytes.fromhex(match[1].replace("\\x", ""))


def event(text):
    """{events=EPOLLIN|EPOLLET, data={u32=5, u64=5}} as (set of names, number)."""
    match = re.match(r"^\{events=([^,]*), data=\{u32=\d+, u64=(\d+)\}\}$", text)
    assert match, text
    return flags(match[1]), int(match[2])


def address(text):
    """A socket address as a trace writes it."""
    if "sa_family=AF_INET," in text:
        port = re.search(r"sin_port=htons\((\d+)\)", text)[1]
        host = string(re.search(r'inet_addr\(("[^"]*")\)', text)[1]).decode()
        return f"{host}:{port}"
    if "sa_family=AF_INET6" in text:
        port = re.search(r"sin6_port=htons\((\d+)\)", text)[1]
        host = string(re.search(r'inet_pton\(AF_INET6, ("[^"]*")', text)[1]).decode()
        return f"[{host}]:{port}"
    path = re.search(r'sun_path=(@?)("[^"]*")', text)
    assert path, text
    return "unix:" + path[1] + string(path[2]).decode("utf-8", "replace")
