"""Which commits first said a command or a parameter: in dvc.yaml and params files, else where a run records it.

A run is often recorded by a later commit than the one that wrote its settings, and that one has to answer for them.
A template says the command that it makes with the values beside it. Who wrote one that a command may have come of,
with values that cannot be told, answers for it too, as far as can be inferred.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256

from forensics.model import Edge, EdgeKind, Record, Strength
from forensics_connectors.dvc.documents import Problem
from forensics_connectors.dvc.items import command
from forensics_connectors.dvc.ledger import Ledger
from forensics_connectors.dvc.records import Reading
from forensics_connectors.dvc.yaml import Node, canonical, decode, load, value
from forensics_connectors.git.introductions import introductions
from forensics_connectors.git.text import text
from forensics_connectors.git.view import View

__all__ = ["setting_records"]

_LIMIT = 4 << 20
_HOLE = re.compile(r"\$\{[^}]*\}")

#: A command with ``${...}`` in it, without white space: what stands before, between and after them.
_Template = tuple[str, ...]

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
    said.update(_made(reading, scripts))
    for index, positions in runs.items():
        appearances += [(position, index) for position in positions if (position, index) not in said]
    appearances = sorted([*appearances, *said])
    introduced: set[tuple[int, int]] = set()
    for position, index, first in introductions(reading.history.parents, appearances):
        if not first and (position, index) not in said:
            continue
        introduced.add((position, index))
        commit, fact = reading.history.commits[position], ledger.facts[index]
        kind = EdgeKind.INTRODUCED if first else EdgeKind.RESTORED
        origin = reading.origin(position, fact.origin.path, fact.origin.locus)
        if commit.boundary:
            yield Edge(kind, commit.key, fact.key, origin, Strength.INFERRED, "shallow")
        else:
            yield Edge(kind, commit.key, fact.key, origin, Strength.MATCHED)
    templated = sorted(set(_templated(ledger, scripts, states, holds)))
    for position, index, first in introductions(reading.history.parents, templated):
        if first and (position, index) not in introduced:
            commit, fact = reading.history.commits[position], ledger.facts[index]
            origin = reading.origin(position, fact.origin.path, fact.origin.locus)
            yield Edge(EdgeKind.INTRODUCED, commit.key, fact.key, origin, Strength.INFERRED, "template")


def _made(reading: Reading, scripts: dict[int, set[str]]) -> Iterator[tuple[int, int]]:
    """Positions at which a template begins to make a command, and that command."""
    indexes: dict[tuple[str, str], list[int]] = {}
    for index in reading.ledger.commands.keys() & scripts.keys() if reading.timeline.commands else ():
        for path in scripts[index]:
            indexes.setdefault((path, "".join(reading.ledger.commands[index].split())), []).append(index)
    for position, folder, line in reading.timeline.commands:
        script = f"{text(folder) if folder != '/' else ''}dvc.yaml"
        for index in indexes.get((script, "".join(line.split())), ()):
            yield position, index


def _templated(
    ledger: Ledger, scripts: dict[int, set[str]], states: _States, holds: "_Holds"
) -> Iterator[tuple[int, int]]:
    """Positions that wrote a template which a command may have come of, and that command."""
    written: dict[str, dict[_Template, list[int]]] = {}
    for path, steps in states.items():
        for position, new, olds in steps:
            known = {template for old in olds if old is not None for template in holds.templates(old)}
            for template in holds.templates(new) - known if new is not None else ():
                written.setdefault(path, {}).setdefault(template, []).append(position)
    for index, paths in scripts.items():
        if index in ledger.commands:
            line = "".join(ledger.commands[index].split())
            for path in paths:
                for template, positions in written.get(path, {}).items():
                    if _may_become(template, line):
                        yield from ((position, index) for position in positions)


def _may_become(template: _Template, line: str) -> bool:
    """Whether a command may have come of a template. Its parts are looked for in turn: no pattern that backtracks."""
    first, *between, last = template
    at, end = len(first), len(line) - len(last)
    if at > end or not line.startswith(first) or not line.endswith(last):
        return False
    for part in between:
        found = line.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


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
        self._templates: dict[str, frozenset[_Template]] = {}

    def command(self, command: str) -> Callable[[str], bool]:
        """A test of blobs: the command stands there, however its lines are folded."""
        lines = ["".join(line.split()) for line in command.split("\n")]
        return cache(lambda oid: all(line in self._text(oid) for line in lines))

    def templates(self, oid: str) -> frozenset[_Template]:
        """The commands of a dvc.yaml that have ``${...}`` in them."""
        if oid not in self._templates:
            self._templates[oid] = (
                frozenset(tuple(_HOLE.split(line)) for line in _commands(self._root(oid)) if _HOLE.search(line))
                if b"${" in self._data.get(oid, b"")
                else frozenset()
            )
        return self._templates[oid]

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

    def _root(self, oid: str) -> Node:
        if oid not in self._roots:
            problems: list[Problem] = []
            content = decode(self._data.get(oid, b""), problems)
            self._roots[oid] = load(content, problems) if content is not None else None
        return self._roots[oid]

    def _find(self, oid: str, key: str) -> str | None:
        node = self._root(oid)
        if isinstance(node, dict) and key in node:
            return canonical(value(node[key]))
        for part in key.split("."):
            if not isinstance(node, dict) or part not in node:
                return None
            node = node[part]
        return canonical(value(node))


def _commands(root: Node) -> Iterator[str]:
    """The commands of all stages that a dvc.yaml declares, without white space."""
    stages = root.get("stages") if isinstance(root, dict) else None
    for stage in stages.values() if isinstance(stages, dict) else ():
        body = stage.get("do", stage) if isinstance(stage, dict) else None
        if isinstance(body, dict):
            yield "".join(command(body.get("cmd")).split())


def _fingerprint(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
