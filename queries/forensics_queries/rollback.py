"""``rollback``: per affected artifact the newest clean version, proof of its bytes, and how to restore it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

from forensics.answer import Answer, Thing
from forensics.case import Case
from forensics.digest import Digest
from forensics.errors import UsageError
from forensics.model import NodeKind, Presence
from forensics.taint import Judgement
from forensics_queries.acceptance import RISK, Acceptance, Refused, Tier
from forensics_queries.blast_radius import judged, unread
from forensics_queries.contamination import contamination
from forensics_queries.heads import versions_behind
from forensics_queries.plan import Planner, PlanStep
from forensics_queries.restore import restore_commands
from forensics_queries.state import History
from forensics_queries.statement import rows
from forensics_queries.subject import resolve
from forensics_queries.succession import Succession
from forensics_queries.things import things
from forensics_queries.whereabouts import Look, whereabouts

__all__ = ["Refused", "Target", "rollback"]

#: A version with its digest and its size.
_State = tuple[int, str | None, int | None]


@dataclass(frozen=True, slots=True)
class Target:
    """What to do about one artifact.

    Attributes:
        outcome: ``restore`` this version; ``keep`` it since it is newest and clean; ``unproved``, it is the newest
            clean one but its bytes are corrupt or were not found; ``evaluate`` it first, it is the least probably
            contaminated of those that no mark accuses, and too probably; or ``rebuild``.
        artifact: the artifact's path.
        thing: the target; for a rebuild the newest version, which is not clean; for an evaluation what to evaluate.
        releases: its releases.
        commit: a commit that introduced it.
        size: bytes.
        bytes: ``present``, ``corrupt``, ``listed``, ``missing`` or ``not looked for``.
        bytes_detail: where, and what was found.
        sha256: of the bytes found.
        commands: shell commands that restore it; printed, never run.
        refused: newer versions, the newest first, and why each was refused; all where none is clean.
        plan: the rebuild, where nothing clean is left.
        p: P(contaminated), by what was observed; None where nothing was, or where it cannot be told.
        tiers: targets of the artifact at other risks, at its first row; none where nothing was observed.
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
    p: float | None = None
    tiers: tuple[Tier, ...] = ()


def rollback(
    case: Case,
    subjects: Sequence[str] = (),
    *,
    look: Look | None = None,
    supposed: Sequence[str] = (),
    as_of: str | None = None,
    risk: float = RISK,
) -> Answer[Target]:
    """Names what to go back to.

    Args:
        case: the case.
        subjects: artifacts, versions or releases; all models that are not clear where none are named.
        look: finds bytes.
        supposed: SUBJECTs that are taken as bad beside the standing marks.
        as_of: a revision or a time.
        risk: P(contaminated) that is accepted, where there are observations.

    Returns:
        One row a target, several for an artifact whose newest clean versions stand on parallel branches.

    Raises:
        UsageError: nothing is marked or observed, or a subject or the risk cannot be told.
    """
    judgement, start, when = judged(case, supposed, as_of, or_observed=True)
    doubt = contamination(when)
    accepted = Acceptance(case, judgement, doubt, risk)
    artifacts = _artifacts(case, accepted, subjects)
    by_artifact: dict[int, list[_State]] = {}
    for version, artifact, digest, size in rows(case, "rollback.versions", artifacts=artifacts):
        if when.stood(version):
            by_artifact.setdefault(artifact, []).append((version, digest, size))
    history = History.load(case)
    found: list[Target] = []
    nowhere: list[str] = []
    for artifact, path in rows(case, "rollback.names", artifacts=artifacts):
        succession = Succession(history, history.held_everywhere(case, artifact).values(), when.stood)
        states = [state for state in by_artifact.get(artifact, ()) if succession.holds(state[0])]
        targets = _targets(case, accepted, states, look, succession, history)
        found += targets
        if not targets:
            nowhere.append(path)
    found.sort(key=lambda row: (row.outcome == "keep", row.artifact, row.thing.source, row.outcome == "unproved"))
    notes = [*(f"started from {label}" for label in start.labels), *when.notes, *(doubt.notes if doubt else ())]
    notes += accepted.notes
    notes += [f"{path} has no row: no commit on record holds a version of it that has a digest" for path in nowhere]
    notes += [_loss(target) for target in found if target.outcome == "unproved"]
    notes.append("nothing was run: read the commands before you do")
    if any(target.commands for target in found):
        notes.append("the commands run git and dvc on the repository, under its own configuration")
    if any(target.outcome == "rebuild" for target in found):
        notes.append("a rebuild runs the repository's code, at the top of a work tree of the commit that is named, "
                     "with its data: git checkout COMMIT, dvc checkout")  # fmt: skip
    parameters = {"subjects": " ".join(subjects), "as_of": as_of or "", "risk": f"{risk:g}"}
    short = unread(judgement, when) or bool(nowhere)
    return Answer("rollback", parameters, tuple(found), when.coverage, tuple(notes), short)


def _loss(row: Target) -> str:
    return (
        f"{row.artifact}: the bytes of its newest clean version {row.thing.digest} are {row.bytes}: {row.bytes_detail}"
    )


