"""What joins each pair of sources, and how much found no partner."""

from pathlib import Path

from forensics.case import Case
from forensics.digest import Digest
from forensics.model import (
    Acquired,
    Commit,
    Edge,
    EdgeKind,
    Execution,
    Listing,
    Origin,
    Record,
    Reference,
    ReferenceKind,
    SameBytes,
    Source,
    Strength,
    Version,
)
from forensics_queries.joins import joins
from tests.support.history import md5

WHERE = Origin("here")
OID = "c" * 40


def git(text: str) -> Digest:
    return Digest("git", md5(text).value + "00000000")


def repository() -> list[Record]:
    said = ("A", "ann@example.com", 0, 0)
    folder = md5("folder", folder=True)
    return [
        Commit(OID, (), *said, *said, "", position=1),
        Version("data/a.csv", md5("a"), WHERE),
        Version("data/copy.csv", md5("a"), WHERE),
        Version("data/b.csv", md5("b", algorithm="md5-dos2unix"), WHERE),
        Version("data/folder", folder, WHERE),
        Listing(folder, ("x", "y"), "md5", (md5("x").value, md5("y").value), WHERE),
        Version("code/run.py", git("run"), WHERE),
        Version("data/empty", md5(""), WHERE),
        Version("$ python run.py", md5("command"), WHERE),
        Version("lonely.csv", git("lonely"), WHERE),
    ]


def store() -> list[Record]:
    run = Execution("mlmd/1", "Trainer", "", "", WHERE)
    at = [Version(f"art/{number}", None, WHERE, identity=str(number)) for number in range(2)]
    found = [
        Version("one", md5("a"), WHERE),
        Version("two", md5("b"), WHERE),
        Version("three", md5("x"), WHERE),
        Version("run.py", Digest("sha256", "e" * 64), WHERE),
        Version("stranger", md5("never"), WHERE),
        Version("void", md5(""), WHERE),
    ]
    return [
        run,
        *found,
        *at,
        SameBytes(Digest("sha256", "e" * 64), git("run"), Strength.MATCHED, WHERE),
        Reference(at[0].key, ReferenceKind.URI, "s3://bucket/data/a.csv", WHERE),
        Reference(at[1].key, ReferenceKind.URI, "s3://bucket/elsewhere", WHERE),
        Reference(run.key, ReferenceKind.COMMIT, OID, WHERE),
        Edge(EdgeKind.USED, at[0].key, run.key, WHERE),
    ]


def test_each_way_of_joining_is_counted_and_what_is_left(tmp_path: Path) -> None:
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        case.ingest(Source("git", "/repo", "repo", ("f",), "sha1", "s"), [*repository(), Acquired("s", {})])
        assert joins(case).rows == ()
        case.ingest(Source("mlmd", "/store", "store", ("g",), state="s", is_store=True), [*store(), Acquired("s", {})])
        rows = joins(case).rows
        assert joins(case).rows == rows
    assert {(row.source, row.other) for row in rows} == {("repo", "store")}
    assert [(row.joined_by, row.known, row.joins, row.here, row.there) for row in rows] == [
        ("same bytes", "assumed", 1, 1, 1),
        ("same bytes", "matched", 2, 2, 2),
        ("file of a directory", "matched", 1, 1, 1),
        ("commit", "recorded", 1, 1, 1),
        ("address", "inferred", 1, 1, 1),
        ("no partner", "", 0, 1, 2),
    ]
    assert (rows[-1].of_here, rows[-1].of_there) == (6, 7)
