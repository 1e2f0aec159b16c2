"""What has to be made again so that some versions are clean, and what has to be replaced for it: graph alone.

The walk goes back from the versions through what is not clear, and no further: all else is used as it is
(``localization.md``, 2.3). For what a run read it takes what lies where the rebuild starts, as the stage will find it
there, so that several runs of one stage are one; unless what the run read is clean and what lies there is not. Where a
stage needs what it is itself needed for (a warm start), the walk stops: it starts from a clean version of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from forensics.case import Case
from forensics.model import EdgeKind, NodeKind
from forensics.taint import Judgement, Level
from forensics.taint.undeclared import undeclared_code
from forensics_queries.state import History
from forensics_queries.statement import rows

__all__ = ["Needs", "Rerun", "Stage", "find_needs"]

#: What tells stages apart: source, script and name; the run itself in a store, which knows no stages.
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """What is on record of a run.

    Attributes:
        name, script, directory, command: as the source has them.
        declared: its script still declares it.
        is_store: it is a row of a store, which nobody can start from here.
    """

    name: str
    script: str
    directory: str
    command: str
    declared: bool
    is_store: bool


@dataclass(frozen=True, slots=True)
class Rerun:
    """A stage to run again, or a version to import again.

    Attributes:
        node: the run, or the version.
        stage: of the run; None for an import.
        uses: clean versions that it reads.
    """

    node: int
    stage: Stage | None
    uses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """What to replace, then what to run, in order.

    Attributes:
        replaced: versions that nothing mends but another version, each of another artifact.
        reruns: every one after those whose outputs it uses.
    """

    replaced: tuple[int, ...]
    reruns: tuple[Rerun, ...]


def find_needs(
    case: Case,
    judgement: Judgement,
    heads: Iterable[int],
    history: History,
    clean: Callable[[int], list[int]],
    there: Callable[[int], int | None],
) -> Needs:
    """Finds what it takes to make versions again without what is bad.

    Args:
        case: the case.
        judgement: the verdicts.
        heads: versions that are not clear; where they come from runs of one stage, the first one counts.
        history: the commits of the case.
        clean: the clean versions of a version's artifact.
        there: the version of the same artifact that is held where the rebuild starts, and that a run would find there.
    """
    walk = _Walk(case, judgement, history, clean, there)
    for head in heads:
        walk.back_from(head)
    # Code that runs do not name would lie in the tree of the new runs too.
    lying = sorted({file for _, file in undeclared_code(judgement.lineage, judgement.spread) if there(file) == file})
    walk.replaced += lying if walk.has_runs else []
    artifacts = {version: artifact for version, artifact, _ in rows(case, "rebuild.artifacts", versions=walk.replaced)}
    replaced: dict[int, int] = {}
    for version in walk.replaced:
        replaced.setdefault(artifacts[version], version)
    return Needs(tuple(replaced.values()), tuple(walk.reruns()))


class _Walk:
    """One walk back from several versions: depth first, without recursion, since warm starts make long chains."""

    def __init__(
        self,
        case: Case,
        judgement: Judgement,
        history: History,
        clean: Callable[[int], list[int]],
        there: Callable[[int], int | None],
    ) -> None:
        self.replaced: list[int] = []
        self._judgement = judgement
        self._lineage = judgement.lineage
        self._history = history
        self._clean = clean
        self._there = there
        self._stages: dict[int, Stage] = {}
        self._keys: dict[int, _Key] = {}
        for run, source, name, script, directory, command, declared, is_store in rows(
            case, "rebuild.executions", executions=judgement.reached(NodeKind.EXECUTION)
        ):
            self._stages[run] = Stage(name, script, directory, command, declared, is_store)
            self._keys[run] = (source, run) if is_store else (source, script, name)
        self._seen: set[int] = set()
        self._open: set[_Key] = set()
        self._done: set[_Key] = set()
        self._order: list[int] = []

    def back_from(self, head: int) -> None:
        """Walks back from a version."""
        stack: list[tuple[int, bool]] = [(head, False)]
        while stack:
            node, done = stack.pop()
            if done:
                self._order.append(node)
                self._open.discard(self._keys.get(node, ()))
            elif self._lineage.kind(node) is NodeKind.EXECUTION:
                self._run(node, stack)
            else:
                self._version(node, stack)

    @property
    def has_runs(self) -> bool:
        """Whether anything has to be run again."""
        return bool(self._done)

    def reruns(self) -> Iterable[Rerun]:
        """What to run, in order."""
        for node in self._order:
            if node not in self._stages:
                yield Rerun(node, None)
                continue
            yield Rerun(node, self._stages[node], tuple(filter(self._is_clean, self._inputs(node))))

    def _inputs(self, run: int) -> list[int]:
        """What a run is to read: what lies where the rebuild starts, or what it read where that alone is clean."""
        found: set[int] = set()
        for version, _ in self._lineage.causes(run, EdgeKind.USED):
            other = self._there(version)
            if other is None or (self._is_clean(version) and not self._is_clean(other)):
                found.add(version)
            else:
                found.add(other)
        return sorted(found)

    def _version(self, version: int, stack: list[tuple[int, bool]]) -> None:
        maker = self._maker(version)
        if maker is not None and self._keys[maker] in self._open:
            self.replaced.append(version)
            return
        if version in self._seen:
            return
        self._seen.add(version)
        lineage = self._lineage
        imported = {cause for cause, _ in lineage.causes(version, EdgeKind.IMPORTED)}
        causes = {cause for cause, _ in lineage.suppliers(version)}
        causes |= {cause for cause, _ in lineage.causes(version, EdgeKind.MEMBER, EdgeKind.DECLARED)}
        causes = {cause for cause in causes if not self._is_clean(cause)}
        # What is bad although all that made it is clean was replaced afterwards, so that a run would not mend it.
        if not causes or (imported & causes and maker is None and self._clean(version)):
            self.replaced.append(version)
            return
        if maker is None and imported & causes and lineage.places(version):
            stack.append((version, True))
        made = {cause for cause in causes if lineage.kind(cause) is NodeKind.EXECUTION}
        stack += [(cause, False) for cause in sorted(causes - made, reverse=True)]
        if maker is not None:
            stack.append((maker, False))

    def _run(self, run: int, stack: list[tuple[int, bool]]) -> None:
        key = self._keys[run]
        if key in self._done:
            return
        self._done.add(key)
        self._open.add(key)
        stack.append((run, True))
        stack += [(version, False) for version in reversed(self._inputs(run)) if not self._is_clean(version)]

    def _is_clean(self, node: int) -> bool:
        return self._judgement.level(node) is Level.CLEAR

    def _maker(self, version: int) -> int | None:
        """The run to repeat for a version: of a stage that is still declared, the newest."""
        makers = [cause for cause, _ in self._lineage.causes(version, EdgeKind.GENERATED) if cause in self._stages]
        return max(makers, key=self._rank, default=None)

    def _rank(self, run: int) -> tuple[bool, int, int]:
        places = [self._history.rank[place] for place in self._lineage.places(run) if place in self._history.rank]
        return self._stages[run].declared, max(places, default=-1), run
