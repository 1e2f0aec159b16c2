"""A history to fill, for each test of a rule."""

import pytest

from tests.support.history import History


@pytest.fixture
def history() -> History:
    return History()
