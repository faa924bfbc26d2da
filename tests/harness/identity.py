# SPDX-License-Identifier: Apache-2.0
"""The descriptor tables of a trace, kept by a few lines that share nothing with loopscope's model, to check the
identities the recorder writes: whenever a call names a descriptor, the trace must have said before that this number is
this file. Meant for programs whose calls do not race: there, file order is what happened."""


def by_registered_index(call):
    """Its `fd` is no descriptor but the index of a ring."""
    return ("IORING_ENTER_REGISTERED_RING" in call.get("args", {}).get("flags", [])
            or "IORING_REGISTER_USE_REGISTERED_RING" in call.get("args", {}).get("flags", []))


class Tables:
    def __init__(self):
        self.table_of = {}   # pid → fdtable
        self.apart = {}      # tid → fdtable, of threads that have their own
        self.files = {}      # fdtable → {fd: file}
        self.confirmed = {}  # (fdtable, fd) → time it was last known
        self.operations = {}  # id of a sqe → the record
        self.slots = {}       # (ring, slot) → file, of those that an operation of the trace filled
        self.checked = 0

    def number(self, pid, tid=None):
        return self.apart.get(tid) or self.table_of.get(pid, ("unknown", pid))

    def of(self, pid, tid=None):
        return self.files.setdefault(self.number(pid, tid), {})

    def apply(self, record):
        handler = getattr(self, "on_" + record["type"], None)
        if handler:
            handler(record)

    def on_process(self, row):
        self.table_of[row["pid"]] = row["fdtable"]

    def on_fd(self, row):
        table = row.get("fdtable", self.table_of.get(row["pid"]))
        self.files.setdefault(table, {})[row["fd"]] = row["file"]
        self.confirmed[table, row["fd"]] = row["t"]

    def on_snapshot_end(self, record):
        if "incomplete" in record:
            return
        for table in {self.table_of.get(pid) for pid in record["pids"]} | set(self.apart.values()):
            for fd in list(self.files.get(table, {})):
                if self.confirmed.get((table, fd), record["since"]) < record["since"]:
                    del self.files[table][fd]

    def on_fork(self, record):
        if "CLONE_THREAD" in record.get("flags", []):
            return
        parent = self.number(record["pid"], record["tid"])
        self.table_of[record["child"]] = record["fdtable"]
        if record["fdtable"] != parent:
            self.files[record["fdtable"]] = dict(self.files.get(parent, {}))

    def on_exec(self, record):
        # Which descriptors are gone the rows that follow say, and their snapshot_end.
        old = self.of(record["pid"])
        self.table_of[record["pid"]] = record["fdtable"]
        self.files[record["fdtable"]] = dict(old)
        for fd in old:
            self.confirmed[record["fdtable"], fd] = record["t"] - 1

    def on_unshare(self, record):
        self.files[record["fdtable"]] = dict(self.files.get(record["from"], {}))
        if record["pid"] == record["tid"]:
            self.table_of[record["pid"]] = record["fdtable"]
        else:
            self.apart[record["tid"]] = record["fdtable"]

    def on_sqe(self, sqe):
        self.operations[sqe["id"]] = sqe
        if "tid" not in sqe or "error" in sqe:
            return
        arguments = {**sqe.get("args", {}), "": sqe.get("fd")}
        if sqe.get("fd") in self.of(sqe["pid"], sqe["tid"]):
            assert "file" in sqe, f"the file of this descriptor is known, but {sqe}"
        self.check_names(sqe, {**sqe.get("files", {}), "": sqe.get("file")}, arguments)

    def check_names(self, record, files, arguments):
        table = self.of(record["pid"], record["tid"])
        for name, file in files.items():
            fd = arguments.get(name)
            if name not in ("ret", "newfd", "sv", "pipefd") and isinstance(fd, int) and isinstance(file, int):
                assert table.get(fd, file) == file, f"fd {fd} is file {table[fd]}, but {record}"
                self.checked += fd in table

    def on_cqe(self, cqe):
        """An operation's effects are those of its call, on the table of who submitted it."""
        sqe = self.operations.get(cqe.get("sqe"))
        if not sqe or cqe["res"] < 0 or "pid" not in sqe:
            return
        where = self.number(sqe["pid"], sqe.get("tid"))
        if "slot" in sqe:
            known = self.slots.get((sqe["ring"], sqe["slot"]))
            said = sqe.get("file", cqe.get("on", known))
            assert known in (None, said), f"slot {sqe['slot']} is file {known}, but {sqe} {cqe}"
            self.checked += known is not None
        if "direct" in sqe and "file" in cqe:
            self.slots[sqe["ring"], cqe["res"] if sqe["direct"] == "alloc" else sqe["direct"]] = cqe["file"]
        elif "file" in cqe:
            self.of(sqe["pid"], sqe.get("tid"))[cqe["res"]] = cqe["file"]
            self.confirmed[where, cqe["res"]] = cqe["t"]
        elif sqe["op"] == "CLOSE" and "slot" in sqe:
            self.slots.pop((sqe["ring"], sqe["slot"]), None)
        elif sqe["op"] == "CLOSE":
            self.of(sqe["pid"], sqe.get("tid")).pop(sqe["fd"], None)

    def on_call(self, call):
        table = self.of(call["pid"], call["tid"])
        files, arguments = call.get("files", {}), call.get("args", {})
        if not by_registered_index(call):
            self.check_names(call, files, arguments)
        if call["ret"] < 0:
            return
        number = self.number(call["pid"], call["tid"])
        opened = [(call["ret"], files["ret"])] if "ret" in files else []
        for pair in ("sv", "pipefd"):
            opened += zip(arguments.get(pair, []), files.get(pair, []))
        opened += [(right["fd"], right["file"]) for right in call.get("rights", [])]
        for fd, file in opened:
            table[fd] = file
            self.confirmed[number, fd] = call["t"] + call["dur"]
        if call["call"] == "close":
            table.pop(arguments["fd"], None)
        if call["call"] == "close_range" and "CLOSE_RANGE_CLOEXEC" not in arguments.get("flags", []):
            for fd in [n for n in table if arguments["first"] <= n <= arguments["last"]]:
                del table[fd]


def check_identities(trace, at_least=1):
    """Replays the trace; gives the tables as they are at its end."""
    tables = Tables()
    for record in trace.records:
        tables.apply(record)
    assert tables.checked >= at_least, f"only {tables.checked} identities could be checked"
    return tables
