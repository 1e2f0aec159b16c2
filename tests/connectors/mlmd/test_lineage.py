"""Paths, kinds, edges, gaps, references and releases: what the rows of a store mean."""

import hashlib

from tests.support.mlmdclient import batches_of
from tests.support.mlmdrows import CACHED, INPUT, Shelf, edges, gaps, names, paths, struct

MD5 = hashlib.md5(b"rows").hexdigest()
SHA256 = hashlib.sha256(b"code").hexdigest()
COMMIT = "5462a60d81b5b72eeb60c99b8decde79a63b4c04"


def test_an_artifact_is_named_by_what_stays_the_same_over_time() -> None:
    shelf = Shelf()
    tfx = shelf.artifact("Model", "./root\\Trainer\\model\\1\\")
    shelf.run((), (tfx,))
    assert shelf.artifact("Dataset", MD5, name=f"data/train.csv:{MD5}:2") == 2
    shelf.artifact("Dataset", "1094e374-d421", name="mAP:1094e374-d421:2")
    shelf.artifact("Schema", "C:\\Users\\x\\schema\\17", name="schema:2024-06-01T21:19:23.322842")
    shelf.artifact("Dataset", "gs://bucket//a/./b/", name="")
    shelf.artifact("Dataset", "gs://bucket/a", name="customers")
    shelf.artifact("Dataset", "")
    shelf.artifact("Dataset", "/")
    kfp = shelf.artifact("system.Dataset", "minio://pipe/run-7/prep/out", display_name="shown")
    pipeline = shelf.context("system.Pipeline", "fraud")
    shelf.put("attribution", context_id=pipeline, artifact_id=kfp)
    run = shelf.execution("system.ContainerExecution", task_name="prep")
    shelf.event(kfp, run, 4, path=("train_set",))
    rows = batches_of(shelf.store())
    assert paths(rows) == {
        "artifact/1": "root/Trainer/model",
        "artifact/2": "data/train.csv",
        "artifact/3": "mAP",
        "artifact/4": "/Users/x/schema/17",
        "artifact/5": "bucket/a/b",
        "artifact/6": "customers",
        "artifact/7": "Dataset/7",
        "artifact/8": "/",
        "artifact/9": "fraud/prep/train_set",
    }
    kinds = {row["label"]: row["kind"] for row in rows["version"]}
    assert (kinds["artifact/1"], kinds["artifact/2"], kinds["artifact/4"]) == ("model", "dataset", "other")


def test_keys_hold_the_path_the_digest_the_id_and_the_address() -> None:
    shelf = Shelf()
    shelf.artifact("Model", "s3://user:secret@bucket/m", name="fraud", md5=MD5)
    shelf.run()
    shelf.context("pipeline", "p")
    keys = {row["key"] for row in batches_of(shelf.store())["node"]}
    assert keys == {
        f"version\0fraud\0md5:{MD5}\x001\0s3://bucket/m",
        "execution\0mlmd/1",
        "context\x001",
        f"content\0md5:{MD5}",
    }


def test_a_zero_byte_in_an_address_forges_no_key() -> None:
    shelf = Shelf()
    shelf.artifact("Model", "a\0\x001\0b", name="a\0b")
    key = next(row["key"] for row in batches_of(shelf.store())["node"])
    assert key.count("\0") == 4


def test_events_of_every_type_are_edges() -> None:
    shelf = Shelf()
    run = shelf.execution()
    for kind in range(9):
        shelf.event(shelf.artifact(), run, kind)
    assert edges(batches_of(shelf.store())) == {
        *((("generated", "execution/1", f"artifact/{kind + 1}", "recorded", "")) for kind in (1, 4, 6)),
        *((("used", f"artifact/{kind + 1}", "execution/1", "recorded", "")) for kind in (2, 3, 5)),
        ("generated", "execution/1", "artifact/8", "inferred", "pending"),
        *((("generated", "execution/1", f"artifact/{kind + 1}", "inferred", "unknown-type")) for kind in (0, 8)),
        *((("used", f"artifact/{kind + 1}", "execution/1", "inferred", "unknown-type")) for kind in (0, 8)),
    }


