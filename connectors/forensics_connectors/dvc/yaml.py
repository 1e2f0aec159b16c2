"""A YAML loader for documents that may have been written by an attacker.

libyaml is needed for speed, and its recursive builders are what hostile documents crash, so the tree is built here
from its event stream without recursion, within limits on bytes, depth and nodes. Scalars stay text: keys, paths and
hashes mean what is written, and ``value`` says what a plain scalar means in the YAML 1.2 that DVC reads.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from forensics.model import FindingKind
from forensics_connectors.dvc.documents import Problem

__all__ = ["MAX_BYTES", "Node", "Plain", "canonical", "conflict_sides", "decode", "integer", "is_true", "load", "value"]

#: What one document may hold: bytes of it, containers within containers, and scalars and containers in all,
#: each alias counted as large as what it stands for.
MAX_BYTES = 10 * 2**20
MAX_DEPTH = 64
MAX_NODES = 500_000

#: A mapping, a sequence, text, or None for a document without content.
Node = dict[str, "Node"] | list["Node"] | str | None


class Plain(str):
    """A scalar written without quotes, whose text may mean a number, a truth value or nothing."""

    __slots__ = ()


# As ruamel.yaml, with which DVC reads and writes, tells YAML 1.2 scalars apart.
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+"
    r"|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_INT = re.compile(r"[-+]?0b[0-1_]+|[-+]?0o?[0-7_]+|[-+]?[0-9_]+|[-+]?0x[0-9a-fA-F_]+")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_LONGEST_NUMBER = 400
_TAGS = "tag:yaml.org,2002:"


def value(node: Node) -> object:
    """What a node means by the YAML 1.2 core schema as ruamel.yaml reads it, dates staying text.

    Returns:
        dict, list, str, int, float, bool or None, nested as the node is.
    """
    if isinstance(node, Plain):
        return _scalar(node)
    if isinstance(node, dict):
        return {key: value(item) for key, item in node.items()}
    if isinstance(node, list):
        return [value(item) for item in node]
    return node


def _scalar(text: Plain) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789" or len(text) > _LONGEST_NUMBER:
        return str(text)
    bare = text.replace("_", "").lower()
    try:
        if _FLOAT.fullmatch(text):
            return float(bare.replace(".inf", "inf").replace(".nan", "nan"))
        if _INT.fullmatch(text):
            base = {"0b": 2, "0x": 16, "0o": 8}.get(bare.lstrip("-+")[:2], 10)
            return int(bare, base)
    except ValueError:
        pass
    return str(text)


def canonical(node: object) -> str:
    """One JSON text for each meaning: sorted keys, no blanks; what JSON cannot say (``.inf``) as a string."""
    return json.dumps(_jsonable(node), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _jsonable(node: object) -> object:
    if isinstance(node, Plain):
        node = _scalar(node)
    if isinstance(node, float) and not math.isfinite(node):
        return ".nan" if math.isnan(node) else ".inf" if node > 0 else "-.inf"
    if isinstance(node, dict):
        return {key: _jsonable(item) for key, item in node.items()}
    if isinstance(node, list):
        return [_jsonable(item) for item in node]
    return node


def integer(node: Node) -> int | None:
    """A count or a size: None where the node is no number from 0 to 2**63 - 1."""
    if isinstance(node, str) and len(node) < 19 and node.isascii() and node.isdecimal():
        return int(node)
    number = _scalar(Plain(node)) if isinstance(node, str) else None
    return number if type(number) is int and 0 <= number < 2**63 else None


def is_true(node: Node, *, default: bool = False) -> bool:
    """A flag: what is absent or null is the default, ``false`` is False, all else True."""
    meaning = value(node) if isinstance(node, str) else node
    return default if meaning is None else meaning is not False


def decode(data: bytes, problems: list[Problem], limit: int = MAX_BYTES) -> str | None:
    """Turns bytes into text with line feeds as its only line breaks, or says in ``problems`` why not."""
    if len(data) > limit:
        message = f"{len(data)} bytes, more than the {limit} that are read"
        problems.append(Problem(FindingKind.TOO_LARGE, message, admits=True))
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problems.append(Problem(FindingKind.UNREADABLE, f"not UTF-8 at byte {error.start}", admits=True))
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\ufeff")


_CONFLICT = re.compile(r"^<{7}(?: .*)?$", re.MULTILINE)


def conflict_sides(text: str) -> tuple[str, str] | None:
    """The two sides of a text with merge conflict markers, or None where it has none."""
    if "<<<<<<<" not in text or not _CONFLICT.search(text):
        return None
    ours: list[str] = []
    theirs: list[str] = []
    sides: tuple[list[str], ...] = (ours, theirs)
    for line in text.split("\n"):
        match line[:7]:
            case "<<<<<<<":
                sides = (ours,)
            case "|||||||":
                sides = ()
            case "=======":
                sides = (theirs,)
            case ">>>>>>>":
                sides = (ours, theirs)
            case _:
                for side in sides:
                    side.append(line)
    return "\n".join(ours), "\n".join(theirs)


class _RefusedError(Exception):
    """The document goes beyond a limit, or uses what is not allowed in it."""

    def __init__(self, kind: FindingKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def load(text: str, problems: list[Problem], *, aliases: bool = False) -> Node:
    """Reads the first document of a text.

    Args:
        text: the document, as ``decode`` gives it.
        problems: gets all that is wrong; where it ``admits``, something was not read. Of a key that stands
            twice the last value is kept, though DVC refuses such a document.
        aliases: whether ``*name`` and merge keys are expanded (as in dvc.yaml) or refused.

    Returns:
        The tree, or None where nothing could be read or the document is empty.
    """
    try:
        builder = _Builder(aliases, problems)
        return builder.build(_events(text))
    except _RefusedError as refusal:
        kind, message = refusal.kind, str(refusal)
    except (YAMLError, ValueError, UnicodeError) as error:
        kind, message = FindingKind.UNREADABLE, " ".join(str(error).split())[:300]
    if kind is FindingKind.UNREADABLE and ("{{" in text or "{%" in text):
        problems.append(Problem(FindingKind.TEMPLATE, f"a template, not a document: {message}"))
    else:
        problems.append(Problem(kind, f"no valid YAML: {message}", admits=True))
    return None


def _events(text: str) -> Iterator[Event]:
    parser = CParser(text)
    try:
        while event := parser.get_event():
            yield event
    finally:
        parser.dispose()


@dataclass(slots=True)
class _Frame:
    """A container that is still open, with the key that waits for its value."""

    node: dict[str, Node] | list[Node]
    anchor: str | None
    first: int
    key: str | None = None
    merged: list[dict[str, Node]] = field(default_factory=list)
    height: int = 1


class _Builder:
    def __init__(self, aliases: bool, problems: list[Problem]) -> None:
        self.aliases = aliases
        self.problems = problems
        self.nodes = 0
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # what it stands for, its nodes, its height
        self.root: Node = None
        self.repeated: set[str] = set()

    def build(self, events: Iterator[Event]) -> Node:
        documents = 0
        for event in events:
            if isinstance(event, ScalarEvent):
                # NUL parts the keys of records, and stands in no path or command that could be used.
                text = event.value.replace("\0", "\ufffd")
                tag = event.tag
                plain = event.implicit[0] if tag is None else tag.startswith(_TAGS) and not tag.endswith(":str")
                self.count(1)
                node = Plain(text) if plain else text
                if event.anchor is not None:
                    self.anchors[event.anchor] = (node, 1, 0)
                self.put(node, 0)
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self.open({} if isinstance(event, MappingStartEvent) else [], event.anchor)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                self.close()
            elif isinstance(event, AliasEvent):
                self.alias(event.anchor)
            elif isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    message = "more than one document; the first was read"
                    self.problems.append(Problem(FindingKind.UNREADABLE, message, admits=True))
                    break
        return self.root

    def count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise _RefusedError(FindingKind.TOO_LARGE, f"more than {MAX_NODES} nodes")

    def open(self, node: dict[str, Node] | list[Node], anchor: str | None) -> None:
        if self.frames and isinstance(self.frames[-1].node, dict) and self.frames[-1].key is None:
            raise _RefusedError(FindingKind.UNREADABLE, "a key that is no scalar")
        if len(self.frames) >= MAX_DEPTH:
            raise _RefusedError(FindingKind.TOO_LARGE, f"deeper than {MAX_DEPTH} levels")
        self.frames.append(_Frame(node, anchor, self.nodes))
        self.count(1)

    def close(self) -> None:
        frame = self.frames.pop()
        if isinstance(frame.node, dict):
            for mapping in frame.merged:
                for key, item in mapping.items():
                    frame.node.setdefault(key, item)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (frame.node, self.nodes - frame.first, frame.height)
        self.put(frame.node, frame.height)

    def alias(self, anchor: str | None) -> None:
        if not self.aliases:
            raise _RefusedError(FindingKind.UNREADABLE, "an alias, which is not read in this kind of document")
        if anchor is None or anchor not in self.anchors:
            raise _RefusedError(FindingKind.UNREADABLE, "an alias to nothing")
        node, nodes, height = self.anchors[anchor]
        if len(self.frames) + height > MAX_DEPTH:
            raise _RefusedError(FindingKind.TOO_LARGE, f"deeper than {MAX_DEPTH} levels")
        self.count(nodes)
        self.put(node, height)

    def put(self, node: Node, height: int) -> None:
        """Gives a finished node to the container that is open."""
        if not self.frames:
            self.root = node
            return
        frame = self.frames[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.node, list):
            frame.node.append(node)
        elif frame.key is None:
            if not isinstance(node, str):
                raise _RefusedError(FindingKind.UNREADABLE, "a key that is no scalar")
            frame.key = node
        elif isinstance(frame.key, Plain) and frame.key == "<<":
            mappings = node if isinstance(node, list) else [node]
            if not self.aliases or not all(isinstance(mapping, dict) for mapping in mappings):
                raise _RefusedError(FindingKind.UNREADABLE, "a merge key that cannot be read")
            frame.merged += [mapping for mapping in mappings if isinstance(mapping, dict)]
            frame.key = None
        else:
            if frame.key in frame.node:
                self.repeat(frame.key)
                del frame.node[frame.key]
            frame.node[frame.key] = node
            frame.key = None

    def repeat(self, key: str) -> None:
        """Reports a key that stands twice, each once and a hundred at most."""
        if key not in self.repeated and len(self.repeated) < 100:
            self.repeated.add(key)
            message = f"the key {key[:200]!r} stands twice; the last was read, DVC refuses the document"
            self.problems.append(Problem(FindingKind.DUPLICATE_KEY, message, key[:200], admits=True))
