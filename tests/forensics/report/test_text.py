import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.report.text import clock, safe, width, wrap

TEXT = st.text(alphabet=st.characters(), max_size=60)


@given(TEXT)
@settings(deadline=None)
def test_safe_text_holds_no_character_a_terminal_acts_upon(text):
    hidden = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert all(c == "\t" or unicodedata.category(c) not in hidden for c in safe(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("models/fraud.json", "models/fraud.json"),
        ("\x1b[2Jgone", "\\u001b[2Jgone"),
        ("csv\u202egnp", "csv\\u202egnp"),
        ("a\nb\x7f", "a\\u000ab\\u007f"),
        ("a\tb", "a\tb"),
        ("\udcff\U000e0001", "\\udcff\\U000e0001"),
        ("données/模型", "données/模型"),
    ],
)
def test_safe_text_shows_what_it_replaced(text, shown):
    assert safe(text) == shown


@given(TEXT.map(safe), st.integers(min_value=2, max_value=30))
@settings(deadline=None)
def test_wrapping_keeps_every_character_but_blanks_and_fits(text, columns):
    lines = wrap(text, columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line) <= columns for line in lines)


def test_a_wrapped_digest_can_be_read_in_full():
    digest = "sha256:" + "0123456789abcdef" * 4
    assert "".join(wrap(digest, 20)) == digest


def test_wide_characters_take_two_columns_and_marks_none():
    assert width("模型") == 4
    assert width("e\u0301") == 1


def test_a_time_that_no_calendar_has_is_shown_as_the_number_it_is():
    assert clock(0) == "1970-01-01 00:00:00Z"
    assert clock(2**62) == f"@{2**62}"
    assert clock(None) == ""
