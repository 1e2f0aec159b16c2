"""Loading records: once each, all or nothing, and never a change to what was there."""

import dataclasses
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.case import Case
from forensics.errors import IntegrityError
from forensics.model import (
    Acquired,
    Edge,
    EdgeKind,
    Finding,
    FindingKind,
    GapKind,
    Origin,
    Record,
    Source,
    Version,
    version_key,
)
from forensics_connectors.contract import find_connector
from tests.support.gitrepo import GitRepo
from tests.support.history import WHERE, Asked, History, md5

SOURCE = Source("git", "/somewhere/fraud", "fraud", ("0" * 40,), "sha1", "first")

FACTS = ("nodes", "edges", "versions", "executions", "commits", "members", "findings", "releases", "contents")


def small() -> History:
    history = History()
    first = history.commit()
    second = history.commit(first)
    raw = history.folder("raw", {"a": "1", "b": "2"}, first)
    model = history.version("model", "m", second, size=3)
    history.run([raw], [model], second)
    history.release("fraud@v1", second, model)
    history.records.append(Finding(FindingKind.SHALLOW, "cut here", WHERE))
    return history


def facts(case: Case) -> dict[str, list[tuple[object, ...]]]:
    return {view: sorted(case.rows(f"SELECT * FROM {view}"), key=repr) for view in FACTS}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "case.duckdb"


def test_a_source_in_its_last_state_is_not_read_again(path: Path) -> None:
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, small().records)
        before = facts(case)

        def unread() -> Iterator[Record]:
            raise AssertionError("read again")
            yield

        again = case.ingest(SOURCE, unread())
        assert (again.unchanged, again.added) == (True, {})
        assert facts(case) == before
        assert len(case.rows("FROM acquisitions")) == 2


def test_the_same_records_again_add_nothing(path: Path) -> None:
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, small().records)
        before = facts(case)
        again = case.ingest(dataclasses.replace(SOURCE, state="other"), small().records)
        assert again.added == {}
        assert facts(case) == before


def test_two_clones_are_one_source_and_two_repositories_are_two(path: Path) -> None:
    with Case.open(path, write=True, new=True) as case:
        first = case.ingest(SOURCE, small().records).source
        clone = dataclasses.replace(SOURCE, locator="/elsewhere/clone", fingerprints=("0" * 40, "1" * 40))
        other = dataclasses.replace(SOURCE, locator="/elsewhere/other", fingerprints=("2" * 40,))
        assert case.ingest(clone, small().records).source == first
        assert case.ingest(other, small().records).source != first


def test_the_same_path_in_two_sources_is_two_versions_of_one_content(path: Path) -> None:
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, small().records)
        case.ingest(dataclasses.replace(SOURCE, fingerprints=("2" * 40,), locator="/o"), small().records)
        found = case.rows("SELECT count(*), count(DISTINCT content_id) FROM versions WHERE path = 'model'")
        assert found == [(2, 1)]


def test_a_commit_that_is_gone_stays_and_is_said_to_be_missed(path: Path) -> None:
    history = History()
    kept = history.commit()
    with Case.open(path, write=True, new=True) as case:
        dropped = History(list(history.records), 1)
        gone = dropped.commit(kept)
        case.ingest(SOURCE, dropped.records)
        case.ingest(dataclasses.replace(SOURCE, state="forced"), history.records)
        assert case.rows("SELECT oid FROM commits ORDER BY oid") == [(kept,), (gone,)]
        missed = case.rows("SELECT c.oid, m.acquisition FROM missed m JOIN git_commit c ON c.id = m.node")
        assert missed == [(gone, 2)]


