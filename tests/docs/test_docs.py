"""What the pages say is so: views and columns, queries, words, links, command lines, and the example connector."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from forensics.case import Case
from forensics.cli import cli, main
from forensics.cli.group import SETTINGS
from forensics.digest import Digest
from forensics.report import words
from forensics_connectors.contract import find_connector
from forensics_queries.blast_radius import blast_radius
from forensics_queries.sql import sql

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: Path, *languages: str) -> list[str]:
    return [body for language, body in FENCE.findall(page.read_text(encoding="utf-8")) if language in languages]


QUERIES = blocks(ROOT / "docs/views.md", "sql")


@pytest.fixture(scope="module")
def sample(fraud_repo: "FraudSample", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    with Case.open(tmp_path_factory.mktemp("docs") / "case.duckdb", write=True, new=True) as case:
        connector, source = find_connector(str(fraud_repo.repository))
        case.ingest(source, connector.read(source))
        yield case


@pytest.fixture(scope="module")
def answers(sample: Case) -> list[int]:
    return [len(sql(sample, query).rows) for query in QUERIES]


def test_the_views_and_columns_listed_are_those_of_a_case(tmp_path: Path) -> None:
    listed: dict[str, list[tuple[str, str]]] = {}
    for section in re.split(r"^## ", text("docs/views.md"), flags=re.MULTILINE)[1:]:
        if section.startswith("`"):
            rows = re.findall(r"^\| `(\w+)` \| (\S+) \| \S.* \|$", section, re.MULTILINE)
            listed[section.split("`")[1]] = rows
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        views = [name for (name,) in case.rows("SELECT view_name FROM duckdb_views() WHERE NOT internal")]
        found = {view: [(name, kind) for name, kind, *_ in case.rows(f"DESCRIBE {view}")] for view in views}
    assert listed == found


def test_every_query_runs_on_the_sample_and_most_have_an_answer(answers: list[int]) -> None:
    assert len(answers) == 8
    assert sum(count > 0 for count in answers) >= 5, answers


@pytest.mark.parametrize("group", ["VERDICTS", "STRENGTHS", "REASONS", "CHANCES", "CHANGES", "FINDINGS", "GRADES"])
def test_words_mean_on_the_page_what_they_mean_in_answers(group: str) -> None:
    page = text("docs/concepts.md")
    for word, meaning in getattr(words, group).items():
        assert f"| `{word}` | {meaning} |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_line_can_be_parsed(page: Path) -> None:
    for line in command_lines(page):
        words_ = shlex.split(line, comments=True)[1:]
        command: click.Command = cli
        context = click.Context(cli, info_name="forensics", **SETTINGS)
        while isinstance(command, click.Group) and words_ and not words_[0].startswith("-"):
            found = command.get_command(context, words_.pop(0))
            assert found is not None, line
            command = found
        if words_ not in (["--help"], ["--version"], []):
            command.make_context("x", words_, parent=context)


def command_lines(page: Path) -> Iterator[str]:
    for body in blocks(page, "sh", "console"):
        for line in body.splitlines():
            for part in re.split(r" && | \| ", line.removeprefix("$ ")):
                if re.match(r"(\.venv/bin/|uv run )?forensics ", part):
                    yield part[part.index("forensics ") :]


def test_the_answers_in_the_readme_are_those_of_the_program(
    fraud_repo: "FraudSample", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORENSICS_CASE", raising=False)
    assert main(["ingest", str(fraud_repo.repository), "-q"]) == 0
    for body in blocks(ROOT / "README.md", "console"):
        for part in re.split(r"^\$ forensics ", body, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            capsys.readouterr()
            assert main(shlex.split(command)) == 0
            said = squeezed(capsys.readouterr().out)
            for piece in re.split(r"^ *\[\.\.\..*\.\.\.\]$", shown, flags=re.MULTILINE):
                here = piece.replace("/home/ann/incident", str(fraud_repo.repository.parent))
                assert squeezed(here) in said, f"forensics {command}: {piece}"


def squeezed(shown: str) -> str:
    """Without blanks, since lines break where the length of a path makes them."""
    return re.sub(r"\s", "", shown)


def test_the_pages_hold_command_lines_to_check() -> None:
    assert sum(1 for page in PAGES for _ in command_lines(page)) >= 5


def test_the_example_connector_reads_runs_that_can_be_asked_about(tmp_path: Path) -> None:
    (example,) = blocks(ROOT / "docs/connectors.md", "python")
    space: dict[str, type] = {}
    exec(compile(example, "docs/connectors.md", "exec"), space)
    connector = space["LedgerConnector"]()
    raw, features, model = ("md5:" + digit * 32 for digit in "abc")
    lines = [("raw.csv", raw, "features", features), ("features", features, "model", model)]
    ledger = tmp_path / "ledger" / "runs.csv"
    ledger.parent.mkdir()
    ledger.write_text(
        "".join(f"{a},{Digest.parse(b).value},{c},{Digest.parse(d).value}\n" for a, b, c, d in lines) + "x,y\n"
    )
    assert connector.discover(str(tmp_path)) is None
    source = connector.discover(str(ledger))
    assert list(connector.read(source)) == list(connector.read(source))
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        done = case.ingest(source, connector.read(source))
        assert (done.unread, done.findings) == (1, {"unreadable": 1})
        assert case.ingest(connector.discover(str(ledger)), connector.read(source)).unchanged
        answer = blast_radius(case, [raw])
    assert {(row.thing.path, row.verdict) for row in answer.rows} == {
        (path, "affected") for path in ("raw.csv", "features", "model")
    }
    assert answer.short
