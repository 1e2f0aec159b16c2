"""The versions that are affected or unknown: verdict, distance, one shortest path, dose, and where they are in use."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from forensics.answer import Step, Thing
from forensics.case import Case
from forensics.model import ArtifactKind, NodeKind
from forensics.taint import Accusations, Judgement, Level, Lineage
from forensics_queries.exposure import Exposure, Window
from forensics_queries.moment import Moment
from forensics_queries.portions import Portion, portions
from forensics_queries.statement import rows
from forensics_queries.steps import explain, weakest_of_all
from forensics_queries.things import things

__all__ = ["Affected", "affected", "rank", "windows_of"]

_ORDER = {kind.value: place for place, kind in enumerate(ArtifactKind)}
_VERDICTS = ("affected", "unknown", "clear")


@dataclass(frozen=True, slots=True)
class Affected:
    """A version that is affected, or of which it cannot be told.

    Attributes:
        verdict: ``affected`` or ``unknown``; ``clear`` where no mark reaches it and observations speak against it.
        thing: the version.
        kind: what the artifact is used as.
        stages: stages and environments in which it is live.
        releases: releases of this version that the verdict holds for.
        distance: steps of influence from the subject, or from the gap.
        reason: why it is unknown; empty where affected; ``likely`` or ``possible`` where clear.
        place: where it became unknown: the gap, the file of undeclared code; None where affected.
        dose: how much of the last directory on the path of which but a part is bad, in each unit that is known:
            ``30 of 1,000 rows, 1 of 70 files``; empty where it is not known, and where nothing is bad in part.
        known: the weakest strength on the path.
        path: one shortest chain from the subject, or from the gap.
        commit: the id of the commit at which it first stands on record, empty where no commit holds it.
        claimed_time: of that commit, seconds since 1970 in UTC.
        claimed_mail: of that commit's author.
        windows: where it was in use, by itself or as one of these releases, and from when to when: live ones first.
        share: the dose as a part of 1, in ``unit``; None where it is not known.
        p: P(contaminated), by what was observed; None where nothing was, or where it cannot be told.
        chance: that in a word: ``likely`` from 0.5 on, ``possible`` from 0.05 on.
        unit: of the share: ``rows`` where they are known, else ``bytes``, else ``files``; empty where there is none.
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
    share: float | None = None
    p: float | None = None
    chance: str = ""
    unit: str = ""


def affected(
    when: Moment, judgement: Judgement, used: Iterable[Exposure], *, models: tuple[str, ...] = (), reasons: bool = True
) -> list[Affected]:
    """The versions that are affected or unknown, in the order in which they are listed.

    Args:
        when: the moment that is asked of.
        judgement: the verdicts.
        used: where and when things were in use.
        models: globs of paths that are models.
        reasons: also give paths, doses and first commits, which cost the most.
    """
    case = when.case
    versions = [version for version in judgement.reached(NodeKind.VERSION) if when.stood(version)]
    windows = windows_of(judgement.lineage, used, lambda release: judgement.level(release) is not Level.CLEAR)
    shown = things(case, versions)
    releases = _releases(case, judgement, versions)
    causes = {version: judgement.cause(version) for version in versions}
    places = things(case, {cause.place for cause in causes.values() if cause is not None and cause.place >= 0})
    chains = Accusations(judgement)
    told = versions if reasons else []
    paths = dict(zip(told, explain(case, map(chains.nodes, told)), strict=True))
    doses = _doses(case, judgement, told, chains)
    first = _first_commits(case, judgement, told)
    found = []
    for version in versions:
        cause, thing = causes[version], shown.get(version)
        if cause is None or thing is None or (cause.depth == 0 and cause.reason == "" and cause.level is Level.CLEAR):
            continue
        certain = cause.level is Level.AFFECTED
        kind = "model" if any(fnmatchcase(thing.path, glob) for glob in models) else thing.artifact_kind
        in_use = tuple(windows.get(version, ()))
        path = paths.get(version, ())
        dose = doses.get(version, ())
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
                dose=", ".join(map(str, dose)),
                share=dose[0].share if dose else None,
                unit=dose[0].unit if dose else "",
                known=weakest_of_all(path, chains, version) if reasons else "",
                commit=oid,
                claimed_time=time,
                claimed_mail=mail,
                path=path,
                windows=in_use,
            )
        )
    return sorted(found, key=rank)


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


def rank(row: Affected) -> tuple[object, ...]:
    """Affected ones first, then unknown ones; of each live ones, then models, then the nearest."""
    return (
        _VERDICTS.index(row.verdict), not row.stages, _ORDER.get(row.kind, len(_ORDER)), not row.releases, row.distance,
        row.reason, row.thing.source, row.thing.path, row.thing.digest, row.thing.id,
    )  # fmt: skip


def _releases(case: Case, judgement: Judgement, versions: list[int]) -> dict[int, tuple[str, ...]]:
    """The releases of versions, as far as the release is not clear itself (rule 4)."""
    found: dict[int, set[str]] = {}
    for version, release, name in rows(case, "blast_radius.releases", versions=versions):
        if judgement.level(release) is not Level.CLEAR:
            found.setdefault(version, set()).add(name)
    return {version: tuple(sorted(names)) for version, names in found.items()}


def windows_of(lineage: Lineage, used: Iterable[Exposure], counts: Callable[[int], bool]) -> dict[int, list[Window]]:
    """Where each version was in use: by itself, by its bytes, or as a release that counts (rule 4)."""
    found: dict[int, list[Window]] = {}
    for one in used:
        versions: dict[int, None] = {}
        for node in one.nodes:
            kind = lineage.kind(node)
            if kind is NodeKind.RELEASE and counts(node):
                versions |= dict.fromkeys(lineage.released(node))
            elif kind is NodeKind.VERSION:
                versions[node] = None
            elif kind is NodeKind.CONTENT:
                holding = [*lineage.same(node), *lineage.directories(node)]
                versions |= dict.fromkeys(version for content in holding for version in lineage.holders(content))
        for version in versions:
            found.setdefault(version, []).append(one.window)
    return found


def _doses(
    case: Case, judgement: Judgement, versions: list[int], chains: Accusations
) -> dict[int, tuple[Portion, ...]]:
    """By version how much is bad of the last directory on its path of which only a part is."""
    last = {version: part for version in versions if (part := chains.part(version)) is not None}
    found = portions(case, {directory: judgement.bad_members(directory) for directory in sorted(set(last.values()))})
    return {version: found[node] for version, node in last.items() if found.get(node)}