def test_what_is_gone_is_a_finding_once_and_hides_nothing(path: Path) -> None:
    history = History()
    kept = history.commit()
    model = history.version("model", "m", kept)
    dropped = History(list(history.records), 1)
    dropped.commit(dropped.commit(kept))
    release = dropped.release("fraud@v1", kept, model)
    with Case.open(path, write=True, new=True) as case:
        assert "gone" not in case.ingest(SOURCE, dropped.records).findings
        less = case.ingest(dataclasses.replace(SOURCE, state="forced"), history.records)
        assert (less.findings, less.unread) == ({"gone": 2}, 0)
        commits, named = case.rows(
            "SELECT f.message, n.key, f.document FROM findings f LEFT JOIN node n ON n.id = f.node_id "
            "WHERE f.kind = 'gone' ORDER BY finding_id"
        )
        told = "2 commits that an earlier reading saw are gone (a force-push, or a clone that holds less?)"
        assert commits == (told, None, None)
        told = "release fraud@v1 that an earlier reading saw is gone"
        assert named == (told, f"1\0{release.key}", release.origin.path)
        assert not case.ingest(dataclasses.replace(SOURCE, state="later"), history.records).findings


def test_an_import_is_joined_to_the_equal_version_upstream_else_to_all_at_its_path(path: Path) -> None:
    upstream = History()
    first = upstream.commit()
    second = upstream.commit(first)
    old, new = upstream.version("data", "old", first), upstream.version("data", "new", second)
    importer = History()
    importer._commits = 10
    at = importer.commit()
    for name, content in (("equal", "new"), ("other", "changed since")):
        here = importer.version(name, content, at)
        external = Version(f"url:https://example.com/up@{second}:data", md5(content), WHERE, external=True)
        importer.records.append(external)
        importer.edge(EdgeKind.IMPORTED, external, here)
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, upstream.records)
        case.ingest(dataclasses.replace(SOURCE, fingerprints=("2" * 40,), state="importer"), importer.records)
        asked = Asked(case, dict(case.rows("SELECT key, id FROM node")))
        found = case.rows(
            "SELECT cause, v.content, strength, reason FROM edge JOIN version v ON v.id = effect "
            "WHERE edge.kind = 'imported' AND reason <> '' ORDER BY strength, cause"
        )
        changed, equal = asked.node(md5("changed since")), asked.node(md5("new"))
        assert found == [
            (asked.node(old), changed, "inferred", "by-path"),
            (asked.node(new), changed, "inferred", "by-path"),
            (asked.node(new), equal, "matched", "upstream"),
        ]
        case.ingest(dataclasses.replace(SOURCE, state="again"), upstream.records)
        assert case.rows("SELECT count(*) FROM edge WHERE kind = 'imported'") == [(5,)]


def test_a_listing_that_turns_up_later_fills_its_gap(path: Path) -> None:
    lost, found = History(), History()
    for history, listed in ((lost, False), (found, True)):
        at = history.commit()
        history.folder("raw", {"a": "1"}, at, listed=listed)
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, lost.records)
        assert case.rows("SELECT kind, filled_by FROM gaps") == [(GapKind.MISSING_LISTING.value, None)]
        case.ingest(dataclasses.replace(SOURCE, state="later"), found.records)
        assert case.rows("SELECT kind, filled_by FROM gaps") == [(GapKind.MISSING_LISTING.value, 2)]
        assert len(case.rows("FROM members")) == 1


def test_an_edge_to_nothing_is_a_broken_connector_and_leaves_the_case_as_it_was(path: Path) -> None:
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, small().records)
        before = facts(case)
        broken = [*small().records, Edge(EdgeKind.USED, version_key("x", md5("x")), version_key("y", None), Origin())]
        with pytest.raises(IntegrityError, match="2 nodes"):
            case.ingest(dataclasses.replace(SOURCE, state="broken"), broken)
        assert facts(case) == before


def test_the_readings_own_account_is_kept(path: Path) -> None:
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, [*small().records, Acquired("after", {"commits": 2})])
        details, state = case.rows("SELECT details, state FROM acquisitions")[0]
        assert json.loads(details)["commits"] == 2
        assert state == "after"


#: More runs than the small history, whose one run has the identity of the first.
RUNS = 1500

