"""A small case written by hand, and the command line run in this process and as one of its own."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from forensics.case import Case
from forensics.cli import main
from forensics.digest import Digest
from forensics.model import (
    Acquired,
    ArtifactKind,
    Change,
    Commit,
    Edge,
    EdgeKind,
    Execution,
    Finding,
    FindingKind,
    Origin,
    Source,
    Version,
)
from forensics_queries.marks import add_mark

HOSTILE = "data/\x1b[2J\u202egnp.csv"
COMMIT = "c" * 40


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def digest(number: int) -> Digest:
    return Digest("md5", f"{number:032x}")


def records() -> list[object]:
    origin = Origin("dvc.lock", COMMIT, "train")
    data = Version("data/raw.csv", digest(1), origin, kind=ArtifactKind.DATASET, tracked=True)
    hostile = Version(HOSTILE, digest(2), origin, kind=ArtifactKind.DATASET, tracked=True)
    model = Version("models/m.json", digest(3), origin, kind=ArtifactKind.MODEL)
    run = Execution("e" * 64, "train", "", "python train.py", origin, script="dvc.yaml")
    commit = Commit(COMMIT, (), "Ann", "ann@example.com", 0, 0, "Ann", "ann@example.com", 0, 0, "First\n\nbody")
    return [
        commit,
        data,
        hostile,
        model,
        run,
        Edge(EdgeKind.USED, data.key, run.key, origin),
        Edge(EdgeKind.USED, hostile.key, run.key, origin),
        Edge(EdgeKind.GENERATED, run.key, model.key, origin),
        *(Change(COMMIT, 0, version.path, version.key, "dvc") for version in (data, hostile, model)),
        *(Edge(EdgeKind.INTRODUCED, commit.key, version.key, origin) for version in (data, hostile, model)),
        Edge(EdgeKind.RECORDED, commit.key, run.key, origin),
        Finding(FindingKind.UNREADABLE, "not YAML: \x1b[31m", Origin("old.dvc", COMMIT), admits=False),
        Acquired("read", {}),
    ]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cases, made once a run."""
    folder = tmp_path_factory.mktemp("cases")
    with Case.open(folder / "plain.duckdb", write=True, new=True) as opened:
        opened.ingest(Source("git", "/somewhere/repo", "repo", (COMMIT,), "sha1", "now"), records())
    shutil.copy(folder / "plain.duckdb", folder / "marked.duckdb")
    with Case.open(folder / "marked.duckdb", write=True) as opened:
        add_mark(opened, "bad", str(digest(1)), reason="labels \x1b[31mflipped", author="ann@example.com")
    return folder


@pytest.fixture
def case(templates: Path, tmp_path: Path) -> Path:
    """A case with one model, made from two files by one run."""
    return Path(shutil.copy(templates / "plain.duckdb", tmp_path / "case.duckdb"))


@pytest.fixture
def marked(templates: Path, tmp_path: Path) -> Path:
    """The same case, one of the two files marked as bad."""
    return Path(shutil.copy(templates / "marked.duckdb", tmp_path / "case.duckdb"))


@pytest.fixture
def forensics(capsys, monkeypatch, tmp_path) -> Callable[..., Ended]:
    """Runs the command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("FORENSICS_CASE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> Ended:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def process(tmp_path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts the command line as a process of its own, which does not outlive the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: object, **more: object) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-c", "import sys; from forensics.cli import main; sys.exit(main())"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": tmp_path, "env": environment, **more}
        # Whoever runs the tests in the background of a script ignores interrupts, and so would this.
        settings["preexec_fn"] = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        started.append(subprocess.Popen([*program, *map(str, words)], **settings))
        return started[-1]

    yield start
    for running in started:
        if running.poll() is None:
            running.kill()
            running.communicate()
