"""dvc.yaml: what its stages declare, which is the only place that says where a stage ran.

Source of the rules: dvc 3.67, ``dvc.parsing.DataResolver``, ``dvc.stage.loader.StageLoader`` and ``dvc.output``.
"""

from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from forensics.model import FindingKind
from forensics_connectors.dvc.documents import Declared, Document, Problem
from forensics_connectors.dvc.items import Flags, resolve, text
from forensics_connectors.dvc.templates import (
    Budget,
    TemplateError,
    Values,
    combinations,
    fill,
    iterations,
    read_vars,
    to_text,
)
from forensics_connectors.dvc.yaml import Node, conflict_sides, decode, load, value

__all__ = ["Pipeline", "Stage", "read_artifacts", "read_pipeline"]

_DEFAULT_PARAMS = "params.yaml"
_ROLES = {"outs": "out", "metrics": "metric", "plots": "plot"}
#: Characters of commands that the templates of one document may make.
_MAX_COMMANDS = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Stage:
    """What dvc.yaml declares of one stage.

    Attributes:
        directory: where it runs, repository-relative.
        placed: False where ``wdir`` could not be resolved, so that ``directory`` is a guess.
        outs: flags by resolved path; None where they could not be resolved.
        deps: resolved paths; None where they could not be resolved.
        params: resolved params files.
    """

    directory: str
    placed: bool = True
    frozen: bool = False
    always_changed: bool = False
    outs: Mapping[str, Flags] | None = None
    deps: frozenset[str] | None = None
    params: tuple[str, ...] = ()


@dataclass(slots=True)
class Pipeline:
    """What one dvc.yaml declares, paths repository-relative.

    Attributes:
        stages: by name, ``group@key`` for one of many.
        unresolved: groups whose keys could not be told, and stages of which nothing could.
        outs: every path that a stage declares as its output.
        commands: those that templates make with the values at hand.
        readable: False where dvc.yaml could not be read at all.
    """

    stages: dict[str, Stage] = field(default_factory=dict)
    unresolved: set[str] = field(default_factory=set)
    outs: dict[str, None] = field(default_factory=dict)
    commands: dict[str, None] = field(default_factory=dict)
    artifacts: list[Declared] = field(default_factory=list)
    metrics: dict[str, None] = field(default_factory=dict)
    params: dict[str, None] = field(default_factory=dict)
    plots: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    readable: bool = True


def read_pipeline(directory: str, data: bytes, read_file: Callable[[str], bytes | None]) -> Pipeline:
    """Reads a dvc.yaml.

    Args:
        directory: its folder, repository-relative.
        data: its bytes.
        read_file: gives the bytes of a params file at the same revision, by its repository-relative path.
    """
    pipeline = Pipeline()
    root = _load(data, pipeline.problems)
    if root is None:
        pipeline.readable = False
        return pipeline
    reader = _Reader(directory, read_file, pipeline)
    reader.read(root)
    return pipeline


def _load(data: bytes, problems: list[Problem]) -> dict[str, Node] | None:
    """The mapping that a document holds; of two sides of a conflict ours, completed from theirs."""
    content = decode(data, problems)
    if content is None:
        return None
    sides = conflict_sides(content)
    if sides is not None:
        problems.append(Problem(FindingKind.CONFLICT, "merge conflict markers; both sides were read", admits=True))
    merged: dict[str, Node] | None = None
    for side in sides or (content,):
        found: list[Problem] = []
        root = load(side, found, aliases=True)
        problems += found
        if root is None and not any(problem.kind is not FindingKind.DUPLICATE_KEY for problem in found):
            root = {}
        if isinstance(root, dict):
            merged = root if merged is None else _complete(merged, root)
        elif root is not None:
            problems.append(Problem(FindingKind.UNREADABLE, "no mapping", admits=True))
    return merged


def _complete(ours: dict[str, Node], theirs: dict[str, Node]) -> dict[str, Node]:
    merged = {**theirs, **ours}
    for section in ("stages", "artifacts"):
        mine, other = ours.get(section), theirs.get(section)
        if isinstance(mine, dict) and isinstance(other, dict):
            merged[section] = {**other, **mine}
    return merged