def test_a_cached_run_gives_out_what_another_made() -> None:
    shelf = Shelf()
    made, only_cached = shelf.artifact(), shelf.artifact()
    shelf.run((shelf.artifact(md5=MD5),), (made,))
    shelf.run((), (made, only_cached), state=CACHED)
    rows = batches_of(shelf.store())
    assert ("reused", "execution/2", "artifact/1", "recorded", "") in edges(rows)
    assert gaps(rows) == {("hashless", "artifact/2"), ("no-producer", "artifact/2")}


def test_lineage_outside_events_becomes_edges() -> None:
    shelf = Shelf()
    model, blessing, data, made, param = (shelf.artifact(name) for name in ("Model", "ModelBlessing", "A", "B", "C"))
    shelf.properties("artifact", blessing, {"current_model_id": model, "baseline_model_id": "999"})
    shelf.run((), (blessing,), "Evaluator")
    dag = shelf.run((data,), (), "system.DAGExecution")
    inner = shelf.run((), (), "system.DAGExecution", parent_dag_id=dag, task_name="loop")
    shelf.run((), (made,), "system.ContainerExecution", parent_dag_id=inner, task_name="one")
    shelf.run((), (param,), "system.ContainerExecution", parent_dag_id=dag, task_name="other")
    wants = struct({"x": {"producer_task": "other", "key": "loss"}})
    shelf.properties("execution", inner, {"parameter_producer_task": wants})
    shelf.run((), (), "system.ContainerExecution", cached_execution_id="4", state=CACHED)
    found = edges(batches_of(shelf.store()))
    assert {
        ("used", "artifact/1", "execution/1", "recorded", "blessing"),
        ("used", "artifact/3", "execution/3", "recorded", "parent-dag"),
        ("used", "artifact/3", "execution/4", "recorded", "parent-dag"),
        ("used", "artifact/3", "execution/5", "recorded", "parent-dag"),
        ("generated", "execution/3", "artifact/4", "inferred", "parent-dag"),
        ("used", "artifact/5", "execution/3", "inferred", "parameter"),
        ("reused", "execution/6", "artifact/4", "recorded", "cached"),
    } <= found


def test_dags_in_a_circle_end() -> None:
    shelf = Shelf()
    for number in range(1, 41):
        shelf.run((shelf.artifact(),), (), "system.DAGExecution", parent_dag_id=number % 40 + 1)
    assert len(edges(batches_of(shelf.store()))) == 40 * 17


def test_nesting_that_would_make_edges_without_end_is_left_out_and_said() -> None:
    shelf = Shelf()
    dag = shelf.execution("system.DAGExecution")
    for _ in range(1_500):
        shelf.event(shelf.artifact(), dag, INPUT)
        shelf.execution("system.ContainerExecution", parent_dag_id=dag)
    rows = batches_of(shelf.store())
    assert len(rows["edge"]) == 1_500
    assert ("too-large", True) in {(row["kind"], row["admits"]) for row in rows["finding"]}


def test_code_and_outside_data_are_versions_of_their_own() -> None:
    shelf = Shelf()
    wheel = f"trainer@root\\_wheels\\tfx_user_code_Trainer-0.0+{SHA256}-py3-none-any.whl"
    outs = tuple(shelf.artifact() for _ in range(4))
    shelf.run((), outs[:1], "Trainer", module_path=wheel, module_file="None")
    shelf.run((), outs[1:2], "Transform", module_file="src\\prep.py", checksum_md5=MD5)
    shelf.run((), outs[2:3], "ExampleGen", input_base="./data/", input_fingerprint="split:a")
    shelf.run((), outs[3:], "system.ContainerExecution", image=f"registry.example/train@sha256:{SHA256}")
    rows = batches_of(shelf.store())
    assert {edge for edge in edges(rows) if edge[0] == "used"} == {
        ("used", "module:trainer", "execution/1", "recorded", "code"),
        ("used", "src/prep.py", "execution/2", "recorded", "code"),
        ("used", "data", "execution/3", "recorded", "outside"),
        ("used", "registry.example/train", "execution/4", "recorded", "code"),
    }
    contents = {row["local"]: f"{row['algorithm']}:{row['value']}" for row in rows["content"]}
    called = names(rows)
    assert {called[row["local"]]: contents.get(row["content"]) for row in rows["version"] if not row["label"]} == {
        "module:trainer": f"tfx-code:{SHA256}",
        "src/prep.py": f"md5:{MD5}",
        "data": None,
        "registry.example/train": f"sha256:{SHA256}",
    }
    assert gaps(rows) == {
        ("missing-listing", f"tfx-code:{SHA256}"),
        ("hashless", "data"),
        *(("hashless", f"execution/{number}") for number in (1, 2, 4)),
    }
    assert {(called.get(row["node"]), row["kind"], row["value"]) for row in rows["reference"]} >= {
        ("data", "uri", "./data/"),
        ("data", "fingerprint", "split:a"),
        ("src/prep.py", "uri", "src/prep.py"),
    }


