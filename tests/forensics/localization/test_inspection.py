"""What it tells to look into one thing."""

from math import log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.localization.inspection import informed

chances = st.floats(0, 1)


@given(p=chances, found=chances, mistaken=chances)
@settings(deadline=None)
def test_an_answer_tells_no_more_than_one_bit_and_never_less_than_nothing(
    p: float, found: float, mistaken: float
) -> None:
    assert 0 <= informed(p, found, mistaken) <= 1


@pytest.mark.parametrize("p", [0.01, 0.3, 0.5])
def test_an_inspection_that_never_errs_tells_all(p: float) -> None:
    assert informed(p, 1, 0) == pytest.approx(-p * log2(p) - (1 - p) * log2(1 - p))
    assert informed(p, 1, 0) > informed(p) > 0


def test_what_is_certain_already_tells_nothing() -> None:
    assert informed(0) == pytest.approx(0)
    assert informed(1) == pytest.approx(0)
    assert informed(0.5, 0.3, 0.3) == pytest.approx(0)
