"""What dvc.yaml declares decides where a lock's paths lie, and what it does not declare is said to be past."""

import time

import pytest

from forensics.model import FindingKind
from forensics_connectors.dvc.documents import Document
from forensics_connectors.dvc.lockfile import Memo, read_project
from forensics_connectors.dvc.pipeline import read_artifacts

MD5 = "22e3f61e52c0ba45334d973244efc155"


def lock(name: str, *outs: str) -> bytes:
    items = "".join(f"    - path: {out}\n      hash: md5\n      md5: {MD5}\n" for out in outs)
    deps = f"    deps:\n    - path: in.csv\n      md5: {MD5}\n"
    return f"schema: '2.0'\nstages:\n  {name}:\n    cmd: run\n{deps}    outs:\n{items}".encode()


def read(
    yaml: str, locked: bytes | None = None, directory: str = "a", memo: Memo | None = None, **files: str
) -> Document:
    texts = {name.replace("__", "/").replace("_", "."): text.encode() for name, text in files.items()}
    return read_project(directory, yaml.encode(), locked, texts.get, "", memo)


def kinds(document: Document) -> set[tuple[FindingKind, bool]]:
    return {(problem.kind, problem.admits) for problem in document.problems}


def test_paths_of_a_lock_are_relative_to_the_working_directory():
    document = read("stages:\n  s:\n    cmd: run\n    wdir: ../b\n    deps: [in.csv]\n    outs: [m]\n", lock("s", "m"))
    (run,) = document.runs
    assert (run.directory, run.deps[0].path, run.outs[0].path) == ("b", "b/in.csv", "b/m")


def test_a_stage_that_is_no_longer_declared_is_a_past_run():
    document = read("stages:\n  t:\n    cmd: run\n", lock("s", "m"))
    (run,) = document.runs
    assert (run.declared, run.placed, run.outs[0].path) == (False, False, "a/m")
    assert kinds(document) == {(FindingKind.UNDECLARED, False)}


def test_an_output_that_is_no_longer_declared_is_kept_and_says_so():
    document = read("stages:\n  s:\n    cmd: run\n    outs: [m]\n", lock("s", "m", "old"))
    (run,) = document.runs
    assert [(out.path, out.declared) for out in run.outs] == [("a/m", True), ("a/old", False)]
    assert [dep.declared for dep in run.deps] == [False]
    assert document.declared_outs == ("a/m",)


@pytest.mark.parametrize("wdir", ["${nothing}", "${a.b[0]}", "${list}"])
def test_a_working_directory_that_cannot_be_told_is_reported(wdir):
    yaml = f"vars: [{{list: [1]}}]\nstages:\n  s:\n    cmd: run\n    wdir: {wdir}\n    outs: [m]\n"
    document = read(yaml, lock("s", "m"))
    (run,) = document.runs
    assert (run.declared, run.placed, run.outs[0].path, run.outs[0].declared) == (True, False, "a/m", True)
    assert (FindingKind.TEMPLATE, True) in kinds(document)


def test_keys_that_cannot_be_told_are_reported_and_leave_the_runs_declared():
    document = read("stages:\n  s:\n    foreach: ${gone}\n    do: {cmd: run}\n", lock("s@x", "m"))
    assert [(run.declared, run.placed) for run in document.runs] == [(True, False)]
    assert kinds(document) == {(FindingKind.TEMPLATE, True)}


def test_an_unreadable_pipeline_leaves_the_runs():
    document = read("stages: [\n", lock("s", "m"))
    assert [(run.declared, run.placed) for run in document.runs] == [(False, False)]
    assert kinds(document) == {(FindingKind.UNREADABLE, True)}


def test_anchors_and_merge_keys_are_expanded():
    yaml = "base: &b {wdir: ../b, outs: [m]}\nstages:\n  s:\n    <<: *b\n    cmd: run\n    deps: [in.csv]\n"
    document = read(yaml, lock("s", "m"))
    assert [out.path for out in document.runs[0].outs] == ["b/m"]
    assert document.problems == ()


def test_both_sides_of_a_conflict_declare():
    yaml = "stages:\n<<<<<<< HEAD\n  s: {cmd: run, outs: [m]}\n=======\n  t: {cmd: run, outs: [n]}\n>>>>>>> x\n"
    document = read(yaml, lock("s", "m"))
    assert set(document.declared_outs) == {"a/m", "a/n"}
    assert kinds(document) == {(FindingKind.CONFLICT, True)}


def test_a_stage_may_bring_its_own_values():
    yaml = "stages:\n  s:\n    cmd: run\n    vars: [own.json, {name: m}]\n    outs: ['${dir}/${name}']\n"
    assert read(yaml, a__own_json='{"dir": "d"}').declared_outs == ("a/d/m",)


def test_only_named_keys_of_a_file_are_taken():
    yaml = "vars: ['v.toml:x']\nstages:\n  s: {cmd: run, outs: ['${x}']}\n  t: {cmd: run, outs: ['${y}']}\n"
    document = read(yaml, a__v_toml='x = "1"\ny = "2"\n')
    assert document.declared_outs == ("a/1",)
    assert kinds(document) == {(FindingKind.TEMPLATE, True)}


