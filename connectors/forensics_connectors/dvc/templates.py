"""Interpolation of ``${...}`` in dvc.yaml, as far as paths need it: no expressions, only names of values.

Source of the rules: dvc 3.67, ``dvc.parsing`` (context, interpolate). All that is resolved is counted against one
budget for each document, since a small template can ask for an endless amount of text.
"""

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from forensics_connectors.dvc.documents import Problem
from forensics_connectors.dvc.yaml import MAX_DEPTH, Node, decode, load, value

__all__ = ["Budget", "TemplateError", "Values", "combinations", "fill", "iterations", "read_vars", "to_text"]

Values = Mapping[str, object]

#: Stages, texts and characters that one document may resolve to, the longest template that is looked at, and the
#: largest params file in JSON or TOML.
MAX_STAGES = 50_000
MAX_TEXTS = 200_000
MAX_CHARACTERS = 64 * 2**20
MAX_TEMPLATE = 64 * 2**10
MAX_PARAMS = 2**18
#: Characters that the parsing of one is counted as.
_PARSING = 8
#: tomllib takes time with the square of the parts of a key.
MAX_KEY_PARTS = 100


class TemplateError(Exception):
    """A template that cannot be resolved."""


@dataclass(slots=True)
class Budget:
    """How much one document may still resolve to."""

    stages: int = MAX_STAGES
    texts: int = MAX_TEXTS
    characters: int = MAX_CHARACTERS

    def spend(self, characters: int, stages: int = 0) -> None:
        """Counts one text of so many characters, and the stages that it names.

        Raises:
            TemplateError: the budget is used up.
        """
        self.texts -= 1
        self.characters -= characters
        self.stages -= stages
        if self.exhausted:
            raise TemplateError("it resolves to more text than is read")

    @property
    def exhausted(self) -> bool:
        """Whether nothing more can be resolved."""
        return self.texts < 0 or self.characters < 0 or self.stages < 0


def to_text(meaning: object) -> str:
    """A value as it is put into a path.

    Raises:
        TemplateError: it is a list or a mapping.
    """
    if isinstance(meaning, bool):
        return "true" if meaning else "false"
    if isinstance(meaning, (dict, list)):
        raise TemplateError("a list or a mapping where a text is needed")
    return str(meaning)


def fill(node: Node, values: Values, budget: Budget) -> object:
    """Resolves every template in a tree; numbers and truth values come out as such.

    Raises:
        TemplateError: a name that has no value.
    """
    if isinstance(node, dict):
        return {to_text(_fill_text(key, values, budget)): fill(item, values, budget) for key, item in node.items()}
    if isinstance(node, list):
        return [fill(item, values, budget) for item in node]
    return None if node is None else _fill_text(node, values, budget)


def _fill_text(template: str, values: Values, budget: Budget) -> object:
    if "${" not in template:
        budget.spend(len(template))
        return value(template)
    if len(template) > MAX_TEMPLATE:
        raise TemplateError("a template longer than is read")
    parts: list[str] = []
    last = 0
    for start, end in _expressions(template):
        meaning = _select(template[start + 2 : end - 1], values)
        if (start, end) == (0, len(template)):
            _spend_all(meaning, budget)
            return meaning
        parts += [template[last:start], to_text(meaning)]
        budget.spend(len(parts[-1]))
        last = end
    parts.append(template[last:])
    budget.spend(len(template))
    return "".join(parts).replace(r"\${", "${")


def _spend_all(meaning: object, budget: Budget) -> None:
    """Counts every text in a value, which a template of a few characters can ask for again and again."""
    stack = [meaning]
    while stack:
        node = stack.pop()
        budget.spend(len(node) if isinstance(node, str) else 1)
        if isinstance(node, dict):
            stack += node.values()
        elif isinstance(node, list):
            stack += node


def _expressions(template: str) -> Iterator[tuple[int, int]]:
    """Where ``${...}`` stands, unless escaped: found in one pass, whatever the text."""
    start = template.find("${")
    while start >= 0:
        end = template.find("}", start)
        if end < 0:
            return
        line_end = template.rfind("\n", start, end)
        if line_end >= 0:
            start = template.find("${", line_end)
        elif start > 0 and template[start - 1] == "\\":
            start = template.find("${", start + 2)
        else:
            yield start, end + 1
            start = template.find("${", end + 1)


def _select(expression: str, values: Values) -> object:
    """The value of ``a.b[0]``."""
    found: object = values
    for part in expression.replace("[", ".").replace("]", "").split("."):
        key = part.strip()
        try:
            if isinstance(found, list):
                found = found[int(key)]
            elif isinstance(found, Mapping):
                found = found[key]
            else:
                raise TemplateError(f"nothing to look for {key[:80]!r} in")
        except (LookupError, ValueError) as error:
            raise TemplateError(f"no value for {expression[:80]!r}") from error
    return found


