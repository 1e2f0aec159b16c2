"""Deployments from a CSV file: what is read, what is a bad row, and what a hostile file cannot do."""

import hashlib
import os
import string
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.case import Case
from forensics.errors import SourceError
from forensics.model import Acquired, Deployment, Finding, FindingKind
from forensics_connectors.deployments import DeploymentsConnector
from forensics_connectors.deployments import connector as reading
from forensics_connectors.deployments.lines import MAX_CELL, LineError, parse_line, read_columns

HEAD = "model,release,digest,environment,from,to\n"
MD5 = "0123456789abcdef" * 2
CONNECTOR = DeploymentsConnector()


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str | bytes, name: str = "deployments.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def read(path: Path) -> tuple[list[Deployment], list[Finding]]:
    source = CONNECTOR.discover(str(path))
    assert source is not None
    *records, last = CONNECTOR.read(source)
    assert isinstance(last, Acquired)
    assert last.state == source.state
    found = [record for record in records if isinstance(record, Deployment)]
    bad = [record for record in records if isinstance(record, Finding)]
    assert len(found) + len(bad) == len(records)
    return found, bad


def seconds(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp())


def test_releases_and_digests_in_their_environments_are_read(written: Callable[..., Path]) -> None:
    found, bad = read(
        written(
            HEAD + "fraud,v1.2.0,,prod,2026-03-01T09:00:00Z,2026-04-02T12:00:00+02:00\n"
            f"fraud,,MD5:{MD5.upper()},edge,2026-04-02,\n\nother,other@v1,{MD5},lab,,\n"
        )
    )
    assert not bad
    assert [(one.model, one.subject, one.environment, one.start, one.end) for one in found] == [
        ("fraud", "v1.2.0", "prod", seconds(2026, 3, 1, 9), seconds(2026, 4, 2, 10)),
        ("fraud", f"md5:{MD5}", "edge", seconds(2026, 4, 2), None),
        ("other", "other@v1", "lab", None, None),
        ("other", MD5, "lab", None, None),
    ]
    assert [one.origin.locus.partition(" in ")[0] for one in found] == ["line 2", "line 3", "line 5", "line 5"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_spreadsheets_write_is_read(written: Callable[..., Path], delimiter: str, end: str, mark: str) -> None:
    lines = [["Environment", "Release", "Team"], ["prod", "fraud@v1", "a"], ["lab", "fraud@v2"]]
    found, bad = read(written(mark + end.join(delimiter.join(line) for line in lines) + end, "live.csv"))
    assert not bad
    assert [(one.subject, one.environment, one.end) for one in found] == [
        ("fraud@v1", "prod", None),
        ("fraud@v2", "lab", None),
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("fraud,,,prod,,", "neither a release nor a digest"),
        ("fraud,v1,,,,", "no environment"),
        ("fraud,v1,,prod,yesterday,", "is no time"),
        ("fraud,v1,,prod,1700000000,", "is no time"),
        ("fraud,v1,,prod,2026-02-30,", "is no time"),
        ("fraud,v1,,prod,2026-03-02,2026-03-01", "ends before it begins"),
        ("fraud,,abc,prod,,", "digest is none"),
        ("fraud,,sha256:" + MD5 + ",prod,,", "digest is none"),
        ("fraud,v1,,prod,,,more", "7 cells under 6 columns"),
        ('fraud,"v1,,prod,,', "not CSV"),
        ("fraud," + "v" * (MAX_CELL + 1) + ",,prod,,", "longer than"),
        ("fraud," + "v" * 400_000 + ",,prod,,", "too long"),
    ],
)
def test_a_bad_row_is_a_finding_with_its_line_and_takes_no_other_with_it(
    written: Callable[..., Path], line: str, why: str
) -> None:
    found, bad = read(written(f"{HEAD}fraud,v0,,prod,,\n{line}\nfraud,v2,,prod,,\n"))
    assert [one.subject for one in found] == ["v0", "v2"]
    assert [(one.kind, one.admits) for one in bad] == [(FindingKind.BAD_ROW, False)]
    assert bad[0].message.startswith("line 3: ")
    assert why in bad[0].message


def test_bytes_that_are_no_text_spoil_their_line_alone(written: Callable[..., Path]) -> None:
    found, bad = read(written(HEAD.encode() + b"fraud,v1\xff,,prod,,\nfraud,v2,,prod,,\n"))
    assert [one.subject for one in found] == ["v2"]
    assert "UTF-8" in bad[0].message


def test_a_file_beyond_the_limits_is_read_so_far_and_says_so(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_LINES", 3)
    found, bad = read(written(HEAD + "fraud,v1,,prod,,\n" * 5))
    assert len(found) == 3
    assert [one.kind for one in bad] == [FindingKind.TOO_LARGE]


def test_other_files_are_not_taken_for_deployments(written: Callable[..., Path], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    os.mkfifo(tmp_path / "deployments.csv")
    others = [written("name,size\na,1\n", "files.csv"), tmp_path, tmp_path / "pipe.csv", tmp_path / "deployments.csv"]
    others += [tmp_path / "none.csv", Path("mysql://host/db"), Path("a\0b"), written(b"", "empty.csv")]
    assert [CONNECTOR.discover(str(path)) for path in others] == [None] * len(others)


@pytest.mark.parametrize("text", ["", "model,release\n", "environment,release,release\n", "\x00\xff"])
def test_a_deployments_csv_without_the_columns_is_refused(written: Callable[..., Path], text: str) -> None:
    with pytest.raises(SourceError, match="names no columns") as refused:
        CONNECTOR.discover(str(written(text)))
    assert "model,release,environment,from,to" in refused.value.hint


def test_reading_changes_neither_the_file_nor_what_it_says(written: Callable[..., Path]) -> None:
    path = written(HEAD + "fraud,v1,,prod,,\nbroken\n")
    before = hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns
    source = CONNECTOR.discover(str(path))
    assert source is not None
    assert source == CONNECTOR.discover(str(path))
    assert list(CONNECTOR.read(source)) == list(CONNECTOR.read(source))
    assert before == (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns)


def test_an_edited_file_is_the_same_source_and_what_it_no_longer_says_no_longer_stands(
    written: Callable[..., Path], tmp_path: Path
) -> None:
    def stands(text: str) -> set[str]:
        source = CONNECTOR.discover(str(written(HEAD + text)))
        assert source is not None
        case.ingest(source, CONNECTOR.read(source))
        return {row[0] for row in case.rows("SELECT subject FROM deployments WHERE stands")}

    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        assert stands("fraud,v1,,prod,,\nfraud,v2,,lab,,\n") == {"v1", "v2"}
        assert stands("fraud,v1,,prod,,\n") == {"v1"}
        assert stands("fraud,v1,,prod,,\n") == {"v1"}
        assert stands("") == set()
        assert stands("fraud,v1,,prod,,\nfraud,v2,,lab,,\n") == {"v1", "v2"}
        assert case.rows("SELECT count(DISTINCT source_id), count(*) FROM deployments") == [(1, 3)]


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet=st.sampled_from(string.printable + "é\u2028\x00"), max_size=80))
def test_any_line_is_a_deployment_or_a_bad_row(line: str) -> None:
    columns = read_columns(HEAD.strip())
    assert columns is not None
    try:
        stated = parse_line(columns, line)
    except LineError:
        return
    assert stated.subjects
    assert stated.environment
