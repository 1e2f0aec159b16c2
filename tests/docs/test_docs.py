"""What the pages say is so: views and columns, queries, words, links, command lines, and figures."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from forensics.case import Case
from forensics.cli import cli
from forensics.cli.group import SETTINGS
from forensics.report import words
from forensics_connectors.contract import find_connector
from forensics_queries.sql import sql
from tests.support.pages import PAGES, ROOT, blocks

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

QUERIES = [block.body for block in blocks("docs/views.md", "sql")]


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


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


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_to_a_file(page: str) -> None:
    for target, heading in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", text(page)):
        if not re.match(r"[a-z]+:", target):
            there = (ROOT / page).parent / target if target else ROOT / page
            assert there.exists(), target
            if heading:
                titles = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
                assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_line_can_be_parsed(page: str) -> None:
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


def command_lines(page: str) -> Iterator[str]:
    for block in blocks(page, "sh", "console"):
        for line in block.body.splitlines():
            for part in re.split(r" && | \| ", line.removeprefix("$ ")):
                if re.match(r"(\.venv/bin/|uv run )?forensics ", part):
                    yield part[part.index("forensics ") :]


def test_the_pages_hold_command_lines_to_check() -> None:
    assert sum(1 for page in PAGES for _ in command_lines(page)) >= 40


def test_the_figures_of_the_readme_stand_in_the_pages_that_say_how_they_were_measured() -> None:
    measured = text("README.md").partition("## Measured")[2].partition("## ")[0]
    told = text("docs/performance.md") + text("docs/localization.md")
    for row in re.findall(r"^\|[^|]+\|([^|]+)\|$", measured, re.MULTILINE)[2:]:
        for figure in re.findall(r"[\d.]+ (?:s|%|times)", row):
            assert figure in told, figure
