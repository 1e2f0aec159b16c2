"""``fsck``: whether stored bytes are what the record says, and which releases rest on those that are not."""

import os.path
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.case.database import transaction
from forensics.case.ingest import now, uncollected
from forensics.errors import UsageError
from forensics.model import Rehashed, Stored
from forensics_queries.coverage import coverage
from forensics_queries.moment import moment
from forensics_queries.statement import rows
from forensics_queries.steps import INFLUENCE
from forensics_queries.things import things

__all__ = ["STATES", "Checked", "Progress", "fsck"]

#: What can be wrong with stored bytes, the worst first.
STATES = ("tampered", "changed", "unreadable", "missing", "unrecorded")

#: Lists the files of a repository, given its locator, and hashes files: the command line passes what the connectors do.
List = Callable[[str], Iterable[Stored]]
Rehash = Callable[[Iterable[Stored]], Iterator[Rehashed]]
#: Is told how many files, and how many bytes, of how many were hashed.
Progress = Callable[[int, int, int, int], None]

_BETWEEN = 5.0  # seconds of work at most that are lost where somebody pulls the plug
_UNIX = "md5-dos2unix"


@dataclass(frozen=True, slots=True)
class Checked:
    """Something that is not as it should be. What is intact is only counted.

    Attributes:
        state: ``tampered``, an object holds other bytes than its name says; ``changed``, a file of the working tree
            holds other bytes than the metadata beside it says; ``unreadable``; ``missing``, it is tracked and in no
            cache and no local remote; ``unrecorded``, an object that nothing in the case names.
        source: name of the source.
        path: the file; for what is missing, the path in the repository.
        digest: what the bytes should hash to; empty where the file is not named as an object.
        found: what they do hash to.
        sha256: of the bytes found, in hexadecimal digits.
        size: bytes; as recorded for what is missing.
        thing: what the case knows by the digest.
        releases: names of releases that descend from it, live ones first and with their stages.
        detail: in words.
    """

    state: str
    source: str
    path: str
    digest: str
    found: str
    sha256: str
    size: int | None
    thing: Thing | None
    releases: tuple[str, ...]
    detail: str


class _Result(NamedTuple):
    """What is known of the bytes at a path."""

    stored: Stored
    state: str
    found: str
    sha256: str
    detail: str


class _Place(NamedTuple):
    """A source with the places where it lies."""

    number: int
    name: str
    locators: tuple[str, ...]


@uncollected()
def fsck(
    case: Case,
    sources: Sequence[str] = (),
    *,
    list_files: List,
    rehash: Rehash,
    again: bool = False,
    progress: Progress | None = None,
    argv: Iterable[str] = (),
) -> Answer[Checked]:
    """Hashes stored bytes again and writes down what was found.

    A run that is interrupted keeps what it hashed: the next one goes on from there.

    Args:
        case: the case, open for writing.
        sources: names or locators of sources; all git repositories of the case where none are named.
        list_files: lists the files of a repository.
        rehash: hashes files.
        again: hashes also files that have the size and the time that they had when they were hashed last.
        progress: is told how far it is.
        argv: the command, for the journal.

    Returns:
        What is wrong, the worst first. ``short`` where a source is not there, or a file cannot be read.

    Raises:
        UsageError: no such source.
    """
    found: list[Checked] = []
    notes: list[str] = []
    short = False
    for place in _places(case, sources):
        if not place.locators:
            notes.append(f"{place.name} was not looked at: it does not lie where it was read any more")
            short = True
            continue
        check = _Check(case, place, again=again)
        results = check.run(list_files, rehash, progress)
        here = _told(case, place, results, check.contents)
        found += here
        skipped = len(results) - check.hashed
        same = f"; {skipped:,} had the size and time of last time and were not (--again)" if skipped else ""
        notes.append(f"{place.name}: {check.hashed:,} of {len(results):,} stored files were hashed{same}")
        states = {state: sum(row.state == state for row in here) for state in STATES}
        tampered = [f"{row.digest} {row.path}" for row in here if row.state == "tampered"]
        told = {"source": place.number, "locators": list(place.locators), "files": len(results), "hashed": check.hashed}
        with transaction(case.connection):
            for row in here:
                if row.state == "tampered":
                    _note(case, place, row)
            case.journal("fsck", {**told, "found": states, "tampered": tampered}, argv=argv)
    found.sort(key=lambda row: (STATES.index(row.state), not row.releases, row.source, row.path, row.digest))
    short = short or any(row.state == "unreadable" for row in found)
    return Answer("fsck", {"sources": " ".join(sources)}, tuple(found), coverage(case), tuple(notes), short)


