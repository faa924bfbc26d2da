# SPDX-License-Identifier: Apache-2.0
"""Operations of io_uring: what holds for those of every trace, and a trace compared with the journal that a workload
(tests/kernel/workloads/uring.h) kept of what it submitted and reaped. Names are those of include/uapi/linux/io_uring.h."""
import errno

OPS = """NOP READV WRITEV FSYNC READ_FIXED WRITE_FIXED POLL_ADD POLL_REMOVE SYNC_FILE_RANGE SENDMSG RECVMSG TIMEOUT
TIMEOUT_REMOVE ACCEPT ASYNC_CANCEL LINK_TIMEOUT CONNECT FALLOCATE OPENAT CLOSE FILES_UPDATE STATX READ WRITE FADVISE
MADVISE SEND RECV OPENAT2 EPOLL_CTL SPLICE PROVIDE_BUFFERS REMOVE_BUFFERS TEE SHUTDOWN RENAMEAT UNLINKAT MKDIRAT
SYMLINKAT LINKAT MSG_RING FSETXATTR SETXATTR FGETXATTR GETXATTR SOCKET URING_CMD SEND_ZC SENDMSG_ZC READ_MULTISHOT
WAITID FUTEX_WAIT FUTEX_WAKE FUTEX_WAITV FIXED_FD_INSTALL FTRUNCATE BIND LISTEN RECV_ZC EPOLL_WAIT READV_FIXED
WRITEV_FIXED PIPE""".split()
ENTRY_FLAGS = """IOSQE_FIXED_FILE IOSQE_IO_DRAIN IOSQE_IO_LINK IOSQE_IO_HARDLINK IOSQE_ASYNC IOSQE_BUFFER_SELECT
IOSQE_CQE_SKIP_SUCCESS""".split()
COMPLETION_FLAGS = "IORING_CQE_F_BUFFER IORING_CQE_F_MORE IORING_CQE_F_SOCK_NONEMPTY IORING_CQE_F_NOTIF".split()
SETUP_FLAGS = ["IORING_SETUP_" + name for name in """IOPOLL SQPOLL SQ_AFF CQSIZE CLAMP ATTACH_WQ R_DISABLED SUBMIT_ALL
COOP_TASKRUN TASKRUN_FLAG SQE128 CQE32 SINGLE_ISSUER DEFER_TASKRUN NO_MMAP REGISTERED_FD_ONLY NO_SQARRAY""".split()]

WITHOUT_DESCRIPTOR = {"NOP", "TIMEOUT", "TIMEOUT_REMOVE", "LINK_TIMEOUT", "FILES_UPDATE", "SOCKET", "PIPE",
                      "POLL_REMOVE"}
MAKES_FILE = {"ACCEPT", "SOCKET", "OPENAT", "OPENAT2", "FIXED_FD_INSTALL"}
ABOUT_SOCKET = {"ACCEPT", "SOCKET", "BIND", "LISTEN", "CONNECT"}
TWICE = {"SEND_ZC", "SENDMSG_ZC"}  # with F_MORE first, though not multishot
MORE, SKIPS, BUFFER = "IORING_CQE_F_MORE", "IOSQE_CQE_SKIP_SUCCESS", "IORING_CQE_F_BUFFER"


def names(bits, table):
    """As a trace writes flags."""
    found = [name for i, name in enumerate(table) if bits >> i & 1]
    rest = bits >> len(table) << len(table)
    return found + ([f"0x{rest:x}"] if rest else [])


def has(record, flag):
    return flag in record.get("flags", [])


# ---- every trace -------------------------------------------------------------------------------------------------


def check_operations(trace):
    """Completions name operations that are there and not over; gives the operations that are in flight in the end."""
    open_ops, over = {}, set()
    lossless = not trace.of("lost")
    made_here = {r["ring"] for r in trace.of("ring") if "origin" not in r}
    rings = {r["ring"] for r in trace.of("ring")}
    messages = bool(trace.of("sqe", op="MSG_RING"))
    for record in trace.records:
        if record["type"] == "sqe":
            assert record["ring"] in rings or not lossless, f"no record says what ring that is: {record}"
            open_ops[record["id"]] = record
        elif record["type"] == "cqe":
            assert record["ring"] in rings or not lossless, f"no record says what ring that is: {record}"
            if "sqe" in record:
                _check_completion(record, open_ops, over)
            elif lossless and not messages and not record.get("overflow"):
                assert record["ring"] not in made_here, f"an operation was missed: {record}"
    return [op for op in open_ops.values() if not (has(op, SKIPS) and "error" not in op)]


