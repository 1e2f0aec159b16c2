"""Results: rows, Arrow, DataFrames, graphs, JSON, pictures, and what a notebook shows."""

import json
import sys
from html.parser import HTMLParser
from typing import Any

import networkx as nx
import pytest

import forensics
from forensics.cli import main
from tests.forensics.api.conftest import HOSTILE, TOY


@pytest.fixture
def affected(case: forensics.OpenCase) -> Any:
    return case.blast_radius(f"raw/{HOSTILE}@{TOY.oid(1)}")


def test_a_result_is_a_sequence_of_frozen_rows(affected: Any) -> None:
    assert len(affected) == len(list(affected)) == len(affected.rows)
    assert affected[0] is affected.rows[0]
    assert affected[:2] == affected.rows[:2]
    with pytest.raises(AttributeError):
        affected[0].verdict = "clear"
    assert repr(affected) == f"<blast-radius: {len(affected)} rows>"


def test_the_table_and_the_json_are_those_of_the_command(
    case: forensics.OpenCase, capsys: pytest.CaptureFixture[str]
) -> None:
    for form, written in (("table", str(case.releases())), ("json", case.releases().to_json())):
        assert main(["releases", "--case", str(case.file), "--format", form, "-q"][: 5 if form == "json" else 6]) == 0
        out = capsys.readouterr().out
        assert out == written if form == "json" else written.startswith(out.rpartition("\n\n")[0])


def test_arrow_holds_every_row_in_flat_columns(affected: Any) -> None:
    table = affected.arrow()
    assert table.num_rows == len(affected)
    assert table.column("verdict").to_pylist() == [row.verdict for row in affected]
    assert table.column("thing_digest").to_pylist() == [row.thing.digest for row in affected]
    assert b"forensics" in table.schema.metadata


def test_without_pandas_the_mend_is_named(affected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(forensics.ForensicsError, match="pandas is not installed") as refused:
        affected.df()
    assert "pip install pandas" in refused.value.hint


def test_the_graph_leads_from_what_is_bad_to_what_is_affected(case: forensics.OpenCase, affected: Any) -> None:
    graph = affected.graph()
    model = next(row for row in affected if row.thing.path == "model")
    assert graph.nodes[model.thing.subject]["verdict"] == "affected"
    source = model.path[0].thing.subject
    assert nx.shortest_path(graph, source, model.thing.subject) == [step.thing.subject for step in model.path]
    assert all(data["strength"] for *_, data in graph.edges(data=True))
    assert len(case.show(model.thing.subject)) > 0


def test_a_question_without_paths_has_no_graph(case: forensics.OpenCase) -> None:
    for drawn in (case.releases().graph, case.releases().svg):
        with pytest.raises(forensics.UsageError, match="has no paths to draw"):
            drawn()


def test_the_path_question_is_one_chain(case: forensics.OpenCase) -> None:
    graph = case.path("raw@fraud@v2", "model@fraud@v2").graph()
    assert nx.is_directed_acyclic_graph(graph)
    assert graph.number_of_edges() == graph.number_of_nodes() - 1


def test_the_picture_is_svg(affected: Any) -> None:
    assert affected.svg().lstrip().startswith("<svg")


def test_a_picture_can_be_of_some_rows(affected: Any) -> None:
    live = affected.svg(only=lambda row: row.stages)
    assert 0 < live.count("<rect") < affected.svg().count("<rect")
    assert len(affected) > sum(bool(row.stages) for row in affected)


def test_no_group_is_left_out_of_a_short_table(case: forensics.OpenCase) -> None:
    from forensics.api.html import _shared

    assert _shared([40, 1, 30]) == [11, 1, 3]
    assert _shared([2, 12, 13, 12, 3]) == [2, 4, 3, 3, 3]
    assert sum(_shared([9] * 10)) == 30


def test_what_could_not_be_read_warns(case: forensics.OpenCase) -> None:
    from dataclasses import replace

    whole = case.releases()
    assert whole.warnings == ()
    seen = replace(whole.coverage, complete=False, reasons=("small: dvc.lock cannot be parsed",))
    short = forensics.Result(replace(whole.answer, coverage=seen, short=True))
    assert short.warnings[0].startswith("the list may be short")
    assert "dvc.lock" in short.warnings[1]
    assert "may be short" in repr(short)
    assert "THE LIST MAY BE SHORT" in short._repr_html_()


class Tags(HTMLParser):
    """All tags and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.references: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in {"src", "href"} or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_notebook_shows_the_verdict_first_and_names_as_text(affected: Any) -> None:
    shown = Tags(affected._repr_html_())
    assert shown.tags[:3] == ["div", "p", "strong"]
    assert "affected" in shown.text.partition("\n")[0][:200]
    assert {"table", "svg"} <= set(shown.tags)
    assert "script" not in shown.tags
    assert all(reference.startswith("#") for reference in shown.references)
    assert not {"\x1b", "\u202e"} & set(shown.text)


def test_a_long_answer_is_cut_and_says_so(case: forensics.OpenCase) -> None:
    html = case.sql("SELECT * FROM range(50)")._repr_html_()
    assert html.count("<tr>") == 16
    assert "35 more rows" in html


def test_a_report_is_a_document_in_a_frame_of_its_own(case: forensics.OpenCase) -> None:
    case.mark_add("bad", f"raw/{HOSTILE}@{TOY.oid(1)}", reason="flipped", author="ann@example.com")
    report = case.report(audience="commander")
    assert report.to_html().startswith("<!DOCTYPE html>")
    assert Tags(report._repr_html_()).tags == ["iframe"]
    assert json.loads(report.to_json())["results"]


def test_a_data_frame_has_the_columns_of_the_arrow_table(affected: Any) -> None:
    pytest.importorskip("pandas")
    frame = affected.df()
    assert list(frame.columns) == affected.arrow().column_names
    assert list(frame["verdict"]) == [row.verdict for row in affected]
