"""Joins between sources: what one says of another becomes edges, in whichever order they are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.digest import Digest
from forensics.model import (
    Acquired,
    Commit,
    Details,
    Edge,
    EdgeKind,
    Event,
    Execution,
    Origin,
    Record,
    Reference,
    ReferenceKind,
    Source,
    Strength,
    Version,
    commit_key,
)
from tests.support.history import md5

WHERE = Origin("Artifact", locus="1")
HOUR = 3_600


class Repository:
    """A git source: each commit is an hour after the one before."""

    def __init__(self, name: str = "repo") -> None:
        self.source = Source("git", f"/{name}", name, (name * 10,), "sha1", "state")
        self.records: list[Record] = []
        self._clock = count(1)

    def commit(self, oid: str) -> str:
        time = next(self._clock) * HOUR
        said = ("A", "ann@example.com")
        self.records.append(Commit(oid, (), *said, time, 0, *said, time, 0, "", position=time))
        return oid

    def file(self, path: str, content: str, oid: str = "", algorithm: str = "git") -> Version:
        """A version that a commit introduces; a new one where none is named."""
        oid = oid or self.commit(f"{len(self.records):02x}" + self.source.name.encode().hex().ljust(38, "0")[:38])
        value = md5(content).value + ("00000000" if algorithm == "git" else "")
        version = Version(path, Digest(algorithm, value), WHERE, tracked=True)
        self.records += [version, Edge(EdgeKind.INTRODUCED, commit_key(oid), version.key, WHERE)]
        return version

    def folder(self, path: str, content: str) -> Version:
        oid = self.commit(f"{len(self.records):040x}")
        version = Version(path, md5(content, folder=True), WHERE, tracked=True)
        self.records += [version, Edge(EdgeKind.INTRODUCED, commit_key(oid), version.key, WHERE)]
        return version


class Store:
    """An MLMD-like source; times are hours."""

    def __init__(self, name: str = "store") -> None:
        self.source = Source("mlmd", f"/{name}.db", name, (name,), state="state", is_store=True)
        self.records: list[Record] = []
        self._ids = count(1)

    def artifact(
        self, uri: str = "", content: str | None = None, *, commit: str = "", algorithm: str = "md5"
    ) -> Version:
        number = next(self._ids)
        digest = None if content is None else md5(content, algorithm=algorithm)
        version = Version(f"{self.source.name}/{number}", digest, WHERE, identity=str(number))
        self.records.append(version)
        if uri:
            self.records.append(
                Reference(version.key, ReferenceKind.URI, uri, WHERE, commit=commit, strength=Strength.INFERRED)
            )
        return version

    def logged(self, path: str, content: str | None = None) -> Version:
        """An artifact whose address is its path."""
        digest = None if content is None else md5(content)
        version = Version(path, digest, WHERE, identity=str(next(self._ids)))
        reference = Reference(version.key, ReferenceKind.URI, path, WHERE, strength=Strength.INFERRED)
        self.records += [version, reference]
        return version

    def run(self, *, reads: tuple[Version, ...] = (), writes: tuple[Version, ...] = (), at: float = 0) -> Execution:
        run = Execution(f"mlmd/{next(self._ids)}", "train", "", "", WHERE)
        self.records.append(run)
        for version in reads:
            self.records.append(Edge(EdgeKind.USED, version.key, run.key, WHERE))
            self.records.append(Event(run.key, version.key, "INPUT", int(at * HOUR * 1000), "", WHERE))
        for version in writes:
            self.records.append(Edge(EdgeKind.GENERATED, run.key, version.key, WHERE))
            self.records.append(Event(run.key, version.key, "OUTPUT", int(at * HOUR * 1000), "", WHERE))
        return run

    def refers(self, node: Version | Execution, kind: ReferenceKind, value: str) -> None:
        self.records.append(Reference(node.key, kind, value, WHERE))


Given = Repository | Store
Edges = set[tuple[str, str, str, str, str]]


@contextmanager
def made(folder: Path, *given: Given) -> Iterator[Case]:
    with Case.open(folder / f"{'-'.join(one.source.name for one in given)}.duckdb", write=True, new=True) as case:
        for one in given:
            case.ingest(one.source, [*one.records, Acquired("state", {})])
        yield case


def joins(case: Case) -> Edges:
    """(kind, cause, effect, strength, reason) with the names of nodes that hold in every order of ingest."""
    rows = case.rows(
        "SELECT e.kind, e.cause, e.effect, e.strength, e.reason FROM edge e WHERE e.kind IN ('imported', 'checked-out')"
    )
    names = {
        node: key.partition("\0")[2] if key[0].isdigit() else key for node, key in case.rows("SELECT id, key FROM node")
    }
    return {(kind, names[cause], names[effect], strength, reason) for kind, cause, effect, strength, reason in rows}


def joined(folder: Path, *given: Given) -> Edges:
    """The joins, after a check that neither the order of ingest nor a second one matters."""
    found = []
    for order in dict.fromkeys((given, given[::-1])):
        with made(folder, *order) as case:
            found.append(joins(case))
            before = case.rows("SELECT count(*) FROM edge")
            for one in order:
                again = Source(**{**{f: getattr(one.source, f) for f in one.source.__slots__}, "state": "other"})
                case.ingest(again, [*one.records, Acquired("other", {})])
            assert case.rows("SELECT count(*) FROM edge") == before
    assert all(one == found[0] for one in found)
    return found[0]


def by_uri(cause: Version, effect: Version) -> tuple[str, str, str, str, str]:
    return "imported", cause.key, effect.key, "inferred", "by-uri"


class TestCommits:
    OID = "abcdef1" + "0" * 33

    def test_a_run_is_joined_to_the_commit_it_names(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        repository.commit(self.OID)
        full = [store.run(), store.run()]
        short = [store.run(), store.run()]
        for run, value in zip([*full, *short], [self.OID, self.OID.upper(), self.OID[:7], self.OID[:12]], strict=True):
            store.refers(run, ReferenceKind.COMMIT, value)
        for value in ("abcdef", "abcdef2", self.OID[:39] + "1", "abcdefg", "", self.OID + "0"):
            store.refers(store.run(), ReferenceKind.COMMIT, value)
        commit = commit_key(self.OID)
        assert joined(tmp_path, repository, store) == {
            *(("checked-out", commit, run.key, "recorded", "commit") for run in full),
            *(("checked-out", commit, run.key, "inferred", "short-commit") for run in short),
        }

    def test_a_short_id_of_two_commits_joins_nothing(self, tmp_path: Path) -> None:
        repository, other, store = Repository(), Repository("other"), Store()
        repository.commit(self.OID)
        other.commit("abcdef12" + "0" * 32)
        run = store.run()
        store.refers(run, ReferenceKind.COMMIT, "abcdef1")
        with made(tmp_path, repository, other, store) as case:
            assert joins(case) == set()


class TestAddresses:
    def test_an_address_ends_in_a_path_or_in_a_folder_above_it(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        file = repository.file("data/raw/a.csv", "a")
        repository.file("other/data/raw/b.csv", "b")
        repository.file("data/raws/a.csv", "c")
        repository.file("a.csv", "d")
        met = [
            "data/raw/a.csv", "/data/raw/a.csv", "./data/raw/a.csv", "/home/ann/repo/data/raw/a.csv",
            "file:///home/ann/repo/data/raw/a.csv", "s3://bucket/data/raw/a.csv/", "C:/Users/ann/repo/data/raw/a.csv",
            "C:\\Users\\ann\\repo\\data\\raw\\a.csv", "/home/ann/repo/data/raw", "repo/data/raw/",
        ]  # fmt: skip
        artifacts = [store.artifact(uri) for uri in met]
        missed = [
            "a.csv/x",
            "/home/a.csv",
            "raw/a.csv",
            "data/raw/b.csv",
            "xdata/raw/a.csv",
            "/",
            "?",
            "data",
            "/x/data",
        ]
        others = [store.artifact(uri) for uri in missed]
        store.run(reads=(*artifacts, *others), at=9)
        assert joined(tmp_path, repository, store) == {by_uri(file, artifact) for artifact in artifacts}

    def test_one_name_is_enough_where_it_is_the_whole_address(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        file = repository.file("a.csv", "a")
        artifact, other = store.artifact("a.csv"), store.artifact("/tmp/a.csv")
        store.run(reads=(artifact, other), at=9)
        assert joined(tmp_path, repository, store) == {by_uri(file, artifact)}

    def test_an_address_within_a_directory_of_the_other_source(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        folder = repository.folder("data/raw", "members")
        repository.file("data/file", "no directory")
        inside = store.artifact("/home/ann/repo/data/raw/deep/a.csv")
        beside = store.artifact("/home/ann/repo/data/file/a.csv")
        store.run(reads=(inside, beside), at=9)
        assert joined(tmp_path, repository, store) == {by_uri(folder, inside)}

    def test_the_longest_path_of_each_source_counts(self, tmp_path: Path) -> None:
        repository, other, store = Repository(), Repository("other"), Store()
        long = repository.file("train/data/a.csv", "a")
        repository.file("data/a.csv", "b")
        elsewhere = other.file("data/a.csv", "c")
        artifact = store.artifact("/repo/train/data/a.csv")
        store.run(reads=(artifact,), at=9)
        assert joined(tmp_path, repository, other, store) == {by_uri(long, artifact), by_uri(elsewhere, artifact)}

    def test_what_was_read_is_what_stood_there_at_the_time(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        one, two, three = (repository.file("data/a.csv", text) for text in "123")  # hours 1, 2, 3
        early, late, first, twice = (store.artifact("data/a.csv") for _ in range(4))
        store.run(reads=(early,), at=2.5)
        store.run(reads=(late, twice), at=9)
        store.run(reads=(first,), at=0.5)
        store.run(reads=(twice,), at=2.5)
        assert joined(tmp_path, repository, store) == {
            by_uri(two, early),
            by_uri(three, late),
            by_uri(one, first),
            by_uri(two, twice),
            by_uri(three, twice),
        }

    def test_a_stated_commit_tells_the_time(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        versions = [repository.file("data/a.csv", text, repository.commit(text * 40)) for text in "123"]
        artifact = store.artifact("data/a.csv", commit="2" * 40)
        store.run(reads=(artifact,), at=9)
        assert joined(tmp_path, repository, store) == {by_uri(versions[1], artifact)}

    def test_without_a_time_it_may_be_any_version(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        versions = [repository.file("data/a.csv", text) for text in "12"]
        artifact = store.artifact("data/a.csv")
        assert joined(tmp_path, repository, store) == {by_uri(version, artifact) for version in versions}

    def test_the_time_of_a_run_counts_where_there_are_no_events(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        one = repository.file("data/a.csv", "1")
        repository.file("data/a.csv", "2")
        artifact = store.artifact("data/a.csv")
        run = store.run()
        store.records.append(Edge(EdgeKind.USED, artifact.key, run.key, WHERE))
        store.records.append(Details(run.key, "", "", "", "", "", int(1.5 * HOUR * 1000), None, WHERE))
        assert joined(tmp_path, repository, store) == {by_uri(one, artifact)}

    def test_what_was_written_is_any_version_put_on_record_since(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        _, two, three = (repository.file("models/m.pkl", text) for text in "123")
        artifact = store.artifact("models/m.pkl")
        store.run(writes=(artifact,), at=2.9)
        assert joined(tmp_path, repository, store) == {by_uri(artifact, two), by_uri(artifact, three)}

    def test_digests_of_one_algorithm_decide_alone(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        file = repository.file("data/raw/a.csv", "a", algorithm="md5")
        same, other = store.artifact("data/raw/a.csv", "a"), store.artifact("data/raw/a.csv", "b")
        unlike = store.artifact("data/raw/a.csv", "b", algorithm="md5-dos2unix")
        store.run(reads=(same, other, unlike), at=9)
        assert joined(tmp_path, repository, store) == {by_uri(file, unlike)}

    def test_the_digest_of_what_several_runs_wrote_excludes_no_earlier_bytes(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        file = repository.file("runs/m.bin", "first", algorithm="md5")
        artifact, read = store.artifact("runs/m.bin", "last"), store.artifact("runs/m.bin", "first")
        store.run(writes=(artifact,), at=0.5)
        store.run(writes=(artifact,), at=9)
        store.run(reads=(read,), at=9)
        assert joined(tmp_path, repository, store) == {by_uri(artifact, file)}

    def test_what_several_runs_wrote_may_have_been_logged_again_before_the_last(self, tmp_path: Path) -> None:
        store = Store()
        artifact, again = store.logged("runs/m.bin", "last"), store.logged("runs/m.bin", "first")
        store.run(writes=(artifact,), at=1)
        store.run(reads=(again,), at=2)
        store.run(writes=(artifact,), at=3)
        assert joined(tmp_path, store) == {by_uri(artifact, again)}

    def test_a_path_from_the_root_meets_the_same_address_of_another_store(self, tmp_path: Path) -> None:
        store, other = Store(), Store("other")
        written, read = store.logged("/srv/runs/m.bin"), other.logged("/srv/runs/m.bin", "m")
        store.run(writes=(written,), at=1)
        other.run(reads=(read,), at=2)
        assert joined(tmp_path, store, other) == {by_uri(written, read)}

    def test_known_by_another_algorithm_alone_it_may_be_any_version_whenever_it_was_read(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        versions = [repository.file("data/a.csv", text, algorithm="md5") for text in "123"]
        artifact = store.artifact("data/a.csv", "?", algorithm="sha256")
        store.run(reads=(artifact,), at=1.5)
        assert joined(tmp_path, repository, store) == {by_uri(version, artifact) for version in versions}

    def test_a_file_that_is_logged_again_may_be_what_stood_there(self, tmp_path: Path) -> None:
        store = Store()
        written, again, once_more = (store.logged("runs/m.bin") for _ in range(3))
        alike = [store.logged("runs/n.bin", text) for text in "123"]
        store.run(writes=(written, alike[0]), at=1)
        store.run(reads=(again, once_more, *alike[1:]), at=2)
        assert joined(tmp_path, store) == {
            by_uri(written, again),
            by_uri(again, once_more),
            by_uri(once_more, again),
        }

    def test_addresses_of_two_stores_meet_by_path_as_well(self, tmp_path: Path) -> None:
        repository, store, other = Repository(), Store(), Store("other")
        there = Version("models/fraud", None, WHERE, identity="9")
        other.records.append(there)
        artifact = store.artifact("/mnt/models/fraud")
        store.run(reads=(artifact,), at=9)
        assert joined(tmp_path, repository, store, other) == {by_uri(there, artifact)}

    def test_a_crowd_is_not_joined_and_said_so(self, tmp_path: Path) -> None:
        repository, store = Repository(), Store()
        for number in range(201):
            repository.file(f"data/raw/{number}.csv", str(number), repository.commit(f"{number:040x}"))
        for _ in range(100):
            store.artifact("/repo/data/raw")
        single = store.artifact("/repo/data/raw/7.csv")
        with made(tmp_path, repository, store) as case:
            assert {effect for _, _, effect, *_ in joins(case)} == {single.key}
            ((message, admits),) = case.rows("SELECT message, admits FROM finding WHERE kind = 'too-large'")
        assert "repo/data/raw" in message
        assert "100" in message
        assert admits


class TestFingerprints:
    def test_versions_with_one_fingerprint_are_tied_to_each_other(self, tmp_path: Path) -> None:
        store, other = Store(), Store("other")
        here, there, alone = store.artifact(), other.artifact(), other.artifact()
        store.refers(here, ReferenceKind.FINGERPRINT, "num_files:1")
        other.refers(there, ReferenceKind.FINGERPRINT, "num_files:1")
        other.refers(alone, ReferenceKind.FINGERPRINT, "num_files:2")
        tie = ("assumed", "fingerprint")
        assert joined(tmp_path, store, other) == {
            ("imported", here.key, there.key, *tie),
            ("imported", there.key, here.key, *tie),
        }

    def test_fingerprints_of_runs_join_nothing(self, tmp_path: Path) -> None:
        store = Store()
        for _ in range(2):
            store.refers(store.run(), ReferenceKind.FINGERPRINT, "cache")
        store.refers(store.artifact(), ReferenceKind.FINGERPRINT, "cache")
        assert joined(tmp_path, store) == set()


class TestUpstream:
    @pytest.mark.parametrize(("content", "manner"), [("a", ("matched", "upstream")), ("b", ("inferred", "by-path"))])
    def test_an_import_is_joined_to_what_it_was_taken_from(
        self, tmp_path: Path, content: str, manner: tuple[str, str]
    ) -> None:
        upstream, repository = Repository("upstream"), Repository()
        oid = upstream.commit("c" * 40)
        file = upstream.file("data/a.csv", "a", oid, algorithm="md5")
        copy = repository.file("imported/a.csv", content, algorithm="md5")
        outside = Version(f"url:https://example.com/up@{oid}:data/a.csv", None, WHERE, external=True)
        repository.records += [outside, Edge(EdgeKind.IMPORTED, outside.key, copy.key, WHERE)]
        assert joined(tmp_path, upstream, repository) == {
            ("imported", outside.key, copy.key, "recorded", ""),
            ("imported", file.key, outside.key, *manner),
        }


def test_a_case_of_repositories_alone_has_no_references_to_join(tmp_path: Path) -> None:
    repository = Repository()
    repository.file("data/a.csv", "a")
    with made(tmp_path, repository) as case:
        assert joins(case) == set()
        assert not case.rows("SELECT table_name FROM duckdb_tables() WHERE temporary")
