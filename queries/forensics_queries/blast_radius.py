"""``blast-radius``: everything that is affected, with verdict, distance and one shortest path; live models first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from forensics.answer import Answer, Step, Thing
from forensics.case import Case
from forensics.errors import UsageError
from forensics.model import ArtifactKind, GapKind, NodeKind
from forensics.taint import Judgement, Level, judge
from forensics_queries.exposure import Exposure, Window, exposures, unread_deployments
from forensics_queries.moment import Moment, moment
from forensics_queries.observations import is_observed
from forensics_queries.standing import Accused, accused
from forensics_queries.statement import rows
from forensics_queries.steps import explain, weakest
from forensics_queries.things import things

__all__ = ["Affected", "affected", "blast_radius", "judged", "unread", "unreadable"]

_ORDER = {kind.value: place for place, kind in enumerate(ArtifactKind)}


@dataclass(frozen=True, slots=True)
class Affected:
    """A version that is affected, or of which it cannot be told.

    Attributes:
        verdict: ``affected`` or ``unknown``.
        thing: the version.
        kind: what the artifact is used as.
        stages: stages and environments in which it is live.
        releases: releases of this version that the verdict holds for.
        distance: steps of influence from the subject, or from the gap.
        reason: why it is unknown; empty where affected.
        place: where it became unknown: the gap, the file of undeclared code; None where affected.
        dose: how much of a directory on the path is bad: ``1 of 70,000 files``; empty where it is not known.
        known: the weakest strength on the path.
        path: one shortest chain from the subject, or from the gap.
        commit: the id of the commit at which it first stands on record, empty where no commit holds it.
        claimed_time: of that commit, seconds since 1970 in UTC.
        claimed_mail: of that commit's author.
        windows: where it was in use, by itself or as one of these releases, and from when to when: live ones first.
    """

    verdict: str
    thing: Thing
    kind: str
    stages: tuple[str, ...]
    releases: tuple[str, ...]
    distance: int
    reason: str
    place: Thing | None
    dose: str
    known: str
    path: tuple[Step, ...]
    commit: str = ""
    claimed_time: int | None = None
    claimed_mail: str = ""
    windows: tuple[Window, ...] = ()


def judged(
    case: Case, subjects: Sequence[str], as_of: str | None, *, or_observed: bool = False
) -> tuple[Judgement, Accused, Moment]:
    """Applies the rules of taint to standing marks and subjects.

    Args:
        case: the case.
        subjects: SUBJECTs to take as bad beside the marks.
        as_of: a revision or a time.
        or_observed: observations are enough to ask; without marks everything is clear.

    Raises:
        UsageError: there is nothing to start from, or a subject cannot be told.
    """
    when = moment(case, as_of)
    start = accused(case, subjects, when)
    if not start.seeds and not (or_observed and is_observed(when)):
        raise UsageError(
            "nothing is marked as bad or suspect, and no subject was named",
            hint="name it: forensics blast-radius SUBJECT; mark it: forensics mark add bad SUBJECT; or record a symptom: "
            "forensics observe SUBJECT bad",
        )
    judgement = judge(case, start.seeds, cleared=start.cleared, as_of=when.commit, lineage=when.lineage)
    return judgement, start, when


def blast_radius(
    case: Case, subjects: Sequence[str] = (), *, as_of: str | None = None, models: Iterable[str] = ()
) -> Answer[Affected]:
    """Lists every version that is affected or unknown.

    Args:
        case: the case.
        subjects: SUBJECTs to take as bad beside the standing marks.
        as_of: a revision or a time.
        models: globs of paths that are models, whatever the case thinks (rule 16).

    Returns:
        Affected before unknown; among each live ones first, then models, then by distance, path and digest. What is
        not listed is clear as far as the coverage goes.

    Raises:
        UsageError: there is nothing to start from, or a subject cannot be told.
    """
    judgement, start, when = judged(case, subjects, as_of)
    used = exposures(when)
    found = affected(when, judgement, used, models=tuple(models))
    notes = [f"started from {label}" for label in start.labels]
    notes += [f"taint stops at {label}" for label in start.stops]
    notes += when.notes
    unresolved = sum(bool(one.problem) for one in used) + len(unread_deployments(when))
    if unresolved:
        said = "1 deployment" if unresolved == 1 else f"{unresolved:,} deployments"
        notes.append(f"{said} could not be read or resolved, so more may be live: forensics releases")
    if judgement.stopped:
        stopped = sorted(thing.title for thing in things(case, judgement.stopped).values())
        notes.append(f"a cleared mark stopped the taint at {', '.join(stopped)}")
    parameters = {"subjects": " ".join(subjects), "as_of": as_of or ""}
    short = unread(judgement, when)
    return Answer("blast-radius", parameters, tuple(found), when.coverage, tuple(notes), short)


def unread(judgement: Judgement, when: Moment) -> bool:
    """Whether something that could not be read admits what is bad.

    A missing listing does so where taint could have come through it; any other unreadable document where it does not
    stand before every bad origin; and so does what was missing then and found by a later reading.
    """
    if GapKind.MISSING_LISTING in judgement.reasons():
        return True
    if rows(when.case, "blast_radius.filled_later", until=when.until):
        return True
    return unreadable(judgement, when)


def unreadable(judgement: Judgement, when: Moment) -> bool:
    """Whether a document that could not be read may hide lineage of what is bad: it stands before no bad origin."""
    found = rows(when.case, "blast_radius.unread", until=when.until)
    return any(commit not in judgement.before for (commit,) in found)


def affected(
    when: Moment, judgement: Judgement, used: Iterable[Exposure], *, models: tuple[str, ...] = ()
) -> list[Affected]:
    """The versions that are affected or unknown, in the order in which they are listed.

    Args:
        when: the moment that is asked of.
        judgement: the verdicts.
        used: where and when things were in use.
        models: globs of paths that are models.
    """
    case = when.case
    versions = [version for version in judgement.reached(NodeKind.VERSION) if when.stood(version)]
    windows = _windows(judgement, used)
    shown = things(case, versions)
    releases = _releases(case, judgement, versions)
    causes = {version: judgement.cause(version) for version in versions}
    places = things(case, {cause.place for cause in causes.values() if cause is not None and cause.place >= 0})
    paths = dict(zip(versions, explain(case, [judgement.path(version) for version in versions]), strict=True))
    doses = _doses(case, judgement, versions)
    first = _first_commits(case, judgement, versions)
    found = []
    for version in versions:
        cause, thing = causes[version], shown.get(version)
        if cause is None or thing is None or (cause.depth == 0 and cause.reason == "" and cause.level is Level.CLEAR):
            continue
        certain = cause.level is Level.AFFECTED
        kind = "model" if any(fnmatchcase(thing.path, glob) for glob in models) else thing.artifact_kind
        in_use = tuple(windows.get(version, ()))
        path = paths[version]
        oid, time, mail = first.get(version, ("", None, ""))
        found.append(
            Affected(
                verdict=cause.level.name.lower(),
                thing=thing,
                kind=kind,
                stages=tuple(sorted({window.where for window in in_use if window.state == "live"})),
                releases=releases.get(version, ()),
                distance=cause.depth,
                reason="" if certain else cause.reason,
                place=None if certain else places.get(cause.place),
                dose=doses.get(version, ""),
                known=weakest(path),
                commit=oid,
                claimed_time=time,
                claimed_mail=mail,
                path=path,
                windows=in_use,
            )
        )
    return sorted(found, key=_rank)


def _first_commits(case: Case, judgement: Judgement, versions: list[int]) -> dict[int, tuple[str, int | None, str]]:
    """The commit of each version at which it first stands on record: by claimed time where there are several."""
    places = {version: judgement.lineage.places(version) for version in versions}
    wanted = sorted({commit for commits in places.values() for commit in commits})
    known = {row[0]: row[1:] for row in rows(case, "blast_radius.commits", commits=wanted)}
    found = {}
    for version, commits in places.items():
        standing = [known[commit] for commit in commits if commit in known]
        if standing:
            found[version] = min(standing, key=lambda one: (one[1], one[0]))
    return found


def _rank(row: Affected) -> tuple[object, ...]:
    return (
        row.verdict != "affected", not row.stages, _ORDER.get(row.kind, len(_ORDER)), not row.releases, row.distance,
        row.reason, row.thing.source, row.thing.path, row.thing.digest, row.thing.id,
    )  # fmt: skip


def _releases(case: Case, judgement: Judgement, versions: list[int]) -> dict[int, tuple[str, ...]]:
    """The releases of versions, as far as the release is not clear itself (rule 4)."""
    found: dict[int, set[str]] = {}
    for version, release, name in rows(case, "blast_radius.releases", versions=versions):
        if judgement.level(release) is not Level.CLEAR:
            found.setdefault(version, set()).add(name)
    return {version: tuple(sorted(names)) for version, names in found.items()}


def _windows(judgement: Judgement, used: Iterable[Exposure]) -> dict[int, list[Window]]:
    """Where each version was in use: by itself, by its bytes, or as a release that is not clear itself (rule 4)."""
    lineage = judgement.lineage
    found: dict[int, list[Window]] = {}
    for one in used:
        versions: dict[int, None] = {}
        for node in one.nodes:
            kind = lineage.kind(node)
            if kind is NodeKind.RELEASE and judgement.level(node) is not Level.CLEAR:
                versions |= dict.fromkeys(lineage.released(node))
            elif kind is NodeKind.VERSION:
                versions[node] = None
            elif kind is NodeKind.CONTENT:
                holding = [*lineage.same(node), *lineage.directories(node)]
                versions |= dict.fromkeys(version for content in holding for version in lineage.holders(content))
        for version in versions:
            found.setdefault(version, []).append(one.window)
    return found


def _doses(case: Case, judgement: Judgement, versions: list[int]) -> dict[int, str]:
    """For each version the last directory on its path of which only a part is bad, and how much of it."""
    last: dict[int, int] = {}
    for version in versions:
        for node in judgement.path(version):
            if judgement.lineage.kind(node) is NodeKind.CONTENT and judgement.is_part(node):
                last[version] = node
    sizes = dict(rows(case, "blast_radius.listings", directories=sorted(set(last.values()))))
    bad = {directory: judgement.dose(directory) for directory in sizes}
    return {
        version: f"{bad[node]:,} of {sizes[node]:,} files" for version, node in last.items() if bad.get(node, 0) > 0
    }
