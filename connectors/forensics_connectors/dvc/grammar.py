"""The text of one stage in dvc.lock, and of a ``.dvc`` file, as DVC writes them: strict grammars of lines.

They are many times faster than YAML.

Whatever is not of that narrow form is left to the YAML loader, so that the grammar need not be complete, only right.
"""

import re
from dataclasses import dataclass
from functools import cache

from forensics_connectors.dvc.yaml import Node, Plain

__all__ = ["parse_fast", "parse_tracked"]

# A plain scalar on one line that means text whatever surrounds it: no quote, indicator or blank at its ends, no
# ``: `` and no `` #`` within. ``_MORE`` is a line that continues one; a blank before the break is not part of it.
_BODY = r"[\w!\"$-9;-~]*+"
_MORE = rf"(?=[^\s#]){_BODY}(?:(?::(?=\S)|\#| (?=[^\n#]))[\w!\"$-9;-~]*+)*+"
_TEXT = rf"(?!(?:null|Null|NULL)\n)(?=[\w./$(]){_MORE}"


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The lines of a stage whose name stands behind so many blanks."""

    head: re.Pattern[str]
    item: re.Pattern[str]
    file: re.Pattern[str]
    setting: re.Pattern[str]
    deps: str
    params: str
    outs: str

    @staticmethod
    @cache
    def indented(blanks: str) -> "_Grammar":
        inner = blanks + "  "
        return _Grammar(
            head=re.compile(rf"{blanks}([\w./][\w./@\-]*+):\n{inner}cmd: ({_TEXT} ?\n(?:{inner}  {_MORE} ?\n)*+)"),
            item=re.compile(
                rf"{inner}- path: ({_TEXT})\n(?:{inner}  hash: (md5)\n)?+"
                rf"(?:{inner}  md5: ([0-9a-f]{{32}}(?:\.dir)?+)\n)?+"
                rf"(?:{inner}  size: ([0-9]{{1,18}})\n)?+(?:{inner}  nfiles: ([0-9]{{1,18}})\n)?+"
                rf"(?:{inner}  isexec: (true)\n)?+"
            ),
            file=re.compile(rf"{inner}  ([\w./][\w./\-]*+):\n"),
            setting=re.compile(rf"{inner}    ([\w./][\w./\-]*+): ((?:-(?=[0-9.]))?(?=[\w./]){_MORE})\n"),
            deps=f"{inner}deps:\n",
            params=f"{inner}params:\n",
            outs=f"{inner}outs:\n",
        )


def parse_fast(chunk: str) -> tuple[str, Node] | None:
    """Reads the text of one stage as DVC writes it, without YAML.

    Returns:
        The stage's name and its entry, as ``lockfile.parse_yaml`` gives them for the same text, or None
        where the text is not of that narrow form.
    """
    grammar = _Grammar.indented("  " if chunk.startswith("  ") else "")
    head = grammar.head.match(chunk)
    if head is None:
        return None
    position = head.end()
    entry: dict[str, Node] = {"cmd": " ".join(line.strip(" ") for line in head[2].split("\n")[:-1])}
    if chunk.startswith(grammar.deps, position):
        items, position = _fast_items(chunk, position + len(grammar.deps), grammar)
        if not items:
            return None
        entry["deps"] = items
    if chunk.startswith(grammar.params, position):
        params, position = _fast_params(chunk, position + len(grammar.params), grammar)
        if not params:
            return None
        entry["params"] = params
    if chunk.startswith(grammar.outs, position):
        items, position = _fast_items(chunk, position + len(grammar.outs), grammar)
        if not items:
            return None
        entry["outs"] = items
    return (head[1], entry) if position == len(chunk) else None


_TRACKED = re.compile(
    r"- md5: ([0-9a-f]{32}(?:\.dir)?+)\n(?:  size: ([0-9]{1,18})\n)?+(?:  nfiles: ([0-9]{1,18})\n)?+"
    rf"(?:  isexec: (true)\n)?+(?:  hash: (md5)\n)?+  path: (?:({_TEXT})|'([\w./\- ]*+)')\n"
)
_TRACKED_FIELDS = ("md5", "size", "nfiles", "isexec", "hash", "path", "path")


def parse_tracked(content: str) -> Node:
    """Reads a ``.dvc`` file of data as DVC writes it, without YAML.

    Returns:
        What the YAML loader gives for the same text, or None where the text is not of that narrow form.
    """
    position = 6
    if not content.startswith("outs:\n"):
        return None
    outs: list[Node] = []
    while match := _TRACKED.match(content, position):
        found = zip(_TRACKED_FIELDS, match.groups(), strict=True)
        outs.append({name: part for name, part in found if part is not None})
        position = match.end()
    return {"outs": outs} if outs and position == len(content) else None


def _fast_items(chunk: str, position: int, grammar: _Grammar) -> tuple[list[Node], int]:
    items: list[Node] = []
    while match := grammar.item.match(chunk, position):
        path, algorithm, md5, size, nfiles, isexec = match.groups()
        item: dict[str, Node] = {"path": path}
        if algorithm is not None:
            item["hash"] = algorithm
        if md5 is not None:
            item["md5"] = md5
        if size is not None:
            item["size"] = size
        if nfiles is not None:
            item["nfiles"] = nfiles
        if isexec is not None:
            item["isexec"] = isexec
        items.append(item)
        position = match.end()
    return items, position


def _fast_params(chunk: str, position: int, grammar: _Grammar) -> tuple[dict[str, Node], int]:
    """Files with their settings; empty where a key stands twice, which the loader has to report."""
    files: dict[str, Node] = {}
    while match := grammar.file.match(chunk, position):
        position = match.end()
        settings: dict[str, Node] = {}
        while setting := grammar.setting.match(chunk, position):
            if setting[1] in settings:
                return {}, position
            settings[setting[1]] = Plain(setting[2])
            position = setting.end()
        if not settings or match[1] in files:
            return {}, position
        files[match[1]] = settings
    return files, position
