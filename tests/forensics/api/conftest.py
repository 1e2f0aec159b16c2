"""A small case for the Python API: two releases, a poisoned file with a hostile name between them."""

from pathlib import Path
from shutil import copy

import pytest

import forensics
from forensics.case import Case
from tests.support.toy import Run, Step, Toy

HOSTILE = "<script>\x1b[2J\u202egnp.csv"
RAW = {"a.csv": "one", HOSTILE: "one"}
TOY = Toy(
    "small",
    (Step((), {"raw": RAW, "model": "one"}), Step((0,), {"raw": {**RAW, HOSTILE: "two"}, "model": "two"})),
    tuple(Run("train", number, ("raw",), ("model",)) for number in (0, 1)),
    models={"model": "fraud"},
    releases=(("fraud", "v1", 0), ("fraud", "v2", 1)),
    assigned=(("fraud", "prod", 1),),
)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("api") / "case.duckdb"
    with Case.open(path, write=True, new=True) as case:
        case.ingest(TOY.source, TOY.records())
    return path


@pytest.fixture
def case(template: Path, tmp_path: Path) -> forensics.OpenCase:
    return forensics.open(copy(template, tmp_path / "case.duckdb"))
