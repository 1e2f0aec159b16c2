"""Every format, on rows of the shape that questions return, with names as an attacker would write them."""

import csv
import io
import json
from dataclasses import dataclass

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forensics.answer import Answer, Coverage, SourceRead, Step, Thing
from forensics.errors import UsageError
from forensics.report import DRAWINGS, FORMATS, Page, render
from forensics.report.markdown import escaped

HOSTILE = "=cmd|'/c calc'!A1\x1b[31m\u202e<script>[x](https://evil.example)`|\n\""
DIGEST = "md5:" + "0123456789abcdef" * 2


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: str
    thing: Thing
    claimed_time: int | None
    size: int | None
    live: bool
    stages: tuple[str, ...]
    path: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Named:
    name: str


def thing(number: int, title: str, kind: str = "version") -> Thing:
    return Thing(number, kind, title, f"node:{number}", "repo", title, DIGEST, artifact_kind="model")


def judged(number: int, title: str, verdict: str = "affected") -> Judged:
    origin = thing(1, "data/raw.csv")
    run = Thing(2, "execution", "train (dvc.yaml)", "node:2")
    reached = thing(number, title)
    path = (Step(origin), Step(run, "used", "recorded"), Step(reached, "generated", "inferred", "persisted"))
    return Judged(verdict, reached, 1_700_000_000, 1234, True, ("prod", "staging"), path)


def answer(*rows, coverage=None, notes=(), short=False):
    return Answer("trial", {"subject": "x"}, rows, coverage or Coverage(), notes, short)


def text(given, form, page=None):
    return b"".join(render(given, form, page or Page(case="case.duckdb"))).decode()


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "ndjson", "json", *DRAWINGS])
def test_no_format_passes_on_what_a_terminal_would_act_upon(form):
    shown = text(answer(judged(3, HOSTILE), judged(4, "b\x7f\x9b")), form)
    assert not set(shown) & {"\x1b", "\u202e", "\x7f", "\x9b"}


@pytest.mark.parametrize("form", [*FORMATS, *DRAWINGS])
def test_the_same_answer_gives_the_same_bytes(form):
    given = answer(judged(3, "a"), judged(4, "b", "unknown"))
    assert b"".join(render(given, form, Page())) == b"".join(render(given, form, Page()))


@pytest.mark.parametrize("form", [*FORMATS, *DRAWINGS])
def test_an_empty_answer_can_be_written(form):
    b"".join(render(answer(), form, Page()))


def test_json_keeps_text_exact_under_sorted_keys():
    found = json.loads(text(answer(judged(3, HOSTILE)), "json"))
    assert found["schema"] == "forensics/trial/1"
    assert list(found) == sorted(found)
    assert found["results"][0]["thing"]["title"] == HOSTILE
    assert found["results"][0]["path"][2]["thing"]["id"] == 3
    assert found["case"] == "case.duckdb"


def test_json_says_how_many_rows_were_cut():
    found = json.loads(text(answer(*(judged(n, str(n)) for n in range(5))), "json", Page(limit=2)))
    assert (len(found["results"]), found["cut"]) == (2, 3)


@given(st.lists(st.text(), max_size=5))
@settings(deadline=None)
def test_ndjson_round_trips_any_text_one_row_a_line(names):
    lines = text(answer(*map(Named, names)), "ndjson").splitlines()
    assert [json.loads(line)["name"] for line in lines] == names


@given(st.text(min_size=1, max_size=10))
@settings(deadline=None)
def test_no_csv_cell_begins_as_a_formula(name):
    rows = list(csv.reader(io.StringIO(text(answer(Named(name)), "csv"), newline="")))
    cell = rows[1][0]
    assert cell.lstrip()[:1] not in {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
    assert cell[:1] not in {"\t", "\r"}


@pytest.mark.parametrize("name", ["=1+1", " =1", "+1", "-1", "@x", "\tx", "\uff1d1", "\u3000=1"])
def test_csv_puts_a_quote_before_a_formula(name):
    assert text(answer(Named(name)), "csv").splitlines()[1].startswith("\"'")


def test_csv_quotes_every_cell_and_leaves_numbers_alone():
    lines = text(answer(judged(3, "a,b")), "csv").split("\r\n")
    assert all(line.startswith('"') and line.endswith('"') for line in lines if line)
    row = next(csv.DictReader(io.StringIO("\n".join(lines))))
    assert row["size"] == "1234"
    assert row["thing_title"] == "a,b"
    assert row["claimed_time"] == "2023-11-14 22:13:20Z"
    assert row["path"] == "data/raw.csv -> train (dvc.yaml) -(inferred, persisted)-> a,b"


def test_parquet_holds_typed_columns_and_the_envelope():
    given = answer(judged(3, HOSTILE), judged(4, "b"), coverage=Coverage((), False, ("one file",)), short=True)
    table = pq.read_table(io.BytesIO(b"".join(render(given, "parquet", Page()))))
    assert table.column("thing_title").to_pylist() == [HOSTILE, "b"]
    assert str(table.schema.field("size").type) == "int64"
    assert str(table.schema.field("live").type) == "bool"
    assert json.loads(table.schema.metadata[b"forensics"])["coverage"]["reasons"] == ["one file"]


@pytest.mark.parametrize("mark", list("\\`*_{}[]()<>|~&!#"))
def test_markdown_escapes_each_mark(mark):
    assert escaped(f"a{mark}b") == f"a\\{mark}b"


def test_markdown_makes_no_link_of_an_address():
    assert "://" not in escaped("see https://evil.example and www.evil.example")
    assert "www.e" not in escaped("see www.evil.example")


def test_markdown_keeps_one_row_a_line():
    lines = text(answer(judged(3, HOSTILE), judged(4, "b")), "markdown").splitlines()
    assert sum(line.startswith("| affected") for line in lines) == 2


def test_drawings_name_each_thing_once_and_its_verdict_in_words():
    given = answer(judged(3, "a"), judged(4, "b", "unknown"))
    assert text(given, "mermaid").count("data/raw.csv") == 1
    assert "affected: a" in text(given, "dot")
    assert "unknown: b" in text(given, "mermaid")
    assert "inferred" in text(given, "dot")


def test_a_label_cannot_end_its_quotes():
    shown = text(answer(judged(3, 'x"]; click n1 "https://evil.example')), "mermaid")
    assert 'x"' not in shown
    assert 'x\\"' in text(answer(judged(3, 'x"y')), "dot")


def test_rows_without_paths_cannot_be_drawn():
    with pytest.raises(UsageError, match="no paths"):
        text(answer(Named("a")), "dot")


def test_coverage_of_a_reading_is_told():
    read = SourceRead("repo", "git", "/somewhere", 1, 0, 2, 1)
    shown = text(answer(Named("a"), coverage=Coverage((read,), False, ("dvc.lock at 1a2b: not YAML",))), "markdown")
    assert "NOT READ: dvc.lock at 1a2b: not YAML" in shown