class _Reader:
    """Reads the sections of one dvc.yaml into a ``Pipeline``."""

    def __init__(self, directory: str, read_file: Callable[[str], bytes | None], pipeline: Pipeline) -> None:
        self.directory = directory
        self.read_file = read_file
        self.pipeline = pipeline
        self.budget = Budget()
        # Of their own: a greedy command must not hide what other stages declare.
        self.command_budget = Budget(characters=_MAX_COMMANDS)
        self.values: dict[str, object] = {}

    def report(self, message: str, locus: str) -> None:
        self.pipeline.problems.append(Problem(FindingKind.TEMPLATE, message, locus[:200], admits=True))

    def read(self, root: dict[str, Node]) -> None:
        try:
            self.values = read_vars(root.get("vars"), self.directory, self.read_file, default=_DEFAULT_PARAMS)
        except TemplateError as error:
            # Without any template nobody misses the values: what needs one reports it below.
            if root.get("vars"):
                self.report(f"vars cannot be read: {error}", "vars")
        stages = root.get("stages")
        if isinstance(stages, dict):
            for name, definition in stages.items():
                self.read_group(name, definition)
        elif text(stages) or isinstance(stages, list):
            self.pipeline.problems.append(Problem(FindingKind.UNREADABLE, "stages is no mapping", admits=True))
        for section, into in (("metrics", self.pipeline.metrics), ("params", self.pipeline.params)):
            for node in _list(root.get(section)):
                for path in self.top(node, section):
                    into[path] = None
        plots = root.get("plots")
        for node in _list(plots) if isinstance(plots, list) else [plots]:
            for path in self.top(node, "plots"):
                self.pipeline.plots[path] = None
        artifacts = root.get("artifacts")
        if isinstance(artifacts, dict):
            for name, definition in artifacts.items():
                self.read_artifact(name, definition)

    def read_group(self, name: str, definition: Node) -> None:
        """Reads one entry of ``stages:``, which may stand for many."""
        if not isinstance(definition, dict):
            message = "a stage that is no mapping"
            self.pipeline.problems.append(Problem(FindingKind.UNREADABLE, message, name[:200], admits=True))
            self.pipeline.unresolved.add(name)
            return
        if self.budget.exhausted:
            self.pipeline.unresolved.add(name)
            return
        if "foreach" not in definition and "matrix" not in definition:
            try:
                self.read_stage(name, definition, self.values)
            except TemplateError:
                self.pipeline.unresolved.add(name)
            return
        template = definition.get("do") if "foreach" in definition else definition
        try:
            data = fill(definition.get("foreach", definition.get("matrix")), self.values, self.budget)
            for key, values in iterations(data) if "foreach" in definition else combinations(data):
                self.budget.spend(len(key), stages=1)
                if not isinstance(template, dict):
                    raise TemplateError("no stage to repeat")
                self.read_stage(f"{name}@{key}", template, ChainMap(values, self.values))
        except TemplateError as error:
            self.pipeline.unresolved.add(name)
            self.report(f"its keys cannot be told: {error}", name)

    def read_stage(self, name: str, definition: dict[str, Node], values: Values) -> None:
        """Reads one stage; what cannot be resolved is reported, and the rest kept.

        Raises:
            TemplateError: the budget of the document is used up.
        """
        directory, placed = self.directory, True
        outs: dict[str, Flags] | None = None
        deps: frozenset[str] | None = None
        params: tuple[str, ...] = ()
        try:
            if wdir := definition.get("wdir"):
                placed = False
                folder = to_text(fill(wdir, values, self.budget))
                directory, external, outside = resolve(folder, self.directory)
                if external or outside:
                    message = f"the working directory {folder!r} lies outside the repository"
                    self.pipeline.problems.append(Problem(FindingKind.OUTSIDE, message, name[:200]))
                directory = self.directory if external else "" if directory == "." else directory
                placed = not external
            if definition.get("vars"):
                own = read_vars(definition["vars"], directory, self.read_file, budget=self.budget)
                # Not copied: a document of many stages would copy all of its values for each.
                values = ChainMap(own, cast("dict[str, object]", values))
            sections = {
                key: fill(definition.get(key), values, self.budget)
                for key in ("deps", "params", "outs", "metrics", "plots")
            }
            outs = {
                path: flags
                for section, role in _ROLES.items()
                for path, flags in _outs(sections[section], role, directory)
            }
            deps = frozenset(resolve(to_text(path), directory)[0] for path in _list(sections["deps"]))
            params = tuple(dict.fromkeys(resolve(file, directory)[0] for file in _params_files(sections["params"])))
            self.read_command(definition.get("cmd"), values)
        except TemplateError as error:
            self.report(f"it cannot be resolved: {error}", name)
            if self.budget.exhausted:
                raise
        stage = Stage(
            directory,
            placed,
            value(definition.get("frozen")) is True,
            value(definition.get("always_changed")) is True,
            outs,
            deps,
            params,
        )
        self.pipeline.stages[name] = stage
        self.pipeline.params.update(dict.fromkeys(params))
        for path, flags in (outs or {}).items():
            self.pipeline.outs[path] = None
            if flags.role != "out":
                (self.pipeline.metrics if flags.role == "metric" else self.pipeline.plots)[path] = None

    def read_command(self, node: Node, values: Values) -> None:
        """Takes down the command that a template makes; one of which the values cannot be told is left out."""
        lines = node if isinstance(node, list) else [node]
        budget = self.command_budget
        if not budget.exhausted and any(isinstance(line, str) and "${" in line for line in lines):
            with suppress(TemplateError):
                self.pipeline.commands["\n".join(to_text(fill(line, values, budget)) for line in lines)] = None

    def top(self, node: Node, section: str) -> list[str]:
        """The paths that an entry of a top-level list names."""
        try:
            entry = fill(node, self.values, self.budget)
            return [resolve(path, self.directory)[0] for path in _plotted(entry) if path]
        except TemplateError as error:
            self.report(f"an entry of {section} cannot be resolved: {error}", section)
            return []

    def read_artifact(self, name: str, definition: Node) -> None:
        try:
            label = to_text(fill(name, self.values, self.budget))
            entry = fill(definition, self.values, self.budget)
        except TemplateError as error:
            self.report(f"the artifact cannot be resolved: {error}", name)
            return
        if isinstance(entry, dict):
            self.pipeline.artifacts.append(_declared(label, entry, self.directory))


