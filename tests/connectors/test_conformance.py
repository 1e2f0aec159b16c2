"""Every connector keeps the contract, the example of the manual too; and the suite tells those that do not."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from forensics.digest import Digest
from forensics.errors import IntegrityError
from forensics.model import Acquired, Batch, Edge, EdgeKind, Execution, Origin, Record, Release, Source, Version
from forensics_connectors.cards import CardsConnector
from forensics_connectors.conformance import check, check_records
from forensics_connectors.contract import Connector, connectors
from forensics_connectors.deployments import DeploymentsConnector
from forensics_connectors.dvc import DvcConnector
from forensics_connectors.git import GitConnector
from forensics_connectors.mlmd import MlmdConnector
from forensics_connectors.records import RecordsConnector
from tests.support.dvcrepo import DvcRepo
from tests.support.gitrepo import GitRepo
from tests.support.mlmdstore import make_store

MANUAL = Path(__file__).parents[2] / "docs/connectors.md"
WHERE = Origin("somewhere")
MD5 = "md5:" + "a" * 32


def git_source(folder: Path) -> Path:
    repo = GitRepo(folder / "repo")
    repo.commit("1", a__txt="a", b__py="b")
    repo.commit("2", a__txt="c")
    repo.git("tag", "-a", "m@v1.0.0", "-m", "x")
    return repo.path


def dvc_source(folder: Path) -> Path:
    repo = DvcRepo(folder / "repo")
    repo.write({"raw/a.csv": "a", "raw/b.csv": "b"})
    repo.dvc("add", "raw")
    repo.dvc("run", name="train", cmd="cat raw/* > m.pkl", deps=["raw"], outs=["m.pkl"])
    repo.commit("1")
    repo.git("tag", "-a", "m@v1.0.0", "-m", "x")
    return repo.path


def cards_source(folder: Path) -> Path:
    repo = GitRepo(folder / "repo")
    repo.commit("1", **{"README.md": "---\nbase_model: org/base\ndatasets: [d]\n---\n", "m.pkl": "1"})
    repo.commit("2", **{"m.pkl": "2", "x/README.md": "---\nbase_model: ../m.pkl\n---\n"})
    return repo.path


def mlmd_source(folder: Path) -> Path:
    (folder / "source").mkdir()
    return make_store(folder / "source" / "metadata.db")


def records_source(folder: Path) -> Path:
    rows: list[dict[str, Any]] = [
        {"record": "source", "id": "s"},
        {"record": "version", "id": "d", "path": "d", "digest": MD5, "uri": "s3://x/d"},
        {"record": "version", "id": "m", "path": "m"},
        {"record": "execution", "id": "r", "name": "train", "commit": "1" * 40, "created": "2026-01-01T00:00:00Z"},
        {"record": "edge", "kind": "used", "from": "d", "to": "r"},
        {"record": "edge", "kind": "generated", "from": "r", "to": "m"},
        {"record": "release", "id": "v", "name": "m@v1"},
        {"record": "edge", "kind": "released", "from": "m", "to": "v"},
        {"record": "stage", "release": "v", "stage": "prod", "time": "2026-01-01T00:00:00Z"},
        {"record": "property", "of": "m", "name": "auc", "value": 1},
        {"record": "deployment", "model": "m", "subject": "m", "environment": "eu"},
        {"record": "nonsense"},
        {"eventType": "COMPLETE", "eventTime": "2026-01-01T00:00:00Z", "run": {"runId": "1"}, "job": {"name": "j"},
         "outputs": [{"namespace": "s3://x", "name": "y"}]},
    ]  # fmt: skip
    place = folder / "source" / "lineage.ndjson"
    place.parent.mkdir()
    place.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return place


def deployments_source(folder: Path) -> Path:
    place = folder / "source" / "deployments.csv"
    place.parent.mkdir()
    place.write_text(f"model,release,digest,environment,from,to\nm,m@v1,{MD5},prod,2026-01-01T00:00:00Z,\n")
    return place


def manual_source(folder: Path) -> Path:
    place = folder / "source" / "runs.csv"
    place.parent.mkdir()
    place.write_text(f"raw,{'a' * 32},model,{'b' * 32}\nnonsense\n")
    return place


def example() -> Connector:
    (code,) = re.findall(r"^```python\n(.*?)^```$", MANUAL.read_text(), re.MULTILINE | re.DOTALL)
    space: dict[str, Any] = {}
    exec(compile(code, str(MANUAL), "exec"), space)
    connector: Connector = space["LedgerConnector"]()
    return connector


MAKERS: dict[str, tuple[Callable[[], Connector], Callable[[Path], Path]]] = {
    "git": (GitConnector, git_source),
    "dvc": (DvcConnector, dvc_source),
    "cards": (CardsConnector, cards_source),
    "mlmd": (MlmdConnector, mlmd_source),
    "records": (RecordsConnector, records_source),
    "deployments": (DeploymentsConnector, deployments_source),
    "ledger": (example, manual_source),
}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_connector_keeps_the_contract(kind: str, tmp_path: Path) -> None:
    make, build = MAKERS[kind]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert make().kind == kind
    # Where a file of deployments lies tells it from others: two teams may write the same first line.
    check(make, str(build(tmp_path)), scratch, moved=kind != "deployments")


def test_every_connector_that_is_offered_is_held_to_it() -> None:
    assert {connector.kind for connector in connectors()} <= set(MAKERS)


# -- connectors that break it

DATA = Version("d", Digest.parse(MD5), WHERE)
RUN = Execution("r", "run", "", "", WHERE)
USED = Edge(EdgeKind.USED, DATA.key, RUN.key, WHERE)
DONE = Acquired("s", {})


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "not the last"),
        ([DATA], "not the last"),
        ([DONE, DATA], "not the last"),
        ([DONE, DONE], "more than one"),
        ([USED, DATA, RUN, DONE], "before it was described"),
        ([DATA, RUN, USED, USED, DONE], "said twice"),
        ([DATA, replace(DATA, size=1), DONE], "described twice"),
        ([replace(DATA, digest=Digest("md5", "12")), DONE], "not well formed"),
        ([Release("m@v1", "m", "v1", "", 1_700_000_000_000, "", "", "", WHERE), DONE], "time out of range"),
        ([Batch("nonsense", pa.table({"a": [1]})), DONE], "columns of staging"),
        ([Batch("origin", pa.table({"local": [0]})), DONE], "columns of staging"),
        (
            [
                Batch(
                    "node", pa.table({"local": [0, 0], "kind": ["version"] * 2, "key": ["version\0a", "version\0b"]})
                ),
                DONE,
            ],
            "numbered twice",
        ),
        (
            [Batch("membership", pa.table({"context": [7], "member": [8], "origin": [0]})), DONE],
            "before it is given",
        ),
    ],
)
def test_a_reading_that_breaks_the_contract_is_told(records: list[Record], message: str) -> None:
    with pytest.raises(IntegrityError, match=message):
        check_records(records)


class Ledger:
    """Keeps the contract but for what a test replaces."""

    kind, rank = "broken", 0

    def discover(self, locator: str) -> Source | None:
        state = sha256(Path(locator).read_bytes()).hexdigest()
        return Source(self.kind, locator, "ledger", ("one",), state=state)

    def read(self, source: Source) -> Iterator[Record]:
        yield from (DATA, RUN, USED, Acquired(source.state, {}))


class Random(Ledger):
    made = 0

    def read(self, source: Source) -> Iterator[Record]:
        Random.made += 1
        yield from (replace(DATA, path=f"d{self.made}"), Acquired(source.state, {}))


class Writing(Ledger):
    def read(self, source: Source) -> Iterator[Record]:
        Path(f"{source.locator}.lock").touch()
        return super().read(source)


class Placed(Ledger):
    def discover(self, locator: str) -> Source | None:
        found = super().discover(locator)
        return None if found is None else replace(found, fingerprints=(locator,))


class Nameless(Ledger):
    def discover(self, locator: str) -> Source | None:
        found = super().discover(locator)
        return None if found is None else replace(found, fingerprints=())


class Forgetful(Ledger):
    def read(self, source: Source) -> Iterator[Record]:
        yield from (DATA, RUN, USED, Acquired("another state", {}))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Random, "one reading yields"),
        (Writing, "reading changed"),
        (Placed, "another source"),
        (Nameless, "without fingerprints"),
        (Forgetful, "not that of discover"),
    ],
)
def test_a_connector_that_breaks_the_contract_is_told(
    make: Callable[[], Connector], message: str, tmp_path: Path
) -> None:
    place, scratch = tmp_path / "source" / "ledger", tmp_path / "scratch"
    place.parent.mkdir()
    scratch.mkdir()
    place.write_text("x")
    with pytest.raises(IntegrityError, match=message):
        check(make, str(place), scratch)


def test_one_that_keeps_it_passes(tmp_path: Path) -> None:
    place, scratch = tmp_path / "source" / "ledger", tmp_path / "scratch"
    place.parent.mkdir()
    scratch.mkdir()
    place.write_text("x")
    check(Ledger, str(place), scratch)
