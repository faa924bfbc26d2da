# SPDX-License-Identifier: Apache-2.0


def fly():
    return "up they go\n"
