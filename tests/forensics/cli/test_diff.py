"""``diff`` on the command line: what people read, and what programs do."""

import json
from pathlib import Path

import jsonschema
import pytest

from forensics.case import Case
from forensics.report.schema import load
from tests.support.toy import Run, Step, Toy, digest_of

HOSTILE = "\x1b[2J<b>\u202egnp.csv"
RAW = {"a.csv": "one", HOSTILE: "one"}
TOY = Toy(
    "edited",
    (
        Step((), {"raw": RAW, "model": "one"}),
        Step((0,), {"raw": {**RAW, HOSTILE: "two"}, "model": "two"}, message="slip\x1b[31m in"),
    ),
    tuple(Run("train", number, ("raw",), ("model",)) for number in (0, 1)),
    models={"model": "fraud"},
    releases=(("fraud", "v1", 0), ("fraud", "v2", 1)),
)


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    path = tmp_path / "edited.duckdb"
    with Case.open(path, write=True, new=True) as case:
        case.ingest(TOY.source, TOY.records())
    return path


def test_a_table_tells_the_cause_before_what_follows(forensics, edited: Path) -> None:
    ended = forensics("diff", "fraud@v1", "fraud@v2", "--case", edited)
    assert ended.code == 0
    assert ended.out.startswith("Differs by itself: 1 data; 1 more follow from what differs upstream\n")
    assert 0 < ended.out.index("raw/") < ended.out.index("FOLLOWS from what differs upstream")
    assert TOY.oid(1) in ended.out


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "mermaid", "dot"])
def test_names_of_sources_are_shown_as_text(forensics, edited: Path, form: str) -> None:
    ended = forensics("diff", "fraud@v1", "fraud@v2", "--case", edited, "--format", form)
    assert ended.code == 0
    assert not {"\x1b", "\u202e"} & set(ended.out + ended.err)


def test_the_json_has_the_shape_that_ships(forensics, edited: Path) -> None:
    envelope = json.loads(forensics("diff", "fraud@v1", "fraud@v2", "--case", edited, "--format", "json").out)
    jsonschema.validate(envelope, load("diff"))
    assert [row["file"] for row in envelope["results"]] == [HOSTILE, ""]


def test_two_versions_that_do_not_differ_are_said_not_to(forensics, edited: Path) -> None:
    ended = forensics("diff", "fraud@v1", "fraud@v1", "--case", edited)
    assert ended.code == 0
    assert "the lineages on record do not differ" in ended.out


def test_a_path_of_several_versions_is_refused(forensics, edited: Path) -> None:
    ended = forensics("diff", "model", "fraud@v1", "--case", edited)
    assert ended.code == 2
    assert "hint: say which, as model@REV" in ended.err


def test_what_came_in_is_what_to_ask_about_next(forensics, edited: Path) -> None:
    ended = forensics("diff", "fraud@v1", "fraud@v2", "--case", edited)
    (following,) = [line for line in ended.err.splitlines() if line.startswith("next: ")]
    assert following == f"next: forensics blast-radius {digest_of('two')}, forensics suspects"