def _check_completion(cqe, open_ops, over):
    assert cqe["sqe"] not in over, f"its operation was over before: {cqe}"
    op = open_ops.get(cqe["sqe"])
    assert op, f"names an operation that no earlier record is about: {cqe}"
    assert op["ring"] == cqe["ring"], f"{cqe} is said to be of {op}"
    assert "op" not in cqe and "user_data" not in cqe, cqe
    if "error" in op:
        assert cqe.get("error") == op["error"], (op, cqe)
    if has(op, SKIPS):
        assert cqe["res"] < 0 or has(cqe, MORE) or op.get("multishot"), f"has a completion it did not want: {op} {cqe}"
    began = op["t"] if "origin" not in op else min(op["t"], cqe.get("armed", op["t"]))
    for moment in ("armed", "woken", "punted"):
        assert began <= cqe.get(moment, began) <= cqe["t"], f"{moment} is not between {op} and {cqe}"
    assert has(cqe, BUFFER) == ("buffer" in cqe), cqe
    if has(cqe, MORE):
        assert op.get("multishot") or op["op"] in TWICE, f"{op} completes more than once: {cqe}"
    else:
        over.add(cqe["sqe"])
        del open_ops[cqe["sqe"]]


# ---- a journal ---------------------------------------------------------------------------------------------------


