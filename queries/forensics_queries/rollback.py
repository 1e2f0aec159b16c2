"""``rollback``: per affected artifact the newest clean version, proof of its bytes, and how to restore it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.digest import Digest
from forensics.model import NodeKind, Presence
from forensics.taint import Judgement, Level, newest
from forensics_queries.blast_radius import judged, unread
from forensics_queries.coverage import coverage
from forensics_queries.rebuild import PlanStep, rebuild_plan
from forensics_queries.restore import restore_commands
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.things import things

__all__ = ["Refused", "Target", "rollback"]

#: Says whether the bytes of a digest are there, given the locator of the repository. The command line passes what
#: the connectors know; without it nothing is looked for.
Look = Callable[[str, Digest], Presence]


@dataclass(frozen=True, slots=True)
class Refused:
    """A newer version that is no target.

    Attributes:
        thing: the version.
        verdict: ``affected`` or ``unknown``.
        reason: why it is unknown; empty where affected.
        place: where it became so: the gap, the file.
    """

    thing: Thing
    verdict: str
    reason: str
    place: Thing | None


@dataclass(frozen=True, slots=True)
class Target:
    """What to do about one artifact.

    Attributes:
        outcome: ``restore`` this version, ``keep`` it since it is newest and clean, or ``rebuild``.
        artifact: the artifact's path.
        thing: the target; for a rebuild the newest version, which is not clean.
        releases: its releases.
        commit: a commit that holds it.
        size: bytes.
        bytes: ``present``, ``corrupt``, ``listed``, ``missing`` or ``not looked for``.
        bytes_detail: where, and what was found.
        sha256: of the bytes found.
        commands: shell commands that restore it; printed, never run.
        refused: newer versions, and why each was refused.
        plan: the rebuild, where nothing clean is left.
    """

    outcome: str
    artifact: str
    thing: Thing
    releases: tuple[str, ...]
    commit: str
    size: int | None
    bytes: str
    bytes_detail: str
    sha256: str
    commands: tuple[str, ...]
    refused: tuple[Refused, ...]
    plan: tuple[PlanStep, ...]


def rollback(
    case: Case, subjects: Sequence[str] = (), *, look: Look | None = None, as_of: str | None = None
) -> Answer[Target]:
    """Names what to go back to.

    Args:
        case: the case.
        subjects: artifacts, versions or releases; all models that are not clear where none are named.
        look: finds bytes.
        as_of: a revision or a time.

    Returns:
        One row a target, several for an artifact whose newest clean versions stand on parallel branches.

    Raises:
        UsageError: nothing is marked, or a subject cannot be told.
    """
    judgement, start, when = judged(case, (), as_of)
    versions = rows(case, "rollback.versions", artifacts=_artifacts(case, judgement, subjects))
    by_artifact: dict[int, list[tuple[int, str | None, int | None]]] = {}
    for version, artifact, digest, size in versions:
        by_artifact.setdefault(artifact, []).append((version, digest, size))
    found = [target for states in by_artifact.values() for target in _targets(case, judgement, states, look)]
    found.sort(key=lambda row: (row.outcome == "keep", row.artifact, not row.releases, row.thing.digest, row.thing.id))
    notes = [*(f"started from {label}" for label in start.labels), *([when.note] if when.note else [])]
    notes.append("nothing was run: read the commands before you do")
    parameters = {"subjects": " ".join(subjects), "as_of": as_of or ""}
    short = unread(case, judgement)
    return Answer("rollback", parameters, tuple(found), coverage(case), tuple(notes), short)


def _artifacts(case: Case, judgement: Judgement, subjects: Sequence[str]) -> list[int]:
    if not subjects:
        reached = judgement.reached(NodeKind.VERSION)
        touched = {row[0] for row in rows(case, "rollback.artifacts", versions=reached)}
        return [row[0] for row in rows(case, "rollback.models") if row[0] in touched]
    named: list[int] = []
    for text in subjects:
        for node in resolve(case, text).nodes:
            kind = judgement.lineage.kind(node)
            if kind is NodeKind.RELEASE:
                named += judgement.lineage.released(node)
            elif kind is NodeKind.VERSION:
                named.append(node)
            elif kind is NodeKind.CONTENT:
                named += judgement.lineage.holders(node)
    return [row[0] for row in rows(case, "rollback.artifacts", versions=named)]


def _targets(
    case: Case, judgement: Judgement, states: list[tuple[int, str | None, int | None]], look: Look | None
) -> list[Target]:
    lineage, order = judgement.lineage, judgement.order
    clean = [version for version, digest, _ in states if digest and judgement.level(version) is Level.CLEAR]
    others = [version for version, _, _ in states if judgement.level(version) is not Level.CLEAR]
    sizes = {version: size for version, _, size in states}
    best = newest(lineage, order, clean)
    chosen = best or newest(lineage, order, others)[:1]
    shown = things(case, [version for version, _, _ in states])
    releases = _releases(case, [version for version, _, _ in states])
    targets = []
    for version in sorted(chosen, key=lambda node: (not releases.get(node), node)):
        newer = [other for other in others if other != version and not _before(judgement, other, version)]
        refused = _refused(case, judgement, newer if best else others, shown)
        commit, locator = _place(case, judgement, version)
        thing = shown[version]
        presence = Presence("not looked for")
        commands: tuple[str, ...] = ()
        if best:
            digest = Digest.parse(thing.digest)
            presence = look(locator, digest) if look is not None else presence
            commands = restore_commands(locator, thing.path, commit, digest)
        targets.append(
            Target(
                outcome="rebuild" if not best else "restore" if refused else "keep",
                artifact=thing.path,
                thing=thing,
                releases=releases.get(version, ()),
                commit=commit,
                size=sizes[version],
                bytes=presence.state,
                bytes_detail=" ".join(part for part in (presence.where, presence.detail) if part),
                sha256=presence.sha256,
                commands=commands if refused else (),
                refused=refused,
                plan=() if best else rebuild_plan(case, judgement, version),
            )
        )
    return targets


def _before(judgement: Judgement, version: int, other: int) -> bool:
    """Whether a version stands on record before every place of another."""
    places, after = set(judgement.lineage.places(version)), judgement.lineage.places(other)
    return bool(after) and all(not places.isdisjoint(judgement.order.ancestry(commit)) for commit in after)


def _refused(case: Case, judgement: Judgement, versions: list[int], shown: dict[int, Thing]) -> tuple[Refused, ...]:
    causes = {version: judgement.cause(version) for version in versions}
    places = things(case, {cause.place for cause in causes.values() if cause is not None and cause.place >= 0})
    return tuple(
        Refused(
            shown[version],
            cause.level.name.lower(),
            "" if cause.level is Level.AFFECTED else cause.reason,
            None if cause.level is Level.AFFECTED else places.get(cause.place),
        )
        for version, cause in causes.items()
        if cause is not None and version in shown
    )


def _place(case: Case, judgement: Judgement, version: int) -> tuple[str, str]:
    """A commit that holds a version, the first by claimed time, and where its repository is."""
    commits = rows(case, "rollback.commits", commits=list(judgement.lineage.places(version)))
    _, locator, _ = rows(case, "rollback.locators", versions=[version])[0]
    commit = min(commits, key=lambda row: (row[2], row[1]))[1] if commits else ""
    return commit, locator


def _releases(case: Case, versions: list[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for version, _, name, _ in rows(case, "blast_radius.releases", versions=versions):
        found.setdefault(version, []).append(name)
    return {version: tuple(names) for version, names in found.items()}
