"""OpenLineage events into records: what runs read and wrote, by the datasets' own names and versions.

Source: the OpenLineage specification 2-0-2 (``OpenLineage.json``) and its facets ``DatasetVersionDatasetFacet``,
``SourceCodeLocationJobFacet``, ``OwnershipDatasetFacet`` and ``OutputStatisticsOutputDatasetFacet``.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from forensics.digest import ALGORITHMS, Digest
from forensics.model import (
    ArtifactKind,
    Context,
    Details,
    Edge,
    EdgeKind,
    Execution,
    Membership,
    Origin,
    Record,
    Reference,
    ReferenceKind,
    Strength,
    Version,
)
from forensics_connectors.records.fields import milliseconds
from forensics_connectors.records.ledger import Ledger
from forensics_connectors.records.rows import Row

__all__ = ["OpenLineage", "is_event"]

_STATES = frozenset(("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"))
_DATASETS = 10_000


def is_event(row: Row) -> bool:
    """Whether a row is an OpenLineage event: of a run, of a job, or of a dataset."""
    about = [name for name in ("run", "job", "dataset") if isinstance(row.get(name), dict)]
    return bool(about) and "record" not in row and ("eventTime" in row or "eventType" in row)


@dataclass(slots=True)
class _Run:
    """A run as all of its events tell it."""

    key: str
    name: str
    first: int | None
    last: int | None
    state: str
    origin: Origin


@dataclass(slots=True)
class OpenLineage:
    """Reads events; all events of one run are one execution."""

    ledger: Ledger
    _runs: dict[str, _Run] = field(default_factory=dict)
    _contexts: set[str] = field(default_factory=set)
    _told: set[Record] = field(default_factory=set)

    def describe(self, number: int, row: Row) -> Iterator[Record]:
        """Yields the run, the job and the datasets of an event that were not yet described.

        Raises:
            ValueError: it is no event.
        """
        origin = self.ledger.origin(number)
        time = milliseconds(row["eventTime"]) if "eventTime" in row else None
        key = yield from self._execution(row, time, origin)
        context = yield from self._context(row, origin)
        if key and context:
            yield from self._once(Membership(context, key, origin))
        for version, uri in self._datasets(row, origin):
            if not self.ledger.knows(version.key):
                yield from self.ledger.node(version)
                yield Reference(version.key, ReferenceKind.URI, uri, origin)
        location = _facet(_mapping(row.get("job")), "sourceCodeLocation")
        if key and _text(location.get("version")) and _text(location.get("type")) in ("git", ""):
            repository = _text(location.get("repoUrl")) or _text(location.get("url"))
            said = Reference(key, ReferenceKind.COMMIT, _text(location["version"]), Origin(), repository=repository)
            if said not in self._told:
                self._told.add(said)
                yield Reference(key, said.kind, said.value, origin, repository=repository)

    def state(self, number: int, row: Row) -> Iterator[Record]:
        """Yields the edges of an event; a dataset without a version was used in some state, nobody knows in which."""
        origin = self.ledger.origin(number)
        key = _run_key(row)
        if not key:
            return
        run = self._runs.get(key)
        for name, kind in (("inputs", EdgeKind.USED), ("outputs", EdgeKind.GENERATED)):
            for version, _ in self._listed(row, name, origin):
                strength, reason = Strength.RECORDED, ""
                if version.digest is None and not version.identity:
                    strength, reason = Strength.INFERRED, "by-name"
                elif run is None:
                    strength, reason = Strength.INFERRED, "job"
                elif kind is EdgeKind.GENERATED and run.state != "COMPLETE":
                    strength, reason = Strength.INFERRED, "pending"
                ends = (version.key, key) if kind is EdgeKind.USED else (key, version.key)
                yield from self.ledger.edge(Edge(kind, *ends, origin, strength, reason))

    def details(self) -> Iterator[Record]:
        """Yields how each run ended."""
        for run in self._runs.values():
            identity = run.key.partition("\0")[2]
            yield Details(run.key, "run", run.name, "", run.state, identity, run.first, run.last, run.origin)

    def _execution(self, row: Row, time: int | None, origin: Origin) -> Generator[Record, None, str]:
        key = _run_key(row)
        if not key:
            return ""
        job = _mapping(row.get("job"))
        name = _text(job.get("name")) or "run"
        state = _text(row.get("eventType")).upper()
        if state and state not in _STATES:
            raise ValueError(f"{state[:80]!r} is no type of event")
        identity = key.partition("\0")[2]
        if not self.ledger.knows(key):
            yield from self.ledger.node(Execution(identity, name, "", "", origin, script=_text(job.get("namespace"))))
        if not isinstance(row.get("run"), dict):
            return key
        run = self._runs.setdefault(key, _Run(key, name, time, time, state, origin))
        if time is not None:
            run.first = time if run.first is None else min(run.first, time)
            run.last = time if run.last is None else max(run.last, time)
        if run.state not in ("COMPLETE", "FAIL", "ABORT") or state == "COMPLETE":
            run.state = state or run.state
        return key

    def _context(self, row: Row, origin: Origin) -> Generator[Record, None, str]:
        """The job, as the group of its runs."""
        job = _mapping(row.get("job"))
        name, namespace = _text(job.get("name")), _text(job.get("namespace"))
        if not name:
            return ""
        context = Context(f"job {namespace}/{name}", name, "job", origin)
        if context.key not in self._contexts:
            self._contexts.add(context.key)
            yield context
        return context.key

    def _datasets(self, row: Row, origin: Origin) -> Iterator[tuple[Version, str]]:
        for name in ("inputs", "outputs", "dataset"):
            yield from self._listed(row, name, origin)

    def _listed(self, row: Row, name: str, origin: Origin) -> Iterator[tuple[Version, str]]:
        found = row.get(name, [])
        datasets = [found] if isinstance(found, dict) else found
        if not isinstance(datasets, list) or len(datasets) > _DATASETS:
            raise ValueError(f"{name} is no list of at most {_DATASETS:,} datasets")
        for dataset in datasets:
            if not isinstance(dataset, dict) or not _text(dataset.get("name")):
                raise ValueError(f"a dataset of {name} has no name")
            yield _version(dataset, origin)

    def _once(self, record: Membership) -> Iterator[Record]:
        told = Membership(record.context, record.member, Origin())
        if told not in self._told:
            self._told.add(told)
            yield record


def _run_key(row: Row) -> str:
    """The key of the execution of an event: of its run, or of its job where no run is told; empty for a dataset."""
    run, job = _mapping(row.get("run")), _mapping(row.get("job"))
    identity = _text(run.get("runId"))
    if "run" in row and not identity:
        raise ValueError("a run without a runId")
    if not identity and _text(job.get("name")):
        identity = f"job {_text(job.get('namespace'))}/{_text(job['name'])}"
    return f"execution\0{identity}" if identity else ""


def _version(dataset: dict[str, Any], origin: Origin) -> tuple[Version, str]:
    """The version of a dataset that an event names, and its address."""
    namespace, name = _text(dataset.get("namespace")), _text(dataset["name"])
    is_file = namespace in ("", "file", "file://")
    path = (name if is_file else f"{namespace.rstrip('/')}/{name.lstrip('/')}").replace("\\", "/")
    stated = _text(_facet(dataset, "version").get("datasetVersion"))
    digest = _digest(stated)
    size = _facet(dataset, "outputStatistics", "outputFacets").get("size")
    owners = _facet(dataset, "ownership").get("owners")
    owner = (
        next((_text(one.get("name")) for one in owners if isinstance(one, dict)), "")
        if isinstance(owners, list)
        else ""
    )
    version = Version(
        path=path,
        digest=digest,
        origin=origin,
        size=size if type(size) is int and 0 <= size < 2**63 else None,
        kind=ArtifactKind.DATASET,
        label=stated,
        owner=owner,
        identity="" if digest is not None else stated,
    )
    return version, path


def _digest(stated: str) -> Digest | None:
    """A content hash, where the version of a dataset is one."""
    algorithm, _, value = stated.partition(":")
    digest = Digest(algorithm.lower(), value.lower())
    return digest if digest.algorithm in ALGORITHMS and digest.is_well_formed else None


def _facet(thing: dict[str, Any], name: str, facets: str = "facets") -> dict[str, Any]:
    return _mapping(_mapping(thing.get(facets)).get(name))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A text, empty for what is none; NUL parts the keys of records."""
    return value[: 1 << 16].replace("\0", "\ufffd") if isinstance(value, str) else ""
