"""``.dvc`` files of every generation: data, imports, and the stages that had a file each before DVC 1.0.

Source of the rules: dvc 3.67, ``dvc.schema.SINGLE_STAGE_SCHEMA``, ``dvc.stage.loader.SingleStageLoader``,
``dvc.output.loadd_from`` and ``dvc.dependency.loadd_from``.
"""

import posixpath

from forensics.model import FindingKind
from forensics_connectors.dvc.documents import Document, Item, Problem, Run, Tracked
from forensics_connectors.dvc.grammar import parse_tracked
from forensics_connectors.dvc.items import Flags, command, read_item, read_params, resolve, text
from forensics_connectors.dvc.yaml import Node, canonical, conflict_sides, decode, is_true, load, value

__all__ = ["read_stage_file"]

_DEFAULT_PARAMS = "params.yaml"


def read_stage_file(path: str, data: bytes, root: str) -> Document:
    """Reads a ``.dvc`` file or a ``Dvcfile``: one ``Tracked``, or one ``Run`` where it has a command.

    Of a file with merge conflict markers both sides are read.

    Args:
        path: of the file, repository-relative.
        data: its bytes.
        root: the folder of the DVC project, repository-relative.
    """
    problems: list[Problem] = []
    content = decode(data, problems)
    if content is None:
        return Document(problems=tuple(problems))
    sides = conflict_sides(content)
    if sides is not None:
        problems.append(Problem(FindingKind.CONFLICT, "merge conflict markers; both sides were read", admits=True))
    found = [_read(path, side, root, problems) for side in sides or (content,)]
    return Document(
        runs=tuple(dict.fromkeys(entry for entry in found if isinstance(entry, Run))),
        tracked=tuple(dict.fromkeys(entry for entry in found if isinstance(entry, Tracked))),
        problems=tuple(dict.fromkeys(problems)),
    )


def _read(path: str, content: str, root: str, problems: list[Problem]) -> Run | Tracked | None:
    node = parse_tracked(content) or load(content, problems)
    if node is None:
        return None
    if not isinstance(node, dict):
        problems.append(Problem(FindingKind.UNREADABLE, "no mapping", admits=True))
        return None
    folder = posixpath.dirname(path)
    wdir = text(node.get("wdir"))
    directory, external, outside = resolve(wdir or ".", folder)
    if external or outside:
        problems.append(Problem(FindingKind.OUTSIDE, f"the working directory {wdir!r} lies outside the repository"))
    directory = folder if external else "" if directory == "." else directory
    params: list[tuple[str, str, str]] = []
    deps: list[Item] = []
    for entry in _entries(node.get("deps"), problems):
        if isinstance(entry, dict) and entry.get("params"):
            # A file that is not named is the params.yaml of the project.
            file = resolve(text(entry.get("path")) or _DEFAULT_PARAMS, directory if "path" in entry else root)[0]
            params += read_params({file: entry["params"]}, "")
        elif item := read_item(entry, directory, problems):
            deps.append(item)
    outs = [
        item
        for entry in _entries(node.get("outs"), problems)
        if (item := read_item(entry, directory, problems, _flags(entry)))
    ]
    frozen = is_true(node.get("frozen", node.get("locked")))
    if templated := next((item.path for item in [*outs, *deps] if "{{" in item.path or "{%" in item.path), ""):
        problems.append(Problem(FindingKind.TEMPLATE, f"perhaps a template: the path {templated!r}"))
    if line := command(node.get("cmd")):
        return Run(
            name=posixpath.basename(path),
            directory=directory,
            command=line,
            deps=tuple(deps),
            params=tuple(params),
            outs=tuple(outs),
            frozen=frozen,
            always_changed=is_true(node.get("always_changed")),
            placed=not external,
        )
    notes = {key: value(node[key]) for key in ("desc", "meta") if node.get(key)}
    return Tracked(tuple(outs), tuple(deps), frozen, canonical(notes) if notes else "") if outs or deps else None


def _entries(nodes: Node, problems: list[Problem]) -> list[Node]:
    if isinstance(nodes, list):
        return nodes
    if isinstance(nodes, dict) or text(nodes):
        problems.append(Problem(FindingKind.UNREADABLE, "deps or outs that are no list", admits=True))
    return []


def _flags(entry: Node) -> Flags:
    """What a ``.dvc`` file says of an output beside its digest."""
    if not isinstance(entry, dict):
        return Flags()
    role = "metric" if is_true(entry.get("metric")) else "plot" if is_true(entry.get("plot")) else "out"
    return Flags(
        role, is_true(entry.get("cache"), default=True), is_true(entry.get("persist")), text(entry.get("remote"))
    )
