"""What a bag holds, that it holds nothing else, and that it is the same again."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import bagit
import duckdb
import jsonschema
import pytest

from forensics.case import Case
from forensics.case.journal import breaks, entries
from forensics.case.sql import statements
from forensics.errors import UsageError
from forensics.evidence.check import FAILS
from forensics.evidence.contents import load_schema
from forensics.evidence.export import Page, export, seal_path
from forensics.evidence.formats.evidence import schema
from forensics.evidence.gather import gather
from forensics.evidence.keys import private_key
from forensics.evidence.redaction import Pseudonyms
from forensics.evidence.verify import verify_bag
from forensics.model import Gap, GapKind, Origin
from forensics.model.keys import content_key
from forensics_connectors.dvc.presence import Finder
from forensics_queries.blast_radius import blast_radius
from forensics_queries.marks import add_mark
from tests.forensics.evidence.conftest import Bag
from tests.support.incident import INCIDENT
from tests.support.toy import Run, Step, Toy, digest_of


def evidence(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "data/evidence.json").read_bytes())
    return found


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def case(bag: Bag, tmp_path: Path) -> Path:
    shutil.copy(bag.case, tmp_path / "case.duckdb")
    return tmp_path / "case.duckdb"


@pytest.mark.parametrize("name", sorted(statements("forensics.evidence", "gather.sql")))
def test_a_statement_takes_the_parameters_that_it_names(name: str) -> None:
    text = statements("forensics.evidence", "gather.sql")[name]
    parsed = duckdb.extract_statements(text)
    assert len(parsed) == 1
    assert set(re.findall(r"^-- @param (\w+) ", text, re.MULTILINE)) == set(parsed[0].named_parameters)


def test_the_schema_that_ships_is_that_of_the_bundle() -> None:
    assert load_schema() == schema(), "write it anew: python -m forensics.report.schema"
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_the_bag_of_a_sample_is_valid_for_everybody_else(bags: Callable[[str], Bag], name: str) -> None:
    folder = bags(name).folder
    assert bagit.Bag(str(folder)).validate()
    for algorithm in ("sha256", "sha512"):
        for prefix in ("manifest", "tagmanifest"):
            command = [f"{algorithm}sum", "--check", "--strict", "--quiet", f"{prefix}-{algorithm}.txt"]
            subprocess.run(command, cwd=folder, check=True)
    jsonschema.Draft202012Validator(load_schema()).validate(evidence(folder))


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_a_bag_made_again_has_the_same_bytes(bags: Callable[[str], Bag], name: str, tmp_path: Path) -> None:
    bag = bags(name)
    with Case.open(bag.case, write=True) as case:
        again = tmp_path / "again"
        export(case, again, key=private_key(bag.key), look=Finder(), documents=True)
    assert content(again) == content(bag.folder)
    assert seal_path(again).read_bytes() == seal_path(bag.folder).read_bytes()


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_the_bag_states_what_the_questions_answer(bags: Callable[[str], Bag], name: str) -> None:
    bag = bags(name)
    found = evidence(bag.folder)
    with Case.open(bag.case) as case:
        rows = blast_radius(case).rows
    assert [(row["thing"]["digest"], row["verdict"]) for row in found["affected"]] == [
        (row.thing.digest, row.verdict) for row in rows
    ]
    nodes = {node["thing"]["id"]: node for node in found["nodes"]}
    assert {row.thing.id for row in rows} <= nodes.keys()
    assert all(nodes[row.thing.id]["verdict"] == row.verdict for row in rows)
    assert all(link["cause"] in nodes and link["effect"] in nodes for link in found["links"])
    assert len({node["uid"] for node in found["nodes"]}) == len(nodes)
    assert found["targets"]
    assert not found["redacted"]


def test_gaps_beside_the_incident_are_counted_and_not_named(tmp_path: Path) -> None:
    holds = {"other.csv": "x", "other.pkl": "y"}
    apart = Toy("apart", (Step((), holds),), (Run("train", 0, ("other.csv",), ("other.pkl",)),))
    near, far = INCIDENT.version(3, "models/fraud.json").digest, digest_of("y")
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        for toy, digest in ((INCIDENT, near), (apart, far)):
            kind, records = GapKind.MISSING_LISTING, [*toy.records()]
            gap = Gap(kind, content_key(digest), "not on record", Origin("a.dvc", toy.oid(0)))
            case.ingest(toy.source, [*records[:-1], gap, *records[-1:]])
        add_mark(case, "bad", "data/raw/vendor_b/feb.csv", reason="planted", author="ana@example.com")
        bundle = gather(case)
    assert [gap.thing.digest for gap in bundle.gaps if gap.kind == "missing-listing"] == [str(near)]
    counted = {(one.source, one.kind): (one.count, one.filled) for one in bundle.gap_counts}
    assert {found for (_, kind), found in counted.items() if kind == "missing-listing"} == {(1, 0)}
    assert len(counted) >= 2


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_documents_are_metadata_and_never_data(bags: Callable[[str], Bag], name: str) -> None:
    found = evidence(bags(name).folder)["documents"]
    assert found
    assert all(document["file"] and not document["problem"] for document in found)
    names = {Path(document["document"]).name for document in found}
    assert all(
        name in {"dvc.lock", "dvc.yaml", "Event", "Artifact", "Execution"} or name.endswith(".dvc") for name in names
    )


def test_documents_of_a_source_that_is_gone_are_said_to_be_missing(bag: Bag) -> None:
    found = evidence(bag.folder)["documents"]
    assert all(document["problem"] and not document["file"] for document in found)


def test_nothing_is_overwritten(case: Path, tmp_path: Path) -> None:
    with Case.open(case, write=True) as opened:
        before = len(entries(opened.connection))
        (tmp_path / "bag").mkdir()
        with pytest.raises(UsageError, match="no evidence is overwritten"):
            export(opened, tmp_path / "bag")
        seal_path(tmp_path / "other").write_text("")
        with pytest.raises(UsageError, match="no evidence is overwritten"):
            export(opened, tmp_path / "other")
        with pytest.raises(UsageError, match="no folder"):
            export(opened, tmp_path / "none" / "bag")
        with pytest.raises(UsageError, match="no format 'bom'"):
            export(opened, tmp_path / "new", also=["bom"])
        assert len(entries(opened.connection)) == before
    assert not (tmp_path / "new").exists()


def test_a_bag_that_could_not_be_finished_leaves_no_trace(case: Path, tmp_path: Path) -> None:
    def broken(_: object) -> bytes:
        raise UsageError("no report")

    place = tmp_path / "place"
    place.mkdir()
    with Case.open(case, write=True) as opened:
        before = len(entries(opened.connection))
        with pytest.raises(UsageError, match="no report"):
            export(opened, place / "bag", pages=lambda *_, **__: {"report.html": broken})
        with pytest.raises(ValueError, match="not a plain path"):
            export(opened, place / "bag", pages=lambda *_, **__: {"../report.html": lambda _: b""})
        assert len(entries(opened.connection)) == before
    assert not list(place.iterdir())


def test_an_export_is_journalled_with_its_questions_and_its_key(case: Path, bag: Bag, tmp_path: Path) -> None:
    with Case.open(case, write=True) as opened:
        before = len(entries(opened.connection))
        export(opened, tmp_path / "bag", key=private_key(bag.key), argv=["forensics", "export", "bag"])
        made = entries(opened.connection)[before:]
        assert not list(breaks(entries(opened.connection)))
    assert [entry.action for entry in made] == ["question", "question", "export", "seal"]
    assert json.loads(made[0].details)["sha256"] == evidence(tmp_path / "bag")["questions"][0]["digest"]
    assert json.loads(made[3].details)["key"] in seal_path(tmp_path / "bag").read_text()


def test_a_bag_ends_with_the_last_thing_that_was_added(case: Path, tmp_path: Path) -> None:
    with Case.open(case, write=True) as opened:
        export(opened, tmp_path / "one")
        add_mark(opened, "suspect", "notes@HEAD", reason="odd name")
        notes = export(opened, tmp_path / "two").notes
        last = [entry for entry in entries(opened.connection) if entry.action == "mark"][-1]
    found = evidence(tmp_path / "two")
    assert found["journal"]["digest"] == last.digest
    assert any(last.digest in note for note in notes)
    assert len((tmp_path / "two/data/custody.jsonl").read_text().splitlines()) == last.seq
    assert found["marks"][-1]["reason"] == "odd name"


def test_a_case_without_marks_is_exported_without_verdicts(tmp_path: Path, bag: Bag) -> None:
    with Case.open(tmp_path / "empty.duckdb", write=True, new=True) as case:
        export(case, tmp_path / "bag", key=private_key(bag.key), pages=lambda *_, **__: {"report.html": lambda _: b"x"})
    found = evidence(tmp_path / "bag")
    assert (found["affected"], found["nodes"], found["journal"]["seq"]) == ([], [], 0)
    assert found["not_read"] == ["no source was read into this case"]
    assert not (tmp_path / "bag/data/report.html").exists()
    assert FAILS not in {row.state for row in verify_bag(tmp_path / "bag", trusted=bag.trusted).rows}


@pytest.mark.parametrize("name", ["fraud", "supply chain"])
def test_no_person_is_left_in_a_redacted_bag(bags: Callable[[str], Bag], name: str, tmp_path: Path) -> None:
    bag = bags(name)
    with Case.open(bag.case, write=True) as case:
        people = case.rows("SELECT mail, name FROM actor")
        for folder in ("one", "two"):
            export(case, tmp_path / folder, redact=True, pages=report)
        assert json.loads(entries(case.connection)[-1].details)["redacted"] is True
    for path, data in content(tmp_path / "one").items():
        text = data.decode()
        assert "ann@example.com" not in text, path
        assert "Ann Example" not in text, path
        assert not [word for row in people for word in row if " " in word or "@" in word if word in text], path
    assert content(tmp_path / "one") == content(tmp_path / "two")
    found = evidence(tmp_path / "one")
    authors = {node["mail"] for node in found["nodes"] if node["thing"]["kind"] == "actor"}
    assert authors
    assert all(re.fullmatch(r"person-[0-9a-f]{16}", author) for author in authors)
    assert {node["mail"] for node in found["nodes"] if node["thing"]["kind"] == "commit"} == authors
    assert {row.state for row in verify_bag(tmp_path / "one").rows} == {"holds", "not checked"}


def test_a_redacted_bag_names_nobody_by_what_can_be_guessed(bag: Bag, tmp_path: Path) -> None:
    shutil.copy(bag.case, tmp_path / "other.duckdb")
    with Case.open(tmp_path / "other.duckdb", write=True) as case:
        export(case, tmp_path / "one", redact=True)
        export(case, tmp_path / "plain")
        case.rows("UPDATE meta SET value = 'another' WHERE key = 'salt'")
        export(case, tmp_path / "two", redact=True)

    def uids(folder: str) -> set[str]:
        nodes = evidence(tmp_path / folder)["nodes"]
        return {node["uid"] for node in nodes if node["thing"]["kind"] == "actor"}

    assert uids("one")
    assert not uids("one") & uids("two")
    assert not uids("one") & uids("plain")


def report(*_: object, **__: object) -> dict[str, Page]:
    def page(redacted: Callable[[str], str] | None) -> bytes:
        said = "by Ann Example <ann@example.com>"
        return (redacted(said) if redacted else said).encode()

    return {"report.txt": page}


def test_documents_cannot_be_redacted(case: Path, tmp_path: Path) -> None:
    with Case.open(case, write=True) as opened, pytest.raises(UsageError, match="cannot be redacted"):
        export(opened, tmp_path / "bag", redact=True, documents=True)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("by Ann Example, ANN@example.com", "by {0}, {0}"),
        ("Signed-off-by: bob.b+x@mail.example.org.", "Signed-off-by: {1}."),
        ("fraud@v1.2.0 and data/x.csv@HEAD", "fraud@v1.2.0 and data/x.csv@HEAD"),
        ("/home/carl/repo", "/home/{2}/repo"),
        ("Ann Exampleton, Ann", "Ann Exampleton, Ann"),
        ("(*.[Eve Odd])", "(*.[{3}])"),
        ("root@localhost", "{4}"),
    ],
)
def test_people_are_replaced_where_they_stand_and_nothing_else_is(text: str, left: str) -> None:
    people = {"ann@example.com": "", "Ann Example": "ann@example.com", "[Eve Odd": "", "root@localhost": "", "data": ""}
    pseudonyms = Pseudonyms("salt", people)
    names = ("ann@example.com", "bob.b+x@mail.example.org", "carl", "Eve Odd", "root@localhost")
    assert pseudonyms.text(text) == left.format(*map(pseudonyms.person, names))


def test_a_name_of_one_word_is_replaced_where_it_says_who(case: Path, tmp_path: Path) -> None:
    with Case.open(case, write=True) as opened:
        argv = ["forensics", "mark", "add", "suspect", "notes@HEAD", "--author", "bob"]
        add_mark(opened, "suspect", "notes@HEAD", reason="odd", author="bob", argv=argv)
        export(opened, tmp_path / "bag", redact=True)
    assert not [path for path, data in content(tmp_path / "bag").items() if b"bob" in data]
    assert FAILS not in {row.state for row in verify_bag(tmp_path / "bag").rows}


@pytest.mark.parametrize("text", ["a" * 400_000, "a@" * 200_000, "x@" + "1." * 200_000, "/home/" * 60_000])
def test_a_hostile_text_is_redacted_soon(text: str) -> None:
    people = {f"Ann Number{number}": "" for number in range(5_000)}
    before = time.process_time()
    Pseudonyms("salt", people).text(text)
    assert time.process_time() - before < 2