def test_flags_say_what_an_output_is():
    yaml = (
        "stages:\n  s:\n    cmd: run\n    frozen: true\n    always_changed: true\n"
        "    params: [lr, p.yaml: [x], q.yaml: ]\n"
        "    outs: [{m: {persist: true, cache: false, remote: r}}, {k: {checkpoint: true}}]\n"
        "    metrics: [score.json]\n    plots: [{p.csv: {x: a}}]\n"
        "plots: [top.csv, {id: {x: epoch, y: {one.csv: loss, two.csv: [loss]}}}, {three.csv: }]\nparams: [z.yaml]\n"
    )
    document = read(yaml, lock("s", "m", "k", "score.json", "p.csv"))
    (run,) = document.runs
    assert [(out.role, out.cached, out.persist, out.remote) for out in run.outs] == [
        ("out", False, True, "r"),
        ("out", True, True, ""),
        ("metric", True, False, ""),
        ("plot", True, False, ""),
    ]
    assert (run.frozen, run.always_changed) == (True, True)
    assert set(document.params) == {"a/params.yaml", "a/p.yaml", "a/q.yaml", "a/z.yaml"}
    assert set(document.plots) == {"a/p.csv", "a/top.csv", "a/one.csv", "a/two.csv", "a/three.csv"}
    assert document.metrics == ("a/score.json",)


def test_a_dataset_of_another_repository_is_an_import():
    locked = (
        "schema: '2.0'\nstages:\n  s:\n    cmd: run\n    deps:\n    - path: ds://d\n      dataset:\n        name: d\n"
        f"        url: https://example.com/r\n        type: dvc\n        path: data\n        rev_lock: {'a' * 40}\n"
    )
    document = read("stages:\n  s: {cmd: run, deps: ['ds://d']}\n", locked.encode())
    (dep,) = document.runs[0].deps
    assert (dep.path, dep.external, dep.declared) == ("https://example.com/r#data", True, True)
    assert (dep.upstream.rev_lock, dep.upstream.path) == ("a" * 40, "data")


def test_a_change_beside_dvc_yaml_is_seen_through_the_memo():
    memo = Memo()
    yaml = "stages:\n  s: {cmd: run, wdir: '${w}', outs: [m]}\n"
    places = [
        read(yaml, lock("s", "m"), memo=memo, a__params_yaml=f"w: {w}\n").runs[0].directory for w in ("x", "y", "x")
    ]
    assert places == ["a/x", "a/y", "a/x"]


BOMBS = {
    "matrix": "stages:\n  s:\n    matrix:\n"
    + "".join(f"      a{i}: {list(range(10))}\n" for i in range(12))
    + "    cmd: run\n",
    "text": f"vars: [{{v: {'x' * 60_000}}}]\nstages:\n  s: {{cmd: run, outs: ['{'${v}' * 10_000}']}}\n",
    "product": "stages:\n  s:\n    foreach: "
    + str(list(range(500)))
    + "\n    do: {cmd: run, outs: ["
    + ",".join(f"'{i}'" for i in range(500))
    + "]}\n",
    "braces": "stages:\n  s: {cmd: run, outs: ['" + "${" * 2_000_000 + "']}\n",
    "unclosed": 'stages:\n  s: {cmd: run, outs: ["' + "${" * 30_000 + "\\n}" + '"]}\n',
}


@pytest.mark.parametrize("yaml", BOMBS.values(), ids=BOMBS.keys())
def test_a_template_that_asks_for_too_much_ends_soon(yaml):
    start = time.process_time()
    document = read(yaml)
    assert time.process_time() - start < 20
    assert all(kind is FindingKind.TEMPLATE for kind, _ in kinds(document))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.toml", "a." * 50_000 + "a = 1"),
        ("v.toml", "x = {" + "a." * 50_000 + "a = 1}"),
        ("v.toml", "{" * 50_000),
        ("v.toml", "a = " + "[" * 50_000),
        ("v.toml", ("a." * 90 + "a = 1\n") * 1_400),
        ("v.json", '{"a": ' + "[" * 50_000),
        ("v.json", '{"a": ' + "[" * 200 + "]" * 200 + "}"),
        ("v.json", '{"a": ' + "9" * 50_000 + "}"),
        ("v.yaml", "[" * 50_000),
        ("v.py", "a = 1"),
    ],
)
def test_a_hostile_params_file_leaves_the_template_unresolved(name, text):
    start = time.process_time()
    yaml = f"vars: [{name}]\nstages:\n  s: {{cmd: run, outs: ['${{a}}']}}\n"
    document = read_project("", yaml.encode(), None, {name: text.encode()}.get, "")
    assert time.process_time() - start < 20
    assert kinds(document) == {(FindingKind.TEMPLATE, True)}


def test_the_older_artifacts_file_declares_too():
    text = b"nlp: {path: models/nlp.pkl, type: model, labels: [x], description: d}\nbare: {type: dataset}\n"
    assert [
        (entry.name, entry.path, entry.kind, entry.labels, entry.desc)
        for entry in read_artifacts("artifacts.yaml", text).artifacts
    ] == [
        ("nlp", "models/nlp.pkl", "model", ("x",), "d"),
        ("bare", "", "dataset", (), ""),
    ]
