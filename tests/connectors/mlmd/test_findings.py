"""What an incident responder should know of a store is found, and only what can hide lineage admits it."""

import hashlib
from pathlib import Path

from tests.support.mlmdclient import batches_of
from tests.support.mlmdrows import INPUT, MADE, OUTPUT, Shelf, edges, findings, gaps, names

MD5 = hashlib.md5(b"rows").hexdigest()
HOUR = 3_600_000


def messages(shelf: Shelf, folder: Path | None = None) -> list[str]:
    return [row["message"] for row in batches_of(shelf.store(), folder)["finding"]]


def test_an_orderly_store_has_no_findings() -> None:
    shelf = Shelf()
    shelf.run((shelf.artifact(),), (shelf.artifact(),))
    shelf.sequences = {"artifact": 2, "execution": 1, "event": 2}
    assert messages(shelf) == []


def test_deleted_rows_show_in_the_ids() -> None:
    shelf = Shelf()
    for number in (2, 3, 7):
        shelf.artifact(id=number)
    shelf.sequences = {"artifact": 9, "context": 1}
    rows = batches_of(shelf.store())
    assert {(row["message"], row["admits"]) for row in rows["finding"]} == {
        ("6 Artifact ids were given out and are gone: 1, 4-6, 8-9", True),
        ("1 Context ids were given out and are gone: 1", False),
    }


def test_gaps_of_servers_are_told_as_the_weaker_sign_that_they_are() -> None:
    shelf = Shelf()
    shelf.artifact(id=2)
    found = batches_of(shelf.store("mysql"))["finding"]
    assert "rolled back" in found[0]["message"]


def test_ids_without_end_cost_nothing() -> None:
    shelf = Shelf()
    shelf.artifact(id=2**62)
    assert findings(batches_of(shelf.store())) == {("deleted-rows", True)}


def test_lineage_through_deleted_rows_is_kept_and_is_a_gap() -> None:
    shelf = Shelf()
    first, last = shelf.artifact(), shelf.artifact()
    maker = shelf.run((first,), ())
    shelf.event(77, maker, OUTPUT)
    shelf.event(77, 88, INPUT)
    shelf.event(last, 88, OUTPUT)
    shelf.properties("artifact", 77, {"md5": MD5})
    shelf.properties("artifact", 99, {"span": 1})
    shelf.put("attribution", artifact_id=99, context_id=5)
    rows = batches_of(shelf.store())
    assert {edge[:3] for edge in edges(rows)} == {
        ("used", "artifact/1", "execution/1"),
        ("generated", "execution/1", "artifact/77"),
        ("used", "artifact/77", "execution/88"),
        ("generated", "execution/88", "artifact/2"),
    }
    assert {node for kind, node in gaps(rows) if kind == "no-producer"} == {
        "artifact/77",
        "artifact/99",
        "execution/88",
    }
    called = names(rows)
    orphans = {
        (called.get(row["node"]), row["admits"], row["message"]) for row in rows["finding"] if row["kind"] == "orphan"
    }
    assert orphans == {
        ("artifact/77", True, "artifact 77 is gone, but 2 events, 1 properties still name it"),
        ("artifact/99", True, "artifact 99 is gone, but 1 attributions, 1 properties still name it"),
        ("execution/88", True, "execution 88 is gone, but 2 events still name it"),
        (None, False, "context 5 is gone, but 1 rows still name it"),
    }


def test_late_changes_are_found_and_those_that_a_run_explains_are_not() -> None:
    shelf = Shelf()
    late = shelf.artifact(updated=MADE + 2 * HOUR)
    swapped, rerun = shelf.artifact(updated=MADE + 600_000), shelf.artifact(updated=MADE + 600_000)
    run = shelf.run((late, swapped, rerun), ())
    shelf.event(late, run, 2, MADE + 2 * HOUR)
    shelf.event(rerun, shelf.run(), INPUT, MADE + 600_001)
    assert sorted(messages(shelf)) == [
        "artifact 1 was written to 2.0 hours after it was made",
        "artifact 2 was written to 600.0 seconds after an execution had read it, "
        "when no run that is on record touched it",
    ]


def test_a_property_without_a_value_is_found_and_kept() -> None:
    shelf = Shelf()
    shelf.artifact(trap=None)
    rows = batches_of(shelf.store())
    assert findings(rows) == {("null-property", False)}
    assert [(row["name"], row["kind"], row["value"]) for row in rows["property"]] == [("trap", "null", "")]


def test_dates_that_do_not_fit_are_found() -> None:
    shelf = Shelf()
    first, second = shelf.artifact(), shelf.artifact()
    run = shelf.execution()
    shelf.event(first, run, INPUT, MADE + 5_000)
    shelf.event(second, run, OUTPUT, MADE + 1_000)
    shelf.event(second, shelf.execution(), INPUT, MADE)
    assert sorted(messages(shelf)) == [
        "artifact 2 was read 1.0 seconds before it was made",
        "execution 1 wrote 4.0 seconds before it read anything",
    ]


def test_one_address_with_two_digests_is_found() -> None:
    shelf = Shelf()
    shelf.artifact(uri="s3://b/x", md5=MD5)
    shelf.artifact(uri="s3://b/x", md5="0" * 32)
    assert messages(shelf) == ["one address with 2 digests, in artifacts 1, 2: s3://b/x"]


def test_values_that_mean_nothing_and_rows_given_twice_are_found() -> None:
    shelf = Shelf()
    artifact, run = shelf.artifact(state=42), shelf.execution(state=42)
    shelf.event(artifact, run, INPUT)
    shelf.event(artifact, run, INPUT)
    shelf.event(artifact, run, 42)
    shelf.put("artifact", id=1, type_id=99, uri="other")
    rows = batches_of(shelf.store())
    assert findings(rows) == {("bad-row", False), ("duplicate-key", False)}
    assert len(rows["version"]) == 1


def test_a_live_artifact_whose_file_is_gone_is_found_where_that_can_be_told(tmp_path: Path) -> None:
    store = tmp_path / "pipeline"
    (store / "Trainer" / "model").mkdir(parents=True)
    (store / "Trainer" / "model" / "1").touch()
    (store / "link").symlink_to(tmp_path)
    shelf = Shelf()
    for uri in (
        "./pipeline/Trainer/model/1",
        "pipeline\\Trainer\\model\\2",
        f"{store}/Trainer/gone",
        "Trainer/gone/3",
        "pipeline/NotCopied/4",
        "../pipeline/Trainer/5",
        "/etc/gone",
        "s3://pipeline/Trainer/6",
        "pipeline/link/gone",
        "pipeline/Trainer/\0",
    ):
        shelf.artifact("Model", uri, state=2)
    shelf.artifact("Model", "pipeline/Trainer/deleted", state=4)
    rows = batches_of(shelf.store(), store)
    called = names(rows)
    gone = {called[row["node"]] for row in rows["finding"] if row["kind"] == "file-gone"}
    assert gone == {"artifact/2", "artifact/3", "artifact/4", "artifact/10"}