def read_vars(
    nodes: Node,
    directory: str,
    read_file: Callable[[str], bytes | None],
    *,
    default: str = "",
    budget: Budget | None = None,
) -> dict[str, object]:
    """Reads a ``vars:`` list, and the params file that is read without being named.

    Args:
        nodes: texts (``file`` or ``file:key,key``) and mappings.
        directory: what the files are relative to, repository-relative.
        read_file: gives a file's bytes by its repository-relative path.
        default: a file that need not exist.
        budget: where many lists are read, what they may cost together.

    Raises:
        TemplateError: a file that is missing or unreadable, a key that two of them define, or the budget is used up.
    """
    values: dict[str, object] = {}
    seen: set[str] = set()
    named = nodes if isinstance(nodes, list) else []
    for node in [default, *named] if default else named:
        if isinstance(node, dict):
            _merge(values, {key: value(item) for key, item in node.items()})
        elif isinstance(node, str):
            name, _, keys = node.partition(":")
            path = posixpath.normpath(posixpath.join(directory, name))
            if not keys and path in seen:
                continue
            seen.add(path)
            data = read_file(path)
            if data is None:
                if node is default:
                    continue
                raise TemplateError(f"{path} is not there")
            if budget is not None:
                budget.spend(_PARSING * len(data))
            loaded = _read_values(path, data)
            try:
                _merge(values, {key: loaded[key] for key in keys.split(",") if key} if keys else loaded)
            except KeyError as error:
                raise TemplateError(f"no {error} in {path}") from error
    return values


def _merge(into: dict[str, object], values: dict[str, object]) -> None:
    for key, item in values.items():
        held = into.get(key)
        if isinstance(held, dict) and isinstance(item, dict):
            held = dict(held)
            _merge(held, item)
            into[key] = held
        elif key in into:
            raise TemplateError(f"{key[:80]!r} is defined twice")
        else:
            into[key] = item


def _read_values(path: str, data: bytes) -> dict[str, object]:
    problems: list[Problem] = []
    loaded: object = None
    if path.endswith((".json", ".toml")):
        text = decode(data, problems, MAX_PARAMS)
        if text is None or (path.endswith(".toml") and _has_long_keys(text)):
            raise TemplateError(f"{path} is larger than is read")
        try:
            loaded = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise TemplateError(f"{path} cannot be read") from error
        if not _is_sound(loaded):
            raise TemplateError(f"{path} is too deep, or holds text that no path and no command can hold")
    elif path.endswith(".py"):
        raise TemplateError(f"{path} is a program, which is not run")
    elif (text_ := decode(data, problems)) is not None:
        loaded = value(load(text_, problems, aliases=True))
        loaded = {} if loaded is None and not problems else loaded
    if not isinstance(loaded, dict):
        raise TemplateError(f"{path} holds no mapping that can be read")
    return loaded


def _has_long_keys(text: str) -> bool:
    return any(line.count(".") > MAX_KEY_PARTS for line in text.split("\n"))


#: NUL parts the keys of records, and a lone surrogate is no text; YAML lets neither through.
_UNSOUND = re.compile("[\0\ud800-\udfff]")


def _is_sound(tree: object) -> bool:
    level = [tree]
    for _ in range(MAX_DEPTH):
        texts = (text for node in level for text in (node if isinstance(node, dict) else (node,)))
        if any(isinstance(text, str) and _UNSOUND.search(text) for text in texts):
            return False
        level = [
            item
            for node in level
            if isinstance(node, (dict, list))
            for item in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return True
    return False


def iterations(data: object) -> Iterator[tuple[str, dict[str, object]]]:
    """The keys of a ``foreach``, each with the values that its stage is resolved with.

    Raises:
        TemplateError: it is neither a list nor a mapping.
    """
    if isinstance(data, dict):
        for key, item in data.items():
            name = to_text(value(key))
            yield name, {"item": item, "key": name}
    elif isinstance(data, list):
        composite = any(isinstance(item, (dict, list)) for item in data)
        for index, item in enumerate(data):
            yield str(index) if composite else to_text(item), {"item": item}
    else:
        raise TemplateError("foreach over something that is no list and no mapping")


def combinations(data: object) -> Iterator[tuple[str, dict[str, object]]]:
    """The keys of a ``matrix``, each with the values that its stage is resolved with.

    Raises:
        TemplateError: it is no mapping of lists.
    """
    if not isinstance(data, dict) or not all(isinstance(axis, list) for axis in data.values()):
        raise TemplateError("a matrix that is no mapping of lists")
    axes = [[(name, index, item) for index, item in enumerate(axis)] for name, axis in data.items()]
    for combination in product(*axes):
        key = "-".join(
            f"{name}{index}" if isinstance(item, (dict, list)) else to_text(item) for name, index, item in combination
        )
        yield key, {"item": {name: item for name, _, item in combination}, "key": key}
