"""Cases of both sample incidents with something marked, and sealed bags of them: look, and copy before you touch."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from forensics.api.searching import search_sources
from forensics.case import Case
from forensics.evidence.export import export, seal_path
from forensics.evidence.keys import make_keys, private_key, public_key
from forensics_connectors.contract import find_readers
from forensics_connectors.dvc.presence import Finder
from forensics_queries.marks import add_mark
from sample_repos import fraud, supply_chain
from tests.support.incident import INCIDENT
from tests.support.samples import shared_folder, shared_sample


class Bag(NamedTuple):
    """A sealed bag, with all that it was made from."""

    folder: Path
    case: Path
    key: Path
    sources: tuple[Path, ...]

    def copy(self, target: Path) -> "Bag":
        """The bag and its seal under another name."""
        shutil.copytree(self.folder, target)
        shutil.copy(seal_path(self.folder), seal_path(target))
        return self._replace(folder=target)

    @property
    def trusted(self):
        return (public_key(self.key.with_suffix(".pub")),)


def investigated(file: Path, sources: tuple[Path, ...], subject: str) -> Path:
    with Case.open(file, write=True, new=True) as case:
        for locator in sources:
            for connector, source in find_readers(str(locator)):
                case.ingest(source, connector.read(source), connector=connector.kind, argv=["forensics", "ingest"])
        list(search_sources(case))
        add_mark(case, "bad", subject, reason="planted", author="Ann Example <ann@example.com>", argv=["forensics"])
    return file


def sealed(folder: Path, sources: tuple[Path, ...], subject: str) -> Bag:
    investigated(folder / "case.duckdb", sources, subject)
    return exported(folder, sources)


def exported(folder: Path, sources: tuple[Path, ...]) -> Bag:
    make_keys(folder / "ana.key")
    bag = Bag(folder / "bag", folder / "case.duckdb", folder / "ana.key", sources)
    with Case.open(bag.case, write=True) as case:
        export(case, bag.folder, key=private_key(bag.key), look=Finder(), documents=True, argv=["forensics", "export"])
    return bag


@pytest.fixture(scope="session")
def bags(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Callable[[str], Bag]:
    made: dict[str, Bag] = {}

    def bag(name: str) -> Bag:
        if name not in made:
            folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
            if name == "fraud":
                one = shared_sample(fraud.build, shared_folder(tmp_path_factory, request, "fraud-sample"))
                made[name] = sealed(folder, (one.repository, one.store), f"commit:{one.poisoned_commit}")
            else:
                two = shared_sample(supply_chain.build, shared_folder(tmp_path_factory, request, "supply-chain"))
                made[name] = sealed(folder, two.sources, two.swapped_subject)
        return made[name]

    return bag


@pytest.fixture(scope="session")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Bag:
    """The bag of a small incident, checked in no time."""
    folder = tmp_path_factory.mktemp("small")
    with Case.open(folder / "case.duckdb", write=True, new=True) as case:
        case.ingest(INCIDENT.source, INCIDENT.records(), argv=["forensics", "ingest", "repo"])
        add_mark(case, "bad", "data/raw/vendor_b/feb.csv", reason="planted", author="ann@example.com")
    return exported(folder, ())
