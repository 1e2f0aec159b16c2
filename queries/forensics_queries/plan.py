"""The steps of a rebuild: what the needs of a rebuild mean in commands, and whether the bytes for it are there."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from forensics.answer import Thing
from forensics.case import Case
from forensics.digest import Digest
from forensics.model import ArtifactKind, EdgeKind, NodeKind, Presence
from forensics.taint import Judgement, Level
from forensics.taint.level import Facet
from forensics_queries.needs import Rerun, find_needs
from forensics_queries.restore import (
    checkout_command,
    commit_command,
    remove_command,
    repro_command,
    restore_commands,
    stop_command,
    update_command,
)
from forensics_queries.state import History, held_at
from forensics_queries.statement import rows
from forensics_queries.succession import Succession
from forensics_queries.things import things
from forensics_queries.whereabouts import Look, whereabouts

__all__ = ["Input", "PlanStep", "Planner"]

_LOST = frozenset({"missing", "corrupt"})
#: What is written in the repository itself, so that no cache can lack it.
_WRITTEN = frozenset({ArtifactKind.CODE.value, ArtifactKind.PARAMS.value})


@dataclass(frozen=True, slots=True)
class Input:
    """A clean version that a run uses as it is.

    Attributes:
        thing: the version.
        bytes: ``present``, ``corrupt``, ``listed``, ``missing`` or ``not looked for``.
        bytes_detail: where, and what was found.
    """

    thing: Thing
    bytes: str
    bytes_detail: str


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of a rebuild.

    Attributes:
        action: ``start`` at a commit, ``replace`` an input, ``run`` a stage again, or ``import`` a version again.
        thing: the commit; the input that is not clean, or not what the run is to read; the run; the import.
        clean: the version to put in the input's place: the newest clean one whose bytes are there; None where there
            is none, and for what is no input.
        commands: shell commands, to be run at the top of a work tree; empty where a person has to act: to supply a
            clean input, or to start a run of a store. For a stage that dvc.yaml no longer declares they say what it
            was, and fail.
        files: files of a directory that are not clean, by name.
        inputs: data that a run uses as it is.
        blocked: why it cannot be done as it stands; empty where it can.
    """

    action: str
    thing: Thing
    clean: Thing | None
    commands: tuple[str, ...]
    files: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    blocked: str = ""


