# SPDX-License-Identifier: Apache-2.0
"""One test over several values, under pytest and under run_plain.py alike."""
try:
    import pytest
except ImportError:
    pytest = None


def each(name, values):
    """Calls the test once for every value, as its argument `name`."""
    values = list(values)

    def decorate(test):
        if pytest is not None:
            return pytest.mark.parametrize(name, values, ids=str)(test)
        test.cases = [{name: value} for value in values]
        return test

    return decorate
