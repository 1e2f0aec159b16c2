"""Digests that a store names are found in the bytes of git history, and said to be missing where they are not."""

import hashlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.api.searching import search_sources
from forensics.case import Case
from forensics.case.ingest import Ingested
from forensics.cli import main
from forensics.digest import Digest
from forensics.model import (
    Acquired,
    ArtifactKind,
    Edge,
    EdgeKind,
    Execution,
    Gap,
    GapKind,
    Origin,
    Record,
    Source,
    Version,
    content_key,
)
from forensics_connectors.contract import find_connector
from forensics_queries.blast_radius import blast_radius
from tests.support.gitrepo import GitRepo, snapshot
from tests.support.mlmdclient import client

WHERE = Origin("ExecutionProperty", locus="1/module_path")


def tfx(files: dict[str, bytes]) -> Digest:
    """As TFX 1.14 writes it in ``udf_utils.py``."""
    h = hashlib.sha256()
    for name in sorted(files):
        h.update(struct.pack(">Q", len(name.encode())) + name.encode())
        h.update(struct.pack(">Q", len(files[name])) + files[name])
    return Digest("tfx-code", h.hexdigest())


def digest(algorithm: str, data: bytes) -> Digest:
    return Digest(algorithm, hashlib.new(algorithm, data).hexdigest())


