# SPDX-License-Identifier: Apache-2.0
"""How requests begin: --peek."""
from harness.recorder import run
from harness.workload import observe

BYTES = 32


def peeks(trace):
    return [(c["call"], c["args"].get("fd", c["args"].get("sockfd")), c["peek"]) for c in trace.of("call") if "peek" in c]


def test_what_requests_begin_with():
    truth, trace = observe("peek", options=("--peek", BYTES))
    trace.check_nothing_lost()
    server = truth["server"]
    assert peeks(trace) == [("read", truth["open_before"], "GET /before"),
                            ("read", server, "GET /read HTTP/1.1\r\n"),
                            ("readv", server, "GET "),  # what its first buffer holds
                            ("recvmsg", server, "\x16\ufffd\x01"),
                            ("recvfrom", server, "x" * BYTES)], peeks(trace)
    assert [c["peek_hex"] for c in trace.of("call") if "peek_hex" in c] == ["16ff01"]
    said = run("show", trace.path, "peek~GET").stdout.splitlines()
    assert len(said) == 3 and r'[begins "GET /read HTTP/1.1\x0d\n"]' in said[1], said


def test_not_unless_asked_for():
    truth, trace = observe("peek")
    assert not peeks(trace) and "secret" not in trace.path.read_text()
    assert len(trace.calls("read", fd=truth["server"])) == 2


def test_without_reads_there_is_nothing_to_peek_at():
    for without in (("--no-io",), ("--calls", "lab")):
        done = run("record", "-p", "1", "--peek", BYTES, *without, check=False)
        assert done.returncode == 1 and "--peek needs reads" in done.stderr, done.stderr