def _declared(name: str, entry: dict[str, object], directory: str) -> Declared:
    path = entry.get("path")
    resolved, external, _ = resolve(str(path), directory) if path else ("", False, False)
    labels = entry.get("labels")
    return Declared(
        path=resolved,
        kind=str(entry.get("type") or ""),
        name=name,
        labels=tuple(str(label) for label in labels) if isinstance(labels, list) else (),
        desc=str(entry.get("desc") or entry.get("description") or ""),
        directory=directory,
        external=external,
    )


def _list(node: object) -> list[Node]:
    return node if isinstance(node, list) else []


def _outs(entries: object, role: str, directory: str) -> Iterator[tuple[str, Flags]]:
    """The outputs of one list, each a path or ``{path: flags}``."""
    for entry in _list(entries):
        pairs: list[tuple[object, object]] = list(entry.items()) if isinstance(entry, dict) else [(entry, None)]
        for path, flags in pairs:
            settings: dict[str, object] = flags if isinstance(flags, dict) else {}
            cached = settings.get("cache") is not False
            persist = settings.get("persist") is True or settings.get("checkpoint") is True
            yield resolve(to_text(path), directory)[0], Flags(role, cached, persist, str(settings.get("remote") or ""))


def _params_files(entries: object) -> Iterator[str]:
    """The files of a stage's params: ``key`` is of params.yaml, ``{file: [key]}`` names one."""
    for entry in _list(entries):
        yield from entry if isinstance(entry, dict) else [_DEFAULT_PARAMS]


def _plotted(entry: object) -> Iterator[str]:
    """The files of an entry of metrics, params or plots: a path, or ``{path or id: {x, y}}``."""
    if isinstance(entry, dict):
        for name, settings in entry.items():
            axes = [settings.get(axis) for axis in ("x", "y")] if isinstance(settings, dict) else []
            files = [file for axis in axes if isinstance(axis, dict) for file in axis]
            yield from files or [name]
    elif isinstance(entry, str):
        yield entry


def read_artifacts(path: str, data: bytes) -> Document:
    """Reads GTO's older artifacts.yaml: ``name: {path, type, labels, description}``.

    Args:
        path: of the document, repository-relative.
        data: its bytes.
    """
    problems: list[Problem] = []
    directory = path.rpartition("/")[0]
    root = _load(data, problems) or {}
    entries = {name: entry for name, node in root.items() if isinstance(entry := value(node), dict)}
    declared = tuple(_declared(name, entry, directory) for name, entry in entries.items())
    return Document(artifacts=declared, problems=tuple(problems))
