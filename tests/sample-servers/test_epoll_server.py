# SPDX-License-Identifier: Apache-2.0
"""What only epoll-server has."""
import re

import pytest
from servers_harness import Program


@pytest.fixture
def program():
    return Program("epoll-server")


def test_the_ready_line_names_the_descriptors(server):
    links = server.fd_links()
    assert links[server.listener].startswith("socket:") and links[server.loop_fd] == "anon_inode:[eventpoll]"
    assert re.search(rf"tfd:\s+{server.listener} ", server.loop_info())
