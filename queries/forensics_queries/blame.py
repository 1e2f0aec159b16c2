"""Who introduced bytes, in every source that holds them, as files of their own or inside directories."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.digest import EMPTY
from forensics.errors import UsageError
from forensics.model import Strength
from forensics_queries.commits import Claim, claims
from forensics_queries.moment import moment
from forensics_queries.state import History
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["Blamed", "blame"]


@dataclass(frozen=True, slots=True)
class Blamed:
    """One commit that brought the bytes to one path.

    Attributes:
        thing: the version, or the content for a file inside a directory.
        source: the source that holds it.
        path: where; for a file inside a directory, the directory's path and the file's name.
        within: the directory, empty for what is tracked by itself.
        action: ``introduced``, or ``restored`` where an ancestor had held it before.
        commit: the commit.
        claimed_author, claimed_mail, claimed_time, message: what the commit claims.
        known: the strength with which these are the subject's bytes.
        document: what states it, in that commit.
    """

    thing: Thing
    source: str
    path: str
    within: str
    action: str
    commit: Thing
    claimed_author: str
    claimed_mail: str
    claimed_time: int
    message: str
    known: str
    document: str


@dataclass(frozen=True, slots=True)
class _Place:
    """One commit and one place, before they are looked up."""

    node: int
    source: str
    path: str
    within: str
    action: str
    commit: int
    known: str
    document: str


def blame(case: Case, subject: str, *, as_of: str | None = None) -> Answer[Blamed]:
    """The commits that introduced these bytes.

    Args:
        case: the case.
        subject: a SUBJECT that has bytes: a digest, ``path@rev``, a path (every version), a local file.
        as_of: a revision or a time; only commits that stood then are listed.

    Returns:
        One row a path and commit, by source and path, ancestors first. A file inside a directory is introduced by the
        first commit whose directory lists these bytes under that name, whatever else the directory held.

    Raises:
        UsageError: the subject means nothing, or several things, or what has no bytes or did not stand then.
    """
    when = moment(case, as_of)
    meant = when.resolve(subject)
    named = [row[0] for row in rows(case, "blame.versions_meant", ids=list(meant.nodes))]
    known = _same_bytes(case, {*meant.nodes, *named})
    if not known and not named:
        raise UsageError(
            f"{subject} means {meant.meaning}, which has no bytes of its own", hint="ask show, or name a path"
        )
    history = History.load(case)
    holders = {node for node, _ in rows(case, "blame.versions", ids=sorted(known))}
    versions = holders.union(named)
    found = [*_tracked(case, versions, known), *_inside(case, history, known)]
    brought = {place.node for place in found}
    found = [place for place in found if when.stood(place.commit)]
    found.sort(key=lambda at: (at.source, at.path, history.rank.get(at.commit, -1), at.commit, at.node, at.action))
    shown = things(case, [node for place in found for node in (place.node, place.commit)])
    said = claims(case, [place.commit for place in found])
    answers = tuple(_row(place, shown, said) for place in found)
    seen = when.coverage
    notes = [f"{subject} means {meant.meaning}", *when.notes]
    missing = sum(when.stood(node) for node in holders - brought)
    if missing:
        notes.append(f"{missing} of the versions with these bytes stand in no commit, only in records of runs")
    parameters = {"subject": subject, "as_of": as_of or ""}
    return Answer("blame", parameters, answers, seen, tuple(notes), not seen.complete)


def _row(place: _Place, shown: dict[int, Thing], said: dict[int, Claim]) -> Blamed:
    claim = said[place.commit]
    return Blamed(
        shown[place.node],
        place.source,
        place.path,
        place.within,
        place.action,
        shown[place.commit],
        claim.claimed_author,
        claim.claimed_mail,
        claim.claimed_time,
        claim.message,
        place.known,
        place.document,
    )


def _same_bytes(case: Case, nodes: Iterable[int]) -> dict[int, str]:
    """Contents of the nodes and other digests of the same bytes, each with the strength of the equality."""
    found = [row[0] for row in rows(case, "blame.contents", ids=list(nodes))]
    known = dict.fromkeys(found, Strength.MATCHED.value)
    empty = {row[0] for row in rows(case, "blame.empty", ids=found, empty=sorted(EMPTY))}
    # Empty files are equal by chance everywhere; only those that were asked for by digest are followed.
    for content in empty - set(nodes):
        del known[content]
    new = sorted(set(known) - empty)
    while new:
        reached = [(node, strength) for node, strength in rows(case, "blame.same", ids=new) if node not in known]
        known |= dict(reached)
        new = sorted({node for node, _ in reached})
    return known


def _tracked(case: Case, versions: set[int], known: dict[int, str]) -> Iterator[_Place]:
    wanted = sorted(versions)
    where = {node: (path, source) for node, path, source in rows(case, "blame.places", ids=wanted)}
    content = dict(rows(case, "blame.versions", ids=sorted(known)))
    for version, kind, commit, strength, path, _ in rows(case, "blame.brought", ids=wanted):
        equal = known.get(content.get(version, -1), strength)
        yield _Place(version, where[version][1], where[version][0], "", kind, commit, equal, path)


def _inside(case: Case, history: History, known: dict[int, str]) -> Iterator[_Place]:
    held: dict[int, dict[str, dict[int, int]]] = {}
    memo: dict[tuple[int, tuple[int, ...]], list[tuple[str, int]]] = {}
    for artifact, directory, source, name, content, listing in rows(case, "blame.listed", ids=sorted(known)):
        key = (artifact, tuple(listing))
        if key not in memo:
            if artifact not in held:
                held[artifact] = history.held_everywhere(case, artifact)
            memo[key] = _appearances(history, held[artifact], frozenset(listing))
        for action, commit in memo[key]:
            yield _Place(content, source, f"{directory}/{name}", directory, action, commit, known[content], "")


def _appearances(history: History, held: dict[str, dict[int, int]], versions: frozenset[int]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for layer in held.values():
        if versions.isdisjoint(layer.values()):
            continue
        first, again = history.first_and_again({commit for commit, version in layer.items() if version in versions})
        found += [("introduced", commit) for commit in first] + [("restored", commit) for commit in again]
    return found