class Journal:
    """What a workload did with one ring, and the records of a trace about it: `sqes` by the operation's position in the
    journal, None for one that was submitted before the recording and is not in the trace; `cqes` in the order in which
    they were reaped. Making one compares the two."""

    def __init__(self, trace, told, ring=None, sq_thread=None):
        self.trace, self.told = trace, told
        self.ring = ring or self._find_ring()
        self.sq_thread = sq_thread
        self.sqes, self.cqes = [], []
        self._check_ring()
        self._match_operations()
        self._match_completions()
        self._check_in_flight()

    def of(self, op):
        """Pairs of operation and completion, of one kind of operation."""
        return [(sqe, cqe) for sqe, cqe in self.pairs() if sqe and sqe["op"] == op]

    def pairs(self):
        return [(self.sqes[said[0]] if said[0] >= 0 else None, cqe)
                for said, cqe in zip(self.told["completions"], self.cqes)]

    def _find_ring(self):
        rows = [r for r in self.trace.of("ring") if r.get("fd", -1) == self.told["fd"]]
        found = {r["ring"] for r in rows}
        assert len(found) == 1, f"not one ring with fd {self.told['fd']}: {self.trace.of('ring')}"
        return found.pop()

    def _check_ring(self):
        for row in self.trace.of("ring", ring=self.ring):
            assert row["sq_entries"] == self.told["sq_entries"], (row, self.told)
            assert row["cq_entries"] == self.told["cq_entries"], (row, self.told)
            said = set(row.get("flags", [])) - {"IORING_SETUP_CQSIZE"}
            assert said == set(names(self.told["flags"], SETUP_FLAGS)) - {"IORING_SETUP_CQSIZE"}, (row, self.told)

    def _match_operations(self):
        before, since = self.told["ops"][:self.told["before"]], self.told["ops"][self.told["before"]:]
        found = self.trace.of("sqe", ring=self.ring)
        armed = [s for s in found if "origin" in s]
        for op in before:
            same = [s for s in armed if s["user_data"] == op["user_data"]]
            assert len(same) <= 1, same
            self.sqes.append(same[0] if same else None)
        assert len(armed) == sum(s is not None for s in self.sqes), f"armed, but not by the workload: {armed}"
        seen = [s for s in found if "origin" not in s]
        for sqe, op in zip(seen, since):
            self._check_operation(sqe, op)
        assert len(seen) == len(since), f"{len(since)} operations were submitted, the trace has {len(seen)}"
        self.sqes += seen

    def _check_operation(self, sqe, op):
        want = expected(op)
        said = {k: v for k, v in sqe.items() if k not in ("type", "id", "t", "pid", "tid", "ring", "file", "files")}
        assert plain(said) == plain(want), f"\nsubmitted {want}\ntrace     {said}"
        assert sqe["pid"] == op["pid"] and sqe["tid"] == (self.sq_thread or op["tid"]), (sqe, op)

    def _match_completions(self):
        self.cqes = self.trace.of("cqe", ring=self.ring)
        for cqe, said in zip(self.cqes, self.told["completions"]):
            self._check_completion(cqe, *said)
        reaped = len(self.told["completions"])
        assert len(self.cqes) == reaped, f"{reaped} completions were reaped, the trace has {len(self.cqes)}"

    def _check_completion(self, cqe, op, res, flags, overflow):
        assert cqe["res"] == res and cqe.get("error") == (errno.errorcode[-res] if res < 0 else None), (cqe, res)
        assert cqe.get("flags", []) == names(flags & 0xffff, COMPLETION_FLAGS), (cqe, hex(flags))
        assert cqe.get("buffer") == (flags >> 16 if flags & 1 else None), (cqe, hex(flags))
        assert cqe.get("overflow", False) == bool(overflow), f"overflow is {bool(overflow)}, but {cqe}"
        assert "uncertain" not in cqe, cqe
        sqe = self.sqes[op] if op >= 0 else None
        if sqe is None:
            assert "sqe" not in cqe, f"is of no operation of the trace: {cqe}"
            if op >= 0:
                assert cqe["user_data"] == self.told["ops"][op]["user_data"], (cqe, self.told["ops"][op])
            return
        assert cqe.get("sqe") == sqe["id"], f"this completion is of {sqe}, but {cqe}"
        self._check_members(sqe, cqe)
        self._check_who(cqe)

    def _check_who(self, cqe):
        """One of those that submit, or a thread of theirs that works for the kernel."""
        assert cqe.get("pid") in {op["pid"] for op in self.told["ops"]}, cqe
        submitters = {op["tid"] for op in self.told["ops"]} | {self.sq_thread}
        # A worker goes on with the next operation of a chain, which nobody handed to it.
        workers = {c["tid"] for c in self.cqes if "punted" in c and "tid" in c}
        assert "tid" in cqe and (cqe["tid"] in submitters | workers or "punted" in cqe), (submitters, cqe)

    def _check_members(self, sqe, cqe):
        """Those that only some operations have."""
        if sqe["op"] not in MAKES_FILE or cqe["res"] < 0:
            assert "file" not in cqe, (sqe, cqe)
        elif "direct" not in sqe:
            assert "file" in cqe, (sqe, cqe)
        if sqe["op"] not in ABOUT_SOCKET or cqe["res"] < 0:
            assert not {"kind", "local", "peer", "inode", "backlog", "queue"} & cqe.keys(), (sqe, cqe)
        if sqe["op"] != "EPOLL_WAIT":
            assert "ready" not in cqe, (sqe, cqe)
        if "slot" not in sqe or "file" in sqe:
            assert "on" not in cqe, (sqe, cqe)
        if has(sqe, "IOSQE_ASYNC"):
            assert "punted" in cqe or cqe["res"] < 0, (sqe, cqe)

    def _check_in_flight(self):
        left = [s["id"] for s in check_operations(self.trace) if s["ring"] == self.ring]
        want = [s["id"] for s, op in zip(self.sqes, self.told["ops"])
                if s and not op["done"] and not op["flags"] & 64]
        assert sorted(left) == sorted(want), f"in flight in the end: {left}, not {want}"

    def check_enters(self):
        """Every io_uring_enter is there, and names this ring."""
        enters = self.trace.calls("io_uring_enter", fd=self.told["enter_fd"])
        assert len(enters) == self.told["enters"], (len(enters), self.told["enters"])
        assert {c["files"].get("fd") for c in enters} <= {self.ring}, (self.ring, enters)


def plain(record):
    """With lists in order and `args` always there."""
    if isinstance(record, list):
        return sorted(record)
    if not isinstance(record, dict):
        return record
    out = {k: plain(v) for k, v in record.items()}
    return out if "op" not in out or "user_data" not in out else {"args": {}, **out}


def expected(op):
    """What the trace has to say of an entry of a journal."""
    number = op["op"]
    want = {"op": OPS[number] if number < len(OPS) else f"0x{number:x}", "user_data": op["user_data"]}
    if op["flags"]:
        want["flags"] = names(op["flags"], ENTRY_FLAGS)
    if op["flags"] & 1:
        want["slot"] = op["fd"]
    elif want["op"] not in WITHOUT_DESCRIPTOR and op["fd"] >= 0 and "slot" not in op["also"]:
        want["fd"] = op["fd"]
    return {**want, **op["also"]}