CHILD = """
import os, signal, sys, threading, time
from pathlib import Path
sys.path[:0] = {path!r}
from forensics.case import Case
from tests.forensics.case.test_ingest import SOURCE
from tests.support.history import History
import dataclasses, forensics.case.ingest, duckdb, pyarrow

history = History()
at = history.commit()
for number in range({runs}):
    one, two = (history.version(f"{{way}}/{{number}}", f"{{way}}{{number}}", at) for way in ("in", "out"))
    history.run([one], [two], at)
with Case.open(Path({case!r}), write=True) as case:
    def records():
        timer = threading.Timer({delay}, os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()
        yield from history.records
    case.ingest(dataclasses.replace(SOURCE, state="large"), records())
    print("done", flush=True)
    time.sleep(30)
"""


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.08, 0.15, 0.25, 0.5, 2.0])
def test_killed_at_any_point_it_is_left_as_it_was(path: Path, delay: float) -> None:
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, small().records)
        before = facts(case)
        entries = case.rows("SELECT count(*) FROM journal")
    script = CHILD.format(path=sys.path, case=str(path), delay=delay, runs=RUNS)
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert child.returncode == -signal.SIGKILL, child.stderr
    with Case.open(path) as case:
        if "done" in child.stdout:
            assert case.rows("SELECT count(*) FROM executions") == [(RUNS,)]
        else:
            # The kill may fall between the commit and the child's word of it.
            done = case.rows("SELECT count(*) FROM executions") == [(RUNS,)]
            assert done or (facts(case) == before and case.rows("SELECT count(*) FROM journal") == entries)
    with Case.open(path, write=True) as case:
        assert case.ingest(dataclasses.replace(SOURCE, state="again"), small().records).added == {}


def test_a_full_disk_is_a_clear_error_and_nothing_is_lost(path: Path) -> None:
    with Case.open(path, write=True, new=True) as case:
        case.ingest(SOURCE, small().records)
        before = facts(case)
    # A limit on the size of files stands for the full disk: the write fails in the same place.
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    script = limited + CHILD.format(path=sys.path, case=str(path), delay=60, runs=RUNS)
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert "CaseError" in child.stderr
    assert "as it was before" in child.stderr
    with Case.open(path) as case:
        assert facts(case) == before


def test_one_repository_is_one_source_whichever_connector_reads_it(path: Path, tmp_path: Path) -> None:
    repo = GitRepo(tmp_path / "repo")
    stage = "stages:\n  train:\n    cmd: train\n    deps:\n    - notes\n    outs:\n    - model\n    - notes\n"
    lock = "schema: '2.0'\nstages:\n  train:\n    cmd: train\n    deps:\n    - path: notes\n      md5: {}\n"
    repo.write({".dvc/config": "", "dvc.yaml": stage, "dvc.lock": lock.format("0" * 32), "notes": "1\n"})
    repo.commit()
    repo.git("tag", "-a", "model@v1.0.0", "-m", "first")
    with Case.open(path, write=True, new=True) as case:

        def reading(kind: str) -> tuple[int, bool, object]:
            connector, source = find_connector(str(repo.path), kind)
            done = case.ingest(source, connector.read(source))
            return done.source, done.unchanged, done.details.get("connector")

        assert reading("dvc") == (1, False, "dvc")
        before = case.rows("SELECT * FROM gaps ORDER BY ALL")
        assert any(row[1] == GapKind.NO_PRODUCER.value for row in before)
        assert reading("git") == (1, False, "git")
        assert case.rows("SELECT kind FROM sources") == [("git",)]
        assert case.rows("SELECT * FROM gaps ORDER BY ALL") == before  # git knows nothing of what DVC is said to lack
        assert not case.rows("FROM missed")
        assert reading("dvc") == (1, False, "dvc")
        assert reading("dvc")[1]
        assert case.rows("SELECT * FROM gaps ORDER BY ALL") == before
