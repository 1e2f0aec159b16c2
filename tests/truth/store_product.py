"""Reads a pair of sources into a case, and asks."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from forensics.api.searching import search_sources
from forensics.case import Case
from forensics.errors import UsageError
from forensics_connectors.contract import find_connector
from forensics_queries.blast_radius import blast_radius, judged
from forensics_queries.things import things
from forensics_queries.trace import trace
from tests.truth.product import _empty_case, _same_bytes
from tests.truth.repository import Repository, write
from tests.truth.store_facts import Asked, Key, repository_name, store_name
from tests.truth.store_world import Pair
from tests.truth.store_writer import write_store


@dataclass(frozen=True)
class Sources:
    """A pair on disk."""

    repositories: list[Repository]
    stores: list[Path]


def write_pair(pair: Pair, folder: Path, *, addressed: bool = True, files: bool = False) -> Sources:
    """Writes repositories, and stores that record anything; arguments as for ``write_store`` and ``write``."""
    folder.mkdir(parents=True, exist_ok=True)
    repositories = [
        write(history, folder / repository_name(n), files=files) for n, history in enumerate(pair.histories)
    ]
    oids = [repository.oids for repository in repositories]
    stores = [
        write_store(folder / f"{store_name(store.number)}.db", store, oids, addressed=addressed)
        for store in pair.stores
        if store.runs
    ]
    return Sources(repositories, stores)


@contextmanager
def ingested_pair(sources: Sources, case: Path, chance: random.Random, *, searched: bool = False) -> Iterator[Case]:
    """A new case with all of a pair in it, read in any order, and searched for what stores name if asked."""
    case.write_bytes(_empty_case())
    places = [(str(repository.path), "dvc") for repository in sources.repositories]
    places += [(str(store), "mlmd") for store in sources.stores]
    chance.shuffle(places)
    with Case.open(case, write=True) as opened:
        for place, kind in places:
            connector, source = find_connector(place, kind)
            opened.ingest(source, connector.read(source), connector=connector.kind)
        if searched:
            list(search_sources(opened))
        yield opened


def asked_as(asked: Asked, sources: Sources) -> str:
    """The subject as a user types it."""
    found = asked.text
    for index, oid in enumerate(sources.repositories[asked.repository].oids):
        found = found.replace(f"{{{index}}}", oid)
    return found


def nodes_of(case: Case) -> dict[int, list[Key]]:
    """What each version of the case is called here: a file in git by its git id, and as DVC's documents know it."""
    rows = case.rows(
        "SELECT version_id, source, path, digest, content_id, label FROM versions WHERE source IS NOT NULL"
    )
    same = _same_bytes(case)
    found: dict[int, list[Key]] = {}
    for node, source, path, digest, content, label in sorted(rows, key=lambda row: str(row[3]).startswith("git:")):
        if label.startswith("artifact/"):
            found[node] = [(source, label, "")]
            continue
        others = same.get(content, set()) if str(digest).startswith("git:") else set()
        found[node] = [(source, path, each) for each in (digest or "", *sorted(others))]
    return found


def called(case: Case) -> dict[Key, str]:
    """How to ask for each version alone."""
    keys = nodes_of(case)
    subjects = things(case, keys)
    return {key: subjects[node].subject for node, names in keys.items() for key in names}


def levels(case: Case, asked: str) -> dict[Key, tuple[int, str, int]] | None:
    """Level, reason and node of every version by source and name; None where the subject is not in the case."""
    try:
        judgement = judged(case, [asked], None)[0]
    except UsageError:
        return None
    found: dict[Key, tuple[int, str, int]] = {}
    for node, keys in nodes_of(case).items():
        cause = judgement.cause(node)
        for key in keys:
            found.setdefault(key, (int(judgement.level(node)), cause.reason if cause else "", node))
    return found


def affected(case: Case, asked: str) -> set[Key]:
    """What ``blast-radius`` lists as affected."""
    keys = nodes_of(case)
    rows = blast_radius(case, [asked]).rows
    return {key for row in rows if row.verdict == "affected" for key in keys.get(row.thing.id, ())}


def ancestors(case: Case, asked: str) -> set[Key]:
    """The versions that ``trace`` lists."""
    keys = nodes_of(case)
    rows = trace(case, asked).rows
    return {key for row in rows if row.thing.kind == "version" for key in keys.get(row.thing.id, ())}


def chain(case: Case, asked: str, node: int) -> str:
    """The explaining path of one version, for people who look into a failure."""
    judgement = judged(case, [asked], None)[0]
    keys = dict(case.rows("SELECT id, key FROM node"))
    return " -> ".join(
        f"{judgement.lineage.kind(step)} {keys[step].replace(chr(0), ' ')} {judgement.level(step).name}"
        for step in judgement.path(node)
    )
