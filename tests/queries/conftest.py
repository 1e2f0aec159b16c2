"""Cases for questions: an empty one, and a small incident whose truth is written down."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copy

import pytest

from forensics.case import Case
from tests.support.incident import INCIDENT
from tests.support.toy import Toy


def fill(case: Case, *toys: Toy) -> Case:
    """Reads toy repositories into a case."""
    for toy in toys:
        case.ingest(toy.source, toy.records())
    return case


@pytest.fixture(scope="session")
def incident_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("incident") / "case.duckdb"
    with Case.open(path, write=True, new=True) as case:
        fill(case, INCIDENT)
    return path


@pytest.fixture
def writable(incident_path: Path, tmp_path: Path) -> Iterator[Case]:
    """A copy of the incident that may be written."""
    copy(incident_path, tmp_path / "case.duckdb")
    with Case.open(tmp_path / "case.duckdb", write=True) as case:
        yield case


@pytest.fixture
def incident(incident_path: Path) -> Iterator[Case]:
    with Case.open(incident_path) as case:
        yield case


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A case that holds nothing; whoever writes into it rolls back."""
    path = tmp_path_factory.mktemp("empty") / "case.duckdb"
    with Case.open(path, write=True, new=True) as case:
        yield case


@pytest.fixture
def case_of(tmp_path: Path) -> Iterator[Callable[..., Case]]:
    """Makes a writable case of some toys."""
    with ExitStack() as stack:
        count = 0

        def make(*toys: Toy) -> Case:
            nonlocal count
            count += 1
            path = tmp_path / f"case{count}.duckdb"
            return fill(stack.enter_context(Case.open(path, write=True, new=True)), *toys)

        yield make
