"""Paths as subjects: every version of one, the one that a revision holds, and files inside tracked directories."""

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.meaning import Member, Subject
from forensics_queries.revision import Revision, find_revisions, is_abbreviation
from forensics_queries.state import held_at
from forensics_queries.statement import rows
from forensics_queries.things import UNKNOWN_BYTES, located, source_names

__all__ = ["exact_version", "find_places"]

_OUTSIDE = 0  # the source of what lies outside all sources


@dataclass(frozen=True, slots=True)
class _Place:
    """A path in one source: the artifacts of that path, and those that are folders above it."""

    source: int
    label: str
    artifacts: tuple[int, ...]
    enclosing: tuple[tuple[int, str], ...]  # artifact, and the rest of the path inside it


def exact_version(case: Case, text: str) -> Subject | None:
    """Reads ``repo:path@algorithm:value`` with a full digest: how a version is written so that nothing else is meant.

    External origins have ``url:`` for the repo, and versions of unknown bytes ``?`` for the digest.
    """
    path, at, digest = text.rpartition("@")
    if not at:
        return None
    names = {**source_names(case), _OUTSIDE: "url"}
    readings = [(source, path[len(name) + 1 :]) for source, name in names.items() if path.startswith(f"{name}:")]
    if path.startswith("url:"):
        readings.insert(0, (_OUTSIDE, path))
    for source, inside in readings:
        matches = rows(case, "places.exact", source=source, path=inside, digest=digest)
        if matches:
            meaning = f"this version of {inside}" + (f" in {names[source]}" if source else "")
            return Subject(text, "version", (matches[0][0],), meaning, (text,))
    return None


def find_places(case: Case, text: str, *, by_name: bool = True) -> list[Subject]:
    """All that a text can mean as a path.

    Args:
        case: the case.
        text: ``path``, ``path@rev``, ``path@digest``, each with ``repo:`` in front or not. Where the path or the
            revision has an ``@`` in it, every way of parting them is tried.
        by_name: names of artifacts (``fraud``) count as paths.

    Returns:
        The subjects, one a source.

    Raises:
        UsageError: a path that is known has nothing at the revision that was asked for: why.
    """
    found: list[Subject] = []
    why: list[UsageError] = []
    names = source_names(case)
    readings: list[tuple[int | None, str]] = [(None, text)]
    readings += [(source, text[len(name) + 1 :]) for source, name in names.items() if text.startswith(f"{name}:")]
    for wanted, rest in readings:
        for path, revision in _partings(rest):
            for place in _places(case, path, wanted, names, by_name=by_name):
                if revision is None:
                    found += _ever(case, text, place)
                elif ":" in revision or revision == UNKNOWN_BYTES:
                    found += _with_digest(case, text, place, revision)
                else:
                    for at in find_revisions(case, revision, [place.source]):
                        found += _held(case, text, place, at, why)
    if why and not found:
        raise why[0]
    return found


def _partings(text: str) -> Iterator[tuple[str, str | None]]:
    yield text, None
    at = text.find("@")
    while at >= 0:
        if 0 < at < len(text) - 1:
            yield text[:at], text[at + 1 :]
        at = text.find("@", at + 1)


def _places(case: Case, path: str, wanted: int | None, names: dict[int, str], *, by_name: bool) -> list[_Place]:
    clean = path.removeprefix("./").rstrip("/") or path
    parts = clean.split("/")
    above = {"/".join(parts[:count]): "/".join(parts[count:]) for count in range(1, len(parts))}
    by_source: dict[int, tuple[list[int], list[tuple[int, str]], list[str]]] = {}
    name = path if by_name else ""
    for source, artifact, found, named in rows(case, "places.artifacts", paths=[clean, *above], name=name):
        if wanted in {None, source}:
            exact, enclosing, labels = by_source.setdefault(source, ([], [], []))
            if named or found == clean:
                exact.append(artifact)
                labels.append(found)
            else:
                enclosing.append((artifact, above[found]))
    return [
        _Place(source, located(names, source, labels[0] if labels else clean),
               tuple(dict.fromkeys(exact)), tuple(enclosing))
        for source, (exact, enclosing, labels) in by_source.items()
    ]  # fmt: skip


def _ever(case: Case, text: str, place: _Place) -> list[Subject]:
    versions = [row[0] for row in rows(case, "places.versions", artifacts=list(place.artifacts))]
    members: list[Member] = []
    for artifact, name in place.enclosing:
        inside = [row[0] for row in rows(case, "places.versions", artifacts=[artifact])]
        members += _members(case, artifact, inside, name)
    nodes = (*versions, *sorted({member.content for member in members}))
    if not nodes:
        return []
    return [Subject(text, "path", nodes, f"every version of {place.label}", (place.label,), tuple(members))]


def _with_digest(case: Case, text: str, place: _Place, digest: str) -> list[Subject]:
    algorithm, _, value = digest.rpartition(":")
    bare = value.lower().removesuffix(".dir")
    if not place.artifacts or not is_abbreviation(bare):
        return []
    matches = rows(case, "places.by_digest", artifacts=list(place.artifacts), algorithm=algorithm, prefix=value.lower())
    grouped: dict[str, list[int]] = {}
    for version, found in matches:
        grouped.setdefault(found, []).append(version)
    return [
        Subject(text, "version", tuple(nodes), f"this version of {place.label}", (f"{place.label}@{found}",))
        for found, nodes in grouped.items()
    ]


def _held(case: Case, text: str, place: _Place, at: Revision, why: list[UsageError]) -> list[Subject]:
    asked = [*place.artifacts, *(artifact for artifact, _ in place.enclosing)]
    held = held_at(case, at.commit, asked)
    when = f"commit {at.oid[:7]}" + (f" ({at.spelled}, which is gone from the source)" if at.gone else "")
    nodes = [version for (artifact, _), version in sorted(held.items()) if artifact in place.artifacts]
    members: list[Member] = []
    for artifact, name in place.enclosing:
        inside = [version for (other, _), version in sorted(held.items()) if other == artifact]
        members += _members(case, artifact, inside, name)
        if inside and not members and rows(case, "places.unlisted", versions=inside):
            why.append(
                UsageError(
                    f"what the directory of {place.label} held at {when} is not known: its listing is missing",
                    hint="name the whole directory, or ingest with the DVC cache beside the repository",
                )
            )
    nodes += sorted({member.content for member in members})
    if not nodes:
        if place.artifacts or _ever(case, text, place):
            why.append(UsageError(f"{when} does not hold {place.label}", hint="see what does: forensics log PATH"))
        return []
    pinned = f"{place.label}@{at.oid}"
    meaning = f"{place.label} as {when} holds it"
    return [Subject(text, "version", tuple(nodes), meaning, (pinned,), tuple(members), at.commit)]


def _members(case: Case, artifact: int, versions: list[int], name: str) -> list[Member]:
    if not versions:
        return []
    matches = rows(case, "places.members", versions=versions, name=name)
    return [Member(artifact, directory, found, content) for directory, found, content in matches]