def test_code_comes_in_a_fixed_order() -> None:
    shelf = Shelf()
    for number in range(300):
        shelf.run((), (), module_file=f"src/{number % 7}.py", checksum_md5=MD5)
    found = [(row["kind"], row["cause"], row["effect"]) for row in batches_of(shelf.store())["edge"]]
    assert len(found) == 300
    assert found == sorted(found)


def test_two_runs_that_read_one_address_at_another_time_read_another_version() -> None:
    shelf = Shelf()
    for fingerprint in ("a", "a", "b"):
        shelf.run((), (), "ExampleGen", input_base="data", input_fingerprint=fingerprint)
    rows = batches_of(shelf.store())
    assert len(rows["version"]) == 2
    assert len(rows["artifact"]) == 1


def test_commits_and_addresses_are_references() -> None:
    shelf = Shelf()
    made = shelf.artifact("Dataset", MD5, name=f"data/x.csv:{MD5}", Commit=MD5)
    shelf.run((), (made,), Git_Start_Commit=COMMIT.upper(), Git_End_Commit="", Git_Repo="/tmp/remote")
    shelf.run((), (), git_sha="5462a60", revision="20240601")
    found = {
        (row["kind"], row["value"], row["commit_oid"], row["repository"], row["strength"])
        for row in batches_of(shelf.store())["reference"]
    }
    assert found == {
        ("uri", "data/x.csv", COMMIT, "/tmp/remote", "inferred"),
        ("commit", COMMIT, "", "/tmp/remote", "recorded"),
        ("commit", "5462a60", "", "", "inferred"),
    }


def test_a_pushed_model_is_a_release_in_the_stage_pushed() -> None:
    shelf = Shelf()
    pushed = {"pushed": 1, "pushed_version": "1700000000", "pushed_destination": "/serving"}
    shelf.artifact("PushedModel", "root/Pusher/pushed_model", **pushed)
    shelf.artifact("PushedModel", "root/Pusher/pushed_model", pushed=0)
    rows = batches_of(shelf.store())
    assert [(row["name"], row["label"], row["message"], row["time"]) for row in rows["release"]] == [
        ("root/Pusher/pushed_model@1700000000", "1700000000", "/serving", 1_700_000_000)
    ]
    assert ("released", "artifact/1", "root/Pusher/pushed_model@1700000000", "recorded", "") in edges(rows)
    assert [(row["stage"], row["action"]) for row in rows["stage_move"]] == [("pushed", "assign")]


def test_artifacts_made_nowhere_and_runs_from_nowhere_are_gaps() -> None:
    shelf = Shelf()
    root, known, made = shelf.artifact(), shelf.artifact(md5=MD5), shelf.artifact()
    shelf.run((root, known), (made,))
    shelf.run((), (shelf.artifact(),))
    assert gaps(batches_of(shelf.store())) == {("hashless", "artifact/1"), ("hashless", "execution/2")}


def test_the_same_store_gives_the_same_batches() -> None:
    shelf = Shelf()
    for number in range(50):
        shelf.run((shelf.artifact(),), (shelf.artifact(md5=MD5),), f"T{number % 3}", input_base=f"d{number % 7}")
    assert batches_of(shelf.store()) == batches_of(shelf.store())
