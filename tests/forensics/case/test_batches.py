"""Batches: Arrow columns become the same facts as the records that they stand for."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from forensics.case import Case
from forensics.case.ingest import Ingested
from forensics.digest import Digest
from forensics.errors import IntegrityError
from forensics.model import (
    Acquired,
    Batch,
    Context,
    Details,
    Edge,
    EdgeKind,
    Event,
    Execution,
    Membership,
    Origin,
    Property,
    Record,
    Source,
    Version,
    content_key,
)

MD5 = "0cc175b9c0f1b6a831c399e269772661"
SOURCE = Source("mlmd", "/somewhere/store.db", "store", ("f1",), state="first", is_store=True)
HERE, THERE = Origin("Artifact", locus="1"), Origin("Execution", locus="1")
MODEL = Version("Trainer/model", Digest("md5", MD5), HERE, label="artifact/1", identity="1")
RUN = Execution("mlmd/1", "Trainer", "", "", THERE)
PIPELINE = Context("1", "fraud", "pipeline", Origin("Context", locus="1"))
TABLES = ("node", "version", "execution", "edge", "details", "property", "event", "membership", "origin", "content")


def records() -> list[Record]:
    return [
        MODEL,
        RUN,
        PIPELINE,
        Edge(EdgeKind.GENERATED, RUN.key, MODEL.key, THERE),
        Details(MODEL.key, "Model", "", "/m/1", "LIVE", "", 1, 2, HERE),
        Property(MODEL.key, "span", "int", "3", True, HERE),
        Event(RUN.key, MODEL.key, "OUTPUT", 5, "model/0", Origin("Event", locus="1")),
        Membership(PIPELINE.key, MODEL.key, PIPELINE.origin),
        Acquired("first", {}),
    ]


def table(**columns: list[object]) -> pa.Table:
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def batches() -> list[Record]:
    return [
        Batch("node", table(local=[0, 1, 2, 3], kind=["version", "content", "execution", "context"],
                            key=[MODEL.key, content_key(Digest("md5", MD5)), RUN.key, PIPELINE.key])),
        Batch("origin", table(local=[0, 1, 2, 3], path=["Artifact", "Execution", "Context", "Event"],
                              commit_oid=[""] * 4, locus=["1"] * 4)),
        Batch("artifact", table(local=[0], path=["Trainer/model"], external=[False])),
        Batch("content", table(local=[1], algorithm=["md5"], value=[MD5])),
        Batch("version", pa.table({
            "local": [0], "artifact": [0], "content": [1], "size": pa.array([None], pa.int64()),
            "nfiles": pa.array([None], pa.int64()), "kind": ["other"], "tracked": [False], "label": ["artifact/1"],
            "owner": [""], "origin": [0],
        })),
        Batch("execution", table(local=[2], identity=["mlmd/1"], name=["Trainer"], directory=[""], command=[""],
                                 declared=[True], frozen=[False], script=[""], origin=[1])),
        Batch("edge", table(kind=["generated"], cause=[2], effect=[0], strength=["recorded"], reason=[""], origin=[1])),
        Batch("details", table(node=[0, 3], type=["Model", "pipeline"], name=["", "fraud"], uri=["/m/1", ""],
                               state=["LIVE", ""], external_id=["", ""], created=[1, None], updated=[2, None],
                               origin=[0, 2])),
        Batch("property", table(node=[0], name=["span"], kind=["int"], value=["3"], custom=[True], origin=[0])),
        Batch("event", table(execution=[2], version=[0], type=["OUTPUT"], time=[5], path=["model/0"], origin=[3])),
        Batch("membership", table(context=[3], member=[0], origin=[2])),
        Acquired("first", {}),
    ]  # fmt: skip


def ingest(path: Path, given: list[Record], state: str = "first") -> Ingested:
    with Case.open(path, write=True, new=True) as case:
        return case.ingest(replace(SOURCE, state=state), given)


def described(path: Path) -> dict[str, list[str]]:
    """All tables with names in place of numbers."""
    with Case.open(path) as case:
        keys = dict(case.rows("SELECT id, key FROM node"))
        origins = {row[0]: row[2:] for row in case.rows("FROM origin")}
        found = {}
        for name in TABLES:
            result = case.connection.execute(f"SELECT * EXCLUDE (acquisition) FROM {name}" if name not in
                                             {"origin", "content"} else f"FROM {name}")  # fmt: skip
            columns = [column[0] for column in result.description]
            rows = []
            for row in result.fetchall():
                named = dict(zip(columns, row, strict=True))
                for column, value in named.items():
                    if column in {"id", "node", "cause", "effect", "execution", "version", "context", "member"}:
                        named[column] = keys.get(value, value) if name != "origin" else 0
                    if column == "origin":
                        named[column] = origins[value]
                if name == "version":
                    named["content"] = keys[named["content"]]
                rows.append(str(named))
            found[name] = sorted(rows)
        return found


def test_batches_are_the_records_that_they_stand_for(tmp_path: Path) -> None:
    ingest(tmp_path / "a.duckdb", records())
    ingest(tmp_path / "b.duckdb", batches())
    assert described(tmp_path / "a.duckdb") == described(tmp_path / "b.duckdb")
    assert all(described(tmp_path / "b.duckdb").values())


def test_the_same_batches_again_add_nothing(tmp_path: Path) -> None:
    path = tmp_path / "case.duckdb"
    ingest(path, batches())
    before = described(path)
    assert ingest(path, batches(), "second").added == {}
    assert described(path) == before


def test_what_changed_is_added_and_what_was_stays(tmp_path: Path) -> None:
    path = tmp_path / "case.duckdb"
    ingest(path, records())
    altered = [
        Details(MODEL.key, "Model", "", "/m/1", "DELETED", "", 1, 9, HERE) if isinstance(record, Details) else record
        for record in records()
    ]
    ingest(path, altered, "second")
    with Case.open(path) as case:
        states = case.rows("SELECT state, acquisition FROM details WHERE type = 'Model' ORDER BY ALL")
    assert states == [("DELETED", 2), ("LIVE", 1)]


@pytest.mark.parametrize(
    "broken",
    [
        Batch("event", table(execution=[0])),
        Batch("mark", table(id=[1])),
        Batch("edge", table(kind=["used"], cause=[0], effect=[9], strength=["recorded"], reason=[""], origin=[0])),
        Batch("node", table(local=[7], kind=["execution"], key=[RUN.key])),
    ],
    ids=["columns", "table", "unknown-node", "key-twice"],
)
def test_a_batch_that_breaks_its_promise_leaves_the_case_as_it_was(tmp_path: Path, broken: Batch) -> None:
    path = tmp_path / "case.duckdb"
    with pytest.raises(IntegrityError):
        ingest(path, [*batches()[:-1], broken])
    assert not any(described(path).values())


def test_a_row_that_was_overwritten_or_deleted_stays_and_is_said_to_be_gone(tmp_path: Path) -> None:
    path = tmp_path / "case.duckdb"
    ingest(path, records())
    other = Version("Trainer/model", Digest("md5", MD5[::-1]), HERE, label="artifact/1", identity="1")
    ingest(path, [other, PIPELINE, Acquired("second", {})], "second")
    with Case.open(path) as case:
        assert len(case.rows("FROM version")) == 2
        messages = [row[0] for row in case.rows("SELECT message FROM findings WHERE kind = 'gone' ORDER BY message")]
    assert messages == [
        "artifact 1 that an earlier reading saw is gone from the store, or was overwritten",
        "execution 1 that an earlier reading saw is gone from the store, or was overwritten",
    ]
