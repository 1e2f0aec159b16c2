"""The rebuild plan where no clean version is left: the affected runs in topological order, with clean inputs."""

import posixpath
from dataclasses import dataclass
from shlex import quote

from forensics.answer import Thing
from forensics.case import Case
from forensics.digest import Digest
from forensics.model import EdgeKind, NodeKind
from forensics.taint import Judgement, Level
from forensics_queries.restore import restore_commands
from forensics_queries.state import History
from forensics_queries.statement import rows
from forensics_queries.succession import Succession
from forensics_queries.things import things
from forensics_queries.whereabouts import Look, whereabouts

__all__ = ["PlanStep", "rebuild_plan"]


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a rebuild.

    Attributes:
        action: ``replace`` an input, or ``run`` a stage again.
        thing: the affected input or run.
        clean: the newest clean version to put in the input's place; None for a run, and where there is none.
        commands: shell commands, to be run at the top of a work tree; empty where a person has to supply a clean
            input. For a stage that dvc.yaml no longer declares they say what it was, and fail.
    """

    action: str
    thing: Thing
    clean: Thing | None
    commands: tuple[str, ...]


def rebuild_plan(
    case: Case, judgement: Judgement, version: int, history: History, look: Look | None = None
) -> tuple[PlanStep, ...]:
    """Plans how to make one version again without what is bad.

    Args:
        case: the case.
        judgement: the verdicts.
        version: the affected version to make again.
        history: the commits of the case.
        look: finds bytes: an input is taken from the clone that has them.

    Returns:
        First the inputs to replace, then the runs to repeat, every run after those whose outputs it uses.
    """
    roots, runs = _upstream(judgement, version)
    clean = {root: _clean_version(case, judgement, root, history) for root in roots}
    shown = things(case, [*roots, *runs, *(found for found in clean.values() if found is not None)])
    steps = [_replace(case, judgement, shown[root], clean[root], shown, look) for root in roots if root in shown]
    again: dict[tuple[str, ...], PlanStep] = {}
    named = {row[0]: row for row in rows(case, "rollback.executions", executions=runs)}
    for run in runs:
        _, name, script, directory, command, declared = named[run]
        commands = (_repro(name, script) if declared else _gone(name, script, directory, command),)
        # Several runs of one stage are repeated by one.
        again.setdefault(commands, PlanStep("run", shown[run], None, commands))
    return (*steps, *again.values())


def _repro(name: str, script: str) -> str:
    file = posixpath.basename(script)
    target = file if file.endswith(".dvc") or file == "Dvcfile" else f"{file}:{name}" if file else name
    return f"dvc {_inside(script)}repro --single-item --force {quote(_plain(target))}"


def _gone(name: str, script: str, directory: str, command: str) -> str:
    said = f"{script or 'dvc.yaml'} declares no stage {name} any more; it ran in {directory or '.'}: {command}"
    return f"printf '%s\\n' {quote(said)} >&2; false"


def _upstream(judgement: Judgement, version: int) -> tuple[list[int], list[int]]:
    """Affected inputs that nothing affected made, and affected runs in topological order."""
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
            causes += [cause for cause, _ in lineage.causes(node, EdgeKind.MEMBER, EdgeKind.DECLARED)]
            # What is bad although all that made it is clean was replaced afterwards, so that a run would not mend it.
            if all(judgement.level(cause) is Level.CLEAR for cause in causes):
                roots.setdefault(node)
        stack += [(cause, False) for cause in sorted(causes, reverse=True)]
    return list(roots), list(runs)


def _clean_version(case: Case, judgement: Judgement, version: int, history: History) -> int | None:
    """The newest clean version of an artifact."""
    artifacts = [row[0] for row in rows(case, "rollback.artifacts", versions=[version])]
    clean = [
        node
        for node, _, digest, _ in rows(case, "rollback.versions", artifacts=artifacts)
        if digest and judgement.level(node) is Level.CLEAR
    ]
    if not clean:
        return None
    best = Succession(history, history.held_everywhere(case, artifacts[0]).values()).newest(clean)
    return best[0] if best else None


def _replace(
    case: Case, judgement: Judgement, root: Thing, clean: int | None, shown: dict[int, Thing], look: Look | None
) -> PlanStep:
    if clean is None or not shown[clean].digest:
        return PlanStep("replace", root, None, ())
    commits = rows(case, "rollback.commits", commits=list(judgement.lineage.places(clean)))
    if not commits:
        return PlanStep("replace", root, None, ())
    digest, path = Digest.parse(shown[clean].digest), shown[clean].path
    locator, _ = whereabouts(case, clean, digest, look)
    commands = restore_commands(locator, path, commits[0][1], digest)
    if rows(case, "rollback.tracked", versions=[root.id]):
        # Else DVC's files in the repository would still say that the bad bytes belong there.
        commands += (f"dvc {_inside(path)}commit --force {quote(_plain(posixpath.basename(path)))}",)
    return PlanStep("replace", root, shown[clean], commands)


def _inside(path: str) -> str:
    """The option that runs DVC in the folder of a path, since that may be a DVC project of its own."""
    folder = posixpath.dirname(path)
    return f"--cd {quote(_plain(folder))} " if folder else ""


def _plain(name: str) -> str:
    """A name that is not taken for an option."""
    return f"./{name}" if name.startswith("-") else name
