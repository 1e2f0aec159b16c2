"""The rebuild plan where no clean version is left: the affected runs in topological order, with clean inputs."""

from dataclasses import dataclass
from shlex import quote

from forensics.answer import Thing
from forensics.case import Case
from forensics.digest import Digest
from forensics.model import EdgeKind, NodeKind
from forensics.taint import Judgement, Level, newest
from forensics_queries.restore import restore_commands
from forensics_queries.statement import rows
from forensics_queries.things import things

__all__ = ["PlanStep", "rebuild_plan"]


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a rebuild.

    Attributes:
        action: ``replace`` an input, or ``run`` a stage again.
        thing: the affected input or run.
        clean: the newest clean version to put in the input's place; None for a run, and where there is none.
        commands: shell commands; empty where a person has to supply a clean input.
    """

    action: str
    thing: Thing
    clean: Thing | None
    commands: tuple[str, ...]


def rebuild_plan(case: Case, judgement: Judgement, version: int) -> tuple[PlanStep, ...]:
    """Plans how to make one version again without what is bad.

    Args:
        case: the case.
        judgement: the verdicts.
        version: the affected version to make again.

    Returns:
        First the inputs to replace, then the runs to repeat, every run after those whose outputs it uses.
    """
    roots, runs = _upstream(judgement, version)
    clean = {root: _clean_version(case, judgement, root) for root in roots}
    shown = things(case, [*roots, *runs, *(found for found in clean.values() if found is not None)])
    steps = [_replace(case, judgement, shown[root], clean[root], shown) for root in roots if root in shown]
    named = {row[0]: row for row in rows(case, "rollback.executions", executions=runs)}
    for run in runs:
        _, name, script, _, _ = named[run]
        target = f"{script}:{name}" if script else name
        steps.append(PlanStep("run", shown[run], None, (f"dvc repro --single-item --force {quote(target)}",)))
    return tuple(steps)


def _upstream(judgement: Judgement, version: int) -> tuple[list[int], list[int]]:
    """Affected inputs that nothing on record made, and affected runs in topological order."""
    lineage = judgement.lineage
    roots: dict[int, None] = {}
    runs: dict[int, None] = {}
    seen: set[int] = set()
    stack: list[tuple[int, bool]] = [(version, False)]
    while stack:
        node, done = stack.pop()
        if done:
            runs.setdefault(node)
            continue
        if node in seen or judgement.level(node) is Level.CLEAR:
            continue
        seen.add(node)
        if lineage.kind(node) is NodeKind.EXECUTION:
            stack.append((node, True))
            causes = [cause for cause, _ in lineage.causes(node, EdgeKind.USED)]
        else:
            causes = [cause for cause, _ in lineage.suppliers(node)]
            causes += [cause for cause, _ in lineage.causes(node, EdgeKind.MEMBER)]
            if not causes:
                roots.setdefault(node)
        stack += [(cause, False) for cause in sorted(causes, reverse=True)]
    return list(roots), list(runs)


def _clean_version(case: Case, judgement: Judgement, version: int) -> int | None:
    found = rows(case, "rollback.artifacts", versions=[version])
    others = rows(case, "rollback.versions", artifacts=[row[0] for row in found])
    clean = [node for node, _, digest, _ in others if digest and judgement.level(node) is Level.CLEAR]
    best = newest(judgement.lineage, judgement.order, clean)
    return best[0] if best else None


def _replace(case: Case, judgement: Judgement, root: Thing, clean: int | None, shown: dict[int, Thing]) -> PlanStep:
    if clean is None or not shown[clean].digest:
        return PlanStep("replace", root, None, ())
    _, locator, path = rows(case, "rollback.locators", versions=[clean])[0]
    commits = rows(case, "rollback.commits", commits=list(judgement.lineage.places(clean)))
    commands = restore_commands(locator, path, commits[0][1], Digest.parse(shown[clean].digest)) if commits else ()
    return PlanStep("replace", root, shown[clean], commands)
