"""The versions of an artifact, and who introduced each."""

from collections.abc import Iterator
from dataclasses import dataclass

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.errors import UsageError
from forensics_queries.commits import claims
from forensics_queries.moment import moment
from forensics_queries.state import History
from forensics_queries.statement import rows
from forensics_queries.subject import Member
from forensics_queries.things import things

__all__ = ["Entry", "log"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a path.

    Attributes:
        source: where it is held, ``path`` under what name.
        action: ``introduced``, ``restored`` or ``removed``; ``recorded`` for a version that stands in no commit and
            is known from the record of a run alone.
        version: what was held from there on: a version, or the content of a file inside a directory; None when it
            was removed.
        commit: the commit; None for ``recorded``.
        claimed_author, claimed_mail, claimed_time, message: what the commit claims.
        releases: names of the releases of this version.
    """

    source: str
    path: str
    action: str
    version: Thing | None
    commit: Thing | None
    claimed_author: str
    claimed_mail: str
    claimed_time: int | None
    message: str
    releases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Event:
    source: str
    path: str
    action: str
    node: int | None
    commit: int | None


def log(case: Case, subject: str, *, as_of: str | None = None) -> Answer[Entry]:
    """The history of a path.

    Args:
        case: the case.
        subject: a path, or a SUBJECT that is a version or a file inside a directory: then all of its path.
        as_of: a revision or a time; only what stood then is listed.

    Returns:
        Events by source and path, newest first: by ancestry, never by claimed time.

    Raises:
        UsageError: the subject means nothing, several things, nothing that has versions, or nothing that stood then.
    """
    when = moment(case, as_of)
    meant = when.resolve(subject)
    history = History.load(case)
    events = [*_of_artifacts(case, meant.nodes), *_of_members(case, history, meant.members)]
    if not events:
        raise UsageError(f"{subject} means {meant.meaning}, which has no versions", hint="ask show, or name a path")
    events = [event for event in events if when.stood(event.commit if event.commit is not None else event.node or 0)]
    rank = history.rank
    events.sort(
        key=lambda event: (
            event.source,
            event.path,
            -rank.get(event.commit, -1) if event.commit is not None else 1,
            event.action,
            event.node or 0,
        )
    )
    shown = things(case, [node for event in events for node in (event.node, event.commit) if node is not None])
    said = claims(case, [event.commit for event in events if event.commit is not None])
    released = dict(rows(case, "log.released", ids=[event.node for event in events if event.node is not None]))
    answers = []
    for event in events:
        claim = said.get(event.commit) if event.commit is not None else None
        answers.append(
            Entry(
                event.source,
                event.path,
                event.action,
                shown.get(event.node) if event.node is not None else None,
                shown.get(event.commit) if event.commit is not None else None,
                claim.claimed_author if claim else "",
                claim.claimed_mail if claim else "",
                claim.claimed_time if claim else None,
                claim.message if claim else "",
                tuple(released.get(event.node, ())),
            )
        )
    seen = when.coverage
    notes = (f"{subject} means {meant.meaning}", *when.notes)
    parameters = {"subject": subject, "as_of": as_of or ""}
    return Answer("log", parameters, tuple(answers), seen, notes, not seen.complete)


def _of_artifacts(case: Case, nodes: tuple[int, ...]) -> Iterator[_Event]:
    for artifact, path, source in rows(case, "log.artifacts", ids=list(nodes)):
        for version, action, commit in rows(case, "log.brought", artifact=artifact):
            yield _Event(source, path, action, version, commit)
        for (commit,) in rows(case, "log.removed", artifact=artifact):
            yield _Event(source, path, "removed", None, commit)
        for (version,) in rows(case, "log.unseen", artifact=artifact):
            yield _Event(source, path, "recorded", version, None)


def _of_members(case: Case, history: History, members: tuple[Member, ...]) -> Iterator[_Event]:
    inside = sorted({(member.artifact, member.name) for member in members})
    ids = sorted({artifact for artifact, _ in inside})
    where = {artifact: (path, source) for artifact, path, source in rows(case, "log.paths", ids=ids)} if ids else {}
    held = {artifact: history.held_everywhere(case, artifact) for artifact in ids}
    for artifact, name in inside:
        directory, source = where[artifact]
        content = {
            version: node
            for node, versions in rows(case, "log.listings", artifact=artifact, name=name)
            for version in versions
        }
        for layer in held[artifact].values():
            for action, node, commit in _changes(history, layer, content):
                yield _Event(source, f"{directory}/{name}", action, node, commit)


def _changes(history: History, layer: dict[int, int], content: dict[int, int]) -> Iterator[tuple[str, int | None, int]]:
    holding: dict[int, set[int]] = {}
    for commit, version in layer.items():
        if version in content:
            holding.setdefault(content[version], set()).add(commit)
    for node, commits in sorted(holding.items()):
        first, again = history.first_and_again(commits)
        yield from (("introduced", node, commit) for commit in first)
        yield from (("restored", node, commit) for commit in again)
    held = set().union(*holding.values())
    for commit in history.order:
        parents = history.parents.get(commit, ())
        if parents and commit not in held and held.issuperset(parents):
            yield "removed", None, commit