def _artifacts(case: Case, accepted: Acceptance, subjects: Sequence[str]) -> list[int]:
    judgement = accepted.judgement
    if not subjects:
        models = [row[0] for row in rows(case, "observations.models")]
        reached = [*judgement.reached(NodeKind.VERSION), *accepted.doubted(models)]
        touched = {row[0] for row in rows(case, "rollback.artifacts", versions=reached)}
        return [row[0] for row in rows(case, "rollback.models") if row[0] in touched]
    named: list[int] = []
    for text in subjects:
        found = [version for node in resolve(case, text).nodes for version in versions_behind(judgement.lineage, node)]
        if not found:
            raise UsageError(
                f"{text} is no version of an artifact that could be restored",
                hint="name a path, a digest or a release; without a subject all affected models are taken",
            )
        named += found
    return [row[0] for row in rows(case, "rollback.artifacts", versions=named)]


def _targets(
    case: Case,
    accepted: Acceptance,
    states: list[_State],
    look: Look | None,
    succession: Succession,
    history: History,
) -> list[Target]:
    judgement = accepted.judgement
    digests = {version: Digest.parse(digest) for version, digest, _ in states if digest}
    sizes = {version: size for version, _, size in states}
    accepted.look(sizes)
    clean = [version for version in digests if accepted.allows(version)]
    others = succession.newest_first(version for version in sizes if not accepted.allows(version))
    shown = things(case, sizes)
    releases = _releases(case, list(sizes))
    introduced = cache(partial(_commit, case, judgement))
    found = cache(lambda version: whereabouts(case, version, digests[version], look))

    def newer(version: int) -> list[int]:
        return [other for other in others if not succession.is_older(other, version)]

    proved, lost = _look_for(succession, clean, newer, lambda version: found(version)[1])
    presences = proved | lost
    released = succession.held_at(row[0] for row in rows(case, "rollback.released"))

    def rank(version: int) -> tuple[object, ...]:
        return not releases.get(version), version not in released, shown[version].digest, version

    chosen = [*succession.newest(proved), *(version for version in succession.newest(clean) if version in lost)]
    targets = []
    for version in sorted(chosen, key=rank):
        commit, locator = introduced(version), found(version)[0]
        refused = accepted.refused(newer(version), shown, releases)
        if version in proved:
            after = [other for other in lost if not succession.is_older(other, version)]
            refused += tuple(
                Refused(shown[other], "clear", f"bytes {lost[other].state}", None, releases.get(other, ()))
                for other in after
            )
        outcome = "unproved" if version in lost else "restore" if refused else "keep"
        commands = restore_commands(locator, shown[version].path, commit, digests[version]) if commit else ()
        targets.append(
            _target(outcome, shown[version], releases.get(version, ()), commit, sizes[version], presences[version],
                    () if outcome == "keep" else commands, refused)
        )  # fmt: skip
    if not clean and others:
        refused = accepted.refused(others, shown, releases)
        plan: tuple[PlanStep, ...] = ()
        undecided = [version for version in digests if accepted.is_undecided(version)]
        if undecided:
            version = min(undecided, key=lambda one: (accepted.p(one) is None, accepted.p(one) or 0, rank(one)))
            outcome = "evaluate"
        else:
            version = min(succession.newest(others), key=rank)
            outcome, plan = "rebuild", Planner(case, judgement, history, look).steps([version])
        targets.append(
            _target(outcome, shown[version], releases.get(version, ()), introduced(version), sizes[version],
                    Presence("not looked for"), (), refused, plan)
        )  # fmt: skip
    tiers = accepted.tiers(succession, {version: shown[version] for version in digests}, rank)
    return [
        replace(target, p=accepted.p(target.thing.id), tiers=() if place else tiers)
        for place, target in enumerate(targets)
    ]


def _target(
    outcome: str,
    thing: Thing,
    releases: tuple[str, ...],
    commit: str,
    size: int | None,
    presence: Presence,
    commands: tuple[str, ...],
    refused: tuple[Refused, ...],
    plan: tuple[PlanStep, ...] = (),
) -> Target:
    where = " ".join(part for part in (presence.where, presence.detail) if part)
    return Target(
        outcome, thing.path, thing, releases, commit, size, presence.state, where, presence.sha256, commands, refused,
        plan,
    )  # fmt: skip


def _look_for(
    succession: Succession, clean: list[int], newer: Callable[[int], list[int]], ask: Callable[[int], Presence]
) -> tuple[dict[int, Presence], dict[int, Presence]]:
    """Looks for the bytes of clean versions, newest first, until every older one comes before one that is there.

    Returns:
        Those that are there, and those that are not. What is newest of all and only missing here is no loss.
    """
    proved: dict[int, Presence] = {}
    lost: dict[int, Presence] = {}
    for version in succession.newest_first(clean):
        if any(succession.is_older(version, other) for other in proved):
            continue
        found = ask(version)
        gone = found.state == "corrupt" or (found.state == "missing" and bool(newer(version)))
        (lost if gone else proved)[version] = found
    return proved, lost


def _commit(case: Case, judgement: Judgement, version: int) -> str:
    """A commit that introduced a version, one that is not gone; empty where there is none."""
    commits = rows(case, "rollback.commits", commits=list(judgement.lineage.places(version)))
    return min(commits, key=lambda row: (row[3], row[2], row[1]))[1] if commits else ""


def _releases(case: Case, versions: list[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for version, _, name in rows(case, "blast_radius.releases", versions=versions):
        found.setdefault(version, []).append(name)
    return {version: tuple(names) for version, names in found.items()}
