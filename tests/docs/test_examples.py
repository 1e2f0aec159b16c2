"""The examples of the pages on connectors, records and extending: made into files and used, as a reader would."""

import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import forensics
from forensics.case import Case
from forensics.case.sql import statements
from forensics.digest import Digest
from forensics.evidence import formats
from forensics_queries import statement
from forensics_queries.blast_radius import blast_radius
from tests.support.pages import blocks

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample


def the(page: str, language: str, word: str = "") -> str:
    """The one block of a language in which a word stands."""
    (found,) = [block.body for block in blocks(page, language) if word in block.body]
    return found


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], ModuleType]:
    def made(name: str, source: str) -> ModuleType:
        path = tmp_path / f"{name.rpartition('.')[2]}.py"
        path.write_text(source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        found = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, found)
        spec.loader.exec_module(found)
        return found

    return made


def test_the_example_connector_reads_runs_that_can_be_asked_about(
    tmp_path: Path, module: Callable[[str, str], ModuleType]
) -> None:
    connector = module("ledger", the("docs/connectors.md", "python")).LedgerConnector()
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


def test_the_example_connector_passes_the_conformance_suite_by_the_test_on_the_page(
    tmp_path: Path, module: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ledger = tmp_path / "tests" / "data" / "runs.csv"
    ledger.parent.mkdir(parents=True)
    ledger.write_text(f"raw.csv,{'a' * 32},model,{'b' * 32}\n", encoding="utf-8")
    connector = module("ledger", the("docs/connectors.md", "python")).LedgerConnector
    test = module("test_ledger", the("docs/connectors.md", "py"))
    monkeypatch.setattr(test, "LedgerConnector", connector, raising=False)
    work = tmp_path / "work"
    work.mkdir()
    test.test_my_connector_keeps_the_contract(work)


def test_the_example_entry_point_is_of_the_group_that_is_looked_in() -> None:
    told = tomllib.loads(the("docs/connectors.md", "toml"))["project"]["entry-points"]
    ours = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["entry-points"]
    assert list(told) == list(ours) == ["forensics.connectors"]


def test_the_example_deployments_are_in_use_as_the_page_says(
    fraud_repo: "FraudSample", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deployments.csv").write_text(the("docs/connectors.md", "csv"), encoding="utf-8")
    case = forensics.open("case.duckdb", new=True)
    case.ingest(fraud_repo.repository, "deployments.csv")
    listed = {(row.window.where, row.window.state) for row in case.releases() if row.artifact == "fraud"}
    assert {("prod", "ended"), ("edge", "planned")} & listed


def test_the_example_records_join_a_run_with_what_it_read_and_made(tmp_path: Path) -> None:
    rows = tmp_path / "lineage.ndjson"
    rows.write_text(the("docs/records.md", "json"), encoding="utf-8")
    case = forensics.open(tmp_path / "case.duckdb", new=True)
    case.ingest(rows)
    names = {json.loads(line).get("path") for line in rows.read_text().splitlines()} - {None}
    assert {row.thing.path for row in case.blast_radius("data/train.csv")} == names


def test_the_example_question_is_answered(
    fraud_repo: "FraudSample", tmp_path: Path, module: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "example_queries"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "unreleased.sql").write_text(the("docs/extending.md", "sql"), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    places = {"unreleased.sql": "example_queries"}
    monkeypatch.setattr(statement, "statements", lambda ours, file: statements(places.get(file, ours), file))
    unreleased = module("unreleased", the("docs/extending.md", "python", "def unreleased")).unreleased
    case = forensics.open(tmp_path / "case.duckdb", new=True)
    case.ingest(fraud_repo.repository)
    listed = {row.thing.digest for row in case.ask(unreleased, kind="model")}
    released = {thing.digest for row in case.releases() for thing in row.things}
    models = {row.digest for row in case.sql("SELECT digest FROM versions WHERE kind = 'model'")}
    assert listed
    assert listed == models - released


def test_the_example_format_is_written(
    fraud_repo: "FraudSample", tmp_path: Path, module: Callable[[str, str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module("forensics.evidence.formats.checksums", the("docs/extending.md", "python", "def write"))
    monkeypatch.setitem(formats.FORMATS, "checksums", "checksums")
    case = forensics.open(tmp_path / "case.duckdb", new=True)
    case.ingest(fraud_repo.repository)
    case.mark_add("bad", fraud_repo.poisoned_subject, reason="flipped", author="ann@example.com")
    case.export(tmp_path / "bag", also="checksums")
    lines = (tmp_path / "bag/data/md5sum.txt").read_text().splitlines()
    assert lines
    assert all(re.fullmatch(r"[0-9a-f]{32}  \S+", line) for line in lines)


def test_the_lines_that_add_a_command_are_of_the_kind_that_stand_there() -> None:
    from forensics.cli.group import COMMANDS
    from forensics.report.schema import ROWS

    added: dict[str, Any] = {}
    exec(the("docs/extending.md", "python", "COMMANDS ="), added)
    for name, there in (("COMMANDS", COMMANDS), ("ROWS", ROWS)):
        ((command, line),) = added[name].items()
        assert command == "unreleased"
        assert [type(part) for part in line] == [type(part) for part in there["releases"] or ()]
