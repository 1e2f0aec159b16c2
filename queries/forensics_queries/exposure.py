"""What was in use where, from when to when: stages, replayed from their moves, and what deployments state."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby
from operator import itemgetter

from forensics.case.ingest import now
from forensics.errors import UsageError
from forensics.model import NodeKind
from forensics_queries.moment import Moment
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.things import source_names

__all__ = ["STATES", "Exposure", "Window", "exposures", "time_asked", "unread_deployments"]

#: States of a window, the most urgent first.
STATES = ("live", "planned", "ended", "released")

_DEPLOYABLE = frozenset({NodeKind.RELEASE, NodeKind.VERSION, NodeKind.CONTENT})
#: A source must not make this machine read its files, nor speak for the investigator.
_REFUSED = frozenset({"file", "mark"})
#: What is neither the name of a release nor a full digest is looked up one by one; so many at most.
_MOST_LOOKED_UP = 500


@dataclass(frozen=True, slots=True)
class Window:
    """A release, or something deployed, was in use somewhere for a time. All times are claims.

    Attributes:
        state: ``live``; ``planned``, it begins later; ``ended``; or ``released``, it is in no stage on record.
        where: the stage or the environment; empty for ``released``.
        release: the release, or what a deployment names, as it is written there.
        claimed_since: the tag's time, or as the deployment has it; None where it states none.
        claimed_until: None while it is open, and where no end is on record.
        ended_by: what ended it, in words.
        claimed_mail: who assigned it.
        source: name of the source that says so.
        document: the tag, or the file and the line.
    """

    state: str
    where: str
    release: str
    claimed_since: int | None
    claimed_until: int | None
    ended_by: str
    claimed_mail: str
    source: str
    document: str

    @property
    def rank(self) -> tuple[object, ...]:
        """Live ones first, then by place, the latest first."""
        since = self.claimed_since if self.claimed_since is not None else 0
        return STATES.index(self.state), self.where, -since, self.release, self.source, self.document


@dataclass(frozen=True, slots=True)
class Exposure:
    """A window, and what of the case was in use in it.

    Attributes:
        artifact: name of the artifact or model; empty for a plain tag.
        nodes: releases, versions and contents; none where a deployment could not be resolved.
        problem: why it could not be resolved, or not in full; empty where it was.
        alternatives: only one of the nodes was in use, and which one is not said.
    """

    window: Window
    artifact: str
    nodes: tuple[int, ...]
    problem: str = ""
    alternatives: bool = False


def exposures(when: Moment) -> list[Exposure]:
    """All windows on record, live ones first.

    As of a revision or a time, moves that are claimed to be later are left out, and deployments are judged by then.
    """
    found = [*_staged(when), *_deployed(when)]
    return sorted(found, key=lambda one: one.window.rank)


def time_asked(when: Moment) -> int:
    """The time that windows are cut at, in seconds: the present, or that of ``--as-of``; a revision's is a claim."""
    if when.commit is not None:
        return int(when.case.rows("SELECT commit_time FROM git_commit WHERE id = $id", {"id": when.commit})[0][0])
    return int((when.at or now()).replace(tzinfo=UTC).timestamp())


def unread_deployments(when: Moment) -> list[str]:
    """Rows of deployments that could not be read, a sentence each."""
    return [f"{source}: {message}" for source, message in rows(when.case, "exposure.unread", until=when.until)]


# -- stages


@dataclass(frozen=True, slots=True)
class _Move:
    """One move of a release; ``gone`` where its tag was deleted, or moved to another commit."""

    source: int
    artifact: str
    stage: str
    action: str
    release: int
    name: str
    time: int | None
    ordinal: int
    ref: str
    mail: str
    document: str
    gone: bool


def _staged(when: Moment) -> Iterator[Exposure]:
    cut = time_asked(when) if when.asked else None
    moves = [_Move(*row) for row in rows(when.case, "exposure.moves", until=when.until)]
    moves = [move for move in moves if cut is None or move.time is None or move.time <= cut]
    names = source_names(when.case)
    for _, group in groupby(moves, key=lambda move: (move.source, move.artifact)):
        for move, window in _replay(list(group), names):
            if when.stood(move.release):
                yield Exposure(window, move.artifact, (move.release,))


