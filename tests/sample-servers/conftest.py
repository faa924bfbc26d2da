# SPDX-License-Identifier: Apache-2.0
import pytest
from servers_harness import PROGRAMS, running


@pytest.fixture(params=PROGRAMS, ids=str)
def program(request):
    return request.param


@pytest.fixture
def server(program):
    with running(program) as started:
        yield started
