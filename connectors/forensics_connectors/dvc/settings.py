"""Which commits first said a command or a parameter: in dvc.yaml and params files, else where a run records it.

A run is often recorded by a later commit than the one that wrote its settings, and that one has to answer for them.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256

from forensics.model import Edge, EdgeKind, Record, Strength
from forensics_connectors.dvc.documents import Problem
from forensics_connectors.dvc.records import Reading
from forensics_connectors.dvc.yaml import Node, canonical, decode, load, value
from forensics_connectors.git.introductions import introductions
from forensics_connectors.git.view import View

__all__ = ["setting_records"]

_LIMIT = 4 << 20

#: A file's states along the history: position, its blob there, and its blobs at the parents where they differ.
_States = dict[str, list[tuple[int, str | None, list[str | None]]]]


def setting_records(view: View, reading: Reading) -> Iterator[Record]:
    """Yields which commits introduced the commands and parameters of executions."""
    ledger = reading.ledger
    scripts: dict[int, set[str]] = {}
    runs: dict[int, set[int]] = {}
    for number, job in enumerate(ledger.jobs):
        for index in job.settings:
            runs.setdefault(index, set()).update(reading.recorded.get(number, ()))
            if index in ledger.commands:
                scripts.setdefault(index, set()).add(job.script)
    for index, (file, _, _) in ledger.params.items():
        scripts.setdefault(index, set()).add(file)
    states = _states(reading, {path for paths in scripts.values() for path in paths})
    holds = _Holds(view, (oid for steps in states.values() for _, new, olds in steps for oid in (new, *olds)))
    appearances: list[tuple[int, int]] = []
    said: set[tuple[int, int]] = set()
    for index, paths in scripts.items():
        test = holds.command(ledger.commands[index]) if index in ledger.commands else holds.param(*ledger.params[index])
        for path in paths:
            for position, new, olds in states.get(path, ()):
                if new is not None and test(new) and not any(old is not None and test(old) for old in olds):
                    said.add((position, index))
    for index, positions in runs.items():
        appearances += [(position, index) for position in positions if (position, index) not in said]
    appearances = sorted([*appearances, *said])
    for position, index, first in introductions(reading.history.parents, appearances):
        if not first and (position, index) not in said:
            continue
        commit, fact = reading.history.commits[position], ledger.facts[index]
        kind = EdgeKind.INTRODUCED if first else EdgeKind.RESTORED
        origin = reading.origin(position, fact.origin.path, fact.origin.locus)
        if commit.boundary:
            yield Edge(kind, commit.key, fact.key, origin, Strength.INFERRED, "shallow")
        else:
            yield Edge(kind, commit.key, fact.key, origin, Strength.MATCHED)


def _states(reading: Reading, paths: set[str]) -> _States:
    states: _States = {}
    for position, groups in enumerate(reading.history.changes):
        found: dict[str, tuple[str | None, list[str | None]]] = {}
        for group in groups:
            for change in group:
                if change.path in paths:
                    found.setdefault(change.path, (change.new_oid, []))[1].append(change.old_oid)
        for path, (new, olds) in found.items():
            if len(olds) == len(groups):  # else it is as some parent has it
                states.setdefault(path, []).append((position, new, olds))
    return states


class _Holds:
    """Whether files say something; each is read once, and each question asked once."""

    def __init__(self, view: View, oids: Iterable[str | None]) -> None:
        wanted = dict.fromkeys(oid for oid in oids if oid is not None)
        self._data = {oid: data or b"" for oid, data in view.read_blobs(wanted, _LIMIT)}
        self._texts: dict[str, str] = {}
        self._roots: dict[str, Node] = {}
        self._values: dict[tuple[str, str], bytes | None] = {}

    def command(self, command: str) -> Callable[[str], bool]:
        """A test of blobs: the command stands there, however its lines are folded."""
        lines = ["".join(line.split()) for line in command.split("\n")]
        return cache(lambda oid: all(line in self._text(oid) for line in lines))

    def param(self, _file: str, key: str, setting: str) -> Callable[[str], bool]:
        """A test of blobs: the key has the value there."""
        wanted = _fingerprint(setting)
        return lambda oid: self._value(oid, key) == wanted

    def _text(self, oid: str) -> str:
        if oid not in self._texts:
            self._texts[oid] = "".join(self._data.get(oid, b"").decode("utf-8", "replace").split())
        return self._texts[oid]

    def _value(self, oid: str, key: str) -> bytes | None:
        """The fingerprint of a value, since a value can be as large as its file."""
        if (oid, key) not in self._values:
            found = self._find(oid, key)
            self._values[oid, key] = None if found is None else _fingerprint(found)
        return self._values[oid, key]

    def _find(self, oid: str, key: str) -> str | None:
        if oid not in self._roots:
            problems: list[Problem] = []
            content = decode(self._data.get(oid, b""), problems)
            self._roots[oid] = load(content, problems) if content is not None else None
        node = self._roots[oid]
        if isinstance(node, dict) and key in node:
            return canonical(value(node[key]))
        for part in key.split("."):
            if not isinstance(node, dict) or part not in node:
                return None
            node = node[part]
        return canonical(value(node))


def _fingerprint(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