def _replay(moves: list[_Move], names: dict[int, str]) -> Iterator[tuple[_Move, Window]]:
    """The windows of one artifact.

    A stage is held by the release that was assigned to it last, of those that were not unassigned from it or
    deregistered since: where the holder leaves, the one before comes back. Source: ``gto.base``, version 1.10,
    ``Artifact.get_vstages``; found to be so with ``gto show``. A deleted tag is as if it had never been, now.
    """
    assigned: dict[str, dict[int, _Move]] = {}
    held: dict[str, tuple[_Move, int | None]] = {}
    for move in moves:
        if move.gone:
            if move.action == "assign":
                yield move, _window(move, names, move.time, None, "its tag is gone from the source", ended=True)
            continue
        stages = [move.stage] if move.action != "deregister" else list(assigned)
        for stage in stages:
            candidates = assigned.setdefault(stage, {})
            candidates.pop(move.release, None)
            if move.action == "assign":
                candidates[move.release] = move
            holder = next(reversed(candidates.values()), None)
            before = held.get(stage)
            if before is not None and (holder is None or holder.release != before[0].release):
                ended = f"{move.name} took its place" if move.action == "assign" else _ENDED[move.action]
                yield before[0], _window(before[0], names, before[1], move.time, ended, ended=True)
                del held[stage]
            if holder is not None and stage not in held:
                held[stage] = holder, move.time
    for holder, since in held.values():
        yield holder, _window(holder, names, since, None, "")


_ENDED = {"unassign": "it was unassigned", "deregister": "it was deregistered"}


def _window(
    move: _Move, names: dict[int, str], since: int | None, until: int | None, why: str, *, ended: bool = False
) -> Window:
    state = "ended" if ended else "live"
    source = names.get(move.source, "")
    return Window(state, move.stage, move.name, since, until, why, move.mail, source, move.document or move.ref)


# -- deployments


def _deployed(when: Moment) -> Iterator[Exposure]:
    stated = rows(when.case, "exposure.deployments", until=when.until)
    meant = _Meanings(when, [(model, subject) for _, model, subject, *_ in stated])
    at = time_asked(when)
    names = source_names(when.case)
    # A row may name both a release and a digest: it is one window then.
    for key, group in groupby(stated, key=itemgetter(0, 1, 3, 4, 5, 6, 7)):
        source, model, environment, start, end, path, locus = key
        subjects = [row[2] for row in group]
        found = [meant.of(model, subject) for subject in subjects]
        state = "planned" if start is not None and start > at else "ended" if end is not None and end <= at else "live"
        document = f"{path} ({locus})" if locus else path
        window = Window(
            state, environment, ", ".join(subjects), start, end, "", "", names.get(source, ""), document
        )  # fmt: skip
        nodes = tuple(dict.fromkeys(node for nodes, _, _ in found for node in nodes))
        problem = "; ".join(problem for _, problem, _ in found if problem)
        yield Exposure(window, model, nodes, problem, any(alternatives for _, _, alternatives in found))


#: Nodes, why there are none, and whether only one of them is meant.
_Meaning = tuple[tuple[int, ...], str, bool]


class _Meanings:
    """What the subjects of deployments mean: names of releases and full digests in one go, all else one by one."""

    def __init__(self, when: Moment, stated: Iterable[tuple[str, str]]) -> None:
        self._when = when
        self._looked_up: dict[str, _Meaning] = {}
        texts = sorted({text for model, subject in stated for text in (subject, f"{model}@{subject}")})
        self._releases: dict[str, list[int]] = {}
        for name, node in rows(when.case, "exposure.named", names=texts):
            self._releases.setdefault(name, []).append(node)
        self._digests: dict[str, int] = dict(rows(when.case, "exposure.digests", digests=texts))

    def of(self, model: str, subject: str) -> _Meaning:
        """What a deployment of a model means by a subject; ``v1.2.0`` of ``fraud`` is ``fraud@v1.2.0``."""
        for name in (f"{model}@{subject}", subject):
            releases = [node for node in self._releases.get(name, ()) if self._when.stood(node)]
            if len(releases) > 1:
                return (), f"{name} is the name of {len(releases)} releases", False
            if releases:
                return tuple(releases), "", False
        if subject in self._digests:
            return self._standing((self._digests[subject],), subject)
        if subject not in self._looked_up:
            self._looked_up[subject] = self._look_up(subject)
        return self._looked_up[subject]

    def _look_up(self, subject: str) -> _Meaning:
        if subject.partition(":")[0] in _REFUSED:
            return (), f"{subject} is no name of a release or of bytes", False
        if len(self._looked_up) >= _MOST_LOOKED_UP:
            return (), f"{subject} names no release and no bytes in the case", False
        try:
            found = resolve(self._when.case, subject)
        except UsageError as error:
            return (), error.message, False
        kind = self._when.lineage.kind
        if any(kind(node) not in _DEPLOYABLE for node in found.nodes):
            return (), f"{subject} means {found.meaning}, which nobody can deploy", False
        nodes, problem, _ = self._standing(found.nodes, subject)
        return nodes, problem, found.kind in {"path", "external"} and len(nodes) > 1

    def _standing(self, nodes: Iterable[int], subject: str) -> _Meaning:
        standing = tuple(filter(self._when.stood, nodes))
        return standing, "" if standing else f"{subject} did not stand as of {self._when.asked}", False
