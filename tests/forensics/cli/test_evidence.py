"""``journal``, ``keygen``, ``export`` and ``verify`` from the command line: what is printed, and the exit codes."""

import hashlib
import itertools
import json
from pathlib import Path

import duckdb
import pytest

from forensics.case import Case
from forensics.cli import main
from forensics.evidence.formats import ALWAYS, FORMATS
from forensics_queries.marks import add_mark
from tests.support.incident import INCIDENT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORENSICS_CASE", raising=False)
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        case.ingest(INCIDENT.source, INCIDENT.records(), argv=["forensics", "ingest", "repo"])
        add_mark(case, "bad", "data/raw/vendor_b/feb.csv", reason="planted", author="ann@example.com")
    return tmp_path


def test_a_bag_is_made_and_checked_by_somebody_who_has_the_bag_and_a_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keygen", "--out", "ana.key"]) == 0
    assert main(["export", "bag", "--sign", "ana.key"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "the bag's journal ends with record 2, head" in said
    assert {path.name for path in (folder / "bag/data").iterdir()} >= {"evidence.json", "report.html", "report.md"}
    (folder / "case.duckdb").unlink()
    assert main(["verify", "bag", "--trusted-key", "ana.pub"]) == 0
    assert "It holds." in capsys.readouterr().out
    assert main(["verify", "bag"]) == 3
    assert main(["verify", "bag", "--trusted-key", "ana.key"]) == 2


def test_a_changed_bag_exits_with_1_and_names_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "bag"]) == 0
    path = folder / "bag/data/evidence.json"
    path.write_bytes(path.read_bytes().replace(b"affected", b"cleansed"))
    capsys.readouterr()
    assert main(["verify", "bag", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["results"]
    assert {"check": "manifest", "state": "fails", "subject": "data/evidence.json"}.items() <= found[1].items()


def test_an_edited_journal_of_a_case_is_found_and_the_record_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 0
    with duckdb.connect(str(folder / "case.duckdb")) as connection:
        connection.execute("UPDATE journal_entry SET details = '{}' WHERE seq = 2")
    capsys.readouterr()
    assert main(["verify"]) == 1
    assert "record 2" in capsys.readouterr().out
    assert main(["journal"]) == 0
    assert "record 2 was changed" in " ".join(capsys.readouterr().out.split())


def test_the_head_that_an_export_printed_is_found_in_the_case_and_in_the_bag(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "bag", "--format", "json"]) == 0
    bag, case = [note.rpartition("head ")[2] for note in json.loads(capsys.readouterr().out)["notes"][:2]]
    assert main(["mark", "add", "suspect", "notes@HEAD", "--reason", "odd"]) == 0
    assert main(["verify", "--head", case]) == 0
    assert main(["verify", "--head", bag]) == 0
    assert main(["verify", "bag", "--head", bag]) == 3
    assert main(["verify", "bag", "--head", case]) == 1
    with duckdb.connect(str(folder / "case.duckdb")) as connection:
        connection.execute("DELETE FROM journal_entry WHERE seq > 2")
    assert main(["verify"]) == 0
    assert main(["verify", "--head", case]) == 1


def test_the_journal_shows_commands_users_and_digests(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "bag"]) == 0
    capsys.readouterr()
    assert main(["journal", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert rows[0]["command"] == "forensics ingest repo"
    assert [row["action"] for row in rows[:2]] == ["acquisition", "mark"]
    assert rows[-1]["action"] == "export"
    assert {row["action"] for row in rows[2:-1]} == {"question"}
    assert all(before["digest"] == after["previous"] for before, after in itertools.pairwise(rows))


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_asked_is_said_with_the_mend(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--trusted-key", "ana.pub"]) == 2
    assert "are for a bag" in capsys.readouterr().err
    assert main(["export", "bag", "--also", "bom"]) == 2
    assert "no format 'bom'" in capsys.readouterr().err
    assert main(["export", "bag", "--sign", "none.key"]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["verify", "nowhere"]) == 1


def test_hec_adds_the_findings_in_the_envelope_of_splunk(folder: Path) -> None:
    assert main(["export", "bag", "--also", "ocsf", "--hec"]) == 0
    findings, events = (
        [json.loads(line) for line in (folder / "bag/data" / name).read_text().splitlines()]
        for name in ("findings.ocsf.jsonl", "findings.hec.jsonl")
    )
    assert findings
    assert [event["event"] for event in events] == findings
    assert main(["export", "other", "--also", "hec"]) == 0
    assert (folder / "other/data/findings.hec.jsonl").read_bytes() == (
        folder / "bag/data/findings.hec.jsonl"
    ).read_bytes()


def test_the_help_of_export_names_every_further_format(capsys: pytest.CaptureFixture[str]) -> None:
    main(["export", "--help"])
    said = capsys.readouterr().out.replace("-\n", "-").replace(" ", "")
    assert [name for name in FORMATS if name not in ALWAYS and name not in said] == []


def test_the_journal_keeps_the_digest_of_the_report_that_was_written(folder: Path) -> None:
    assert main(["report", "--format", "markdown", "--output", "report.md"]) == 0
    written = hashlib.sha256((folder / "report.md").read_bytes()).hexdigest()
    with Case.open(folder / "case.duckdb") as case:
        action, argv, details = case.rows("SELECT action, argv, details FROM journal ORDER BY seq DESC LIMIT 1")[0]
    assert action == "report"
    assert '"forensics"' in argv
    assert written in details
