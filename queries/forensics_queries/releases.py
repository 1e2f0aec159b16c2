"""``releases``: what is in use where, since when and until when, and its verdict under the standing marks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import NodeKind
from forensics.taint import Judgement, Level
from forensics_queries.blast_radius import unread
from forensics_queries.exposure import STATES, Exposure, Window, exposures, unread_deployments
from forensics_queries.moment import Moment, moment
from forensics_queries.standing import accused, judge_once
from forensics_queries.statement import rows
from forensics_queries.things import source_names, things

__all__ = ["InUse", "releases"]

#: The verdict where no mark stands from which one could follow.
_NONE = "no marks"
_VERDICTS = ("affected", "unknown", "clear", _NONE)
_UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class InUse:
    """One release, or one thing deployed, in one place for one time.

    Attributes:
        verdict: ``affected``, ``unknown`` or ``clear``, the worst of what was released; ``no marks`` where no mark
            stands from which a verdict could follow.
        window: where and when it was in use.
        artifact: name of the released artifact, or the model that a deployment states; empty for a plain tag.
        things: the versions, or the bytes, that were in use.
        reason: why it is unknown; empty where it is not.
        place: where it became unknown: the gap, the file of undeclared code.
        problem: why a deployment could not be resolved in the case.
    """

    verdict: str
    window: Window
    artifact: str
    things: tuple[Thing, ...]
    reason: str
    place: Thing | None
    problem: str


@dataclass(frozen=True, slots=True)
class _Verdict:
    level: Level
    reason: str = ""
    place: int = -1


def releases(case: Case, subject: str = "", *, supposed: Iterable[str] = (), as_of: str | None = None) -> Answer[InUse]:
    """Lists releases and deployments, with where and when they were in use.

    Args:
        case: the case.
        subject: a SUBJECT, or the name of an artifact or model, to which the list is narrowed; all where empty.
        supposed: SUBJECTs that are taken as bad beside the standing marks.
        as_of: a revision or a time; what is claimed to be later is left out, and windows are as they stood then.

    Returns:
        One row a release or deployment, place and window: live ones first, affected first. Deployments that could
        not be resolved stay in a narrowed list, since they may be of the subject.

    Raises:
        UsageError: the subject means nothing, or several things.
    """
    when = moment(case, as_of)
    start = accused(case, supposed, when)
    judgement = judge_once(when, start.seeds, start.cleared) if start.seeds else None
    found = exposures(when)
    unlinked, others = _in_no_stage(when, found)
    linked = _Linked(when, [*found, *others])
    found = linked.narrowed([*found, *others], subject) if subject else [*found, *others]
    answers = _rows(when, judgement, linked, found)

    doubtful = unread_deployments(when)
    unresolved = sum(bool(row.problem) for row in answers)
    notes = [f"started from {label}" for label in start.labels]
    notes += [f"taint stops at {label}" for label in start.stops]
    if judgement is None:
        notes.append("nothing is marked as bad or suspect, so no verdict is given, and nothing is called clear")
    notes += when.notes
    notes.append("all times are claims of whoever made the tag or wrote the file")
    if unresolved:
        notes.append(f"{unresolved:,} deployment{'s' if unresolved > 1 else ''} could not be resolved in the case")
    notes += [f"not read, and may be a deployment: {said}" for said in doubtful]
    if unlinked:
        notes.append(
            f"{unlinked:,} plain tag{'s' if unlinked > 1 else ''} without any model {_left(unlinked)} left out"
        )
    short = bool(unresolved or doubtful) or (judgement is not None and unread(judgement, when))
    parameters = {"subject": subject, "as_of": as_of or ""}
    return Answer("releases", parameters, answers, when.coverage, tuple(notes), short)


def _left(count: int) -> str:
    return "were" if count > 1 else "was"


def _in_no_stage(when: Moment, found: Iterable[Exposure]) -> tuple[int, list[Exposure]]:
    """Releases that were never in a stage or environment on record.

    Returns:
        How many plain tags released nothing, which are not listed; and the others.
    """
    seen = {node for one in found for node in one.nodes}
    names = source_names(when.case)
    rest = [row for row in rows(when.case, "releases.releases", until=when.until) if row[0] not in seen]
    linked = {effect for effect, _, _ in rows(when.case, "releases.released", releases=[row[0] for row in rest])}
    unlinked = 0
    others = []
    for node, source, name, artifact, time, mail, document, gone in rest:
        if not when.stood(node):
            continue
        if not artifact and node not in linked:
            unlinked += 1
            continue
        state, why = ("ended", "its tag is gone from the source") if gone else ("released", "")
        window = Window(state, "", name, time, None, why, mail, names.get(source, ""), document)
        others.append(Exposure(window, artifact, (node,)))
    return unlinked, others


class _Linked:
    """What stands behind the nodes of exposures: the versions of releases, those that have a content."""

    def __init__(self, when: Moment, found: Iterable[Exposure]) -> None:
        self._when = when
        nodes = {node for one in found for node in one.nodes}
        wanted = sorted(node for node in nodes if when.lineage.kind(node) is NodeKind.RELEASE)
        self._released: dict[int, dict[int, str]] = {node: {} for node in wanted}
        for release, version, weak in rows(when.case, "releases.released", releases=wanted):
            if when.stood(version):
                self._released[release][version] = weak

    def behind(self, node: int) -> dict[int, str]:
        """The things that a node stands for, each with the strength of the join where that is not certain."""
        return self._released.get(node, {node: ""})

    def holders(self, node: int) -> list[int]:
        """Versions that have a content as a whole; none for other nodes."""
        lineage = self._when.lineage
        return list(lineage.holders(node)) if lineage.kind(node) is NodeKind.CONTENT else []

    def narrowed(self, found: Iterable[Exposure], subject: str) -> list[Exposure]:
        """Those of a subject, by what it means or by the name of the artifact, and those that may be.

        Raises:
            UsageError: the subject means nothing, or several things.
        """
        try:
            meant, failure = self._meant(subject), None
        except UsageError as error:
            meant, failure = set(), error
        of_it = [
            one for one in found if one.problem or one.artifact == subject or not meant.isdisjoint(self._parts(one))
        ]
        if failure is not None and all(one.artifact != subject for one in of_it):
            raise failure
        return of_it

    def _meant(self, subject: str) -> set[int]:
        """All that a subject stands for: its nodes, and the versions of releases and of bytes."""
        lineage = self._when.lineage
        found = set(self._when.resolve(subject).nodes)
        for node in list(found):
            found.update(lineage.released(node) if lineage.kind(node) is NodeKind.RELEASE else self.holders(node))
        return found

    def _parts(self, one: Exposure) -> set[int]:
        behind = {part for node in one.nodes for part in self.behind(node)}
        return behind.union(one.nodes, *map(self.holders, behind))


def _rows(when: Moment, judgement: Judgement | None, linked: _Linked, found: Iterable[Exposure]) -> tuple[InUse, ...]:
    verdicts = [(one, _verdict(judgement, linked, one)) for one in found]
    parts = [[part for node in one.nodes for part in linked.behind(node)] for one, _ in verdicts]
    shown = things(
        when.case, [*(part for some in parts for part in some), *(v.place for _, v in verdicts if v.place >= 0)]
    )
    answers = [
        InUse(
            verdict=_NONE if judgement is None else verdict.level.name.lower(),
            window=one.window,
            artifact=one.artifact,
            things=tuple(shown[part] for part in dict.fromkeys(some)),
            reason=verdict.reason,
            place=shown.get(verdict.place),
            problem=one.problem,
        )
        for (one, verdict), some in zip(verdicts, parts, strict=True)
    ]
    return tuple(sorted(answers, key=_rank))


def _rank(row: InUse) -> tuple[object, ...]:
    return STATES.index(row.window.state), _VERDICTS.index(row.verdict), *row.window.rank


def _verdict(judgement: Judgement | None, linked: _Linked, one: Exposure) -> _Verdict:
    if judgement is None:
        return _Verdict(Level.CLEAR)
    found = list(_verdicts(judgement, linked, one))
    worst = max(found, key=lambda verdict: verdict.level)
    if one.alternatives and any(verdict.level is not worst.level for verdict in found):
        return _Verdict(Level.UNKNOWN, _UNRESOLVED)
    return worst


def _verdicts(judgement: Judgement, linked: _Linked, one: Exposure) -> Iterator[_Verdict]:
    """The verdicts on all that was in use: what could not be found, or is not joined for certain, is not clear."""
    for node in one.nodes:
        behind = linked.behind(node)
        yield _of(judgement, node)
        for holder in linked.holders(node):
            yield _of(judgement, holder)
        if not behind:
            yield _Verdict(Level.UNKNOWN, _UNRESOLVED)
        weak = min((strength for strength in behind.values() if strength), default="")
        if weak:
            yield _Verdict(Level.UNKNOWN, weak)
    if one.problem or not one.nodes:
        yield _Verdict(Level.UNKNOWN, _UNRESOLVED)


def _of(judgement: Judgement, node: int) -> _Verdict:
    cause = judgement.cause(node)
    if cause is None or cause.level is Level.CLEAR:
        return _Verdict(Level.CLEAR)
    unknown = cause.level is Level.UNKNOWN
    return _Verdict(cause.level, cause.reason if unknown else "", cause.place if unknown else -1)
