# SPDX-License-Identifier: Apache-2.0
"""The interest list of an epoll instance: as the kernel prints it, and as a few lines of our own make it from a trace."""
import re
import select

# The kernel adds these to every registration.
ADDED = select.EPOLLERR | select.EPOLLHUP
LINE = re.compile(r"^tfd:\s*(\d+) events:\s*([0-9a-f]+) data:\s*([0-9a-f]+)", re.M)


def bits(names):
    return sum(getattr(select, name) for name in names)


def in_kernel(pid, epfd):
    """{fd: (events, data)} from /proc/PID/fdinfo."""
    with open(f"/proc/{pid}/fdinfo/{epfd}") as info:
        return {int(fd): (int(events, 16) & ~ADDED, int(data, 16)) for fd, events, data in LINE.findall(info.read())}


def in_trace(trace, instance):
    """The same, as of the end of the trace, of the instance whose file that is: registrations found in the beginning,
    and changes by epoll_ctl or through a ring."""
    interest, operations = {}, {s["id"]: s for s in trace.of("sqe", op="EPOLL_CTL") if s.get("file") == instance}
    for record in trace.records:
        if record["type"] == "watch" and record["file"] == instance:
            interest[record["fd"]] = (bits(record.get("events", [])), int(record["data"], 16))
        elif record["type"] == "call" and record["call"] == "epoll_ctl" and record["files"].get("epfd") == instance:
            if record["ret"] == 0:
                change(interest, record["args"])
        elif record["type"] == "cqe" and record["res"] == 0 and record.get("sqe") in operations:
            change(interest, operations[record["sqe"]]["args"])
    return interest


def change(interest, args):
    if args["op"] == "EPOLL_CTL_DEL":
        del interest[args["fd"]]
    else:
        interest[args["fd"]] = (bits(args.get("events", [])), int(args["data"], 16))