def _places(case: Case, wanted: Sequence[str]) -> list[_Place]:
    known = [(number, name, kind, locators or []) for number, name, kind, locators in rows(case, "fsck.sources")]
    chosen: dict[int, _Place] = {}
    for text in wanted or [name for _, name, kind, _ in known if kind == "git"]:
        path = os.path.realpath(text)
        hits = [row for row in known if text == row[1] or path in map(os.path.realpath, row[3])]
        if not hits:
            raise UsageError(f"no source of the case is called {text}", hint="see them with: forensics sources")
        for number, name, kind, locators in hits:
            if kind != "git":
                raise UsageError(f"{name} holds no bytes", hint="name a git repository with DVC metadata")
            chosen[number] = _Place(number, name, tuple(filter(os.path.isdir, locators)))
    return list(chosen.values())


class _Check:
    """The hashing of one source's files."""

    def __init__(self, case: Case, place: _Place, *, again: bool) -> None:
        self._case = case
        self._place = place
        self._earlier = {} if again else {row[0]: row[1:] for row in rows(case, "fsck.earlier", source=place.number)}
        self.hashed = 0
        self.contents: dict[str, list[int]] = {}  # nodes by the value of their digest

    def run(self, list_files: List, rehash: Rehash, progress: Progress | None) -> list[_Result]:
        """Every file with what is known of it now, in the order in which they are listed."""
        files: dict[bytes, Stored] = {}
        for locator in self._place.locators:
            for stored in list_files(locator):
                files.setdefault(stored.location, stored)
        names = sorted({stored.digest.value for stored in files.values() if stored.digest})
        legacy = set()
        for value, algorithm, node in rows(self._case, "fsck.contents", digests=names):
            self.contents.setdefault(value, []).append(node)
            if algorithm == _UNIX:
                legacy.add(value)
        found = {stored.location: self._known(stored) for stored in files.values()}
        todo = [stored for stored in files.values() if found[stored.location] is None]
        total = sum(stored.size for stored in todo)
        done = 0
        waiting: list[_Result] = []
        written = time.monotonic()
        try:
            for one in rehash(todo):
                result = _judged(one, legacy)
                found[one.stored.location] = result
                waiting.append(result)
                self.hashed += 1
                done += one.stored.size
                if progress is not None:
                    progress(self.hashed, len(todo), done, total)
                if time.monotonic() - written > _BETWEEN:
                    self._write(waiting)
                    waiting, written = [], time.monotonic()
        finally:
            self._write(waiting)
        return [result for result in found.values() if result is not None]

    def _known(self, stored: Stored) -> _Result | None:
        size, mtime_ns, state, found, sha256 = self._earlier.get(stored.path, (None, None, "", "", ""))
        if (size, mtime_ns) != (stored.size, stored.mtime_ns) or state == "unreadable" or stored.problem:
            return None
        return _Result(stored, state, found, sha256, "")

    def _write(self, results: list[_Result]) -> None:
        if not results:
            return
        at = now()
        values = [
            [
                self._place.number, next(iter(_nodes(self.contents, one)), None), one.stored.path, one.stored.size,
                one.stored.mtime_ns, one.state, one.found, one.sha256, at,
            ]
            for one in results
        ]  # fmt: skip
        with self._case.connection.appender("byte_check") as appender:
            appender.append_rows(values)


