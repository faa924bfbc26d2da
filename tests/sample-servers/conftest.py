# SPDX-License-Identifier: Apache-2.0
import pytest
from servers_harness import IO_URING_REFUSED, PROGRAMS, running


@pytest.fixture(params=PROGRAMS, ids=str)
def program(request):
    return request.param


@pytest.fixture(autouse=True)
def io_uring_where_wanted(request):
    if IO_URING_REFUSED and "program" in request.fixturenames:
        if request.getfixturevalue("program").name == "io-uring-server":
            pytest.skip(IO_URING_REFUSED)


@pytest.fixture
def server(program):
    with running(program) as started:
        yield started
