"""Every command of README and docs is run, page by page as one session in a folder of its own, and its output compared.

A session finds the fraud sample as ``fraud``. All pages but those that begin with a case of their own find it already
read, with a mark and observations, in ``case.duckdb``. In a block of kind ``console`` what stands below a command is
what it writes: ``[...]`` stands for anything, and lines may break elsewhere. A block that cannot run has a comment
before it that says why, and stands in ``NOT_RUN``.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forensics.case import Case
from forensics.cli import main
from tests.support.pages import PAGES, Block, blocks

if TYPE_CHECKING:
    from sample_repos.fraud import FraudSample

#: Pages whose sessions begin with nothing but the sample.
FROM_NOTHING = ("README.md", "docs/playbook.md")
SESSIONS = [page for page in PAGES if any(not block.not_run for block in blocks(page, "sh", "console"))]

SERVERS = "needs servers; tests/connectors/mlmd starts some"
LONG = "takes from minutes to hours"

#: Blocks that are not run, by page and first line, and why: the page says the same.
NOT_RUN = {
    ("README.md", "python3 -m venv .venv && . .venv/bin/activate && pip install -e '.[dev]'"): (
        "makes an environment and builds the sample for a minute; .ci/run and the tests of demo do the same"
    ),
    ("CONTRIBUTING.md", "make set-up"): "makes an environment and runs all tests; the targets are compared",
    ("docs/connectors.md", "forensics ingest mysql://reader@host:3306/metadb"): SERVERS,
    ("docs/connectors.md", "-- MySQL"): SERVERS,
    ("docs/performance.md", "pip install -e '.[dev,bench]'"): LONG,
    ("docs/localization.md", "python -m tests.benchmarks.localization --first 2000 --count 40 --jobs 2"): LONG,
}

#: Files that a page takes for there: the rows that it shows, and an event.
FILES = {
    "docs/records.md": {
        "lineage.ndjson": "".join(block.body for block in blocks("docs/records.md", "json")),
        "openlineage-events.jsonl": (
            '{"eventType": "COMPLETE", "eventTime": "2026-01-05T10:00:00Z", "producer": "https://example.com/trainer", '
            '"schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent", '
            '"run": {"runId": "3f5c7534-c0de-4000-8000-000000000001"}, "job": {"namespace": "n", "name": "train"}, '
            '"inputs": [{"namespace": "n", "name": "data"}], "outputs": [{"namespace": "n", "name": "model"}]}\n'
        ),
    }
}

#: What is done with the other kinds of blocks, by page and language; ``*`` is every page.
ELSEWHERE = {
    ("*", "text"): "shown, not typed",
    ("*", "mermaid"): "a drawing",
    ("docs/connectors.md", "py"): "test_examples",
    ("docs/connectors.md", "python"): "test_examples",
    ("docs/connectors.md", "toml"): "test_examples",
    ("docs/connectors.md", "csv"): "test_examples",
    ("docs/extending.md", "python"): "test_examples",
    ("docs/extending.md", "sql"): "test_examples",
    ("docs/gate.md", "bash"): "test_gate",
    ("docs/gate.md", "yaml"): "test_gate",
    ("docs/python.md", "python"): "test_python",
    ("docs/records.md", "json"): "test_examples",
    ("docs/views.md", "sql"): "test_docs",
}


#: A line, with what it reads up to ``EOF``; comments and empty lines are none.
_COMMAND = re.compile(r"^[^#\n].*?(?:<<'EOF'\n(?:.*\n)*?EOF)?$", re.MULTILINE)


class Session:
    """Runs commands one after the other in one folder, ``forensics`` within this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        monkeypatch.chdir(folder)
        monkeypatch.delenv("FORENSICS_CASE", raising=False)
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

    def run(self, command: str) -> tuple[int, str]:
        """Its exit code, and what it wrote to stdout."""
        if exported := re.fullmatch(r"export (\w+)=(\S+)", command):
            self._monkeypatch.setenv(*exported.groups())
            return 0, ""
        if re.match(r"forensics [^|<>;&$`]*$", command):
            self._capsys.readouterr()
            code = main(shlex.split(command, comments=True)[1:])
            return code, self._capsys.readouterr().out
        done = subprocess.run(["bash", "-c", command], cwd=self._folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def prepared(fraud_repo: "FraudSample", tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case that is being investigated."""
    from forensics.api import open_case

    path = tmp_path_factory.mktemp("prepared") / "case.duckdb"
    case = open_case(path, new=True)
    case.ingest(fraud_repo.repository)
    case.observe("fraud@v1.2.0", "bad", by="ann@example.com")
    case.observe("fraud@v1.1.0", "good", by="ann@example.com")
    case.mark_add("bad", fraud_repo.poisoned_subject, reason="labels flipped", author="ann@example.com")
    return path


@pytest.mark.parametrize("page", SESSIONS)
def test_the_commands_of_a_page_run_and_write_what_it_shows(
    page: str,
    fraud_repo: "FraudSample",
    prepared: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "fraud").symlink_to(fraud_repo.repository)
    if page not in FROM_NOTHING:
        shutil.copy(prepared, tmp_path / "case.duckdb")
    for name, content in FILES.get(page, {}).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    session = Session(tmp_path, capsys, monkeypatch)
    for command, shown in commands(page):
        code, written = session.run(command)
        assert code in ((0, 1, 3) if command.startswith("forensics ") else (0,)), (command, code)
        if shown is not None:
            compare(command, shown.replace("/home/ann/incident", str(fraud_repo.repository.parent)), written)


def commands(page: str) -> Iterator[tuple[str, str | None]]:
    """Each command of a page, with what it writes where the page shows that."""
    for block in blocks(page, "sh", "console"):
        if block.not_run:
            continue
        body = block.body.replace("\\\n", " ")
        if block.language == "sh":
            yield from ((found.group(), None) for found in _COMMAND.finditer(body))
        else:
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                yield command, shown


def compare(command: str, shown: str, written: str) -> None:
    """Fails where a piece of what a page shows is not written, or not in this order. Blanks do not count."""
    rest = _squeezed(written)
    for piece in re.split(r"\[\.\.\..*?\]", shown):
        wanted = _squeezed(piece)
        at = rest.find(wanted)
        assert at >= 0, f"{command}\nshown and not written:\n{piece}\nwritten:\n{written}"
        rest = rest[at + len(wanted) :]


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_every_block_is_run_or_says_why_not() -> None:
    found = {(block.page, block.first): block.not_run for page in PAGES for block in blocks(page) if block.not_run}
    assert found == NOT_RUN
    for page in PAGES:
        for block in blocks(page):
            assert block.not_run or is_run(block), (page, block.first)


def is_run(block: Block) -> bool:
    if block.language in ("sh", "console"):
        return block.page in SESSIONS
    return (block.page, block.language) in ELSEWHERE or ("*", block.language) in ELSEWHERE


def test_what_is_said_to_be_run_elsewhere_is_there() -> None:
    there = {(block.page, block.language) for page in PAGES for block in blocks(page)}
    assert {key for key in ELSEWHERE if key[0] != "*"} <= there


def test_the_commands_that_next_test_proposes_can_be_typed(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(prepared, tmp_path / "case.duckdb")
    session = Session(tmp_path, capsys, monkeypatch)
    session.run("forensics mark withdraw 1 --reason trial")
    session.run("forensics observe fraud@v1.3.0 chargeback@v1.1.0 bad")
    session.run("forensics observe fraud@v1.4.0 good")
    _, written = session.run("forensics next-test")
    proposed = re.findall(r"^ +\$ (forensics observe .+?) +#", written, re.MULTILINE)
    assert proposed
    assert [session.run(command)[0] for command in proposed] == [0] * len(proposed)


def test_the_case_of_a_session_is_one_that_this_program_reads(prepared: Path) -> None:
    with Case.open(prepared) as case:
        assert case.rows("SELECT count(*) FROM marks") == [(1,)]
