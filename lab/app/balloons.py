# SPDX-License-Identifier: Apache-2.0
"""What a click runs."""
import random


def fly():
    return f"{random.randint(1, 99)}  🎈🎈🎈\n"
