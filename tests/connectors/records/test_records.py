"""Lineage from any other system: rows of the documented format, and OpenLineage events."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import SourceError
from forensics.model import (
    Acquired,
    Context,
    Deployment,
    Details,
    EdgeKind,
    Execution,
    FindingKind,
    GapKind,
    Membership,
    Property,
    Reference,
    ReferenceKind,
    Release,
    SameBytes,
    Source,
    StageMove,
    Strength,
    Version,
)
from forensics_connectors.records import RecordsConnector
from forensics_connectors.records.fields import ROWS, check, schema
from forensics_connectors.records.rows import MAX_LINE
from forensics_queries.blast_radius import blast_radius
from forensics_queries.exposure import exposures
from forensics_queries.moment import moment
from tests.support.records import Facts, conforms

A, B, C = (f"md5:{digit * 32}" for digit in "abc")
ROWS_OF_A_RUN: list[dict[str, Any]] = [
    {"record": "source", "id": "tracker-1", "name": "tracker"},
    {"record": "edge", "kind": "generated", "from": "r1", "to": "m1"},
    {"record": "version", "id": "d1", "path": "data.csv", "digest": A, "size": 7, "kind": "dataset"},
    {"record": "execution", "id": "r1", "name": "train", "commit": "1" * 40, "repository": "git@host:r",
     "state": "done", "created": "2026-01-01T00:00:00Z"},
    {"record": "version", "id": "m1", "path": "model", "digest": B, "digests": ["sha256:" + "C" * 64], "kind": "model",
     "uri": "s3://bucket\\model", "owner": "ann@example.com"},
    {"record": "edge", "kind": "used", "from": "d1", "to": "r1"},
    {"record": "context", "id": "x", "name": "experiment", "type": "experiment"},
    {"record": "membership", "context": "x", "member": "r1"},
    {"record": "property", "of": "m1", "name": "auc", "value": 0.9},
    {"record": "reference", "of": "m1", "kind": "uri", "value": "models/model"},
    {"record": "release", "id": "v1", "name": "fraud@v1", "label": "v1", "time": "2026-01-02T00:00:00+01:00"},
    {"record": "edge", "kind": "released", "from": "m1", "to": "v1"},
    {"record": "stage", "release": "v1", "stage": "prod", "time": "2026-01-03T00:00:00Z"},
    {"record": "deployment", "model": "fraud", "subject": B, "environment": "eu", "from": "2026-01-01T00:00:00Z"},
    {"record": "version", "id": "base", "path": "url:https://example.com/base"},
    {"record": "edge", "kind": "declared", "from": "base", "to": "m1"},
]  # fmt: skip


def write(path: Path, *rows: object) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", errors="surrogatepass")
    return path


def discovered(path: Path) -> Source:
    source = RecordsConnector().discover(str(path))
    assert source is not None
    return source


def read(path: Path) -> Facts:
    return Facts(RecordsConnector().read(discovered(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lineage.ndjson"


def test_rows_in_any_order_become_one_graph(path: Path) -> None:
    facts = read(write(path, *ROWS_OF_A_RUN))
    conforms(facts.records)
    assert not facts.findings(FindingKind.BAD_ROW)
    data, model = facts.version("data.csv", A), facts.version("model", B)
    run = facts.execution("train")
    assert (data.size, data.kind, model.kind, model.owner) == (7, "dataset", "model", "ann@example.com")
    assert [(e.cause, e.effect, e.strength) for e in facts.edges(EdgeKind.USED)] == [(data.key, run.key, "recorded")]
    assert [(e.cause, e.effect) for e in facts.edges(EdgeKind.GENERATED)] == [(run.key, model.key)]
    assert [e.strength for e in facts.edges(EdgeKind.DECLARED)] == [Strength.DECLARED]
    (same,) = facts.all(SameBytes)
    assert (same.first, same.second, same.strength) == (
        Digest.parse(B), Digest("sha256", "c" * 64), Strength.RECORDED,
    )  # fmt: skip
    assert {(r.node, r.kind, r.value, r.repository) for r in facts.all(Reference)} == {
        (run.key, ReferenceKind.COMMIT, "1" * 40, "git@host:r"),
        (model.key, ReferenceKind.URI, "s3://bucket/model", ""),
        (model.key, ReferenceKind.URI, "models/model", ""),
    }
    assert [(p.name, p.kind, p.value) for p in facts.all(Property)] == [("auc", "double", "0.9")]
    assert [m.member for m in facts.all(Membership)] == [run.key]
    assert [(d.node, d.state, d.created) for d in facts.all(Details) if d.state] == [(run.key, "done", 1767225600000)]
    (release,), (move,), (deployment,) = facts.all(Release), facts.all(StageMove), facts.all(Deployment)
    assert (release.name, release.artifact, release.time) == ("fraud@v1", "fraud", 1767308400)
    assert (move.release, move.stage, move.action, move.artifact) == (release.key, "prod", "assign", "fraud")
    assert (deployment.model, deployment.subject, deployment.start, deployment.end) == ("fraud", B, 1767225600, None)
    assert [gap.node for gap in facts.gaps(GapKind.HASHLESS)] == ["external\0url:https://example.com/base\0"]


def test_a_parquet_file_says_the_same_as_lines(path: Path, tmp_path: Path) -> None:
    rows = [row for row in ROWS_OF_A_RUN if row["record"] != "property"]
    columns = {name for row in rows for name in row}
    table = pa.table({name: [row.get(name) for row in rows] for name in sorted(columns)})
    target = tmp_path / "lineage.parquet"
    parquet.write_table(table, target)
    ours, theirs = read(write(path, *rows)), read(target)
    assert discovered(path).fingerprints == discovered(target).fingerprints

    def said(facts: Facts) -> set[str]:
        return {repr(r).replace("lineage.parquet", "lineage.ndjson") for r in facts.records[:-1]}

    assert said(ours) == said(theirs)


def test_versions_and_runs_without_a_beginning_are_gaps(path: Path) -> None:
    facts = read(
        write(
            path,
            {"record": "version", "id": "a", "path": "a"},
            {"record": "version", "id": "b", "path": "b", "digest": "etag:1"},
            {"record": "version", "id": "c", "path": "c"},
            {"record": "execution", "id": "r", "name": "r"},
            {"record": "execution", "id": "s", "name": "s"},
            {"record": "edge", "kind": "used", "from": "a", "to": "r"},
            {"record": "edge", "kind": "generated", "from": "r", "to": "b"},
            {"record": "edge", "kind": "generated", "from": "s", "to": "c", "strength": "inferred"},
        )
    )
    assert {gap.node.split("\0")[1] for gap in facts.gaps(GapKind.HASHLESS)} == {"a", "c", "s"}


BAD = [
    '{"record": "version", "id": "v"',
    "[1]",
    '"text"',
    '{"record": "nothing"}',
    '{"record": ["version"]}',
    '{"record": "version", "id": "v"}',
    '{"record": "version", "id": "v", "path": "p", "digest": "md5:12"}',
    '{"record": "version", "id": "v", "path": "p", "digest": 12}',
    '{"record": "version", "id": "v", "path": "p", "size": -1}',
    '{"record": "version", "id": "v", "path": "p", "size": true}',
    '{"record": "version", "id": "v", "path": "p", "size": 1e3}',
    '{"record": "version", "id": "v", "path": "p", "typo": 1}',
    '{"record": "version", "id": "v", "path": "p\\u0000q"}',
    '{"record": "version", "id": "v", "path": "\\ud800"}',
    '{"record": "version", "id": "v", "id": "w", "path": "p"}',
    '{"record": "version", "id": "v", "path": "p", "created": "yesterday"}',
    '{"record": "version", "id": "d", "path": "other"}',
    '{"record": "edge", "kind": "used", "from": "d", "to": "gone"}',
    '{"record": "edge", "kind": "used", "from": "d", "to": "d"}',
    '{"record": "edge", "kind": "content", "from": "d", "to": "d"}',
    '{"record": "edge", "kind": "imported", "from": "d", "to": "d", "strength": "matched"}',
    '{"record": "property", "of": "d", "name": "n", "value": NaN}',
    '{"record": "property", "of": "d", "name": "n", "value": [1]}',
    '{"record": "property", "of": "d", "name": "n", "value": ' + "9" * 5000 + "}",
    "[" * 100_000,
    '{"record": ' + '{"a": ' * 200 + "1" + "}" * 200 + "}",
    '{"eventTime": "x", "run": {"runId": "1"}, "job": {}}',
    '{"eventTime": "2026-01-01T00:00:00Z", "run": {}, "job": {"name": "j"}}',
    '{"eventTime": "2026-01-01T00:00:00Z", "run": {"runId": "1"}, "job": {"name": "j"}, "inputs": [{}]}',
    '{"eventTime": "2026-01-01T00:00:00Z", "eventType": "EXPLODE", "run": {"runId": "1"}, "job": {"name": "j"}}',
    '{"record": "version", "id": "' + "x" * MAX_LINE + '", "path": "p"}',
]


@pytest.mark.parametrize("line", BAD, ids=lambda line: line[:70])
def test_a_bad_row_is_a_finding_with_its_number_and_the_rest_is_read(path: Path, line: str) -> None:
    good = {"record": "version", "id": "d", "path": "d", "digest": A}
    facts = read(write(path, good, "", line, {"record": "version", "id": "e", "path": "e", "digest": C}))
    conforms(facts.records)
    (finding,) = facts.findings(FindingKind.BAD_ROW)
    assert (finding.origin.locus, finding.admits) == ("3", True)
    assert "row 3" in finding.message
    assert {version.path for version in facts.all(Version)} == {"d", "e"}


def test_very_many_bad_rows_are_counted_and_not_all_named(path: Path) -> None:
    facts = read(write(path, {"record": "source", "id": "s"}, *["{"] * 3_000))
    findings = facts.findings(FindingKind.BAD_ROW)
    assert len(findings) == 1_000
    assert "not named" in findings[-1].message
    (acquired,) = facts.all(Acquired)
    assert facts.records[-1] is acquired
    assert acquired.details["bad_rows"] == 3_000


def test_bytes_that_are_no_text_are_a_bad_row(path: Path) -> None:
    path.write_bytes(json.dumps(ROWS_OF_A_RUN[0]).encode() + b'\n{"record": "\xff"}\n')
    assert len(read(path).findings(FindingKind.BAD_ROW)) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b'{"a": 1}\n', b"# readme\n", b'{"record": 1}\n', b"{" * 64,
     b'{"eventType": "START"}\n', b"\xff\xfe"],
)  # fmt: skip
def test_what_is_told_by_its_first_row_is_no_other_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert RecordsConnector().discover(str(path)) is None


@pytest.mark.parametrize("locator", ["nowhere", "a\0b", "."])
def test_what_is_no_file_is_not_recognised(locator: str) -> None:
    assert RecordsConnector().discover(locator) is None


def test_a_parquet_file_of_other_rows_is_no_source(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"amount": [1.5, None]}), tmp_path / "train.parquet")
    assert RecordsConnector().discover(str(tmp_path / "train.parquet")) is None


def test_times_of_parquet_are_times_and_what_json_cannot_say_is_a_bad_row(tmp_path: Path) -> None:
    target = tmp_path / "x.parquet"
    rows: list[dict[str, Any]] = [{"record": "version", "id": each, "path": each} for each in "abc"]
    rows[0]["created"] = rows[1]["created"] = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
    rows[0]["owner"], rows[1]["owner"] = None, b"x"
    parquet.write_table(pa.Table.from_pylist(rows), target)
    facts = read(target)
    assert [each.created for each in facts.all(Details)] == [1_767_323_045_678]
    assert {each.path for each in facts.all(Version)} == {"a", "c"}
    assert len(facts.findings(FindingKind.BAD_ROW)) == 1


def damaged(target: Path) -> None:
    """Nothing but what a Parquet file begins and ends with."""
    target.write_bytes(b"PAR1" + bytes(100) + b"PAR1")


def cut(target: Path) -> None:
    """A file without its end."""
    parquet.write_table(pa.Table.from_pylist([{"record": "version", "id": "a", "path": "a"}]), target)
    target.write_bytes(target.read_bytes()[:-9])


def swelling(target: Path) -> None:
    """Some kilobytes that stand for gigabytes: one long name, said again in each row."""
    name = pa.DictionaryArray.from_arrays(pa.array([0] * 4_000, pa.int32()), ["n" * (1 << 20)])
    rows = {"record": ["version"] * 4_000, "id": [str(n) for n in range(4_000)], "path": name}
    parquet.write_table(pa.table(rows), target, compression="zstd")
    assert target.stat().st_size < 1 << 17


@pytest.mark.parametrize(
    ("make", "said"),
    [(damaged, "damaged, or no Parquet file"), (cut, "damaged"), (swelling, "too much memory|cannot be")],
)
def test_a_hostile_parquet_file_is_one_error_and_leaves_the_case_as_it_was(
    path: Path, tmp_path: Path, make: Callable[[Path], None], said: str
) -> None:
    target = tmp_path / "x.parquet"
    write(path, *ROWS_OF_A_RUN)
    good = tmp_path / "good.parquet"
    parquet.write_table(pa.Table.from_pylist(ROWS_OF_A_RUN[:1]), good)
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        case.ingest(discovered(path), RecordsConnector().read(discovered(path)))
        before = case.rows("SELECT * FROM node ORDER BY id"), case.rows("SELECT * FROM journal")
        source = replace(discovered(good), locator=str(target))
        make(target)
        with pytest.raises(SourceError, match=said):
            case.ingest(source, RecordsConnector().read(source))
        assert before == (case.rows("SELECT * FROM node ORDER BY id"), case.rows("SELECT * FROM journal"))


def test_reading_parquet_ends_where_time_or_disk_space_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.parquet"
    rows = [{"record": "version", "id": str(n), "path": "p" * 50} for n in range(3000)]
    parquet.write_table(pa.Table.from_pylist(rows), target)
    with monkeypatch.context() as less:
        less.setattr("forensics_connectors.records.parquet._SECONDS", 0)
        with pytest.raises(SourceError, match="took longer"):
            discovered(target)
    source = discovered(target)
    with monkeypatch.context() as less:
        less.setattr("forensics_connectors.records.parquet._ROOM", 1 << 10)
        less.setattr("forensics_connectors.records.parquet._SWELLING", 1)
        with pytest.raises(SourceError, match="cannot be written down"):
            list(RecordsConnector().read(source))


def test_a_broken_parquet_file_is_a_finding_and_no_crash(tmp_path: Path) -> None:
    target = tmp_path / "x.parquet"
    rows = [{"record": "version", "id": str(n), "path": "p" * 50, "digest": A} for n in range(3000)]
    parquet.write_table(pa.Table.from_pylist(rows), target, row_group_size=1000, compression="zstd")
    source = discovered(target)
    data = bytearray(target.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = bytes(200)
    target.write_bytes(data)
    facts = Facts(RecordsConnector().read(source))
    assert facts.all(Version)
    assert [finding.admits for finding in facts.findings(FindingKind.UNREADABLE)] == [True]


def test_a_file_that_is_gone_is_an_error(path: Path) -> None:
    source = discovered(write(path, *ROWS_OF_A_RUN))
    path.unlink()
    with pytest.raises(SourceError):
        list(RecordsConnector().read(source))


def test_a_log_that_grew_or_moved_is_the_same_source(path: Path, tmp_path: Path) -> None:
    before = discovered(write(path, *ROWS_OF_A_RUN[2:]))
    other = Path(shutil.copy(path, tmp_path / "copy.jsonl"))
    write(path, *ROWS_OF_A_RUN[2:], *ROWS_OF_A_RUN[:1])
    assert discovered(path).fingerprints == discovered(other).fingerprints == before.fingerprints
    assert discovered(path).state != before.state


# -- the schema


def test_the_schema_that_ships_is_that_of_the_reader() -> None:
    shipped = json.loads(files("forensics_connectors.records").joinpath("records.schema.json").read_text("utf-8"))
    assert shipped == schema()
    for row in ROWS_OF_A_RUN:
        jsonschema.validate(row, shipped, format_checker=jsonschema.FormatChecker())


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 2**64), st.floats(allow_nan=False), st.text(max_size=4), st.just(A),
    st.sampled_from(["dataset", "used", "uri", "hashless", "assign", "recorded", "2026-01-01T00:00:00Z"]),
    st.lists(st.just(A), max_size=2), st.dictionaries(st.text(max_size=2), st.none(), max_size=1),
)  # fmt: skip


@given(st.sampled_from(sorted(ROWS)), st.data())
@settings(deadline=None, max_examples=300)
def test_what_the_reader_takes_the_schema_takes_too(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from([*ROWS[kind], "other"])
    row = {"record": kind, **data.draw(st.dictionaries(names, VALUES, max_size=6))}
    needed = {name: data.draw(VALUES) for name, field in ROWS[kind].items() if field.required and name not in row}
    row |= needed
    row = {name: value for name, value in row.items() if value is not None}  # as a column of Parquet has it
    try:
        check(row)
    except ValueError:
        return
    jsonschema.validate(row, schema())


# -- OpenLineage


def event(state: str, run: str, *, reads: list[Any] = [], writes: list[Any] = [], **job: Any) -> dict[str, Any]:  # noqa: B006
    return {
        "eventType": state,
        "eventTime": "2026-01-01T00:00:0" + {"START": "1", "COMPLETE": "2", "FAIL": "3"}[state] + ".5Z",
        "run": {"runId": run},
        "job": {"namespace": "airflow", "name": "train", "facets": job},
        "inputs": reads,
        "outputs": writes,
        "producer": "https://example.com/producer",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    }


def dataset(name: str, version: str = "", namespace: str = "s3://bucket") -> dict[str, Any]:
    facets: dict[str, Any] = {"ownership": {"owners": [{"name": "ann@example.com"}]}}
    if version:
        facets["version"] = {"datasetVersion": version}
    return {"namespace": namespace, "name": name, "facets": facets}


def test_the_events_of_a_run_are_one_execution(path: Path) -> None:
    sha, md5 = "sha256:" + "a" * 64, "md5:" + "b" * 32
    code = {
        "type": "git",
        "url": "https://example.com/r/train.py",
        "repoUrl": "https://example.com/r",
        "version": "1" * 40,
    }
    facts = read(
        write(
            path,
            event("START", "r1", reads=[dataset("raw.csv", sha)], sourceCodeLocation=code),
            event("COMPLETE", "r1", writes=[dataset("model", md5)], sourceCodeLocation=code),
        )
    )
    conforms(facts.records)
    (run,), (context,), (details,) = facts.all(Execution), facts.all(Context), facts.all(Details)
    assert (run.name, context.name, details.state) == ("train", "train", "COMPLETE")
    assert (details.created, details.updated) == (1767225601500, 1767225602500)
    assert {path: edge.strength for path, edge in facts.inputs(run).items()} == {"s3://bucket/raw.csv": "recorded"}
    assert {path: edge.strength for path, edge in facts.outputs(run).items()} == {"s3://bucket/model": "recorded"}
    assert facts.version("s3://bucket/raw.csv", sha).owner == "ann@example.com"
    commits = [r for r in facts.all(Reference) if r.kind is ReferenceKind.COMMIT]
    assert [(r.node, r.value, r.repository) for r in commits] == [(run.key, "1" * 40, "https://example.com/r")]
    assert not facts.gaps(GapKind.HASHLESS)


def test_a_dataset_that_is_known_by_name_alone_makes_nothing_certain(path: Path) -> None:
    facts = read(
        write(
            path,
            event("COMPLETE", "r1", reads=[dataset("raw")], writes=[dataset("features", "v7")]),
            event("FAIL", "r2", reads=[dataset("features", "v7")], writes=[dataset("model", A)]),
        )
    )
    known = {edge.reason: edge.strength for edge in (*facts.edges(EdgeKind.USED), *facts.edges(EdgeKind.GENERATED))}
    assert known == {"by-name": Strength.INFERRED, "": Strength.RECORDED, "pending": Strength.INFERRED}
    assert {gap.node.split("\0")[1] for gap in facts.gaps(GapKind.HASHLESS)} == {"s3://bucket/raw"}


def test_events_of_jobs_and_datasets_are_read_too(path: Path) -> None:
    time = {"eventTime": "2026-01-01T00:00:00Z", "schemaURL": "x", "producer": "x"}
    facts = read(
        write(
            path,
            {**time, "dataset": dataset("/data/a.csv", A, "file")},
            {**time, "job": {"namespace": "n", "name": "j"}, "inputs": [dataset("/data/a.csv", A, "file")]},
        )
    )
    conforms(facts.records)
    assert [version.path for version in facts.all(Version)] == ["/data/a.csv"]
    assert [(edge.strength, edge.reason) for edge in facts.edges(EdgeKind.USED)] == [(Strength.INFERRED, "job")]


def test_events_and_rows_join_in_a_case_by_content(path: Path, tmp_path: Path) -> None:
    other = write(
        tmp_path / "events.jsonl",
        event("COMPLETE", "r9", reads=[dataset("model", B)], writes=[dataset("scores", "sha256:" + "d" * 64)]),
    )
    connector = RecordsConnector()
    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        for source in (discovered(write(path, *ROWS_OF_A_RUN)), discovered(other)):
            case.ingest(source, connector.read(source), connector=connector.kind)
        answer = blast_radius(case, [A])
        found = {row.thing.path: row.verdict for row in answer.rows}
    assert (found["model"], found["s3://bucket/scores"]) == ("affected", "affected")


def test_a_deployment_stands_as_long_as_the_file_says_so(path: Path, tmp_path: Path) -> None:
    connector = RecordsConnector()
    head = {"record": "source", "id": "tracker-1"}
    both = [
        {"record": "deployment", "model": "fraud", "subject": subject, "environment": place}
        for subject, place in ((A, "eu"), (B, "us"))
    ]

    def stand(*rows: dict[str, Any]) -> tuple[set[str], set[str]]:
        source = discovered(write(path, head, *rows))
        case.ingest(source, connector.read(source), connector=connector.kind)
        # What reads the source beside it sees a state of its own.
        other = replace(source, state=f"{source.state} seen otherwise")
        case.ingest(other, [Acquired(other.state, {"connector": "other"})], connector="other")
        used = {one.window.where for one in exposures(moment(case, None))}
        return used, {row[0] for row in case.rows("SELECT environment FROM deployments WHERE stands")}

    with Case.open(tmp_path / "case.duckdb", write=True, new=True) as case:
        assert stand(*both) == ({"eu", "us"}, {"eu", "us"})
        assert stand(both[0]) == ({"eu"}, {"eu"})
        assert stand(both[0], {"record": "version", "id": "v", "path": "a", "digest": A}) == ({"eu"}, {"eu"})
        assert stand() == (set(), set())
        assert stand(*both) == ({"eu", "us"}, {"eu", "us"})
