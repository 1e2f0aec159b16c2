"""What in the case matches a text or a subject, files inside directories too."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import NodeKind
from forensics_queries.moment import Moment, moment
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.things import located, source_names, things

__all__ = ["Found", "find"]


@dataclass(frozen=True, slots=True)
class Found:
    """Something that matches.

    Attributes:
        kind: ``artifact``, ``member`` (a file inside a directory), or a ``NodeKind``.
        title: for people.
        subject: to be typed again.
        source: its source's name.
        digest: where all of it has one digest; else empty.
        versions: of an artifact, or of the directories that hold a member; 1 for a node.
        within: the directory that a member is in.
    """

    kind: str
    title: str
    subject: str
    source: str
    digest: str
    versions: int
    within: str


def find(case: Case, text: str, *, as_of: str | None = None) -> Answer[Found]:
    """Looks for a text in all names, and for a subject wherever it lies.

    Args:
        case: the case.
        text: a part of a path, a name, a stage, a command, a release, a commit message, a name or mail of an actor;
            or a SUBJECT. An ambiguous one finds all that it can mean.
        as_of: a revision or a time; only what stood then is found: a path or a file where a version of it did.

    Returns:
        What the subject means and where its bytes lie; then names that contain the text.

    Raises:
        UsageError: the text is empty.
    """
    if not text.strip():
        raise UsageError("nothing to look for", hint="give a part of a name, or a digest")
    when = moment(case, as_of)
    names = {**source_names(case), 0: "url"}
    nodes, notes = _meant(case, text)
    contents = [row[0] for row in rows(case, "find.versions", ids=nodes)]
    wanted = [node for node in (*nodes, *contents) if when.stood(node)]
    found = [_node(thing) for thing in _in_order(case, wanted)]
    found += _members(names, when, rows(case, "find.listed", ids=nodes))
    for source, path, versions, digests in rows(case, "find.paths", text=text):
        held = _held(when, versions, digests)
        if held or not as_of:
            subject = located(names, source, path)
            found.append(Found("artifact", path, subject, names[source], _only(held), len(held), ""))
    found += _members(names, when, rows(case, "find.members", text=text))
    near = [row[0] for row in rows(case, "find.nodes", text=text) if when.stood(row[0])]
    found += [_node(thing) for thing in _in_order(case, near)]
    seen = when.coverage
    parameters = {"text": text, "as_of": as_of or ""}
    return Answer("find", parameters, tuple(dict.fromkeys(found)), seen, (*notes, *when.notes), not seen.complete)


def _meant(case: Case, text: str) -> tuple[list[int], tuple[str, ...]]:
    try:
        meant = resolve(case, text)
    except UsageError as error:
        if text.startswith("file:"):
            raise
        nodes: list[int] = []
        for candidate in error.candidates:
            with suppress(UsageError):
                nodes += resolve(case, candidate).nodes
        return nodes, ()
    return list(meant.nodes), (f"{text} means {meant.meaning}",)


def _in_order(case: Case, nodes: Iterable[int]) -> list[Thing]:
    order = {kind.value: place for place, kind in enumerate(NodeKind)}
    shown = things(case, nodes).values()
    return sorted(shown, key=lambda thing: (order[thing.kind], thing.source, thing.title, thing.id))


def _node(thing: Thing) -> Found:
    return Found(thing.kind, thing.title, thing.subject, thing.source, thing.digest, 1, "")


def _members(names: dict[int, str], when: Moment, listed: Iterable[tuple[Any, ...]]) -> Iterator[Found]:
    for source, directory, name, versions, digests in listed:
        if held := _held(when, versions, digests):
            path, digest = f"{directory}/{name}", _only(held)
            yield Found("member", path, located(names, source, path), names[source], digest, len(held), directory)


def _held(when: Moment, versions: list[int], digests: list[str | None]) -> dict[int, str]:
    """The digest of each version that stood."""
    pairs = zip(versions, digests, strict=True)
    return {version: digest or "" for version, digest in pairs if when.stood(version)}


def _only(held: dict[int, str]) -> str:
    known = set(held.values()) - {""}
    return known.pop() if len(known) == 1 else ""
