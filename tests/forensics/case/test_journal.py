"""The journal is a chain: whatever is changed in it, the first record that does not fit is named."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics import __version__
from forensics.case import Case
from forensics.case.journal import Entry, breaks, digest_of, entries, head
from forensics.case.tool import tool

OLDER = sorted((Path(__file__).parent / "cases").glob("schema-*.duckdb.gz"))
TEXTS = [field for field in Entry.__dataclass_fields__ if field not in {"seq", "digest", "previous"}]


def chain(length: int) -> list[Entry]:
    made: list[Entry] = []
    for seq in range(1, length + 1):
        previous = made[-1].digest if made else "0" * 64
        entry = Entry(seq, f"2026-03-0{seq}T00:00:00.000000", "mark", "[]", "0.1.0", "ann", "{}", previous, "")
        made.append(replace(entry, digest=digest_of(entry)))
    return made


@pytest.mark.parametrize("packed", OLDER, ids=lambda path: path.name.partition(".")[0])
def test_the_journal_of_an_older_case_still_fits(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "case.duckdb").write_bytes(gzip.decompress(packed.read_bytes()))
    with Case.open(tmp_path / "case.duckdb") as case:
        assert len(entries(case.connection)) == 1
        assert not list(breaks(entries(case.connection)))


def test_what_is_appended_fits_and_is_what_was_given(tmp_path: Path) -> None:
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        assert head(case.connection) == (0, "0" * 64)
        case.journal("mark", {"reason": "odd ☃ \x1b"}, argv=["forensics", "https://ann:secret@example.com/x"])
        digest = case.journal("question", {}, argv=[])
        found = entries(case.connection)
        assert not list(breaks(found))
        assert head(case.connection) == (2, digest)
    assert json.loads(found[0].details) == {"reason": "odd ☃ \x1b"}
    assert "secret" not in found[0].argv
    assert [entry.seq for entry in found] == [1, 2]


@given(st.integers(0, 4), st.sampled_from(TEXTS), st.text(min_size=1, max_size=3))
def test_any_change_of_a_record_is_named(place: int, field: str, added: str) -> None:
    made = chain(5)
    made[place] = replace(made[place], **{field: getattr(made[place], field) + added})
    assert [entry.seq for entry, _ in breaks(made)][:1] == [place + 1]


@given(st.integers(0, 3))
def test_a_record_that_was_computed_anew_breaks_its_successor(place: int) -> None:
    made = chain(5)
    changed = replace(made[place], details='{"reason": "another"}')
    made[place] = replace(changed, digest=digest_of(changed))
    assert [entry.seq for entry, _ in breaks(made)][:1] == [place + 2]


@given(st.integers(0, 3))
def test_a_record_that_is_gone_or_doubled_is_named_by_what_stands_in_its_place(place: int) -> None:
    made = chain(5)
    assert [entry.seq for entry, _ in breaks(made[:place] + made[place + 1 :])][:1] == [place + 2]
    assert [entry.seq for entry, _ in breaks([*made[:place], made[place], *made[place:]])][:1] == [place + 1]


def test_records_whose_text_was_redacted_are_held_by_their_links_alone() -> None:
    made = chain(3)
    made[1] = replace(made[1], claimed_user="person-1")
    assert [entry.seq for entry, _ in breaks(made)] == [2]
    assert not list(breaks(made, frozenset({2})))
    made[1] = replace(made[1], previous="1" * 64)
    assert [entry.seq for entry, _ in breaks(made, frozenset({2}))] == [2]


def test_the_tool_names_the_commit_that_is_checked_out() -> None:
    version, _, commit = tool().partition("+")
    assert version == __version__
    assert len(commit) in {0, 12}