class Store:
    """Runs of a store, each with the code or file that it read."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def run(self, path: str, read: Digest, kind: ArtifactKind = ArtifactKind.CODE) -> Version:
        number = len(self.records)
        version = Version(path, read, WHERE, kind=kind)
        run = Execution(f"mlmd/{number}", "Trainer", "", "", WHERE)
        model = Version(f"model{number}", None, WHERE, kind=ArtifactKind.MODEL, identity=str(number))
        self.records += [version, run, model]
        self.records.append(Edge(EdgeKind.USED, version.key, run.key, WHERE))
        self.records.append(Edge(EdgeKind.GENERATED, run.key, model.key, WHERE))
        if read.algorithm == "tfx-code":
            self.records.append(Gap(GapKind.MISSING_LISTING, content_key(read), "no listing", WHERE))
        return model


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    return GitRepo(tmp_path / "repo")


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        yield case


def ingest(case: Case, repo: GitRepo) -> None:
    connector, source = find_connector(str(repo.path), "git")
    case.ingest(source, connector.read(source), connector="git")


def ingest_store(case: Case, store: Store, state: str = "s") -> None:
    case.ingest(Source("mlmd", "/s.db", "s", ("f",), state=state, is_store=True), [*store.records, Acquired(state, {})])


def twins(case: Case) -> set[tuple[str, str, str, str]]:
    return set(
        case.rows(
            "SELECT c.digest, d.digest, e.strength, e.reason FROM edges e JOIN contents c ON c.content_id = e.cause_id "
            "JOIN contents d ON d.content_id = e.effect_id WHERE e.kind = 'content'"
        )
    )


def listings(case: Case) -> set[tuple[str, str, str]]:
    return set(
        case.rows(
            "SELECT m.directory, m.name, l.strength FROM members m JOIN listing l ON l.directory = m.directory_id"
        )
    )


def said(case: Case) -> list[str]:
    return [row[0] for row in case.rows("SELECT message FROM findings WHERE kind = 'code-not-committed' ORDER BY 1")]


def searched(case: Case) -> list[Ingested]:
    return list(search_sources(case))


def test_a_module_is_found_in_any_folder_and_commit_of_any_ref(case: Case, repo: GitRepo) -> None:
    old = {"train.py": b"poison\n", "util.py": b"import os\n"}
    repo.commit("one", src__notes=b"no code", **{f"src__{name}": data for name, data in old.items()})
    repo.git("checkout", "-q", "-b", "side")
    first = repo.oid("HEAD:src/train.py")
    repo.commit("two", **{"src__train.py": b"clean\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("three", **{"src__train.py": b"other\n"})
    store = Store()
    model = store.run("module:train", tfx(old))
    fixed = store.run("module:train", tfx({**old, "train.py": b"clean\n"}))
    ingest(case, repo)
    ingest_store(case, store)
    (done,) = searched(case)
    assert done.details["found"] == 2
    assert {(name, strength) for _, name, strength in listings(case)} == {
        ("train.py", "matched"),
        ("util.py", "matched"),
    }
    assert not said(case)
    assert not case.rows("FROM gaps WHERE filled_by IS NULL AND kind = 'missing-listing'")
    verdicts = {row.thing.path: row.verdict for row in blast_radius(case, [f"git:{first}"]).rows}
    assert verdicts[model.path] == "affected"
    assert fixed.path not in verdicts


def test_a_module_with_line_ends_of_windows_is_assumed(case: Case, repo: GitRepo) -> None:
    repo.commit("one", **{"a.py": b"x = 1\ny = 2\n"})
    store = Store()
    store.run("module:a", tfx({"a.py": b"x = 1\r\ny = 2\r\n"}))
    ingest(case, repo)
    ingest_store(case, store)
    searched(case)
    assert {(name, strength) for _, name, strength in listings(case)} == {("a.py", "assumed")}
    assert not said(case)


def test_files_are_found_by_every_algorithm_and_by_line_ends(case: Case, repo: GitRepo) -> None:
    data = b"a,b\n1,2\n"
    repo.commit("one", **{"data__train.csv": data})
    blob = Digest("git", repo.oid("HEAD:data/train.csv"))
    store = Store()
    found = [digest(name, data) for name in ("md5", "sha1", "sha256")]
    windows = digest("md5", data.replace(b"\n", b"\r\n"))
    for one in [*found, windows]:
        store.run("C:\\work\\Train.CSV", one, ArtifactKind.DATASET)
    ingest(case, repo)
    ingest_store(case, store)
    searched(case)
    assert twins(case) == {(str(one), str(blob), "matched", "") for one in found} | {
        (str(windows), str(blob), "assumed", "crlf")
    }


def tracked(repo: GitRepo, name: str, data: bytes, stored: bytes) -> None:
    """A file that DVC tracks, with an object in its cache."""
    value = hashlib.md5(data).hexdigest()
    place = repo.path / ".dvc" / "cache" / "files" / "md5" / value[:2] / value[2:]
    place.parent.mkdir(parents=True)
    place.write_bytes(stored)
    ignored = {".dvc/config": "", ".dvc/.gitignore": "/cache\n"}
    repo.commit(name, **ignored, **{f"{name}.dvc": f"outs:\n- md5: {value}\n  hash: md5\n  path: {name}\n"})


def ingest_dvc(case: Case, repo: GitRepo) -> None:
    connector, source = find_connector(str(repo.path), "dvc")
    case.ingest(source, connector.read(source), connector="dvc")


def test_an_object_of_the_cache_is_known_by_every_digest_of_its_bytes(case: Case, repo: GitRepo) -> None:
    tracked(repo, "a.csv", b"a", b"a")
    tracked(repo, "forged.csv", b"b", b"forged")
    ingest_dvc(case, repo)
    store = Store()
    used = store.run("data/a.csv", digest("sha256", b"a"), ArtifactKind.DATASET)
    store.run("x/a.csv", digest("sha1", b"a"), ArtifactKind.DATASET)
    store.run("forged.csv", digest("sha256", b"forged"), ArtifactKind.DATASET)
    ingest_store(case, store)
    before = snapshot(repo.path)
    assert [done.details["found"] for done in searched(case)] == [2]
    assert snapshot(repo.path) == before
    own = str(digest("md5", b"a"))
    assert {row[:3] for row in twins(case) if row[1] == own and not row[0].startswith("md5")} == {
        (str(digest(name, b"a")), own, "matched") for name in ("sha1", "sha256")
    }
    assert not any(str(digest("md5", b"b")) in row for row in twins(case)), "an object is not what its name says"
    assert {row.thing.path: row.verdict for row in blast_radius(case, [own]).rows}[used.path] == "affected"
    assert searched(case) == []


def test_files_of_other_names_are_hashed_where_no_name_is_known(case: Case, repo: GitRepo) -> None:
    repo.commit("one", **{"lib__module.py": b"code\n", "wanted.csv": b"first\n", "other.csv": b"second\n"})
    store = Store()
    store.run("module:Trainer", digest("md5", b"code\n"))
    store.run("s3://bucket/wanted.csv", digest("md5", b"second\n"), ArtifactKind.DATASET)
    ingest(case, repo)
    ingest_store(case, store)
    searched(case)
    assert {first for first, *_ in twins(case)} >= {str(digest("md5", b"code\n"))}
    assert not said(case)


def test_objects_of_other_names_are_hashed_where_no_name_is_known(
    case: Case, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked(repo, "a.csv", b"a", b"a")
    tracked(repo, "long.csv", b"long" * 9, b"long" * 9)
    ingest_dvc(case, repo)
    store = Store()
    used = store.run("s3://bucket/17/blob", digest("sha256", b"a"), ArtifactKind.DATASET)
    ingest_store(case, store)
    monkeypatch.setattr("forensics.case.search._OTHERS", 1 << 20)
    assert [done.details["found"] for done in searched(case)] == [1]
    assert (str(digest("sha256", b"a")), str(digest("md5", b"a")), "matched", "") in twins(case)
    ((message, admits),) = case.rows("SELECT message, admits FROM findings WHERE kind = 'too-large'")
    assert (
        message
        == "files of other names that were not hashed for digests that other sources name, beyond 1,048,576 bytes: 1"
    )
    assert not admits
    assert {row.thing.path: row.verdict for row in blast_radius(case, ["a.csv"]).rows}[used.path] == "affected"


def test_code_that_no_commit_holds_is_said_so_once_and_no_longer_stands_when_found(
    case: Case, repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("one", **{"a.py": b"x\n"})
    store = Store()
    lost, file, image = tfx({"a.py": b"never\n"}), digest("md5", b"neither\n"), digest("sha256", b"image")
    store.run("module:a", lost)
    store.run("/home/ann/a.py", file)
    store.run("gcr.io/fraud/image", image)
    ingest(case, repo)
    ingest_store(case, store)
    assert len(searched(case)) == 1
    assert [str(one) in text for one, text in zip((file, lost), said(case), strict=True)] == [True, True]
    assert case.rows("SELECT kind FROM gaps WHERE filled_by IS NULL ORDER BY 1") == [
        ("code-not-committed",),
        ("missing-listing",),
    ]
    other = GitRepo(tmp_path / "other")
    other.commit("one", **{"lib__a.py": b"never\n"})
    ingest(case, other)
    assert [done.name for done in searched(case)] == ["other"]
    assert len(said(case)) == 2
    assert not case.rows("FROM gaps WHERE filled_by IS NULL")


def test_a_second_ingest_of_unchanged_sources_does_not_search_again(case: Case, repo: GitRepo) -> None:
    repo.commit("one", **{"a.py": b"x\n"})
    store = Store()
    store.run("module:a", tfx({"a.py": b"x\n"}))
    ingest_store(case, store)
    assert searched(case) == []
    ingest(case, repo)
    assert len(searched(case)) == 1
    counted = "SELECT (SELECT count(*) FROM edge), (SELECT count(*) FROM node), (SELECT count(*) FROM finding)"
    before = case.rows(counted)
    for _ in range(2):
        ingest(case, repo)
        ingest_store(case, store)
        assert searched(case) == []
    assert case.rows(counted) == before
    repo.commit("two", **{"a.py": b"y\n"})
    ingest(case, repo)
    (again,) = searched(case)
    assert not again.added
    assert not case.rows("FROM findings WHERE kind = 'gone'")


def test_nothing_is_searched_for_what_is_joined_already_or_where_all_is_git(case: Case, repo: GitRepo) -> None:
    repo.commit("one", **{"a.csv": b"x\n"})
    ingest(case, repo)
    assert searched(case) == []
    known = Version("other", digest("md5", b"known"), WHERE)
    case.ingest(Source("git", "/gone", "gone", ("9" * 40,), "sha1", "s"), [known, Acquired("s", {"connector": "git"})])
    store = Store()
    store.run("data.csv", digest("md5", b"known"), ArtifactKind.DATASET)
    store.run("empty.csv", digest("md5", b""), ArtifactKind.DATASET)
    ingest_store(case, store)
    assert searched(case) == []


def test_a_repository_that_is_gone_stops_no_search_and_no_code_is_called_missing(
    case: Case, repo: GitRepo, tmp_path: Path
) -> None:
    repo.commit("one", **{"a.py": b"x\n"})
    ingest(case, repo)
    other = GitRepo(tmp_path / "other")
    other.commit("two", **{"b.py": b"x\n"})
    ingest(case, other)
    other.path.rename(tmp_path / "elsewhere")
    store = Store()
    store.run("module:a", tfx({"a.py": b"x\n"}))
    store.run("module:c", tfx({"c.py": b"x\n"}))
    ingest_store(case, store)
    before = snapshot(repo.path)
    assert [done.name for done in searched(case)] == ["repo"]
    assert snapshot(repo.path) == before
    assert len(listings(case)) == 1
    assert not said(case)


def test_one_ingest_of_a_repository_and_a_store_joins_the_code_of_its_runs(
    tmp_path: Path, repo: GitRepo, capsys: pytest.CaptureFixture[str]
) -> None:
    pb = pytest.importorskip("ml_metadata.proto.metadata_store_pb2")
    module = {"train.py": b"poison\n"}
    repo.commit("one", **{f"src__{name}": data for name, data in module.items()})
    blob = repo.oid("HEAD:src/train.py")
    store = client(tmp_path / "metadata.db")
    kind = store.put_execution_type(pb.ExecutionType(name="Trainer", properties={"module_path": pb.STRING}))
    run = pb.Execution(type_id=kind)
    wheel = f"tfx_user_code_Trainer-0.0+{tfx(module).value}-py3-none-any.whl"
    run.properties["module_path"].string_value = f"train@/pipelines/_wheels/{wheel}"
    model = pb.Artifact(
        type_id=store.put_artifact_type(pb.ArtifactType(name="Model")), uri="/pipelines/Trainer/model/1"
    )
    store.put_execution(run, [(model, pb.Event(type=pb.Event.OUTPUT))], [])
    del store
    case = ["--case", str(tmp_path / "incident.duckdb")]
    for _ in range(2):
        assert main(["ingest", "-q", *case, str(repo.path), str(tmp_path / "metadata.db")]) == 0
    capsys.readouterr()
    assert main(["blast-radius", *case, f"git:{blob}", "--format", "json"]) == 0
    affected = {row["thing"]["path"]: row["verdict"] for row in json.loads(capsys.readouterr().out)["results"]}
    assert affected["/pipelines/Trainer/model"] == "affected"
    assert main(["sources", "--joins", *case]) == 0
    shown = capsys.readouterr().out
    assert "repo and metadata" in shown
    assert "file of a directory" in shown
    assert "no partner" in shown
    assert main(["sources", *case, "--format", "json"]) == 0
    readings = json.loads(capsys.readouterr().out)["results"]
    order = sorted(readings, key=lambda row: row["acquisition"])
    assert [row["source"] for row in order] == ["repo", "metadata", "repo", "repo", "metadata"]
