"""Documents that DVC itself wrote, read as DVC reads them."""

import os
from pathlib import Path

import pytest

from forensics.digest import Digest
from forensics_connectors.dvc.documents import Document
from forensics_connectors.dvc.lockfile import read_project
from forensics_connectors.dvc.stagefile import read_stage_file

PARAMS = """\
lr: 2e-05
flag: no
where: {dir: ../base}
langs: [en, "1", 2.50]
models: [{name: small}, {name: big}]
names: {"x": {n: 1}, "y": {n: 2}}
"""
PIPELINE = """\
vars:
- extra.json
- depth: 3
artifacts:
  clf:
    path: ${where.dir}/plain.txt
    type: model
    labels: [a, b]
metrics: ["top-${depth}.json"]
stages:
  plain:
    wdir: ${where.dir}
    cmd: cp ../data.csv plain.txt && mkdir -p sub && cp ../data.csv sub/part && echo 1 > m.json && echo 2 > kept
    deps: [../data.csv]
    params: [../pipe/params.yaml: [lr, flag]]
    outs:
    - plain.txt
    - sub
    - kept: {persist: true, cache: false}
    metrics:
    - m.json: {cache: false}
  each:
    foreach: ${langs}
    do:
      cmd: echo ${item} ${json[1].deep} > each-${item}.txt
      outs: ["each-${item}.txt"]
  every:
    foreach: ${models}
    do:
      wdir: ../base
      cmd: echo ${item.name} > ${item.name}.bin
      outs:
      - ${item.name}.bin:
          cache: true
  named:
    foreach: ${names}
    do:
      cmd: echo ${key} ${item.n} > ${key}-${item.n}
      outs: ["${key}-${item.n}"]
  grid:
    matrix:
      a: [1, two]
      d: "${models}"
    cmd: cat ../base/plain.txt > ${key}.grid
    deps: [../base/plain.txt]
    plots: ["${key}.grid"]
  literal:
    cmd: echo x > '\\${lr}'
    outs: ['\\${lr}']
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory):
    """A DVC project whose stages ran, and what DVC itself reads in it."""
    folder = tmp_path_factory.mktemp("project")
    site = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_NO_ANALYTICS", "1")
        for name in ("SITE_CACHE", "GLOBAL_CONFIG", "SYSTEM_CONFIG"):
            patch.setenv(f"DVC_{name}_DIR", str(site))
        patch.chdir(folder)
        from dvc.repo import Repo

        with Repo.init(no_scm=True) as repo:
            for path, text in {
                "data.csv": "a,b\n1,2\n",
                "images/1.png": "one",
                "images/sub/2.png": "two",
                "pipe/params.yaml": PARAMS,
                "pipe/extra.json": '{"json": [0, {"deep": "yes"}]}',
                "pipe/dvc.yaml": PIPELINE,
                "base/keep": "",
                "single.csv": "x\n",
            }.items():
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_text(text, encoding="utf-8")
            repo.add("images")
            repo.imp_url(str(folder / "single.csv"), "taken.csv")
            repo.reproduce("pipe/dvc.yaml")
        with Repo() as repo:
            stages = {stage.addressing: stage for stage in repo.index.stages}
            yield folder, stages


def seen_by_dvc(item: object, folder: Path) -> tuple[str, str, bool, bool, str]:
    path = os.path.relpath(item.fs_path, folder)
    role = "metric" if item.metric else "plot" if item.plot else "out"
    return path, f"{item.hash_info.name}:{item.hash_info.value}", item.use_cache, item.persist, role


def test_a_pipeline_reads_as_dvc_reads_it(project):
    folder, stages = project

    def read_file(path: str) -> bytes | None:
        return (folder / path).read_bytes() if (folder / path).is_file() else None

    document = read_project("pipe", read_file("pipe/dvc.yaml"), read_file("pipe/dvc.lock"), read_file, "")
    assert document.problems == ()
    expected = {name.rpartition(":")[2]: stage for name, stage in stages.items() if name.startswith("pipe/dvc.yaml")}
    assert {run.name for run in document.runs} == set(expected)
    assert len(expected) == 13
    for run in document.runs:
        stage = expected[run.name]
        assert run.declared
        assert run.placed
        assert (folder / run.directory).resolve() == Path(stage.wdir).resolve()
        assert (run.frozen, run.command) == (stage.frozen, stage.cmd)
        ours = {(out.path, str(out.digest), out.cached, out.persist, out.role) for out in run.outs}
        assert ours == {seen_by_dvc(out, folder) for out in stage.outs}
        deps = {(dep.path, str(dep.digest)) for dep in run.deps}
        recorded = [dep for dep in stage.deps if dep.hash_name == "md5"]
        assert deps == {seen_by_dvc(dep, folder)[:2] for dep in recorded}
        assert all(item.declared for item in (*run.outs, *run.deps))
    outs = {os.path.relpath(out.fs_path, folder) for stage in expected.values() for out in stage.outs}
    assert set(document.declared_outs) == outs
    plain = next(run for run in document.runs if run.name == "plain")
    assert set(plain.params) == {("pipe/params.yaml", "lr", "2e-05"), ("pipe/params.yaml", "flag", '"no"')}
    assert next(out for out in plain.outs if out.path == "base/sub").nfiles == 1
    assert [(entry.path, entry.kind, entry.name, entry.labels) for entry in document.artifacts] == [
        ("base/plain.txt", "model", "clf", ("a", "b"))
    ]
    assert set(document.metrics) == {"pipe/top-3.json", "base/m.json"}
    assert set(document.plots) == {f"pipe/{key}.grid" for key in ("1-d0", "1-d1", "two-d0", "two-d1")}
    assert set(document.params) == {"pipe/params.yaml"}


@pytest.mark.parametrize("name", ["images.dvc", "taken.csv.dvc"])
def test_a_data_file_reads_as_dvc_reads_it(project, name):
    folder, stages = project
    document = read_stage_file(name, (folder / name).read_bytes(), "")
    assert document.problems == ()
    (tracked,) = document.tracked
    stage = stages[name]
    assert {(out.path, str(out.digest), out.cached, out.persist, out.role) for out in tracked.outs} == {
        seen_by_dvc(out, folder) for out in stage.outs
    }
    assert [dep.digest for dep in tracked.deps] == [
        Digest(dep.hash_info.name, dep.hash_info.value) for dep in stage.deps if dep.hash_info
    ]
    assert tracked.frozen == stage.frozen


def test_without_dvc_yaml_what_ran_is_still_told_but_not_where(project):
    folder, _ = project
    lock = (folder / "pipe/dvc.lock").read_bytes()
    document = read_project("pipe", None, lock, lambda path: None, "")
    assert len(document.runs) == 13
    assert not any(run.declared or run.placed for run in document.runs)
    assert isinstance(document, Document)
