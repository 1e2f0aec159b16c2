"""Which DVC metadata each commit holds, and what changes by it: one pass over the history, parents first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, NamedTuple, TypeVar

from forensics_connectors.dvc.documents import Declared
from forensics_connectors.dvc.history import Relay
from forensics_connectors.dvc.ledger import Ledger, Sheet
from forensics_connectors.dvc.library import Library
from forensics_connectors.git.history import FileChange, History

__all__ = ["Step", "Timeline", "read_timeline"]

_NOTHING = Sheet()
Key = TypeVar("Key")
Value = TypeVar("Value")


class Step(NamedTuple):
    """A path holds another version (an index into the ledger, None for none) than before."""

    path: str
    old: int | None
    new: int | None


@dataclass(slots=True)
class Timeline:
    """What commits hold by DVC metadata, as changes; positions are those of the history, versions the ledger's.

    Attributes:
        steps: what differs from each parent, by position and the parent's ordinal; from nothing where there is none.
        versions, jobs: (position, index) of what a commit holds and none of its parents does.
        unbased: outputs of executions that first stand in a merge of which a parent declares the output and holds no
            version known by a digest; each with the position of the first such merge.
        current: executions that are declared, not frozen and recorded, at the commits that were asked for.
        artifacts: declared artifacts at the commits that were asked for.
        outputs: what differs from the first parent in which paths each document says are outputs of stages; None where
            the document is gone.
        commands: (position, folder of the dvc.yaml ending in ``/``, command) where a template makes a command that it
            made at none of the parents.
    """

    steps: dict[int, dict[int, list[Step]]] = field(default_factory=dict)
    versions: list[tuple[int, int]] = field(default_factory=list)
    jobs: list[tuple[int, int]] = field(default_factory=list)
    unbased: dict[int, int] = field(default_factory=dict)
    current: dict[int, frozenset[int]] = field(default_factory=dict)
    artifacts: dict[int, tuple[Declared, ...]] = field(default_factory=dict)
    outputs: dict[int, dict[str, frozenset[str] | None]] = field(default_factory=dict)
    commands: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _State:
    """What one commit holds.

    Attributes:
        files: blobs of metadata documents, by path.
        sheets: what they say, by subject.
        held: the versions at each path: several where documents disagree, one twice where two agree.
        jobs: how many documents record each execution.
    """

    files: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, Sheet] = field(default_factory=dict)
    held: dict[str, tuple[int, ...]] = field(default_factory=dict)
    jobs: dict[int, int] = field(default_factory=dict)

    def copy(self) -> "_State":
        return _State(dict(self.files), dict(self.sheets), dict(self.held), dict(self.jobs))


@dataclass(slots=True)
class _Delta:
    """What one commit changes against a state: new values by key, None or nothing for what is gone."""

    files: dict[str, str | None]
    sheets: dict[str, Sheet | None]
    held: dict[str, tuple[int, ...]] = field(default_factory=dict)
    jobs: dict[int, int] = field(default_factory=dict)
    gained: set[int] = field(default_factory=set)

    def apply(self, state: _State) -> None:
        _update(state.files, self.files)
        _update(state.sheets, self.sheets)
        _update(state.held, self.held)
        _update(state.jobs, self.jobs)


def read_timeline(history: History, library: Library, ledger: Ledger, moments: Iterable[int]) -> Timeline:
    """Reads the DVC metadata of all commits.

    Args:
        history: the commits and their changes.
        library: reads the documents.
        ledger: takes what they say.
        moments: positions of the commits of which executions and artifacts as they stand are wanted.
    """
    timeline = Timeline()
    wanted = set(moments)
    relay: Relay[_State] = Relay(history.parents, _State, _State.copy)
    for position, commit in enumerate(history.commits):
        groups = [library.select(group) for group in history.changes[position]]
        here = [ordinal for ordinal, oid in enumerate(commit.parents) if oid in history.positions]
        delta: _Delta | None = None
        if any(groups):
            states = [_State()] * len(groups)
            for place, ordinal in enumerate(here):
                states[ordinal] = relay.before(position, place)
            base = here[0] if here else 0
            delta = _compare(states[base], groups[base], library, ledger, position)
            _record(timeline, position, delta, states, base, [library.subjects(group) for group in groups], ledger)
        state = relay.enter(position, changes=delta is not None and bool(delta.files or delta.sheets))
        if delta is not None:
            delta.apply(state)
        if position in wanted:
            sheets = state.sheets.values()
            timeline.current[position] = frozenset[int]().union(*(sheet.current for sheet in sheets))
            timeline.artifacts[position] = tuple(entry for sheet in sheets for entry in sheet.artifacts)
    return timeline


def _compare(state: _State, changes: list[FileChange], library: Library, ledger: Ledger, position: int) -> _Delta:
    """What the changes of some documents make of a state."""
    files = {change.path: library.document(change) for change in changes}
    known = _Files(files, state.files)
    sheets = {subject: library.read(subject, known, position, ledger) for subject in library.subjects(changes)}
    delta = _Delta(files, {s: sheet for s, sheet in sheets.items() if sheet is not state.sheets.get(s)})
    for subject, sheet in delta.sheets.items():
        new = sheet or _NOTHING
        old = state.sheets.get(subject, _NOTHING)
        for index in old.holds - new.holds:
            path = ledger.facts[index].path
            held = list(delta.held.get(path, state.held.get(path, ())))
            held.remove(index)
            delta.held[path] = tuple(held)
        for index in new.holds - old.holds:
            path = ledger.facts[index].path
            delta.held[path] = tuple(sorted((*delta.held.get(path, state.held.get(path, ())), index)))
            delta.gained.add(index)
        for job in old.jobs - new.jobs:
            delta.jobs[job] = delta.jobs.get(job, state.jobs.get(job, 0)) - 1
        for job in new.jobs - old.jobs:
            delta.jobs[job] = delta.jobs.get(job, state.jobs.get(job, 0)) + 1
    return delta


def _record(
    timeline: Timeline,
    position: int,
    delta: _Delta,
    states: list[_State],
    base: int,
    subjects: list[list[str]],
    ledger: Ledger,
) -> None:
    """Takes down how a commit differs from each of its parents."""
    facts = ledger.facts
    for subject, sheet in delta.sheets.items():
        if (sheet or _NOTHING).outputs != states[base].sheets.get(subject, _NOTHING).outputs:
            timeline.outputs.setdefault(position, {})[subject] = sheet.outputs if sheet else None
        if sheet is not None and sheet.commands:
            before = set(chain.from_iterable(state.sheets.get(subject, _NOTHING).commands for state in states))
            timeline.commands += [(position, subject, line) for line in sheet.commands if line not in before]
    for index in sorted(delta.gained):
        if not any(index in state.held.get(facts[index].path, ()) for state in states):
            timeline.versions.append((position, index))
    for job in sorted(delta.jobs):
        if delta.jobs[job] and not any(job in state.jobs for state in states):
            timeline.jobs.append((position, job))
            for index in ledger.jobs[job].outs if len(states) > 1 else ():
                if any(_is_unbased(state, facts[index].path, ledger) for state in states):
                    timeline.unbased.setdefault(index, position)
    sheets = _Overlay(delta.sheets, states[base].sheets)
    held = _Overlay(delta.held, states[base].held)
    for ordinal, state in enumerate(states):
        paths: set[str] = set(delta.held) if ordinal == base else set()
        for subject in subjects[ordinal] if ordinal != base else ():
            old, new = state.sheets.get(subject, _NOTHING), sheets.get(subject) or _NOTHING
            paths.update(facts[index].path for index in old.holds ^ new.holds)
        steps = [Step(path, _first(state.held.get(path)), _first(held.get(path))) for path in sorted(paths)]
        steps = [step for step in steps if step.old != step.new]
        if steps:
            timeline.steps.setdefault(position, {})[ordinal] = steps


def _is_unbased(state: _State, path: str, ledger: Ledger) -> bool:
    """Whether a parent declares an output and holds no version of it that is known by a digest."""
    if any(ledger.facts[index].digest is not None for index in state.held.get(path, ())):
        return False
    return any(path in sheet.declares for sheet in state.sheets.values())


class _Overlay(Generic[Key, Value]):
    """A mapping with some values changed."""

    __slots__ = ("_above", "_below")

    def __init__(self, above: Mapping[Key, Value | None], below: Mapping[Key, Value]) -> None:
        self._above = above
        self._below = below

    def get(self, key: Key) -> Value | None:
        return self._above[key] if key in self._above else self._below.get(key)


class _Files(_Overlay[str, str]):
    """Blobs by path, to which others may be added that were looked up elsewhere."""

    __slots__ = ("_known",)

    def __init__(self, above: dict[str, str | None], below: Mapping[str, str]) -> None:
        super().__init__(above, below)
        self._known = above

    def remember(self, key: str, value: str) -> None:
        self._known[key] = value


def _first(held: tuple[int, ...] | None) -> int | None:
    """The version that counts where documents disagree: the one that was met first."""
    return held[0] if held else None


def _update(values: dict[Key, Value], changes: Mapping[Key, Value | None]) -> None:
    for key, value in changes.items():
        if value:
            values[key] = value
        else:
            values.pop(key, None)
