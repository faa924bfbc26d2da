# SPDX-License-Identifier: Apache-2.0
"""The same call as strace and as a trace tell it, brought into one form, and two lists of them compared."""
import collections
import datetime

from harness import strace


def file_mode(text):
    return int(text, 8)


def from_strace(call):
    """(name, result, error, what both tools show)."""
    args, shown = list(call.args), {}
    name = call.name
    if name in ("epoll_wait", "epoll_pwait", "epoll_pwait2"):
        shown = {"epfd": int(args[0]), "maxevents": int(args[2])}
        if name != "epoll_pwait2":
            shown["timeout"] = int(args[3])
        if call.ret and call.ret > 0:
            shown["ready"] = [strace.event(item) for item in strace.split(args[1][1:-1])]
    elif name == "epoll_ctl":
        shown = {"epfd": int(args[0]), "op": args[1].split()[0], "fd": int(args[2])}
        if shown["op"] != "EPOLL_CTL_DEL" and args[3].startswith("{"):
            shown["events"], shown["data"] = strace.event(args[3])
    elif name == "epoll_create":
        shown = {"size": int(args[0])}
    elif name == "epoll_create1":
        shown = {"flags": strace.flags(args[0])}
    elif name == "openat2":
        how = dict(item.split("=", 1) for item in strace.split(args[2][1:-1]))
        shown = {"dirfd": args[0], "pathname": strace.string(args[1]), "flags": strace.flags(how["flags"]),
                 "resolve": strace.flags(how.get("resolve", "0"))}
        if "mode" in how:
            shown["mode"] = file_mode(how["mode"])
    elif name in ("openat", "open", "creat"):
        if name == "openat":
            shown["dirfd"] = args.pop(0)
        shown["pathname"] = strace.string(args[0])
        if name != "creat":
            shown["flags"] = strace.flags(args[1])
        if len(args) > 2 or name == "creat":
            shown["mode"] = file_mode(args[-1])
    elif name == "bind":
        shown = {"sockfd": int(args[0]), "addr": strace.address(args[1])}
    elif name == "listen":
        shown = {"sockfd": int(args[0]), "backlog": int(args[1])}
    elif name in ("accept", "accept4"):
        shown = {"sockfd": int(args[0])}
        if name == "accept4":
            shown["flags"] = strace.flags(args[3])
        if call.ret is not None and call.ret >= 0 and args[1].startswith("{sa_family=AF_INET"):
            shown["peer"] = strace.address(args[1])
    return name, call.ret, call.error, shown


def from_trace(call, like):
    """The same form, of a trace's call. `like` is strace's: what strace does not show is left out."""
    args, shown = dict(call.get("args", {})), {}
    for name in ("epfd", "maxevents", "timeout", "op", "fd", "size", "sockfd", "backlog", "addr"):
        if name in args:
            shown[name] = args[name]
    if "flags" in like:
        shown["flags"] = frozenset(args.get("flags", []))
    if "resolve" in like:
        shown["resolve"] = frozenset(args.get("resolve", []))
    if "events" in like:
        shown["events"], shown["data"] = frozenset(args["events"]), int(args["data"], 16)
    if "dirfd" in args:
        shown["dirfd"] = str(args["dirfd"])
    if "pathname" in args:
        shown["pathname"] = (bytes.fromhex(args["pathname_hex"]) if "pathname_hex" in args
                             else args["pathname"].encode())
    if "mode" in args:
        shown["mode"] = file_mode(args["mode"])
    if "peer" in like:
        shown["peer"] = call["peer"]
    if "ready" in like:
        shown["ready"] = [(frozenset(e["events"]), int(e["data"], 16)) for e in call["ready"]]
        like["ready"] = like["ready"][:64]
    return call["call"], call["ret"], call.get("error"), shown


def started_ns(trace):
    """The wall clock at t 0."""
    text = trace.header["started"].rstrip("Z")
    whole, _, fraction = text.partition(".")
    at = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=datetime.timezone.utc)
    return int(at.timestamp()) * 10**9 + int(fraction.ljust(9, "0") or 0)


def compare(trace, calls):
    """Every call strace printed is in the trace once, the same, per thread in the same order; and no other. Calls that
    ended before the recording began are not asked for. Gives the number compared."""
    began = started_ns(trace)
    said = collections.defaultdict(list)
    for call in calls:
        if call.end > began and call.ret is not None:
            said[call.tid].append(call)
    recorded = collections.defaultdict(list)
    for call in trace.calls(*strace.CALLS):
        recorded[call["tid"]].append(call)
    for tid in sorted(said.keys() | recorded.keys()):
        theirs, ours = said[tid], recorded[tid]
        for want, got in zip(theirs, ours):
            expected = from_strace(want)
            found = from_trace(got, expected[3])
            assert found == expected, f"\nstrace  {want}\n        {expected}\ntrace   {got}\n        {found}"
        assert len(theirs) == len(ours), (
            f"thread {tid}: strace has {len(theirs)}, the trace {len(ours)}; "
            f"the first surplus: {(theirs[len(ours):] or ours[len(theirs):])[0]}")
    return sum(map(len, said.values()))