def _judged(one: Rehashed, legacy: set[str]) -> _Result:
    """Compares what was found with the name. Only where text was hashed with CRLF as LF may the bytes differ so."""
    stored, digest = one.stored, one.stored.digest
    if one.problem:
        return _Result(stored, "unreadable", "", "", one.problem)
    found = f"md5:{one.md5}"
    if digest is None:
        return _Result(stored, "unrecorded", found, one.sha256, "it is not named as an object")
    old = digest.algorithm == _UNIX or digest.value in legacy
    if one.md5 == digest.value.removesuffix(".dir") or (one.is_dos2unix and old):
        return _Result(stored, "intact", found, one.sha256, "")
    detail = "the same text but for the ends of its lines" if one.is_dos2unix else ""
    return _Result(stored, "tampered" if stored.is_object else "changed", found, one.sha256, detail)


def _told(case: Case, place: _Place, results: list[_Result], contents: dict[str, list[int]]) -> list[Checked]:
    """The rows of one source."""
    wrong = [one for one in results if one.state != "intact" or (_nodes(contents, one) == [] and one.stored.is_object)]
    accused = {node for one in wrong if one.state in {"tampered", "changed"} for node in _nodes(contents, one)}
    shown = things(case, accused)
    releases = {node: _releases(case, node) for node in sorted(accused)}
    intact = {
        one.stored.digest.value: one.stored.path for one in results if one.state == "intact" and one.stored.digest
    }
    found = []
    for one in wrong:
        row = _row(place, one, _nodes(contents, one), shown, releases)
        copy = (
            intact.get(one.stored.digest.value) if one.stored.digest and row.state in {"tampered", "changed"} else None
        )
        details = [row.detail, f"an intact copy lies at {copy}" if copy else ""]
        found.append(replace(row, detail="; ".join(filter(None, details))))
    stored = sorted({node for one in results if one.stored.is_object for node in _nodes(contents, one)})
    return [*found, *_missing(case, place, stored)]


def _nodes(contents: dict[str, list[int]], one: _Result) -> list[int]:
    return contents.get(one.stored.digest.value, []) if one.stored.digest else []


def _row(
    place: _Place, one: _Result, nodes: list[int], shown: dict[int, Thing], releases: dict[int, tuple[str, ...]]
) -> Checked:
    state = "unrecorded" if one.state == "intact" else one.state
    return Checked(
        state=state,
        source=place.name,
        path=one.stored.path,
        digest=str(one.stored.digest or ""),
        found=one.found,
        sha256=one.sha256,
        size=one.stored.size,
        thing=next((shown[node] for node in nodes if node in shown), None),
        releases=tuple(dict.fromkeys(name for node in nodes for name in releases.get(node, ()))),
        detail=one.detail or ("" if nodes or state != "tampered" else "nothing in the case names it"),
    )


def _releases(case: Case, content: int) -> tuple[str, ...]:
    """The releases that descend from a content, by any chain: the upper bound."""
    _, reached = moment(case, None).reach([content], follow=INFLUENCE)
    found = rows(case, "fsck.releases", ids=sorted(reached))
    return tuple(f"{name} ({', '.join(stages)})" if stages else name for name, stages in found)


def _note(case: Case, place: _Place, row: Checked) -> None:
    """Leaves a finding about the content, once."""
    message = f"{row.digest} at {row.path} holds other bytes: {row.found}, sha256:{row.sha256}"
    rows(case, "fsck.origin", source=place.number, path=row.path)
    rows(case, "fsck.finding", source=place.number, path=row.path, message=message, node=row.thing and row.thing.id)


def _missing(case: Case, place: _Place, stored: list[int]) -> Iterator[Checked]:
    lost = rows(case, "fsck.missing", source=place.number, stored=stored)
    shown = things(case, [row[0] for row in lost])
    for node, path, digest, size, itself, files, whole in lost:
        parts = ["the object itself"] if itself else []
        parts += [f"{files:,} of {whole:,} files"] if files else []
        parts += ["its listing is not on record"] if digest.endswith(".dir") and not whole else []
        yield Checked("missing", place.name, path, digest, "", "", size, shown[node], (), ", ".join(parts))
