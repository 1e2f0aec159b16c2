"""The incident report: plain words first, the same bytes twice, nothing from outside, and names that stay text."""

import base64
import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from shutil import copy
from typing import TYPE_CHECKING

import jsonschema
import pytest

from forensics.answer import Answer
from forensics.case import Case
from forensics.case.journal import entries
from forensics.cli import main
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.report import Page
from forensics.report import render as answered
from forensics.report.incident import AUDIENCES, SECTIONS, Section, incident, render
from forensics.report.incident.sections import chosen
from forensics.report.schema import load
from forensics_queries.blast_radius import blast_radius
from forensics_queries.marks import add_mark
from forensics_queries.observe import observe
from tests.support.incident import INCIDENT
from tests.support.toy import Run, Step, Toy, digest_of

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

BAD = str(digest_of("POISON"))


class Parsed(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_words_say_what_is_live_since_when_and_what_to_go_back_to(report: Answer[Section]) -> None:
    said = " ".join(report.notes)
    assert "1 model is affected, in 2 versions; 1 affected version is live." in said
    assert "LIVE AND AFFECTED: fraud@v1.1.0 in prod since 2023-11-14 22:13:21Z (models/fraud.json md5:" in said
    target = INCIDENT.version(4, "models/fraud.json").digest
    assert f"Go back to fraud@v1.2.0 ({target})" in said
    assert f"started from mark 1: bad {BAD} (labels were turned around)".capitalize()[1:] in said


def test_the_sections_have_the_names_numbers_and_ids_of_the_standard(report: Answer[Section]) -> None:
    found = [(row.number, row.plan.id, row.plan.csf) for row in report.rows]
    assert found[1:5] == [
        (2, "summary", "RS.CO"), (3, "detection", "DE.AE"), (4, "analysis", "RS.AN-03"), (5, "scope", "RS.AN-08"),
    ]  # fmt: skip
    assert [name for _, name, _ in found] == list(SECTIONS)


def test_every_section_but_the_picture_leaves_something_to_a_person() -> None:
    assert all(plan.filled and (plan.fields or plan.id == "picture") for plan in SECTIONS.values())


def test_an_audience_gets_its_sections_under_their_own_numbers(case: Case) -> None:
    rows = incident(case, audience="commander").rows
    assert tuple(row.plan.id for row in rows) == AUDIENCES["commander"]
    assert [row.number for row in rows] == [list(SECTIONS).index(row.plan.id) + 1 for row in rows]


def test_sections_are_chosen_by_name_and_stand_in_their_order() -> None:
    assert chosen("commander", ("recovery", "scope")) == ("scope", "recovery")
    assert chosen("auditor") == chosen() == tuple(SECTIONS)


def test_a_section_that_there_is_not_is_an_error_that_lists_those_there_are(case: Case) -> None:
    with pytest.raises(UsageError, match="no section 'scop'") as caught:
        incident(case, sections=("scop",))
    assert "scope" in caught.value.hint
    with pytest.raises(UsageError, match="no audience 'press'"):
        incident(case, audience="press")


def test_what_came_first_is_told_with_who_claims_it(report: Answer[Section]) -> None:
    section = report.rows[2]
    assert "mallory@example.com" in section.said[0]
    assert "data/raw/vendor_b/feb.csv" in section.said[0]
    assert INCIDENT.oid(3) in section.said[1]


def test_a_supposed_subject_counts_for_the_way_back_too(case: Case) -> None:
    supposed = str(INCIDENT.version(4, "models/fraud.json").digest)
    more = incident(case, (supposed,), sections=("recovery",))
    targets = more.rows[0].tables[0].rows
    assert targets
    assert all(row.thing.digest != supposed for row in targets if row.outcome != "rebuild")
    assert f"Go back to {supposed}" not in " ".join(more.notes)


def test_without_a_mark_or_a_subject_there_is_nothing_to_report(tmp_path: Path) -> None:
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as empty:
        empty.ingest(INCIDENT.source, INCIDENT.records())
        with pytest.raises(UsageError, match="nothing is marked"):
            incident(empty)


def test_what_was_observed_is_enough_for_a_report_and_never_reads_as_an_all_clear(tmp_path: Path) -> None:
    bad, good = (INCIDENT.version(number, "models/fraud.json").digest for number in (3, 4))
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as observed:
        observed.ingest(INCIDENT.source, INCIDENT.records())
        observe(observed, [str(bad)], "bad", author="ana@example.com", reason="misses fraud")
        observe(observed, [str(good)], "good", author="ana@example.com", reason="finds it")
        report = incident(observed)
    said = " ".join(report.notes)
    assert "Nothing is marked as bad, so nothing has a verdict" in said
    assert "No version is affected" not in said
    assert re.search(rf"LIVE, AND DOUBTED: fraud@v1.1.0 in prod since \S+ \S+ \(models/fraud.json {bad}\)", said)
    assert re.search(r"SUSPECTED: one of \d that no observation tells apart, \d\d %", said)
    tables = {row.plan.id: [answer.question for answer in row.tables] for row in report.rows}
    assert tables["analysis"] == ["suspects"]
    assert len(tables["detection"]) == 1
    picture = report.rows[-1].picture
    assert picture is not None
    assert str(bad) in {node.thing.digest for node in picture.nodes}
    for form in ("html", "markdown"):
        assert "misses fraud" in render(report, form)
    assert "the rest is clear" not in render(report, "html")
    said_of = {row.plan.id: " ".join(row.said) for row in report.rows}
    assert "a short list here clears nothing" in said_of["scope"]
    assert "cannot be told when it first stood" in said_of["detection"]


def test_a_suspect_that_is_hardly_likely_does_not_stand_at_the_head(tmp_path: Path) -> None:
    names = [f"{number:02}.csv" for number in range(40)]
    many = Toy(
        "many",
        (Step((), {"data": {name: name for name in names}, "model.pkl": "model"}),),
        runs=(Run("train", 0, ("data",), ("model.pkl",)),),
        releases=(("model", "v0", 0),),
        models={"model.pkl": "model"},
    )
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        case.ingest(many.source, many.records())
        observe(case, ["model@v0"], "bad", author="ana@example.com")
        (headline,) = (note for note in incident(case).notes if note.startswith("SUSPECTED"))
        assert "that no observation tells apart" in headline
        add_mark(case, "bad", f"data/{names[0]}@HEAD", reason="r", author="ana@example.com")
        assert not any("SUSPECTED" in note for note in incident(case).notes)


def test_the_timeline_is_that_of_the_incident_alone(report: Answer[Section]) -> None:
    (answer,) = report.rows[5].tables
    commits = {row.document_commit for row in answer.rows if row.kind == "commit"}
    assert INCIDENT.oid(2) in commits
    assert INCIDENT.oid(6) not in commits
    assert {"release", "stage-move", "mark", "acquisition"} <= {row.kind for row in answer.rows}


@pytest.mark.parametrize("form", ["html", "markdown", "json"])
def test_the_same_case_gives_the_same_bytes_although_its_questions_are_journalled(
    reported: Path, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    copy(reported, tmp_path / "case.duckdb")
    written = []
    for _ in range(2):
        assert main(["report", "--case", str(tmp_path / "case.duckdb"), "--format", form]) in {0, 3}
        written.append(capsys.readouterr().out)
    assert written[0] == written[1]
    with Case.open(tmp_path / "case.duckdb") as after:
        asked = [entry for entry in entries(after.connection) if entry.action == "question"]
        made = [json.loads(entry.details) for entry in entries(after.connection) if entry.action == "report"]
    questions = [json.loads(entry.details)["question"] for entry in asked]
    assert questions[: len(questions) // 2] == questions[len(questions) // 2 :]
    assert {"blast-radius", "rollback", "releases", "blame", "sources", "mark-list"} <= set(questions)
    digest = hashlib.sha256(written[0].encode()).hexdigest()
    assert made == [{"format": form, "sha256": digest}] * 2


def test_the_json_is_as_its_schema_says_and_holds_all_rows(case: Case, report: Answer[Section]) -> None:
    found = json.loads(render(report, "json", Page("case.duckdb", limit=100)))
    jsonschema.validate(found, load("report"))
    (scope,) = [row for row in found["results"] if row["plan"]["id"] == "scope"]
    assert len(scope["tables"][0]["rows"]) == len(blast_radius(case).rows)
    (picture,) = [row for row in found["results"] if row["plan"]["id"] == "picture"]
    assert {node["role"] for node in picture["picture"]["nodes"]} == {"", "source", "target"}


def test_a_table_that_is_cut_says_by_how_much(case: Case, report: Answer[Section]) -> None:
    total = len(blast_radius(case).rows)
    for form in ("html", "markdown"):
        said = render(report, form, Page(limit=1))
        assert f"{total - 1} more not shown: forensics blast-radius has them all" in said


def test_the_page_allows_its_own_style_and_script_and_nothing_else(report: Answer[Section]) -> None:
    page = render(report, "html")
    policy = next(attrs["content"] or "" for tag, attrs in Parsed(page).tags if attrs.get("http-equiv"))
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        ((body,),) = [re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_names_no_address_outside_it(report: Answer[Section], hostile_report: Answer[Section]) -> None:
    for one in (report, hostile_report):
        for tag, attrs in Parsed(render(one, "html")).tags:
            assert tag not in {"img", "link", "iframe", "object", "embed", "base", "form", "video", "audio"}
            assert (attrs.get("href") or "#").startswith("#")
            assert not [name for name in attrs if name.startswith("on") or name in {"src", "style", "action"}]


def test_hostile_names_are_text_in_the_page(hostile_report: Answer[Section]) -> None:
    page = render(hostile_report, "html")
    parsed = Parsed(page)
    assert [tag for tag, _ in parsed.tags].count("script") == 1
    assert "<script>document.title='owned'</script>" in parsed.text
    assert "\\u202egnp.\\u200fcod" in parsed.text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200f\u202e]", page)


def test_hostile_names_are_text_in_markdown(hostile_report: Answer[Section]) -> None:
    report = render(hostile_report, "markdown")
    outside = re.sub(r"```mermaid\n.*?\n```", "", report, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)<(?!br>)", outside)
    assert not re.search(r"(?<!\\)`touch", outside)
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert "\n## three" not in report
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200f\u202e]", report)
    (drawn,) = re.findall(r"```mermaid\n(.*?)\n```", report, re.DOTALL)
    assert "```" not in drawn
    assert "<script" not in drawn


def test_hostile_names_are_text_in_csv_and_on_the_terminal(hostile_report: Answer[Section]) -> None:
    (answer,) = hostile_report.rows[4].tables
    table, sheet = (b"".join(answered(answer, form, Page())).decode() for form in ("table", "csv"))
    for shown in (table, sheet):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200f\u202e]", shown)
    cells = [cell for row in csv.reader(io.StringIO(sheet)) for cell in row]
    assert any("=cmd()" in cell for cell in cells)
    assert not [cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@"}]


def test_an_incident_of_thousands_is_drawn_small_and_counts_the_rest(tmp_path: Path) -> None:
    files = {f"out/{number}": f"made {number}" for number in range(700)}
    wide = Toy(
        "wide",
        (Step((), {"data": "BAD", **files, "models/m": "m"}),),
        runs=tuple(Run(f"run{number}", 0, ("data",), (path,)) for number, path in enumerate([*files, "models/m"])),
        models={"models/m": "m"},
    )
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as one:
        one.ingest(wide.source, wide.records())
        add_mark(one, "bad", str(digest_of("BAD")), reason="x")
        whole = incident(one)
        section = whole.rows[-1]
        assert section.picture is not None
        assert 1 < len(section.picture.nodes) <= 200
        drawn = [int(node.thing.label) for node in section.picture.nodes if node.thing.kind == "folded"]
        assert sum(drawn) + section.picture.left_out >= 700
        assert len(render(whole, "html")) < 1_500_000


def test_a_digest_is_never_cut_in_a_table(case: Case, report: Answer[Section]) -> None:
    page = Parsed(render(report, "html"))
    for row in blast_radius(case).rows:
        assert row.thing.digest in page.text
        assert Digest.parse(row.thing.digest).is_well_formed


def test_the_report_of_the_sample_names_its_culprit_and_its_way_back(
    fraud_repo: "FraudSample", tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--case", str(tmp_path / "case.duckdb")]
    assert main(["ingest", str(fraud_repo.repository), "-q", *named]) == 0
    assert main(["mark", "add", "bad", f"{fraud_repo.poisoned_file}@HEAD", "--reason", "flipped", *named]) == 0
    capsys.readouterr()
    assert main(["report", "--format", "markdown", *named]) == 0
    said = capsys.readouterr().out.replace("\\", "")
    assert f"{fraud_repo.live_release} in prod since 2025-06-04 09:00:00Z (" in said
    assert (
        "Go back to md5:d122786e4f347c558d0bb8caf9a0c2ab" in said or "its bytes are there and were hashed again" in said
    )
    assert fraud_repo.poisoner in said