class Planner:
    """Plans rebuilds on one judgement.

    Args:
        case: the case.
        judgement: the verdicts.
        history: the commits of the case.
        look: finds bytes: an input is taken from the clone that has them.
    """

    def __init__(self, case: Case, judgement: Judgement, history: History, look: Look | None = None) -> None:
        self._case = case
        self._judgement = judgement
        self._history = history
        self._look = look
        self._clean: dict[int, list[int]] = {}
        self._found: dict[int, tuple[str, Presence]] = {}

    def steps(self, heads: Iterable[int], *, starting: bool = False) -> tuple[PlanStep, ...]:
        """How to make versions again.

        Args:
            heads: versions that are not clear.
            starting: also say where each repository has to stand.

        Returns:
            First the inputs to replace, then the runs to repeat, every run after those whose outputs it uses. Where
            versions come of several runs of one stage, that of the newest version is repeated.
        """
        heads = sorted(heads, key=lambda head: (-self._rank(head), head))
        bases = self._bases(heads)
        there = self._held(bases.values(), self._concerned())
        needs = find_needs(
            self._case, self._judgement, heads, self._history, self.clean_versions,
            lambda version: next(iter(there.get(version, ())), None),
        )  # fmt: skip
        clean = {version: self._best(version) for version in needs.replaced}
        wanted = [*clean, *(node for node in clean.values() if node is not None)]
        wanted += [node for rerun in needs.reruns for node in (rerun.node, *rerun.uses)]
        shown = things(self._case, wanted)
        replaced = [self._replaced(shown[bad], None if best is None else shown[best]) for bad, best in clean.items()]
        reruns = [self._rerun(rerun, shown) for rerun in needs.reruns]
        first = self._starts(bases, reruns) if starting else []
        return (*first, *replaced, *reruns)

    def clean_versions(self, version: int) -> list[int]:
        """The clean versions of a version's artifact that have a digest, newest first."""
        artifacts = [row[0] for row in rows(self._case, "rollback.artifacts", versions=[version])]
        if not artifacts:
            return []
        if artifacts[0] not in self._clean:
            clean = [
                node
                for node, _, digest, _ in rows(self._case, "rollback.versions", artifacts=artifacts)
                if digest and self._judgement.level(node) is Level.CLEAR
            ]
            held = self._history.held_everywhere(self._case, artifacts[0]).values() if clean else ()
            self._clean[artifacts[0]] = Succession(self._history, held).newest_first(clean)
        return self._clean[artifacts[0]]

    # -- inputs

    def _best(self, version: int) -> int | None:
        """The newest clean version whose bytes are there, else the newest."""
        clean = self.clean_versions(version)
        shown = things(self._case, clean)
        for node in clean:
            if self._whereabouts(shown[node])[1].state not in _LOST:
                return node
        return clean[0] if clean else None

    def _whereabouts(self, thing: Thing) -> tuple[str, Presence]:
        if thing.id not in self._found:
            self._found[thing.id] = whereabouts(self._case, thing.id, Digest.parse(thing.digest), self._look)
        return self._found[thing.id]

    def _replaced(self, thing: Thing, clean: Thing | None) -> PlanStep:
        files = self._bad_files(thing)
        step = partial(PlanStep, "replace", thing, files=files)
        tracked = (commit_command(thing.path),) if self._is_tracked(thing) else ()
        if clean is None:
            if files and all(map(_stays_inside, files)):
                # Without a clean state to go back to, what is left is the state itself without what is bad in it.
                fetched = (checkout_command(thing.path),) if tracked else ()
                return step(None, (*fetched, remove_command(thing.path, files), *tracked))
            return step(None, (), blocked="no clean version is on record: supply one, or do without")
        if clean.artifact_kind == ArtifactKind.PARAMS.value or clean.path.startswith("$ "):
            return step(clean, (), blocked=f"to be written by hand: {clean.title}")
        commit = self._commit([clean.id], min)
        if commit is None:
            return step(clean, (), blocked="no commit that holds the clean version is left")
        locator, presence = self._whereabouts(clean)
        commands = restore_commands(locator, clean.path, commit.digest.removeprefix("git:"), Digest.parse(clean.digest))
        return step(clean, (*commands, *tracked), blocked=_lost(clean, presence))

    def _bad_files(self, thing: Thing) -> tuple[str, ...]:
        """The files of a directory that are not clean, where it is bad for them alone."""
        spread = self._judgement.spread
        content = self._judgement.lineage.content(thing.id)
        if content is None or (thing.id, Facet.WHOLE) in spread.causes:
            return ()
        named = rows(self._case, "rebuild.names", directory=content)
        return tuple(name for name, member in named if self._judgement.level(member) is not Level.CLEAR)

    def _is_tracked(self, thing: Thing) -> bool:
        """Whether DVC's files in the repository say which bytes belong there."""
        return bool(rows(self._case, "rollback.tracked", versions=[thing.id]))

    # -- runs

    def _rerun(self, rerun: Rerun, shown: dict[int, Thing]) -> PlanStep:
        thing, stage = shown[rerun.node], rerun.stage
        if stage is None:
            return PlanStep("import", thing, None, (update_command(thing.path),) if self._is_tracked(thing) else ())
        inputs = tuple(self._input(shown[node]) for node in rerun.uses if _is_data(shown[node]))
        lost = "; ".join(_lost(one.thing, Presence(one.bytes)) for one in inputs if one.bytes in _LOST)
        commands: tuple[str, ...] = ()
        if stage.declared and not stage.is_store:
            commands = (repro_command(stage.name, stage.script),)
        elif not stage.is_store:
            where = f"{stage.script or 'dvc.yaml'} declares no stage {stage.name} any more"
            commands = (stop_command(f"{where}; it ran in {stage.directory or '.'}: {stage.command}"),)
        elif not lost:
            lost = "a run of a store: start it where it ran"
        return PlanStep("run", thing, None, commands, inputs=inputs, blocked=lost)

    def _input(self, thing: Thing) -> Input:
        if not thing.digest:
            return Input(thing, "not looked for", "")
        presence = self._whereabouts(thing)[1]
        return Input(thing, presence.state, " ".join(part for part in (presence.where, presence.detail) if part))

    # -- where to start

    def _concerned(self) -> set[int]:
        """What is not clear, and what runs that are not read."""
        lineage = self._judgement.lineage
        read = {
            version
            for run in self._judgement.reached(NodeKind.EXECUTION)
            for version, _ in lineage.causes(run, EdgeKind.USED)
        }
        return read.union(self._judgement.reached(NodeKind.VERSION))

    def _bases(self, heads: list[int]) -> dict[str, Thing]:
        """For each source the newest commit at which one of the versions to make again first stands."""
        again = list(things(self._case, heads).values())
        found = {}
        for source in sorted({thing.source for thing in again}):
            commit = self._commit([thing.id for thing in again if thing.source == source], max)
            if commit is not None:
                found[source] = commit
        return found

    def _held(self, commits: Iterable[Thing], versions: Iterable[int]) -> dict[int, list[int]]:
        """For each version those of its artifact that some commits hold, what DVC's files say first."""
        known = rows(self._case, "rebuild.artifacts", versions=sorted(versions))
        artifacts = {version: artifact for version, artifact, _ in known}
        there: dict[int, list[int]] = {}
        for commit in commits:
            held = held_at(self._case, commit.id, set(artifacts.values()), history=self._history)
            for (artifact, _), version in sorted(held.items()):
                there.setdefault(artifact, []).append(version)
        return {version: there.get(artifact, []) for version, artifact in artifacts.items()}

    def _starts(self, bases: dict[str, Thing], reruns: list[PlanStep]) -> list[PlanStep]:
        """Where each repository has to stand, its base or the commit of its newest run, and what to change there.

        Where that commit holds another state of a clean input than the run is to read, it is replaced.
        """
        starts: list[PlanStep] = []
        changes: list[PlanStep] = []
        for source in sorted({step.thing.source for step in reruns if step.commands}):
            steps = [step for step in reruns if step.thing.source == source]
            commit = bases.get(source) or self._commit([step.thing.id for step in steps], max)
            if commit is not None:
                start, changed = self._start(commit, steps)
                starts.append(start)
                changes += changed
        return starts + changes

    def _start(self, commit: Thing, steps: list[PlanStep]) -> tuple[PlanStep, list[PlanStep]]:
        used = {one.thing.id: one.thing for step in steps for one in step.inputs}
        wholes = {version: self._judgement.lineage.wholes(version) for version in used}
        held = self._held([commit], [*used, *(whole for some in wholes.values() for whole in some)])
        shown = things(self._case, [version for versions in held.values() for version in versions])
        commands = [f"git checkout --quiet {commit.digest.removeprefix('git:')}"]
        changed: list[PlanStep] = []
        for thing in sorted(used.values(), key=lambda thing: (thing.path, thing.id)):
            # A part is read out of the whole that lies there.
            there = held[thing.id] or [version for whole in wholes[thing.id] for version in held[whole]]
            sound = {thing.id, *wholes[thing.id]}.intersection(there)
            sound = sound or {version for version in there if self._judgement.level(version) is Level.CLEAR}
            if sound:
                lies = shown[min(sound)]
                commands += [checkout_command(lies.path)] if self._is_tracked(lies) else []
            elif held[thing.id]:
                changed.append(self._replaced(shown[there[0]], thing))
            elif there:
                why = f"it is not clear, and may hold another {thing.path} than {thing.digest}, which the run read"
                changed.append(PlanStep("replace", shown[there[0]], None, (), blocked=why))
        return PlanStep("start", commit, None, tuple(dict.fromkeys(commands))), changed

    def _commit(self, nodes: Iterable[int], choose: Callable[..., int]) -> Thing | None:
        """The newest or the oldest commit at which one of some nodes first stands; one that is gone only for lack."""
        places = {place for node in nodes for place in self._judgement.lineage.places(node)}
        found = rows(self._case, "rollback.commits", commits=sorted(places))
        left = [row[0] for row in found if not row[3]] or [row[0] for row in found]
        if not left:
            return None
        chosen = choose(left, key=lambda commit: self._history.rank.get(commit, -1))
        return things(self._case, [chosen])[chosen]

    def _rank(self, version: int) -> int:
        ranks = (self._history.rank.get(place, -1) for place in self._judgement.lineage.places(version))
        return max(ranks, default=-1)


def _is_data(thing: Thing) -> bool:
    return thing.artifact_kind not in _WRITTEN and not thing.path.startswith("$ ")


def _lost(thing: Thing, presence: Presence) -> str:
    return f"the bytes of {thing.title} {thing.digest} are {presence.state}" if presence.state in _LOST else ""


def _stays_inside(name: str) -> bool:
    """Whether a name from a listing leads nowhere but into its directory."""
    return not {"", ".", ".."} & set(name.split("/"))
